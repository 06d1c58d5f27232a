"""What the tests of this folder begin with: TAP, a Git repository of a few texts, and the clients of PyPI."""
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
number = failed = 0


def ok(name, good, *why):
    global number, failed
    number += 1
    print(f"{'ok' if good else 'not ok'} {number} {name}", flush=True)
    if not good:
        failed += 1
        for line in why:
            print("#", str(line).replace("\n", "\n# "), flush=True)
    return good


def skip(name, why):
    global number
    number += 1
    print(f"ok {number} {name} # SKIP {why}", flush=True)


def same(name, got, wanted):
    return ok(name, got == wanted, f"got    {got!r}", f"wanted {wanted!r}")


def finish():
    print(f"1..{number}")
    sys.exit(failed > 0)


def make_clients():
    """The tests have a cache folder of their own, which is not where the clients are kept."""
    env = {name: value for name, value in os.environ.items() if name != "XDG_CACHE_HOME"}
    made = subprocess.run(["sh", os.path.join(HERE, "../../tools/clients.sh")], stdout=subprocess.PIPE, check=False, text=True, env=env)
    if made.returncode != 0:
        print("1..0 # SKIP the clients could not be installed from PyPI")
        sys.exit(0)
    return made.stdout.strip()


def with_clients():
    """Goes on in the Python that has the clients; where PyPI does not answer, the tests are skipped."""
    if os.environ.get("LABWRIGHT_IN_CLIENTS"):
        return
    python = os.environ.get("LABWRIGHT_PYTHON") or make_clients()
    os.execve(python, [python, *sys.argv], {**os.environ, "LABWRIGHT_IN_CLIENTS": "1"})


def repository(files):
    """A folder that goes away at the end, with these files staged. Returns its path."""
    folder = tempfile.TemporaryDirectory(prefix="labwright-")
    keep.append(folder)
    root = os.path.realpath(folder.name)
    for path, text in files.items():
        whole = os.path.join(root, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w", encoding="utf-8") as file:
            file.write(text)
    env = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", "init", "-q", "-b", "main", root], check=True, env=env)
    subprocess.run(["git", "-C", root, "add", "."], check=True, env=env)
    return root


keep = []
