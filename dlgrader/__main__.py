"""The command `dlgrader`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dlgrader.exercises import assignment_names

DONE, FAILED = 0, 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dlgrader",
        description="The instructor's side of the course: make the assignments, try the grading.",
        epilog="Exit codes: 0 done, 1 something is wrong (the message says what), 2 wrong usage.",
    )
    parser.add_argument(
        "--course",
        type=Path,
        metavar="FOLDER",
        help="the course's folder (default: the nearest one with nbgrader_config.py)",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    generate = verbs.add_parser(
        "generate",
        help="make the learners' notebooks in exercises/ from solutions/",
        description="Make build/source/ and exercises/ from the text in solutions/.",
    )
    generate.add_argument("assignment", nargs="*", help="default: all assignments")
    generate.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit with 1 if exercises/ is out of step with solutions/",
    )

    demo = verbs.add_parser(
        "demo",
        help="run the whole workflow on a made-up class and print its table",
        description="Generate, release, fetch, submit, collect, autograde, grade by hand, write "
        "and release feedback, export: with a small made-up class, in a temporary folder.",
    )
    demo.add_argument(
        "assignment", nargs="?", default="ps4_convolution", help="default: %(default)s"
    )
    demo.add_argument(
        "--to",
        type=Path,
        metavar="FOLDER",
        help="where grades and feedback are put (default: build/sample_class in the course)",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    named = options.assignment
    for name in [named] if isinstance(named, str) else named:
        if name not in assignment_names():
            parser.error(f"unknown assignment {name!r}; there is {', '.join(assignment_names())}")

    # nbgrader takes a second to import; --help does without.
    from dlgrader.course import GradingError, find_course

    try:
        course = find_course(options.course or Path.cwd())
        if options.verb == "generate":
            return _generate(course, options.assignment or assignment_names(), options.check)
        return _demo(course, options.assignment, options.to)
    except GradingError as error:
        print(f"dlgrader: {error}", file=sys.stderr)
        return FAILED


def _generate(course: Path, names: Sequence[str], check: bool) -> int:
    from dlgrader.generate import generate

    out_of_step = 0
    for name in names:
        in_step = generate(course, name, check=check)
        if check and not in_step:
            out_of_step += 1
            print(f"{name}: exercises/ is out of step with solutions/; run `dlgrader generate`")
        else:
            print(f"{name}: {'in step' if in_step else 'exercises/ renewed'}")
    return FAILED if out_of_step else DONE


def _demo(course: Path, assignment: str, to: Path | None) -> int:
    from dlgrader.demo import demonstrate

    as_expected = demonstrate(course, assignment, to or course / "build" / "sample_class")
    return DONE if as_expected else FAILED


if __name__ == "__main__":
    sys.exit(main())
