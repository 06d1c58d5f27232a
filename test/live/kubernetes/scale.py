#!/usr/bin/env python3
"""Nodes and pods by the thousand, as a scheduler and kubelets would leave them: scale.py NODES PODS, by control.sh."""
import concurrent.futures
import http.client
import json
import os
import ssl
import sys
import threading

KUBE = os.environ["KUBE"]
own = threading.local()


def ask(method, path, body):
    if not hasattr(own, "server"):
        context = ssl.create_default_context(cafile=KUBE + "/ca.crt")
        context.load_cert_chain(KUBE + "/admin.crt", KUBE + "/admin.key")
        own.server = http.client.HTTPSConnection("127.0.0.1", 6443, context=context)
    own.server.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
    answer = own.server.getresponse()
    text = answer.read()
    if answer.status >= 300:
        raise SystemExit(f"{method} {path}: {text[:300]}")


def node(number):
    amounts = {"cpu": "32", "memory": "256Gi", "pods": "110"}
    name = f"node-{number}"
    ask("POST", "/api/v1/nodes", {"kind": "Node", "apiVersion": "v1", "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
                                  "status": {"capacity": amounts, "allocatable": amounts}})


def pod(number, nodes):
    container = {"name": "app", "image": "registry.example.org/team/service:1.2.3", "ports": [{"containerPort": 8080}],
                 "env": [{"name": f"SETTING_{i}", "value": f"value-{i}"} for i in range(6)],
                 "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}}}
    ask("POST", "/api/v1/namespaces/default/pods",
        {"kind": "Pod", "apiVersion": "v1", "metadata": {"name": f"service-{number}", "labels": {"app": "service", "team": "lab"}},
         "spec": {"nodeName": f"node-{number % nodes}", "containers": [container]}})


def main():
    nodes, pods = int(sys.argv[1]), int(sys.argv[2])
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        for _ in pool.map(node, range(nodes)):
            pass
        for _ in pool.map(lambda number: pod(number, nodes), range(pods)):
            pass


main()
