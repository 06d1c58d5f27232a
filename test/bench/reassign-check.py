#!/usr/bin/env python3
"""Checks an answer to an instance of the ROADEF/EURO challenge 2012, straight from the problem's statement.

    reassign-check.py MODEL ASSIGNMENT ANSWER [COST]

Prints the cost and exits 0 if the answer is feasible (and costs COST, if given); else says every kind of constraint that
it breaks and exits 1. Files may be compressed (.xz). Written apart from the solver: it shares nothing with it.
"""
import lzma
import sys
from collections import defaultdict


def numbers(path):
    opener = lzma.open if path.endswith(".xz") else open
    with opener(path, "rt", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


class Model:
    def __init__(self, path):
        stream = iter(numbers(path))
        take = lambda n=1: [next(stream) for _ in range(n)]
        one = lambda: next(stream)
        self.resources = [tuple(take(2)) for _ in range(one())]            # transient, weight
        r = len(self.resources)
        n = one()
        self.machines = [dict(neighbourhood=one(), location=one(), capacity=take(r), safety=take(r), move=take(n))
                         for _ in range(n)]
        self.services = []
        for _ in range(one()):
            spread, needs = take(2)
            self.services.append((spread, take(needs)))
        self.processes = [dict(service=one(), need=take(r), move=one()) for _ in range(one())]
        self.balances = [tuple(take(4)) for _ in range(one())]             # resource, resource, target, weight
        self.process_weight, self.service_weight, self.machine_weight = take(3)
        if next(stream, None) is not None:
            raise SystemExit(f"{path}: more numbers than the format has")


def broken(model, before, after):
    """What is wrong, as sentences."""
    resources = range(len(model.resources))
    used = [[0] * len(model.resources) for _ in model.machines]
    where = defaultdict(list)
    for number, (process, old, new) in enumerate(zip(model.processes, before, after)):
        where[process["service"]].append(new)
        for r in resources:
            used[new][r] += process["need"][r]
            if model.resources[r][0] and old != new:
                used[old][r] += process["need"][r]
    for m, machine in enumerate(model.machines):
        for r in resources:
            if used[m][r] > machine["capacity"][r]:
                yield f"machine {m} has {machine['capacity'][r]} of resource {r}, {used[m][r]} are used"
    around = {s: {model.machines[m]["neighbourhood"] for m in machines} for s, machines in where.items()}
    for s, machines in where.items():
        spread, needs = model.services[s]
        if len(set(machines)) < len(machines):
            yield f"service {s} has two processes on one machine"
        if len({model.machines[m]["location"] for m in machines}) < spread:
            yield f"service {s} is in fewer than {spread} locations"
        for other in needs:
            if not around[s] <= around.get(other, set()):
                yield f"service {s} runs in a neighbourhood without service {other}"


def cost(model, before, after):
    resources = range(len(model.resources))
    used = [[0] * len(model.resources) for _ in model.machines]
    moved = defaultdict(int)
    price = 0
    for process, old, new in zip(model.processes, before, after):
        for r in resources:
            used[new][r] += process["need"][r]
        if old != new:
            moved[process["service"]] += 1
            price += process["move"] * model.process_weight
        price += model.machines[old]["move"][new] * model.machine_weight
    price += max(moved.values(), default=0) * model.service_weight
    for m, machine in enumerate(model.machines):
        for r in resources:
            price += max(0, used[m][r] - machine["safety"][r]) * model.resources[r][1]
        free = [machine["capacity"][r] - used[m][r] for r in resources]
        for one, two, target, weight in model.balances:
            price += max(0, target * free[one] - free[two]) * weight
    return price


def main(model_path, before_path, after_path, expected=None):
    model, before, after = Model(model_path), numbers(before_path), numbers(after_path)
    if len(after) != len(model.processes) or not all(0 <= m < len(model.machines) for m in after):
        raise SystemExit(f"{after_path}: expected {len(model.processes)} machines from 0 to {len(model.machines) - 1}")
    wrong = list(broken(model, before, after))
    for sentence in wrong[:20]:
        print(sentence)
    price = cost(model, before, after)
    print(price)
    if expected is not None and price != int(expected):
        raise SystemExit(f"the solver said {expected}")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        raise SystemExit(__doc__)
    sys.exit(main(*sys.argv[1:]))
