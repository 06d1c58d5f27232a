#!/usr/bin/env python3
"""Tables of the documents add up: where the last row is called "all", each number in it is the sum of those above. Prints TAP.

    sums.py DOCS
"""
import os
import re
import sys

NUMBER = re.compile(r"\d{1,3}(,\d{3})*|\d+")


def tables(lines):
    """Rows of each table, as lists of cells, and the line that the first of them stands on."""
    rows, start = [], 0
    for at, line in enumerate([*lines, ""], 1):
        if line.startswith("|"):
            start = start if rows else at
            rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
        elif rows:
            yield start, rows
            rows = []


def wrong(rows):
    """Columns of the last row that are no sums. The first two rows are the names and the rule below them."""
    *above, last = rows[2:]
    for column, cell in enumerate(last):
        if not NUMBER.fullmatch(cell):
            continue
        total = sum(int(row[column].replace(",", "")) for row in above
                    if column < len(row) and NUMBER.fullmatch(row[column]))
        if total != int(cell.replace(",", "")):
            yield f"{rows[0][column]}: {cell} is said, the rows are {total:,}"


def main():
    summed, number, failed = 0, 0, 0
    paths = sorted(os.path.join(folder, name) for folder, _, names in os.walk(sys.argv[1]) for name in names if name.endswith(".md"))
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for line, rows in tables(file.read().splitlines()):
                if len(rows) < 4 or rows[-1][0] != "all":
                    continue
                number += 1
                problems = list(wrong(rows))
                failed += bool(problems)
                print(f"{'not ok' if problems else 'ok'} {number} {os.path.relpath(path, sys.argv[1])}:{line} adds up")
                for problem in problems:
                    print("#", problem)
                summed += any(NUMBER.fullmatch(cell) for cell in rows[-1])
    number += 1
    print(f"{'ok' if summed else 'not ok'} {number} there are such tables\n1..{number}")
    return failed > 0 or not summed


sys.exit(main())
