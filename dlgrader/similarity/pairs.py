"""Which answers have more code in common than chance and the task explain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from dlgrader.similarity.answers import MODEL, Reference
from dlgrader.similarity.fingerprints import Fingerprint, Match, compare

THRESHOLD = 0.7
LEAST_TOKENS = 30
"""Fewer tokens in common prove nothing: short exercises have few right forms."""

COMMON_SHARE = 0.25
COMMON_LEARNERS = 5
"""What more learners than either have is not counted among them."""

_BLOCK = 512


@dataclass(frozen=True)
class Finding:
    """Two answers to an exercise that have much in common.

    Attributes
    ----------
    exercise, student, other : str
        `other` is a learner, or the name of a reference.
    is_learner : bool
        Whether it is a learner.
    codes : (str, str)
    match : Match
    """

    exercise: str
    student: str
    other: str
    is_learner: bool
    codes: tuple[str, str]
    match: Match


@dataclass(frozen=True)
class Group:
    """Learners whose answers have the same form, too many for copying to be likely."""

    exercise: str
    students: tuple[str, ...]
    code: str


@dataclass(frozen=True)
class Compared:
    """What came of comparing the answers to one exercise.

    Attributes
    ----------
    findings : sequence of Finding
    groups : sequence of Group
    answers : int
        Answers that were compared.
    too_short : int
        Answers with fewer than `LEAST_TOKENS` tokens of their own.
    """

    findings: Sequence[Finding]
    groups: Sequence[Group]
    answers: int
    too_short: int


def compare_answers(
    exercise: str,
    template: str,
    codes: Mapping[str, str],
    references: Sequence[Reference],
    forms: Sequence[str] = (),
    threshold: float = THRESHOLD,
) -> Compared:
    """Compare the answers to one exercise with each other and with references.

    Parameters
    ----------
    exercise : str
    template : str
        What was released; it counts for nobody.
    codes : mapping of str
        By learner.
    references : sequence of Reference
    forms : sequence of str
        Right answers that were written independently; what stands in two of them is not counted.
    threshold : float
        Least share of one of two answers that stands in the other.
    """
    given = Fingerprint.of(template).hashes | _idioms(forms)
    prints = {
        student: Fingerprint.of(code).without(given) for student, code in sorted(codes.items())
    }
    long = {student: one for student, one in prints.items() if one.tokens >= LEAST_TOKENS}
    findings = list(_taken(exercise, long, references, given, threshold))
    own, groups = _without_what_many_have(exercise, long, len(prints))
    findings += _alike(exercise, own, threshold)
    return Compared(findings, groups, len(long), len(prints) - len(long))


def _idioms(forms: Sequence[str]) -> set[int]:
    counts = Counter(mark for form in forms for mark in Fingerprint.of(form).hashes)
    return {mark for mark, count in counts.items() if count > 1}


def _taken(
    exercise: str,
    prints: Mapping[str, Fingerprint],
    references: Sequence[Reference],
    given: set[int],
    threshold: float,
) -> Iterator[Finding]:
    """Yield what stands in a reference, too; of the parts of the library the one that fits best."""
    known = [(reference, _of_reference(reference.code).without(given)) for reference in references]
    for student, one in prints.items():
        best: dict[bool, Finding] = {}
        for reference, other in known:
            match = compare(one, other)
            if not _counts(match, match.shares[0], threshold):
                continue
            of_model = reference.name == MODEL
            if of_model not in best or match.tokens > best[of_model].match.tokens:
                codes = (one.code, other.code)
                best[of_model] = Finding(exercise, student, reference.name, False, codes, match)
        yield from best.values()


@lru_cache(maxsize=256)
def _of_reference(code: str) -> Fingerprint:
    """Return fingerprints that every exercise asks for anew."""
    return Fingerprint.of(code)


def _counts(match: Match, share: float, threshold: float) -> bool:
    return match.tokens >= LEAST_TOKENS and share >= threshold


def _without_what_many_have(
    exercise: str, prints: Mapping[str, Fingerprint], learners: int
) -> tuple[dict[str, Fingerprint], list[Group]]:
    """Take out what is common in the class; return, too, answers that were equal as a whole."""
    most = max(COMMON_LEARNERS, COMMON_SHARE * learners)
    counts = Counter(mark for one in prints.values() for mark in one.hashes)
    common = {mark for mark, count in counts.items() if count > most}
    alike: dict[str, list[str]] = {}
    for student, one in prints.items():
        alike.setdefault(one.whole, []).append(student)
    groups = [
        Group(exercise, tuple(students), prints[students[0]].code)
        for students in alike.values()
        if len(students) > most
    ]
    return {student: one.without(common) for student, one in prints.items()}, groups


def _alike(exercise: str, prints: Mapping[str, Fingerprint], threshold: float) -> Iterator[Finding]:
    for student, other in _candidates(prints, threshold):
        one, two = prints[student], prints[other]
        match = compare(one, two)
        if _counts(match, match.share, threshold):
            yield Finding(exercise, student, other, True, (one.code, two.code), match)


def _candidates(prints: Mapping[str, Fingerprint], threshold: float) -> Iterator[tuple[str, str]]:
    """Yield the pairs that share so many fingerprints that comparing them may be worth it.

    Copied code is equal in long runs, so the share of equal fingerprints is not much below that of
    equal tokens; half of it is asked for. A product of matrices counts for all pairs at once.
    """
    counts = Counter(mark for one in prints.values() for mark in one.hashes)
    columns = {mark: n for n, mark in enumerate(m for m, count in counts.items() if count > 1)}
    names = list(prints)
    if len(names) < 2 or not columns:
        return
    table = np.zeros((len(names), len(columns)), dtype=np.float32)
    for row, one in enumerate(prints.values()):
        table[row, [columns[mark] for mark in one.hashes if mark in columns]] = 1
    sizes = np.array([len(one.hashes) for one in prints.values()], dtype=np.float32)
    for start in range(0, len(names), _BLOCK):
        shared = table[start : start + _BLOCK] @ table.T
        least = 0.5 * threshold * np.minimum(sizes[start : start + _BLOCK, None], sizes)
        for row, column in np.argwhere((shared >= least) & (shared > 0)).tolist():
            if start + row < column:
                yield names[start + row], names[column]


@dataclass(frozen=True)
class Pair:
    """All that one answer sheet has in common with another, or with one source.

    Attributes
    ----------
    student, other : str
        `other` is a learner, "the model solution" or "the library".
    is_learner : bool
    findings : sequence of Finding
    """

    student: str
    other: str
    is_learner: bool
    findings: Sequence[Finding]

    @property
    def tokens(self) -> int:
        """Tokens in common; pairs are ranked by it."""
        return sum(finding.match.tokens for finding in self.findings)


LIBRARY = "the library"


def ranked(findings: Sequence[Finding]) -> list[Pair]:
    """Put the findings on the same two together; those with most in common come first."""
    together: dict[tuple[str, str, bool], list[Finding]] = {}
    for finding in findings:
        other = finding.other
        if not finding.is_learner and other != MODEL:
            other = LIBRARY
        together.setdefault((finding.student, other, finding.is_learner), []).append(finding)
    pairs = [Pair(*key, found) for key, found in together.items()]
    return sorted(pairs, key=lambda pair: (-pair.tokens, pair.student, pair.other))
