#!/usr/bin/env python3
"""What other checkers find in the same repositories, and how long they take: a section of docs/performance.md.

    peers.py LABWRIGHT [REPOSITORY…]

Each tool runs once on a clone of each repository (the bundled homelab where none is named) with the settings that it
comes with, and its findings are counted as it counts them. Counts of different tools say nothing of who is right; they
say what a user has to read.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from bench import CACHE, accepted_files, copy_of, go_tool, run, tracked

here = os.path.dirname(os.path.abspath(__file__))
top = os.path.dirname(os.path.dirname(here))
HEADING, NEXT = "## Beside other checkers\n", "## Beside another fixer\n"
SECONDS = 900


def python_tool(name):
    """Path of a tool of PyPI, or None."""
    folder = os.path.join(CACHE, "peers")
    path = os.path.join(folder, "bin", name)
    if not os.path.exists(path):
        print(f"{name}: installing from PyPI", flush=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=False)
        subprocess.run([os.path.join(folder, "bin", "pip"), "install", "-q", name], check=False)
    return path if os.path.exists(path) else None


def yaml_files(folder):
    return [path for path in tracked(folder) if path.endswith((".yaml", ".yml"))
            and not os.path.islink(os.path.join(folder, path)) and os.path.isfile(os.path.join(folder, path))]


# ---- the tools: what they are given, and how they count ----

def labwright_counts(text):
    findings = [found for found in json.loads(text)["findings"] if not found.get("suppressed")]
    return {level: sum(found["level"] == level for found in findings) for level in ("error", "warning", "info")}


def score_counts(text):
    lines = text.splitlines()
    return {"critical": sum(line.startswith("[CRITICAL]") for line in lines),
            "warning": sum(line.startswith("[WARNING]") for line in lines)}


def conform_counts(text):
    summary = json.loads(text)["summary"]
    return {"invalid": summary["invalid"], "error": summary["errors"]}


def checkov_counts(text):
    reports = json.loads(text)
    return {report["check_type"]: report["summary"]["failed"]
            for report in (reports if isinstance(reports, list) else [reports]) if "check_type" in report}


def lint_counts(text):
    lines = text.splitlines()
    return {level: sum(f"[{level}]" in line for line in lines) for level in ("error", "warning")}


def leaks_counts(text):
    return {"secret": len(json.loads(text))}


def tools(labwright):
    """Name → (how its files are found, its words for a folder and these files, how its output is counted)."""
    score, conform, leaks = go_tool("kube-score"), go_tool("kubeconform"), go_tool("gitleaks")
    checkov, lint = python_tool("checkov"), python_tool("yamllint")
    every = {
        "labwright": (tracked, lambda folder, files: [labwright, "check", "--no-cache", "--all", "--format", "json", folder],
                      labwright_counts),
        "kube-score": (score and (lambda folder: accepted_files(score, folder)),
                       lambda folder, files: [score, "score", "--output-format", "ci", *files], score_counts),
        "kubeconform": (conform and score and (lambda folder: accepted_files(score, folder)),
                        lambda folder, files: [conform, "-ignore-missing-schemas", "-schema-location",
                                               "none/{{.ResourceKind}}.json", "-output", "json", "-summary", *files],
                        conform_counts),
        "checkov": (checkov and tracked, lambda folder, files: [checkov, "-d", folder, "-o", "json", "--quiet", "--compact",
                                                                "--skip-download"], checkov_counts),
        "yamllint": (lint and yaml_files, lambda folder, files: [lint, "-f", "parsable", *files], lint_counts),
        "gitleaks": (leaks and tracked, lambda folder, files: [leaks, "dir", folder, "--no-banner", "--report-format", "json",
                                                               "--report-path", "-", "--log-level", "fatal"],
                     leaks_counts)}
    return {name: tool for name, tool in every.items() if tool[0]}


# ---- measuring ----

class Sum:
    """Of one tool over all repositories."""

    def __init__(self):
        self.files, self.seconds, self.failed, self.counts = 0, 0.0, 0, {}

    def add(self, folder, tool):
        files_of, words, count = tool
        files = files_of(folder)
        if not files:
            return
        start = time.perf_counter()
        done = subprocess.run(words(folder, files), cwd=folder, capture_output=True, text=True, errors="replace",
                              timeout=SECONDS, check=False)
        self.seconds += time.perf_counter() - start
        self.files += len(files)
        try:
            counts = count(done.stdout)
        except (ValueError, KeyError):
            self.failed += 1
            return
        for what, number in counts.items():
            self.counts[what] = self.counts.get(what, 0) + number

    def row(self, name):
        found = ", ".join(f"{number:,} {what}" for what, number in self.counts.items() if number) or "nothing"
        if self.failed:
            found += f"; no result in {self.failed}"
        return f"| {name} | {self.files:,} | {self.seconds:.2f} | {found} |"


def write_section(text):
    page = os.path.join(top, "docs", "performance.md")
    with open(page, encoding="utf-8") as file:
        whole = file.read()
    before, _, rest = whole.partition(HEADING)
    if not rest:
        before, _, rest = whole.partition(NEXT)
        rest = NEXT + rest
    rest = rest[rest.index(NEXT):] if NEXT in rest else ""
    with open(page, "w", encoding="utf-8") as file:
        file.write(before.rstrip() + "\n\n" + HEADING + "\n" + text + ("\n" + rest if rest else ""))


def main():
    labwright, repositories = os.path.abspath(sys.argv[1]), sys.argv[2:]
    os.makedirs(CACHE, exist_ok=True)
    every = tools(labwright)
    sums = {name: Sum() for name in every}
    with tempfile.TemporaryDirectory() as where:
        for number, repository in enumerate(repositories or [None]):
            folder = os.path.join(where, str(number))
            if repository:
                copy_of(os.path.abspath(repository), folder)
            else:
                run("sh", os.path.join(top, "examples", "history.sh"), folder)
            for name, tool in every.items():
                sums[name].add(folder, tool)
            shutil.rmtree(folder)
    what = f"{len(repositories)} public homelabs" if repositories else "the bundled homelab"
    lines = [sums[name].row(name) for name in every]
    load = os.getloadavg()[1]
    busy = f" Other work ran beside: the load was {load:.0f} on {os.cpu_count()} processors." if load > 3 else ""
    text = f"""`test/bench/peers.py LABWRIGHT REPOSITORY…` lets each tool run once, with the settings that it comes with, over
{what}. A count says what a user has to read, not who is right. labwright runs with `--no-cache`; kube-score and
kubeconform are given the files that kube-score accepts, kubeconform without schemas.{busy}

| tool | files | seconds | finds |
| --- | --: | --: | --- |
""" + "\n".join(lines) + "\n"
    print(text)
    write_section(text)


if __name__ == "__main__":
    main()
