#!/usr/bin/env python3
"""Checks placements from the files alone: nothing here is taken from the solver but what the words of its answer mean.

    check.py LABWRIGHT [N]      prints TAP: every case of test/place, N random homelabs (60), and changes of some of them
                                that must not change the answer

The files are read again (labwright.yaml, manifests, what a cluster said), what each pod needs and where it may run is
worked out again, and of the answer (place --format json) is asked: is it feasible, are the goals worth what it says, does
each step leave every node within its capacity, is no bound above what was found.
"""
import glob
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import homelabs
from world import HOST, PRESSING, RESOURCES, Workload, World, amounts, selects, traffic, volume_pins

here = os.path.dirname(os.path.abspath(__file__))


# ---- groups: pods that are alike ----

class Group:
    def __init__(self, workload, count, allowed, now, price):
        self.workload, self.count, self.allowed, self.now, self.price = workload, count, allowed, now, price
        self.at, self.unplaced = {}, 0


class Answer:
    def __init__(self, world, answer):
        self.world, self.answer, self.wrong = world, answer, []
        self.hosts = [world.nodes[row["node"]] for row in answer["nodes"]]
        expected = {node.name for node in world.nodes.values()
                    if not node.lost and (node.capacity.get("cpu") or node.capacity.get("memory"))}
        self.expect({host.name for host in self.hosts} == expected, f"nodes that take pods are {sorted(expected)}")
        self.fixed = {host.name: dict.fromkeys(RESOURCES, 0) for host in self.hosts}
        self.groups, self.workloads = [], []
        self.daemon_ports = {host.name: set() for host in self.hosts}
        self.read_workloads()
        self.make_groups()

    def expect(self, holds, sentence):
        if not holds:
            self.wrong.append(sentence)

    def read_workloads(self):
        rows = {(row["kind"], row["namespace"], row["workload"]): row for row in self.answer["workloads"]}
        for object in self.world.objects:
            if object["kind"] not in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod"):
                continue
            row = rows.pop((object["kind"], object["metadata"].get("namespace", ""), object["metadata"]["name"]), None)
            if row is None:
                self.wrong.append(f"{object['metadata']['name']} is not in the answer")
                continue
            workload = Workload(self.world, object, row)
            workload.row = row
            self.expect(all(row["demand"].get(r, 0) == workload.demand[r] for r in RESOURCES),
                        f"{workload.name} needs {workload.demand}, not {row['demand']}")
            self.workloads.append(workload)
        self.expect(not rows, f"nothing in the files is called {list(rows)}")
        self.workloads.sort(key=lambda w: (w.name, w.namespace, w.kind))
        for pod in self.world.live:
            name, node = pod["metadata"]["name"], self.world.nodes.get(pod["spec"].get("nodeName"))
            if node and node.name in self.fixed and not any(
                    w.owns(name) and w.namespace == pod["metadata"]["namespace"] for w in self.workloads):
                used = dict.fromkeys(RESOURCES, 0)
                for container in pod["spec"].get("containers") or []:
                    for r, value in amounts((container.get("resources") or {}).get("requests")).items():
                        used[r] = max(used[r], value)
                for _, more in self.world.peaks.get((pod["metadata"]["namespace"], name), []):
                    used.update({r: max(used[r], value) for r, value in more.items()})
                used["pods"] = 1
                for r in RESOURCES:
                    self.fixed[node.name][r] += used[r]
        for workload in self.workloads:
            for host in self.hosts if workload.kind == "DaemonSet" else []:
                runs = workload.admits(host)
                self.expect(workload.row["nodes"].get(host.name, 0) == runs, f"DaemonSet {workload.name} on {host.name}: {runs}")
                for r in RESOURCES:
                    self.fixed[host.name][r] += runs * workload.demand[r]
                self.daemon_ports[host.name] |= workload.ports() if runs else set()

    def may_run(self, workload, host):
        fixed = self.fixed[host.name]
        return not host.drained and workload.admits(host) and not (workload.ports() & self.daemon_ports[host.name]) and \
            all(not workload.request[r] or fixed[r] + workload.request[r] <= host.capacity.get(r, fixed[r] + workload.request[r])
                for r in RESOURCES)

    def make_groups(self):
        for workload in self.workloads:
            if workload.kind == "DaemonSet":
                continue
            pins, local, size = volume_pins(self.world, workload)
            may = {host.name for host in self.hosts if self.may_run(workload, host)}
            now = {}
            for pod in self.world.live:
                node = pod["spec"].get("nodeName")
                if node in self.world.nodes and workload.owns(pod["metadata"]["name"]) and \
                        pod["metadata"]["namespace"] == workload.namespace and sum(now.values()) < workload.replicas:
                    now[node] = now.get(node, 0) + 1
            settings = self.world.settings
            price = settings["move"] + (settings["restart"] if workload.replicas == 1 else 0)
            if self.world.migrate and (local or size):
                price += -(-size // 10**9) * settings["gigabyte"]
            self.split(workload, pins, local, may, now, max(price, 1))
        for group in self.groups:
            known = sum(group.now.get(host.name, 0) for host in self.hosts)
            if known == 0 and len(group.allowed) == 1 and not self.world.pod_list:
                group.now = {next(iter(group.allowed)): group.count}
        self.assign()

    def split(self, workload, pins, local, may, now, price):
        left, parts = workload.replicas, []
        if not self.world.migrate:
            runs = []
            for pin in pins:
                if pin and runs and runs[-1][0] == pin and runs[-1][2]:
                    runs[-1][1] += 1
                elif pin:
                    runs.append([pin, 1, True])
                elif runs:
                    runs[-1][2] = False
            for pin, count, _ in runs:
                here = min(now.get(pin, 0), count)
                parts.append((count, may & {pin}, {pin: here if self.world.pod_list else count}))
                now[pin] = now.get(pin, 0) - here
                left -= count
            for name in [node for node in self.world.nodes] if local else []:
                here = min(now.get(name, 0), left)
                if here > 0:
                    parts.append((here, may & {name}, {name: here}))
                    now[name], left = 0, left - here
        if left:
            parts.append((left, may, dict(now)))
        for count, allowed, here in parts:
            if allowed:
                self.groups.append(Group(workload, count, allowed, here, price))
            else:
                workload.unfit = getattr(workload, "unfit", 0) + count

    def assign(self):
        """Pods with fewer choices first: which of alike pods is where makes no difference."""
        for workload in self.workloads:
            left = dict(workload.row["nodes"]) if workload.kind != "DaemonSet" else {}
            own = sorted((g for g in self.groups if g.workload is workload), key=lambda g: len(g.allowed))
            for group in own:
                missing = group.count
                for name in sorted(left, key=lambda name: name not in group.now):
                    take = min(left[name], missing) if name in group.allowed else 0
                    if take:
                        group.at[name] = take
                        left[name] -= take
                        missing -= take
                group.unplaced = missing
            self.expect(not any(left.values()), f"{workload.name} is where it may not be, or too often: {left}")
            said = sum(row["pods"] for row in self.answer["unplaced"] if (row["kind"], row["namespace"], row["workload"]) ==
                       (workload.kind, workload.namespace, workload.name))
            missing = sum(g.unplaced for g in own) + getattr(workload, "unfit", 0)
            self.expect(said == missing, f"{workload.name} lacks {missing} pods, {said} are said")

    # ---- bonds ----

    def part(self, topology, name):
        return self.world.nodes[name].labels.get(topology)

    def bonds(self):
        for group in self.groups:
            own = group.workload
            terms = list(own.terms())
            for kind, topology, skew, weight, selector, namespaces in terms:
                spaces = namespaces or [own.namespace]
                others = [g for g in self.groups if selects(selector, g.workload.labels) and g.workload.namespace in spaces]
                if others and any(topology in host.labels for host in self.hosts):
                    yield kind, group, topology, skew, weight, others
            if group.count >= 2 and not any(kind in ("even", "apart") for kind, *_ in terms):
                yield "apart", group, HOST, 1, 1, [group]
            if own.ports():
                yield "apart", group, HOST, 1, 0, [g for g in self.groups if g.workload.ports() & own.ports()]

    def broken(self, bond, counts=lambda group: group.at):
        kind, group, topology, skew, _, others = bond

        def among(part):
            return sum(n for other in others for name, n in counts(other).items() if self.part(topology, name) == part)
        if kind == "even":
            parts = {self.part(topology, name) for name in group.allowed} - {None}
            sums = [among(part) for part in parts] or [0]
            return max(max(sums) - min(sums) - skew, 0)
        result = 0
        for name, n in counts(group).items():
            part = self.part(topology, name)
            near = among(part) if part is not None else 0
            result += n if (near > (group in others) if kind == "apart" else near == 0) else 0
        return result

    def check_bonds(self):
        for bond in self.bonds():
            kind, group, topology, _, weight, others = bond
            if weight == 0:
                self.expect(self.broken(bond) == 0, f"{group.workload.name}: {kind} by {topology} is broken")

    # ---- amounts ----

    def use(self, name):
        use = dict(self.fixed[name])
        for group in self.groups:
            for r in RESOURCES:
                use[r] += group.at.get(name, 0) * group.workload.demand[r]
        return use

    def floor_and_room(self, host):
        floor, room = dict(self.fixed[host.name]), {}
        for r in RESOURCES:
            room[r] = max(host.capacity[r], floor[r]) if r in host.capacity else None
        for group in self.groups:
            if group.allowed == {host.name}:
                for r in RESOURCES:
                    demand, request = group.workload.demand[r], group.workload.request[r]
                    floor[r] += demand * group.count
                    if room[r] is not None:
                        room[r] += max(demand - request, 0) * group.count
        for r in RESOURCES:
            if room[r] is not None:
                room[r] = max(host.capacity[r], min(room[r], floor[r]))
        return floor, room

    def steps_of(self, host, use):
        worst = 0
        for r in PRESSING:
            if r in host.capacity and use[r]:
                steps = -(-use[r] * 100 // (host.capacity[r] * self.world.settings["step"])) if host.capacity[r] else 100000
                worst = max(worst, min(steps, 100000))
        return worst

    def check_nodes(self):
        for host, row in zip(self.hosts, self.answer["nodes"]):
            use, (_, room) = self.use(host.name), self.floor_and_room(host)
            self.expect(row["capacity"] == {r: host.capacity[r] for r in RESOURCES if r in host.capacity},
                        f"{host.name} has {host.capacity}, not {row['capacity']}")
            self.expect(row["after"] == use, f"{host.name} is used by {use}, not by {row['after']}")
            for r in RESOURCES:
                self.expect(room[r] is None or use[r] <= room[r], f"{host.name} has {room[r]} of {r}, {use[r]} are used")

    # ---- goals ----

    def known(self, group):
        return sum(group.now.get(host.name, 0) for host in self.hosts)

    def weights(self):
        def rank(group):
            return group.workload.priority, self.known(group) > 0
        weight, below, weights, last = 1, 0, {}, None
        for group in sorted(self.groups, key=rank):
            if last is not None and rank(group) > last and below < 2**44:
                weight = below + 1
            weights[group], last = weight, rank(group)
            below += weight * group.count
        return weights

    def pressure(self):
        worst = self.world.settings["enough"] // self.world.settings["step"]
        for host in self.hosts:
            use, (floor, _) = self.use(host.name), self.floor_and_room(host)
            if any(use[r] > floor[r] for r in RESOURCES):
                worst = max(worst, self.steps_of(host, use))
        return worst

    def size(self, group):
        size = 0
        for r in RESOURCES:
            total = sum(max(host.capacity.get(r, -1), 0) for host in self.hosts)
            if total and r != "pods":
                size = max(size, min((group.workload.demand[r] << 20) * len(self.hosts) // total, 2**40))
        return size

    def survival(self):
        weights, rivals = self.weights(), {}
        for kind, group, topology, _, weight, others in self.bonds():
            if kind == "apart" and weight == 0:
                for other in others:
                    rivals.setdefault(group, []).append((other, topology))
                    rivals.setdefault(other, []).append((group, topology))
        rooms = {host.name: self.floor_and_room(host)[1] for host in self.hosts}
        order = sorted(self.groups, key=lambda g: (-g.workload.priority, -self.size(g), self.groups.index(g)))
        return sum(self.lose(host.name, order, weights, rivals, rooms) for host in self.hosts)

    def lose(self, lost, order, weights, rivals, rooms):
        counts = {group: {name: n for name, n in group.at.items() if name != lost} for group in self.groups}
        use, down = {host.name: self.use(host.name) for host in self.hosts}, 0
        for group in order:
            demand = group.workload.demand
            for k in range(group.at.get(lost, 0) if len(group.allowed) > 1 else 0):
                best = None
                for host in self.hosts:
                    name = host.name
                    after = {r: use[name][r] + demand[r] for r in RESOURCES}
                    if name == lost or name not in group.allowed or \
                            any(demand[r] and rooms[name][r] is not None and after[r] > rooms[name][r] for r in RESOURCES) or \
                            any(self.part(t, name) is not None and any(self.part(t, at) == self.part(t, name) and n
                                                                       for at, n in counts[other].items())
                                for other, t in rivals.get(group, [])):
                        continue
                    key = self.steps_of(host, after)
                    if best is None or key < best[0]:
                        best = key, name, after
                if best is None:
                    down += weights[group] * (group.at[lost] - k)
                    break
                use[best[1]] = best[2]
                counts[group][best[1]] = counts[group].get(best[1], 0) + 1
        return down

    def wishes(self):
        sum = 0
        for group in self.groups:
            for name, n in group.at.items():
                sum += n * group.workload.dislike(self.world.nodes[name])
        for bond in self.bonds():
            sum += bond[4] * self.broken(bond) if bond[4] else 0
        return sum

    def traffic(self):
        """Pods that are on no node with one that they talk to."""
        weight, pairs, apart = self.world.settings["traffic"], traffic(self.world, self.workloads), 0
        for one, other in pairs if weight else ():
            near = {name for group in self.groups if group.workload is other for name, n in group.at.items() if n}
            if any(group.workload is other for group in self.groups):
                for group in self.groups:
                    apart += weight * sum(n for name, n in group.at.items() if group.workload is one and name not in near)
        return apart

    def moves(self):
        total = 0
        for group in self.groups:
            fresh = group.unplaced + sum(max(n - group.now.get(name, 0), 0) for name, n in group.at.items())
            total += group.price * max(fresh - max(group.count - self.known(group), 0), 0)
        return total

    def check_goals(self):
        weights = self.weights()
        values = {"unplaced": sum(weights[g] * g.unplaced for g in self.groups), "pressure": self.pressure(),
                  "survival": self.survival(), "wishes": self.wishes(), "moves": self.moves(), "traffic": self.traffic()}
        order = [row["goal"] for row in self.answer["goals"]]
        asked = ["unplaced"] + list(self.world.settings["order"])
        self.expect(order[:len(asked)] == asked, f"goals in the order {asked}")
        for row in self.answer["goals"]:
            self.expect(row["value"] == values[row["goal"]], f"{row['goal']} is {values[row['goal']]}, not {row['value']}")
            self.expect(row["bound"] <= row["value"] and row["proven"] == (row["bound"] == row["value"]),
                        f"the bound of {row['goal']} is {row['bound']}")

    # ---- steps ----

    def check_steps(self):
        """From what runs now each step leaves the node that it fills within its capacity, or no fuller than it must be."""
        demand = {(w.kind, w.namespace, w.name): w.demand for w in self.workloads}
        use = {row["node"]: dict(row["before"]) for row in self.answer["nodes"]}
        stopped = set()
        for step in self.answer["steps"]:
            key = step["kind"], step["namespace"], step["workload"]
            for sign, name in ((1, step.get("to") if step["step"] != "stop" else None),
                               (-1, step.get("from") if (key not in stopped or step["step"] != "start") else None)):
                for r in RESOURCES if name else ():
                    use[name][r] += sign * step["pods"] * demand[key][r]
                    capacity, (floor, room) = self.world.nodes[name].capacity.get(r), self.floor_and_room(self.world.nodes[name])
                    if sign > 0 and demand[key][r] and capacity is not None:
                        self.expect(use[name][r] <= max(capacity, room[r]), f"a step of {step['workload']} overloads {name}'s {r}")
            if step["step"] == "stop":
                stopped.add(key)
        for row in self.answer["nodes"]:
            self.expect(use[row["node"]] == row["after"], f"the steps do not lead to what {row['node']} is said to carry")

    def check(self):
        self.check_bonds()
        self.check_nodes()
        self.check_goals()
        self.check_steps()
        return self.wrong


# ---- runs ----

def place(program, folder, words=(), cwd=None):
    run = subprocess.run([program, "place", "--format", "json", "--root", folder, *words], capture_output=True, text=True,
                         cwd=cwd, timeout=120, check=False)
    if run.returncode not in (0, 1):
        raise SystemExit(f"place {folder}: {run.stderr}")
    return json.loads(run.stdout)


def wrong_of(folder, answer, words=(), cwd=".", platforms=None):
    given = {key: [os.path.join(cwd, words[i + 1]) if key == "--usage" else words[i + 1]
                   for i, word in enumerate(words) if word == key] for key in ("--usage", "--what-if")}
    return Answer(World(folder, given["--usage"], given["--what-if"], "--migrate" in words, platforms), answer).check()


def cases():
    for config in sorted(glob.glob(os.path.join(here, "*", "*", "labwright.yaml")) + glob.glob(os.path.join(here, "*", "*", "nodes.yaml"))):
        folder = os.path.dirname(config)
        words = []
        if os.path.exists(folder + ".args"):
            with open(folder + ".args", encoding="utf-8") as file:
                words = file.read().splitlines()
        yield os.path.relpath(folder, here), folder, words


# ---- changes that must not change the answer ----

def goals(answer):
    return {row["goal"]: (row["value"], row["proven"]) for row in answer["goals"]}


def check_changes(program, folder, homelab, before):
    """Goals that are proven, one after the other, stay what they are; with more room the first that differs is better.
    Survival breaks ties by the order of the nodes, so what comes behind it may differ."""
    for number, (what, changed, same) in enumerate(homelabs.changes(*homelab)):
        words = homelabs.write(os.path.join(folder, f"changed{number}"), *changed)
        after = place(program, os.path.join(folder, f"changed{number}"), words)
        yield from (f"{what}: {sentence}" for sentence in wrong_of(os.path.join(folder, f"changed{number}"), after, words))
        old, new = goals(before), goals(after)
        for row in before["goals"]:
            (value, proven), (other, other_proven) = old[row["goal"]], new[row["goal"]]
            if not proven or not other_proven or row["goal"] == "survival":
                break
            if other != value:
                if same or other > value:
                    yield f"{what}: {row['goal']} was {value} and is {other}"
                break


# ---- limits ----

def interrupted(program, folder, words):
    """The answer after Ctrl-C, and what is wrong with how it ended."""
    start = time.monotonic()
    with subprocess.Popen([program, "place", "--format", "json", "--root", folder, "--time", "100", *words],
                          stdout=subprocess.PIPE, text=True) as run:
        time.sleep(1.5)
        run.send_signal(signal.SIGINT)
        out = run.communicate()[0]
    wrong = [] if run.returncode in (0, 1) else [f"it ends with {run.returncode}"]
    if time.monotonic() - start > 50:
        wrong.append("it does not stop")
    return json.loads(out), wrong


def check_limits(program, scratch):
    """(name, what is wrong): Ctrl-C, a time limit and a seed, where not all can be proven."""
    folder = os.path.join(scratch, "large")
    words = homelabs.write(folder, *homelabs.large_homelab(2))
    answer, wrong = interrupted(program, folder, words)
    wrong += wrong_of(folder, answer, words)
    if not answer["stopped"] or answer["optimal"]:
        wrong.append("what was stopped is not said to be stopped")
    yield "Ctrl-C gives the best so far", wrong
    start = time.monotonic()
    answer = place(program, folder, [*words, "--time", "2"])
    wrong = wrong_of(folder, answer, words)
    if time.monotonic() - start > 40:
        wrong.append("two seconds took too long")
    yield "two seconds give what is found in two seconds", wrong
    folder = os.path.join(scratch, "seeds")
    words = homelabs.write(folder, *homelabs.large_homelab(2, 6, 40))
    answers = [place(program, folder, [*words, "--seed", seed]) for seed in ("3", "3", "4")]
    wrong = [sentence for answer in answers for sentence in wrong_of(folder, answer, words)]
    if answers[0] != answers[1]:
        wrong.append("two runs with one seed differ")
    yield "one seed, one answer", wrong


def report(number, name, wrong):
    print(f"{'not ok' if wrong else 'ok'} {number} {name}")
    for sentence in wrong:
        print("#", sentence)
    return bool(wrong)


def main():
    program, n = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 60
    number = failed = 0
    for name, folder, words in cases():
        answer = place(program, folder, words, os.path.dirname(folder))
        number += 1
        failed += report(number, name, wrong_of(folder, answer, words, os.path.dirname(folder)))
    with tempfile.TemporaryDirectory() as scratch:
        for name, wrong in check_limits(program, scratch):
            number += 1
            failed += report(number, name, wrong)
        for seed in range(n):
            folder = os.path.join(scratch, str(seed))
            homelab = homelabs.random_homelab(seed)
            words = homelabs.write(os.path.join(folder, "lab"), *homelab)
            answer = place(program, os.path.join(folder, "lab"), words)
            wrong = wrong_of(os.path.join(folder, "lab"), answer, words)
            if seed % 4 == 0:
                wrong += check_changes(program, folder, homelab, answer)
            if seed % 8 == 0:
                again = place(program, os.path.join(folder, "lab"), [*words, "--seed", "7"])
                wrong += wrong_of(os.path.join(folder, "lab"), again, words)
            number += 1
            failed += report(number, f"random homelab {seed}", wrong)
    print(f"1..{number}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
