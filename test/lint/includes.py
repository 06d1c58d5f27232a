#!/usr/bin/env python3
"""Who may include whom (docs/ARCHITECTURE.md), and one user for each library. Prints TAP.

    includes.py SRC
"""
import os
import re
import sys

MAY = {
    "base": [],
    "fact": ["base"],
    "edit": ["base"],
    "source": ["fact", "base"],
    "link": ["fact", "base"],
    "rule": ["fact", "edit", "base"],
    "organize": ["rule", "edit", "fact", "base"],
    "place": ["fact", "edit", "base"],
    "report": ["rule", "edit", "fact", "base"],
    "render": ["source", "fact", "base"],
    "engine": ["render", "fact", "base"],
    "cluster": ["engine", "render", "source", "fact", "base"],
    "flow": ["cluster", "engine", "render", "report", "organize", "place", "rule", "link", "source", "edit", "fact", "base"],
    "serve": ["flow", "report", "place", "rule", "edit", "fact", "base"],
    "command": ["serve", "flow", "cluster", "engine", "render", "report", "place", "rule", "fact", "base"],
    "": ["command"],
}
# Headers of C and POSIX; anything else in <> is a library. GLib is everybody's.
SYSTEM = {"assert", "ctype", "dirent", "errno", "fcntl", "fnmatch", "glob", "inttypes", "limits", "locale", "math", "poll", "pthread", "signal",
          "stdalign", "stdarg", "stdbool", "stddef", "stdint", "stdio", "stdlib", "string", "strings", "time", "unistd", "wchar"}
# Reports hold JSON of millions of lines, written and freed value by value; all others take base/json.h. Earlier commits are walked
# apart from what the repository is now.
ALSO = {"jansson": {"report/json.c"}, "git2": {"base/trail.c"}}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def is_system(header):
    return header.startswith(("sys/", "arpa/", "netinet/", "glib", "gio/")) or header.removesuffix(".h") in SYSTEM


def files(top):
    for folder, folders, names in os.walk(top):
        folders.sort()
        for name in sorted(names):
            if name.endswith((".c", ".h")):
                yield os.path.relpath(os.path.join(folder, name), top)


def main():
    top = sys.argv[1]
    wrong, users = [], {}
    checked = list(files(top))
    for path in checked:
        folder = os.path.dirname(path)
        with open(os.path.join(top, path), encoding="utf-8") as file:
            text = file.read()
        for bracket, header in INCLUDE.findall(text):
            if bracket == "<":
                if not is_system(header):
                    users.setdefault(header.split("/")[0].removesuffix(".h"), set()).add(path)
                continue
            other = os.path.dirname(header)
            if other not in ("registry", folder) and other not in MAY.get(folder, []):
                wrong.append(f"{path} includes {header}")
            if not os.path.exists(os.path.join(top, header)) and other != "registry":
                wrong.append(f"{path} includes {header}, which is named from elsewhere than src")
    tests = [("each folder includes only what it may", wrong)]
    for library, paths in sorted(users.items()):
        others = paths - ALSO.get(library, set())
        shared = sorted(paths) if len(others) > 1 or not all(path.endswith(".c") for path in paths) else []
        tests.append((f"one file uses {library}", shared))
    print(f"1..{len(tests)}")
    for number, (name, problems) in enumerate(tests, 1):
        print(f"{'not ok' if problems else 'ok'} {number} {name}")
        for problem in problems:
            print("#", problem)
    return any(problems for _, problems in tests)


sys.exit(main())
