#!/usr/bin/env python3
"""Runs the reassignment search on the challenge's instances and writes its section of docs/performance.md.

    reassign.py REASSIGN FOLDER SECONDS [INSTANCE…]

FOLDER holds model_X.txt.xz and assignment_X.txt.xz. Every answer is checked by reassign-check.py before it counts. Rows
of instances that were not run stay as they are. Without the folder nothing is done.
"""
import glob
import importlib.util
import lzma
import os
import re
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
page = os.path.join(here, "..", "..", "docs", "performance.md")
spec = importlib.util.spec_from_file_location("check", os.path.join(here, "reassign-check.py"))
check = importlib.util.module_from_spec(spec)
spec.loader.exec_module(check)

# What team S41 published: 300 seconds on a four-core machine of 2.66 GHz.
PUBLISHED = {
    "a1_1": 44306501, "a1_2": 777912030, "a1_3": 583006422, "a1_4": 262125116, "a1_5": 727578310,
    "a2_1": 329, "a2_2": 746097632, "a2_3": 1210644572, "a2_4": 1680615349, "a2_5": 318358949,
    "b_1": 3353533859, "b_2": 1015569276, "b_3": 157091678, "b_4": 4677962661, "b_5": 924769283,
    "b_6": 9525888445, "b_8": 1214470739, "b_9": 15885647774}
HEADING = "## Reassignment"
TEXT = f"""{HEADING}

The instances of the ROADEF/EURO challenge 2012, solved by `build/bench/reassign`; each answer is checked by a program
written apart from it. *published* is what team S41, the winners, got in 300 seconds on four cores; the difference is
ours to theirs, below 0 is better. *processor* is the time that our threads really got: other work ran beside.
`make bench` runs each for 10 seconds; `test/bench/reassign.py` takes any time.

| instance | cost | published | difference % | bound | seconds | processor seconds |
| --- | --: | --: | --: | --: | --: | --: |
"""


def solve(program, folder, name, seconds, scratch):
    """The row of one instance, or None where the answer is wrong."""
    paths = []
    for kind in ("model", "assignment"):
        paths.append(os.path.join(scratch, kind))
        with lzma.open(os.path.join(folder, f"{kind}_{name}.txt.xz"), "rt") as source, open(paths[-1], "w") as file:
            file.write(source.read())
    out = os.path.join(scratch, "out")
    before = os.times()
    said = subprocess.run([program, "-t", seconds, "-p", paths[0], "-i", paths[1], "-o", out, "-s", "1"],
                          capture_output=True, text=True, check=True).stdout
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    cost, bound = map(int, re.match(r"cost (\d+)  bound (\d+)", said).groups())
    model, old, new = check.Model(paths[0]), check.numbers(paths[1]), check.numbers(out)
    wrong = list(check.broken(model, old, new))
    if wrong or check.cost(model, old, new) != cost:
        print(f"{name}: WRONG {wrong[:3]} {cost}", flush=True)
        return None
    known = PUBLISHED.get(name)
    difference = f"{100 * (cost - known) / known:+.3f}" if known else ""
    print(f"{name:6} cost {cost:12} published {known or '':12} {difference:>9} %  bound {bound}", flush=True)
    return f"| {name} | {cost} | {known or ''} | {difference} | {bound} | {seconds} | {used:.0f} |"


def write_rows(rows):
    with open(page, encoding="utf-8") as file:
        text, _, old = file.read().partition(HEADING)
    for line in old.splitlines():
        name = line.split(" ")[1] if line.startswith("| ") and "_" in line.split(" ")[1] else None
        if name and name not in rows:
            rows[name] = line
    with open(page, "w", encoding="utf-8") as file:
        file.write(text.rstrip() + "\n\n" + TEXT + "".join(rows[name] + "\n" for name in sorted(rows)))


def main():
    program, folder, seconds = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3]
    names = sys.argv[4:] or sorted(os.path.basename(path)[6:-7]
                                   for path in glob.glob(os.path.join(folder, "model_*.txt.xz")))
    if not names:
        print(f"reassign: skipped, {folder} has no instances")
        return
    rows = {}
    with tempfile.TemporaryDirectory() as scratch:
        for name in names:
            row = solve(program, folder, name, seconds, scratch)
            if row:
                rows[name] = row
                write_rows(dict(rows))


main()
