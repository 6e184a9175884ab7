"""The questions: a choice, and a written answer."""

from __future__ import annotations

from dlgrader.declarations import ChoiceExercise, Section, Written

WHY_GLOBAL_POOLING = ChoiceExercise(
    name="why_global_pooling",
    title="Why global pooling?",
    minutes=5,
    section=Section("5.1", "What it saves", "ch5/global_pooling"),
    right="c",
    why={
        "a": "it can represent less: it is a flattened head whose weights are the same at all "
        "positions of a map",
        "b": "every value gets only 1/(H·W) of the gradient; in the book's runs the networks with "
        "the average learned most slowly",
        "c": "the affine layer behind it needs C·K weights instead of C·H·W·K, the number of its "
        "inputs is C whatever the image's size, and all places of a map share one weight",
        "d": "only nearly so: strides, poolings and the border of the image change what the maps "
        "hold when the pattern moves",
    },
    max_points=3.0,
)

DEEPER_NETWORK = Written(
    name="deeper_network",
    title="What the deeper network gained, and what it cost",
    minutes=15,
    section=Section("5.2", "The report's experiment, run again", "ch5/deep"),
    rubric=(
        (
            1.0,
            "The gain, with numbers: wrong answers on the test images fall from 3.8 % to 1.5 %, "
            "by more than half (or 0.962 to 0.985, set against what was missing to 1).",
        ),
        (
            1.0,
            "The cost: about ten times the multiply-adds (from the tables), so the time of each "
            "step; more maps to be kept for the backward pass counts as well.",
        ),
        (
            1.0,
            "Not the cost: the deeper network has fewer than a third of the parameters, and why: "
            "small maps and few units in front of and in its first affine layer.",
        ),
        (
            1.0,
            "A reservation, with its reason: depth is not the only difference (He initialisation "
            "and dropout were added), or one run and 1,000 images are few.",
        ),
    ),
    model=(
        "On the test images the share of wrong answers fell from 3.8 % to 1.5 %, while the "
        "accuracy on the training images hardly changed: the deeper network generalises better. It "
        "paid with work: by the tables it needs about ten times the multiply-adds for each image, "
        "and all the maps of its six convolutions are kept for the backward pass. It did not pay "
        "with parameters: it has less than a third of them, because its last maps are 64 of 4 × 4 "
        "and only 50 units follow, where the simple network connects 4,320 values to 100 units. "
        "How much of the gain is due to depth one cannot say, because initialisation and dropout "
        "were changed, too, and each network was trained once and tested on 1,000 images."
    ),
)
