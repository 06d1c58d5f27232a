#!/usr/bin/env python3
"""fix --write and organize --write, killed at random moments: after the next run the tree is the old one or the new one.

    86-killed.py LABWRIGHT

test/unit/journal.c dies at each system call of the journal; here the whole program does, whenever it happens to be.
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SECONDS, KILLS = 12, 60  # for each of the two commands
FILES = 40

MANIFEST = """apiVersion: v1
kind: Service
metadata: {{name: app{i}, namespace: lab}}
spec: {{selector: {{app: app{i}}}, ports: [{{port: 80, targetPort: 8081}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: app{i}, namespace: lab}}
spec:
  selector: {{matchLabels: {{app: app{i}}}}}
  template:
    metadata: {{labels: {{app: app{i}}}}}
    spec:
      containers:
        - name: main
          image: {image}
          resources: {{requests: {{cpu: 10m, memory: 64Mi}}}}
          readinessProbe: {{tcpSocket: {{port: 8080}}}}
          ports: [{{containerPort: 8080}}]
"""


def make(folder):
    images = ["postgres:16.4", "grafana/grafana:11.1.0", "ollama/ollama:0.5.13", "jellyfin/jellyfin:10.9.1"]
    for i in range(FILES):
        os.makedirs(f"{folder}/app{i}/more")
        with open(f"{folder}/app{i}/app.yaml", "w") as file:
            file.write(MANIFEST.format(i=i, image=images[i % len(images)]))
        with open(f"{folder}/app{i}/more/read.md", "w") as file:
            file.write("See [the manifest](../app.yaml).\n")
    with open(f"{folder}/README.md", "w") as file:
        file.writelines(f"- [app{i}](app{i}/app.yaml)\n" for i in range(FILES))
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "lab"]):
        subprocess.run(["git", "-C", folder, *words], check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"})


def tree(folder):
    found = {}
    for top, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in names:
            with open(os.path.join(top, name), "rb") as file:
                found[os.path.relpath(os.path.join(top, name), folder)] = file.read()
        if not folders and not names:
            found[os.path.relpath(top, folder) + "/"] = b""
    return found


def run(program, words, folder, after=None):
    """True if it was killed after so many seconds; it ended by itself otherwise."""
    with subprocess.Popen([program, *words, folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            process.wait(timeout=60 if after is None else after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
    return process.returncode == -signal.SIGKILL


def when_it_writes(program, words, whole):
    """Seconds from the start to the first and the last change, and how long it runs."""
    with tempfile.TemporaryDirectory() as top:
        folder = os.path.join(top, "lab")
        shutil.copytree(whole, folder)
        start = time.monotonic()
        run(program, words, folder)
        took = time.monotonic() - start
        return took, tree(folder)


def killed_often(program, words, whole):
    """How often it was killed, how often in the middle, and what was neither the old nor the new tree."""
    took, new = when_it_writes(program, words, whole)
    old, chance, bad = tree(whole), random.Random(" ".join(words)), []
    kills = halves = done = 0
    end = time.monotonic() + SECONDS
    for _ in range(KILLS):
        if time.monotonic() > end:
            break
        with tempfile.TemporaryDirectory() as top:
            folder = os.path.join(top, "lab")
            shutil.copytree(whole, folder)
            # most of the time goes into the proof, and the writing is near the end
            after = took * (chance.random() if chance.random() < 0.2 else chance.uniform(0.4, 1.05))
            start = time.monotonic()
            killed = run(program, words, folder, after)
            if not killed:
                took = min(took, time.monotonic() - start)  # the machine was busy when it was measured
            left = tree(folder)
            kills += killed
            halves += left not in (old, new)
            done += left == new
            run(program, words, folder)  # brings it to an end, or takes it back, or finds nothing to do
            recovered = tree(folder)
            if recovered not in (old, new):
                bad.append(f"killed after {after:.3f} s: {sorted(set(recovered) ^ set(old))[:5]}")
            run(program, words, folder)
            if tree(folder) != new:
                bad.append(f"killed after {after:.3f} s: the run after the next does not end where it should")
    return kills, halves, bad, old != new


def main():
    program, number = os.path.abspath(sys.argv[1]), 0
    for words in (["fix", "--derive", "--write"], ["organize", "--write"]):
        with tempfile.TemporaryDirectory() as top:
            whole = os.path.join(top, "whole")
            make(whole)
            kills, halves, bad, changes = killed_often(program, words, whole)
        for good, name in ((changes, "there is something to write"), (not bad, "the tree is the old or the new one"),
                           (kills > 0, "it was killed at all")):
            number += 1
            print("ok" if good else "not ok", number, f"{words[0]}: {name}")
        print(f"# {words[0]}: killed {kills} times, {halves} of them between the old tree and the new")
        for line in bad:
            print("#", line)
    print(f"1..{number}")


main()
