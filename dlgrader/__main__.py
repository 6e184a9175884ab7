"""The command `dlgrader`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from dlgrader.exercises import assignment_names

DONE, FAILED = 0, 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dlgrader",
        description="The instructor's side of the course: make the assignments, grade, try it out.",
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
        help="make the learners' notebooks and checks from solutions/ and the declarations",
        description="Make build/source/, exercises/ and the data of the checks from the text in "
        "solutions/ and the declarations.",
    )
    generate.add_argument("assignment", nargs="*", help="default: all assignments")
    generate.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit with 1 if something is out of step",
    )

    autograde = verbs.add_parser(
        "autograde",
        help="run and judge the submissions of an assignment in the sandbox",
        description="Run and judge the submissions of an assignment in the sandbox. The same "
        "happens with `nbgrader autograde` and with the formgrader's button.",
    )
    autograde.add_argument("assignment")
    autograde.add_argument("--student", metavar="NAME", help="default: all who submitted")
    autograde.add_argument(
        "--no-sandbox",
        action="store_true",
        help="run learners' code as you, with all that you may do; only for notebooks you trust",
    )

    selfcheck = verbs.add_parser(
        "selfcheck",
        help="test the tests: grade right, wrong and hostile submissions of every exercise",
        description="Grade the model solutions, other right answers, known misconceptions, the "
        "unanswered notebook and hostile submissions, as a class would be graded, and print how "
        "many are judged wrongly.",
    )
    selfcheck.add_argument("assignment", nargs="*", help="default: all assignments")
    selfcheck.add_argument(
        "--jobs", type=int, default=2, metavar="N", help="processes (default: %(default)s)"
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
    # An assignment of the instructor's own can be graded; the rest is about the course's.
    named = [] if options.verb == "autograde" else options.assignment
    for name in [named] if isinstance(named, str) else named:
        if name not in assignment_names():
            parser.error(f"unknown assignment {name!r}; there is {', '.join(assignment_names())}")

    # nbgrader takes a second to import; --help does without.
    from dlgrader.course import GradingError, find_course
    from dlgrader.solutions import SolutionTextError

    verbs: dict[str, Callable[[Path, argparse.Namespace], int]] = {
        "generate": _generate,
        "autograde": _autograde,
        "selfcheck": _selfcheck,
        "demo": _demo,
    }
    try:
        return verbs[options.verb](find_course(options.course or Path.cwd()), options)
    except (GradingError, SolutionTextError) as error:
        print(f"dlgrader: {error}", file=sys.stderr)
        return FAILED


def _generate(course: Path, options: argparse.Namespace) -> int:
    from dlgrader.generate import generate

    out_of_step = 0
    for name in options.assignment or assignment_names():
        in_step = generate(course, name, check=options.check)
        if options.check and not in_step:
            out_of_step += 1
            print(f"{name}: exercises/ is out of step with solutions/; run `dlgrader generate`")
        else:
            print(f"{name}: {'in step' if in_step else 'exercises/ renewed'}")
    return FAILED if out_of_step else DONE


def _autograde(course: Path, options: argparse.Namespace) -> int:
    from dlgrader.autograde import autograde

    return (
        DONE
        if autograde(course, options.assignment, options.student, not options.no_sandbox)
        else FAILED
    )


def _selfcheck(course: Path, options: argparse.Namespace) -> int:
    from dlgrader.selfcheck import selfcheck

    names = options.assignment or assignment_names()
    return DONE if selfcheck(course, names, options.jobs) else FAILED


def _demo(course: Path, options: argparse.Namespace) -> int:
    from dlgrader.demo import demonstrate

    to = options.to or course / "build" / "sample_class"
    return DONE if demonstrate(course, options.assignment, to) else FAILED


if __name__ == "__main__":
    sys.exit(main())
