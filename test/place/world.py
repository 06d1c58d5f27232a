"""What the files of a homelab say, read for check.py: nodes, what runs, what each pod needs and where it may run."""
import glob
import json
import os
import re
from fractions import Fraction
from math import ceil

import yaml

RESOURCES = ["cpu", "memory", "ephemeral-storage", "storage", "pods", "gpu"]
PRESSING = RESOURCES[:4]
HOST = "kubernetes.io/hostname"
SUFFIX = {"": 1, "m": Fraction(1, 1000), "u": Fraction(1, 10**6), "n": Fraction(1, 10**9), "k": 10**3, "M": 10**6, "G": 10**9,
          "T": 10**12, "P": 10**15, "E": 10**18, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}


def amount(text, resource):
    """Millicores, bytes or pieces; None for what is no amount that is counted."""
    match = re.fullmatch(r"(\d+\.?\d*|\.\d+)(?:([eE][-+]?\d+)|([numkMGTPE]|[KMGTPE]i)?)", str(text))
    if not match:
        return None
    number = Fraction(match[1].rstrip(".")) * (Fraction(10) ** int(match[2][1:]) if match[2] else SUFFIX[match[3] or ""])
    number = ceil(number * (1000 if resource == "cpu" else 1))
    return number if number < 2**60 else None


def counted(name):
    return name if name in RESOURCES else "gpu" if name.endswith("/gpu") or name.startswith("gpu.") else None


def amounts(pairs):
    result = {}
    for name, text in (pairs or {}).items():
        resource = counted(name)
        value = amount(text, resource) if resource else None
        if value is not None:
            result[resource] = result.get(resource, 0) + value
    return result


# ---- the files ----

def documents(folder):
    for path in sorted(glob.glob(os.path.join(folder, "**", "*.yaml"), recursive=True)):
        if os.path.basename(path) != "labwright.yaml":
            with open(path, encoding="utf-8") as file:
                for document in yaml.safe_load_all(file):
                    yield from (document or {}).get("items", [document] if document else [])


class Node:
    def __init__(self, name):
        self.name, self.capacity, self.taints, self.aliases = name, {}, [], []
        self.labels = {HOST: name, "kubernetes.io/os": "linux"}
        self.lost = self.drained = False

    def add(self, capacity, allocatable, labels, taints, arch):
        for resource, value in {**amounts(capacity), **amounts(allocatable)}.items():
            self.capacity.setdefault(resource, value)
        self.labels.update({key: str(value) for key, value in (labels or {}).items()})
        if arch:
            self.labels["kubernetes.io/arch"] = self.labels["beta.kubernetes.io/arch"] = arch
        for taint in taints or []:
            key, _, effect = taint.rpartition(":") if isinstance(taint, str) else (
                taint["key"] + ("=" + taint["value"] if taint.get("value") else ""), "", taint.get("effect"))
            self.taints.append((key.split("=")[0], key.partition("=")[2], effect))


def listed(value):
    return value if isinstance(value, list) else [value] if value else []


class World:
    """What the files say, and what a registry says that images are built for (platforms: image → architectures)."""

    def __init__(self, folder, usage, what_if, migrate, platforms=None):
        self.platforms = platforms or {}
        path = os.path.join(folder, "labwright.yaml")
        config = {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                config = yaml.safe_load(file) or {}
        said = config.get("placement") or {}
        self.settings = {"step": 1, "enough": 0, "move": 10, "restart": 5, "gigabyte": 2, "traffic": 1, "order": [], **said,
                         **said.get("weights", {})}
        self.replicas = {}
        self.migrate, self.objects, self.nodes = migrate, list(documents(folder)), {}
        self.live, self.peaks, self.pod_list = [], {}, False
        for name, said in (config.get("nodes") or {}).items():
            said = said or {}
            node = self.node(name)
            node.add(said.get("capacity"), said.get("allocatable"), said.get("labels"), listed(said.get("taints")), said.get("arch"))
            node.aliases += listed(said.get("aliases"))
            node.labels.update({"node-role.kubernetes.io/" + role: "true" for role in listed(said.get("roles"))})
        self.read_nodes(object for object in self.objects if object["kind"] == "Node")
        for path in usage:
            self.read_usage(path)
        for question in what_if:
            self.ask(question.split())
        if any(node.capacity.get("gpu") for node in self.nodes.values()):
            for node in self.nodes.values():
                node.capacity.setdefault("gpu", 0)

    def node(self, name):
        return self.nodes.setdefault(name, Node(name))

    def read_nodes(self, objects):
        for object in objects:
            status = object.get("status") or {}
            self.node(object["metadata"]["name"]).add(
                status.get("capacity"), status.get("allocatable"), object["metadata"].get("labels"),
                (object.get("spec") or {}).get("taints"), (status.get("nodeInfo") or {}).get("architecture"))

    def read_usage(self, path):
        with open(path, encoding="utf-8") as file:
            said = json.load(file)
        for item in said["items"]:
            kind = item.get("kind") or said["kind"][:-4]
            if kind == "Node":
                self.read_nodes([item])
            elif kind == "Pod" and (item.get("status") or {}).get("phase") not in ("Succeeded", "Failed"):
                self.pod_list |= "nodeName" in item["spec"]
                self.live.append(item)
            elif kind == "PodMetrics":
                for container in item["containers"]:
                    self.peaks.setdefault((item["metadata"]["namespace"], item["metadata"]["name"]), []).append(
                        (container["name"], amounts(container["usage"])))

    def ask(self, words):
        if words[0] in ("drain", "lose"):
            setattr(self.nodes[words[1]], "drained" if words[0] == "drain" else "lost", True)
        elif words[0] == "replicas":
            self.replicas.update([words[1].split("=")])
        elif words[0] == "add":
            self.node(words[2]).add({"gpu": 0, **dict(word.split("=") for word in words[3:])}, None, None, None, None)
        else:
            raise SystemExit(f"check.py does not know '{words[0]}'")


# ---- what a pod is ----

def matches(expressions, labels):
    for expression in expressions or []:
        value, values = labels.get(expression["key"]), [str(value) for value in expression.get("values", [])]
        holds = {"In": value in values, "NotIn": value not in values, "Exists": value is not None, "DoesNotExist": value is None}
        if expression["operator"] in ("Gt", "Lt"):
            sign = 1 if expression["operator"] == "Gt" else -1
            holds[expression["operator"]] = value is not None and sign * (int(value) - int(values[0])) > 0
        if not holds[expression["operator"]]:
            return False
    return True


def selects(selector, labels):
    selector = selector or {}
    pairs, expressions = selector.get("matchLabels") or {}, selector.get("matchExpressions")
    return bool(pairs or expressions) and all(labels.get(key) == str(value) for key, value in pairs.items()) and \
        matches(expressions, labels)


class Workload:
    def __init__(self, world, object, said):
        self.kind, self.name = object["kind"], object["metadata"]["name"]
        self.namespace = object["metadata"].get("namespace", "")
        spec = object["spec"]
        template = object if self.kind == "Pod" else spec["template"]
        self.object, self.pod = object, template["spec"]
        self.built = [world.platforms[image] for image in self.images() if image in world.platforms]
        self.labels = {key: str(value) for key, value in (template["metadata"].get("labels") or {}).items()}
        self.replicas = int(world.replicas.get(self.name, 1 if self.kind == "Pod" else spec.get("replicas", 1)))
        self.priority = next((other["value"] for other in world.objects if other["kind"] == "PriorityClass"
                              and other["metadata"]["name"] == self.pod.get("priorityClassName")), 0)
        self.peaks = {}
        for (namespace, pod), containers in world.peaks.items():
            if namespace == self.namespace and self.owns(pod):
                for name, used in containers:
                    known = self.peaks.setdefault(name, {})
                    known.update({r: max(known.get(r, 0), used.get(r, 0)) for r in used})
        self.request, self.demand = self.sums(said)

    def owns(self, pod):
        tail = {"Pod": "", "StatefulSet": r"-\d+", "Deployment": r"-[^-]+-[^-]+"}.get(self.kind, r"-[^-]+")
        return re.fullmatch(re.escape(self.name) + tail, pod) is not None

    def sums(self, said):
        """The larger of all that stays and of the largest init container with the sidecars before it."""
        kept, total = [{}, {}], [{}, {}]
        init, running = self.pod.get("initContainers") or [], self.pod["containers"]
        sidecars = [{}, {}]

        def add(sum, more):
            for r, value in more.items():
                sum[r] = sum.get(r, 0) + value
        for container in init:
            sidecar = container.get("restartPolicy") == "Always"
            both = self.container(container, said, estimate=sidecar)
            for i in range(2):
                if sidecar:
                    add(sidecars[i], both[i])
                    add(total[i], both[i])
                else:
                    start = dict(sidecars[i])
                    add(start, both[i])
                    kept[i] = {r: max(kept[i].get(r, 0), start.get(r, 0)) for r in {*kept[i], *start}}
        for container in running:
            for i, more in enumerate(self.container(container, said, estimate=True)):
                add(total[i], more)
        result = [{r: max(kept[i].get(r, 0), total[i].get(r, 0)) for r in {*kept[i], *total[i]}} for i in range(2)]
        whole = {**amounts((self.pod.get("resources") or {}).get("limits")), **amounts((self.pod.get("resources") or {}).get("requests"))}
        for sum in result:
            sum.update(whole)
            add(sum, amounts(self.pod.get("overhead")))
            sum.update(pods=1, storage=0)
        return [{r: sum.get(r, 0) for r in RESOURCES} for sum in result]

    def container(self, container, said, estimate):
        resources = container.get("resources") or {}
        request = {**amounts(resources.get("limits")), **amounts(resources.get("requests"))}
        demand, peak = dict(request), self.peaks.get(container["name"], {})
        for r in ("cpu", "memory") if estimate else ():
            if r in request or peak.get(r):
                demand[r] = max(request.get(r, 0), peak.get(r, 0))
            elif r == "memory" and said.get("memory-from") == "image":
                demand[r] = said["demand"]["memory"]  # of a table that stands in the program
            else:
                demand[r] = 100 if r == "cpu" else 200 * 2**20
        return request, demand

    def images(self):
        return [container.get("image") for container in [*(self.pod.get("initContainers") or []), *self.pod["containers"]]]

    def ports(self):
        network = self.pod.get("hostNetwork")
        return {(port.get("hostPort") or (port["containerPort"] if network else None), port.get("protocol", "TCP"))
                for container in self.pod["containers"] for port in container.get("ports") or []
                if port.get("hostPort") or network}

    def tolerates(self, key, value, effect):
        for toleration in self.pod.get("tolerations") or []:
            if toleration.get("effect") not in (None, "", effect) or toleration.get("key") not in (None, key):
                continue
            if toleration.get("operator") == "Exists" or (toleration.get("key") == key and str(toleration.get("value", "")) == value):
                return True
        return False

    def admits(self, node):
        name = self.pod.get("nodeName")
        if name and name != node.name and name not in node.aliases:
            return False
        for key, value in (self.pod.get("nodeSelector") or {}).items():
            if "${" not in str(value) and node.labels.get(key) != str(value) and not (key == HOST and value in node.aliases) and \
                    not (key.startswith("node-role.kubernetes.io/") and key in node.labels):
                return False
        required = ((self.pod.get("affinity") or {}).get("nodeAffinity") or {}).get("requiredDuringSchedulingIgnoredDuringExecution")
        terms = (required or {}).get("nodeSelectorTerms")
        if terms and not any(matches(term.get("matchExpressions"), node.labels) and
                             matches([{**field, "key": HOST} for field in term.get("matchFields") or []], node.labels) for term in terms):
            return False
        arch = node.labels.get("kubernetes.io/arch")
        if arch and any(arch not in architectures for architectures in self.built):
            return False
        return all(effect == "PreferNoSchedule" or self.tolerates(key, value, effect) for key, value, effect in node.taints)

    def dislike(self, node):
        wishes = ((self.pod.get("affinity") or {}).get("nodeAffinity") or {}).get("preferredDuringSchedulingIgnoredDuringExecution")
        sum = 0
        for wish in wishes or []:
            if not matches(wish["preference"].get("matchExpressions"), node.labels):
                sum += min(wish["weight"], 100)
        return sum + len([1 for key, value, effect in node.taints
                          if effect == "PreferNoSchedule" and not self.tolerates(key, value, effect)])

    def terms(self):
        """(kind, topology, skew, weight, selector, namespaces), weight 0 where it is required."""
        affinity = self.pod.get("affinity") or {}
        for part, kind in (("podAffinity", "together"), ("podAntiAffinity", "apart")):
            for term in (affinity.get(part) or {}).get("requiredDuringSchedulingIgnoredDuringExecution") or []:
                yield kind, term["topologyKey"], 1, 0, term.get("labelSelector"), term.get("namespaces")
            for wish in (affinity.get(part) or {}).get("preferredDuringSchedulingIgnoredDuringExecution") or []:
                term = wish["podAffinityTerm"]
                yield kind, term["topologyKey"], 1, max(min(wish["weight"], 100), 1), term.get("labelSelector"), term.get("namespaces")
        for spread in self.pod.get("topologySpreadConstraints") or []:
            yield ("even", spread["topologyKey"], spread.get("maxSkew", 1),
                   int(spread.get("whenUnsatisfiable") == "ScheduleAnyway"), spread.get("labelSelector"), None)


# ---- volumes ----

LOCAL = ("local-path", "no-provisioner", "hostpath", "host-path", "openebs.io/local", "topolvm", "lvm", "zfs", "local-storage")


def volume_pins(world, workload):
    """By replica the node of its data, or None; whether its data is on the node where it runs; bytes of the first replica."""
    pins, local, size = [None] * workload.replicas, False, 0

    def of_kind(kind):
        return (object for object in world.objects if object["kind"] == kind)

    def claim(name, spec, replicas):
        nonlocal local, size
        volume = next((v for v in of_kind("PersistentVolume")
                       if (v["spec"].get("claimRef") or {}).get("name") == name or v["metadata"]["name"] == spec.get("volumeName")), None)
        bytes = amount(((spec.get("resources") or {}).get("requests") or {}).get("storage", 0), "storage")
        if volume:
            terms = ((volume["spec"].get("nodeAffinity") or {}).get("required") or {}).get("nodeSelectorTerms") or []
            fitting = {node.name for node in world.nodes.values() for term in terms if matches(term["matchExpressions"], node.labels)}
            if len(fitting) != 1:
                return
            for k in replicas:
                pins[k] = pins[k] or next(iter(fitting))
        else:
            name = spec.get("storageClassName")
            provisioner = next((c["provisioner"] for c in of_kind("StorageClass") if c["metadata"]["name"] == name), name or "local-path")
            if not any(word in provisioner for word in LOCAL):
                return
            local = True
        if 0 in replicas:
            size += bytes
    for volume in workload.pod.get("volumes") or []:
        name = (volume.get("persistentVolumeClaim") or {}).get("claimName")
        found = next((c for c in of_kind("PersistentVolumeClaim") if c["metadata"]["name"] == name), None)
        if found:
            claim(name, found["spec"], range(workload.replicas))
    for template in workload.object["spec"].get("volumeClaimTemplates") or [] if workload.kind == "StatefulSet" else []:
        for k in range(workload.replicas):
            claim(f"{template['metadata']['name']}-{workload.name}-{k}", template["spec"], [k])
    return pins, local, size


# ---- who talks to whom ----

def hosts_in(variable, text):
    """(host, port) that a text names: of URLs, before a port, of the form name.namespace.svc, or what a host's variable holds."""
    for authority in re.findall(r"[A-Za-z0-9.-]://([^/?#\"'`,;<>\s\\]*)", text):
        yield re.match(r"[A-Za-z0-9.-]*", authority.rpartition("@")[2])[0], None
    plain = re.sub(r"[A-Za-z0-9.-]+://[^/?#\"'`,;<>\s\\]*", " ", text)
    for host, port in re.findall(r"([A-Za-z0-9.-]+)(:\d+)?", plain):
        if ".svc" in host or port:
            yield host, None if ".svc" in host else int(port[1:])
    words = {word.lower() for word in re.split(r"[_.-]", variable)}
    if words & {"host", "hostname", "addr", "address", "server", "endpoint", "url", "uri"}:
        yield text.strip(), None


def texts_of(world, workload):
    """(variable, text) that the containers are told."""
    maps = {(o["metadata"].get("namespace", ""), o["metadata"]["name"]): o.get("data") or {} for o in world.objects if o["kind"] == "ConfigMap"}

    def told(name, key=None, variable=None):
        for own, text in maps.get((workload.namespace, name), {}).items():
            if key in (None, own):
                yield variable or own, str(text)
    for container in (workload.pod.get("initContainers") or []) + workload.pod["containers"]:
        for word in (container.get("command") or []) + (container.get("args") or []):
            yield "", str(word)
        for env in container.get("env") or []:
            if "value" in env:
                yield env["name"], str(env["value"])
            source = (env.get("valueFrom") or {}).get("configMapKeyRef") or {}
            yield from told(source.get("name"), source.get("key", ""), env["name"])
        for source in container.get("envFrom") or []:
            yield from told((source.get("configMapRef") or {}).get("name"))
    for volume in workload.pod.get("volumes") or []:
        yield from told((volume.get("configMap") or {}).get("name"))


def traffic(world, workloads):
    """Pairs of workloads of which the first is told of a Service of the second."""
    services = {(o["metadata"].get("namespace", ""), o["metadata"]["name"]): o["spec"] for o in world.objects if o["kind"] == "Service"}
    pairs = set()
    for workload in workloads:
        for variable, text in texts_of(world, workload):
            for host, port in hosts_in(variable, text):
                labels = host.partition(".svc")[0].split(".")
                if len(labels) > 3 or (len(labels) == 3 and ".svc" not in host):
                    continue
                space = workload.namespace if len(labels) == 1 else labels[-1]
                spec = services.get((space, labels[len(labels) == 3]))
                if spec is None or (port and port not in [entry["port"] for entry in spec.get("ports", [])]):
                    continue
                pairs |= {(workload, other) for other in workloads if other is not workload and other.namespace == space and
                          spec.get("selector") and selects({"matchLabels": spec["selector"]}, other.labels)}
    return [(one, other) for one, other in pairs if "DaemonSet" not in (one.kind, other.kind)]
