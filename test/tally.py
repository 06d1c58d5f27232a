#!/usr/bin/env python3
"""Counts what really passed: the sub-tests that every test printed as TAP, from the logs of `meson test`.

    tally.py BUILDDIR…        prints `N passed, N failed` (and `, N skipped`) and exits 1 if anything failed

A test that says nothing in TAP counts as one. One that ended badly without a failed sub-test (a crash, a sanitizer, a
timeout, too few sub-tests) counts as one failure more.
"""
import json
import re
import sys

LINE = re.compile(r"^(not )?ok\b[^#]*(?:#\s*(SKIP|TODO)\b)?", re.IGNORECASE)


def count(test):
    passed = failed = skipped = 0
    for line in (test.get("stdout") or "").splitlines():
        match = LINE.match(line)
        if not match:
            continue
        if (match[2] or "").upper() == "SKIP":
            skipped += 1
        elif match[1]:
            failed += 1
        else:
            passed += 1
    if test["result"] == "SKIP" and not skipped:
        skipped += 1
    elif test["result"] not in ("OK", "SKIP", "EXPECTEDFAIL") and not failed:
        failed += 1
    elif passed + failed + skipped == 0:
        passed += 1
    return passed, failed, skipped


def main():
    total = [0, 0, 0]
    for folder in sys.argv[1:]:
        try:
            with open(f"{folder}/meson-logs/testlog.json", encoding="utf-8") as file:
                tests = [json.loads(line) for line in file if line.strip()]
        except OSError as error:
            print(error, file=sys.stderr)
            tests = []
        if not tests:
            print(f"{folder}: no test was run", file=sys.stderr)
            total[1] += 1
        for test in tests:
            for i, n in enumerate(count(test)):
                total[i] += n
    passed, failed, skipped = total
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


sys.exit(main())
