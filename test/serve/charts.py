#!/usr/bin/env python3
"""labwright check --render --online against a repository of charts and a registry on loopback, by the owner's own helm.

    charts.py LABWRIGHT
"""
import http.server
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time

sys.dont_write_bytecode = True
import tap
from images import Registry, running

PROGRAM = os.path.abspath(sys.argv[1])
TEMPLATE = """apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec:
      containers:
        - name: web
          image: ghcr.io/lab/web:{{ .Values.tag }}
          ports: [{containerPort: {{ .Values.port }}}]
---
apiVersion: v1
kind: Service
metadata: {name: {{ .Release.Name }}}
spec:
  selector: {app: {{ .Release.Name }}}
  ports: [{port: 80, targetPort: {{ .Values.target }}}]
"""
RELEASE = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: shop, namespace: shop}
spec:
  chart:
    spec:
      chart: web
      version: VERSION
      sourceRef: {kind: HelmRepository, name: lab, namespace: flux-system}
  values:
    target: 9999
"""
SOURCE = """apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: {name: lab, namespace: flux-system}
spec: {url: "@URL@"}
"""
BY_OCI = """apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cafe, namespace: cafe}
spec:
  chartRef: {kind: OCIRepository, name: web}
  values: {target: 9998}
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: web, namespace: cafe}
spec: {url: "oci://HOST/charts/web", insecure: true, ref: {tag: 1.2.0}}
"""
APPLICATION = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: stall, namespace: argocd}
spec:
  destination: {namespace: stall}
  source:
    repoURL: "@URL@"
    chart: web
    targetRevision: 1.2.0
    helm: {valuesObject: {target: 9997}}
"""
UMBRELLA = """apiVersion: v2
name: all
version: 0.1.0
dependencies:
  - {name: web, version: 1.x, repository: "@URL@"}
"""
LOCAL = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: all, namespace: argocd}
spec:
  destination: {namespace: all}
  source: {repoURL: "https://git.example.org/lab.git", path: charts/all, targetRevision: main, helm: {releaseName: all}}
"""

SET = """apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: stalls, namespace: argocd}
spec:
  goTemplate: true
  generators:
    - list:
        elements:
          - {name: fruit, version: 1.1.0, to: "9994"}
          - {name: bread, version: 1.2.0, to: "9000"}
  template:
    metadata: {name: "stall-{{ .name }}"}
    spec:
      destination: {namespace: "{{ .name }}"}
      source:
        repoURL: "@URL@"
        chart: web
        targetRevision: "{{ .version }}"
        helm:
          releaseName: stall
          valuesObject: {target: "{{ .to }}"}
"""
KUSTOMIZATION = """namespace: till
helmCharts:
  - name: web
    repo: "@URL@"
    version: VERSION
    releaseName: till
    valuesInline:
      target: 9995
"""


class Charts(http.server.SimpleHTTPRequestHandler):
    """Files of a folder, and what was asked for; below /endless/ nothing comes to an end."""

    folder, asked = "", []

    def __init__(self, *words):
        super().__init__(*words, directory=self.folder)

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.asked.append(self.path)
        if not self.path.startswith("/endless/"):
            super().do_GET()
            return
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(4096):
                self.wfile.write(b"x" * 65536)
        except OSError:
            pass


class World:
    """Where the program runs: helm as the only word of PATH besides those of the system, and a cache of its own."""

    def __init__(self, *programs):
        self.folder = tempfile.mkdtemp()
        os.mkdir(f"{self.folder}/bin")
        for program in programs:
            os.symlink(os.path.realpath(program), f"{self.folder}/bin/{os.path.basename(program)}")
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("HELM_", "XDG_"))}
        self.env.update(PATH=f"{self.folder}/bin:/usr/bin:/bin", XDG_CACHE_HOME=f"{self.folder}/cache", NO_PROXY="127.0.0.1")

    def helm(self, *words):
        env = {**self.env, "HOME": self.folder, "HELM_CACHE_HOME": f"{self.folder}/helm"}
        subprocess.run(["helm", *words], check=True, env=env, capture_output=True)

    def check(self, files, *words):
        """What the report says, and the notes beside it."""
        root = tap.repository(files)
        done = subprocess.run([PROGRAM, "check", "--render", "--all", "--format", "lines", *words, root], env=self.env,
                              capture_output=True, text=True, check=False)
        return done.stdout, done.stderr

    def publish(self, url):
        """Two versions of a chart, in a folder with its index."""
        for version, port in (("1.1.0", 7000), ("1.2.0", 9000)):
            chart = f"{self.folder}/web"
            os.makedirs(f"{chart}/templates", exist_ok=True)
            for path, text in {"Chart.yaml": f"apiVersion: v2\nname: web\nversion: {version}\n",
                               "values.yaml": f"tag: '1.0'\nport: {port}\ntarget: {port}\n",
                               "templates/web.yaml": TEMPLATE}.items():
                with open(f"{chart}/{path}", "w", encoding="utf-8") as file:
                    file.write(text)
            self.helm("package", chart, "--destination", f"{self.folder}/charts")
        self.helm("repo", "index", f"{self.folder}/charts", "--url", url)


def by_http(world, url):
    files = {"shop.yaml": RELEASE.replace("VERSION", "1.2.0"), "source.yaml": SOURCE.replace("@URL@", url)}
    out, err = world.check(files)
    tap.ok("without --online nothing is fetched", not Charts.asked and "--online is not said" in err, err, Charts.asked)
    out, err = world.check(files, "--online")
    tap.ok("a chart of a HelmRepository is fetched and rendered", "helm rendered 1 of 1 charts" in err, err)
    tap.ok("by the values of its release", "shop.yaml:11:13: error: Service shop sends to port 9999" in out, out, err)
    tap.ok("what was fetched is said", "helm fetched 1 charts" in err, err)
    Charts.asked.clear()
    again, err = world.check(files, "--online")
    tap.ok("an exact version is fetched once", not Charts.asked and again == out, Charts.asked, err)
    again, err = world.check(files)
    tap.ok("and is at hand without --online", not Charts.asked and again == out, err)
    again, err = world.check(files, "--online", "--no-cache")
    tap.ok("--no-cache fetches anew", Charts.asked and again == out, err)


def ranges(world, url):
    files = {"shop.yaml": RELEASE.replace("VERSION", '">=1.0.0 <1.2.0"'), "source.yaml": SOURCE.replace("@URL@", url)}
    Charts.asked.clear()
    out, err = world.check({**files, "more.yaml": RELEASE.replace("VERSION", "1.1.0").replace("name: shop", "name: more")},
                           "--online")
    tap.ok("a range is the newest in it", "port 9999" in out and "helm rendered 2 of 2" in err, out, err)
    tap.ok("a list of charts is fetched once for many releases", Charts.asked.count("/index.yaml") == 1, Charts.asked)
    Charts.asked.clear()
    world.check(files, "--online")
    tap.ok("a range is kept for a day", not Charts.asked, Charts.asked)
    kept = f"{world.folder}/cache/labwright/charts"
    for name in os.listdir(kept):
        os.utime(f"{kept}/{name}", (time.time() - 90000,) * 2)
    world.check(files, "--online")
    tap.ok("and then asked for again", "/index.yaml" in Charts.asked, Charts.asked)
    Charts.asked.clear()
    world.check({**files, "shop.yaml": RELEASE.replace("VERSION", "1.1.0")}, "--online")
    tap.ok("which an exact one never is", not Charts.asked, Charts.asked)


def elsewhere(world, url, registry):
    out, err = world.check({"cafe.yaml": BY_OCI.replace("HOST", f"127.0.0.1:{registry.port}")}, "--online")
    tap.ok("a chart of an OCIRepository is fetched", "port 9998" in out, out, err)
    out, err = world.check({"stall.yaml": APPLICATION.replace("@URL@", url)}, "--online")
    tap.ok("and one of an Application of Argo CD", "port 9997" in out, out, err)
    files = {"charts/all/Chart.yaml": UMBRELLA.replace("@URL@", url), "charts/all/values.yaml": "web: {target: 9996}\n",
             "all.yaml": LOCAL}
    out, err = world.check({**files, "charts/all/Chart.yaml": UMBRELLA.replace("@URL@", url).replace("web", "nowhere")})
    tap.ok("a dependency that is not here is said", "its dependency nowhere:" in err, err)
    out, err = world.check(files, "--online")
    tap.ok("a dependency of a chart of the repository is fetched", "port 9996" in out, out, err)


def sets(world, url):
    files = {"stalls.yaml": SET.replace("@URL@", url)}
    out, err = world.check(files, "--online")
    tap.ok("each element of an ApplicationSet's list is rendered", "helm rendered 2 of 2 charts" in err, err)
    tap.ok("by the version and the values that it fills in", "stalls.yaml:9:47: error: Service stall sends to port 9994" in out,
           out, err)
    tap.ok("and no other one is wrong", out.count("error: Service stall") == 1 and "duplicate-object" not in out, out)
    one = SET.replace("@URL@", url).replace("name: bread", "name: fruit")
    out, err = world.check({"stalls.yaml": one}, "--online")
    tap.ok("two of one name in one namespace are", "duplicate-object" in out, out, err)
    _, err = world.check({"stalls.yaml": SET.replace("@URL@", url).replace(", to: \"9000\"", "")}, "--online")
    tap.ok("what an element does not say is said", "helm rendered 1 of 2" in err and "what its list does not say" in err, err)
    git = SET.replace("@URL@", url).replace("    - list:", "    - clusters: {}\n    - list:")
    _, err = world.check({"stalls.yaml": git}, "--online")
    tap.ok("other generators are not worked out", "its generators are not lists alone" in err, err)
    off = SET.replace("{{ .to }}", "{{ .to | default 80 }}").replace("@URL@", url)
    _, err = world.check({"stalls.yaml": off}, "--online")
    tap.ok("nor are functions of templates", "helm rendered 0 of 2" in err, err)


def kustomized(world, url, registry):
    files = {"till/kustomization.yaml": KUSTOMIZATION.replace("@URL@", url).replace("VERSION", "1.1.0")}
    shutil.rmtree(f"{world.folder}/cache")
    Charts.asked.clear()
    _, err = world.check(files)
    tap.ok("a chart of a kustomization is not fetched without --online", not Charts.asked and "--online is not said" in err, err)
    out, err = world.check(files, "--online")
    tap.ok("with it, kustomize finds the chart beside it", "kustomize rendered 1 of 1" in err and "helm fetched 1 charts" in err,
           err)
    tap.ok("by the values that are written there", "till/kustomization.yaml:8:15: error: Service till sends to port 9995" in out,
           out, err)
    Charts.asked.clear()
    again, err = world.check(files)
    tap.ok("and it is at hand from then on", not Charts.asked and again == out, err)
    both = {"shop.yaml": RELEASE.replace("VERSION", "1.1.0"), "source.yaml": SOURCE.replace("@URL@", url), **files}
    out, err = world.check(both, "--online")
    tap.ok("a release that names it takes the same archive", not Charts.asked and "port 9999" in out and "port 9995" in out, out,
           err)
    newest = KUSTOMIZATION.replace("@URL@", url).replace("    version: VERSION\n", "")
    out, err = world.check({"till/kustomization.yaml": newest}, "--online")
    tap.ok("without a version it is the newest", "port 9995" in out and "declare 9000" in out, out, err)
    oci = KUSTOMIZATION.replace("@URL@", f"oci://127.0.0.1:{registry.port}/charts").replace("VERSION", "1.2.0")
    out, err = world.check({"till/kustomization.yaml": oci}, "--online")
    tap.ok("a registry has it, too", "port 9995" in out and "helm fetched 1 charts" in err, out, err)
    for name, wrong in (("up", "../../up.yaml"), ("link", "web/link.yaml")):
        spoil(world, name, wrong)
        _, err = world.check({"till/kustomization.yaml": KUSTOMIZATION.replace("@URL@", url).replace("VERSION", "9.0.0-" + name)},
                             "--online")
        tap.ok(f"an archive with {wrong} is not unpacked", "kustomize rendered 0 of 1" in err and
               "it holds links, or leads out of its folder" in err, err)


def spoil(world, name, path):
    """A version of the chart whose archive holds what no chart does."""
    version = "9.0.0-" + name
    with tarfile.open(f"{world.folder}/charts/web-{version}.tgz", "w:gz") as archive:
        chart = f"apiVersion: v2\nname: web\nversion: {version}\n".encode()
        for file, data in (("web/Chart.yaml", chart), ("web/values.yaml", b"{}\n"), (path, b"a: 1\n")):
            entry = tarfile.TarInfo(file)
            entry.size = len(data)
            if file == "web/link.yaml":
                entry.type, entry.linkname, entry.size = tarfile.SYMTYPE, "/etc/hostname", 0
            archive.addfile(entry, io.BytesIO(data))
    with open(f"{world.folder}/charts/index.yaml", encoding="utf-8") as file:
        index = file.read()
    entry = f"  - name: web\n    version: {version}\n    apiVersion: v2\n    urls: [web-{version}.tgz]\n"
    with open(f"{world.folder}/charts/index.yaml", "w", encoding="utf-8") as file:
        file.write(index.replace("  web:\n", "  web:\n" + entry, 1))


def trouble(world, url):
    def note(source, version="1.2.0"):
        Charts.asked.clear()
        start = time.monotonic()
        _, err = world.check({"shop.yaml": RELEASE.replace("VERSION", version), "source.yaml": SOURCE.replace("@URL@", source),
                              "two.yaml": RELEASE.replace("VERSION", version).replace("name: shop", "name: two")},
                             "--online", "--no-cache")
        return err, time.monotonic() - start

    err, _ = note(url, "7.7.7")
    tap.ok("a version that is not there is said", "helm rendered 0 of 2" in err and "7.7.7" in err, err)
    err, _ = note(url + "/none")
    tap.ok("a repository that has no list is said, and asked once",
           "index.yaml" in err and len(Charts.asked) == 1, err, Charts.asked)
    err, _ = note("http://127.0.0.1:1")
    tap.ok("one that does not answer is said", "refused" in err, err)
    err, seconds = note(url + "/endless")
    tap.ok("one without an end is left", "helm rendered 0 of 2" in err and seconds < 100, err, seconds)
    for source in ("file:///etc", "--debug", "http://user:word@127.0.0.1/", "git+https://example.org/x"):
        err, _ = note(source)
        tap.ok(f"{source} is no place of charts", "neither in the repository nor in helm's cache" in err, err)
    tap.ok("no folder is left", not [name for name in os.listdir(tempfile.gettempdir()) if name.startswith("labwright-asked-")])


def main():
    helm, kustomize = (shutil.which(name) or os.path.expanduser(f"~/.cache/labwright-asked/{name}")
                       for name in ("helm", "kustomize"))
    if not os.path.exists(helm) or not shutil.which("docker-registry"):
        print("1..0 # SKIP there is no helm (sh tools/asked.sh helm builds one), or no docker-registry")
        return
    programs = [program for program in (helm, kustomize) if os.path.exists(program)]
    world = World(*programs)
    tempfile.tempdir = os.environ["TMPDIR"] = tempfile.mkdtemp(dir=world.folder)  # where others leave nothing
    Charts.folder = f"{world.folder}/charts"
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Charts)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        world.publish(url)
        registry = Registry(world.folder)
        world.helm("push", f"{Charts.folder}/web-1.2.0.tgz", f"oci://127.0.0.1:{registry.port}/charts", "--plain-http")
        by_http(world, url)
        ranges(world, url)
        elsewhere(world, url, registry)
        sets(world, url)
        if kustomize in programs:
            kustomized(world, url, registry)
        else:
            tap.skip("charts of kustomizations", "there is no kustomize: sh tools/asked.sh kustomize builds one")
        trouble(world, url)
    finally:
        for process in list(running):
            process.terminate()
        server.shutdown()
        shutil.rmtree(world.folder)
    tap.finish()


main()
