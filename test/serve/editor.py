#!/usr/bin/env python3
"""labwright lsp, driven by the client of pygls: what is typed is checked, edits mend, things lead where they lead.

    editor.py LABWRIGHT
"""
import asyncio
import os
import sys
import time

import tap

tap.with_clients()
from lsprotocol import types as lsp  # noqa: E402
from pygls.lsp.client import LanguageClient  # noqa: E402

APP = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: lab}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: nginx:1.27.0
          envFrom:
            - configMapRef:
                name: web-config
          env:
            - name: DATABASE_URL
              value: postgres://db.lab.svc:5432/web
            - name: DB_HOST
              value: db
          readinessProbe: {tcpSocket: {port: 8080}}
          resources: {requests: {cpu: 10m, memory: 64Mi}, limits: {memory: 64Mi}}
          ports:
            - containerPort: 8080
"""
SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: lab
spec:
  selector:
    app: web
  ports:
    - port: 80
      targetPort: 8080
"""
DATABASE = """apiVersion: v1
kind: Service
metadata:
  name: db
  namespace: lab
spec:
  clusterIP: None
  ports:
    - port: 5432
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: web-config
  namespace: lab
data:
  GREETING: hello
"""
FILES = {
    "apps/deployment.yaml": APP,
    "apps/service.yaml": SERVICE,
    "apps/database.yaml": DATABASE,
    "apps/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: lab\n"
                               "resources:\n  - deployment.yaml\n  - service.yaml\n  - database.yaml\n",
    "compose.yaml": "services:\n  app:\n    image: nginx:1.27.0\n    restart: always\n    depends_on:\n      - cache\n"
                    "  cache:\n    image: redis:7.4.1\n    restart: always\n",
    ".gitignore": "private.yaml\n",
}


class Editor:
    """A client that remembers the last diagnostics of each file."""

    def __init__(self, program, root, cwd=None):
        self.program, self.root, self.cwd = program, root, cwd or root
        self.client = LanguageClient("test", "1")
        self.diagnostics, self.said, self.event = {}, [], asyncio.Event()

        @self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params):
            self.diagnostics[params.uri] = params.diagnostics
            self.said.append(params)
            self.event.set()

        @self.client.feature(lsp.CLIENT_REGISTER_CAPABILITY)
        def registered(params):
            self.registered = params

    async def start(self, **capabilities):
        await self.client.start_io(self.program, "lsp", cwd=self.cwd)
        self.answer = await self.client.initialize_async(lsp.InitializeParams(
            capabilities=lsp.ClientCapabilities(**capabilities), root_uri="file://" + self.root))
        self.client.initialized(lsp.InitializedParams())

    async def stop(self):
        await self.client.shutdown_async(None)
        self.client.exit(None)
        code = await asyncio.wait_for(self.client._server.wait(), 10)
        await self.client.stop()
        return code

    def uri(self, path):
        return "file://" + os.path.join(self.root, path)

    def open(self, path, text):
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(
            lsp.TextDocumentItem(uri=self.uri(path), language_id="yaml", version=1, text=text)))

    def change(self, path, version, *changes):
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(
            lsp.VersionedTextDocumentIdentifier(uri=self.uri(path), version=version), list(changes)))

    def close(self, path):
        self.client.text_document_did_close(lsp.DidCloseTextDocumentParams(
            lsp.TextDocumentIdentifier(self.uri(path))))

    async def until(self, condition, seconds=20):
        """True once the condition holds, looked at whenever diagnostics come."""
        end = time.monotonic() + seconds
        while not condition():
            self.event.clear()
            try:
                await asyncio.wait_for(self.event.wait(), max(0, end - time.monotonic()))
            except asyncio.TimeoutError:
                return condition()
        return True

    def codes(self, path):
        return [one.code for one in self.diagnostics.get(self.uri(path), [])]

    def where(self, path, text, needle, skip=0):
        """The position in the middle of what is looked for, in UTF-16."""
        at = -1
        for _ in range(skip + 1):
            at = text.index(needle, at + 1)
        at += len(needle) // 2
        line = text.count("\n", 0, at)
        before = text[text.rfind("\n", 0, at) + 1:at]
        return lsp.TextDocumentIdentifier(self.uri(path)), lsp.Position(line, len(before.encode("utf-16-le")) // 2)

    async def leads(self, path, text, needle, skip=0):
        document, position = self.where(path, text, needle, skip)
        places = await self.client.text_document_definition_async(lsp.DefinitionParams(document, position))
        return [(os.path.relpath(place.uri[len("file://"):], self.root), place.range.start.line + 1)
                for place in places or []]

    async def hover(self, path, text, needle):
        document, position = self.where(path, text, needle)
        found = await self.client.text_document_hover_async(lsp.HoverParams(document, position))
        return found.contents.value if found else ""

    async def actions(self, path, line, **context):
        return await self.client.text_document_code_action_async(lsp.CodeActionParams(
            lsp.TextDocumentIdentifier(self.uri(path)),
            lsp.Range(lsp.Position(line, 0), lsp.Position(line, 200)),
            lsp.CodeActionContext(diagnostics=[], **context)))


def applied(text, edits):
    """The text after edits of UTF-16 positions."""
    lines = text.splitlines(keepends=True) + [""]

    def offset(position):
        line = lines[position.line].encode("utf-16-le")
        return sum(map(len, lines[:position.line])) + len(line[:2 * position.character].decode("utf-16-le"))
    for edit in sorted(edits, key=lambda edit: offset(edit.range.start), reverse=True):
        text = text[:offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end):]
    return text


def whole(text):
    return lsp.TextDocumentContentChangeWholeDocument(text=text)


def part(line, start, end, text, end_line=None):
    return lsp.TextDocumentContentChangePartial(
        range=lsp.Range(lsp.Position(line, start), lsp.Position(line if end_line is None else end_line, end)), text=text)


async def typing(program):
    root = tap.repository(FILES)
    editor = Editor(program, root)
    await editor.start(workspace=lsp.WorkspaceClientCapabilities(
        workspace_edit=lsp.WorkspaceEditClientCapabilities(document_changes=True),
        did_change_watched_files=lsp.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)))
    tap.same("positions are UTF-16 unless asked otherwise", editor.answer.capabilities.position_encoding, "utf-16")
    editor.open("apps/service.yaml", SERVICE)
    tap.ok("an open text is answered", await editor.until(lambda: editor.uri("apps/service.yaml") in editor.diagnostics))
    tap.same("a repository without faults has no diagnostics", [d for d in editor.diagnostics.values() if d], [])
    tap.ok("it asks to be told of other files", hasattr(editor, "registered"))

    # A port that nothing listens on, typed and not saved.
    line = SERVICE.splitlines().index("      targetPort: 8080")
    editor.change("apps/service.yaml", 2, part(line, 18, 22, "8081"))
    tap.ok("what is typed is checked", await editor.until(lambda: editor.codes("apps/service.yaml")))
    tap.same("by the rule", editor.codes("apps/service.yaml"), ["service-port-mismatch"])
    found = editor.diagnostics[editor.uri("apps/service.yaml")][0]
    tap.same("at its place", (found.range.start.line, found.range.start.character, found.range.end.character), (line, 18, 22))
    tap.same("as an error", found.severity, lsp.DiagnosticSeverity.Error)
    tap.ok("with the other side in another file",
           any(one.location.uri == editor.uri("apps/deployment.yaml") for one in found.related_information or []),
           found.related_information)
    tap.same("of the version it is for", editor.said[-1].version, 2)

    typed = SERVICE.replace("targetPort: 8080", "targetPort: 8081")
    text = await editor.hover("apps/service.yaml", typed, "8081")
    tap.ok("hover explains the rule", "service-port-mismatch" in text and "labwright: ignore=service-port-mismatch" in text, text)
    tap.ok("and says the facts of the thing", "target-number `8081`" in text, text)

    actions = await editor.actions("apps/service.yaml", line)
    tap.same("one proven edit is offered", len(actions), 1)
    action = actions[0]
    tap.ok("as a quick fix of that finding", action.kind == "quickfix" and action.diagnostics[0].code == "service-port-mismatch")
    changes = action.edit.document_changes
    tap.same("for the version of the text", [(c.text_document.uri, c.text_document.version) for c in changes],
             [(editor.uri("apps/service.yaml"), 2)])
    tap.same("it mends", applied(typed, changes[0].edits), SERVICE)
    tap.same("no edits where only refactorings are asked for", list(await editor.actions("apps/service.yaml", line, only=["refactor"])), [])
    tap.same("no edits where nothing is wrong", list(await editor.actions("apps/service.yaml", 0)), [])
    editor.change("apps/service.yaml", 3, whole(applied(typed, changes[0].edits)))
    tap.ok("then the finding is gone", await editor.until(lambda: not editor.codes("apps/service.yaml")))

    # One file is typed, another one is wrong by it.
    editor.open("apps/database.yaml", DATABASE)
    editor.change("apps/database.yaml", 2, whole(DATABASE.replace("web-config", "web-konfig")))
    tap.ok("a finding in a file that is not open", await editor.until(lambda: "ref-config-missing" in editor.codes("apps/deployment.yaml")),
           editor.diagnostics)
    editor.close("apps/database.yaml")
    tap.ok("closed without saving, the file on disk counts", await editor.until(lambda: not editor.codes("apps/deployment.yaml")))

    # Files that are new or ignored.
    editor.open("apps/second.yaml", "a: 1\na: 2\n")
    tap.ok("a file that is not on disk yet", await editor.until(lambda: "yaml-duplicate-key" in editor.codes("apps/second.yaml")))
    with open(os.path.join(root, "private.yaml"), "w", encoding="utf-8") as file:
        file.write("a: 1\na: 2\n")
    editor.open("private.yaml", "a: 1\na: 2\na: 3\n")
    await editor.hover("private.yaml", "a: 1\n", "a")
    tap.same("one that Git ignores is left alone", editor.codes("private.yaml"), [])
    with open(os.path.join(root, "third.yaml"), "w", encoding="utf-8") as file:
        file.write("b: 1\nb: 2\n")
    editor.client.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams(
        [lsp.FileEvent(editor.uri("third.yaml"), lsp.FileChangeType.Created)]))
    tap.ok("one that somebody else wrote", await editor.until(lambda: editor.codes("third.yaml")))
    tap.same("shutdown and exit end it", await editor.stop(), 0)


async def leading(program):
    root = tap.repository(FILES)
    editor = Editor(program, root)
    await editor.start()
    line = {name: [i + 1 for i, text in enumerate(FILES[name].splitlines())] for name in FILES}
    tap.ok("lines are counted", len(line["compose.yaml"]) == 9)
    tap.same("a selector leads to the label of its pods", await editor.leads("apps/service.yaml", SERVICE, "app: web"),
             [("apps/deployment.yaml", 9)])
    tap.same("a targetPort to the port of the container", await editor.leads("apps/service.yaml", SERVICE, "8080"),
             [("apps/deployment.yaml", 25)])
    tap.same("a ConfigMap's name to the ConfigMap", await editor.leads("apps/deployment.yaml", APP, "web-config"),
             [("apps/database.yaml", 14)])
    tap.same("the host of a URL to its Service", await editor.leads("apps/deployment.yaml", APP, "db.lab.svc"),
             [("apps/database.yaml", 4)])
    tap.same("the port of a URL to the Service's port", await editor.leads("apps/deployment.yaml", APP, "5432"),
             [("apps/database.yaml", 9)])
    tap.same("a bare host to its Service", await editor.leads("apps/deployment.yaml", APP, "db\n"),
             [("apps/database.yaml", 4)])
    text = FILES["apps/kustomization.yaml"]
    tap.same("an entry of a kustomization to the file", await editor.leads("apps/kustomization.yaml", text, "service.yaml"),
             [("apps/service.yaml", 1)])
    tap.same("depends_on to the service", await editor.leads("compose.yaml", FILES["compose.yaml"], "cache"), [("compose.yaml", 7)])
    tap.same("a word that leads nowhere", await editor.leads("apps/service.yaml", SERVICE, "kind"), [])
    tap.ok("hover tells the facts of a container", "image `nginx:1.27.0`" in await editor.hover("apps/deployment.yaml", APP, "nginx:1.27.0"))
    tap.same("a file of elsewhere has no hover", await editor.client.text_document_hover_async(
        lsp.HoverParams(lsp.TextDocumentIdentifier("file:///nowhere/a.yaml"), lsp.Position(0, 0))), None)
    await editor.stop()


async def counting(program):
    """An emoji is one character, two units of UTF-16, four bytes."""
    text = "# plain\r\nkey: {x: \"\U0001f600é\", x: 2}\r\n"
    root = tap.repository({"smile.yaml": text, "sub/a.yaml": "a: 1\n"})
    for encodings, name, column in ([], "utf-16", 16), (["utf-32", "utf-8"], "utf-8", 19):
        editor = Editor(program, root)
        await editor.start(general=lsp.GeneralClientCapabilities(position_encodings=encodings or None))
        tap.same(f"{name} is agreed on", editor.answer.capabilities.position_encoding, name)
        tap.ok(f"diagnostics in {name}", await editor.until(lambda: editor.codes("smile.yaml")))
        start = editor.diagnostics[editor.uri("smile.yaml")][0].range.start
        tap.same(f"columns count {name}", (start.line, start.character), (1, column))
        editor.open("smile.yaml", text)
        editor.change("smile.yaml", 2, part(1, column, column + 1, "y"))
        tap.ok(f"changes count {name}", await editor.until(lambda: not editor.codes("smile.yaml")))
        editor.change("smile.yaml", 3, part(1, column, column + 1, "x"), part(0, 0, 0, "# more\rold Mac\r"))
        tap.ok("a lone CR is a line end", await editor.until(
            lambda: any(one.range.start.line == 3 for one in editor.diagnostics.get(editor.uri("smile.yaml"), []))),
            editor.diagnostics)
        await editor.stop()
    # A root below that of the repository, by way of a link.
    link = root + "-link"
    os.symlink(root, link)
    editor = Editor(program, link)
    editor.root = os.path.join(link, "sub")
    await editor.start()
    editor.root = link
    tap.ok("files are called as the editor calls them", await editor.until(lambda: editor.codes("smile.yaml")), editor.diagnostics)
    await editor.stop()
    os.unlink(link)


async def many(program):
    """500 files: how long from a key to the answer. Built with sanitizers it may take some times as long."""
    files = {}
    for i in range(167):
        files[f"apps/web{i}/deployment.yaml"] = APP.replace("name: web", f"name: web{i}").replace("app: web", f"app: web{i}")
        files[f"apps/web{i}/service.yaml"] = SERVICE.replace("name: web", f"name: web{i}").replace("app: web", f"app: web{i}")
        files[f"apps/web{i}/kustomization.yaml"] = "resources: [deployment.yaml, service.yaml]\n"
    root = tap.repository(files)
    editor = Editor(program, root)
    await editor.start()
    path = "apps/web5/service.yaml"
    editor.open(path, files[path])
    await editor.until(lambda: editor.uri(path) in editor.diagnostics, 60)
    times = []
    for version in range(2, 12):
        begin = time.monotonic()
        editor.change(path, version, whole(files[path].replace("8080", "8081") if version % 2 == 0 else files[path]))
        wanted = version % 2 == 0
        await editor.until(lambda: ("service-port-mismatch" in editor.codes(path)) == wanted and editor.said[-1].version == version, 60)
        times.append((time.monotonic() - begin) * 1000)
    times.sort()
    print(f"# {len(files)} files: a key is answered in {times[5]:.0f} ms (median of 10; slowest {times[-1]:.0f})")
    tap.ok("500 files are checked as one types", times[5] < 3000, times)
    await editor.stop()


async def main():
    program = os.path.abspath(sys.argv[1])
    for part_of in typing, leading, counting, many:
        await asyncio.wait_for(part_of(program), 200)
    tap.finish()


asyncio.run(main())
