"""The written answers: three methods in one sentence each."""

from __future__ import annotations

from dlgrader.declarations import Section, Written

MOMENTUM_WORDS = Written(
    name="momentum_words",
    title="In one sentence: Momentum",
    minutes=5,
    section=Section("2", "Momentum: a velocity", "ch2/learning_rate"),
    rubric=(
        (
            1.0,
            "What is remembered: a velocity (a decaying sum, or average, of past gradients). "
            "“The last weight” gets no point.",
        ),
        (
            1.0,
            "How it is used: a share of the velocity is kept, the negative gradient is added, and "
            "the velocity is added to the weights. (Half a point if one of these is missing.)",
        ),
        (
            1.0,
            "What it does: faster where gradients agree, calmer where their signs alternate (as "
            "across a ravine); or that it overshoots and settles late. A claim that it finds the "
            "global minimum gets no point.",
        ),
    ),
    model="Momentum keeps a velocity, of which a share μ survives each step and which the negative "
    "gradient pushes, and moves the weights by it, so that steps grow where gradients agree and "
    "shrink where their signs alternate, at the price of overshooting.",
)

ADAGRAD_WORDS = Written(
    name="adagrad_words",
    title="In one sentence: AdaGrad",
    minutes=5,
    section=Section("2.1", "AdaGrad: divide by the sum", "ch2/adaptive"),
    rubric=(
        (1.0, "What is remembered: the sum of the squares of all gradients so far."),
        (
            1.0,
            "How it changes the steps: each weight's gradient is divided by the root of its own "
            "sum, so each weight has its own rate. (Half a point without “its own”.)",
        ),
        (
            1.0,
            "A long training: the sum never falls, so steps shrink for good and progress may stop. "
            "(Not: “it creates saddle points”, nor that it is based on momentum.)",
        ),
    ),
    model="AdaGrad adds up the squares of all gradients of each weight and divides that weight's "
    "steps by the root of the sum, so that weights with small or rare gradients take large steps, "
    "while all steps can only shrink in the course of a training.",
)

RMSPROP_WORDS = Written(
    name="rmsprop_words",
    title="In one sentence: RMSProp",
    minutes=5,
    section=Section("2.1", "RMSProp: divide by the mean of late", "ch2/adaptive"),
    rubric=(
        (
            1.0,
            "What is remembered: for each weight an exponential moving average of the squared "
            "gradients.",
        ),
        (
            1.0,
            "Compared with AdaGrad: the average takes the place of the sum, so old gradients are "
            "forgotten; the steps are divided by its root as before.",
        ),
        (
            1.0,
            "What follows: the rate does not shrink for good and can grow again, so training goes "
            "on. A claim that it avoids local minima gets no point.",
        ),
    ),
    model="RMSProp divides each weight's steps by the root of a moving average of its squared "
    "gradients where AdaGrad has their sum, so that old gradients are forgotten and steps can grow "
    "again instead of only shrinking.",
)
