"""The two questions that a person grades."""

from __future__ import annotations

from dlgrader.declarations import Section, Written

WHY_SHARE = Written(
    name="why_share",
    title="In your own words: so few weights",
    minutes=8,
    section=Section("4", "What a layer costs", "ch4/convolution"),
    rubric=(
        (
            1.0,
            "Both numbers: 784 · 17,280 = 13,547,520 against 30 · 25 = 750. (Half a point for one "
            "of them.)",
        ),
        (
            1.0,
            "Local connection: an output value depends on the 5 × 5 pixels of its window, not on "
            "all 784.",
        ),
        (1.0, "Shared weights: all 576 positions use the same filter."),
        (
            1.0,
            "The assumption: what matters in an image (edges, strokes) is local, and a pattern "
            "that is useful in one place is useful in any other.",
        ),
    ),
    model=(
        "The fully connected layer needs 28 · 28 · 30 · 24 · 24 = 13,547,520 weights, the "
        "convolution 30 · 5 · 5 = 750. An output value of the convolution is connected to the 25 "
        "pixels of its window only, and all 24 · 24 positions share the same 25 weights. This "
        "assumes that neighbouring pixels belong together and that a pattern such as an edge means "
        "the same wherever it appears."
    ),
)

TWO_SMALL = Written(
    name="two_small",
    title="In your own words: two small filters or one large one",
    minutes=7,
    section=Section("4.2", "The receptive field", "ch4/networks"),
    rubric=(
        (1.0, "Both see 5 pixels along an axis (3 + 2)."),
        (1.0, "Weights: 2 · 9 · C² = 18 C² against 25 C²."),
        (
            1.0,
            "An advantage, with its reason: fewer weights (or multiplications) for the same field "
            "of view, or a second ReLU in between, so the function is richer.",
        ),
        (
            1.0,
            "A disadvantage, with its reason: the maps in between must be kept for the backward "
            "pass (memory), or one more layer for the gradient to pass and one more step that "
            "cannot run in parallel.",
        ),
    ),
    model=(
        "In both cases an output value depends on 5 pixels along each axis: a 3 × 3 filter on a "
        "3 × 3 filter sees 3 + 2. The two small ones have 18 C² weights, the large one 25 C². They "
        "save weights and multiplications and add a second ReLU, so they can represent more. In "
        "return, the maps between them must be kept for the backward pass, and the network has one "
        "more layer."
    ),
)
