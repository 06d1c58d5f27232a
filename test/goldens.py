#!/usr/bin/env python3
"""Trees against texts.

test/source/FORMAT/CASE/  is read, and `labwright facts` must print CASE.facts beside it, but for what src/link adds;
test/link/TOPIC/CASE/     the same for nothing but what src/link adds.
test/rule/RULE/bad*/      is mended by that rule alone (`fix`), and CASE.diff beside it is what changes; no such file: nothing;
test/rule/RULE/CASE/      is checked by that rule alone, and the findings must be CASE.findings beside it;
                          a case whose name begins with "good" has no such file and must be silent.

CASE.usage beside a rule's case is given as --usage; CASE.before/ is what the tree was in an earlier commit.
test/place/TOPIC/CASE/    is placed, and the text must be CASE.plan beside it; CASE.args holds options, one a line.

    goldens.py LABWRIGHT source|link|rule|fix|place          prints TAP
    goldens.py LABWRIGHT source|link|rule|fix|place --update [NAME…]  rewrites the texts; read the diff before you commit it
"""
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))


def cases(what):
    top = os.path.join(here, "rule" if what == "fix" else what)
    for group in sorted(os.listdir(top)):
        folder = os.path.join(top, group)
        if not os.path.isdir(folder):
            continue
        for case in sorted(os.listdir(folder)):
            if not case.endswith(".before") and os.path.isdir(os.path.join(folder, case)):
                yield group, case, os.path.join(folder, case)


def derived_words():
    with open(os.path.join(here, "..", "src", "fact", "kinds.def")) as file:
        return set(re.findall(r'^DERIVED\(\w+, "([^"]+)"', file.read(), re.M))


def usage(tree):
    return ["--usage", tree + ".usage"] if os.path.exists(tree + ".usage") else []


def with_history(tree, folder):
    """A repository of two commits in the folder."""
    for state in (tree + ".before", tree):
        for name in os.listdir(folder):
            if name != ".git":
                shutil.rmtree(os.path.join(folder, name)) if os.path.isdir(os.path.join(folder, name)) else os.remove(os.path.join(folder, name))
        # Not with the times of the files: Git takes one of the same size and time for the one it knows.
        shutil.copytree(state, folder, dirs_exist_ok=True, copy_function=shutil.copy)
        for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "state"]):
            subprocess.run(["git", "-C", folder, *words], check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"})


def mended(program, rule, tree):
    """The diff, with what was refused below it."""
    if os.path.isdir(tree + ".before"):
        with tempfile.TemporaryDirectory() as folder:
            with_history(tree, folder)
            return diff_of(program, rule, [folder], usage(tree))
    return diff_of(program, rule, ["--root", tree], usage(tree))


def diff_of(program, rule, where, usage):
    run = subprocess.run([program, "fix", "--derive", "--only", rule, *where, *usage], capture_output=True, timeout=60,
                         env={**os.environ, "NO_COLOR": "1"})
    if run.returncode != 0 or run.stderr:
        return f"exit code {run.returncode}\n{run.stderr.decode(errors='replace')}"
    text = run.stdout.decode(errors="surrogateescape")
    start = min((at for at in (text.find("\ndiff --git "), text.find("\nNO SAFE FIX\n")) if at >= 0), default=-1)
    end = max(text.rfind("\n\n"), start)
    return re.sub(r"^index .*\n", "", text[start + 1:end + 1], flags=re.M) if start >= 0 else ""


def output(program, what, group, tree):
    if what == "fix":
        return mended(program, group, tree)
    if what == "place":
        return place_output(program, tree)
    arguments = ["facts"] if what != "rule" else ["check", "--format", "lines", "--rule", group, *usage(tree)]
    run = subprocess.run([program, *arguments, "--root", tree], capture_output=True, timeout=60,
                         env={**os.environ, "NO_COLOR": "1"})
    if run.returncode not in (0, 1) or run.stderr:
        return f"exit code {run.returncode}\n{run.stderr.decode(errors='replace')}"
    text = run.stdout.decode(errors="surrogateescape")
    if what == "rule":
        return text
    derived = derived_words()
    return "".join(line for line in text.splitlines(keepends=True)
                   if ((line.split("\t")[1:2] or [""])[0] in derived) == (what == "link"))


def place_output(program, tree):
    words = []
    if os.path.exists(tree + ".args"):
        with open(tree + ".args") as file:
            words = file.read().splitlines()
    run = subprocess.run([os.path.abspath(program), "place", "--root", tree, *words], capture_output=True, timeout=60,
                         cwd=os.path.dirname(tree), env={**os.environ, "NO_COLOR": "1", "LC_ALL": "C.UTF-8"})
    return run.stdout.decode(errors="surrogateescape") + run.stderr.decode(errors="replace") + f"exit {run.returncode}\n"


def main():
    program, what = sys.argv[1:3]
    update = "--update" in sys.argv
    only = [word for word in sys.argv[3:] if word != "--update"]
    suffix = {"rule": ".findings", "fix": ".diff", "place": ".plan"}.get(what, ".facts")
    failed = number = 0
    for group, case, tree in cases(what):
        if (only and group not in only) or (what == "fix" and case.startswith("good")):
            continue
        number += 1
        silent = what == "rule" and case.startswith("good")
        golden = tree + suffix
        got = output(program, what, group, tree)
        if update and not silent and (got or what != "fix"):
            with open(golden, "w", errors="surrogateescape") as file:
                file.write(got)
        wanted = ""
        if not silent and os.path.exists(golden):
            with open(golden, errors="surrogateescape") as file:
                wanted = file.read()
        good = got == wanted and (silent or what == "fix" or got != "")
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} {what}/{group}/{case}")
        if not good:
            for line in difflib.unified_diff(wanted.splitlines(), got.splitlines(), "wanted", "got", lineterm=""):
                print("#", line)
    print(f"1..{number}")
    return 1 if failed else 0


sys.exit(main())
