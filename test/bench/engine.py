#!/usr/bin/env python3
"""Times `up` and `status` on a real engine and writes its section of docs/performance.md.

    [LABWRIGHT_LIVE_SIZE=8g] test/live/engine.sh dockerd|podman python3 test/bench/engine.py LABWRIGHT [ROUNDS]

Run by engine.sh with LABWRIGHT_LIVE_PACKAGES=LABWRIGHT, so that the images of the bundled homelab are there. On Docker
its 8 services come up from nothing by labwright and by Debian's docker-compose in turn; on Podman those of them that
`podman kube play` reads, by all three. The compose file is made of the very containers that labwright made: the same
images, commands, variables, mounts, limits and names on the network. All are waited for until labwright's own probes of
all services pass, asked by one program for all.
"""
import http.client
import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

here = os.path.dirname(os.path.abspath(__file__))
top = os.path.dirname(os.path.dirname(here))
page = os.path.join(top, "docs", "performance.md")
HEADING = "## Running on an engine\n"
KUBE_HEADING = "## Running on Podman\n"
PLAYED = ("prometheus", "alertmanager", "blackbox-exporter", "caddy")  # they need no Secret, and nobody else
NEXT = "## Beside kube"  # what the section stands before: kubectl, or kube-scheduler
LIMIT = 240  # seconds for all to be ready
TEXT = """{heading}
{engine}, images there already, nothing else. *up* is from no container to all 8 services of the bundled homelab ready,
by the same probes; docker-compose {compose} has a file of the same containers. Medians of {rounds} rounds in turn, of wall time.

| | seconds |
| --- | --: |
| `labwright up`, all ready | {up:.2f} |
| `docker-compose up -d`, all ready | {other:.2f} |
| ratio | {ratio:.2f} |

With 50 containers: a second `labwright up` with nothing changed takes {again:.0f} ms, {again_own:.0f} ms of them on a processor; `labwright status --quick` takes
{status:.0f} ms and {status_own:.0f} ms.
"""
KUBE_TEXT = """{heading}
{engine}, images there already, nothing else. Of the bundled homelab {count} services are such that `podman kube play` reads them:
Deployments without Secrets. *up* is from no container to all ready, by the same probes; docker-compose {compose} has a file of
the same containers and speaks to Podman's socket. Medians of {rounds} rounds in turn, of wall time.

| | seconds |
| --- | --: |
| `labwright up`, all ready | {ours:.2f} |
| `podman kube play`, all ready | {play:.2f} |
| `docker-compose up -d`, all ready | {other:.2f} |
| ratio to the faster of these two | {ratio:.2f} |

With 50 containers: a second `labwright up` with nothing changed takes {again:.0f} ms, {again_own:.0f} ms of them on a processor; `labwright status --quick` takes
{status:.0f} ms and {status_own:.0f} ms.
"""


class Socket(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(os.environ["DOCKER_HOST"].removeprefix("unix://"))


def api(method, path, body=None):
    connection = Socket("engine")
    connection.request(method, "/v1.41" + path, json.dumps(body) if body is not None else None,
                       {"Content-Type": "application/json"} if body is not None else {})
    answer = connection.getresponse().read()
    connection.close()
    return json.loads(answer) if answer[:1] in (b"{", b"[") else answer


def inspect_all():
    return [api("GET", f"/containers/{item['Id']}/json") for item in api("GET", "/containers/json?all=1")]


# ---- probes ----

def passes(container, probe):
    """One question as a kubelet asks it."""
    try:
        if probe["kind"] == "exec":
            made = api("POST", f"/containers/{container['Id']}/exec", {"Cmd": probe["command"]})
            api("POST", f"/exec/{made['Id']}/start", {"Detach": False})
            return api("GET", f"/exec/{made['Id']}/json").get("ExitCode") == 0
        owner = container["HostConfig"]["NetworkMode"].partition("container:")[2]
        networks = (api("GET", f"/containers/{owner}/json") if owner else container)["NetworkSettings"]["Networks"].values()
        on_host = container["HostConfig"]["NetworkMode"] == "host"
        address = "127.0.0.1" if on_host else next(network["IPAddress"] for network in networks if network["IPAddress"])
        with socket.create_connection((address, probe["port"]), 1):
            pass
        if probe["kind"] == "http":
            connection = http.client.HTTPConnection(address, probe["port"], timeout=1)
            connection.request("GET", probe["path"])
            return 200 <= connection.getresponse().status < 400
        return True
    except (OSError, KeyError, StopIteration, http.client.HTTPException):
        return False


def last_words(name):
    state = api("GET", f"/containers/{name}/json").get("State", {})
    said = api("GET", f"/containers/{name}/logs?stdout=1&stderr=1&tail=20")
    return f"{name} is {state.get('Status')}, {state.get('Error')}: {said.decode(errors='replace') if isinstance(said, bytes) else said}"


def wait_ready(probes, names):
    """Until each container with a probe passes it; probes: name of labwright's container to its probe."""
    end = time.monotonic() + LIMIT
    waiting = dict(probes)
    while waiting:
        if time.monotonic() > end:
            raise SystemExit(f"not ready after {LIMIT} s: " + "\n".join(last_words(names(name)) for name in sorted(waiting)))
        for name in list(waiting):
            container = api("GET", f"/containers/{names(name)}/json")
            if container.get("State", {}).get("Running") and passes(container, waiting[name]):
                del waiting[name]
        time.sleep(0.02)


# ---- the same as a compose file ----

def service_of(container, images, folder):
    image = container["Config"]["Image"]
    if image not in images:
        images[image] = set(api("GET", f"/images/{image}/json")["Config"].get("Env") or [])
    config, host = container["Config"], container["HostConfig"]
    service = {"image": image, "entrypoint": config["Entrypoint"], "command": config["Cmd"], "user": config["User"],
               "hostname": config["Hostname"], "restart": host["RestartPolicy"]["Name"] or "no",
               "environment": [word.replace("$", "$$") for word in config["Env"] or [] if word not in images[image]],
               "read_only": host["ReadonlyRootfs"], "cap_add": host["CapAdd"], "cap_drop": host["CapDrop"],
               "mem_limit": host["Memory"], "group_add": host["GroupAdd"], "working_dir": config["WorkingDir"], "security_opt": host["SecurityOpt"]}
    service = {key: value for key, value in service.items() if value}
    for key in ("entrypoint", "command"):
        if key in service:
            service[key] = [word.replace("$", "$$") for word in service[key]]
    # Podman says nothing of mounts where Docker has them as they were asked for; here both do, but for a tmpfs.
    for mount in container["Mounts"]:
        if mount["Type"] in ("bind", "volume"):
            source = keep(mount["Source"], folder) if mount["Type"] == "bind" else mount["Name"]
            service.setdefault("volumes", []).append(f"{source}:{mount['Destination']}{'' if mount['RW'] else ':ro'}")
    for mount in host.get("Mounts") or []:
        if mount["Type"] == "tmpfs":
            service.setdefault("tmpfs", []).append(mount["Target"])
    for target in host.get("Tmpfs") or {}:
        service.setdefault("tmpfs", []).append(target)
    for port, bindings in (host["PortBindings"] or {}).items():
        for binding in bindings or []:
            service.setdefault("ports", []).append(f"{binding['HostIp']}:{binding['HostPort']}:{port}")
    if host["NetworkMode"].startswith("container:"):
        service["network_mode"] = "service:" + api("GET", f"/containers/{host['NetworkMode'][10:]}/json")["Name"][1:]
        service.pop("hostname", None)
    elif host["NetworkMode"] == "host":
        service["network_mode"] = "host"
        service.pop("hostname", None)
    else:
        service["networks"] = {"default": {"aliases": [alias for network in container["NetworkSettings"]["Networks"].values()
                                                       for alias in network["Aliases"] or []]}}
    return service


def keep(source, folder):
    """Files that labwright takes away with its containers, kept for the other."""
    to = os.path.join(folder, source.strip("/").replace("/", "_"))
    if not os.path.exists(to):
        (shutil.copytree if os.path.isdir(source) else shutil.copy2)(source, to)
    return to


def open_volumes(path):
    """Compose gives no volume to a group, as fsGroup asks: those are there before it begins, for all to write. The file
    in each keeps the engine from giving it the rights of the image's own folder."""
    with open(path, encoding="utf-8") as file:
        services = json.load(file)["services"].values()
    for service in services:
        for volume in service.get("volumes", []) if "group_add" in service else []:
            if not volume.startswith("/"):
                folder = api("POST", "/volumes/create", {"Name": f"bench_{volume.split(':')[0]}"})["Mountpoint"]
                os.chmod(folder, 0o777)
                with open(os.path.join(folder, ".kept"), "w", encoding="utf-8"):
                    pass


def compose_file(containers, folder):
    images, services, volumes = {}, {}, {}
    for container in containers:
        services[container["Name"][1:]] = service_of(container, images, folder)
        for mount in container["Mounts"]:
            if mount["Type"] == "volume":
                volumes[mount["Name"]] = {}
    path = os.path.join(folder, "docker-compose.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"version": "2.4", "services": services, "volumes": volumes}, file)
    return path


# ---- measuring ----

def run(command, folder, code=0):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != code:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def probes_of(containers):
    return {container["Name"].lstrip("/"): json.loads(container["Config"]["Labels"]["labwright.probe"])
            for container in containers if "labwright.probe" in container["Config"]["Labels"]}


def measure_up(program, folder, rounds):
    """Seconds of labwright and of docker-compose."""
    run(["sh", os.path.join(top, "examples", "up.sh"), program, folder], folder)
    lab, compose = os.path.join(folder, "demo"), ["docker-compose", "-p", "bench"]
    containers = inspect_all()
    compose += ["-f", compose_file(containers, folder)]
    contestants = [
        ("labwright", [program, "up", "packages", "--secrets", os.path.join(folder, "secrets.yaml")],
         lambda name: name, [program, "down", "--volumes", "--yes"]),
        ("docker-compose", compose + ["up", "-d"], lambda name: f"bench_{name}_1", compose + ["down", "-v", "-t", "2"])]
    run(contestants[0][3], lab)
    return compare(contestants, probes_of(containers), lab, rounds, lambda: open_volumes(compose[-1]))


def compare(contestants, probes, folder, rounds, before_compose):
    """Medians of seconds in the order of the contestants: a name, words that bring it up, what a container of labwright's
    is called there, words that take it down."""
    taken = {name: [] for name, *_ in contestants}
    for number in range(rounds):
        for name, up, called, down in contestants:
            if name == "docker-compose":
                before_compose()
            start = time.perf_counter()
            run(up, folder)
            wait_ready(probes, called)
            taken[name].append(time.perf_counter() - start)
            run(down, folder)
        print(f"round {number + 1}: " + ", ".join(f"{name} {times[-1]:.2f} s" for name, times in taken.items()), flush=True)
    return [statistics.median(times) for times in taken.values()]


def played_manifests(program, folder):
    """One file that labwright and `podman kube play` both read; namespaces and nodes mean nothing to the latter."""
    rendered = subprocess.run([program, "render", os.path.join(top, "examples", "after", "packages")], capture_output=True, check=False)  # 1: something is left out
    kept = []
    for item in json.loads(rendered.stdout)["items"]:
        if item["kind"] == "Deployment" and item["metadata"]["name"] in PLAYED or item["kind"] == "ConfigMap" \
                or item["kind"] == "PersistentVolumeClaim" and item["metadata"]["name"].startswith(PLAYED):
            kept.append(json.dumps(item))
    path = os.path.join(folder, "pods.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n---\n".join(kept) + "\n")
    return path


def measure_play(program, folder, rounds):
    """Seconds of labwright, of podman kube play and of docker-compose."""
    lab, state = os.path.join(folder, "played"), os.path.dirname(os.environ["LABWRIGHT_ENGINE_PID"])
    os.makedirs(lab)
    manifests = played_manifests(program, lab)
    run(["git", "init", "-q"], lab)
    run(["git", "add", "-A"], lab)
    podman = ["podman", "--root", state + "/data", "--runroot", state + "/exec", "--tmpdir", state + "/tmp", "--storage-driver", "overlay"]
    up, down = [program, "up", "pods.yaml"], [program, "down", "--volumes", "--yes"]
    # It leaves the volumes, and cannot play what it left.
    unplay = ["sh", "-c", '"$@" kube down "$0" && "$@" volume rm --all --force', manifests] + podman
    run(up, lab)
    containers = inspect_all()
    compose = ["docker-compose", "-p", "bench", "-f", compose_file(containers, folder)]
    run(down, lab)

    def played(name):
        name = next(word for word in PLAYED if name.endswith(word))
        return f"{name}-pod-0-{name}"  # the 0 since Podman 4.2

    contestants = [("labwright", up, lambda name: name, down),
                   ("podman kube play", podman + ["kube", "play", manifests], played, unplay),
                   ("docker-compose", compose + ["up", "-d"], lambda name: f"bench_{name}_1", compose + ["down", "-v", "-t", "2"])]
    return compare(contestants, probes_of(containers), lab, rounds, lambda: open_volumes(compose[-1]))


def measure_many(program, folder, runs=11):
    lab = os.path.join(folder, "fifty")
    os.makedirs(lab)
    with open(os.path.join(lab, "compose.yaml"), "w", encoding="utf-8") as file:
        file.write("services:\n" + "".join(f"  s{number}: {{image: labwright.test/base:12, command: [sleep, '10000']}}\n"
                                           for number in range(50)))
    run(["git", "init", "-q"], lab)
    run(["git", "add", "-A"], lab)
    run([program, "up"], lab)
    again = [run([program, "up"], lab) for _ in range(runs)]
    status = [run([program, "status", "--quick"], lab) for _ in range(runs)]
    run([program, "down"], lab)
    return [1000 * statistics.median(column) for pairs in (again, status) for column in zip(*pairs)]


def write_section(heading, text):
    """In the place of the one that is there, or before what follows these sections."""
    with open(page, encoding="utf-8") as file:
        whole = file.read()
    if heading in whole:
        before, _, rest = whole.partition(heading)
        after = rest.find("\n## ")
        rest = rest[after + 1:] if after >= 0 else ""
    else:
        before, _, rest = whole.partition(NEXT)
        rest = NEXT + rest
    with open(page, "w", encoding="utf-8") as file:
        file.write(f"{before.rstrip()}\n\n{text}\n{rest}")


def main():
    program, rounds = os.path.realpath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 5
    on_podman = os.environ.get("LABWRIGHT_ENGINE") == "podman"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = os.path.join(folder, "state")
        again, again_own, status, status_own = measure_many(program, folder)
        print(f"50 containers: up {again:.0f} ms ({again_own:.0f} own), status {status:.0f} ms ({status_own:.0f} own)", flush=True)
        times = (measure_play if on_podman else measure_up)(program, folder, rounds)
    version = api("GET", "/version")["Version"].split("+")[0]
    compose = subprocess.run(["docker-compose", "version", "--short"], capture_output=True, text=True, check=True).stdout.strip()
    # A disk that others share may take five times as long for the same bytes.
    memory = ", its data in memory" if os.environ.get("LABWRIGHT_LIVE_SIZE") else ""
    figures = {"compose": compose, "rounds": rounds, "again": again, "again_own": again_own, "status": status, "status_own": status_own}
    if on_podman:
        ours, play, other = times
        write_section(KUBE_HEADING, KUBE_TEXT.format(heading=KUBE_HEADING, engine=f"Podman {version}{memory}", count=len(PLAYED), ours=ours, play=play,
                                                     other=other, ratio=ours / min(play, other), **figures))
    else:
        ours, other = times
        write_section(HEADING, TEXT.format(heading=HEADING, engine=f"Docker {version}{memory}", up=ours, other=other, ratio=ours / other, **figures))


main()
