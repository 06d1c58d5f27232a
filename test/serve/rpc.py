#!/usr/bin/env python3
"""What is no message: half a header, wrong lengths, no JSON, unknown methods. Servers answer, go on, and end with their
input; they never crash or hang.

    rpc.py LABWRIGHT
"""
import json
import random
import subprocess
import sys

import tap

ROOT = tap.repository({"twice.yaml": "a: 1\na: 2\n"})
INITIALIZE = {"jsonrpc": "2.0", "id": 1, "method": "initialize",
              "params": {"capabilities": {}, "rootUri": "file://" + ROOT, "protocolVersion": "2025-06-18",
                         "clientInfo": {"name": "test", "version": "1"}}}


def framed(message):
    body = message if isinstance(message, bytes) else json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def lined(message):
    return (message if isinstance(message, bytes) else json.dumps(message).encode()) + b"\n"


def talk(command, sent):
    """All that comes back for these bytes and the end of the stream, and the exit code."""
    done = subprocess.run([sys.argv[1], command, *([ROOT] if command == "mcp" else [])], input=sent, capture_output=True, timeout=60, check=False)
    return done.stdout, done.returncode, done.stderr.decode(errors="replace")


def read_framed(out):
    messages = []
    while out:
        head, rest = out.split(b"\r\n\r\n", 1)
        length = int(head.split(b":")[1])
        messages.append(json.loads(rest[:length]))
        out = rest[length:]
    return messages


def request(number, method, **params):
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def errors(messages):
    return [message["error"]["code"] for message in messages if "error" in message]


def results(messages):
    return [message["id"] for message in messages if "result" in message]


def editor():
    leave = framed(request(9, "shutdown")) + framed({"jsonrpc": "2.0", "method": "exit"})

    def session(name, middle, wanted_errors, alive=True):
        out, code, said = talk("lsp", framed(INITIALIZE) + middle + leave)
        messages = read_framed(out)
        tap.ok(name, errors(messages) == wanted_errors and 1 in results(messages) and (9 in results(messages)) == alive and
               code == (0 if alive else 1) and not said, messages, code, said)

    session("nothing in between", b"", [])
    session("an unknown request", framed(request(2, "textDocument/foldingRange")), [-32601])
    session("an unknown notification", framed({"jsonrpc": "2.0", "method": "$/setTrace", "params": {}}), [])
    session("no JSON", framed(b"{nonsense"), [-32700])
    session("an empty body", b"Content-Length: 0\r\n\r\n", [-32700])
    session("JSON that is no message", framed(b"17") + framed(b"null") + framed(b'{"id": {}, "method": "x"}'), [-32600] * 3)
    session("an answer that nobody asked for", framed({"jsonrpc": "2.0", "id": "labwright-1", "result": None}), [])
    session("a length that is no number", b"Content-Length: many\r\n\r\n", [])
    session("a negative length", b"Content-Length: -5\r\n\r\n", [])
    session("a length beyond all memory", b"Content-Length: 99999999999999999999\r\n\r\n", [])
    session("garbage before a header", b"\x00\xff\r\n\r\nhello: world\r\n\r\n", [])
    session("another header as well", b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n" +
            framed(request(2, "x")), [-32601])
    session("lines that end with LF alone", b'Content-Length: 40\n\n{"jsonrpc":"2.0","id":2,"method":"xyzw"}', [-32601])
    session("a length that is too short", b'Content-Length: 10\r\n\r\n{"jsonrpc":"2.0","id":2,"method":"x"}', [-32700])
    session("a length that is too long by a little", b'Content-Length: 60\r\n\r\n{"jsonrpc":"2.0","id":2,"method":"x"}', [-32700])
    session("deep nesting", framed(b"[" * 100000), [-32700])
    session("a batch", framed([request(2, "a"), request(3, "b")]), [])
    session("initialize twice", framed(INITIALIZE), [-32600])
    wrong = {"textDocument": {"uri": 5}, "position": "here", "range": [], "context": 7, "contentChanges": {}}
    session("parameters of another type", b"".join(framed(request(20, method, **wrong)) for method in (
        "textDocument/hover", "textDocument/definition", "textDocument/codeAction", "textDocument/didOpen",
        "textDocument/didChange", "textDocument/didClose", "workspace/didChangeWorkspaceFolders")), [])
    session("positions beyond the text", b"".join(framed(request(
        20, method, textDocument={"uri": f"file://{ROOT}/twice.yaml"}, context={"diagnostics": []},
        position={"line": line, "character": 2**40}, range={"start": {"line": -1, "character": -1}, "end": {"line": line, "character": line}}))
        for line in (-7, 0, 1, 2, 2**31, 2**33) for method in ("textDocument/hover", "textDocument/definition", "textDocument/codeAction")), [])
    out, code, _ = talk("lsp", framed(request(2, "textDocument/hover")))
    tap.ok("nothing before initialize", errors(read_framed(out)) == [-32002] and code == 1, out)
    out, code, _ = talk("lsp", framed(INITIALIZE) + framed(request(2, "shutdown")) + framed(request(3, "textDocument/hover")))
    tap.ok("nothing after shutdown", errors(read_framed(out)) == [-32600] and code == 0, out)
    for name, sent in ("half a header", b"Content-Le"), ("half a body", framed(INITIALIZE)[:-10]), ("nothing at all", b""), \
            ("a header without an end", b"Content-Length: 5\r\n" + b"x: y\r\n" * 50000), ("a line without an end", b"x" * 10_000_000):
        out, code, said = talk("lsp", sent)
        tap.ok(f"{name} ends with the stream", code == 1 and not said and not out, out[:200], code, said)

    # A repository that is not there is said, once, and ends nothing.
    gone = {**INITIALIZE, "params": {**INITIALIZE["params"], "rootUri": "file:///nowhere/at/all"}}
    out, code, _ = talk("lsp", framed(gone) + framed(request(2, "textDocument/hover", textDocument={"uri": "file:///a"}, position={"line": 0, "character": 0})) + leave)
    messages = read_framed(out)
    tap.ok("a repository that is not there", code == 0 and any(m.get("method") == "window/showMessage" for m in messages) and 2 not in results(messages), messages)

    # Bytes changed by chance.
    good = framed(INITIALIZE) + framed(request(2, "textDocument/hover", textDocument={"uri": f"file://{ROOT}/twice.yaml"}, position={"line": 1, "character": 0})) + leave
    bad = []
    for seed in range(60):
        chance, sent = random.Random(seed), bytearray(good)
        for _ in range(chance.randint(1, 12)):
            sent[chance.randrange(len(sent))] = chance.randrange(256)
        try:
            out, code, said = talk("lsp", bytes(sent))
            if code not in (0, 1) or said:
                bad.append((seed, code, said))
            read_framed(out)
        except (subprocess.TimeoutExpired, ValueError) as problem:
            bad.append((seed, problem))
    tap.same("60 sessions with bytes changed by chance", bad, [])


def assistant():
    def session(name, middle, wanted):
        out, code, said = talk("mcp", lined(INITIALIZE) + middle + lined(request(9, "ping")))
        messages = [json.loads(line) for line in out.splitlines()]
        flat = [one for message in messages for one in (message if isinstance(message, list) else [message])]
        tap.ok(name, errors(flat) == wanted and flat[0]["id"] == 1 and flat[-1]["id"] == 9 and code == 0 and not said, messages, code, said)

    session("mcp: nothing in between", b"", [])
    session("mcp: an unknown method", lined(request(2, "resources/list")), [-32601])
    session("mcp: no JSON", b"{nonsense\n\n\x00\xff\n", [-32700, -32700])
    session("mcp: a batch", lined([request(2, "ping"), {"jsonrpc": "2.0", "method": "notifications/x"}, request(3, "y"), 5]), [-32601, -32600])
    session("mcp: an empty batch", lined([]), [-32600])
    session("mcp: no arguments", lined(request(2, "tools/call")) + lined(request(3, "tools/call", name="check", arguments=[5])), [-32602, -32602])
    session("mcp: deep nesting", lined(b"[" * 100000), [-32700])
    out, code, said = talk("mcp", lined(INITIALIZE)[:-20])
    tap.ok("mcp: half a line ends with the stream", (out, code, said) == (b"", 0, ""), out, code, said)


editor()
assistant()
tap.finish()
