#!/usr/bin/env python3
"""labwright check --online against a real registry on loopback: with and without tokens, and when it limits or is away.

    registry.py LABWRIGHT
"""
import base64
import http.server
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "place"))
import check as placement
import homelabs
import tap
from images import Registry, running

PROGRAM = os.path.abspath(sys.argv[1])
def check_that(good, name):
    tap.ok(name, good)


def fill(registry):
    for tag in ("1.0.0", "1.2.0", "1.10.0", "1.2.0-alpine", "v9.0.0", "2024.1.0", "latest"):
        registry.index("lab/web", tag, ["amd64", "arm64"])
    registry.manifest("lab/tool", "2.0.1", "amd64")


class Tokens(http.server.BaseHTTPRequestHandler):
    """Signs what the registry wants; the key and the certificate are made by openssl."""

    folder = ""

    def log_message(self, *_):
        pass

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)
        kind, name, actions = query["scope"][0].split(":")
        der = subprocess.run(["openssl", "x509", "-in", f"{self.folder}/cert.pem", "-outform", "DER"],
                             capture_output=True, check=True).stdout
        now = int(time.time())
        head = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}
        claims = {"iss": "lab", "sub": "", "aud": query["service"][0], "exp": now + 300, "nbf": now - 10, "iat": now,
                  "jti": "1", "access": [{"type": kind, "name": name, "actions": actions.split(",")}]}
        parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims)]
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", f"{self.folder}/key.pem"],
                                   input=b".".join(parts), capture_output=True, check=True).stdout
        token = b".".join(parts + [base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()
        body = json.dumps({"token": token}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Limits(http.server.BaseHTTPRequestHandler):
    """A registry that has had enough; after one short wait nobody may ask again."""

    asked = 0

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        Limits.asked += 1
        self.send_response(429)
        self.send_header("Retry-After", "1")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD


def serve(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def check(folder, port, *words):
    repository = f"{folder}/lab-{port}"
    shutil.rmtree(repository, ignore_errors=True)
    os.makedirs(repository)
    host = f"127.0.0.1:{port}"
    with open(f"{repository}/compose.yaml", "w", encoding="utf-8") as file:
        file.write(f"""services:
  web: {{image: "{host}/lab/web:1.2.0", restart: always}}
  slim: {{image: "{host}/lab/web:1.2.0-alpine", restart: always}}
  slip: {{image: "{host}/lab/web:1.2.0-alpin", restart: always}}
  tool: {{image: "{host}/lab/tool:2.0.1", restart: always}}
  gone: {{image: "{host}/lab/gone:1.0.0", restart: always}}
  open: {{image: "{host}/lab/${{NAME:-web}}:1.0.0", restart: always}}
""")
    with open(f"{repository}/labwright.yaml", "w", encoding="utf-8") as file:
        file.write("nodes:\n  board:\n    arch: arm64\n")
    subprocess.run(["git", "init", "-q"], cwd=repository, check=True)
    subprocess.run(["git", "add", "-A"], cwd=repository, check=True)
    done = subprocess.run([PROGRAM, "check", "--format", "lines", "--level", "info", *words], cwd=repository,
                          capture_output=True, text=True, timeout=120, check=False)
    return done.stdout, done.stderr


def what_is_said(name, out, port):
    host = f"127.0.0.1:{port}"
    check_that(f"the registry has no such tag or digest of '{host}/lab/web:1.2.0-alpin' [image-missing]" in out,
              f"{name}: a tag that is not there")
    check_that("hint: the registry has 1.2.0-alpine" in out, f"{name}: and the one that was meant")
    check_that(f"the registry has no repository for '{host}/lab/gone:1.0.0' [image-missing]" in out,
              f"{name}: a repository that is not there")
    check_that(f"'{host}/lab/tool:2.0.1' is built for amd64, and can only run on board, which is arm64" in out,
              f"{name}: an image for another machine")
    check_that(f"'{host}/lab/web:1.2.0': the registry has 1.10.0 [image-outdated]" in out,
              f"{name}: a newer version, counted by numbers and of the same form")
    check_that(out.count("image-missing") == 2 and out.count("image-arch-mismatch") == 1 and
              out.count("image-outdated") == 1, f"{name}: and nothing else")


def beside_a_cluster(folder, port):
    """Pods, and what `kubectl get nodes -o json` says of the machines that they may run on."""
    repository, host = f"{folder}/cluster", f"127.0.0.1:{port}"
    os.makedirs(repository)
    pod = "{{apiVersion: v1, kind: Pod, metadata: {{name: {0}}}, spec: {{{1}containers: [{{name: {0}, image: \"{2}\"}}]}}}}\n"
    with open(f"{repository}/pods.yaml", "w", encoding="utf-8") as file:
        file.write("---\n".join([
            pod.format("bound", "nodeSelector: {kubernetes.io/hostname: board}, ", f"{host}/lab/tool:2.0.1"),
            pod.format("fine", "nodeSelector: {kubernetes.io/arch: amd64}, ", f"{host}/lab/tool:2.0.1"),
            pod.format("held", "", f"{host}/lab/gone:1.0.0")]))
    nodes = [{"kind": "Node", "apiVersion": "v1", "metadata": {"name": name}, "status": {
        "nodeInfo": {"architecture": architecture}, "images": images}} for name, architecture, images in
        (("board", "arm64", []), ("tower", "amd64", [{"names": [f"{host}/lab/gone@sha256:00", f"{host}/lab/gone:1.0.0"]}]))]
    with open(f"{folder}/nodes.json", "w", encoding="utf-8") as file:
        json.dump({"kind": "List", "apiVersion": "v1", "items": nodes}, file)
    done = subprocess.run([PROGRAM, "check", "--format", "lines", "--online", "--usage", f"{folder}/nodes.json", "--root", repository],
                          capture_output=True, text=True, timeout=120, check=False)
    check_that("is built for amd64, and can only run on board, which is arm64 [image-arch-mismatch]" in done.stdout,
               "nodes of a cluster: an image for another machine")
    check_that(done.stdout.count("image-arch-mismatch") == 1, "and none where the selector names a machine that fits")
    check_that("hint: node tower holds it still" in done.stdout, "an image that only a node has left")



def placed(folder, port):
    """Two nodes, of which one alone can run what is built for it; of the image that is in no registry nobody knows."""
    words = [PROGRAM, "place", "--format", "json", "--online", "--usage", f"{folder}/sized.json", "--root", f"{folder}/cluster"]
    with open(f"{folder}/nodes.json", encoding="utf-8") as file:
        nodes = json.load(file)
    for node in nodes["items"]:
        node["status"]["capacity"] = node["status"]["allocatable"] = {"cpu": "4", "memory": "8Gi", "pods": "110"}
    with open(f"{folder}/sized.json", "w", encoding="utf-8") as file:
        json.dump(nodes, file)
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    answer = json.loads(done.stdout)
    lost, rows = answer["unplaced"], {row["workload"]: row["nodes"] for row in answer["workloads"]}
    why = lost[0]["why"]["board"] if lost and lost[0]["workload"] == "bound" else ""
    check_that(len(lost) == 1 and why.startswith("it is arm64, and image") and why.endswith("is built for amd64"),
               "place: what is bound to a node that its image is not built for has no place, and why")
    check_that(list(rows["fine"]) == ["tower"] and len(rows["held"]) == 1, "place: the others have one")
    check_that(any("of 1 image nobody said what" in note["note"] for note in answer["notes"]), "place: what is unknown is told")


def placed_by_architecture(folder, port):
    """Made-up homelabs on nodes of two architectures, with images for both, for one, and that nobody knows; where pods
    may run is worked out again by test/place/world.py."""
    platforms = {f"127.0.0.1:{port}/lab/web:1.2.0": {"amd64", "arm64"}, f"127.0.0.1:{port}/lab/tool:2.0.1": {"amd64"}}
    images, wrong, refused = [*platforms, f"127.0.0.1:{port}/lab/gone:1.0.0"], [], 0
    for seed in range(12):
        chance, lab = random.Random(seed), f"{folder}/lab{seed}"
        config, objects, live = homelabs.random_homelab(seed)
        for node in config["nodes"].values():
            node.update(chance.choice([{"arch": "amd64"}, {"arch": "arm64"}, {}]))
        for object in objects:
            if "template" in object.get("spec", {}):
                object["spec"]["template"]["spec"]["containers"][0]["image"] = chance.choice(images)
        words = homelabs.write(lab, config, objects, live)
        answer = placement.place(PROGRAM, lab, [*words, "--online"])
        wrong += [f"{seed}: {sentence}" for sentence in placement.wrong_of(lab, answer, words, platforms=platforms)]
        refused += bool(placement.wrong_of(lab, placement.place(PROGRAM, lab, words), words, platforms=platforms))
    for sentence in wrong:
        print("#", sentence)
    check_that(not wrong, "place: homelabs of two architectures")
    check_that(refused > 0, "and some placements would be wrong that no registry was asked for")


def main():
    if not shutil.which("docker-registry"):
        print("1..0 # SKIP no docker-registry")
        return
    with tempfile.TemporaryDirectory() as folder:
        plain = Registry(folder)
        fill(plain)
        out, _ = check(folder, plain.port)
        check_that("image-" not in out, "nothing is asked unless the owner says so")
        out, errors = check(folder, plain.port, "--online")
        what_is_said("without tokens", out, plain.port)
        check_that(errors == "", "and all was asked")
        beside_a_cluster(folder, plain.port)
        placed(folder, plain.port)
        placed_by_architecture(folder, plain.port)
        plain.stop()

        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=lab",
                        "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"],
                       check=True, capture_output=True)
        Tokens.folder = folder
        tokens = serve(Tokens)
        guarded = Registry(folder, (f"http://127.0.0.1:{tokens.server_port}/token", f"{folder}/cert.pem"))
        out, errors = check(folder, guarded.port, "--online")
        what_is_said("with tokens", out, guarded.port)
        guarded.stop()
        out, errors = check(folder, guarded.port, "--online")
        check_that("image-missing" not in out and "not reached" in errors, "a registry that is away says nothing")
        tokens.shutdown()

        limits = serve(Limits)
        out, errors = check(folder, limits.server_port, "--online")
        check_that("image-missing" not in out and "limits how often" in errors, "one that limits is left alone")
        check_that(Limits.asked == 2, "after it was waited for once")
        limits.shutdown()
    tap.finish()


try:
    main()
finally:
    for left in running:
        left.terminate()
