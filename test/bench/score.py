#!/usr/bin/env python3
"""What kube-score finds, by class: the table of docs/decisions/0013-peers.md.

    score.py REPOSITORY…

It is given one file at a time, since it stops at the first that it cannot read; so what it says across files is counted apart.
Every check of it belongs to one class: one that is not known here is a row of its own, and the rows add up to all.
"""
import collections
import json
import os
import subprocess
import sys

from bench import accepted_files, go_tool

CLASSES = {
    "ephemeral storage, CPU, memory": ("container-resources", "container-ephemeral-storage-request-and-limit"),
    "pull policy, user and group IDs, read-only file system, NetworkPolicy": (
        "container-image-pull-policy", "container-security-context-user-group-id",
        "container-security-context-readonlyrootfilesystem", "pod-networkpolicy"),
    "few replicas, anti-affinity, update strategy, budgets": (
        "deployment-replicas", "horizontalpodautoscaler-replicas", "deployment-has-host-podantiaffinity",
        "statefulset-has-host-podantiaffinity", "pod-topology-spread-constraints", "deployment-strategy",
        "deployment-has-poddisruptionbudget", "statefulset-has-poddisruptionbudget", "poddisruptionbudget-has-policy"),
    "probes missing, or readiness the same as liveness": ("pod-probes", "pod-probes-identical"),
    "image tag": ("container-image-tag",),
    "privileged": ("container-security-context-privileged",),
    "labels of the selector are not those of the template": (
        "deployment-pod-selector-labels-match-template-metadata-labels",
        "statefulset-pod-selector-labels-match-template-metadata-labels"),
    "deadlines and restarts of CronJobs": ("cronjob-has-deadline", "cronjob-restartpolicy"),
    "Service of type NodePort": ("service-type",),
    "an API version that is gone": ("stable-version",),
    "across files": ("service-targets-pod", "networkpolicy-targets-pod", "ingress-targets-service", "statefulset-has-servicename",
                     "horizontalpodautoscaler-has-target", "deployment-targeted-by-hpa-does-not-have-replicas-configured"),
}
CLASS_OF = {check: name for name, checks in CLASSES.items() for check in checks}
FINE = 7  # a grade that is at least nearly good


def objects_of(tool, folder, path):
    done = subprocess.run([tool, "score", "--output-format", "json", path], cwd=folder, capture_output=True, text=True, check=False)
    return json.loads(done.stdout or "null") or []


def main():
    tool = go_tool("kube-score")
    if not tool or not sys.argv[1:]:
        raise SystemExit(__doc__)
    counts, objects, files = collections.Counter(), 0, 0
    for folder in map(os.path.abspath, sys.argv[1:]):
        for path in accepted_files(tool, folder):
            found = objects_of(tool, folder, path)
            files, objects = files + 1, objects + len(found)
            for check in (check for one in found for check in one["checks"] or []):
                if not check["skipped"] and check["grade"] < FINE:
                    counts[CLASS_OF.get(check["check"]["id"], check["check"]["id"])] += 1
    print(f"{len(sys.argv) - 1} repositories, {files:,} files, {objects:,} objects\n\n| class | found |\n| --- | --: |")
    for name, count in counts.most_common():
        print(f"| {name} | {count:,} |")
    print(f"| all | {counts.total():,} |")


main()
