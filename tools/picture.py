#!/usr/bin/env python3
"""What README.md shows of a run, made by that run: the words of `labwright improve` and the top of its report.

    tools/picture.py LABWRIGHT     writes docs/report.png and the lines between the marks in README.md

Needs Chromium. The demonstration has dates of its own, so that only the name of the branch changes from day to day.
"""
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "test", "web"))
from browser import Browser, find_browser  # noqa: E402

BEGIN, END = "<!-- made by tools/picture.py, from here -->\n", "<!-- to here -->\n"
WIDTH = 900


def run_demo(program, folder):
    environment = dict(os.environ, LABWRIGHT_DATA=ROOT)
    subprocess.run([program, "demo", folder], check=True, stdout=subprocess.DEVNULL, env=environment)
    with open(os.path.join(folder, "improve.txt")) as file:
        return file.read().splitlines()


def words_of(lines):
    """From the first phase to the name of the branch."""
    first = next(i for i, line in enumerate(lines) if line.startswith("  structure "))
    last = next(i for i, line in enumerate(lines) if line.startswith("Your checkout"))
    shown = ["$ labwright improve --usage pods.json --usage metrics.json"] + lines[first:last + 1]
    return "".join("    " + line + "\n" if line else "\n" for line in shown)


def write_words(words):
    path = os.path.join(ROOT, "README.md")
    with open(path) as file:
        text = file.read()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    with open(path, "w") as file:
        file.write(before + BEGIN + words + END + after)


def write_picture(report):
    """As far down as the first section."""
    browser = Browser(find_browser())
    try:
        browser.open("file://" + report, WIDTH, dark=False)
        height = browser.evaluate("document.querySelector('h2').getBoundingClientRect().top + scrollY - 24")
        browser.picture(os.path.join(ROOT, "docs", "report.png"), (0, 0, WIDTH, height))
    finally:
        browser.close()


def main():
    program = os.path.realpath(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        write_words(words_of(run_demo(program, os.path.join(folder, "demo"))))
        write_picture(os.path.join(folder, "demo", "report.html"))


main()
