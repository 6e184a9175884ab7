"""Measure everything and renew results.json, the figure and README.md: ``make bench``."""

from __future__ import annotations

import argparse
import datetime
import importlib.util
import json
import os
from pathlib import Path

from benchmarks import figure, plan, report
from benchmarks.machine import ROOT

FOLDER = ROOT / "benchmarks"


def main() -> None:
    """Parse the arguments, measure, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="about a minute, to try it out; writes to build/bench/"
    )
    parser.add_argument(
        "--threads", type=int, nargs="+", help="numbers of threads (default: 1 2; quick: 1)"
    )
    parser.add_argument(
        "--report", action="store_true", help="measure nothing: tables and figure from results.json"
    )
    options = parser.parse_args()

    folder = ROOT / "build" / "bench" if options.quick else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    if not options.report:
        results = _measure(options.quick, options.threads or ([1] if options.quick else [1, 2]))
        text = json.dumps(results, indent=1, ensure_ascii=False) + "\n"
        (folder / "results.json").write_text(text, encoding="utf-8")
    _write(folder)


def _measure(quick: bool, threads: list[int]) -> dict[str, object]:
    with_torch = importlib.util.find_spec("torch") is not None
    if not with_torch:
        print('PyTorch is not installed (the extra "oracle"): no ratios to it.')
    cores = os.cpu_count() or 1
    usable = [k for k in threads if k <= cores]
    if usable != threads:
        print(f"This machine has {cores} core(s): measured with {usable} thread(s).")
    if os.getloadavg()[0] > 0.5:
        print(f"Other programs are running (load {os.getloadavg()[0]:.1f}): figures will be noisy.")
    jobs = list(plan.jobs(quick, usable, with_torch))
    results = plan.run(jobs, quick)
    return report.assemble(jobs, results, date=datetime.date.today().isoformat(), quick=quick)


def _write(folder: Path) -> None:
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    (folder / "linear_cost.svg").write_text(figure.draw(results), encoding="utf-8")
    tables = report.tables(results)
    if folder == FOLDER:
        readme = folder / "README.md"
        text = report.insert(readme.read_text(encoding="utf-8"), tables)
    else:
        readme, text = folder / "tables.md", tables
        print(tables)
    readme.write_text(text, encoding="utf-8")
    print(f"Written to {folder.relative_to(ROOT)}/: results.json, linear_cost.svg, {readme.name}")


if __name__ == "__main__":
    main()
