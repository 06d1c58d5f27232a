#!/usr/bin/env python3
"""Measures placement and writes its section of docs/performance.md.

    placement.py LABWRIGHT BENCH-PLACE [PODS…]
    placement.py LABWRIGHT --proven FIRST LAST [PODS NODES]

Made-up clusters by bench-place (placements, time, memory, beside first-fit-decreasing and kube-scheduler's scoring), how many of
made-up homelabs are proven, and some of them solved a second time by HiGHS, an exact solver of mixed-integer programs, goal by
goal: the optimum has to be the same. HiGHS comes from PyPI into ~/.cache/labwright-bench; without it that part is left out.
With --proven only the homelabs of these seeds are solved, and what is open of each is printed, and the rows in the end.
"""
import os
import random
import resource
import subprocess
import sys
import tempfile
import time

here = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(here, "..", "place"))
page = os.path.join(here, "..", "..", "docs", "performance.md")
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "labwright-bench", "highs")
HEADING, NEXT = "## Placement", "## Reassignment"
MOST_SECONDS = 20
HOMELABS = 48
PRICE = 15  # of a move: what it costs by itself, and a restart


def with_highs():
    """Runs this script again where HiGHS can be imported; gives the module, or None where it cannot be had."""
    try:
        import highspy
        return highspy
    except ImportError:
        pass
    python = os.path.join(CACHE, "bin", "python3")
    if os.path.realpath(sys.prefix) == os.path.realpath(CACHE):
        return None
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", CACHE], check=True)
    done = subprocess.run([python, "-m", "pip", "install", "-q", "highspy==1.15.1", "PyYAML==6.0.3"], check=False)
    if done.returncode:
        return None
    os.execv(python, [python, *sys.argv])


# ---- the same homelab as a mixed-integer program ----

class Program:
    """Pods of each group on each node are whole numbers; each goal in turn is least while those before it stay."""

    def __init__(self, highspy, world, groups, hosts, weights):
        self.highs = highs = highspy.Highs()
        for option, value in (("output_flag", False), ("threads", 1), ("time_limit", MOST_SECONDS), ("mip_rel_gap", 0.0)):
            highs.setOptionValue(option, value)
        self.optimal = highspy.HighsModelStatus.kOptimal
        at = {(g, host.name): highs.addIntegral(0, group.count) for g, group in enumerate(groups)
              for host in hosts if host.name in group.allowed}
        left = [highs.addIntegral(0, group.count) for group in groups]
        fullest = highs.addIntegral(0, 100 // world.settings["step"])
        moved = []
        for g, group in enumerate(groups):
            mine = [(name, x) for (other, name), x in at.items() if other == g]
            highs.addConstr(sum(x for _, x in mine) + left[g] == group.count)
            for name, x in mine:
                comes = highs.addVariable(0, group.count)
                highs.addConstr(comes >= x - group.now.get(name, 0))
                moved.append(group.price * comes)
            moved.append(group.price * left[g])
        for host in hosts:
            for resource, scale in (("cpu", 1000), ("memory", 2**20), ("pods", 1)):
                if resource not in host.capacity:
                    continue
                use = sum(group.workload.demand[resource] / scale * at[g, host.name]
                          for g, group in enumerate(groups) if (g, host.name) in at)
                highs.addConstr(use <= host.capacity[resource] / scale)
                if resource != "pods":
                    highs.addConstr(use <= host.capacity[resource] / scale * world.settings["step"] / 100 * fullest)
        self.goals = [sum(weights[group] * left[g] for g, group in enumerate(groups)), 1 * fullest, sum(moved)]

    def solve(self):
        """The worth of each goal, as far as each could be proven in its time, and the seconds."""
        start, values = time.process_time(), []
        for goal in self.goals:
            self.highs.minimize(goal)
            if self.highs.getModelStatus() != self.optimal:
                break
            values.append(round(self.highs.getObjectiveValue()))
            self.highs.addConstr(goal <= values[-1] + 1e-6)
        return values, time.process_time() - start


def homelab(seed, nodes, pods):
    """Sizes as in bench-place, pods on the first half of the nodes; goals: pressure, then moves."""
    chance = random.Random(seed)
    config = {"nodes": {f"node{i}": {"capacity": {"cpu": 8, "memory": f"{chance.choice([8, 16, 16, 32])}Gi"}} for i in range(nodes)},
              "placement": {"order": ["pressure", "moves"]}}
    objects, live = [], []
    for i in range(pods):
        name = f"app{i}"
        memory, cpu = chance.choice([64, 128, 128, 256, 256, 512, 512, 1024, 1500]) + chance.randrange(50), 10 + chance.randrange(8) * 50
        requests = {"memory": f"{memory}Mi", "cpu": f"{cpu}m"}
        objects.append({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": "lab"}, "spec": {
            "selector": {"matchLabels": {"app": name}}, "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [
                {"name": "main", "image": "example.org/app:1", "resources": {"requests": requests}}]}}}})
        live.append({"metadata": {"name": name + "-5c8d7f9b6-p0", "namespace": "lab"}, "status": {"phase": "Running"},
                     "spec": {"nodeName": f"node{chance.randrange((nodes + 1) // 2)}", "containers": []}})
    return config, objects, live


def children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def compare(highspy, program, nodes, pods, seeds=3):
    """A row: how often both proved the same, and the seconds of each."""
    import check
    import homelabs
    ours = theirs = same = proven = whole = 0
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as scratch:
            folder = os.path.join(scratch, "lab")
            words = homelabs.write(folder, *homelab(seed, nodes, pods))
            before = children_seconds()
            answer = check.place(program, folder, words)
            ours += children_seconds() - before
            world = check.World(folder, [folder + ".json"], [], False)
            model = check.Answer(world, answer)
            values, seconds = Program(highspy, world, model.groups, model.hosts, model.weights()).solve()
            theirs += seconds
        rows = answer["goals"][:3]
        proven += all(row["proven"] for row in rows)
        whole += len(values) == 3
        agree = all(row["bound"] <= value <= row["value"] and (not row["proven"] or row["value"] == value)
                    for row, value in zip(rows, values))
        same += agree and [row["value"] for row in rows[:len(values)]] == values
        if not agree:
            raise SystemExit(f"{pods} pods, seed {seed}: {rows}, but HiGHS says {values}")
    row = f"| {pods} | {nodes} | {seeds} | {proven} | {whole} | {same} | {ours / seeds * 1000:.0f} | {theirs / seeds * 1000:.0f} | " \
          f"{ours / theirs:.2f} |"
    print(row, flush=True)
    return row


def prove(program, nodes, pods, seeds, tell=False):
    """A row: how many homelabs are proven, how many more are one move or one step of pressure from it, and the times."""
    import check
    import homelabs
    proven = near = 0
    times = []
    for seed in seeds:
        with tempfile.TemporaryDirectory() as scratch:
            folder = os.path.join(scratch, "lab")
            words = homelabs.write(folder, *homelab(seed, nodes, pods))
            before = children_seconds()
            rows = check.place(program, folder, words)["goals"][:3]
            times.append(children_seconds() - before)
        unplaced, pressure, moves = (row["value"] - row["bound"] for row in rows)
        done = all(row["proven"] for row in rows)
        proven += done
        near += not done and unplaced == 0 and (pressure, moves // PRICE) in ((0, 1), (1, 0))
        if tell and not done:
            print(f"{pods} pods, {nodes} nodes, seed {seed}: {times[-1]:.2f} s", *(f"{row['goal']} {row['bound']}…{row['value']}" for row in rows))
    times = sorted(round(seconds * 1000) for seconds in times)
    row = f"| {pods} | {nodes} | {len(times)} | {proven} | {near} | {times[len(times) // 2]} | {times[len(times) * 9 // 10]} | {times[-1]} |"
    print(row, flush=True)
    return row


TEXT = """{heading}

Made-up clusters (seeded, `test/bench/place.c`): most pods small, some large, a tenth bound to a node, all of them on the
first half of the nodes. *ms* are of a processor, in one thread. *fullest* is the fullest resource of the fullest node in
percent, *with a choice* the same without nodes that hold only what must be there, and *bound* what no placement can go
below. First-fit-decreasing and kube-scheduler's default scoring (simulated, pods by name) place everything anew: what they
reach on the fullest node, and pods without a place.

| pods | nodes | ms | peak MB | fullest % | with a choice | bound | moves | bound | all proven | first-fit | scheduler |
| --: | --: | --: | --: | --: | --: | --: | --: | --: | --- | --: | --: |
{clusters}

Made-up homelabs whose pods are all on the first half of the nodes (`test/bench/placement.py`, seeds from 0): *proven* counts
those where a place for each pod, pressure and moves are, *one off* those where the pressure or the moves are one above the
bound. *ms* are of a processor, with reading the files: of the one in the middle, of all but a tenth, of the slowest.

| pods | nodes | homelabs | proven | one off | ms | 90 % | most |
| --: | --: | --: | --: | --: | --: | --: | --: |
{proven}

{exact}"""

EXACT = """HiGHS solves the same homelabs as mixed-integer programs, in one thread, goal by goal (a place for each pod, pressure,
moves), {seconds} seconds at most for each goal. *proven* and *HiGHS* count instances where all three were proven, *same* those
where all that HiGHS proved is what `place` found; nowhere did one contradict the other. *ms* are of a processor and a mean,
ours with reading the files; the ratio is ours to HiGHS'.

| pods | nodes | instances | proven | HiGHS | same | ms | HiGHS ms | ratio |
| --: | --: | --: | --: | --: | --: | --: | --: | --: |
{rows}
"""


def write_section(text):
    with open(page, encoding="utf-8") as file:
        before, _, rest = file.read().partition(HEADING)
    after = before if not rest else rest
    before, heading, tail = (before.partition(NEXT) if not rest else (before, *after.partition(NEXT)[1:]))
    with open(page, "w", encoding="utf-8") as file:
        file.write(before.rstrip() + "\n\n" + text.rstrip() + "\n" + (f"\n{heading}{tail}" if heading else ""))


SHAPES = [(5, 40), (10, 80), (20, 200)]


def main():
    if sys.argv[2] == "--proven":
        first, last, *shape = map(int, sys.argv[3:])
        for nodes, pods in [(shape[1], shape[0])] if shape else SHAPES:
            prove(os.path.abspath(sys.argv[1]), nodes, pods, range(first, last + 1), tell=True)
        return
    highspy = with_highs()
    program, bench, sizes = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3:]
    sizes = sizes or ["10", "50", "200", "1000", "5000", "20000", "100000"]
    clusters = "".join(subprocess.run([bench, size], capture_output=True, text=True, check=True).stdout for size in sizes)
    print(clusters, end="", flush=True)
    proven = "\n".join(prove(program, *shape, range(HOMELABS)) for shape in SHAPES)
    exact = "HiGHS was not there to compare with."
    if highspy:
        shapes = [(3, 10), (4, 20), (5, 40), (10, 80), (20, 200)]
        exact = EXACT.format(seconds=MOST_SECONDS, rows="\n".join(compare(highspy, program, *shape) for shape in shapes))
    write_section(TEXT.format(heading=HEADING, clusters=clusters.rstrip(), proven=proven, exact=exact))


main()
