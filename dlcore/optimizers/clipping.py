"""Clipping of gradients, against steps that are far too large."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from dlcore._validation import Array, as_float, check_positive


def clip_by_norm(grads: Mapping[str, Array], max_norm: float) -> tuple[dict[str, Array], float]:
    """Scale all gradients by one factor so that their common norm is at most `max_norm`.

    With ‖g‖ the Euclidean norm of all gradients taken as one long vector:
    g ← g · max_norm / ‖g‖ if ‖g‖ > max_norm. The direction stays the same.

    Parameters
    ----------
    grads : dict of arrays
        Of any shapes; left as it is.
    max_norm : float
        The largest norm allowed, positive.

    Returns
    -------
    clipped : dict of arrays
        With the keys and dtypes of `grads`; the same arrays if nothing was to be scaled.
    norm : float
        The norm ‖g‖ before clipping.

    Raises
    ------
    TypeError, ValueError
        If `max_norm` is not a positive number.
    FloatingPointError
        If a gradient holds NaN or infinity.

    Notes
    -----
    Source: Pascanu, Mikolov & Bengio 2013, "On the difficulty of training recurrent neural
    networks", Algorithm 1.

    Differs from: ``torch.nn.utils.clip_grad_norm_`` adds 1e-6 to the norm before dividing, and by
    default lets NaN pass.

    Examples
    --------
    >>> clipped, norm = clip_by_norm({"W": np.array([3.0]), "b": np.array([4.0])}, max_norm=1)
    >>> norm, clipped["W"].round(6), clipped["b"].round(6)
    (5.0, array([0.6]), array([0.8]))
    """
    max_norm = check_positive(max_norm, "max_norm", where="clip_by_norm")
    arrays = {key: as_float(g, f"grads[{key!r}]", where="clip_by_norm") for key, g in grads.items()}
    norm = math.hypot(*(_norm(g, key) for key, g in arrays.items()))
    if norm > max_norm:
        arrays = {key: np.asarray(g * (max_norm / norm)) for key, g in arrays.items()}
    return arrays, norm


def _norm(g: Array, key: str) -> float:
    """Euclidean norm, also where the squares are too large or too small for the dtype."""
    square = float(np.vdot(g, g))
    if np.finfo(g.dtype).tiny < square < math.inf:
        return math.sqrt(square)
    largest = float(np.abs(g).max(initial=0))
    if not math.isfinite(largest):
        raise FloatingPointError(
            f"clip_by_norm: expected finite grads[{key!r}], got NaN or infinity; "
            "clip before gradients explode: use a smaller max_norm or learning rate"
        )
    if largest == 0:
        return 0.0
    scaled = g / largest
    return largest * math.sqrt(float(np.vdot(scaled, scaled)))
