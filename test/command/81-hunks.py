#!/usr/bin/env python3
"""fix --interactive on a terminal: each letter, what it leaves in the files, and what a refusal takes along.

    81-hunks.py LABWRIGHT
"""
import os
import pty
import re
import select
import subprocess
import sys
import tempfile
import time

SECONDS = 60  # for one session
PROMPT = re.compile(r"\((\d+)/(\d+)\) Make this change \[([^\]]*)\]\? ")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")

GUIDE = "See [the app](../app/web.yaml).\n" + "\n".join(f"Line {i}." for i in range(2, 20)) + \
        "\n\nAnd [the other](../app/other.yaml).\nMore.\nAnd [the app](../app/web.yaml) again.\n"
WEB = """apiVersion: v1
kind: Service
metadata: {name: web, namespace: site}
spec:
  selector: {app: web}
  ports:
    - port: 80
      targetPort: 8081   # what was it?
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: site}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: "nginx:1.27"
          resources: {requests: {memory: 64Mi}}
          readinessProbe: {tcpSocket: {port: 8080}}
          ports: [{containerPort: 8080}]
          env:
            - name: URL
              value: http://$(HOST)/
            - name: MODE
              value: slow
            - name: HOST
              value: web.site
"""
NETWORK = """networks:
  lan: {cidr: 192.168.8.0/24}
nodes:
  anna:
    addresses: {lan: 192.168.8.10}
"""

number = failed = 0


def report(name, good, why=""):
    global number, failed
    number += 1
    failed += not good
    print("ok" if good else "not ok", number, name)
    if not good:
        for line in str(why).splitlines()[-40:]:
            print("#", line)


def make(folder):
    files = {"apps/web.yaml": WEB, "apps/other.yaml": "# nothing yet\n", "docs/guide.md": GUIDE, "labwright.yaml": NETWORK,
             "anna.env": "ANNA_IP=192.168.1.10\n", "bob.env": "\r\n" * 9 + "ANNA_HOST=192.168.1.10\r\n",
             "apps/pod.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: anna}\nspec: {nodeSelector: "
                              "{kubernetes.io/hostname: anna}, containers: [{name: a, image: 'nginx:1.27'}]}\n"}
    for path, text in files.items():
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        with open(os.path.join(folder, path), "w", newline="") as file:
            file.write(text)
    for words in (["init", "-q"], ["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "lab"]):
        subprocess.run(["git", "-C", folder, *words], check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"})


def read_until(master, text, end):
    """More of what the program says, until it asks again or is gone: all of it, and whether it asks."""
    seen = len(PROMPT.findall(COLOURS.sub("", text)))
    while time.monotonic() < end:
        ready, _, _ = select.select([master], [], [], 0.2)
        if not ready:
            continue
        try:
            more = os.read(master, 65536).decode()
        except OSError:
            return text, False
        if not more:
            return text, False
        text += more
        if len(PROMPT.findall(COLOURS.sub("", text))) > seen:
            return text, True
    raise TimeoutError(text)


def session(program, folder, answers, rules):
    """What was on the screen of a terminal on which these answers were typed; after the last, the end of input."""
    words = [program, "fix", "--derive", "--interactive", *(f"--only={rule}" for rule in rules), folder]
    child, master = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm", LC_ALL="C.UTF-8")
        os.environ.pop("NO_COLOR", None)
        os.execv(program, words)
    text, asks, left = "", True, list(answers)
    end = time.monotonic() + SECONDS
    text, asks = read_until(master, text, end)
    while asks:
        os.write(master, (left.pop(0) + "\n").encode() if left else b"\x04")
        text, asks = read_until(master, text, end)
    os.close(master)
    _, status = os.waitpid(child, 0)
    return text, os.waitstatus_to_exitcode(status)


def diff(folder):
    text = subprocess.run(["git", "-C", folder, "diff", "-U0"], capture_output=True, check=True).stdout.decode()
    return [line for line in text.split("\n") if re.match(r"[-+](?![-+])", line)]


def told(program, answers, *rules, change=None):
    with tempfile.TemporaryDirectory() as folder:
        make(folder)
        if change:
            change(folder)
        text, code = session(program, folder, answers, rules)
        return COLOURS.sub("", text).replace("\r\n", "\n"), text, code, diff(folder)


def check_letters(program):
    plain, raw, code, changed = told(program, ["n", "y"], "doc-dead-path")
    asked = PROMPT.findall(plain)
    report("two places far from each other are two hunks", [one[:2] for one in asked] == [("1", "2"), ("2", "2")], plain)
    report("the letters that would do nothing are not offered", asked and asked[0][2] == "y,n,q,a,d,j,J,?", asked)
    report("the hunk in hand is the one that is left", "-See [the app](../app/web.yaml)." not in changed and
           "+And [the other](../apps/other.yaml)." in changed and code == 0, changed)
    report("it is shown in colour", "\x1b[31m-See [the app](../app/web.yaml)." in raw and "\x1b[32m+" in raw and "\x1b[36m@@ -1,4" in raw, raw)
    report("with the finding it belongs to", "[doc-dead-path]" in plain and "because it is apps/web.yaml now" in plain, plain)

    plain, _, _, changed = told(program, ["j", "s", "y", "d"], "doc-dead-path")
    report("s makes two hunks of one", [one[:2] for one in PROMPT.findall(plain)][1:4] == [("2", "2"), ("2", "3"), ("3", "3")], plain)
    report("and d leaves the rest of the file, j what was passed over", "split into 2 hunks" in plain and
           "+And [the other](../apps/other.yaml)." in changed and len(changed) == 2, changed)

    _, _, _, changed = told(program, ["a"], "doc-dead-path")
    report("a makes all of the file", len(changed) == 6, changed)
    plain, _, _, changed = told(program, ["j", "k", "q"], "doc-dead-path")
    report("k goes back, and q leaves all", not changed and [one[0] for one in PROMPT.findall(plain)] == ["1", "2", "1"], plain)
    plain, _, code, changed = told(program, ["y"], "doc-dead-path")
    report("the end of input leaves what was not answered", len(changed) == 2 and code == 0, changed)
    plain, _, _, changed = told(program, ["?", "what", "n", "n"], "doc-dead-path")
    report("? and what nobody knows say what the letters mean", plain.count("n - leave this as it is") == 2 and
           "s - split" not in plain.split("(2/2)")[0] and not changed, plain)


def check_findings(program):
    plain, _, _, changed = told(program, ["s", "y", "n"], "env-expansion-order")
    report("a finding says which hunks it needs", "it needs hunk 2 as well" in plain, plain)
    report("and what a refusal means", "hunk 1: made only if [env-expansion-order] is mended without this one, too" in plain, plain)
    report("what cannot do without the refused part falls with it", not changed and
           "without the part that you left, it would bring" in plain, plain + str(changed))
    _, _, _, changed = told(program, ["y"], "env-expansion-order")
    report("whole it is made", len(changed) == 4, changed)

    plain, _, _, changed = told(program, ["n", "y"], "address-drift")
    report("mentions of one address are asked for one by one", [one[:2] for one in PROMPT.findall(plain)] == [("1", "2"), ("2", "2")], plain)
    report("and made without the others", changed == ["-ANNA_HOST=192.168.1.10\r", "+ANNA_HOST=192.168.8.10\r"], changed)
    report("line ends of the file are not shown", "+ANNA_HOST=192.168.8.10\n" in plain, plain)
    plain, _, _, changed = told(program, ["y", "n"], "address-drift")
    report("whichever it is", changed == ["-ANNA_IP=192.168.1.10", "+ANNA_IP=192.168.8.10"], plain)

    plain, _, code, changed = told(program, ["n"] * 20)
    report("who wants nothing gets nothing", not changed and code == 0 and "0 findings mended in 0 files" in plain, plain)


def check_hostile(program):
    def change(folder):
        with open(os.path.join(folder, "docs/guide.md"), "a", encoding="utf-8") as file:
            file.write("Never \x1b[2J[the app](../app/web.yaml)")
    plain, raw, _, changed = told(program, ["n", "y"], "doc-dead-path", change=change)
    report("a file says nothing to the terminal itself", "\x1b[2J" not in raw and "+Never \\x1b[2J[the app]" in plain, raw)
    report("a last line without an end stays one", "\\ No newline at end of file" in plain and
           changed[-1].endswith("[the app](../apps/web.yaml)"), changed)


def main():
    program = os.path.abspath(sys.argv[1])
    os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp()
    check_letters(program)
    check_findings(program)
    check_hostile(program)
    print(f"1..{number}")
    sys.exit(failed != 0)


main()
