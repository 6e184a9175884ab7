"""The same networks and optimisers in PyTorch, at their fastest settings in eager mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.networks import HIDDEN, LEARNING_RATE

LAYOUTS = {"default layout": torch.contiguous_format, "channels last": torch.channels_last}

# Ways in which torch.optim does the same update.
WAYS: dict[str, dict[str, bool]] = {
    "loop": {"foreach": False},
    "foreach": {"foreach": True},
    "fused": {"fused": True},
}


def network(name: str) -> nn.Module:
    """A network by the name that it has in ``benchmarks.networks``."""
    torch.manual_seed(0)
    if name == "DeepConvNet":
        return nn.Sequential(*_deep())
    if name == "SimpleConvNet":
        convolution = [nn.Conv2d(1, 30, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
        return nn.Sequential(
            *convolution, nn.Linear(30 * 12 * 12, 100), nn.ReLU(), nn.Linear(100, 10)
        )
    sizes, layers = (784, *HIDDEN[name]), []
    for features, units in pairwise(sizes):
        layers += [nn.Linear(features, units), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], 10))


def _deep() -> Iterator[nn.Module]:
    channels = 1
    for filters, second_pad in (16, 1), (32, 2), (64, 1):
        yield from (nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU())
        yield from (nn.Conv2d(filters, filters, 3, padding=second_pad), nn.ReLU())
        yield nn.MaxPool2d(2)
        channels = filters
    yield from (nn.Flatten(), nn.Linear(64 * 4 * 4, 50), nn.ReLU(), nn.Dropout(0.5))
    yield from (nn.Linear(50, 10), nn.Dropout(0.5))


def layouts(name: str) -> list[str]:
    """Memory layouts to try: they make a difference to convolutions only."""
    return list(LAYOUTS) if name.endswith("ConvNet") else ["default layout"]


def training_step(name: str, x: np.ndarray, t: np.ndarray, *, layout: str, way: str) -> Any:
    """A function that does forward, loss, backward and Adam's step on one batch."""
    memory_format = LAYOUTS[layout]
    model = network(name).to(memory_format=memory_format)
    model.train()
    images, labels = torch.from_numpy(x), torch.from_numpy(t)
    if x.ndim == 4:
        images = images.contiguous(memory_format=memory_format)
    adam = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, **WAYS[way])

    def step() -> None:
        adam.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        adam.step()

    return step


def prediction(name: str, x: np.ndarray, *, layout: str, batch: int) -> Callable[[], Any]:
    """A function that returns the class of every image."""
    memory_format = LAYOUTS[layout]
    model = network(name).to(memory_format=memory_format)
    model.eval()
    images = torch.from_numpy(x)

    def predict() -> Any:
        with torch.inference_mode():
            return torch.cat([model(part).argmax(1) for part in images.split(batch)])

    return predict


# dlcore's name -> torch's class and its settings; those that torch does not have are left out.
OPTIMIZERS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "SGD": (torch.optim.SGD, {}),
    "Momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "Nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "AdaGrad": (torch.optim.Adagrad, {}),
    "RMSProp": (torch.optim.RMSprop, {}),
    "Adam": (torch.optim.Adam, {}),
    "AdamW": (torch.optim.AdamW, {}),
    "AdaMax": (torch.optim.Adamax, {}),
    "Nadam": (torch.optim.NAdam, {}),
}


def updates(
    name: str, params: dict[str, np.ndarray], grads: dict[str, np.ndarray]
) -> dict[str, Callable[[], Any]]:
    """One update by dlcore's optimiser of that name, in each way that torch offers."""
    if name not in OPTIMIZERS:
        return {}
    make, settings = OPTIMIZERS[name]
    found = {}
    for way, options in WAYS.items():
        tensors = []
        for key, p in params.items():
            tensor = torch.tensor(p, requires_grad=True)
            tensor.grad = torch.tensor(grads[key])
            tensors.append(tensor)
        try:
            optimizer = make(tensors, lr=LEARNING_RATE, **settings, **options)
        except (TypeError, RuntimeError):  # not every algorithm is offered in every way
            continue
        found[way] = optimizer.step
    return found
