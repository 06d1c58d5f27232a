#!/usr/bin/env python3
"""A server that stands before the API server and does to answers what networks and busy servers do.

    proxy.py PORT FOLDER

FOLDER holds ca.crt, admin.crt and admin.key. Asked by plain HTTP, it asks the API server as its administrator; CONNECT
makes a tunnel. FOLDER/faults is a list of JSON objects, of which each counts for requests whose "METHOD PATH" its
`match` (an expression) finds, `times` times:

    {"match": "GET .*pods", "status": 429, "after": 1, "times": 2}   that answer, with Retry-After
    {"match": "watch=true", "cut": 400}                              the stream ends after so many bytes
    {"match": "GET .*pods", "rate": 100000}                          so many bytes a second
    {"match": "watch=true", "expired": true}                         a watch whose version is too old
    {"match": "watch=true", "bookmark": "123"}                       a watch that ends after it has said how far it is

FOLDER/asked gets a line for each request: method, path, the form that is asked for where it is not the usual one, and the bytes
of the answer.
"""
import http.client
import http.server
import json
import os
import re
import select
import socket
import ssl
import sys
import threading
import time

EXPIRED = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}}
lock = threading.Lock()
used = {}


def fault_of(folder, line):
    try:
        with open(os.path.join(folder, "faults")) as file:
            faults = [json.loads(text) for text in file if text.strip()]
    except FileNotFoundError:
        return {}
    for fault in faults:
        key = json.dumps(fault)
        with lock:
            if re.search(fault["match"], line) and used.get(key, 0) < fault.get("times", 1 << 30):
                used[key] = used.get(key, 0) + 1
                return fault
    return {}


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = ""
    context = None

    def log_message(self, *words):
        pass

    def do_CONNECT(self):
        host, port = self.path.rsplit(":", 1)
        with open(os.path.join(self.folder, "asked"), "a") as file:
            file.write(f"CONNECT {self.path}\n")
        with socket.create_connection((host, int(port))) as other:
            self.send_response(200)
            self.end_headers()
            pair = {self.connection: other, other: self.connection}
            while True:
                for one in select.select(list(pair), [], [], 60)[0]:
                    data = one.recv(65536)
                    if not data:
                        return
                    pair[one].sendall(data)

    def answer(self):
        line = f"{self.command} {self.path}"
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = fault_of(self.folder, line)
        self.sent = 0
        form = re.search(r"as=\w+", self.headers.get("Accept", ""))
        try:
            self.serve(line, body, fault)
        except (BrokenPipeError, ConnectionResetError):  # who watches hangs up when enough is seen
            self.close_connection = True
        finally:
            with open(os.path.join(self.folder, "asked"), "a") as file:
                file.write(f"{line} {form.group() + ' ' if form else ''}{self.sent}\n")

    def serve(self, line, body, fault):
        if "status" in fault:
            text = json.dumps({"kind": "Status", "code": fault["status"], "message": "the proxy says so"}).encode()
            self.send_response(fault["status"])
            if "after" in fault:
                self.send_header("Retry-After", str(fault["after"]))
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
        elif "expired" in fault or "bookmark" in fault:
            mark = {"type": "BOOKMARK", "object": {"kind": "Object", "metadata": {"resourceVersion": fault.get("bookmark")}}}
            self.stream_head(200)
            self.chunk(json.dumps(EXPIRED if "expired" in fault else mark).encode() + b"\n")
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.pass_on(body, fault)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = answer

    def stream_head(self, status, kind="application/json"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, data):
        self.sent += len(data)
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def pass_on(self, body, fault):
        server = http.client.HTTPSConnection("127.0.0.1", 6443, context=self.context, timeout=300)
        headers = {name: self.headers[name] for name in ("Accept", "Content-Type", "User-Agent") if self.headers[name]}
        try:
            server.request(self.command, self.path, body or None, headers)
            answer = server.getresponse()
        except OSError:
            self.close_connection = True
            return
        self.stream_head(answer.status, answer.headers.get("Content-Type", "application/json"))
        left = fault.get("cut", 1 << 40)
        while True:
            data = answer.read1(min(65536, left, max(fault.get("rate", 1 << 40) // 10, 1)))
            if data:
                self.chunk(data)
            left -= len(data)
            if not data or left <= 0:
                break
            if "rate" in fault:
                time.sleep(0.1)
        if left > 0:
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)


def main():
    port, folder = int(sys.argv[1]), sys.argv[2]
    Proxy.folder = folder
    Proxy.context = ssl.create_default_context(cafile=os.path.join(folder, "ca.crt"))
    Proxy.context.load_cert_chain(os.path.join(folder, "admin.crt"), os.path.join(folder, "admin.key"))
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Proxy).serve_forever()


main()
