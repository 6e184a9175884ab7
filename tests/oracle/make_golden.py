"""Store what torch says on the cases in ``golden.npz``.

Run after a change of the cases, with the extra "oracle" installed:
``python tests/oracle/make_golden.py``
"""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
import optimizer_cases
import oracle_cases as cases

PATH = pathlib.Path(__file__).with_name("golden.npz")


def torch_layer(torch: Any, case: cases.LayerCase, dtype: Any = np.float64) -> dict[str, Any]:
    """Input, parameters, output and gradients of one layer."""
    layer = case.make(dtype)
    x, dy = (a.astype(dtype) for a in case.inputs())
    x_t = torch.tensor(x, requires_grad=True)
    params = {key: torch.tensor(p, requires_grad=True) for key, p in layer.params.items()}
    y = case.reference(torch, x_t, params)
    y.backward(torch.tensor(dy))
    values = {"x": x, "dy": dy, "y": y.detach().numpy(), "dx": x_t.grad.numpy()}
    for key, p in params.items():
        values[key] = layer.params[key]
        values[f"d{key}"] = p.grad.numpy()
    return values


def torch_loss(torch: Any, reference: Any, inputs: Any, dtype: Any = np.float64) -> dict[str, Any]:
    """Loss and gradient of the scores."""
    scores, t = inputs()
    scores = scores.astype(dtype)
    t = t.astype(dtype) if t.dtype.kind == "f" else t
    scores_t = torch.tensor(scores, requires_grad=True)
    loss = reference(torch, scores_t, torch.tensor(t))
    loss.backward()
    return {"scores": scores, "t": t, "loss": loss.item(), "dscores": scores_t.grad.numpy()}


def torch_optimizer(torch: Any, make: Any) -> dict[str, Any]:
    """Parameters after some numbers of steps down a quadratic."""
    A, c, start = optimizer_cases.quadratic()
    w = torch.tensor(start)
    optimizer = make(torch, [w])
    path = []
    with optimizer_cases.default_float64(torch):
        for step in range(1, optimizer_cases.STEPS + 1):
            w.grad = torch.tensor(A) @ w - torch.tensor(c)
            optimizer.step()
            if step in optimizer_cases.CHECKPOINTS:
                path.append(w.numpy().copy())
    return {"path": np.array(path)}


def torch_network(torch: Any, dtype: Any = np.float64) -> dict[str, Any]:
    """Loss and gradients of a whole SimpleConvNet."""
    x, t = cases.network_inputs()
    x = x.astype(dtype)
    initial = cases.network(dtype).params
    params = {key: torch.tensor(p, requires_grad=True) for key, p in initial.items()}
    scores = cases.network_reference(torch, torch.tensor(x), params)
    loss = torch.nn.functional.cross_entropy(scores, torch.tensor(t))
    loss.backward()
    values = {"x": x, "t": t, "scores": scores.detach().numpy(), "loss": loss.item()}
    for key, p in params.items():
        values[f"params/{key}"] = initial[key]
        values[f"grads/{key}"] = p.grad.numpy()
    return values


def torch_std(torch: Any, initialize: Any) -> float:
    """Standard deviation of what an initialiser of torch draws."""
    torch.manual_seed(0)
    weights = torch.empty(cases.FAN_OUT, cases.FAN_IN, dtype=torch.float64)
    return float(initialize(torch, weights).std())


def golden(torch: Any) -> dict[str, Any]:
    """All values by name, "layer/affine/dW" and the like."""
    A, c, start = optimizer_cases.quadratic()
    groups: dict[str, dict[str, Any]] = {"quadratic": {"A": A, "c": c, "start": start}}
    for name, case in cases.LAYERS.items():
        groups[f"layer/{name}"] = torch_layer(torch, case)
    for name, (_, reference, inputs) in cases.LOSSES.items():
        groups[f"loss/{name}"] = torch_loss(torch, reference, inputs)
    for name, (_, make) in optimizer_cases.OPTIMIZERS.items():
        groups[f"optimizer/{name}"] = torch_optimizer(torch, make)
    for name, (_, initialize) in cases.INITIALIZERS.items():
        groups[f"initializer/{name}"] = {"std": torch_std(torch, initialize)}
    groups["network"] = torch_network(torch)
    return {
        f"{group}/{name}": value
        for group, values in groups.items()
        for name, value in values.items()
    }


def main() -> None:
    """Write the file and say how large it is."""
    import torch  # here, so that the test runner may import this module without it

    np.savez_compressed(PATH, torch_version=torch.__version__.split("+")[0], **golden(torch))
    print(f"{PATH.name}: {PATH.stat().st_size / 1000:.1f} kB, torch {torch.__version__}")


if __name__ == "__main__":
    main()
