"""Time training steps, predictions and updates of the contenders."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks import networks
from benchmarks.effort import BATCH, Effort
from benchmarks.timing import Rounds, interleave, ratio, summary

Progress = Callable[[float], None]

OURS = "dlcore float32"
DOUBLE = "dlcore float64"
PRODUCTS = "matrix products alone, float32"
BASELINE = "straightforward float64"
TORCH = "PyTorch float32"

BATCHES_TO_TRY = (50, 100, 250, 500, 1_000)
WARM_UP_IMAGES = 500


def training_step(
    progress: Progress, *, effort: Effort, network: str, threads: int
) -> dict[str, Any]:
    """Forward, loss, backward and Adam's step on one batch."""
    x, t = networks.images(network, BATCH)
    contenders = {
        OURS: networks.training_step(network, x, t),
        DOUBLE: networks.training_step(network, x.astype(np.float64), t),
    }
    if network == "DeepConvNet":
        contenders[PRODUCTS] = networks.products_alone(network, x)
        contenders[BASELINE] = networks.straightforward_step(x.astype(np.float64), t)
    torch = _torch_models(threads)
    settings: dict[str, str] = {}
    if torch is not None:
        candidates = {
            f"{TORCH}, {layout}, Adam by {way}": torch.training_step(
                network, x, t, layout=layout, way=way
            )
            for layout in torch.layouts(network)
            for way in torch.WAYS
        }
        trial = interleave(
            candidates,
            rounds=effort.trial_rounds,
            turn=effort.turn / 2,
            pause=_pause(threads),
            progress=lambda share: progress(0.2 * share),
        )
        for layout in torch.layouts(network):
            tried = [name for name in candidates if f", {layout}," in name]
            best = _fastest(trial, tried)
            settings[f"{TORCH}, {layout}"] = best
            contenders[f"{TORCH}, {layout}"] = candidates[best]
    times = interleave(
        contenders,
        rounds=effort.rounds,
        turn=effort.turn,
        pause=_pause(threads),
        progress=lambda share: progress(0.2 + 0.8 * share),
    )
    record = _record(times, OURS, [name for name in contenders if name.startswith(TORCH)])
    record["reference"] = settings.get(record["reference"])
    record["speedup"] = ratio(times[BASELINE], times[OURS]) if BASELINE in times else None
    return {"network": network, "threads": threads, **record}


def prediction(progress: Progress, *, effort: Effort, network: str, threads: int) -> dict[str, Any]:
    """Classes of many images: dlcore as it is called by default, PyTorch in its best batches."""
    x, _ = networks.images(network, effort.inference_images)
    few = x[: effort.trial_images]
    net = networks.network(network)
    contenders: dict[str, Callable[[], Any]] = {OURS: lambda: net.predict(x)}
    warm_up: dict[str, Callable[[], Any]] = {OURS: lambda: net.predict(x[:WARM_UP_IMAGES])}
    torch = _torch_models(threads)
    best = None
    if torch is not None:
        settings = {
            f"{TORCH}, {layout}, batches of {batch}": {"layout": layout, "batch": batch}
            for layout in torch.layouts(network)
            for batch in BATCHES_TO_TRY
        }
        trial = interleave(
            {name: torch.prediction(network, few, **how) for name, how in settings.items()},
            rounds=effort.trial_rounds,
            turn=0.0,
            pause=_pause(threads),
            progress=lambda share: progress(0.3 * share),
        )
        best = _fastest(trial, list(settings))
        contenders[TORCH] = torch.prediction(network, x, **settings[best])
        warm_up[TORCH] = torch.prediction(network, x[:WARM_UP_IMAGES], **settings[best])
    times = interleave(
        contenders,
        rounds=effort.inference_rounds,
        turn=effort.turn,
        warm_up=warm_up,
        pause=_pause(threads),
        progress=lambda share: progress(0.3 + 0.7 * share),
    )
    record = _record(times, OURS, [TORCH] if torch is not None else [])
    record["reference"] = best
    return {"network": network, "threads": threads, "images": len(x), **record}


def updates(progress: Progress, *, effort: Effort, threads: int) -> dict[str, Any]:
    """One update of every optimiser on the parameters of SimpleConvNet."""
    params, grads, ours = networks.updates()
    contenders: dict[str, Callable[[], Any]] = dict(ours)
    theirs: dict[str, list[str]] = {name: [] for name in ours}
    torch = _torch_models(threads)
    if torch is not None:
        for name in ours:
            for way, step in torch.updates(name, params, grads).items():
                contenders[f"{TORCH}, {name} by {way}"] = step
                theirs[name].append(f"{TORCH}, {name} by {way}")
    times = interleave(
        contenders,
        rounds=effort.rounds,
        turn=effort.turn / 10,
        pause=_pause(threads) / 2,
        progress=progress,
    )
    records = []
    for name, references in theirs.items():
        record = _record({key: times[key] for key in (name, *references)}, name, references)
        records.append({"optimizer": name, **record})
    values = sum(p.size for p in params.values())
    return {"threads": threads, "parameters": values, "optimizers": records}


def _record(times: Rounds, ours: str, references: list[str]) -> dict[str, Any]:
    """Summaries of all, and the ratio to the fastest of the references, if there is one."""
    reference = _fastest(times, references) if references else None
    return {
        "ours": ours,
        "reference": reference,
        "ratio": ratio(times[ours], times[reference]) if reference else None,
        "times": {name: summary(rounds) for name, rounds in times.items()},
    }


def _fastest(times: Rounds, names: list[str]) -> str:
    return min(names, key=lambda name: np.median(np.concatenate(times[name])))


def _pause(threads: int) -> float:
    """Seconds until the other library's threads, which wait actively for a while, are asleep."""
    return 0.0 if threads == 1 else 0.05


def _torch_models(threads: int) -> ModuleType | None:
    """``benchmarks.torch_models`` with torch's threads set, or None without torch."""
    try:
        import torch
    except ImportError:
        return None
    from benchmarks import torch_models

    torch.set_num_threads(threads)
    return torch_models
