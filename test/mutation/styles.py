#!/usr/bin/env python3
"""Random documents in random handwriting, broken at random values, and what fix makes of them.

    styles.py LABWRIGHT [SEED]

A repository of manifests, a compose file and settings is written with indents, quotes, flow and block style, block
scalars, anchors and aliases, comments, CRLF, a byte order mark and a missing last line end as chance has them; then some
values are made wrong. What fix writes must be the text with each of these values right, or as it was: no other byte may
differ. A second run changes nothing, the diff that is shown makes the same of the broken text by `git apply`, and gives
the broken text back by `git apply -R`.
"""
import itertools
import os
import random
import subprocess
import sys
import tempfile
import time

from run import call, git, report

SECONDS, TRIALS = 60, 50  # of seconds no more
LEAST = 85  # percent of the broken values that must come back; two in one Service may hide each other


class Slot:
    """A value that may be broken; `users` places say it, by an alias where the handwriting has some."""

    def __init__(self, good, bad):
        self.good, self.bad = good, bad


class Block(str):
    """A text of several lines, as a block scalar."""


# ---- handwriting ----

class Hand:
    def __init__(self, chance):
        self.chance = chance
        self.step = chance.choice([2, 2, 2, 4])
        self.deep = chance.random() < 0.6     # items deeper than their key
        self.flow = chance.choice([0, 0.15, 0.5])
        self.comments = chance.choice([0, 0.1, 0.4])
        self.quotes = chance.choice([["", "", '"'], ["", "'"], ['"'], [""]])
        self.anchors = chance.random() < 0.5
        self.known = {}                       # Slot → name of its anchor

    def comment(self):
        return self.chance.choice(["  # renovate: keep", " # it's \"that\" one: really", " #"]) \
            if self.chance.random() < self.comments else ""

    def scalar(self, value):
        if isinstance(value, Slot):
            if value in self.known:
                return "*" + self.known[value]
            mark = f"\0{id(value)}\0"
            text = str(value.good)
            quote = self.chance.choice(self.quotes) if not isinstance(value.good, int) else ""
            if self.anchors and self.chance.random() < 0.7 and text:
                self.known[value] = f"a{len(self.known)}"
                return f"&{self.known[value]} {quote}{mark}{quote}"
            return f"{quote}{mark}{quote}"
        if isinstance(value, bool) or isinstance(value, int):
            return str(value).lower()
        quote = self.chance.choice(self.quotes) or ('"' if value == "" or value[0] in "*&{[0123456789" or ": " in value else "")
        return f"{quote}{value}{quote}"

    def small(self, value, depth=0):
        if isinstance(value, Block):
            return False
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return depth < 4 and all(self.small(one, depth + 1) for one in inner)

    def in_flow(self, value):
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key}: {self.in_flow(one)}" for key, one in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self.in_flow(one) for one in value) + "]"
        return self.scalar(value)

    def lines(self, value, indent):
        """Lines of a collection in block style."""
        pad = " " * indent
        if isinstance(value, list):
            for one in value:
                if isinstance(one, (dict, list)) and not (self.small(one) and self.chance.random() < self.flow):
                    first, *rest = self.lines(one, indent + 2)
                    yield pad + "- " + first.lstrip(" ")
                    yield from rest
                else:
                    yield pad + "- " + self.in_flow(one) + self.comment()
            return
        for key, one in value.items():
            if self.chance.random() < self.comments / 2:
                yield pad + "# about " + key
            if isinstance(one, Block):
                yield pad + key + ": " + self.chance.choice(["|", "|-", "|+"])
                yield from (" " * (indent + self.step) + line if line else "" for line in one.split("\n"))
            elif isinstance(one, (dict, list)) and not (self.small(one) and self.chance.random() < self.flow):
                yield pad + key + ":" + self.comment()
                yield from self.lines(one, indent + (self.step if isinstance(one, dict) or self.deep else 0))
            else:
                yield pad + key + ": " + self.in_flow(one) + self.comment()

    def file(self, documents):
        """The text with marks where slots are."""
        self.known = {}
        parts = []
        for document in documents:
            self.known = {}  # an anchor ends with its document
            parts.append("\n".join(self.lines(document, 0)))
        text = ("---\n" if self.chance.random() < 0.4 else "") + "\n---\n".join(parts) + "\n"
        if self.chance.random() < 0.25:
            text = text.replace("\n", "\r\n")
        if self.chance.random() < 0.25:
            text = text.rstrip("\r\n")
        return ("\ufeff" if self.chance.random() < 0.15 else "") + text


# ---- what is written ----

def letter(text, chance):
    at = chance.randrange(1, len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2:] if text[at] != text[at + 1] else text[:at] + text[at + 1:]


def name(text, chance):
    return Slot(text, letter(text, chance))


def repository(chance):
    """Path → documents (or a text), and all slots. Each slot has a value that evidence elsewhere tells."""
    settings, port, backend, label = (name("gallery-settings", chance), Slot(8080, 8180), name("gallery", chance),
                                      Slot("gallery-web", letter("gallery-web", chance)))
    address, probe, volume = Slot("192.168.30.12", "192.168.30.112"), name("http", chance), name("uploads", chance)
    pod = {"serviceAccountName": "gallery-runner", "containers": [{
        "name": "main", "image": "ghcr.io/sample-lab/gallery:1.4.2",
        "ports": [{"name": "http", "containerPort": 8080}],
        "env": [{"name": "LEVEL", "valueFrom": {"configMapKeyRef": {"name": settings, "key": "level"}}},
                {"name": "OTHER", "valueFrom": {"configMapKeyRef": {"name": settings, "key": "other"}}}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": probe}},
        "resources": {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "volumeMounts": [{"name": volume, "mountPath": "/srv/uploads"}]}],
        "volumes": [{"name": "uploads", "emptyDir": {}}]}
    meta = lambda text: {"name": text, "namespace": "pictures"}
    workload = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta("gallery"),
                "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "gallery-web"}},
                         "template": {"metadata": {"labels": {"app": "gallery-web"}}, "spec": pod}}}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": meta("gallery"),
               "spec": {"selector": {"app": label}, "ports": [{"name": "web", "port": 80, "targetPort": port}]}}
    names = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta("gallery-settings"),
             "data": {"level": "info", "other": "x", "Corefile": Block(
                 ".:53 {\n    # cellar answers for the lab\n    forward . "
                 f"\0{id(address)}\0 # cellar\n    cache 30\n\n    log\n}}")}}
    ingress = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta("gallery"),
               "spec": {"ingressClassName": "traefik", "rules": [{"host": "gallery.lab.example.org", "http": {"paths": [
                   {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": backend, "port": {"number": 80}}}}]}}]}}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta("gallery-runner")}
    files = {"gallery/workload.yaml": [workload, account], "gallery/rest.yaml": [names, service, ingress]}
    return files, [settings, port, backend, label, address, probe, volume]


SETTINGS = ("networks:\n  lan:\n    cidr: 192.168.30.0/24\n    kind: lan\nnodes:\n  attic:\n    addresses: {lan: 192.168.30.11}\n"
            "  cellar:\n    addresses: {lan: 192.168.30.12}\n")


def filled(text, slots, broken):
    for slot in slots:
        text = text.replace(f"\0{id(slot)}\0", str(slot.bad if slot in broken else slot.good))
    return text


# ---- one trial ----

def write(folder, texts):
    for path, text in texts.items():
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", newline="") as file:
            file.write(text)


def read(folder, paths):
    texts = {}
    for path in paths:
        with open(os.path.join(folder, path), newline="") as file:
            texts[path] = file.read()
    return texts


def applied(folder, program, before, after):
    """The shown diff makes the new text of the old one, and back."""
    write(folder, before)
    out = call(program, "fix", "--derive", folder).stdout.decode()
    start = out.find("diff --git ")
    if start < 0:
        return before == after
    patch = out[start:]
    end = min((at for at in (patch.find("\n\nNO SAFE FIX"), patch.rfind("\n\n")) if at >= 0), default=len(patch))
    for words, wanted in ((["apply"], after), (["apply", "-R"], before)):
        done = subprocess.run(["git", "-C", folder, *words, "--whitespace=nowarn", "-"], input=(patch[:end] + "\n").encode(),
                              capture_output=True, check=False)
        if done.returncode or read(folder, before) != wanted:
            return False
    return True


def trial(program, seed):
    """What is wrong, or None; how many values were broken, and how many came back."""
    chance = random.Random(seed)
    files, slots = repository(chance)
    hand = Hand(chance)
    texts = {path: hand.file(documents) for path, documents in files.items()}
    broken = chance.sample(slots, chance.randrange(1, 4))
    before = {path: filled(text, slots, broken) for path, text in texts.items()}
    with tempfile.TemporaryDirectory() as folder:
        write(folder, {"labwright.yaml": SETTINGS})
        write(folder, before)
        git(folder, "init", "-q")
        git(folder, "add", "-A")
        first = call(program, "fix", "--derive", "--write", folder)
        after = read(folder, before)
        call(program, "fix", "--derive", "--write", folder)
        if first.returncode:
            return f"seed {seed}: fix ended with {first.returncode}", len(broken), 0
        if read(folder, before) != after:
            return f"seed {seed}: a second run changes something", len(broken), 0
        for count in range(len(broken) + 1):
            for left in itertools.combinations(broken, count):
                if {path: filled(text, slots, left) for path, text in texts.items()} == after:
                    good = applied(folder, program, before, after)
                    return None if good else f"seed {seed}: the diff does something else", len(broken), len(broken) - count
    return f"seed {seed}: another byte differs", len(broken), 0


def main():
    program = os.path.abspath(sys.argv[1])
    seeds = [int(word) for word in sys.argv[2:]] or range(TRIALS)
    start, bad, tried, back, done = time.monotonic(), [], 0, 0, 0
    for seed in seeds:
        if time.monotonic() - start > SECONDS:
            break
        why, some, mended = trial(program, seed)
        bad += [why] if why else []
        tried, back, done = tried + some, back + mended, done + 1
    report(1, not bad, "no byte differs but those of values that were wrong", bad)
    rate = 100 * back // max(tried, 1)
    report(2, rate >= LEAST, f"{rate} % of {tried} broken values came back, in {done} documents")
    print("1..2")


if __name__ == "__main__":
    main()
