#!/usr/bin/env python3
"""A real registry on loopback with images that hold nothing but what they are for.

    images.py FOLDER NAME:TAG=ARCHITECTURE[,ARCHITECTURE…]…

prints its port once all are there, and ends when its input does.
"""
import hashlib
import json
import socket
import subprocess
import sys
import time
import urllib.request

OCI = "application/vnd.oci.image."
running = []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Registry:
    """Debian's docker-registry, stopped by its process; token is (realm, certificate) or None."""

    def __init__(self, folder, token=None):
        self.port = free_port()
        config = {
            "version": 0.1,
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": f"{folder}/store"}},
            "http": {"addr": f"127.0.0.1:{self.port}", "secret": "x"},
        }
        if token:
            config["auth"] = {"token": {"realm": token[0], "service": "lab", "issuer": "lab", "rootcertbundle": token[1]}}
        with open(f"{folder}/registry.yml", "w", encoding="utf-8") as file:
            json.dump(config, file)
        self.process = subprocess.Popen(["docker-registry", "serve", f"{folder}/registry.yml"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        running.append(self.process)
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("the registry does not start")

    def stop(self):
        running.remove(self.process)
        self.process.terminate()
        self.process.wait(20)

    def send(self, method, path, body=b"", kind="application/octet-stream"):
        url = path if path.startswith("http") else f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(url, data=body, method=method, headers={"Content-Type": kind})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.headers

    def blob(self, name, data):
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        place = self.send("POST", f"/v2/{name}/blobs/uploads/")["Location"]
        self.send("PUT", place + ("&" if "?" in place else "?") + "digest=" + digest, data)
        return {"digest": digest, "size": len(data)}

    def manifest(self, name, reference, architecture):
        config = self.blob(name, json.dumps({"architecture": architecture, "os": "linux", "n": reference}).encode())
        layer = self.blob(name, b"layer of " + architecture.encode())
        body = json.dumps({"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
                           "config": {"mediaType": OCI + "config.v1+json", **config},
                           "layers": [{"mediaType": OCI + "layer.v1.tar", **layer}]}).encode()
        digest = "sha256:" + hashlib.sha256(body).hexdigest()
        self.send("PUT", f"/v2/{name}/manifests/{reference or digest}", body, OCI + "manifest.v1+json")
        return {"mediaType": OCI + "manifest.v1+json", "digest": digest, "size": len(body),
                "platform": {"architecture": architecture, "os": "linux"}}

    def index(self, name, tag, architectures):
        manifests = [self.manifest(name, None, architecture) for architecture in architectures]
        body = json.dumps({"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": manifests}).encode()
        self.send("PUT", f"/v2/{name}/manifests/{tag}", body, OCI + "index.v1+json")


def main():
    registry = Registry(sys.argv[1])
    try:
        for word in sys.argv[2:]:
            image, _, architectures = word.partition("=")
            registry.index(*image.split(":"), architectures.split(","))
        print(registry.port, flush=True)
        sys.stdin.read()
    finally:
        registry.stop()


if __name__ == "__main__":
    main()
