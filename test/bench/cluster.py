#!/usr/bin/env python3
"""Times the same work on a real control plane by labwright and by kubectl, and writes its section of docs/performance.md.

    sh test/live/kubernetes/control.sh python3 test/bench/cluster.py LABWRIGHT [ROUNDS [NODES PODS]]

The two take turns. Seconds are taken without anything between them and the API server, of the clock and of a processor, the
client's apart from the server's; requests and bytes of answers are counted in a run of its own through
test/live/kubernetes/proxy.py. kubectl is built once beside the control plane, unless KUBECTL says where one is.
"""
import http.client
import json
import os
import shutil
import signal
import ssl
import statistics
import subprocess
import sys
import tempfile
import time

here = os.path.dirname(os.path.abspath(__file__))
top = os.path.dirname(os.path.dirname(here))
live = os.path.join(top, "test", "live", "kubernetes")
page = os.path.join(top, "docs", "performance.md")
HEADING = "## Beside kubectl\n"
NEXT = "## Beside kube-scheduler\n"  # what the section stands before
KUBE = os.environ.get("KUBE", "")
PROXY = 7001
TEXT = """{heading}
`test/bench/cluster.py` gives both the same work on a real control plane: Kubernetes {release}, kwok for the nodes, on loopback,
{processors} processors that client and server share. Medians of {rounds} rounds in turn: *s* of the clock, *client* and *server* seconds
of a processor in the tool and in the API server meanwhile. A proxy counts requests and bytes of answers, in a run of its own. The
ratios are labwright's to kubectl's: below 1, labwright takes less. First the {objects} objects of the bundled homelab on two nodes, of
which one differs in *diff*; then {nodes:,} nodes with {pods:,} pods.

`up` asks for a dry run of every object of which it does not know what would become, before it applies any, and applies nothing
that would change nothing. In *all new* the namespaces are new as well.

| work | tool | s | client | server | requests | kB | MB |
| --- | --- | --: | --: | --: | --: | --: | --: |
{rows}

| work | ratio of s | client | server | requests | kB | MB |
| --- | --: | --: | --: | --: | --: | --: |
{ratios}
"""


# ---- the cluster ----

class Server:
    def __init__(self):
        context = ssl.create_default_context(cafile=KUBE + "/ca.crt")
        context.load_cert_chain(KUBE + "/admin.crt", KUBE + "/admin.key")
        self.context = context

    def ask(self, method, path, body=None, accept="application/json"):
        connection = http.client.HTTPSConnection("127.0.0.1", 6443, context=self.context, timeout=60)
        connection.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json", "Accept": accept})
        answer = connection.getresponse()
        value = json.loads(answer.read())
        connection.close()
        return answer.status, value

    def seconds(self):
        """Of a processor, so far."""
        with open(os.environ["KUBE_SERVER"], encoding="utf-8") as file:
            pid = file.read().strip()
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait(done, what, seconds=600):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if done():
            return
        time.sleep(0.2)
    raise SystemExit(f"waited in vain for {what}")


def make_node(server, name, memory, cpu):
    amounts = {"cpu": cpu, "memory": memory, "pods": "110"}
    server.ask("POST", "/api/v1/nodes", {"kind": "Node", "apiVersion": "v1", "metadata": {
        "name": name, "labels": {"kubernetes.io/hostname": name, "kubernetes.io/arch": "amd64"}},
        "status": {"capacity": amounts, "allocatable": amounts}})


def running(server):
    """A list that is asked by a field does not say how many are left, so all of it, without what the objects hold."""
    return len(server.ask("GET", "/api/v1/pods?fieldSelector=status.phase%3DRunning", None,
                          "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1")[1].get("items", []))


# ---- measuring ----

class Counter:
    """The proxy, for as long as it is needed."""

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, live + "/proxy.py", str(PROXY), KUBE], stderr=subprocess.DEVNULL)
        wait(lambda: subprocess.run(["curl", "-sf", f"http://127.0.0.1:{PROXY}/readyz"], capture_output=True, check=False).returncode == 0,
             "the proxy", 20)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def figures(self, command, folder):
        with open(KUBE + "/asked", "w", encoding="utf-8"):
            pass
        run(command, folder, "counted")
        time.sleep(0.2)
        with open(KUBE + "/asked", encoding="utf-8") as file:
            lines = file.read().splitlines()
        return len(lines), sum(int(line.rsplit(" ", 1)[1]) for line in lines) / 1000


def run(command, folder, context):
    """Seconds of the clock, of a processor, and MB; both tools end with 1 where they find a difference."""
    with tempfile.TemporaryFile() as said, open(os.devnull, "wb") as nowhere:
        start = time.perf_counter()
        process = subprocess.Popen([*command, "--context", context], cwd=folder, stdout=nowhere, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        if process.returncode not in (0, 1):
            raise SystemExit(f"{' '.join(command)} ended with {process.returncode}\n{said.read().decode()[-2000:]}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def median_of(rows):
    return [statistics.median(column) for column in zip(*rows)]


def compare(server, work, folder, tools, rounds, before=lambda: None):
    """tools: name → command, labwright's first. Rows of the table, and one of ratios for each that is not the first."""
    taken = {name: [] for name in tools}
    for _ in range(rounds):
        for name, command in tools.items():
            before()
            busy = server.seconds()
            seconds, own, megabytes = run(command, folder, "plain")
            taken[name].append((seconds, own, server.seconds() - busy, megabytes))
    figures = {}
    with Counter() as counter:
        for name, command in tools.items():
            before()
            requests, kilobytes = counter.figures(command, folder)
            seconds, own, busy, megabytes = median_of(taken[name])
            figures[name] = [seconds, own, busy, requests, kilobytes, megabytes]
    rows = [f"| {work} | `{name}` | {f[0]:.3f} | {f[1]:.3f} | {f[2]:.2f} | {f[3]} | {f[4]:.0f} | {f[5]:.0f} |" for name, f in figures.items()]
    first, *others = figures
    ratios = ["| " + " | ".join([f"{work}, `{first}` to `{name}`"] + [
        f"{one / other:.2f}" if other > 0.005 else "–" for one, other in zip(figures[first], figures[name])]) + " |" for name in others]
    print("\n".join(rows + ratios), flush=True)
    return rows, ratios


# ---- the work ----

def kubectl():
    found = os.environ.get("KUBECTL") or shutil.which("kubectl")
    if found:
        return found
    cache = os.environ.get("LABWRIGHT_LIVE_CACHE", os.path.expanduser("~/.cache/labwright-live"))
    built = subprocess.run(["sh", live + "/build.sh", cache, "kubectl"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    return built + "/kubectl"


def write_config(folder):
    """Contexts "plain" and "counted", for both tools; kubectl keeps what it discovers in its home."""
    with open(os.path.join(folder, "config"), "w", encoding="utf-8") as file:
        json.dump({"apiVersion": "v1", "kind": "Config", "clusters": [
            {"name": "plain", "cluster": {"server": "https://127.0.0.1:6443", "certificate-authority": KUBE + "/ca.crt"}},
            {"name": "counted", "cluster": {"server": f"http://127.0.0.1:{PROXY}"}}],
            "users": [{"name": "admin", "user": {"client-certificate": KUBE + "/admin.crt", "client-key": KUBE + "/admin.key"}},
                      {"name": "nobody", "user": {}}],
            "contexts": [{"name": "plain", "context": {"cluster": "plain", "user": "admin"}},
                         {"name": "counted", "context": {"cluster": "counted", "user": "nobody"}}]}, file)
    os.environ["KUBECONFIG"] = os.path.join(folder, "config")
    os.environ["HOME"] = os.path.join(folder, "home")


def render(program, lab):
    text = subprocess.run([program, "render", "production", "infrastructure"], cwd=lab, capture_output=True, text=True, check=False).stdout
    with open(lab + "/../all.json", "w", encoding="utf-8") as file:
        file.write(text)
    return len(json.loads(text)["items"])


def homelab(folder, program):
    lab = os.path.join(folder, "lab")
    shutil.copytree(os.path.join(top, "examples", "after"), lab)
    shutil.rmtree(os.path.join(lab, "clusters"), ignore_errors=True)
    for words in (["init", "-q", "-b", "main", "."], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=lab, check=True)
    return lab, render(program, lab)


def change_one(lab, program):
    path = lab + "/production/core/redis/redis.yaml"
    with open(path, encoding="utf-8") as file:
        text = file.read()
    line = next(line for line in text.splitlines() if "image: redis:" in line)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(line, line.partition("redis:")[0] + "redis:7.4.9"))
    subprocess.run(["git", "add", "-A"], cwd=lab, check=True)
    render(program, lab)


def small(server, program, other, folder, rounds):
    lab, objects = homelab(folder, program)
    parts, every = ["production", "infrastructure"], "../all.json"
    apply = [other, "apply", "--server-side", "--force-conflicts", "-f", every]
    up = [program, "up", *parts, "--no-wait", "--no-record", "--force-conflicts"]
    rows, ratios = [], []

    def gone():
        run([other, "delete", "--ignore-not-found", "--wait=true", "--timeout=120s", "-f", every], lab, "plain")

    def add(*words, **more):
        one, two = compare(server, *words, **more)
        rows.extend(one)
        ratios.extend(two)
    add("apply, all new", lab, {"labwright up": up, "kubectl apply --server-side": apply}, min(rounds, 3), before=gone)
    add("apply, nothing new", lab, {"labwright up": up, "kubectl apply --server-side": apply}, rounds)
    change_one(lab, program)
    diff = [other, "diff", "--server-side", "--force-conflicts", "-f", every]
    add("diff", lab, {"labwright up --dry-run": [program, "up", *parts, "--dry-run", "--force-conflicts"], "kubectl diff --server-side": diff}, rounds)
    add("diff, only read", lab, {"labwright check --live --rule repo-cluster-drift": [
        program, "check", "--live", "--rule", "repo-cluster-drift", *parts], "kubectl diff --server-side": diff}, rounds)
    add("get", lab, {"labwright status --quick": [program, "status", "--quick"],
                     "kubectl get nodes,pods -A": [other, "get", "nodes,pods", "-A", "-o", "wide"]}, rounds)
    gone()
    return rows, ratios, objects


KINDS = ["nodes", "pods", "namespaces", "services", "persistentvolumeclaims", "persistentvolumes", "resourcequotas", "events", "deployments",
         "statefulsets", "daemonsets", "jobs", "cronjobs", "horizontalpodautoscalers", "endpointslices", "ingresses", "ingressclasses",
         "storageclasses", "priorityclasses"]


def large(server, program, other, folder, rounds, nodes, pods):
    subprocess.run([sys.executable, live + "/scale.py", str(nodes), str(pods)], check=True)
    wait(lambda: running(server) >= pods, f"{pods} pods", 3600)
    empty = os.path.join(folder, "empty")
    os.mkdir(empty)
    rows, ratios = [], []
    for words, theirs in ((["status", "--quick"], ["get", "nodes,pods", "-A", "-o", "wide"]),
                          (["facts", "--live"], ["get", ",".join(KINDS), "-A", "-o", "json"])):
        one, two = compare(server, "get", empty, {"labwright " + " ".join(words): [program, *words],
                                                   f"kubectl get {'nodes,pods -A -o wide' if words[0] == 'status' else '… -A -o json'}": [other, *theirs]}, rounds)
        rows += one
        ratios += two
    return rows, ratios


def write_section(text):
    with open(page, encoding="utf-8") as file:
        before, _, rest = file.read().partition(NEXT)
    with open(page, "w", encoding="utf-8") as file:
        file.write(f"{before.partition(HEADING)[0].rstrip()}\n\n{text}\n{NEXT}{rest}")


def main():
    program = os.path.realpath(sys.argv[1])
    rounds, nodes, pods = (int(word) for word in (sys.argv[2:] + ["5", "1000", "10000"][len(sys.argv) - 2:])[:3])
    server, other = Server(), kubectl()
    for name, memory, cpu in (("asuna", "8Gi", "4"), ("pesubuntu", "32Gi", "12")):
        make_node(server, name, memory, cpu)
    wait(lambda: server.ask("GET", "/api/v1/namespaces/default/serviceaccounts/default")[0] == 200, "the default service account")
    with tempfile.TemporaryDirectory() as folder:
        write_config(folder)
        run([other, "get", "pods", "-A"], folder, "plain")
        with Counter():
            run([other, "get", "pods", "-A"], folder, "counted")
        rows, ratios, objects = small(server, program, other, folder, rounds)
        if pods:
            more, better = large(server, program, other, folder, max(rounds // 2, 1), nodes, pods)
            rows, ratios = rows + more, ratios + better
    release = server.ask("GET", "/version")[1]["gitVersion"]
    write_section(TEXT.format(heading=HEADING, release=release, processors=os.cpu_count(), rounds=rounds, objects=objects, nodes=nodes,
                              pods=pods, rows="\n".join(rows), ratios="\n".join(ratios)))


if __name__ == "__main__":
    main()
