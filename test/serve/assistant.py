#!/usr/bin/env python3
"""labwright mcp, driven by the protocol's own client: every tool, its arguments, and what it must not do.

    assistant.py LABWRIGHT
"""
import asyncio
import json
import os
import subprocess
import sys

import tap

tap.with_clients()
from mcp import ClientSession, StdioServerParameters  # noqa: E402
from mcp.client.stdio import stdio_client  # noqa: E402
from mcp.shared.exceptions import MCPError  # noqa: E402

WEB = """apiVersion: v1
kind: Service
metadata: {name: web, namespace: lab}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8081}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: lab}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1.27.0
          readinessProbe: {tcpSocket: {port: 8080}}
          resources: {requests: {cpu: 10m, memory: 64Mi}, limits: {memory: 64Mi}}
          ports: [{containerPort: 8080}]
"""
FILES = {
    "web.yaml": WEB,
    "other/twice.yaml": "a: 1\na: 1\n",
    "labwright.yaml": "nodes:\n  anna: {capacity: {cpu: 4, memory: 8Gi}}\n",
}


async def session(program, root, *options, use):
    parameters = StdioServerParameters(command=program, args=["mcp", *options, root], env=dict(os.environ))
    async with stdio_client(parameters) as (read, write):
        async with ClientSession(read, write) as client:
            await use(client, await client.initialize())


def text(result):
    return "".join(block.text for block in result.content)


async def asking(client, greeting):
    async def call(name, **arguments):
        return await client.call_tool(name, arguments)

    tap.same("it says who it is", greeting.server_info.name, "labwright")
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    tap.same("its tools", sorted(tools), ["check", "explain", "facts", "fix", "place", "report"])
    tap.ok("each with a description and a schema of its arguments",
           all(tool.description and tool.input_schema["type"] == "object" for tool in tools.values()))
    tap.ok("all of them read only", all(tool.annotations.read_only_hint for tool in tools.values()))
    await client.send_ping()

    result = await call("check")
    tap.ok("check says what is wrong", not result.is_error and "[service-port-mismatch]" in text(result) and "web.yaml:4:" in text(result), text(result))
    tap.ok("below a path", "twice.yaml" in text(await call("check", path="other")) and "web.yaml" not in text(await call("check", path="other")))
    tap.ok("by rules", "twice.yaml" not in text(await call("check", rule=["service-port-mismatch"])))
    found = json.loads(text(await call("check", format="json", rule="yaml-duplicate-key")))
    tap.same("as JSON", [one["path"] for one in found["findings"]], ["other/twice.yaml"])
    result = await call("check", rule=["service-port-mismatsh"])
    tap.ok("a wrong rule is an error that names the right one", result.is_error and "service-port-mismatch" in text(result), text(result))
    result = await call("explain", rules=["--help"])
    tap.ok("an argument is never an option", result.is_error and "no rule is called '--help'" in text(result), text(result))
    result = await call("explain", rules=["service-port-mismatch", "yaml-duplicate-key"])
    tap.ok("explain explains", "service-port-mismatch (error)" in text(result) and "To silence it" in text(result), text(result))
    result = await call("facts", subject="Service web")
    tap.ok("facts", "selects" in text(result) and "Deployment web/pod" in text(result), text(result))
    result = await call("facts", kind="image")
    tap.ok("facts of a kind", "nginx:1.27.0" in text(result) and "selects" not in text(result), text(result))
    result = await call("place", what_if=["lose anna"])
    tap.ok("place answers a question", "anna" in text(result), text(result))
    result = await call("place", format="json")
    tap.ok("place as JSON", "nodes" in json.loads(text(result)) or json.loads(text(result)), text(result)[:300])
    result = await call("report", **{"from": "HEAD~1"})
    tap.ok("report is the page", "\n# What became of " in text(result) and "web.yaml" in text(result), text(result)[:500])

    result = await call("fix", derive=True)
    tap.ok("fix shows a diff", "+spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}" in text(result), text(result))
    result = await call("fix", derive=True, write=True)
    tap.ok("and does not write unless it may", result.is_error and "--allow-write" in text(result), text(result))
    for name, arguments, says in ("explain", {"what": "x"}, "explain has no 'what'; it takes rules"), \
            ("check", {"paths": "."}, "it takes path, rule, level, profile, new_since, all, format"), \
            ("explain", {}, "'rules' wants a list of texts: Ids of rules, as check prints them"), \
            ("fix", {"derive": "yes"}, "'derive' wants true or false: "), \
            ("rules", {}, "no tool is called 'rules'; there are check, explain, facts, fix, place, report"):
        try:
            await client.call_tool(name, arguments)
            tap.ok(f"{name} {arguments} is answered by what may be asked", False)
        except MCPError as error:
            tap.ok(f"{name} {arguments} is answered by what may be asked", says in error.error.message, error.error.message)
    result = await call("check", level="loud")
    tap.ok("a level that is none is answered by those that are", result.is_error and "error, warning, info" in text(result), text(result))
    for name, arguments in ("fix", {"write": "yes"}), ("check", {"root": "/"}), ("check", {"rule": [1]}), ("explain", {}), ("rm", {}), \
            ("check", {"path": "../.."}), ("check", {"path": "/etc"}), ("check", {"path": "--all"}), ("fix", {"path": "out"}):
        try:
            await client.call_tool(name, arguments)
            tap.ok(f"{name} {arguments} is refused", False)
        except MCPError as error:
            tap.same(f"{name} {arguments} is refused", error.error.code, -32602)


async def writing(client, _):
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    tap.ok("fix says that it writes", not tools["fix"].annotations.read_only_hint and tools["check"].annotations.read_only_hint)
    result = await client.call_tool("fix", {"derive": True, "write": True, "path": "web.yaml"})
    tap.ok("fix writes where it may", not result.is_error, text(result))
    result = await client.call_tool("check", {"path": "web.yaml"})
    tap.ok("what is checked is the working tree", "service-port-mismatch" not in text(result), text(result))


async def main():
    program = os.path.abspath(sys.argv[1])
    root = tap.repository(FILES)
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    git = ["git", "-C", root, "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "commit", "-qm", "all"], check=True, env=env)
    subprocess.run([*git, "commit", "-qm", "nothing", "--allow-empty"], check=True, env=env)
    os.symlink("/etc", os.path.join(root, "out"))
    before = open(os.path.join(root, "web.yaml"), encoding="utf-8").read()
    await asyncio.wait_for(session(program, root, use=asking), 200)
    tap.same("nothing was written", open(os.path.join(root, "web.yaml"), encoding="utf-8").read(), before)
    await asyncio.wait_for(session(program, root, "--allow-write", use=writing), 100)
    tap.same("one value is written", open(os.path.join(root, "web.yaml"), encoding="utf-8").read(), before.replace("8081", "8080"))
    for version in "2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "1999-01-01":
        hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": version, "capabilities": {}}}
        out = subprocess.run([program, "mcp", root], input=json.dumps(hello) + "\n", capture_output=True, text=True, timeout=60, check=True).stdout
        got = json.loads(out)["result"]["protocolVersion"]
        tap.same(f"version {version}", got, "2025-11-25" if version == "1999-01-01" else version)
    tap.finish()


asyncio.run(main())
