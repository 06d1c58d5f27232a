#!/usr/bin/env python3
"""The report in a real browser: wide and narrow, light and dark, and on paper.

    pages.py LABWRIGHT EXAMPLES [--pictures FOLDER]    prints TAP

The pages are those of the demonstration and of one clean state. That the looking finds something is shown first, on
a page where everything is wrong.
"""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from browser import Browser, find_browser  # noqa: E402

VIEWS = [("wide light", 1280, False), ("wide dark", 1280, True), ("phone light", 390, False), ("phone dark", 390, True),
         ("small phone", 320, False)]

BAD = """<!DOCTYPE html><html><head><style>p{color:#999;background:#aaa}</style></head><body>
<div style="width:2000px">wide</div><p>faint</p><img src="http://localhost:1/x.png"><a href="#none">nowhere</a>
<svg viewBox="0 0 10 10" width="100" height="100"><text x="9" y="5" font-size="4">outside</text></svg>
<svg role="img" viewBox="0 0 100 50" width="100" height="50"><title>two</title><text x="2" y="20">one</text>
<text x="6" y="22">two</text></svg><dl class="tiles" style="width:20px"><div><dt>tile</dt><dd>99999999</dd></div></dl><script>console.error("oh")</script></body></html>"""
BAD_WORDS = ["wide in a window", "no text", "outside of its picture", "overlap", "contrast", "leads nowhere", "wider than its tile",
             "leads out of the page", "asks for http://localhost:1/x.png", "console: oh"]

number = failed = 0


def tell(good, name, details=()):
    global number, failed
    number += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {number} web/{name}", flush=True)
    for line in [] if good else details:
        print(f"# {line}", flush=True)


def spoken(browser, url):
    """What the page asked for beyond itself, and what it complained of."""
    for event in browser.events:
        params, method = event["params"], event["method"]
        if method == "Network.requestWillBeSent" and params["request"]["url"] != url:
            yield "asks for " + params["request"]["url"]
        elif method == "Log.entryAdded":
            yield "log: " + params["entry"]["text"]
        elif method == "Runtime.exceptionThrown":
            yield "exception: " + params["exceptionDetails"]["text"]
        elif method == "Runtime.consoleAPICalled":
            yield "console: " + " ".join(str(argument.get("value")) for argument in params["args"])


def look(browser, path, width, dark):
    url = "file://" + path
    browser.open(url, width, dark)
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "look.js")) as file:
        wrong = browser.evaluate(file.read())
    return wrong + list(spoken(browser, url))


def check_page(browser, name, path, pictures):
    papers = set()
    for view, width, dark in VIEWS:
        wrong = look(browser, path, width, dark)
        tell(not wrong, f"{name}, {view}: nothing to complain of", wrong)
        papers.add(browser.evaluate("getComputedStyle(document.body).backgroundColor"))
        if pictures:
            browser.picture(os.path.join(pictures, f"{name}-{view.replace(' ', '-')}.png"))
    tell(len(papers) == 2, f"{name}: light and dark differ", papers)
    browser.paint(True, media="print")
    folds = browser.evaluate("[...document.querySelectorAll('details > *:not(summary)')].filter(e => e.offsetHeight == 0).length")
    colour = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    tell(folds == 0 and colour == "rgb(255, 255, 255)", f"{name}: all of it is on white paper", [folds, colour])
    if pictures:
        browser.paper(os.path.join(pictures, f"{name}.pdf"))


def run(*words, **options):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, timeout=120, **options)


def make_pages(program, examples, folder):
    environment = dict(os.environ, LABWRIGHT_DATA=os.path.dirname(examples))
    run(program, "demo", os.path.join(folder, "demo"), env=environment)
    lab = os.path.join(folder, "demo", "homelab")
    run(program, "report", "--from", "HEAD", "--to", "HEAD", "-o", os.path.join(folder, "state"), lab)
    return [("improved", os.path.join(folder, "demo", "report.html")),
            ("state", os.path.join(folder, "state", "report.html"))]


def main():
    program, examples = (os.path.realpath(word) for word in sys.argv[1:3])
    pictures = sys.argv[4] if sys.argv[3:4] == ["--pictures"] else None
    if not find_browser():
        print("1..0 # SKIP no Chromium")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        pages = make_pages(program, examples, folder)
        browser = Browser(find_browser())
        try:
            bad = os.path.join(folder, "bad.html")
            with open(bad, "w") as file:
                file.write(BAD)
            found = look(browser, bad, 390, False)
            missed = [word for word in BAD_WORDS if not any(word in sentence for sentence in found)]
            tell(not missed, "a bad page is seen to be bad", missed + found)
            for name, path in pages:
                check_page(browser, name, path, pictures)
        finally:
            browser.close()
    print(f"1..{number}")
    return 1 if failed else 0


sys.exit(main())
