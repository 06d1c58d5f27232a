#!/usr/bin/env python3
"""The part of a kubelet that kwok does not have, its summary of what is used: kubelet.py PORT NODE, by usage.sh.

Amounts are of a recorded answer of a kubelet 1.31; pods are those that the API server has on the node, and the volume of
each claim is 93 of 100 full.
"""
import http.server
import json
import os
import ssl
import sys
import urllib.request

KUBE, PORT, NODE = os.environ["KUBE"], int(sys.argv[1]), sys.argv[2]
TIME = "2026-01-01T00:00:00Z"


def pods():
    context = ssl.create_default_context(cafile=KUBE + "/ca.crt")
    context.load_cert_chain(KUBE + "/admin.crt", KUBE + "/admin.key")
    url = f"https://127.0.0.1:6443/api/v1/pods?fieldSelector=spec.nodeName%3D{NODE}"
    with urllib.request.urlopen(url, context=context) as answer:
        return json.load(answer)["items"]


def use(memory):
    return {"cpu": {"time": TIME, "usageNanoCores": 50000000, "usageCoreNanoSeconds": 1},
            "memory": {"time": TIME, "availableBytes": 1, "usageBytes": memory + 4096, "workingSetBytes": memory, "rssBytes": memory // 2}}


def volumes(pod):
    for volume in pod["spec"].get("volumes", []):
        claim = volume.get("persistentVolumeClaim")
        amounts = {"time": TIME, "availableBytes": 7340032, "capacityBytes": 104857600, "usedBytes": 97517568, "name": volume["name"]}
        yield {**amounts, **({"pvcRef": {"name": claim["claimName"], "namespace": pod["metadata"]["namespace"]}} if claim else {})}


def summary():
    return {"node": {"nodeName": NODE, **use(3 << 30)}, "pods": [
        {"podRef": {"name": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"], "uid": pod["metadata"]["uid"]},
         "startTime": TIME, "containers": [{"name": container["name"], "startTime": TIME, **use(62 << 20)} for container in pod["spec"]["containers"]],
         "volume": list(volumes(pod))} for pod in pods()]}


class Kubelet(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path != "/stats/summary":
            self.send_error(404)
            return
        body = json.dumps(summary()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("10.77.0.1", PORT), Kubelet)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(KUBE + "/server.crt", KUBE + "/server.key")
server.socket = tls.wrap_socket(server.socket, server_side=True)
server.serve_forever()
