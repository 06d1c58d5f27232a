#!/usr/bin/env python3
"""The hooks of .pre-commit-hooks.yaml, run by pre-commit itself when somebody commits; and the script of action.yml.

    hooks.py LABWRIGHT
"""
import json
import os
import shutil
import subprocess
import sys

import tap

tap.with_clients()
TOP = os.path.join(tap.HERE, "../..")
BAD, GOOD = "a: 1\na: 2\n", "a: 1\n"


def run(words, folder, **more):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=250, check=False, env={**ENV, **more})
    return done.returncode, done.stdout + done.stderr


def write(folder, path, text):
    with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
        file.write(text)
    run(["git", "add", path], folder)


ENV = {**os.environ, "PATH": os.path.dirname(os.path.abspath(sys.argv[1])) + ":" + os.environ["PATH"],
       "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "PRE_COMMIT_HOME": tap.repository({}),
       **{f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}}
ENV.pop("GIT_DIR", None)

# A repository with the hooks alone stands for this one, tagged as pre-commit wants it.
hooks = tap.repository({})
shutil.copy(os.path.join(TOP, ".pre-commit-hooks.yaml"), hooks)
run(["git", "add", "."], hooks)
run(["git", "commit", "-qm", "hooks"], hooks)
run(["git", "tag", "v1"], hooks)

for hook in "labwright", "labwright-new":
    lab = tap.repository({"old.yaml": BAD if hook == "labwright-new" else GOOD})
    run(["git", "commit", "-qm", "old"], lab)
    write(lab, ".pre-commit-config.yaml", f"repos:\n- repo: {hooks}\n  rev: v1\n  hooks:\n  - id: {hook}\n")
    code, said = run([sys.executable, "-m", "pre_commit", "install"], lab)
    tap.ok(f"{hook}: pre-commit takes the hook", code == 0, said)
    write(lab, "new.yaml", GOOD)
    code, said = run(["git", "commit", "-m", "good"], lab)
    tap.ok(f"{hook}: what is good is committed", code == 0 and "Passed" in said, code, said)
    write(lab, "new.yaml", BAD)
    code, said = run(["git", "commit", "-m", "bad"], lab)
    tap.ok(f"{hook}: what is bad is not", code == 1 and "new.yaml:2" in said and "yaml-duplicate-key" in said, code, said)
    tap.ok(f"{hook}: old faults", ("old.yaml" in said) is False, said)
    with open(os.path.join(lab, "new.yaml"), "w", encoding="utf-8") as file:
        file.write(GOOD)
    code, said = run(["git", "commit", "-m", "bad"], lab)
    tap.ok(f"{hook}: what is staged counts, not what lies there", code == 1, code, said)

lab = tap.repository({"twice.yaml": BAD, "it's here/a b.yaml": GOOD})
run(["git", "commit", "-qm", "old"], lab)
script = ["sh", os.path.join(TOP, "tools/action.sh")]
code, said = run(script, lab)
tap.ok("the action annotates and fails", code == 1 and said.startswith("::error ") and "file=twice.yaml,line=2" in said, code, said)
code, said = run(script, lab, LABWRIGHT_FAIL_ON="never", LABWRIGHT_SARIF="out.sarif")
tap.ok("it fails at the level asked for", code == 0, code, said)
tap.ok("and writes SARIF", json.load(open(os.path.join(lab, "out.sarif"), encoding="utf-8"))["runs"][0]["results"])
code, said = run(script, lab, LABWRIGHT_NEW_SINCE="HEAD")
tap.ok("only what is new", code == 0 and "::error" not in said, code, said)
code, said = run(script, lab, LABWRIGHT_PATH="it's here")
tap.ok("a path with blanks and quotes", code == 0 and "::error" not in said, code, said)
code, said = run(script, lab, LABWRIGHT_FAIL_ON="$(touch owned)", LABWRIGHT_PATH="--help")
tap.ok("values are no words of the script", code == 2 and not os.path.exists(os.path.join(lab, "owned")), code, said)
tap.finish()
