"""The appendices B, E and F, and the references: complete, each claim with its proof."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"

# What appendix B must put right, by the anchors of its sections, in the order of the report.
ERRATA = [
    "gauss-relu",  # N(0, 1) and ReLU: outputs explode, they do not gather at 0 or 1
    "he",  # He's initial values: for ReLU, √(2/n)
    "variance",  # σ² is the variance; ε
    "zero",  # zero initial weights
    "gamma-beta",  # γ and β are trained
    "global",  # no guarantee of the global minimum
    "momentum",  # the velocity
    "saddle",  # AdaGrad makes no saddle points
    "adagrad-run",  # the run was Momentum twice
    "nesterov",  # the point ahead
    "smorms3",  # the memory
    "eve",  # δ and Δ
    "norm",  # ‖w‖ to the power p
    "ridge-quiz",  # (a)
    "lasso",  # L1 lasso, L2 ridge
    "decay",  # ½ λ W²
    "decay-loss",  # the loss and the gradient belong together
    "im2col",  # four axes
    "size",  # 7 × 7
    "flatten",  # "Fratten"
    "score-dropout",  # dropout on the class scores
]


def read(name: str) -> str:
    return (BOOK / name).read_text(encoding="utf-8")


def sections(text: str) -> dict[str, str]:
    """Texts of the sections that have a label, by their labels."""
    parts = re.split(r"^\(([\w-]+)\)=\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.fixture(scope="module")
def errata() -> dict[str, str]:
    """The sections of appendix B."""
    return sections(read("appendix/errata.md"))


def test_the_errata_are_complete_and_in_the_order_of_the_report(errata):
    expected = [f"app-errata-{name}" for name in ERRATA]
    assert [label for label in errata if label in expected] == expected


@pytest.mark.parametrize("name", ERRATA)
def test_an_erratum_says_what_the_report_says_and_what_is_right_and_proves_it(errata, name):
    text = errata[f"app-errata-{name}"]
    assert text.startswith("### ")
    assert "**The report:**" in text
    assert re.search(r"\*\*Right is\b[^*]*\*\*", text)
    assert "```{code-cell}" in text, "no cell shows it"


def test_the_table_of_the_errata_leads_to_each_and_to_a_chapter():
    rows = re.findall(r"^\| \d+ \|.*$", read("appendix/errata.md"), re.MULTILINE)
    linked = [re.findall(r"\{ref\}`(?:[^`<]*<)?([\w-]+)>?`", row) for row in rows]
    assert [links[0] for links in linked] == [f"app-errata-{name}" for name in ERRATA]
    assert all(re.match(r"ch\d", links[1]) for links in linked)


def test_no_number_of_a_run_stands_in_the_text_of_the_errata():
    """Accuracies come from cells; the text may speak of 0.01 and the like."""
    text = re.sub(r"```\{code-cell\}.*?```", "", read("appendix/errata.md"), flags=re.DOTALL)
    text = re.sub(r"\$\$.*?\$\$|\$[^$]*\$|`[^`]*`", "", text, flags=re.DOTALL)
    assert re.findall(r"\b0\.\d{3,}\b", text) in ([], ["0.0001"])


@pytest.mark.parametrize("page", ["appendix/students.md", "appendix/instructors.md"])
def test_the_commands_of_a_guide_exist(page):
    """Each target of make is in the Makefile, each program in .venv/bin a known one."""
    text = read(page)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    called = set(re.findall(r"^\s*make ([a-z]+)", commands, re.MULTILINE))
    assert called <= targets
    assert called or "instructors" in page  # who may have installed the wheel alone
    verbs = set(re.findall(r"nbgrader (\w+)", commands))
    assert verbs <= {
        "autograde",
        "collect",
        "export",
        "fetch_assignment",
        "fetch_feedback",
        "generate_assignment",
        "generate_feedback",
        "list",
        "release_assignment",
        "release_feedback",
        "submit",
        "validate",
    }
    for folder in re.findall(r"exercises/(\w+)", commands):
        assert (ROOT / "exercises" / folder).is_dir()


def test_the_times_in_the_guide_for_students_are_those_of_the_settings():
    from dlcore.checks.calling import SECONDS
    from dlgrader.sandbox.limits import Limits

    text = " ".join(read("appendix/students.md").split())
    assert "checks is stopped after three seconds" in text
    assert "a call gets six and a cell sixty" in text
    assert (SECONDS, Limits().call_seconds, Limits().cell_seconds) == (3, 6, 60)


@pytest.mark.parametrize(
    "page", ["appendix/instructors.md", "appendix/scale.md", "index.md", "../README.md"]
)
def test_the_calls_of_dlgrader_are_understood(page):
    from dlgrader.cli.parser import build_parser

    commands = "\n".join(re.findall(r"```sh\n(.*?)```", read(page), re.DOTALL))
    calls = re.findall(r"^ *(?:\.venv/bin/)?dlgrader ([^#>\n]+)", commands, re.MULTILINE)
    assert calls
    for call in calls:
        build_parser().parse_args(shlex.split(call))  # leaves the test if it does not understand


def test_the_guide_for_instructors_says_what_the_sandbox_is_and_what_it_is_not():
    text = " ".join(read("appendix/instructors.md").split())
    for said in (
        "apt-get install bubblewrap",
        "--no-sandbox",
        "as you, on your machine",
        "virtual machine",
        "What it does not protect from",
        "never enter the process",
    ):
        assert said in text
    assert "{sandbox-limits}" in text


def bib_entries() -> dict[str, str]:
    """The entries of the references, by their keys."""
    found = re.findall(r"^@\w+\{(\w+),\n(.*?)^\}", read("references.bib"), re.DOTALL | re.MULTILINE)
    assert len({key for key, _ in found}) == len(found)
    return dict(found)


def field(entry: str, name: str) -> str:
    found = re.search(rf"^  {name}\s*=\s*\{{(.*?)\}},?$", entry, re.MULTILINE | re.DOTALL)
    return re.sub(r"\s+", " ", found[1]) if found else ""


def test_every_reference_can_be_found_by_its_numbers():
    for key, entry in bib_entries().items():
        assert all(field(entry, name) for name in ("author", "title", "year")), key
        assert any(field(entry, name) for name in ("doi", "eprint", "isbn", "url")), key
        if field(entry, "eprint"):
            assert field(entry, "archiveprefix") == "arXiv", key
            assert re.fullmatch(r"\d{4}\.\d{4,5}(v\d+)?", field(entry, "eprint")), key
        if field(entry, "doi"):
            assert re.fullmatch(r"10\.\d{4,9}/\S+", field(entry, "doi")), key


def test_no_work_is_listed_twice():
    titles = [
        re.sub(r"\W", "", field(entry, "title")).casefold() for entry in bib_entries().values()
    ]
    assert len(set(titles)) == len(titles)


def test_every_work_is_cited_and_every_citation_is_a_work():
    cited = set()
    for path in BOOK.rglob("*.md"):
        if "_build" not in path.parts:
            roles = re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", path.read_text(encoding="utf-8"))
            cited |= {key.strip() for role in roles for key in role.split(",")}
    assert sorted(cited - set(bib_entries())) == []
    assert sorted(set(bib_entries()) - cited) == []
