"""The verbs for a class: from handing out an assignment to the report.

The functions are imported when they are called, because nbgrader takes a second to import and
``--help`` does without it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from dlgrader.cli.verb import (
    Options,
    Verb,
    add_assignment,
    add_students,
    open_course,
    positive,
    share_of_one,
)
from dlgrader.telling import Outcome, Teller

# -- for each assignment ---------------------------------------------------------------------------


def _add_release(parser: argparse.ArgumentParser) -> None:
    add_assignment(parser)
    parser.add_argument(
        "--due",
        metavar="TIME",
        help="when it is due, for example '2027-01-31 18:00', in the course's time zone unless "
        "the time names another one",
    )
    parser.add_argument(
        "--roster", type=Path, metavar="CSV", help="add these learners to the gradebook"
    )
    parser.add_argument(
        "--no-exchange",
        action="store_true",
        help="learners get and return the notebook in another way, by an LMS for example",
    )


def _release(options: Options, teller: Teller) -> Outcome:
    from dlgrader.releasing import release

    return release(
        open_course(options),
        teller,
        options.assignment,
        due=options.due,
        roster=options.roster,
        exchange=not options.no_exchange,
    )


def _add_collect(parser: argparse.ArgumentParser) -> None:
    add_assignment(parser)
    parser.add_argument(
        "--zip",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="an archive downloaded from an LMS, or a folder of them; may be given several times "
        "(default: collect from the exchange)",
    )
    parser.add_argument(
        "--pattern",
        metavar="REGEX",
        help="which part of a file's name in the archives is the learner's: (?P<student>…)",
    )


def _collect(options: Options, teller: Teller) -> Outcome:
    from dlgrader.collecting import collect

    return collect(open_course(options), teller, options.assignment, options.zip, options.pattern)


def _check_collect(options: Options) -> str:
    return (
        "--pattern is for archives: name them by --zip"
        if options.pattern and not options.zip
        else ""
    )


def _add_autograde(parser: argparse.ArgumentParser) -> None:
    add_assignment(parser)
    add_students(parser, "submission")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--jobs",
        type=positive,
        metavar="N",
        help="processes on this machine (default: one for each core)",
    )
    where.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="a dask.distributed scheduler whose workers do the work, for example "
        "tcp://grading:8786",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="also grade again what has not changed since it was graded",
    )
    parser.add_argument(
        "--no-sandbox",
        action="store_true",
        help="run learners' code as you, with all that you may do; only for notebooks you trust",
    )


def _autograde(options: Options, teller: Teller) -> Outcome:
    from dlgrader.early_workers import prepare_workers

    if options.jobs != 1 and not options.scheduler and not options.student:
        prepare_workers()  # before the import below, which takes as long
    from dlgrader.autograde import autograde

    return autograde(
        open_course(options),
        teller,
        options.assignment,
        students=options.student,
        jobs=options.jobs,
        scheduler=options.scheduler,
        force=options.force,
        sandbox=not options.no_sandbox,
    )


def _add_feedback(parser: argparse.ArgumentParser) -> None:
    add_assignment(parser)
    add_students(parser, "feedback")
    parser.add_argument(
        "--force", action="store_true", help="also write again what has not changed"
    )
    parser.add_argument(
        "--no-release",
        action="store_true",
        help="write the pages, but do not put them into the exchange yet",
    )


def _feedback(options: Options, teller: Teller) -> Outcome:
    from dlgrader.feedback.verb import feedback

    return feedback(
        open_course(options),
        teller,
        options.assignment,
        students=options.student,
        force=options.force,
        release=not options.no_release,
    )


def _add_similarity(parser: argparse.ArgumentParser) -> None:
    add_assignment(parser)
    parser.add_argument(
        "--to", type=Path, metavar="FOLDER", help="default: similarity/ in the course's folder"
    )
    parser.add_argument(
        "--threshold",
        type=share_of_one,
        metavar="SHARE",
        help="list pairs that have at least this share of an exercise's code in common, 0 to 1",
    )


def _similarity(options: Options, teller: Teller) -> Outcome:
    from dlgrader.similarity import similarity

    threshold = {} if options.threshold is None else {"threshold": options.threshold}
    return similarity(open_course(options), teller, options.assignment, options.to, **threshold)


# -- for the whole course --------------------------------------------------------------------------


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "assignment", nargs="?", metavar="ASSIGNMENT", help="default: all assignments"
    )
    add_students(parser, "grades")
    parser.add_argument(
        "--kind",
        choices=("csv", "canvas", "moodle", "generic"),
        default="csv",
        help="what will read the file (default: csv, everything that is known)",
    )
    parser.add_argument("--to", type=Path, metavar="FILE", help="default: grades.csv or the like")


def _export(options: Options, teller: Teller) -> Outcome:
    from dlgrader.exports import export

    return export(
        open_course(options),
        teller,
        kind=options.kind,
        to=options.to,
        assignment=options.assignment,
        students=options.student,
    )


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("assignment", nargs="*", metavar="ASSIGNMENT", help="default: all")
    parser.add_argument(
        "--to",
        type=Path,
        metavar="FOLDER",
        help="default: report/ in the course's folder, report_without_names/ with --no-names",
    )
    parser.add_argument(
        "--no-names", action="store_true", help="without learners' names, to be shown in class"
    )


def _report(options: Options, teller: Teller) -> Outcome:
    from dlgrader.report import report

    return report(
        open_course(options), teller, options.to, options.assignment, names=not options.no_names
    )


def _add_rename(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("old", metavar="OLD", help="the id that the learner has")
    parser.add_argument("new", metavar="NEW", help="the id that the learner gets")


def _rename(options: Options, teller: Teller) -> Outcome:
    from dlgrader.renaming import rename

    return rename(open_course(options), teller, options.old, options.new)


RELEASE = Verb(
    name="release",
    summary="put an assignment into the gradebook and hand it out",
    description="""\
Put an assignment into the gradebook, make the learners' notebook in release/ from the instructor's
in source/, and put it into the exchange, if the course has one. It works for your own nbgrader
assignments, too. Again after a correction of the text, it hands out the new version and keeps all
grades; cells cannot be added or removed once somebody's submission has been graded.""",
    examples="""\
  dlgrader release ps1_vanishing_gradients --due "2027-01-31 18:00"
""",
    add=_add_release,
    run=_release,
)

COLLECT = Verb(
    name="collect",
    summary="take in what learners handed in, from the exchange or from archives",
    description="""\
Copy submissions into submitted/LEARNER/ASSIGNMENT/, from nbgrader's exchange or from the archives
that an LMS offers for download. Of several the newest counts. Links, special files and archives
beyond all bounds are refused, and named.""",
    examples="""\
  dlgrader collect ps1_vanishing_gradients
  dlgrader collect ps1_vanishing_gradients --zip downloads/submissions.zip
""",
    add=_add_collect,
    run=_collect,
    check=_check_collect,
)

AUTOGRADE = Verb(
    name="autograde",
    summary="run and judge the submissions of an assignment in the sandbox",
    description="""\
Run and judge what was handed in, each submission in a sandbox of its own, several at a time. What
has not changed since it was graded is left alone, so a run that was broken off goes on where it
was. Points and comments given by hand are kept. At the end it names every submission that needs
you. `nbgrader autograde` and the formgrader's button give the same grades, one submission at a
time.""",
    examples="""\
  dlgrader autograde ps1_vanishing_gradients
  dlgrader autograde ps1_vanishing_gradients --student ada --force
  dlgrader autograde ps1_vanishing_gradients --scheduler tcp://grading:8786
""",
    add=_add_autograde,
    run=_autograde,
    if_stopped="What was graded stands in the gradebook; run the same command again for the rest.",
)

FEEDBACK = Verb(
    name="feedback",
    summary="write a page for each learner, and put it into the exchange",
    description="""\
Write one HTML page for each graded submission: points by property, what is wrong and why, your
comments, and the notebook. The page is safe to open, whatever the learner wrote. Pages of what has
changed since are written again.""",
    examples="",
    add=_add_feedback,
    run=_feedback,
)

EXPORT = Verb(
    name="export",
    summary="write the grades as a CSV file, also as Canvas and Moodle expect it",
    description="""\
Write a CSV file with the grades. Missing, failed and zero are told apart: only what was graded has
a number.""",
    examples="""\
  dlgrader export
  dlgrader export ps1_vanishing_gradients --kind moodle --to grades_for_moodle.csv
""",
    add=_add_export,
    run=_export,
)

REPORT = Verb(
    name="report",
    summary="write a page about the class: what to teach next, and who needs help",
    description="""\
Write an HTML page and CSV files about the class: the distribution of points, the misconceptions
that it holds, exercises that are too easy, too hard or do not discriminate, learners who need help,
and written answers that wait for you.""",
    examples="",
    add=_add_report,
    run=_report,
)

SIMILARITY = Verb(
    name="similarity",
    summary="look for code that learners share with each other or with the library",
    description="""\
Compare the code of all submissions, exercise by exercise, with each other, with the library and
with the model solution, and write a page that shows the pairs side by side. It is for you to look
at; nobody loses a point by it.""",
    examples="",
    add=_add_similarity,
    run=_similarity,
)

RENAME = Verb(
    name="rename",
    summary="give a learner another id; submissions, grades and comments go along",
    description="""\
Give a learner another id, in the gradebook and in the folders: submissions, grades, comments and
what is known of each grading go along. Nothing else changes, and nothing is graded again.""",
    examples="",
    add=_add_rename,
    run=_rename,
)
