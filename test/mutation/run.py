#!/usr/bin/env python3
"""Breaks clean repositories in many known ways, each at random places, and lets fix mend them.

    run.py LABWRIGHT [KIND…]

A trial is restored when every byte is as it was, mended when no finding is left though the bytes differ, left when fix
does not dare, astray when it changes something and a finding stays, unseen when check finds nothing wrong to begin with. What must never be: more findings than before, a
YAML file that cannot be read any more, a comment that is gone, a second run that changes something.

The rate of each kind is printed; the kinds of EXPECTED must stay as good as they are. The places are the same in each
run.
"""
import concurrent.futures
import json
import os
import random
import subprocess
import sys
import tempfile
import time

from breaks import BREAKS
from trees import TREES

TRIALS, SECONDS = 2, 40
RESTORED, MENDED, LEFT, ASTRAY, UNSEEN = "restored", "mended", "left", "astray", "unseen"

# How many of 100 trials were restored, and restored or mended, when this was last looked at.
EXPECTED = {
    "configmap-of-env-from": (100, 100),
    "secret-of-env-from": (100, 100),
    "configmap-of-key": (100, 100),
    "key-of-configmap": (100, 100),
    "claim": (100, 100),
    "backend-of-ingress": (100, 100),
    "host-of-service": (100, 100),
    "selector-of-service": (100, 100),
    "label-of-template": (100, 100),
    "no-template-label": (100, 100),
    "name-of-config-map": (0, 100),
    "name-of-service": (0, 100),
    "name-of-claim": (0, 100),
    "target-port-number": (100, 100),
    "target-port-name": (100, 100),
    "port-of-backend": (100, 100),
    "port-of-probe": (100, 100),
    "quotes-of-number": (100, 100),
    "quotes-of-boolean": (0, 100),
    "field": (100, 100),
    "old-api": (100, 100),
    "key-twice": (100, 100),
    "key-twice-in-compose": (100, 100),
    "variable-twice": (100, 100),
    "object-twice": (100, 100),
    "order-of-variables": (100, 100),
    "no-probe": (0, 100),
    "no-namespace": (0, 50),
    "entry-of-kustomization": (100, 100),
    "entry-lost": (0, 75),
    "manifest-moved": (0, 100),
    "link": (100, 100),
    "document-moved": (0, 100),
    "script-moved": (0, 100),
    "ignored-copy": (0, 100),
    "quoted-number": (100, 100),
    "service-account": (100, 100),
    "namespace-of-service": (100, 100),
    "volume-of-mount": (100, 100),
    "path-in-script": (100, 100),
    "build-context": (100, 100),
    "copied-file": (100, 100),
    "context-of-ci": (100, 100),
    "trigger-of-ci": (100, 100),
    "requirement-lost": (0, 100),
    "path-of-flux": (100, 100),
    "variable-in-compose": (0, 100),
    "variable-of-example": (0, 100),
    "address-in-script": (100, 100),
    "address-in-env": (100, 100),
    "address-in-document": (100, 100),
    "address-in-command": (100, 100),
}


def call(program, *words):
    return subprocess.run([program, *words], capture_output=True, timeout=60, check=False,
                          env={**os.environ, "NO_COLOR": "1"})


def findings(program, folder):
    """Findings of warning and error level; broken YAML files among them."""
    run = call(program, "check", "--format", "json", "--fail-on", "never", "--worktree", folder)
    if run.returncode:
        raise AssertionError(f"check ended with {run.returncode}: {run.stderr.decode(errors='replace')}")
    return [(one["rule"], one["path"], one["message"]) for one in json.loads(run.stdout)["findings"]
            if one["level"] in ("error", "warning")]


def write(folder, files):
    for path, text in files.items():
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w") as file:
            file.write(text)
        os.chmod(full, 0o755 if path.endswith(".sh") else 0o644)


def git(folder, *words):
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", folder, *words], check=True,
                   capture_output=True, env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"})


def read(folder):
    files = {}
    for top, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git"]
        for name in names:
            path = os.path.join(top, name)
            with open(path) as file:
                files[os.path.relpath(path, folder)] = file.read()
    return files


def fix(program, folder):
    run = call(program, "fix", "--derive", "--write", folder)
    if run.returncode:
        raise AssertionError(f"fix ended with {run.returncode}: {run.stderr.decode(errors='replace')}")


def compare(program, folder, broken, before):
    """What must never be, as a text; and the files and findings after."""
    fix(program, folder)
    files, after = read(folder), findings(program, folder)
    for path, text in broken.items():
        now = files.get(path, "")
        if text.count("#") - now.count("#") > max(0, text.count("\n") - now.count("\n")):
            return f"{path} lost a comment", files, after
    if len(after) > len(before):
        return f"more findings than before: {after}", files, after
    if any(rule in ("yaml-broken", "source-syntax") for rule, _, _ in set(after) - set(before)):
        return f"a file cannot be read any more: {after}", files, after
    fix(program, folder)
    return None if read(folder) == files else "a second run changes something", files, after


def trial(program, tree, kind, number):
    """Its outcome and why it is bad; (None, None) where the tree has nothing of the kind."""
    files = TREES[tree]()
    broken = BREAKS[kind](files, random.Random(f"{tree} {kind} {number}"))
    if broken is None or broken == files:
        return None, None
    with tempfile.TemporaryDirectory() as folder:
        write(folder, files)
        git(folder, "init", "-q")
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", "whole")
        for path in set(files) - set(broken):
            os.remove(os.path.join(folder, path))
        write(folder, broken)
        git(folder, "add", "-A")
        before = findings(program, folder)
        broken = read(folder)
        bad, fixed, after = compare(program, folder, broken, before)
        if os.environ.get("SHOW") and (not before or after):
            print("#", tree, kind, number, *[f"\n#    before {one}" for one in before], *[f"\n#    after {one}" for one in after])
    if fixed == files:
        return RESTORED, bad
    return (UNSEEN if not before else MENDED if not after else LEFT if fixed == broken else ASTRAY), bad


def rate(outcomes, *which):
    return 100 * sum(one in which for one in outcomes) // len(outcomes)


def report(number, good, name, notes=()):
    print("ok" if good else "not ok", number, name)
    for note in notes:
        print("#", note)


def main():
    program, kinds = os.path.abspath(sys.argv[1]), sys.argv[2:] or list(BREAKS)
    start, number, worse, astray = time.monotonic(), 0, [], []
    for tree, make in TREES.items():
        with tempfile.TemporaryDirectory() as folder:
            write(folder, make())
            git(folder, "init", "-q")
            git(folder, "add", "-A")
            number += 1
            found = findings(program, folder)
            report(number, not found, f"the {tree} tree is clean", found)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        asked = {kind: [pool.submit(trial, program, tree, kind, i) for i in range(TRIALS) for tree in TREES]
                 for kind in kinds}
        for kind, futures in asked.items():
            done = [future.result() for future in futures if time.monotonic() - start < SECONDS or not future.cancel()]
            outcomes = [outcome for outcome, _ in done if outcome]
            astray += [kind] * (ASTRAY in outcomes)
            worse += [f"{kind}: {bad}" for _, bad in done if bad]
            number += 1
            if not outcomes or len(done) < len(futures):
                print(f"ok {number} {kind} # SKIP no time was left")
                continue
            restored, clean = rate(outcomes, RESTORED), rate(outcomes, RESTORED, MENDED)
            least = EXPECTED.get(kind, (0, 0))
            report(number, restored >= least[0] and clean >= least[1],
                   f"{kind}: {restored} % restored, {clean} % without a finding of {len(outcomes)}"
                   f" ({rate(outcomes, LEFT)} % left, {rate(outcomes, ASTRAY)} % astray,"
                   f" {rate(outcomes, UNSEEN)} % unseen)")
    number += 1
    report(number, not worse, "no tree is worse after fix", worse)
    number += 1
    report(number, not astray, "no edit is made that leaves its finding or another", astray)
    print(f"1..{number}")
    sys.exit(0)


if __name__ == "__main__":
    main()
