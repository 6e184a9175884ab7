"""From the results of a run: results.json, and the tables of README.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.curves import curves
from benchmarks.plan import Job
from benchmarks.speed import BASELINE, DOUBLE, OURS, PRODUCTS

BEGIN = "<!-- tables: begin (written by make bench; change benchmarks/report.py instead) -->"
END = "<!-- tables: end -->"

# What dlcore is to reach; times and memory of PyTorch are those of the same run.
TRAINING_RATIO = {"DeepConvNet": 1.5}  # × PyTorch's time
OTHER_TRAINING_RATIO = 1.0
SPEEDUP = 6.0  # times faster than the straightforward implementation
INFERENCE_RATIO = 1.3
STEP_MEGABYTES = 100.0
PREDICT_GROWTH_MEGABYTES = 1.0  # between few images and many, without the result itself
IMPORT_MS = 150.0

PICTURE = (
    "Six small plots: time above, memory below, against the images in a batch, the images to "
    "predict and the hidden layers; measured points with the straight lines fitted to them"
)

Results = dict[str, Any]


def assemble(jobs: Sequence[Job], results: Sequence[Any], *, date: str, quick: bool) -> Results:
    """Everything that was measured, as it stands in results.json."""
    by_kind: dict[str, list[Any]] = {}
    memory: dict[tuple[Any, ...], dict[str, Any]] = {}
    for job, result in zip(jobs, results, strict=True):
        if job.kind == "memory":
            what = {key: value for key, value in job.arguments.items() if key != "how"}
            record = memory.setdefault(tuple(sorted(what.items())), what)
            record[f"{job.arguments['how']}_mb"] = result
        else:
            by_kind.setdefault(job.kind, []).append(result)
    return {
        "date": date,
        "quick": quick,
        "machine": by_kind["machine"][0],
        "training": by_kind["training"],
        "inference": by_kind["inference"],
        "optimizers": by_kind["optimizers"],
        "scaling": by_kind["scaling"],
        "imports": by_kind["imports"][0],
        "memory": list(memory.values()),
    }


def insert(text: str, tables: str) -> str:
    """Text of README.md with what stands between the two marks renewed.

    Raises
    ------
    ValueError
        If a mark is missing.
    """
    head, mark, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"README.md: expected the marks {BEGIN!r} and {END!r}, found not both")
    return f"{head}{BEGIN}\n{tables.strip()}\n{END}{tail}"


def tables(results: Results) -> str:
    """All tables as Markdown."""
    parts = [
        _machine(results),
        _targets(results),
        _training(results),
        _inference(results),
        _memory(results),
        _linear(results),
        _optimizers(results),
    ]
    return "\n\n".join(parts) + "\n"


def _machine(results: Results) -> str:
    machine = results["machine"]
    torch = machine["torch"]
    return (
        f"Measured on {results['date']}{' (quickly)' * results['quick']}: {machine['cpu']}, "
        f"{machine['cores']} cores, {machine['system']}; Python {machine['python']}, "
        f"NumPy {machine['numpy']} ({machine['blas']}), "
        + (
            f"PyTorch {torch['version']} ({torch['kernels']}, oneDNN: {torch['onednn']})."
            if torch
            else "no PyTorch: the columns that compare with it are empty."
        )
    )


def _targets(results: Results) -> str:
    rows = [
        (what, wanted, measured, "yes" if met else "**no**")
        for what, wanted, measured, met in targets(results)
    ]
    return _table("Targets", ("what", "target", "measured", "met"), rows)


def targets(results: Results) -> Iterator[tuple[str, str, str, bool]]:
    """What was to be reached, what was, and whether that is enough."""
    for record in results["training"]:
        where = f"{record['network']}, {_threads(record)}"
        limit = TRAINING_RATIO.get(record["network"], OTHER_TRAINING_RATIO)
        if record["ratio"]:
            value = record["ratio"]["ratio"]
            yield (
                f"training step, {where}",
                f"≤ {limit} × PyTorch",
                f"{value:.2f} ×",
                value <= limit,
            )
        if record["speedup"]:
            value = record["speedup"]["ratio"]
            wanted = f"≥ {SPEEDUP:g} times faster than straightforward"
            yield f"training step, {where}", wanted, f"{value:.1f} times", value >= SPEEDUP
    for record in results["inference"]:
        if record["ratio"]:
            what = f"{record['images']:,} predictions, {record['network']}, {_threads(record)}"
            value = record["ratio"]["ratio"]
            wanted = f"≤ {INFERENCE_RATIO} × PyTorch"
            yield what, wanted, f"{value:.2f} ×", value <= INFERENCE_RATIO
    for record in _steps(results):
        if record["contender"] == OURS:
            value = max(record["traced_mb"], record["resident_mb"] or 0.0)
            what = f"working memory of a step, {record['network']}"
            yield what, f"≤ {STEP_MEGABYTES:g} MB", f"{value:.0f} MB", value <= STEP_MEGABYTES
    for network, records in _predictions(results).items():
        few, many = records[0], records[-1]
        result = 8e-6 * (many["count"] - few["count"])  # one int64 per image
        growth = many["traced_mb"] - few["traced_mb"] - result
        what = f"memory of predicting {many['count']:,} rather than {few['count']:,}, {network}"
        wanted = f"at most {PREDICT_GROWTH_MEGABYTES:g} MB more"
        yield what, wanted, f"{growth:.1f} MB", growth <= PREDICT_GROWTH_MEGABYTES
    value = results["imports"]["dlcore"]["median_ms"]
    yield (
        "`import dlcore` after NumPy",
        f"≤ {IMPORT_MS:g} ms",
        f"{value:.0f} ms",
        value <= IMPORT_MS,
    )


def _training(results: Results) -> str:
    others = (DOUBLE, BASELINE, PRODUCTS)
    rows = []
    for record in results["training"]:
        times = record["times"]
        rows.append(
            (
                record["network"],
                record["threads"],
                _time(times[OURS]),
                *_reference(record),
                *(_time(times.get(contender)) for contender in others),
            )
        )
    header = ("network", "threads", OURS, "PyTorch float32", "×", "its settings", *others)
    return _table("Training step on 100 images, ms", header, rows)


def _inference(results: Results) -> str:
    rows = [
        (r["network"], r["threads"], _time(r["times"][OURS]), *_reference(r))
        for r in results["inference"]
    ]
    count = results["inference"][0]["images"]
    header = ("network", "threads", OURS, "PyTorch float32", "×", "its settings")
    return _table(f"Predicting {count:,} images, ms", header, rows)


def _memory(results: Results) -> str:
    rows = [
        ("training step", r["network"], r["contender"], f"{r['count']:,}", *_megabytes(r))
        for r in _steps(results)
    ]
    rows += [
        ("predicting", r["network"], r["contender"], f"{r['count']:,}", *_megabytes(r))
        for records in _predictions(results).values()
        for r in records
    ]
    header = ("what", "network", "by", "images", "arrays", "process")
    return _table("Memory at the peak beyond network and images, MB", header, rows)


def _linear(results: Results) -> str:
    rows = []
    for curve in curves(results):
        size, cost = curve.growth
        fit = curve.fit
        rows.append(
            (
                f"{curve.cost} against {curve.quantity}",
                f"{curve.sizes[0]:,} … {curve.sizes[-1]:,}",
                f"{size:g} × the size: {cost:.2f} × the cost",
                f"{fit['exponent']:.2f}",
                f"{fit['fixed']:.3g} + {fit['per_unit']:.3g} n {curve.unit}",
                f"{fit['residual']:.1%}",
            )
        )
    header = ("cost", "sizes", "growth", "exponent", "straight line", "farthest off it")
    return _table("Linear cost", header, rows) + f"\n\n![{PICTURE}](linear_cost.svg)"


def _optimizers(results: Results) -> str:
    rows = []
    for group in results["optimizers"]:
        for record in group["optimizers"]:
            rows.append(
                (
                    record["optimizer"],
                    group["threads"],
                    _time(record["times"][record["ours"]]),
                    *_reference(record),
                )
            )
    count = results["optimizers"][0]["parameters"]
    header = ("optimiser", "threads", OURS, "PyTorch float32", "×", "its settings")
    return _table(f"One update of {count:,} parameters, ms", header, rows)


def _reference(record: dict[str, Any]) -> tuple[str, str, str]:
    """PyTorch's time, the ratio to it with quartiles, and with which settings it was reached."""
    if record["ratio"] is None:
        return "", "", ""
    r = record["ratio"]
    theirs = [time for name, time in record["times"].items() if name.startswith("PyTorch")]
    fastest = min(theirs, key=lambda time: time["median_ms"])
    settings = record["reference"].removeprefix("PyTorch float32, ")
    return (
        _time(fastest),
        f"**{r['ratio']:.2f}** ({r['quartile1']:.2f}–{r['quartile3']:.2f})",
        settings,
    )


def _time(summary: dict[str, float] | None) -> str:
    """Median, quartiles in round brackets, the fastest fifth in square ones."""
    if summary is None:
        return ""
    figures = [
        f"{summary[key]:.3g}" if summary[key] < 100 else f"{summary[key]:.0f}"
        for key in ("median_ms", "quartile1_ms", "quartile3_ms", "fastest_fifth_ms")
    ]
    return "**{}** ({}–{}) [{}]".format(*figures)


def _megabytes(record: dict[str, Any]) -> list[str]:
    values = record.get("traced_mb"), record.get("resident_mb")
    return ["" if value is None else f"{value:.1f}" for value in values]


def _steps(results: Results) -> list[dict[str, Any]]:
    return [m for m in results["memory"] if m["action"] == "step" and "resident_mb" in m]


def _predictions(results: Results) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for record in results["memory"]:
        if record["action"] == "predict":
            found.setdefault(record["network"], []).append(record)
    return found


def _threads(record: dict[str, Any]) -> str:
    return f"{record['threads']} thread{'s' * (record['threads'] > 1)}"


def _table(title: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [f"### {title}", "", _line(header), _line(["---"] * len(header))]
    return "\n".join([*lines, *(_line(row) for row in rows)])


def _line(cells: Sequence[Any]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"
