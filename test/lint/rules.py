#!/usr/bin/env python3
"""Every rule has its prose, an example that it finds and one that it leaves alone, and where its row says that it can be
mended one that is; every example has a rule. Prints TAP.

    rules.py LABWRIGHT TEST/RULE
"""
import json
import os
import re
import subprocess
import sys


# What these find is said by a registry, and held against a real one by serve/registry.py; or, field by field, by an API
# server, as live/kubernetes/beside.sh has one, or by an engine, as live/drift.sh has.
ASKED = ("image-missing", "image-arch-mismatch", "image-outdated", "repo-cluster-drift", "repo-engine-drift")


def cases(folder):
    return sorted(name for name in os.listdir(folder) if os.path.isdir(os.path.join(folder, name))) \
        if os.path.isdir(folder) else []


def is_mended(path):
    if not os.path.exists(path):
        return False
    with open(path, errors="replace") as file:
        return any(line.startswith("+++ ") for line in file)


def problems(rule, folder):
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule["id"]):
        yield "its id is not words with dashes"
    for key in ("title", "why", "remedy"):
        if not rule[key].strip():
            yield f"it has no {key}"
    if rule["title"].endswith("."):
        yield "its title ends with a full stop"
    for key in ("why", "remedy"):
        if rule[key].strip() and not rule[key].strip().endswith((".", "?", ")")):
            yield f"its {key} does not end like a sentence"
    if rule["id"] in ASKED:
        return
    names = [name for name in cases(folder) if not name.endswith(".before")]
    bad = [name for name in names if not name.startswith("good")]
    if not bad:
        yield f"no example that it finds: {folder}/bad/"
    for name in bad:
        if not os.path.exists(os.path.join(folder, name + ".findings")):
            yield f"no findings of {folder}/{name}/"
    if rule["fix"] in ("safe", "value") and not any(is_mended(os.path.join(folder, name + ".diff")) for name in bad):
        yield f"its row says that it can be mended, and no {folder}/bad*.diff shows it"
    if len(bad) == len(names):
        yield f"no example that it leaves alone: {folder}/good/"


def main():
    program, top = sys.argv[1:3]
    rules = json.loads(subprocess.run([program, "rules", "--format", "json"], capture_output=True, check=True).stdout)
    ids = [rule["id"] for rule in rules]
    tests = [(rule["id"], list(problems(rule, os.path.join(top, rule["id"])))) for rule in rules]
    tests.append(("no two rules have one name", sorted({name for name in ids if ids.count(name) > 1})))
    tests.append(("every example has a rule", [name for name in cases(top) if name not in ids]))
    print(f"1..{len(tests)}")
    for number, (name, wrong) in enumerate(tests, 1):
        print(f"{'not ok' if wrong else 'ok'} {number} {name}")
        for line in wrong:
            print("#", line)
    return any(wrong for _, wrong in tests)


sys.exit(main())
