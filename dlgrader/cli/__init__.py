"""The command `dlgrader`: it reads the command line, calls the verb, and says what came of it."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence

from dlgrader.cli.errors import explained
from dlgrader.cli.parser import parse
from dlgrader.cli.verb import Options, Verb
from dlgrader.lean_start import leave_out_address_grammar
from dlgrader.telling import Outcome, Teller

DONE, WRONG, INTERRUPTED = 0, 1, 130
"""Exit codes; wrong usage is 2, as argparse has it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit code."""
    leave_out_address_grammar()
    for stream in (sys.stdout, sys.stderr):
        # A learner's name or file name may have letters that the terminal does not know.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    verb, options = parse(arguments)
    try:
        return _do(verb, options)
    except BrokenPipeError as error:
        print(f"dlgrader: {error}", file=sys.stderr)
        # Nobody reads any more (| head); Python would complain when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return WRONG


def _do(verb: Verb, options: Options) -> int:
    teller = Teller(options.json)
    try:
        # A script reads one JSON object from stdout; whatever a library prints goes elsewhere.
        with contextlib.redirect_stdout(sys.stderr if options.json else sys.stdout):
            outcome = verb.run(options, teller)
    except KeyboardInterrupt:
        return _give_up(verb.name, teller, f"stopped. {verb.if_stopped}", INTERRUPTED)
    except BrokenPipeError:
        raise
    except Exception as error:
        reason = explained(error)
        if not reason:
            raise
        return _give_up(verb.name, teller, reason, WRONG)
    teller.finish(verb.name, outcome)
    return DONE if outcome.ok else WRONG


def _give_up(verb: str, teller: Teller, reason: str, code: int) -> int:
    print(f"dlgrader: {reason}", file=sys.stderr)
    teller.finish(verb, Outcome(ok=False, facts={"error": reason}))
    return code
