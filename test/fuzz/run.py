#!/usr/bin/env python3
"""Fuzzes each format from the trees of test/source and test/rule, and prints TAP.

    run.py FUZZ-SCAN --runs N        N inputs a format, always the same ones; fewer on a machine that needs over a minute
    run.py FUZZ-SCAN --seconds N     N seconds a format, other inputs each time

An input that fails is kept in the current folder under crash-…; `FUZZ-SCAN crash-…` runs it again.
"""
import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

here = os.path.dirname(os.path.abspath(__file__))
SMALL = 16384  # longer seeds are slow and teach nothing that their first part does not


def tree_input(top):
    """All files of a tree as one input, see scan.c."""
    parts = []
    for folder, folders, files in os.walk(top):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(folder, name)
            if os.path.islink(path) or not os.path.isfile(path):
                continue
            with open(path, "rb") as file:
                parts.append(b"-- %s --\n%s\n" % (os.path.relpath(path, top).encode(), file.read()))
    return b"".join(parts)


def formats():
    """Name of each corpus and the trees in it: a format of test/source, and all the rules' trees together."""
    source, rule = (os.path.join(os.path.dirname(here), name) for name in ("source", "rule"))
    for name in sorted(os.listdir(source)):
        folder = os.path.join(source, name)
        if os.path.isdir(folder):
            yield name, [os.path.join(folder, case) for case in sorted(os.listdir(folder))]
    trees = [os.path.join(rule, name, case) for name in sorted(os.listdir(rule))
             if os.path.isdir(os.path.join(rule, name)) for case in sorted(os.listdir(os.path.join(rule, name)))]
    yield "rules", trees


def write_seeds(corpus, trees):
    for number, tree in enumerate(trees):
        if os.path.isdir(tree):
            data = tree_input(tree)
            if 0 < len(data) <= SMALL:
                with open(os.path.join(corpus, f"seed-{number:04}"), "wb") as file:
                    file.write(data)


# Leaks are looked for when the process ends: after each input that takes longer than the input.
def fuzz(program, bound, name, trees):
    with tempfile.TemporaryDirectory() as corpus:
        write_seeds(corpus, trees)
        run = subprocess.run([os.path.abspath(program), corpus, *bound, f"-max_len={SMALL}", "-timeout=20",
                              "-rss_limit_mb=2048", "-detect_leaks=0", "-print_final_stats=1", "-verbosity=0"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    text = run.stderr.decode(errors="replace")
    done = [line.split()[-1] for line in text.splitlines() if "number_of_executed_units" in line]
    return run.returncode == 0, f"fuzz/{name} {done[0] if done else 0} inputs", text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--runs", type=int)
    parser.add_argument("--seconds", type=int)
    options = parser.parse_args()
    bound = [f"-runs={options.runs}", "-seed=1", "-max_total_time=60"] if options.runs else [f"-max_total_time={options.seconds or 60}"]
    failed = 0
    all_formats = list(formats())
    print(f"1..{len(all_formats)}", flush=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda each: fuzz(options.program, bound, *each), all_formats)
        for number, (good, line, text) in enumerate(results, 1):
            failed += not good
            print(f"{'ok' if good else 'not ok'} {number} {line}", flush=True)
            if not good:
                print("\n".join("# " + line for line in text.splitlines()[-60:]), flush=True)
    return 1 if failed else 0


sys.exit(main())
