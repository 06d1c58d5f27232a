#!/usr/bin/env python3
"""The reassignment search on small instances made up here: every answer passes the checker written apart from it, costs
what it said, is no dearer than the present assignment, and no cheaper than the bound; where brute force is possible, it
is as good as that. What is wrong in a file is named with its line. Instances of the challenge are used where they are.

    reassign-test.py REASSIGN
"""
import glob
import importlib.util
import itertools
import lzma
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

here = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("check", os.path.join(here, "reassign-check.py"))
check = importlib.util.module_from_spec(spec)
spec.loader.exec_module(check)

program = sys.argv[1]
folder = tempfile.mkdtemp()
tests = 0


def report(good, name, detail=""):
    global tests
    tests += 1
    print(f"{'ok' if good else 'not ok'} {tests} - {name}" + ("" if good else f"\n# {detail}"), flush=True)


def path(name):
    return os.path.join(folder, name)


def write(name, text):
    with open(path(name), "w", encoding="ascii") as file:
        file.write(text)


def solve(*options, model="model", before="before", after="after"):
    return subprocess.run([program, "-p", path(model), "-i", path(before), "-o", path(after), *options],
                          capture_output=True, text=True, check=False, timeout=250)


def make(chance, machines, processes):
    """A model as text: every kind of constraint and cost is in it, and the present assignment keeps them all."""
    resources = chance.randint(1, 5)
    home = [chance.randrange(machines) for _ in range(processes)]
    service = list(range(processes))
    for p in range(1, processes):           # joins an earlier service if no other of it is on its machine
        other = service[chance.randrange(p)]
        if chance.random() < 0.6 and all(home[q] != home[p] for q in range(p) if service[q] == other):
            service[p] = other
    dense = {s: i for i, s in enumerate(dict.fromkeys(service))}
    service = [dense[s] for s in service]
    around = [chance.randrange(2) for _ in range(machines)]
    place = [chance.randrange(3) for _ in range(machines)]
    need = [[chance.choice([0, 1, 3, 7, 20]) + chance.randrange(5) for _ in range(resources)] for _ in home]
    lines = [str(resources)] + [f"{chance.randrange(2)} {chance.randint(0, 10)}" for _ in range(resources)]
    lines.append(str(machines))
    for m in range(machines):
        used = [sum(n[r] for n, at in zip(need, home) if at == m) for r in range(resources)]
        full = [u + chance.randrange(25) for u in used]
        safe = [chance.randint(0, f) for f in full]
        lines.append(" ".join(map(str, [around[m], place[m], *full, *safe] +
                                  [0 if m == to else chance.randrange(4) for to in range(machines)])))
    lines.append(str(len(dense)))
    for s in range(len(dense)):
        mine = [home[p] for p in range(processes) if service[p] == s]
        spread = chance.randint(0, len({place[m] for m in mine}))
        needs = [o for o in range(len(dense)) if o != s and chance.random() < 0.2 and
                 {around[m] for m in mine} <= {around[home[p]] for p in range(processes) if service[p] == o}]
        lines.append(" ".join(map(str, [spread, len(needs), *needs])))
    lines.append(str(processes))
    lines += [" ".join(map(str, [service[p], *need[p], chance.randrange(4)])) for p in range(processes)]
    balances = chance.randrange(3)
    lines.append(str(balances))
    for _ in range(balances):
        lines.append(f"{chance.randrange(resources)} {chance.randrange(resources)} {chance.randint(1, 3)}")
        lines.append(str(chance.randint(1, 10)))
    lines.append(f"{chance.randrange(3)} {chance.randrange(4)} {chance.randrange(3)}")
    write("model", "\n".join(lines) + "\n")
    write("before", " ".join(map(str, home)) + "\n")


def judge(done, model="model", before="before", after="after"):
    """What is wrong with an answer, and its cost."""
    found = re.match(r"cost (-?\d+)  bound (-?\d+)", done.stdout)
    if done.returncode or not found:
        return done.stderr or done.stdout, None
    cost, bound = map(int, found.groups())
    data, old, new = check.Model(path(model)), check.numbers(path(before)), check.numbers(path(after))
    wrong = list(check.broken(data, old, new))
    if check.cost(data, old, new) != cost:
        wrong.append(f"said {cost}, costs {check.cost(data, old, new)}")
    if cost > check.cost(data, old, old):
        wrong.append("dearer than the present assignment")
    if bound > cost:
        wrong.append(f"bound {bound} above cost {cost}")
    return "; ".join(wrong), cost


def best_of_all():
    model, before = check.Model(path("model")), check.numbers(path("before"))
    return min(check.cost(model, before, after)
               for after in itertools.product(range(len(model.machines)), repeat=len(before))
               if next(check.broken(model, before, after), None) is None)


def small():
    wrong = []
    for seed in range(25):
        make(random.Random(seed), machines=2 + seed % 3, processes=4 + seed % 3)
        said, cost = judge(solve("-n", "300000", "-s", str(seed)))
        if said or cost != best_of_all():
            wrong.append(f"seed {seed}: {said or f'{cost} instead of {best_of_all()}'}")
    report(not wrong, "small instances: feasible, and as good as brute force", wrong)


def middling():
    wrong = []
    for seed in range(8):
        make(random.Random(1000 + seed), machines=6 + seed, processes=40 + 15 * seed)
        said, _ = judge(solve("-n", "400000", "-s", str(seed)))
        if said:
            wrong.append(f"seed {seed}: {said}")
    report(not wrong, "larger instances: feasible, and cost what they say", wrong)


def same_answer():
    make(random.Random(7), machines=12, processes=150)
    answers = []
    for seed in ("3", "3"):
        solve("-n", "500000", "-s", seed)
        with open(path("after"), encoding="ascii") as file:
            answers.append(file.read())
    report(answers[0] == answers[1], "a seed and a number of steps give one answer")


def stopped(number):
    make(random.Random(8), machines=12, processes=150)
    if os.path.exists(path("after")):
        os.unlink(path("after"))
    with subprocess.Popen([program, "-t", "200", "-p", path("model"), "-i", path("before"), "-o", path("after")],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        time.sleep(1)
        child.send_signal(number)
        out, err = child.communicate(timeout=60)
    said, _ = judge(subprocess.CompletedProcess([], child.returncode, out, err))
    report(not said, f"{number.name} ends the search with an answer", said)


def bad_input():
    make(random.Random(9), machines=3, processes=5)
    with open(path("model"), encoding="ascii") as file:
        text = file.read()
    cases = {"word": text.replace(text.split("\n")[1], "1 ten", 1), "short": text[:len(text) // 2].rsplit(None, 1)[0],
             "long": text + "7\n", "negative": text.replace(text.split("\n")[1], "1 -4", 1), "empty": ""}
    wrong = []
    for name, case in cases.items():
        write("bad", case)
        done = solve("-n", "1000", model="bad")
        if done.returncode != 3 or not re.search(r"bad:\d+: expected ", done.stderr):
            wrong.append(f"{name}: {done.returncode} {done.stderr}")
    write("elsewhere", "9 9 9 9 9\n")
    done = solve("-n", "1000", before="elsewhere")
    if done.returncode != 3 or "elsewhere:1: expected a machine" not in done.stderr:
        wrong.append(done.stderr)
    report(not wrong, "what is wrong in a file is named with its line", wrong)


def published():
    """Some of the challenge's own instances, where they lie beside the project."""
    for name in ("a1_1", "a1_2", "a2_2"):
        found = glob.glob(os.path.join(here, f"../../../shared/data/roadef2012/*_{name}.txt.xz"))
        if len(found) != 2:
            continue
        for source in found:
            with lzma.open(source, "rt") as file:
                write(os.path.basename(source).split("_")[0] + "-real", file.read())
        said, _ = judge(solve("-n", "300000", model="model-real", before="assignment-real"), "model-real", "assignment-real")
        report(not said, f"instance {name} of the challenge", said)


small()
middling()
same_answer()
stopped(signal.SIGTERM)
stopped(signal.SIGINT)
bad_input()
published()
print(f"1..{tests}")
