#!/usr/bin/env python3
"""docs/labwright.schema.json and the reader of labwright.yaml know the same keys and words.

    schema.py LABWRIGHT SCHEMA   prints TAP

A file with an unknown word in every place is read; the reader says what it would have known there.
"""
import json
import os
import subprocess
import sys
import tempfile

CONFIG = """\
zz-top: 1
cluster: {context: home, zz-cluster: 1}
engine: {zz-engine: 1, pull: zz-pull}
networks: {n: {cidr: 10.0.0.0/8, zz-network: 1, kind: zz-kind}}
nodes: {m: {zz-node: 1, arch: zz-arch, capacity: {zz-capacity: 1}}}
areas: {a: {zz-area: 1}}
honour: [zz-honour]
placement: {zz-placement: 1, order: [zz-order], weights: {zz-weights: 1}}
profile: zz-profile
rules: {tag-floating: {zz-rule: 1}, yaml-broken: zz-level}
"""


def known_by_reader(program):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "labwright.yaml"), "w") as file:
            file.write(CONFIG)
        run = subprocess.run([program, "check", "--rule", "config-invalid", "--format", "json", "--root", folder],
                             capture_output=True, timeout=60)
        facts = subprocess.run([program, "facts", "--root", folder], capture_output=True, timeout=60)
    found, word = {}, None
    for line in facts.stdout.decode().splitlines():
        subject, kind, value = line.split("\t")[:3]
        if kind == "message" and "'zz-" in value:
            word = value.split("'zz-")[1].split("'")[0]
        elif kind == "expected":
            found[word] = set(value.split(", "))
    return found, len(json.loads(run.stdout)["findings"])


def known_by_schema(schema):
    parts = schema["$defs"]
    return {
        "top": set(schema["properties"]),
        "profile": set(schema["properties"]["profile"]["enum"]),
        "honour": set(schema["properties"]["honour"]["items"]["enum"]),
        "pull": set(parts["engine"]["properties"]["pull"]["enum"]),
        "kind": set(parts["network"]["properties"]["kind"]["enum"]),
        "arch": set(parts["node"]["properties"]["arch"]["enum"]),
        "level": set(parts["level"]["enum"]),
        "order": set(parts["placement"]["properties"]["order"]["items"]["enum"]),
        "weights": set(parts["placement"]["properties"]["weights"]["properties"]),
        **{name: set(parts[name]["properties"]) for name in ("cluster", "engine", "network", "node", "capacity", "area", "placement", "rule")},
    }


def main():
    program, path = sys.argv[1:3]
    with open(path) as file:
        wanted = known_by_schema(json.load(file))
    got, findings = known_by_reader(program)
    failed = 0
    for number, name in enumerate(sorted(wanted), 1):
        good = got.get(name) == wanted[name]
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} schema/{name}")
        if not good:
            print(f"# schema: {sorted(wanted[name])}\n# reader: {sorted(got.get(name, []))}")
    good = findings == len(wanted)
    print(f"{'ok' if good else 'not ok'} {len(wanted) + 1} schema/findings")
    print(f"1..{len(wanted) + 1}")
    return 1 if failed or not good else 0


sys.exit(main())
