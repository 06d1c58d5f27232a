"""Made-up homelabs for check.py: every kind of thing that placement knows, in small numbers; the same for each seed."""
import copy
import json
import os
import random
import re

import yaml

HOST = "kubernetes.io/hostname"


def random_homelab(seed):
    """labwright.yaml, manifests and a list of pods, as values."""
    chance = random.Random(seed)
    nodes = {}
    for i in range(chance.randint(2, 5)):
        nodes[f"node{i}"] = {"capacity": {"cpu": chance.choice([4, 8]), "memory": f"{chance.choice([8, 8, 16])}Gi"},
                             "labels": {"zone": chance.choice(["east", "west"]), "disk": chance.choice(["ssd", "hdd"])}}
        if chance.random() < .15:
            nodes[f"node{i}"]["taints"] = [f"role=store:{chance.choice(['NoSchedule', 'PreferNoSchedule'])}"]
    config = {"nodes": nodes}
    if chance.random() < .3:
        config["placement"] = {"step": chance.choice([1, 5]), "enough": chance.choice([0, 40]),
                               "order": chance.sample(["pressure", "survival", "wishes", "moves", "traffic"], chance.randint(0, 5)),
                               "weights": {"move": chance.choice([10, 3]), "restart": chance.choice([5, 0]), "traffic": chance.choice([1, 3, 0])}}
    objects, live = [], []
    for i in range(chance.randint(2, 9)):
        objects.append(random_workload(chance, f"app{i}"))
        replicas = objects[-1]["spec"].get("replicas", 1)
        for k in range(replicas if chance.random() < .8 and objects[-1]["kind"] != "DaemonSet" else 0):
            tail = str(k) if objects[-1]["kind"] == "StatefulSet" else f"5c8d7f9b6-p{k}"
            live.append({"metadata": {"name": f"app{i}-{tail}", "namespace": "lab"}, "spec": {
                "nodeName": chance.choice(list(nodes)), "containers": []}, "status": {"phase": "Running"}})
    add_talk(chance, objects)
    if chance.random() < .5:
        live.append({"metadata": {"name": "stray", "namespace": "other"}, "spec": {"nodeName": "node0", "containers": [
            {"name": "main", "resources": {"requests": {"cpu": "250m", "memory": "300Mi"}}}]}, "status": {"phase": "Running"}})
    return config, objects, live if chance.random() < .8 else None


def add_talk(chance, objects):
    """Services of some, and what others are told of them, in words of every kind; also what only looks like it."""
    names = [object["metadata"]["name"] for object in objects]
    spoken = [name for name in names if chance.random() < .4]
    for object in list(objects):
        container = object["spec"]["template"]["spec"]["containers"][0]
        for name in spoken if chance.random() < .6 else ():
            way = chance.randrange(8)
            entry = {"name": ["DATABASE_URL", "REDIS_HOST", "PEER", "USER", "NOTE", "CACHE", "MAIL_SERVER", "SPARE"][way], "value": [
                f"postgres://u:app0@{name}:5432/db", name, f"{name}:80", name, f"see {name}.lab.svc.cluster.local for more",
                f"{name}:81", "smtp.example.org", f"http://{name}.other/"][way]}
            if chance.random() < .3:
                objects.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {
                    "name": f"{object['metadata']['name']}-{name}", "namespace": "lab"}, "data": {entry["name"]: entry["value"]}})
                container.setdefault("envFrom", []).append({"configMapRef": {"name": objects[-1]["metadata"]["name"]}})
            else:
                container["env"] = [*(e for e in container.get("env", []) if e["name"] != entry["name"]), entry]
    objects += [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "lab"}, "spec": {
        "selector": {"app": name}, "ports": [{"port": 80}]}} for name in spoken]


def random_workload(chance, name):
    container = {"name": "main", "image": f"example.org/{name}:1"}
    if chance.random() < .9:
        requests = {"memory": f"{chance.choice([128, 256, 512, 1024, 3000])}Mi", "cpu": f"{chance.choice([50, 100, 500, 1500])}m"}
        container["resources"] = {"requests": requests}
    if chance.random() < .1:
        container["ports"] = [{"containerPort": 80, "hostPort": chance.choice([80, 8080])}]
    pod = {"containers": [container]}
    if chance.random() < .15:
        pod["nodeSelector"] = {"disk": chance.choice(["ssd", "hdd"])}
    if chance.random() < .2:
        pod["tolerations"] = [{"key": "role", "operator": "Exists"}]
    affinity = {}
    if chance.random() < .2:
        affinity["nodeAffinity"] = {"preferredDuringSchedulingIgnoredDuringExecution": [
            {"weight": chance.randint(1, 50), "preference": {"matchExpressions": [
                {"key": "disk", "operator": chance.choice(["In", "NotIn"]), "values": ["ssd"]}]}}]}
    if chance.random() < .2:
        term = {"topologyKey": chance.choice([HOST, "zone"]),
                "labelSelector": {"matchLabels": {"app": chance.choice([name, "app0", "app1"])}}}
        part = affinity[chance.choice(["podAffinity", "podAntiAffinity"])] = {}
        if chance.random() < .5:
            part["requiredDuringSchedulingIgnoredDuringExecution"] = [term]
        else:
            part["preferredDuringSchedulingIgnoredDuringExecution"] = [{"weight": 10, "podAffinityTerm": term}]
    if affinity:
        pod["affinity"] = affinity
    if chance.random() < .15:
        pod["topologySpreadConstraints"] = [{"maxSkew": 1, "topologyKey": "zone", "labelSelector": {"matchLabels": {"app": name}},
                                             "whenUnsatisfiable": chance.choice(["DoNotSchedule", "ScheduleAnyway"])}]
    kind = chance.choices(["Deployment", "StatefulSet", "DaemonSet"], [8, 2, 1])[0]
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "namespace": "lab"}, "spec": {
        **({} if kind == "DaemonSet" else {"replicas": chance.choice([1, 1, 1, 2, 3])}), "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": pod}}}


def write(folder, config, objects, live):
    """The words that place is called with."""
    os.makedirs(folder)
    for path, text in (("labwright.yaml", yaml.safe_dump(config, sort_keys=False)), ("apps.yaml", yaml.safe_dump_all(objects))):
        with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
            file.write(text)
    if live is None:
        return []
    with open(folder + ".json", "w", encoding="utf-8") as file:
        json.dump({"kind": "PodList", "apiVersion": "v1", "items": live}, file)
    return ["--usage", folder + ".json"]


def renamed(text):
    return re.sub(r"\bnode(\d)", lambda m: f"host{9 - int(m[1])}", re.sub(r"\bapp(\d)", lambda m: f"web{9 - int(m[1])}", text))


def changes(config, objects, live):
    """(what, changed homelab, whether the goals stay or may only get better)."""
    text = renamed(json.dumps([config, objects, live]))
    yield "other names", json.loads(text), True
    mixed = copy.deepcopy([config, objects, live])
    mixed[0]["nodes"] = dict(reversed(mixed[0]["nodes"].items()))
    mixed[1].reverse()
    yield "another order", mixed, True
    double = copy.deepcopy([config, objects, live])
    for node in double[0]["nodes"].values():
        node["capacity"] = {"cpu": node["capacity"]["cpu"] * 2, "memory": f"{int(node['capacity']['memory'][:-2]) * 2}Gi"}
    yield "twice the capacity", double, False


def large_homelab(seed, nodes=14, apps=160):
    """More than can be proven in a moment: sizes that fit badly, all on half of the nodes."""
    chance = random.Random(seed)
    config = {"nodes": {f"node{i}": {"capacity": {"cpu": 16, "memory": "32Gi"}} for i in range(nodes)}}
    objects, live = [], []
    for i in range(apps):
        container = {"name": "main", "image": "example.org/app:1", "resources": {"requests": {
            "memory": f"{chance.randint(64, 4000)}Mi", "cpu": f"{chance.randint(10, 1900)}m"}}}
        objects.append({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"app{i}", "namespace": "lab"}, "spec": {
            "selector": {"matchLabels": {"app": f"app{i}"}}, "template": {
                "metadata": {"labels": {"app": f"app{i}"}}, "spec": {"containers": [container]}}}})
        live.append({"metadata": {"name": f"app{i}-5c8d7f9b6-p0", "namespace": "lab"}, "status": {"phase": "Running"}, "spec": {
            "nodeName": f"node{chance.randrange(nodes // 2)}", "containers": []}})
    return config, objects, live
