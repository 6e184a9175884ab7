"""The verbs around a term: setting a course up, and trying whether all is well.

The functions are imported when they are called, because nbgrader takes a second to import and
``--help`` does without it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from dlgrader.cli.verb import Options, Verb, open_course, positive, unknown_assignments
from dlgrader.telling import Outcome, Teller


def _add_init(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, nargs="?", metavar="FOLDER", help="default: where you are"
    )
    parser.add_argument("--course-id", metavar="ID", help="default: the folder's name")
    parser.add_argument(
        "--exchange",
        type=Path,
        metavar="FOLDER",
        help="where learners fetch and hand in, if they work on this machine (nbgrader's exchange)",
    )
    parser.add_argument("--timezone", metavar="ZONE", help="for example Asia/Tokyo (default: UTC)")
    parser.add_argument(
        "--db-url",
        metavar="URL",
        help="the gradebook, for example postgresql+psycopg://me@host/course "
        "(default: the file gradebook.db in the folder)",
    )
    parser.add_argument("--book", metavar="ADDRESS", help="where the book is on the web")
    parser.add_argument("--roster", type=Path, metavar="CSV", help="the class list, see below")
    parser.add_argument(
        "--update",
        action="store_true",
        help="renew what an earlier version of the package made, except what you changed",
    )


def _init(options: Options, teller: Teller) -> Outcome:
    from dlgrader.init import Choices, init, update

    folder = options.folder or options.course or Path.cwd()
    if options.update:
        return update(folder, teller)
    return init(
        folder,
        teller,
        Choices(
            course_id=options.course_id,
            exchange=options.exchange,
            timezone=options.timezone,
            db_url=options.db_url,
            book=options.book,
        ),
        roster=options.roster,
    )


def _check_init(options: Options) -> str:
    given = ("course_id", "exchange", "timezone", "db_url", "book", "roster")
    named = [name for name in given if getattr(options, name)]
    if options.update and named:
        return (
            f"--update leaves the settings alone: change --{named[0].replace('_', '-')} in "
            "nbgrader_config.py"
        )
    return ""


def _add_generate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("assignment", nargs="*", metavar="ASSIGNMENT", help="default: all")
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit with 1 if something is out of step",
    )


def _generate(options: Options, teller: Teller) -> Outcome:
    from dlgrader.generate import generate

    return generate(open_course(options), teller, options.assignment, check=options.check)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    del parser


def _doctor(options: Options, teller: Teller) -> Outcome:
    from dlgrader.doctor import doctor

    return doctor(options.course, teller)


def _add_selfcheck(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("assignment", nargs="*", metavar="ASSIGNMENT", help="default: all")
    parser.add_argument(
        "--jobs", type=positive, metavar="N", help="processes (default: one for each core)"
    )


def _selfcheck(options: Options, teller: Teller) -> Outcome:
    from dlgrader.selfcheck import selfcheck

    return selfcheck(open_course(options), teller, options.assignment, options.jobs)


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "assignment",
        nargs="?",
        default="ps4_convolution",
        metavar="ASSIGNMENT",
        help="default: %(default)s",
    )
    parser.add_argument(
        "--to",
        type=Path,
        metavar="FOLDER",
        help="where grades and feedback are put (default: build/sample_class in the course)",
    )


def _demo(options: Options, teller: Teller) -> Outcome:
    from dlgrader.demo import demonstrate

    return demonstrate(open_course(options).root, teller, options.assignment, options.to)


INIT = Verb(
    name="init",
    summary="make a course folder: settings, texts and notebooks of all assignments",
    description="""\
Make a course folder out of the installed package; nothing else is needed. It gets nbgrader's
settings, the texts of the assignments (solutions/), the instructor's notebooks (source/), the
learners' (release/), and a README with the next steps. What is in the folder is never
overwritten.""",
    examples="""\
The class list is a CSV file with a header: id, and if you like first_name, last_name, email and
lms_user_id. The id is the name of the learner's folder in submitted/.

  dlgrader init deep-learning --timezone Asia/Tokyo --roster class.csv
  dlgrader init deep-learning --update        # after an update of the package
""",
    add=_add_init,
    run=_init,
    check=_check_init,
    if_stopped="Delete the folder, or run `dlgrader init --update` in it to complete it.",
)

GENERATE = Verb(
    name="generate",
    summary="make the notebooks of the course's assignments from solutions/",
    description="""\
Make the instructor's and the learners' notebooks, and in the course's own repository the data of
the check cells, from the texts in solutions/ and the declarations of the exercises. Points, checks
and graded cells come from the declarations; the statements are yours to change.""",
    examples="",
    add=_add_generate,
    run=_generate,
    check=unknown_assignments,
)

SELFCHECK = Verb(
    name="selfcheck",
    summary="test the tests: grade right, wrong and hostile submissions of every exercise",
    description="""\
Grade the model solutions, other right answers, known misconceptions, the unanswered notebook and
hostile submissions, as a class would be graded, and print how many are judged wrongly. It works in
a temporary folder; your gradebook is not touched.""",
    examples="",
    add=_add_selfcheck,
    run=_selfcheck,
    check=unknown_assignments,
    if_stopped="Nothing was changed; it begins from the start when run again.",
)

DEMO = Verb(
    name="demo",
    summary="run the whole workflow on a made-up class and print its table",
    description="""\
Generate, release, fetch, submit, collect, autograde, grade by hand, write and release feedback,
export: with a small made-up class, in a temporary folder.""",
    examples="",
    add=_add_demo,
    run=_demo,
    check=unknown_assignments,
    if_stopped="Nothing was changed; it begins from the start when run again.",
)

DOCTOR = Verb(
    name="doctor",
    summary="look what is missing on this machine, and say how to install it",
    description="""\
Look whether everything is here that grading needs: Python and packages, the sandbox, memory and
disk, and for a course folder its gradebook and exchange. Each line is ok, missing (with what to
do; the exit code is then 1) or a remark. Nothing is changed.""",
    examples="",
    add=_add_doctor,
    run=_doctor,
    if_stopped="Nothing was changed.",
)
