#!/usr/bin/env python3
"""Times whole processes on the same files in one run and writes docs/performance.md.

    bench.py LABWRIGHT [REPOSITORY]

ripgrep's plain search of every file is the limit: nothing that reads all bytes is much faster. kube-score and
kubeconform look at the Kubernetes files alone. labwright runs with an empty cache folder, with the one that the run before
has left, and after one file was edited and staged. The tools take turns, so that whatever else the machine does meets all
of them; medians count. Without REPOSITORY the bundled homelab is measured; made-up repositories of 700, 2,800 and 100,000
files show how time and memory grow. peers.py has what takes longer, and what each tool finds.
"""
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

here = os.path.dirname(os.path.abspath(__file__))
top = os.path.dirname(os.path.dirname(here))
CACHE = os.path.expanduser("~/.cache/labwright-bench")
GO_TOOLS = {"gitleaks": "github.com/zricethezav/gitleaks/v8",
            "kube-score": "github.com/zegl/kube-score/cmd/kube-score",
            "kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform",
            "cmd": "github.com/compose-spec/compose-go/v2/cmd"}  # the last part of its path is what it is called
ROUNDS, LARGE_ROUNDS = 21, 3


# ---- tools ----

def go_tool(name):
    """Path of a tool, built by the Go client if need be, or None."""
    path = os.path.join(CACHE, name)
    if os.path.exists(path):
        return path
    found = subprocess.run(["sh", os.path.join(top, "tools/go.sh")], capture_output=True, text=True, check=False)
    if found.returncode:
        print(f"{name}: skipped, {found.stderr.strip()}")
        return None
    print(f"{name}: building with Go", flush=True)
    done = subprocess.run([found.stdout.strip(), "install", GO_TOOLS[name] + "@latest"], env={**os.environ, "GOBIN": CACHE}, check=False)
    if done.returncode:
        print(f"{name}: skipped, it could not be built")
        return None
    return path


def measure(command, environment):
    """Seconds of one run."""
    start = time.perf_counter()
    null = os.open(os.devnull, os.O_RDWR)
    pid = os.posix_spawn(command[0], command, environment,
                         file_actions=[(os.POSIX_SPAWN_DUP2, null, number) for number in range(3)])
    _, status = os.waitpid(pid, 0)
    os.close(null)
    if os.WIFSIGNALED(status):
        raise SystemExit(f"{command[0]} was killed by signal {os.WTERMSIG(status)}")
    return time.perf_counter() - start


def peak_kilobytes(command, environment):
    """By a small process between: what Python itself holds would be counted otherwise."""
    with tempfile.NamedTemporaryFile("r") as said:
        subprocess.run(["/usr/bin/time", "-q", "-f", "%M", "-o", said.name, *command], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, env=environment, check=False)
        return int(said.read().split()[-1])


class Run:
    """A command, what else its environment holds, and what is done before it each time."""

    def __init__(self, command, environment=None, before=lambda: None):
        self.command, self.environment, self.before = command, {**os.environ, **(environment or {})}, before

    def seconds(self):
        self.before()
        return measure(self.command, self.environment)

    def peak(self):
        self.before()
        return peak_kilobytes(self.command, self.environment)


def take_turns(runs, folder, rounds=ROUNDS):
    """Median seconds and peak kilobytes by name. The first round only warms the caches."""
    os.chdir(folder)
    times = [{name: run.seconds() for name, run in runs.items()} for _ in range(rounds + 1)][1:]
    return {name: (statistics.median(each[name] for each in times), run.peak()) for name, run in runs.items()}


# ---- what is read ----

def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def tracked(folder):
    return [path for path in run("git", "-C", folder, "ls-files", "-z").split("\0") if path]


def accepted_files(tool, folder):
    """The YAML files with Kubernetes objects that kube-score reads without an error: it stops at the first it cannot."""
    files = []
    for path in tracked(folder):
        full = os.path.join(folder, path)
        if path.endswith((".yaml", ".yml")) and os.path.isfile(full) and not os.path.islink(full):
            with open(full, "rb") as file:
                if b"\nkind:" in b"\n" + file.read():
                    files.append(path)

    def good(some):
        done = subprocess.run([tool, "score", *some], cwd=folder, capture_output=True, check=False)
        return not done.stderr and b"Failed to score" not in done.stderr + done.stdout

    def keep(some):
        if not some or good(some):
            return some
        if len(some) == 1:
            return []
        half = len(some) // 2
        return keep(some[:half]) + keep(some[half:])
    return keep(files)


def made_up(folder, files):
    """A repository of so many files: five manifests in seven, else compose, documents, scripts and programs."""
    manifest = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: app{i}
  namespace: space{s}
  labels: {{app.kubernetes.io/name: app{i}}}
spec:
  replicas: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: app{i}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: app{i}
    spec:
      containers:
        - name: main
          image: registry.example/team/app{i}:1.{s}.{p}
          ports:
            - name: http
              containerPort: {port}
          envFrom:
            - configMapRef: {{name: app{i}-settings}}
          readinessProbe:
            httpGet: {{path: /ready, port: http}}
          resources:
            requests: {{cpu: 10m, memory: 64Mi}}
            limits: {{memory: 256Mi}}
          volumeMounts:
            - {{name: data, mountPath: /data}}
      volumes:
        - name: data
          persistentVolumeClaim: {{claimName: app{i}-data}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: app{i}-settings, namespace: space{s}}}
data:
  UPSTREAM: http://app{n}.space{ns}.svc.cluster.local:{nport}
  LISTEN: 0.0.0.0:{port}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: app{i}-data, namespace: space{s}}}
spec:
  accessModes: [ReadWriteOnce]
  resources: {{requests: {{storage: 1Gi}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: app{i}, namespace: space{s}}}
spec:
  selector: {{app.kubernetes.io/name: app{i}}}
  ports:
    - {{name: http, port: {port}, targetPort: http}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: app{i}, namespace: space{s}}}
spec:
  rules:
    - host: app{i}.home.example
      http:
        paths:
          - path: /
            pathType: Prefix
            backend: {{service: {{name: app{i}, port: {{name: http}}}}}}
"""
    compose = """services:
  web{i}:
    image: registry.example/team/web{i}:2.{p}
    restart: unless-stopped
    ports: ["127.0.0.1:{port}:80"]
    environment:
      UPSTREAM: http://10.20.{s}.{p}:{nport}
    volumes: [web{i}:/data]
volumes:
  web{i}:
"""
    document = "# App {i}\n\nIt runs at `http://10.20.{s}.{p}:{port}`, see [the script](run.sh).\n\n" \
               "```sh\nkubectl -n space{s} get deployment/app{i}\n```\n\n" + "Plain words about app {i}. " * 40 + "\n"
    script = "#!/bin/sh\nset -eu\nkubectl -n space{s} rollout restart deployment/app{i}\n" \
             "curl -fsS http://10.20.{s}.{p}:{port}/health\n"
    program = "import os\nimport json\n\n\ndef main():\n    print(json.dumps(dict(os.environ)))\n\n\nmain()\n" * 5
    kinds = [("app.yaml", manifest)] * 5 + [("compose.yaml", compose), ("README.md", document), ("run.sh", script),
                                            ("main.py", program)]
    kinds = kinds[:5] + [kinds[5], kinds[6]] + kinds[:5] + [kinds[7], kinds[8]]
    for i in range(files):
        name, text = kinds[i % len(kinds)]
        where = os.path.join(folder, f"space{i % 17}", f"app{i}")
        os.makedirs(where)
        following = (i + 1) % files
        with open(os.path.join(where, name), "w", encoding="utf-8") as file:
            file.write(text.format(i=i, s=i % 17, p=i % 250, port=8000 + i % 900, n=following, ns=following % 17,
                                   nport=8000 + following % 900))
    run("git", "init", "-q", folder)
    run("git", "-C", folder, "add", ".")


def break_some(folder, breaks):
    """A port name that no pod has, in so many Services: each is one edit for fix."""
    for path in tracked(folder):
        full = os.path.join(folder, path)
        with open(full, encoding="utf-8") as file:
            text = file.read()
        if breaks and "targetPort: http}" in text:
            breaks -= 1
            with open(full, "w", encoding="utf-8") as file:
                file.write(text.replace("targetPort: http}", "targetPort: htp}"))


def mending(labwright, files=10000, breaks=1000):
    """A sentence on what it costs to prove so many edits."""
    with tempfile.TemporaryDirectory() as folder:
        made_up(folder, files)
        break_some(folder, breaks)
        fix = [labwright, "fix", "--no-cache", "--derive", "--only", "service-port-mismatch", folder]
        said = [line for line in run(*fix).splitlines() if "would be mended in" in line][0].split(",")[0]
        results = take_turns({"check": Run([labwright, "check", "--worktree", "--no-cache", folder]), "fix": Run(fix)}, folder)
        os.chdir(top)
    ratio = results["fix"][0] / results["check"][0]
    return f"In {files:,} made-up files, `check` takes {results['check'][0] * 1e3:.0f} ms; `fix` (\"{said}\") takes " \
           f"{results['fix'][0] * 1e3:.0f} ms with every proof, {ratio:.1f} times as long."


def flat(labwright, files=100000):
    """A sentence on as many files in one folder."""
    with tempfile.TemporaryDirectory() as folder:
        for i in range(files):
            with open(os.path.join(folder, f"note{i}.txt"), "w", encoding="utf-8") as file:
                file.write(f"note {i}\n")
        seconds = take_turns({"check": Run([labwright, "check", folder])}, folder, 1)["check"][0]
        os.chdir(top)
    return f"{files:,} small files in one folder without Git take {seconds:.1f} s."


def copy_of(repository, folder):
    """A clone, so that all tools see exactly the tracked files."""
    run("git", "clone", "-q", "--no-hardlinks", repository, folder)


# ---- the table ----

FIRST, AGAIN, EDITED = "labwright check, nothing kept yet", "labwright check, again", "labwright check, after an edit"


def runs_of(labwright, folder):
    """The three ways of labwright, each with a cache folder of its own."""
    paths = [path for path in tracked(folder) if path.endswith((".yaml", ".yml"))]
    turns = itertools.count()

    def way(name, before=lambda: None):
        return Run([labwright, "check", folder], {"XDG_CACHE_HOME": f"{folder}-{name}"}, before)

    def edit():
        turn = next(turns)
        path = paths[turn % len(paths)]
        with open(os.path.join(folder, path), "a", encoding="utf-8") as file:
            file.write(f"# edited in turn {turn}\n")
        run("git", "-C", folder, "add", path)
    return {FIRST: way("first", lambda: shutil.rmtree(f"{folder}-first", ignore_errors=True)), AGAIN: way("again"),
            EDITED: way("edited", edit)}


def searches(folder):
    rg = shutil.which("rg")
    if not rg:
        print("ripgrep: skipped, it is not installed")
        return {}
    return {"ripgrep, every file": Run([rg, "--no-config", "--no-ignore", "--hidden", "--glob", "!.git", "--no-messages",
                                        "(?-u)a-text-that-is-not-there", folder])}


def checkers(folder):
    score = go_tool("kube-score")
    accepted = accepted_files(score, folder) if score else []
    if not accepted:
        return {}
    runs = {f"kube-score, {len(accepted)} files": Run([score, "score", *accepted])}
    conform = go_tool("kubeconform")
    if conform:
        runs[f"kubeconform, {len(accepted)} files"] = Run([
            conform, "-ignore-missing-schemas", "-schema-location", "none/{{.ResourceKind}}.json", *accepted])
    return runs


def rows(labwright, name, folder, others, rounds=ROUNDS):
    """Lines of the table; seconds of the first run, and bytes."""
    paths = tracked(folder)
    size = sum(os.lstat(os.path.join(folder, path)).st_size for path in paths)
    results = take_turns({**runs_of(labwright, folder), **others}, folder, rounds)
    title = f"{name}, {len(paths):,} files, {size / 1e6:.1f} MB"
    print("\n" + title)
    lines = []
    for tool, (seconds, kilobytes) in results.items():
        first, again = (results[which][0] / seconds for which in (FIRST, AGAIN))
        lines.append(f"| {title} | {tool} | {seconds * 1e3:.1f} | {first:.2f} | {again:.2f} | {kilobytes / 1024:.0f} |")
        print(f"  {tool:36} {seconds * 1e3:9.1f} ms   first {first:6.2f}, again {again:6.2f} of it   "
              f"{kilobytes / 1024:5.0f} MB")
    return lines, results, size


def growth_text(small, large):
    files, seconds, size = (large[i] / small[i] for i in range(3))
    return f"From 700 to 2,800 made-up files ({files:.1f} times the files, {size:.1f} times the bytes), the time grows " \
           f"{seconds:.1f} times."


def large_text(results, size):
    return "In 100,000 made-up files, memory is " + ", ".join(
        f"{results[which][1] * 1024 / size:.1f} times the bytes {said}"
        for which, said in ((FIRST, "where nothing is kept yet"), (AGAIN, "in the next run"))) + "."


def main():
    labwright = os.path.abspath(sys.argv[1])
    repository = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else None
    os.makedirs(CACHE, exist_ok=True)
    lines, points = [], []
    with tempfile.TemporaryDirectory() as folder:
        first = os.path.join(folder, "first")
        if repository:
            copy_of(repository, first)
        else:
            run("sh", os.path.join(top, "examples", "history.sh"), first)
        name = "the given repository" if repository else "the bundled homelab"
        lines += rows(labwright, name, first, {**searches(first), **checkers(first)})[0]
        for files in (700, 2800):
            made = os.path.join(folder, f"made{files}")
            os.mkdir(made)
            made_up(made, files)
            more, results, size = rows(labwright, "made up", made, {**searches(made), **checkers(made)})
            lines += more
            points.append((files, results[FIRST][0], size))
    with tempfile.TemporaryDirectory() as folder:
        made = os.path.join(folder, "made100000")
        os.mkdir(made)
        made_up(made, 100000)
        more, results, size = rows(labwright, "made up", made, searches(made), LARGE_ROUNDS)
        lines += more
        os.chdir(top)
    growth = growth_text(*points)
    proof = mending(labwright)
    large = large_text(results, size) + " " + flat(labwright)
    print("\n" + growth + "\n" + large + "\n" + proof)
    with open(os.path.join(here, "performance.md.in"), encoding="utf-8") as file:
        text = file.read().replace("@processors@", str(os.cpu_count())).replace("@runs@", str(ROUNDS))\
            .replace("@large_runs@", str(LARGE_ROUNDS))
    page = os.path.join(top, "docs", "performance.md")
    with open(page, encoding="utf-8") as file:
        _, heading, rest = file.read().partition("## Beside")  # fixers.py, placement.py and reassign.py measure what follows
    with open(page, "w", encoding="utf-8") as file:
        file.write(text.replace("@rows@", "\n".join(lines)).replace("@growth@", growth)
                   .replace("@large@", large)
                   .replace("@proof@", proof) + (f"\n{heading}{rest}" if heading else ""))


if __name__ == "__main__":
    main()
