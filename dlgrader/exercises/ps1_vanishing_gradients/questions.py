"""The questions that are no code: one choice, two written answers."""

from __future__ import annotations

from dlgrader.declarations import ChoiceExercise, Section, Written

SIGMOID_SLOPE = ChoiceExercise(
    name="sigmoid_slope",
    title="The steepest point of the sigmoid",
    minutes=5,
    section=Section("1", "The sigmoid's slope is at most a quarter", "ch1/vanishing"),
    right="c",
    why={
        "a": (
            "1 is the largest slope of tanh, reached at x = 0. The sigmoid rises only from 0 to 1 "
            "and half as fast: tanh(x) = 2σ(2x) − 1, so tanh′(0) = 4σ′(0)."
        ),
        "b": (
            "1/2 is the value of the sigmoid at 0, not its slope. The slope is "
            "σ(x)·(1 − σ(x)); put σ(0) = 1/2 into it."
        ),
        "c": (
            "σ′(x) = s(1 − s) with s = σ(x), and s(1 − s) = 1/4 − (s − 1/2)². This is largest, "
            "1/4, where s = 1/2, at x = 0."
        ),
        "d": (
            "For large x the sigmoid comes close to 1 and is flat: its slope goes to 0 there. "
            "The place where it is steepest is x = 0, where σ(x) = 1/2."
        ),
    },
    max_points=2.0,
)

ZERO_WEIGHTS = Written(
    name="zero_weights",
    title="All weights zero",
    minutes=15,
    section=Section("1.1", "Why not zero", "ch1/initial_values"),
    rubric=(
        (
            1.0,
            "all units of a hidden layer give the same output, because they have the same weights",
        ),
        (
            1.5,
            "their gradients are the same, too, so they stay the same after every update; the "
            "layer is worth no more than one unit (symmetry; “no expressive power” alone: half a "
            "point)",
        ),
        (
            1.0,
            "with ReLU the hidden outputs, and with them all gradients of weights, are 0: no "
            "weight ever moves, only the bias of the output learns",
        ),
        (0.5, "random initial weights break the symmetry (biases may start at 0)"),
    ),
    model=(
        "All units of a hidden layer have the same incoming and outgoing weights, so they compute "
        "the same output and receive the same gradient; after each update they are still equal. "
        "However wide the layer is, it can do no more than a single unit. With ReLU it is worse: "
        "all sums are 0, so the hidden outputs are 0, and the gradient of the last weights, which "
        "has these outputs as a factor, is 0; nothing goes further back either, because the last "
        "weights are 0. No weight ever moves, and only the output's bias learns how frequent the "
        "classes are. Random initial weights make the units different from the start; biases may "
        "then begin at 0."
    ),
)

BATCH_NORM_EFFECTS = Written(
    name="batch_norm_effects",
    title="Two effects of batch normalisation",
    minutes=10,
    section=Section("1.2", "Its effects, measured", "ch1/batch_normalization"),
    rubric=(
        (
            1.0,
            "a first effect: faster or more stable training, that is larger learning rates; or: "
            "the initial values matter less; or: some regularisation",
        ),
        (
            1.0,
            "how it comes about: inputs of each layer keep mean 0 and variance 1 (before γ and β), "
            "so activations do not saturate and gradients keep their size; or, for "
            "regularisation, the noise of the batch's mean and variance",
        ),
        (1.0, "a second effect, different from the first"),
        (1.0, "how the second comes about; “internal covariate shift” with an explanation counts"),
    ),
    model=(
        "1. Training is faster and bears larger learning rates: each unit's sums keep mean 0 and "
        "variance 1 over the batch, whatever the layers before do, so a sigmoid stays where it is "
        "steep and gradients neither vanish nor explode; the loss becomes smoother, and larger "
        "steps are safe. 2. The result depends less on the initial weights: a factor on all "
        "weights of a layer is divided out again by the standard deviation. (Also right: a slight "
        "regularisation, because mean and variance of a small batch are noisy, so that an example "
        "is never seen twice in quite the same way.)"
    ),
)
