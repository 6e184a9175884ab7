"""Experiments 2-5: six hidden layers, 300 images, and what keeps them from overfitting."""

from dataclasses import replace

from dlcore.experiments.description import (
    Data,
    Expect,
    Experiment,
    Penalty,
    Perceptron,
    Rule,
)

__all__ = ["EXPERIMENTS"]

FEW = Data(train=300, train_measured=300)
DEEP = Perceptron((100,) * 6, "relu", "he_normal")
SGD = Rule("SGD", {"lr": 0.01})
INVERTED, AT_TEST = "inverted", "scaled at test"
OUTPUT_LAYER = "affine7."


def _run(
    id_: str,
    title: str,
    network: Perceptron = DEEP,
    rule: Rule = SGD,
    penalty: Penalty | None = None,
    report: str = "",
    expect: tuple[Expect, ...] = (),
    explains: str = "",
    note: str = "",
) -> Experiment:
    return Experiment(
        id=id_,
        title=title,
        notebook="2_5_overfitting",
        network=network,
        optimizer=rule,
        penalty=penalty,
        data=FEW,
        report=report,
        expect=expect,
        explains=explains,
        note=note,
    )


_OVERFITS = (Expect("train", at_least=0.995), Expect("gap", at_least=0.15))
_TRAIN_FALLS = (Expect("train", below=0.97),)
_UNSTABLE = (Expect("drop", at_least=0.1),)
_RISE_TOGETHER = (Expect("train", below=0.97), Expect("gap", below=0.22))

_PENALTIES = (
    _run(
        "2-5a",
        "300 images, nothing against overfitting",
        report="Training accuracy 100 %: overfits.",
        expect=_OVERFITS,
        note="All 300 training images are right (accuracy {train:.3f}), but only {test:.3f} ± "
        "{test_sd:.3f} of the test images.",
    ),
    _run(
        "2-5b",
        "L2, λ = 0.1",
        penalty=Penalty("L2", 0.1),
        report="The training accuracy falls.",
        expect=_TRAIN_FALLS,
        note="The training accuracy falls to {train:.3f} ± {train_sd:.3f}, and the test accuracy "
        "with it, to {test:.3f} ± {test_sd:.3f}: below that without penalty (2-5a). λ = 0.1 "
        "narrows the gap, but is too strong to help.",
    ),
    _run(
        "2-5b-output-frozen",
        "L2, λ = 0.1, the output layer never updated, as the notebook's loop has it",
        rule=replace(SGD, left_out=(OUTPUT_LAYER,)),
        penalty=Penalty("L2", 0.1),
        report="The training accuracy falls.",
        expect=_TRAIN_FALLS,
        explains="2-5b",
        note="The notebook's loop runs over the hidden layers only, so its output layer keeps its "
        "initial weights. The outcome is much the same: {train:.3f} in training, {test:.3f} ± "
        "{test_sd:.3f} in the test; the layers before it learn to fit it.",
    ),
    _run(
        "2-5b-as-printed",
        "L2 as the notebook has it: ½ λ Σ ‖W‖ in the loss, λ W in the gradient",
        penalty=Penalty("L2AsPrinted", 0.1),
        explains="2-5b",
        note="The accuracies are exactly those of 2-5b, for the gradient is the same. Only the "
        "loss shown differs, {loss:.2f} here: it is not the function that is being minimised.",
    ),
    _run(
        "2-5b-unsquared",
        "½ λ Σ ‖W‖ in the loss and its own gradient ½ λ W / ‖W‖",
        penalty=Penalty("L2Unsquared", 0.1),
        explains="2-5b",
        note="If the gradient belonged to the notebook's loss, the penalty would hardly be felt: "
        "{train:.3f} in training and {test:.3f} ± {test_sd:.3f} in the test, as without (2-5a).",
    ),
    _run(
        "2-5c",
        "L1, λ = 0.005, learning rate 0.1",
        rule=Rule("SGD", {"lr": 0.1}),
        penalty=Penalty("L1", 0.005),
        report="Unstable.",
        expect=_UNSTABLE,
        note="The test accuracy falls by up to {drop:.2f} from one measurement to the next and "
        "ends anywhere between {test_min:.2f} and {test_max:.2f}. The gradient of L1 does not "
        "become smaller near 0, and the learning rate is ten times that of the other runs.",
    ),
    _run(
        "2-5c-output-frozen",
        "L1, λ = 0.005, learning rate 0.1, the output layer never updated",
        rule=Rule("SGD", {"lr": 0.1}, left_out=(OUTPUT_LAYER,)),
        penalty=Penalty("L1", 0.005),
        report="Unstable.",
        expect=_UNSTABLE,
        explains="2-5c",
        note="As unstable as 2-5c, with falls of up to {drop:.2f}: the loop that forgets the "
        "output layer is not the cause.",
    ),
)

_DROPOUT = (
    _run(
        "2-5d",
        "dropout, p = 0.15",
        replace(DEEP, dropout=0.15),
        report="Training and test accuracy rise together.",
        expect=_RISE_TOGETHER,
        note="The test accuracy becomes {test:.3f} ± {test_sd:.3f}, a little better than without "
        "dropout (2-5a), but the training accuracy reaches {train:.3f}: they do not rise together "
        "to the end. They do with the notebook's form of dropout (2-5d-scaled-at-test), which "
        "slows training down; the report's run ends before it has overfitted.",
    ),
    _run(
        "2-5d-scaled-at-test",
        "dropout, p = 0.15, scaled at test time as in the notebook",
        replace(DEEP, dropout=0.15, dropout_form=AT_TEST),
        report="Training and test accuracy rise together.",
        expect=_RISE_TOGETHER,
        explains="2-5d",
        note="Both rise together, to {train:.3f} and {test:.3f} ± {test_sd:.3f}. This form does "
        "not scale up what is kept while it trains, so behind six such layers the signal is 0.85⁶ "
        "≈ 0.38 of the inverted form's, and the gradients are smaller still: the run is simply "
        "behind that of 2-5d.",
    ),
    _run(
        "2-5d-score-dropout",
        "dropout, p = 0.15, also on the scores",
        replace(DEEP, dropout=0.15, score_dropout=0.15),
        explains="2-5d",
        note="Dropping scores as well, as experiment 2-8 does, changes little at p = 0.15: "
        "{train:.3f} and {test:.3f} ± {test_sd:.3f}.",
    ),
)

_A_LOT = "A little more dropout changes a lot."
_LEARNS = (Expect("test", at_least=0.65),)
_LEARNS_MUCH_LESS = (Expect("test", below=0.65),)

_DROPOUT_AND_L1 = tuple(
    _run(
        f"2-5e-p{round(100 * p):02}{'' if form == INVERTED else '-scaled-at-test'}",
        f"L1, λ = 0.004, and dropout, p = {p:.2f}"
        f"{'' if form == INVERTED else ', scaled at test time as in the notebook'}",
        replace(DEEP, dropout=p, dropout_form=form),
        penalty=Penalty("L1", 0.004),
        report=_A_LOT,
        expect=_LEARNS_MUCH_LESS if p == 0.20 else _LEARNS,
        explains="" if form == INVERTED else f"2-5e-p{round(100 * p):02}",
        note=note,
    )
    for p, form, note in (
        (0.08, INVERTED, "{train:.3f} in training, {test:.3f} ± {test_sd:.3f} in the test."),
        (
            0.10,
            INVERTED,
            "{train:.3f} in training, {test:.3f} ± {test_sd:.3f} in the test: little less than at "
            "p = 0.08.",
        ),
        (
            0.20,
            INVERTED,
            "{train:.3f} in training, {test:.3f} ± {test_sd:.3f} in the test: twice the dropout "
            "of 2-5e-p10 costs much, as the report saw. With the notebook's form of dropout it "
            "costs far more (2-5e-p20-scaled-at-test).",
        ),
        (0.08, AT_TEST, "{train:.3f} in training, {test:.3f} ± {test_sd:.3f} in the test."),
        (
            0.10,
            AT_TEST,
            "{train:.3f} in training, {test:.3f} ± {test_sd:.3f} in the test: less than at p = "
            "0.08.",
        ),
        (
            0.20,
            AT_TEST,
            "{train:.3f} in training, {test:.3f} ± {test_sd:.3f} in the test: at twice the "
            "dropout it hardly learns, as the report saw. Without scaling in training, six layers "
            "leave 0.8⁶ ≈ 0.26 of the signal, and L1 keeps pulling the weights towards 0 all the "
            "while.",
        ),
    )
)

#: A network that overfits, and the same with penalties and dropout.
EXPERIMENTS = (*_PENALTIES, *_DROPOUT, *_DROPOUT_AND_L1)
