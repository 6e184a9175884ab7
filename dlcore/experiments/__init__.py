"""The report's experiments: as data, one runner, results as small files.

On the command line::

    python -m dlcore.experiments list
    python -m dlcore.experiments run 2-6          # one experiment, or a group such as 2-4
    python -m dlcore.experiments run --all

``description`` says how an experiment is written down, ``catalog`` holds all of them, ``runner``
runs them, ``results`` reads and writes what came out. ``variants`` holds what the report's
notebooks do and the library does not, for comparison.
"""

from dlcore.experiments.catalog import EXPERIMENTS, select
from dlcore.experiments.description import Experiment
from dlcore.experiments.results import Figure, Result, load
from dlcore.experiments.runner import run, run_seed

__all__ = ["EXPERIMENTS", "Experiment", "Figure", "Result", "load", "run", "run_seed", "select"]
