"""Imported once by the process from which worker processes are split off: all that they need."""

from __future__ import annotations

import gc

from dlgrader.lean_start import leave_out_address_grammar

leave_out_address_grammar()

from dlgrader.batch.task import grade  # noqa: E402

# What is imported stays. Workers need not look for garbage in it, nor get copies of its pages.
gc.collect()
gc.freeze()

__all__ = ["grade"]
