#!/usr/bin/env python3
"""The fixer of dclint and this one, each on copies of the same compose files: what they change, keep and break.

    fixers.py LABWRIGHT DCLINT FOLDER

FOLDER holds clones. Of each file it is asked how many lines change, whether comments are gone, and, by compose-go,
whether it still loads, and in which keys what it means is another. Prints a table.
"""
import collections
import difflib
import json
import os
import re
import sys
import tempfile

from bench import go_tool
from organized import comments, composed, git, lost_comments, read, run, tracked


def leaves(value, path=()):
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, path + (key,))
    elif isinstance(value, list):
        for one in value:
            yield path, json.dumps(one, sort_keys=True) if isinstance(one, (dict, list)) else str(one)
    else:
        yield path, str(value)  # 80 and "80" are one port


def differing(before, after):
    """The last named keys at which two loaded files say something else: lists are bags, since compose does not mind."""
    a, b = collections.Counter(leaves(json.loads(before))), collections.Counter(leaves(json.loads(after)))
    found = set()
    for path, _ in (a - b) + (b - a):
        found.add(path[2] if path[:1] == ("services",) and len(path) > 2 else path[0])
    return found


def changed_lines(before, after):
    diff = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0)
    return sum(line[:1] in "+-" and line[:3] not in ("+++", "---") for line in diff)


def measure(whole, tool, fix, total):
    with tempfile.TemporaryDirectory() as top:
        folder = os.path.join(os.path.realpath(top), "repository")
        run("git", "clone", "-q", whole, folder)
        files = [path for path in tracked(folder) if re.search(r"compose[^/]*\.ya?ml$", path)]
        if not files:
            return
        texts, said, loaded = {path: read(folder, path) for path in files}, comments(folder), composed(tool, folder)
        fix(folder, files)
        for path in set(tracked(folder)) - set(files):
            git(folder, "checkout", "-q", "--", path)  # of compose files alone
        now = composed(tool, folder)
        total["files"] += len(files)
        for path in files:
            lines = changed_lines(texts[path], read(folder, path))
            total["changed"] += lines > 0
            total["lines"] += lines
        total["comments"] += lost_comments(said, comments(folder))[0]
        for path, text in loaded.items():
            total["loaded"] += 1
            if path not in now:
                total["broken"] += 1
            elif differing(text, now[path]):
                total["other"] += 1
                total["keys"].update(differing(text, now[path]))


def main():
    labwright, dclint, top = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), sys.argv[3]
    tool = go_tool("cmd")
    fixers = {
        "labwright fix --derive --write": lambda folder, files: run(labwright, "fix", "--derive", "--write", folder),
        "dclint --fix": lambda folder, files: run(dclint, "--fix", *files, cwd=folder, ok=(0, 1, 2)),
    }
    print("| | files | changed | lines | comments lost | no longer load | mean something else | in these keys |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, fix in fixers.items():
        total = collections.Counter()
        total["keys"] = collections.Counter()
        for repository in sorted(os.listdir(top)):
            whole = os.path.join(top, repository)
            if os.path.isdir(os.path.join(whole, ".git")):
                measure(whole, tool, fix, total)
        keys = ", ".join(f"{key} {count}" for key, count in total["keys"].most_common(8))
        print(f"| {name} | {total['files']} | {total['changed']} | {total['lines']} | {total['comments']} | "
              f"{total['broken']} of {total['loaded']} | {total['other']} | {keys} |", flush=True)


if __name__ == "__main__":
    main()
