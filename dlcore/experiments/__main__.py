"""The command line of the experiments: ``python -m dlcore.experiments list | run``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from dlcore.datasets import DatasetUnavailable
from dlcore.experiments import results, runner
from dlcore.experiments.catalog import EXPERIMENTS, select
from dlcore.experiments.description import Experiment


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit code."""
    options = _parser().parse_args(arguments)
    folder = options.results or results.default_folder()
    if options.command == "list":
        for experiment in EXPERIMENTS.values():
            print(_line(experiment, folder))
        return 0
    if bool(options.ids) == options.all:
        print("run: name experiments or groups (2-6, 2-4), or write --all", file=sys.stderr)
        return 2
    try:
        chosen = list(EXPERIMENTS.values()) if options.all else select(options.ids)
    except KeyError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    if options.data:
        os.environ["DLCORE_DATA"] = options.data
    try:
        for number, experiment in enumerate(chosen, 1):
            print(f"[{number}/{len(chosen)}] {experiment.id}: {experiment.title}")
            runner.run(
                experiment, folder, seeds=options.seeds, force=options.force, show=_progress()
            )
            print(f"    {_line(experiment, folder)}", flush=True)
    except (DatasetUnavailable, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dlcore.experiments",
        description="The report's experiments: each is trained with several seeds, and its result "
        "kept as results/<id>.json. What is done is not done again; an interrupted run goes on.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="show all experiments and what is done")
    running = commands.add_parser("run", help="run experiments")
    running.add_argument(
        "ids", nargs="*", metavar="ID", help="an experiment (2-6) or a group (2-4)"
    )
    running.add_argument("--all", action="store_true", help="run all of them")
    running.add_argument(
        "--seeds",
        type=_seeds,
        metavar="N",
        help="the seeds 0 … N−1, or a range such as 5-9 (default: the experiment's own)",
    )
    running.add_argument("--data", metavar="FOLDER", help="folder with MNIST's four files")
    running.add_argument("--force", action="store_true", help="run again what is done")
    for command in (listing, running):
        command.add_argument(
            "--results", type=Path, metavar="FOLDER", help="folder of the result files"
        )
    return parser


def _seeds(text: str) -> tuple[int, ...]:
    first, dash, last = text.partition("-")
    if not first.isdigit() or (dash and not last.isdigit()):
        raise argparse.ArgumentTypeError(f"expected a number such as 5 or a range 5-9, got {text}")
    seeds = tuple(range(int(first), int(last) + 1) if dash else range(int(first)))
    if not seeds:
        raise argparse.ArgumentTypeError(f"expected at least one seed, got {text}")
    return seeds


def _line(experiment: Experiment, folder: Path) -> str:
    """Return a line of the list: id, test accuracy, seeds done, title."""
    missing = len(runner.missing_seeds(experiment, folder, experiment.seeds))
    have = len(experiment.seeds) - missing
    outcome = "not run"
    if have:
        test = results.load(experiment.id, folder)["test"]
        outcome = f"test {test.mean:.4f} ± {test.sd:.4f}"
    return f"{experiment.id:28} {outcome:22} {have}/{len(experiment.seeds)}  {experiment.title}"


def _progress() -> Callable[[runner.Progress], None]:
    """Return a function that shows progress: one line that changes, or a line now and then."""
    terminal = sys.stderr.isatty()
    pause = 0.2 if terminal else 30.0
    last = time.monotonic() if not terminal else 0.0

    def show(progress: runner.Progress) -> None:
        nonlocal last
        history, total = progress.history, progress.experiment.iterations
        finished = history.iterations == total
        if time.monotonic() - last < pause and not (finished and terminal):
            return
        last = time.monotonic()
        tests = history.evaluations.get("test", [])
        accuracy = f"  test {tests[-1]:.4f}" if tests else ""
        minutes, seconds = divmod(round(progress.seconds_left), 60)
        line = (
            f"    seed {progress.seed}  iteration {history.iterations}/{total}  "
            f"loss {history.loss[-1]:.4f}{accuracy}  {minutes}:{seconds:02} left"
        )
        end = "\n" if finished or not terminal else ""
        print(f"\r{line}\033[K" if terminal else line, end=end, file=sys.stderr, flush=True)

    return show


if __name__ == "__main__":
    sys.exit(main())
