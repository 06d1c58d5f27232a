#!/usr/bin/env python3
"""Mends and sorts copies of repositories, and lets programs of others say whether they still mean the same.

    organized.py LABWRIGHT FOLDER [NAME…]

FOLDER holds clones; of each a copy is made (or of those whose name holds a NAME). `fix --derive --write`, then
`organize --commit`: once as the repository is, once with an `areas` setting that makes some of its folders move, since
most repositories have nothing to move by themselves. Asked are

- parsers of Python: whether each YAML, JSON and Python file that could be read still can;
- kustomize: whether each kustomization that could be built gives the same objects after the moves;
- compose-go, which Docker's own command is made of: whether each compose file that could be loaded loads the same;
- this file: whether a comment is gone, whether links of documents lead where they led, and whether a second run changes
  anything.

Prints a table, and below it each thing that is wrong. Both tools are built by Go where they are not there yet.
"""
import ast
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse

import yaml

from bench import go_tool

WHO = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
       for what, value in (("NAME", "a"), ("EMAIL", "a@example.org"))}
MOVED = 8  # folders that an `areas` setting makes move, at most


def run(*words, cwd=None, ok=(0,)):
    done = subprocess.run(words, cwd=cwd, capture_output=True, timeout=600, check=False,
                          env={**os.environ, "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "GIT_CONFIG_GLOBAL": "/dev/null", **WHO})
    if ok and done.returncode not in ok:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.decode(errors='replace')[-400:]}")
    return done.stdout.decode(errors="replace") if done.returncode == 0 or ok else None


def git(folder, *words):
    return run("git", "-C", folder, *words)


def tracked(folder):
    return [path for path in git(folder, "ls-files", "-z").split("\0")
            if path and os.path.isfile(os.path.join(folder, path)) and not os.path.islink(os.path.join(folder, path))]


def read(folder, path):
    with open(os.path.join(folder, path), encoding="utf-8", errors="replace", newline="") as file:
        return file.read()


# ---- what a file says ----

class Loader(yaml.CSafeLoader):
    """Any tag is fine: what a program makes of it is its own business."""


Loader.add_multi_constructor("", lambda loader, suffix, node: None)


def parses(path, text):
    """True, False, or None for a format that is not asked."""
    try:
        if path.endswith((".yaml", ".yml")):
            collections.deque(yaml.parse(text, Loader=Loader), 0)
        elif path.endswith(".json"):
            json.loads(text)
        elif path.endswith(".py"):
            ast.parse(text)
        else:
            return None
    except (yaml.YAMLError, ValueError, SyntaxError):
        return False
    return True


def readable(folder):
    return {path for path in tracked(folder) if parses(path, read(folder, path))}


def comments(folder):
    """Texts of comments in YAML, shell, ignore and .env files, each as often as it stands there."""
    found = collections.Counter()
    for path in tracked(folder):
        if not re.search(r"\.(ya?ml|sh|toml|conf|env)$|(^|/)(Dockerfile|Makefile)|ignore$|\.env", path):
            continue
        for line in read(folder, path).splitlines():
            match = re.search(r"(?:^|\s)#(?!!)(.*)", line)
            if match:
                found[match[1].strip()] += 1
    return found


def lost_comments(before, after):
    """Those that stand nowhere any more, however often; one that names a path that moved is told by its other words."""
    words = collections.Counter(" ".join(re.sub(r"\S*/\S*", "", text).split()) for text in after.elements())
    gone = collections.Counter(" ".join(re.sub(r"\S*/\S*", "", text).split()) for text in before.elements()) - words
    return sum(gone.values()), list(gone)[:3]


def links(folder):
    """Where each link of a document leads: (document, its name) → how often; from the document alone, as a browser reads it."""
    found = collections.Counter()
    there = set(tracked(folder))
    there |= {path[:at] for path in there for at in range(len(path)) if path[at] == "/"}
    for path in tracked(folder):
        if not path.endswith(".md"):
            continue
        text = re.sub(r"^(```|~~~).*?^\1", "", read(folder, path), flags=re.M | re.S)
        for match in re.finditer(r"\]\(\s*<?([^)>\s]+)|<(?:img|a)\s[^>]*?(?:src|href)=\"([^\"]+)\"", text):
            target = urllib.parse.unquote(re.sub(r"[#?].*", "", match[1] or match[2]))
            if not target or "//" in target or target.startswith("mailto:"):
                continue
            place = "" if target.startswith("/") else os.path.dirname(path)
            leads = os.path.normpath(os.path.join(place, target.lstrip("/")))
            if leads in there:
                found[path, leads] += 1
    return found


# ---- what programs make of it ----

def kustomized(tool, folder):
    """Folder of each kustomization that can be built → its objects as one text."""
    built = {}
    for path in tracked(folder):
        if os.path.basename(path) not in ("kustomization.yaml", "kustomization.yml", "Kustomization"):
            continue
        place = os.path.dirname(path)
        text = re.sub(r"^\s*#.*", "", read(folder, path), flags=re.M)
        if "://" in text or "github.com" in text or "helmCharts" in text:
            continue  # asks for something of the network
        out = run(tool, "build", os.path.join(folder, place), ok=None)
        if out is not None:
            built[place] = out
    return built


def composed(tool, folder):
    """Path of each compose file that can be loaded → what it means; the clone's own place is taken out."""
    loaded = {}
    for path in tracked(folder):
        if not re.search(r"compose[^/]*\.ya?ml$", path):
            continue
        out = run(tool, "-format", "json", os.path.basename(path), cwd=os.path.join(folder, os.path.dirname(path)), ok=None)
        if out:
            loaded[path] = out.replace(os.path.realpath(folder), "<clone>").replace(folder, "<clone>")
    return loaded


class Moves:
    """Where a path is after organize, by what it says that it moves."""

    def __init__(self, said):
        self.moves = sorted(re.findall(r"^  (\S.*) → (.*)$", said, re.M), key=lambda move: -len(move[0]))

    def path(self, path):
        for old, new in self.moves:
            if path == old or path.startswith(old + "/"):
                return new + path[len(old):]
        return path

    def text(self, text):
        """A text with paths of the repository in it, as it has to be after the moves: a Flux path, a build context, a
        mount behind a variable for the clone's place, which nothing has set here."""
        for old, new in self.moves:
            before = r"((?:<clone>|\.)?/)" + ("?" if "/" in old else "")  # a name alone may be anything
            text = re.sub(rf'(?<![\w./>-]){before}{re.escape(old)}(?=[/"\'\s:]|$)',
                          lambda match: (match[1] or "") + "\0" + new, text)
        return text.replace("\0", "")


# ---- one repository ----

def findings(labwright, folder):
    run_ = run(labwright, "check", "--format", "json", "--fail-on", "never", folder)
    return [one for one in json.loads(run_)["findings"] if one["level"] in ("error", "warning")]


def mend(labwright, folder, row):
    out = run(labwright, "fix", "--derive", "--write", folder)
    match = re.search(r"(\d+) findings? mended in (\d+) files?", out)
    row["mended"], row["files"] = (int(match[1]), int(match[2])) if match else (0, 0)
    match = re.search(r"(\d+) left to you(?:, (\d+) of them with edits)?", out)
    row["left"], row["refused"] = (int(match[1]), int(match[2] or 0)) if match else (0, 0)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "mended")
    again = run(labwright, "fix", "--derive", folder)
    if "0 findings would be mended" not in again:
        row["wrong"].append("a second fix would change something: " + again.strip().splitlines()[-3])


def sort(labwright, folder, row):
    out = run(labwright, "organize", "--commit", folder)
    match = re.search(r"(\d+) parts? moved", out)
    row["moved"] = int(match[1]) if match else 0
    row["held"] = int(re.search(r"(\d+) left to you", out)[1])
    if git(folder, "status", "--porcelain"):
        row["wrong"].append("organize left something behind: " + git(folder, "status", "--porcelain")[:200])
    again = run(labwright, "organize", folder)
    if "0 parts would move, references rewritten in 0 files" not in again:
        row["wrong"].append("a second organize would change something")
    return Moves(out)


def some_folders(folder):
    """Folders with a kustomization or a compose file, the highest ones, spread over the repository."""
    found = set()
    for path in tracked(folder):
        place = os.path.dirname(path)
        if place and not place.startswith(".") and re.search(r"(kustomization|compose[^/]*)\.ya?ml$", path):
            found.add("/".join(place.split("/")[:3]))
    tops = sorted(place for place in found if not any(place != other and place.startswith(other + "/") for other in found))
    return tops[::max(1, len(tops) // MOVED)][:MOVED]


def force(folder):
    """Areas for some folders; each keeps its own name."""
    if os.path.exists(os.path.join(folder, "labwright.yaml")):
        return
    places = some_folders(folder)
    if not places:
        return
    with open(os.path.join(folder, "labwright.yaml"), "w") as file:
        json.dump({"areas": {"sorted/first": places[::2], **({"sorted/second": places[1::2]} if places[1::2] else {})}}, file)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "areas")


def compare(before, after, where, same, row, key):
    """Counts in row[key] what is the same of all, and names the rest."""
    good = 0
    for place, text in before.items():
        now = after.get(where(place))
        if now is not None and same(text) == now:
            good += 1
        else:
            row["wrong"].append(f"{key}: {place} " + ("gives something else" if now is not None else
                                                      f"cannot be read any more at {where(place)}"))
    row[key] = f"{good}/{len(before)}"


def try_repository(labwright, tools, whole, forced):
    row = {"wrong": []}
    with tempfile.TemporaryDirectory() as top:
        folder = os.path.join(os.path.realpath(top), "repository")
        run("git", "clone", "-q", whole, folder)
        row["tracked"] = len(tracked(folder))
        row["before"] = len(findings(labwright, folder))
        could, said = readable(folder), comments(folder)
        mend(labwright, folder, row)
        row["after"] = len(findings(labwright, folder))
        row["unread"] = len(could - readable(folder))
        row["lost"], examples = lost_comments(said, comments(folder))
        if row["lost"]:
            row["wrong"].append(f"comments that are gone after fix: {examples}")
        if forced:
            force(folder)
        built, loaded, could, said = kustomized(tools[0], folder), composed(tools[1], folder), readable(folder), comments(folder)
        led = links(folder)
        moves = sort(labwright, folder, row)
        lead = links(folder)
        dead = [(document, leads) for (document, leads), count in led.items()
                if lead[moves.path(document), moves.path(leads)] < count]
        row["links"] = f"{len(led) - len(dead)}/{len(led)}"
        if dead:
            row["wrong"].append(f"links that lead elsewhere: {dead[:3]}")
        compare(built, kustomized(tools[0], folder), moves.path, moves.text, row, "kustomize")
        compare(loaded, composed(tools[1], folder), moves.path, moves.text, row, "compose")
        gone = {moves.path(path) for path in could} - readable(folder)
        row["unread"] += len(gone)
        lost, examples = lost_comments(said, comments(folder))
        row["lost"] += lost
        if lost:
            row["wrong"].append(f"comments that are gone after organize: {examples}")
        if gone:
            row["wrong"].append(f"cannot be read any more: {sorted(gone)[:3]}")
        row["sorted"] = len(findings(labwright, folder))
        if os.environ.get("KEEP"):
            run("cp", "-a", folder, os.path.join(os.environ["KEEP"], os.path.basename(whole) + ("-forced" if forced else "")))
    return row


HEAD = ["repository", "files", "findings", "after fix", "after organize", "mended in files", "left (not proven)", "parts moved",
        "listed", "kustomize", "compose", "links", "comments lost", "unreadable"]


def main():
    labwright, top, names = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3:]
    asked = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/asked.sh")
    built = subprocess.run(["sh", asked, "kustomize"], stdout=subprocess.PIPE, text=True, check=False)
    tools = built.stdout.strip() or None, go_tool("cmd")
    if None in tools:
        sys.exit("organized.py: both tools are needed")
    print("| " + " | ".join(HEAD) + " |\n|" + " --- |" * len(HEAD), flush=True)
    wrong = []
    for name in sorted(os.listdir(top)):
        whole = os.path.join(top, name)
        if not os.path.isdir(os.path.join(whole, ".git")) or (names and not any(part in name for part in names)):
            continue
        for forced in (False, True):
            row = try_repository(labwright, tools, whole, forced)
            title = name + (", areas given" if forced else "")
            cells = [title, row["tracked"], row["before"], row["after"], row["sorted"], f"{row['mended']} in {row['files']}",
                     f"{row['left']} ({row['refused']})", row["moved"], row["held"], row["kustomize"], row["compose"], row["links"],
                     row["lost"], row["unread"]]
            print("| " + " | ".join(map(str, cells)) + " |", flush=True)
            wrong += [f"{title}: {one}" for one in row["wrong"]]
    for one in wrong:
        print("-", one)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
