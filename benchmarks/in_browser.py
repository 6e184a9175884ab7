"""How long a reader waits for the first number: ``python -m benchmarks.in_browser``.

Chromium opens a chapter of the built site from a server on this machine and presses Run: in a
fresh profile (cold), and again after a reload when everything has been kept (warm). The time runs
from the press to the line "Done". One cell computes with NumPy, another one draws; the page's
first cell, which imports everything, runs before each. Then each slider that Python can draw is
moved, and the time runs until its picture stands there.
"""

from __future__ import annotations

import argparse
import datetime
import gzip
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks import in_browser_redraws
from benchmarks.machine import ROOT, measure

sys.path.insert(0, str(ROOT / "tools"))

from local_browser import find_chromium, serve

SITE = ROOT / "book" / "_build" / "html"
RESULTS = ROOT / "benchmarks" / "results" / "in_browser.json"
README = ROOT / "benchmarks" / "README.md"
BEGIN = "<!-- in the browser: begin (written by python -m benchmarks.in_browser) -->"
END = "<!-- in the browser: end -->"
PAGE = "ch4/convolution"
# What is measured: the cell that has these words, and the longest times in seconds, cold and warm.
CELLS = {"a number": ("np.correlate", 4.5, 2.5), "a figure": ("image_grid(np", 6.0, 6.0)}
SCRIPT_KILOBYTES = 170
PATIENCE = 300_000
FLAGS = ["--no-sandbox", "--no-first-run", "--disable-gpu", "--disable-background-networking"]
KEPT = """async () => {
  const kept = (await (await caches.open("dlcore-course")).keys()).map((one) => one.url);
  return WANTED.every((name) => kept.some((address) => address.includes(name)));
}"""


def main() -> None:
    """Measure, and write what came of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.in_browser", description=__doc__)
    parser.add_argument("--site", type=Path, default=SITE, help="folder of the built site")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="one round, written to build/bench/")
    options = parser.parse_args()
    if os.getloadavg()[0] > 0.5:
        print(f"Other programs are running (load {os.getloadavg()[0]:.1f}): figures will be noisy.")
    about = measure(lambda _: None)
    found: dict[str, Any] = {
        "date": datetime.date.today().isoformat(),
        "machine": f"{about['cores']} cores of an {about['cpu']}",
        "script_kilobytes": round(script_bytes(options.site) / 1000, 1),
        "seconds": {what: {"cold": [], "warm": []} for what in CELLS},
    }
    with serve(options.site.parent) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        found["browser"] = f"Chromium {browser.version}"
        for _ in range(1 if options.quick else options.rounds):
            for what, (words, *_limits) in CELLS.items():
                context = browser.new_context()
                context.set_default_timeout(PATIENCE)
                page = context.new_page()
                page.goto(f"{address}{options.site.name}/{PAGE}.html")
                page.wait_for_load_state("networkidle")
                index = cell_with(options.site, words)
                times = found["seconds"][what]
                times["cold"].append(seconds_until_done(page, index))
                wanted = json.dumps(
                    ["started.bin", "numpy-", "matplotlib-"][: 2 + (what != "a number")]
                )
                page.wait_for_function(KEPT.replace("WANTED", wanted), timeout=PATIENCE)
                page.reload()
                page.wait_for_load_state("networkidle")
                times["warm"].append(seconds_until_done(page, index))
                context.close()
        root = f"{address}{options.site.name}/"
        found["redraws"] = in_browser_redraws.redraws(browser, options.site, root)
        browser.close()
    path = ROOT / "build" / "bench" / RESULTS.name if options.quick else RESULTS
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(table(found))
    if not options.quick:
        text = README.read_text(encoding="utf-8")
        before, _, rest = text.partition(BEGIN)
        README.write_text(
            f"{before}{BEGIN}\n{table(found)}\n{END}{rest.partition(END)[2]}", "utf-8"
        )


def cell_with(site: Path, words: str) -> int:
    """Return the index of the first cell that has these words, after the one that imports."""
    listing = json.loads((site / "_python" / "pages" / f"{PAGE}.json").read_text(encoding="utf-8"))
    found = [c["index"] for c in listing["cells"][1:] if words in c["source"]]
    return int(found[0])


def seconds_until_done(page: Page, index: int) -> float:
    """Press Run and wait until the cell says that it is done."""
    cell = page.locator(f".cell-index-{index}")
    started = time.perf_counter()
    cell.get_by_role("button", name=f"Run cell {index + 1}").click()
    page.wait_for_function(
        "(status) => status.textContent.startsWith('Done')",
        arg=cell.locator(".cell-status").element_handle(),
        polling=20,
        timeout=PATIENCE,
    )
    return round(time.perf_counter() - started, 2)


def script_bytes(site: Path) -> int:
    """Return the size, compressed, of all scripts that a page loads, the editor included."""
    folder = next((site / "_python").glob("scripts-*"))
    scripts = [path for path in folder.glob("*.js") if path.name != "worker.js"]
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in scripts)


def table(found: dict[str, Any]) -> str:
    """Return the figures as Markdown."""
    lines = [
        f"Measured on {found['date']}: {found['browser']} on {found['machine']}.",
        "",
        "| from Run to | cold, s | by round | warm, s | by round | at most |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    for what, times in found["seconds"].items():
        cells = []
        for kind in ("cold", "warm"):
            cells += [f"**{statistics.median(times[kind]):.1f}**"]
            cells += [", ".join(f"{one:.1f}" for one in times[kind])]
        _, cold, warm = CELLS[what]
        lines.append(f"| {what} | {' | '.join(cells)} | {cold:g} and {warm:g} |")
    lines += [
        "",
        f"Scripts of a page, compressed, the editor and all boxes included: "
        f"{found['script_kilobytes']:.0f} kB; at most {SCRIPT_KILOBYTES} kB.",
        "",
        in_browser_redraws.table(found["redraws"]),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
