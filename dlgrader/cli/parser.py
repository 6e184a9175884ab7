"""The command line: the same options for every verb, and a page of help for each."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from dlgrader.cli import class_verbs, course_verbs
from dlgrader.cli.verb import Verb

VERBS = (
    course_verbs.INIT,
    course_verbs.GENERATE,
    class_verbs.RELEASE,
    class_verbs.COLLECT,
    class_verbs.AUTOGRADE,
    class_verbs.FEEDBACK,
    class_verbs.EXPORT,
    class_verbs.REPORT,
    class_verbs.SIMILARITY,
    class_verbs.RENAME,
    course_verbs.SELFCHECK,
    course_verbs.DEMO,
    course_verbs.DOCTOR,
)

_EPILOG = """\
The order of a term: init once; then for each assignment release, collect, autograde, grade what is
written by hand in the formgrader, feedback, export. Each verb may be run again at any time: what is
done is left alone. `dlgrader VERB --help` tells more.

Exit codes: 0 done, 1 something is wrong (the message says what), 2 wrong usage, 130 Ctrl-C.
"""


def _common(course: object, json: object) -> argparse.ArgumentParser:
    """Return the options that every verb takes, with their defaults."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--course",
        type=Path,
        default=course,
        metavar="FOLDER",
        help="the course's folder (default: the nearest one, going up, with nbgrader_config.py)",
    )
    common.add_argument(
        "--json",
        action="store_true",
        default=json,
        help="write one JSON object to stdout at the end, and all else to stderr",
    )
    return common


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command."""
    parser = argparse.ArgumentParser(
        prog="dlgrader",
        description="The instructor's side of a course: hand out assignments, collect, grade, "
        "give feedback, report.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[_common(None, False)],
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    # Without a default, an option that stands before the verb is not set back by the verb's own.
    again = _common(argparse.SUPPRESS, argparse.SUPPRESS)
    for verb in VERBS:
        part = verbs.add_parser(
            verb.name,
            help=verb.summary,
            description=verb.description,
            epilog=verb.examples,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            parents=[again],
        )
        verb.add(part)
        part.set_defaults(chosen=verb, complain=part.error)
    return parser


def parse(arguments: Sequence[str] | None = None) -> tuple[Verb, argparse.Namespace]:
    """Read the command line; wrong usage ends the program with exit code 2."""
    options = build_parser().parse_args(arguments)
    verb: Verb = options.chosen
    problem = verb.check(options)
    if problem:
        options.complain(problem)
    return verb, options
