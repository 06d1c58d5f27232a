#!/usr/bin/env python3
"""check.py LABWRIGHT REPOSITORY [REPORT.json]: holds each figure and each statement of a report against Git and the files,
by ways of its own: git for commits and sizes, PyYAML for services, a search of its own for addresses, a run of `check`
at the commits for findings. Without a report it writes one of the improvement that REPOSITORY has checked out, and
without a repository it takes the bundled homelab. Prints TAP."""

import collections
import json
import os
import re
import subprocess
import sys
import tempfile

import yaml

MOST_STATES = 12  # states that are checked anew, evenly over the history
IPV4 = re.compile(rb"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\.?\d)")


def git(repository, *words, check=True):
    return subprocess.run(["git", "-C", repository, *words], check=check, capture_output=True).stdout


def lines_of(data):
    return data.decode(errors="replace").splitlines()


def is_binary(data):
    return b"\0" in data[:8000]


class Tap:
    def __init__(self):
        self.number, self.failed = 0, 0

    def say(self, name, wrong, count=None):
        """wrong: sentences, each on something that the report says and that is not so."""
        self.number += 1
        self.failed += bool(wrong)
        print(f"{'not ok' if wrong else 'ok'} {self.number} {name}" + (f" ({count})" if count is not None else ""))
        for sentence in wrong[:10]:
            print(f"# {sentence}")

    def end(self):
        print(f"1..{self.number}")
        return bool(self.failed)


class State:
    """The files of a commit."""

    def __init__(self, repository, commit):
        self.repository, self.commit = repository, commit
        self.entries, self.submodules = {}, 0
        for row in git(repository, "ls-tree", "-r", "-z", "-l", commit).split(b"\0"):
            if not row:
                continue
            head, path = row.split(b"\t", 1)
            mode, kind, blob, size = head.split()
            self.submodules += kind == b"commit"
            if kind == b"blob":
                self.entries[os.fsdecode(path)] = (mode, blob.decode(), int(size))
        self.texts = {}

    def read(self, path):
        if path not in self.texts:
            self.texts[path] = git(self.repository, "cat-file", "blob", self.entries[path][1])
        return self.texts[path]

    def read_all(self):
        """All at once: a process for each file takes minutes."""
        names = [path for path in self.entries if path not in self.texts]
        asked = "".join(self.entries[path][1] + "\n" for path in names).encode()
        out = subprocess.run(["git", "-C", self.repository, "cat-file", "--batch"], input=asked, capture_output=True,
                             check=True).stdout
        at = 0
        for path in names:
            end = out.index(b"\n", at)
            size = int(out[at:end].split()[2])
            self.texts[path] = out[end + 1:end + 1 + size]
            at = end + 1 + size + 1

    def lines(self, path):
        return self.read(path).count(b"\n") + 1


def check_at(program, repository, commit):
    run = subprocess.run([program, "check", "--rev", commit, "--format", "json", "--fail-on", "never", repository],
                         capture_output=True, check=True)
    return [one for one in json.loads(run.stdout)["findings"] if not one["suppressed"]]


def count(findings, level):
    return sum(one["level"] == level for one in findings)


# ---- states, findings -----------------------------------------------------------------------------------------------

def check_state(tap, program, state, said, name):
    wrong = []
    state.read_all()
    read = [path for path, (mode, _, _) in state.entries.items() if mode != b"120000" and not is_binary(state.texts[path])]
    files, size = len(state.entries) + state.submodules, sum(state.entries[path][2] for path in read)
    if said["files"] != files:
        wrong.append(f"{said['files']} files, Git has {files}")
    if said["bytes"] != size:
        wrong.append(f"{said['bytes']} bytes, Git has {size}")
    found = check_at(program, state.repository, state.commit)
    for level, key in (("error", "errors"), ("warning", "warnings"), ("info", "notes")):
        if said[key] != count(found, level):
            wrong.append(f"{said[key]} {key}, check says {count(found, level)}")
    if sorted(one["fingerprint"] for one in said["findings"]) != sorted(one["fingerprint"] for one in found):
        wrong.append("other findings than check has")
    tap.say(f"the state {name}", wrong)


def check_places(tap, state, said, name):
    wrong, places = [], 0
    for finding in said["findings"]:
        for place in [finding, *finding["evidence"]]:
            places += 1
            if place["path"] not in state.entries:
                wrong.append(f"{finding['rule']}: there is no {place['path']}")
            elif not 1 <= place["line"] <= state.lines(place["path"]):
                wrong.append(f"{finding['rule']}: {place['path']} has no line {place['line']}")
    tap.say(f"places of findings and evidence, {name}", wrong, places)


def check_change(tap, report):
    before, after = (len(report[key]["findings"]) for key in ("before", "after"))
    gone, new = len(report["gone"]), len(report["new"])
    wrong = [] if before - gone + new == after else [f"{before} - {gone} + {new} is not {after}"]
    known = {one["fingerprint"] for one in report["before"]["findings"]}
    wrong += [f"{print_} is gone and was not there" for print_ in report["gone"] if print_ not in known]
    known = {one["fingerprint"] for one in report["after"]["findings"]}
    wrong += [f"{print_} is new and not there" for print_ in report["new"] if print_ not in known]
    tap.say("what is gone and what is new", wrong, gone + new)


# ---- commits --------------------------------------------------------------------------------------------------------

def check_commits(tap, repository, report):
    wrong = []
    way = f"{report['before']['commit']}..{report['after']['commit']}"
    log = git(repository, "log", "--reverse", "--format=%H%x00%as%x00%s%x00%(trailers:key=Labwright-Phase,valueonly)%x01",
              way).decode(errors="replace")
    rows = [row.strip("\n").split("\0") for row in log.split("\x01") if row.strip("\n")]
    if len(rows) != len(report["commits"]):
        wrong.append(f"{len(report['commits'])} commits, Git has {len(rows)}")
    for row, said in zip(rows, report["commits"]):
        if not row[0].startswith(said["id"]) or row[1] != said["date"] or row[3].strip() != (said.get("phase") or ""):
            wrong.append(f"{said['id']} {said['date']} {said.get('phase')}: Git says {row}")
    tap.say("commits, their dates and phases", wrong, len(rows))


def some(rows, most):
    step = max(1, -(-len(rows) // most))
    return rows[::step]


def check_timeline(tap, program, repository, report):
    wrong, looked = [], some(report["timeline"], MOST_STATES)
    for point in looked:
        found = check_at(program, repository, point["id"])
        if (point["errors"], point["warnings"]) != (count(found, "error"), count(found, "warning")):
            wrong.append(f"{point['id']}: {point['errors']} and {point['warnings']}, check says "
                         f"{count(found, 'error')} and {count(found, 'warning')}")
    tap.say("errors and warnings on the way", wrong, len(looked))


def check_history(tap, program, repository, report):
    history, wrong = report["history"], []
    line = git(repository, "rev-list", "--count", "--first-parent", report["after"]["commit"]).decode().strip()
    if history["commits"] != int(line):
        wrong.append(f"{history['commits']} commits on the main line, Git has {line}")
    left = report["after"]["errors"] + report["after"]["warnings"]
    for key in ("periods", "changes"):
        if history[key] and sum(one["brought"] - one["gone"] for one in history[key]) != left:
            wrong.append(f"the {key} do not add up to {left}")
    looked = some(history["changes"], MOST_STATES)
    for change in looked:
        row = git(repository, "show", "-s", "--format=%s%x00%P", change["id"]).decode(errors="replace").strip("\n").split("\0")
        found = check_at(program, repository, change["id"])
        if (change["errors"], change["warnings"]) != (count(found, "error"), count(found, "warning")):
            wrong.append(f"{change['id']}: {change['errors']} and {change['warnings']}, check says "
                         f"{count(found, 'error')} and {count(found, 'warning')}")
        if " ".join(row[0].split()) != " ".join(change["subject"].split()):
            wrong.append(f"{change['id']} is called {row[0]!r}")
        first = f"{change['id']}~{change['commits']}"
        if change["commits"] == 1 and row[1]:
            old = check_at(program, repository, first)
            gained = sum(count(found, level) - count(old, level) for level in ("error", "warning"))
            if gained != change["brought"] - change["gone"]:
                wrong.append(f"{change['id']} brought {change['brought']}, removed {change['gone']}; check says {gained:+}")
    tap.say("the history, its changes and their sums", wrong, len(looked))


# ---- addresses ------------------------------------------------------------------------------------------------------

def quiet_files(program, repository, commit):
    paths = set()
    for kind in ("class", "quiet"):
        out = subprocess.run([program, "facts", "--kind", kind, "--rev", commit], check=True, cwd=repository,
                             capture_output=True).stdout
        paths |= {line.split("\t")[0] for line in lines_of(out)}
    return paths


def check_addresses(tap, program, state, report, when):
    wrong = []
    quiet = quiet_files(program, state.repository, state.commit)
    state.read_all()
    mentions, files = collections.Counter(), collections.Counter()
    for path, (mode, _, _) in state.entries.items():
        if path in quiet or mode == b"120000" or is_binary(state.texts[path]):
            continue
        here = collections.Counter(found.decode() for found in IPV4.findall(state.texts[path]))
        mentions.update(here)
        files.update(here.keys())
    for said in report["addresses"]:
        if ":" in said["address"]:
            continue  # IPv6 is not searched for
        counted = mentions[said["address"]], files[said["address"]]
        told = said[f"mentions_{when}"], said[f"files_{when}"]
        if told != counted:
            wrong.append(f"{said['address']}: {told[0]} mentions in {told[1]} files, a search finds {counted[0]} in "
                         f"{counted[1]}")
    tap.say(f"mentions of addresses, {when}", wrong, len(report["addresses"]))


# ---- services -------------------------------------------------------------------------------------------------------

class Loader(yaml.SafeLoader):
    """Tags that nobody knows are their values; `=` is a text."""


Loader.add_multi_constructor("", lambda loader, tag, node: loader.construct_object(
    type(node)("tag:yaml.org,2002:" + {"ScalarNode": "str", "SequenceNode": "seq", "MappingNode": "map"}[
        type(node).__name__], node.value, node.start_mark, node.end_mark), deep=True))
Loader.add_constructor("tag:yaml.org,2002:value", lambda loader, node: node.value)


def documents(text):
    try:
        return [one for one in yaml.load_all(text.decode(errors="replace").lstrip("\ufeff"), Loader) if isinstance(one, dict)]
    except (yaml.YAMLError, RecursionError, ValueError, TypeError):
        return None


def objects(found):
    for one in found:
        if str(one.get("kind", "")).endswith("List") and isinstance(one.get("items"), list):
            yield from (item for item in one["items"] if isinstance(item, dict))
        else:
            yield one


def containers_of(spec):
    template = spec.get("jobTemplate", {}).get("spec", spec).get("template", {}) or {}
    pod = template.get("spec") or spec
    return pod.get("containers") or []


def check_release(said, found, text):
    """A workload that the values of a HelmRelease make; its images stand there in two parts."""
    for one in objects(found):
        name = str((one.get("metadata") or {}).get("name"))
        if one.get("kind") == "HelmRelease" and said["name"].startswith(name):
            images = [path_of(image) for image in filter(None, said.get("images", "").split(", "))]
            return [f"does not name {image}" for image in images if image not in text]
    return None


def check_object(said, found):
    """What the manifest says otherwise than the report, or None where no such object is there."""
    for one in objects(found):
        name = str((one.get("metadata") or {}).get("name"))
        if one.get("kind") != said["kind"] or not (name == said["name"] or said["name"].endswith(name)):
            continue
        spec = one.get("spec") or {}
        wrong = []
        images = [str(c.get("image")) for c in containers_of(spec)]
        for image in filter(None, said.get("images", "").split(", ")):
            if image not in images and not any(path_of(image) == path_of(other) for other in images):
                wrong.append(f"runs {images}, not {image}")
        if said["kind"] in ("Deployment", "StatefulSet") and isinstance(spec.get("replicas"), int) and \
                said.get("replicas") != spec["replicas"]:
            wrong.append(f"has {spec['replicas']} replicas, not {said.get('replicas')}")
        for key in ("requests", "limits"):
            for pair in filter(None, said.get(key, "").split(", ")):
                resource, amount = pair.split("=", 1)
                amounts = [str(((c.get("resources") or {}).get(key) or {}).get(resource)) for c in containers_of(spec)]
                if len(amounts) == 1 and amounts != [amount]:
                    wrong.append(f"{key} {amounts} of {resource}, not {amount}")
        return wrong
    return None


def path_of(image):
    """Without tag and digest: a kustomization may set these."""
    return re.sub(r"(:[^/:]*)?(@.*)?$", "", image)


def check_compose(said, found):
    for one in found:
        services = one.get("services") if isinstance(one.get("services"), dict) else one
        service = services.get(said["name"])
        if isinstance(service, dict):
            image = said.get("images")
            same = not image or service.get("image") in (image, None) or "$" in str(service["image"])
            return [] if same else [f"runs {service.get('image')}, not {image}"]
    return None


def check_services(tap, state, report):
    wrong, looked = [], 0
    for said in report["services"]:
        who = f"{said['kind']} {said['name']}"
        if said["file"] not in state.entries:
            wrong.append(f"{who}: there is no {said['file']}")
            continue
        found = documents(state.read(said["file"])) if said["file"].endswith((".yaml", ".yml")) else None
        if found is None or said.get("chart"):
            continue  # a template, or no YAML for this reader
        looked += 1
        differ = check_compose(said, found) if said["kind"] == "compose" else check_object(said, found)
        if differ is None:
            differ = check_release(said, found, state.read(said["file"]).decode(errors="replace"))
        if differ is None:
            wrong.append(f"{who} is not in {said['file']}")
        wrong += [f"{who} in {said['file']} {one}" for one in differ or []]
    tap.say("services, as their files have them", wrong, looked)


def check_all_services(tap, state, report):
    """Each workload of a plain manifest that something applies stands in the catalogue: those of all files, by name."""
    told = {(said["kind"], said["name"]) for said in report["services"]}
    files = {said["file"] for said in report["services"]}
    wrong = []
    for path in sorted(files):
        found = documents(state.read(path)) if path in state.entries and path.endswith((".yaml", ".yml")) else None
        for one in objects(found or []):
            name = str((one.get("metadata") or {}).get("name"))
            if one.get("kind") in ("Deployment", "StatefulSet", "DaemonSet") and not any(
                    kind == one["kind"] and said.endswith(name) for kind, said in told):
                wrong.append(f"{path} has {one['kind']} {name}")
    tap.say("none left out of the files it names", wrong, len(files))


# ---- the whole ------------------------------------------------------------------------------------------------------

def bundled(program, folder):
    """The bundled homelab with its history, improved."""
    examples = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "examples")
    repository = os.path.join(folder, "lab")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True}
    subprocess.run(["sh", os.path.join(examples, "history.sh"), repository], **quiet)
    subprocess.run([program, "improve", repository, "--branch", "better"], **quiet)
    git(repository, "checkout", "-q", "better")
    return repository


def main():
    program = os.path.realpath(sys.argv[1])
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("XDG_CACHE_HOME", folder)
        repository = sys.argv[2] if len(sys.argv) > 2 else bundled(program, folder)
        path = sys.argv[3] if len(sys.argv) > 3 else os.path.join(folder, "report.json")
        if len(sys.argv) < 4:
            subprocess.run([program, "report", "-o", folder, repository], check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        with open(path) as file:
            report = json.load(file)
        before, after = (State(repository, report[key]["commit"]) for key in ("before", "after"))
        for state, name in ((before, "before"), (after, "after")):
            check_state(tap, program, state, report[name], name)
            check_places(tap, state, report[name], name)
            check_addresses(tap, program, state, report, name)
        check_change(tap, report)
        check_commits(tap, repository, report)
        check_timeline(tap, program, repository, report)
        check_history(tap, program, repository, report)
        check_services(tap, after, report)
        check_all_services(tap, after, report)
    return tap.end()


sys.exit(main())
