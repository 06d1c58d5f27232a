#!/usr/bin/env python3
"""Gives the same made-up clusters to the real kube-scheduler and to `labwright place`, and writes what came of it to
docs/performance.md.

    sh test/live/kubernetes/control.sh python3 test/bench/scheduler.py LABWRIGHT [NODES,PODS,FILL…]

control.sh runs kube-apiserver, kube-scheduler (as it comes) and kwok, which plays the nodes. Pods are made in a random order.
FILL is how many percent of all memory they ask for. Then each loses its largest node, and what was there looks for a place.
"""
import http.client
import json
import os
import random
import resource
import ssl
import subprocess
import sys
import tempfile
import time

here = os.path.dirname(os.path.abspath(__file__))
page = os.path.join(here, "..", "..", "docs", "performance.md")
HEADING, NEXT = "## Beside kube-scheduler", "## Placement"
PODS = "/api/v1/namespaces/default/pods"
MOST_SECONDS = 180


class Server:
    def __init__(self, folder):
        context = ssl.create_default_context(cafile=folder + "/ca.crt")
        context.load_cert_chain(folder + "/admin.crt", folder + "/admin.key")
        self.connection = http.client.HTTPSConnection("127.0.0.1", 6443, context=context, timeout=30)

    def send(self, *request):
        """A connection that was idle may be closed by the other side: then on a new one."""
        for last in (False, True):
            try:
                self.connection.request(*request, {"Content-Type": "application/json"})
                return self.connection.getresponse()
            except (OSError, http.client.HTTPException):
                self.connection.close()
                if last:
                    raise
        return None

    def ask(self, method, path, body=None):
        answer = self.send(method, path, json.dumps(body) if body else None)
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {text[:300]}")
        return json.loads(text)

    def items(self, path):
        return self.ask("GET", path)["items"]


# ---- what is to be placed ----

def cluster(seed, nodes, pods, fill):
    """Nodes of several sizes; most pods small, some large, all together FILL percent of the memory."""
    chance = random.Random(seed)
    sizes = [chance.choice([8, 16, 16, 32]) * 1024 for _ in range(nodes)]
    parts = [chance.choice([1, 1, 2, 2, 4, 4, 8, 16]) * (1 + chance.random() / 4) for _ in range(pods)]
    scale = sum(sizes) * fill / 100 / sum(parts)
    asked = [max(int(part * scale), 16) for part in parts]
    pods = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"app{i}", "namespace": "default", "labels": {"app": f"app{i}"}},
             "spec": {"containers": [{"name": "main", "image": "registry.example.org/app:1", "resources": {"requests": {
                 "memory": f"{memory}Mi", "cpu": f"{memory // 8 + chance.randrange(50)}m"}}}]}} for i, memory in enumerate(asked)]
    nodes = [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"node{i}", "labels": {"kubernetes.io/hostname": f"node{i}"}},
              "status": dict.fromkeys(("capacity", "allocatable"), {"cpu": str(size // 2048), "memory": f"{size}Mi", "pods": "110"})}
             for i, size in enumerate(sizes)]
    chance.shuffle(pods)
    return nodes, pods


def megabytes(pod):
    return int(pod["spec"]["containers"][0]["resources"]["requests"]["memory"][:-2])


def millicores(pod):
    return int(pod["spec"]["containers"][0]["resources"]["requests"]["cpu"][:-1])


def fullest(nodes, pods, places):
    """Percent of the fullest resource of the fullest node."""
    def percent(node):
        own = [pod for pod in pods if places.get(pod["metadata"]["name"]) == node["metadata"]["name"]]
        of = node["status"]["allocatable"]
        return max(sum(map(megabytes, own)) * 100 / int(of["memory"][:-2]), sum(map(millicores, own)) / 10 / int(of["cpu"]))
    return max(map(percent, nodes))


def largest(nodes):
    return max(nodes, key=lambda node: int(node["status"]["allocatable"]["memory"][:-2]))["metadata"]["name"]


# ---- kube-scheduler ----

def wait(holds, what):
    for _ in range(MOST_SECONDS * 5):
        if holds():
            return
        time.sleep(0.2)
    raise SystemExit(f"{what} did not happen in {MOST_SECONDS} seconds")


def is_ready(node):
    return any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"].get("conditions") or []) and \
        not node["spec"].get("taints")


def is_judged(pod):
    """Bound, or refused: the scheduler has looked at it."""
    return pod["spec"].get("nodeName") or any(
        c["type"] == "PodScheduled" and c["status"] == "False" for c in pod["status"].get("conditions") or [])


def judged(server, count):
    """Where each pod is, once all were looked at and nothing changes any more."""
    state = {"last": None}

    def settled():
        items = server.items(PODS)
        places = {pod["metadata"]["name"]: pod["spec"].get("nodeName") for pod in items}
        same, state["last"] = places == state["last"], places
        return same and len(items) == count and all(map(is_judged, items))
    wait(settled, "the scheduling of all pods")
    return {name: node for name, node in state["last"].items() if node}


def delete(server, paths):
    for path in paths:
        server.ask("DELETE", path + "?gracePeriodSeconds=0")


def by_scheduler(server, nodes, pods):
    """(places, seconds, pods without a place once the largest node is lost)."""
    for node in nodes:
        server.ask("POST", "/api/v1/nodes", node)
    wait(lambda: sum(map(is_ready, server.items("/api/v1/nodes"))) == len(nodes), "readiness of the nodes")
    start = time.monotonic()
    for pod in pods:
        server.ask("POST", PODS, pod)
    places = judged(server, len(pods))
    seconds = time.monotonic() - start
    lost = largest(nodes)
    gone = [pod for pod in pods if places.get(pod["metadata"]["name"]) == lost]
    delete(server, ["/api/v1/nodes/" + lost] + [f"{PODS}/{pod['metadata']['name']}" for pod in gone])
    wait(lambda: len(server.items(PODS)) == len(pods) - len(gone), "the end of the pods")
    for pod in gone:
        server.ask("POST", PODS, pod)
    down = len(pods) - len(judged(server, len(pods)))
    delete(server, [f"{PODS}/{pod['metadata']['name']}" for pod in pods])
    delete(server, ["/api/v1/nodes/" + node["metadata"]["name"] for node in nodes if node["metadata"]["name"] != lost])
    wait(lambda: not server.items(PODS) and not server.items("/api/v1/nodes"), "the end of the cluster")
    return places, seconds, down


# ---- labwright ----

def place(program, folder, *words):
    """The answer, and seconds of a processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    run = subprocess.run([program, "place", "--format", "json", "--root", folder, "--usage", folder + "/../nodes.json", *words],
                         capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1):
        raise SystemExit(run.stderr)
    return json.loads(run.stdout), resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def write(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file)


def by_labwright(program, nodes, pods):
    with tempfile.TemporaryDirectory() as scratch:
        folder = scratch + "/lab"
        os.mkdir(folder)
        write(scratch + "/nodes.json", {"kind": "NodeList", "apiVersion": "v1", "items": nodes})
        for pod in pods:
            write(f"{folder}/{pod['metadata']['name']}.yaml", pod)
        answer, seconds = place(program, folder)
        places = {row["workload"]: name for row in answer["workloads"] for name in row["nodes"]}
        run = [{**pod, "spec": {**pod["spec"], "nodeName": places[pod["metadata"]["name"]]}, "status": {"phase": "Running"}}
               for pod in pods if pod["metadata"]["name"] in places]
        write(scratch + "/pods.json", {"kind": "PodList", "apiVersion": "v1", "items": run})
        after = place(program, folder, "--usage", scratch + "/pods.json", "--what-if", "lose " + largest(nodes))[0]
        return places, seconds, sum(row["pods"] for row in after["unplaced"])


# ---- the table ----

TEXT = """{heading}

`test/bench/scheduler.py` gives the same made-up clusters to a real control plane (kube-scheduler as it comes, nodes played by
kwok, pods in a random order) and to `place`, of which nothing runs yet. *fill* is what all pods ask of all memory, *fullest* the
fullest resource of the fullest node in percent, *none* pods without a place, *lost* the same once the largest node is lost and its
pods look for another: kube-scheduler moves none of those that run, `place` may. *s* are seconds: of a processor for `place`, of
the clock for kube-scheduler with the API server that it asks.

| nodes | pods | fill % | place: fullest | none | lost | s | kube-scheduler: fullest | none | lost | s |
| --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |
{rows}
"""


def compare(program, server, nodes, pods, fill):
    asked = cluster(nodes * pods + fill, nodes, pods, fill)
    cells = [nodes, pods, fill]
    for places, seconds, down in (by_labwright(program, *asked), by_scheduler(server, *asked)):
        cells += [f"{fullest(*asked, places):.0f}", pods - len(places), down, f"{seconds:.1f}"]
    row = "| " + " | ".join(map(str, cells)) + " |"
    print(row, flush=True)
    return row


def main():
    shapes = [tuple(map(int, word.split(","))) for word in sys.argv[2:]] or \
        [(3, 12, 40), (3, 20, 70), (5, 40, 60), (5, 40, 85), (5, 40, 95), (20, 200, 60), (20, 200, 90)]
    server = Server(os.environ["KUBE"])
    wait(lambda: any(account["metadata"]["name"] == "default" for account in
                     server.items("/api/v1/namespaces/default/serviceaccounts")), "the default service account")
    rows = [compare(sys.argv[1], server, *shape) for shape in shapes]
    with open(page, encoding="utf-8") as file:
        before, heading, rest = file.read().partition(NEXT)
    with open(page, "w", encoding="utf-8") as file:
        file.write(before.partition(HEADING)[0].rstrip() + "\n\n" + TEXT.format(heading=HEADING, rows="\n".join(rows)) + "\n" + heading + rest)


if __name__ == "__main__":
    main()
