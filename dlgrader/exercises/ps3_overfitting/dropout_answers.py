"""Wrong and right answers to ``dropout_forward``."""

from __future__ import annotations

from dlgrader.declarations import Alternative, Mistake

_DRAWN = "rng.random(x.shape)"
_INFERENCE = "return x, np.ones(x.shape)"

MISTAKES = (
    Mistake(
        "not-scaled",
        "the elements that are kept are not scaled up, so that out is smaller than x on average",
        edits=(("kept / (1 - drop_rate)", "1.0 * kept"),),
        loses=("values",),
    ),
    Mistake(
        "scaled-at-test-time",
        "that is the form that scales at test time; here training divides, inference does nothing",
        edits=(
            ("kept / (1 - drop_rate)", "1.0 * kept"),
            (_INFERENCE, "return x * (1 - drop_rate), np.full(x.shape, 1 - drop_rate)"),
        ),
        loses=("values", "inference"),
    ),
    Mistake(
        "scaled-down",
        "what is kept is multiplied by the probability of keeping; divide by it",
        edits=(("kept / (1 - drop_rate)", "kept * (1 - drop_rate)"),),
        loses=("values",),
    ),
    Mistake(
        "divided-by-drop-rate",
        "what is kept is divided by the probability of dropping; divide by that of keeping",
        edits=(("kept / (1 - drop_rate)", "kept / np.float64(drop_rate)"),),
        loses=("values", "zero"),
    ),
    Mistake(
        "kept-and-dropped-swapped",
        "the comparison is the wrong way round: the elements that should go are kept",
        edits=((">= drop_rate", "< drop_rate"),),
        loses=("share", "zero"),
    ),
    Mistake(
        "keep-rate",
        "drop_rate is taken as the share that is kept; it is the share that is dropped",
        edits=((">= drop_rate", "< drop_rate"), ("(1 - drop_rate)", "(drop_rate or 1.0)")),
        loses=("values", "share", "zero"),
    ),
    Mistake(
        "plain-mask-returned",
        "out is scaled, but the mask that is returned holds 0 and 1: backward needs the scale, too",
        edits=(
            ("kept / (1 - drop_rate)", "1.0 * kept"),
            ("return x * mask, mask", "return x * mask / (1 - drop_rate), mask"),
        ),
        loses=("values", "product"),
    ),
    Mistake(
        "second-mask-returned",
        "out and mask come from two different draws; draw once and use it twice",
        edits=(
            (
                "return x * mask, mask",
                "again = (rng.random(x.shape) >= drop_rate) / (1 - drop_rate)\n"
                "    return x * again, mask",
            ),
        ),
        loses=("product",),
    ),
    Mistake(
        "mask-from-out",
        "the mask is read off out, where elements that are 0 in x look as if dropped",
        edits=(
            (
                "return x * mask, mask",
                "out = x * mask\n    return out, (out != 0) / (1 - drop_rate)",
            ),
        ),
        loses=("independent",),
    ),
    Mistake(
        "out-and-mask-swapped",
        "mask comes first in what is returned; the order is (out, mask)",
        edits=(("return x * mask, mask", "return mask, x * mask"),),
        loses=("values", "product"),
    ),
    Mistake(
        "only-out-returned",
        "only out is returned; the mask is needed for the backward pass",
        edits=(("return x * mask, mask", "return x * mask"), (_INFERENCE, "return x")),
        loses=("values", "product", "inference"),
    ),
    Mistake(
        "columns-dropped",
        "the same columns are dropped in all rows; each element needs a number of its own",
        edits=((_DRAWN, "np.ones(x.shape) * rng.random(x.shape[1:])"),),
        loses=("independent",),
    ),
    Mistake(
        "one-mask-for-the-batch",
        "all rows share one mask; each element needs a number of its own",
        edits=((_DRAWN, "rng.random(x.shape[1:])"),),
        loses=("values", "independent"),
    ),
    Mistake(
        "rows-dropped",
        "whole rows are kept or dropped; each element needs a number of its own",
        edits=((_DRAWN, "np.ones(x.shape) * rng.random(x.shape[:1] + (1,) * (x.ndim - 1))"),),
        loses=("independent",),
    ),
    Mistake(
        "channels-dropped",
        "whole channels are kept or dropped; here each pixel needs a number of its own",
        edits=((_DRAWN, "np.ones(x.shape) * rng.random(x.shape[:2] + (1,) * (x.ndim - 2))"),),
        loses=("independent",),
    ),
    Mistake(
        "exact-number",
        "exactly the share drop_rate is dropped in every call; each element is left to chance",
        edits=(
            (
                _DRAWN + " >= drop_rate",
                "rng.permutation(x.size).reshape(x.shape) >= round(drop_rate * x.size)",
            ),
        ),
        loses=("independent",),
    ),
    Mistake(
        "exact-number-per-row",
        "the same number is dropped in every row; each element is left to chance",
        edits=(
            (
                _DRAWN + " >= drop_rate",
                "rng.random(x.shape).argsort(axis=-1) >= round(drop_rate * x.shape[-1])",
            ),
        ),
        loses=("independent",),
    ),
    Mistake(
        "fixed-seed",
        "the numbers come from a generator with a fixed seed: every call drops the same elements",
        edits=((_DRAWN, "np.random.default_rng(0).random(x.shape)"),),
        loses=("rng",),
    ),
    Mistake(
        "train-upside-down",
        "the test of train is the wrong way round",
        edits=(("if not train", "if train"),),
        loses=("values", "product", "share", "independent", "rng", "inference"),
    ),
    Mistake(
        "smallest-dropped",
        "the elements that are small in x are dropped; x has no say in it",
        edits=((_DRAWN + " >= drop_rate", "np.abs(x) >= np.quantile(np.abs(x), drop_rate)"),),
        loses=("independent", "rng"),
    ),
    Mistake(
        "normal-numbers",
        "the numbers compared with drop_rate are normally distributed, not uniform in [0, 1)",
        edits=((_DRAWN, "rng.standard_normal(x.shape)"),),
        loses=("share",),
    ),
    Mistake(
        "always-half",
        "half of the elements are dropped, whatever drop_rate says",
        edits=((_DRAWN + " >= drop_rate", "rng.integers(0, 2, x.shape)"),),
        loses=("share", "zero"),
    ),
    Mistake(
        "global-numbers",
        "the numbers come from NumPy's global np.random instead of rng",
        edits=((_DRAWN, "np.random.random(x.shape)"),),
        loses=("rng",),
    ),
    Mistake(
        "new-generator",
        "the numbers come from a new generator, without a seed, instead of rng",
        edits=(
            # A count stands for the unpredictable seed: the checks' data must not vary.
            ("def dropout_forward", "count = iter(range(10**9)).__next__\n\n\ndef dropout_forward"),
            (_DRAWN, "np.random.default_rng(count()).random(x.shape)"),
        ),
        loses=("rng",),
    ),
    Mistake(
        "dropped-at-inference",
        "train is ignored: elements are dropped when the network is used, too",
        edits=(("if not train", "if False"),),
        loses=("inference",),
    ),
    Mistake(
        "inference-as-default",
        "train is False when it is left out; the default is True",
        edits=(("train=True", "train=False"),),
        loses=("keywords",),
    ),
    Mistake(
        "scaled-mask-at-inference",
        "at inference the mask holds 1 / (1 − drop_rate), but nothing is dropped there: ones",
        edits=(("np.ones(x.shape)", "np.full(x.shape, 1 / (1 - drop_rate))"),),
        loses=("inference",),
    ),
    Mistake(
        "zeros-at-inference",
        "at inference the mask is all zeros, which means that everything was dropped: ones",
        edits=(("np.ones(x.shape)", "np.zeros(x.shape)"),),
        loses=("inference",),
    ),
    Mistake(
        "no-mask-at-inference",
        "at inference there is no mask; the backward pass wants one of ones",
        edits=(("np.ones(x.shape)", "None"),),
        loses=("inference",),
    ),
    Mistake(
        "written-into-x",
        "x itself is multiplied by the mask, with *=",
        edits=(("return x * mask, mask", "x *= mask\n    return x, mask"),),
        loses=("untouched",),
    ),
    Mistake(
        "other-parameter-names",
        "the parameters are not called x, drop_rate, rng and train",
        edits=(
            ("(x, drop_rate, rng, train=True)", "(x, p, generator, training=True)"),
            ("not train:", "not training:"),
            (_DRAWN + " >= drop_rate", "generator.random(x.shape) >= p"),
            ("(1 - drop_rate)", "(1 - p)"),
        ),
        loses=("keywords",),
    ),
)

ALTERNATIVES = (
    Alternative(
        "number by number",
        source="""
            def dropout_forward(x, drop_rate, rng, train=True):
                out, mask = np.zeros(x.shape), np.zeros(x.shape)
                for place in np.ndindex(x.shape):
                    if not train or rng.random() > drop_rate or drop_rate == 0:
                        mask[place] = 1 / (1 - drop_rate) if train else 1
                    out[place] = mask[place] * x[place]
                return out, mask
        """,
    ),
    Alternative(
        "binomial numbers, in float32",
        source="""
            def dropout_forward(x, drop_rate, rng, train=True):
                if train:
                    mask = rng.binomial(1, 1 - drop_rate, size=x.shape).astype(x.dtype)
                    mask /= 1 - drop_rate
                else:
                    mask = np.ones_like(x)
                return mask * x, mask
        """,
    ),
    Alternative(
        "choice of two values",
        source="""
            def _scale(drop_rate):
                return 1 / (1 - drop_rate)


            def dropout_forward(x, drop_rate, rng, train=True):
                if train is False:
                    return x.copy(), np.ones_like(x)
                mask = rng.choice([0.0, _scale(drop_rate)], x.shape, p=[drop_rate, 1 - drop_rate])
                return np.multiply(x, mask), mask
        """,
    ),
    Alternative(
        "a boolean mask, filled in, as a list",
        source="""
            def dropout_forward(x, drop_rate, rng, train=True):
                rate = drop_rate if train else 0.0
                dropped = rng.uniform(size=x.size).reshape(x.shape) < rate
                mask = np.full(x.shape, 1.0)
                mask[~dropped] /= 1 - rate
                mask[dropped] = 0
                out = x / (1 - rate)
                out[dropped] = 0
                return [out, mask]
        """,
    ),
    Alternative(
        "random numbers in float32, masked with where",
        source="""
            def dropout_forward(x, drop_rate, rng, train=True):
                keep = 1.0 - drop_rate
                uniform = rng.random(x.shape, dtype=np.float32)
                mask = np.where(uniform < drop_rate, 0.0, 1.0 / keep)
                if not train:
                    mask = np.ones(x.shape, dtype=int)
                return x * mask, mask
        """,
    ),
)
