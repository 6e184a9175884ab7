"""Experiments 2-4 and 2-4x: one network, one optimiser after another."""

from dataclasses import replace

from dlcore.experiments.description import Expect, Experiment, Perceptron, Rule

__all__ = ["EXPERIMENTS"]

LR = 0.01
PLAIN = Perceptron((40, 20), "sigmoid", "normal", std=0.01)
WITH_BN = replace(PLAIN, batch_norm="trained")
RELU_HE = Perceptron((40, 20), "relu", "he_normal")
LEARNS = (Expect("test", at_least=0.8),)
CURVE = (
    "half of the test images are right after {half:.0f} iterations, {test:.3f} ± {test_sd:.3f} of "
    "them at the end."
)
DOES_NOT_LEARN = (Expect("test", below=0.2),)


def _run(
    name: str,
    rule: Rule,
    title: str,
    network: Perceptron = PLAIN,
    group: str = "2-4",
    iterations: int = 1000,
    evaluate_every: int = 10,
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4),
    report: str = "",
    expect: tuple[Expect, ...] = (),
    explains: str = "",
    note: str = "",
) -> Experiment:
    return Experiment(
        id=f"{group}-{name}",
        title=title,
        notebook="2_4_optimizer",
        network=network,
        optimizer=rule,
        iterations=iterations,
        evaluate_every=evaluate_every,
        seeds=seeds,
        report=report,
        expect=expect,
        explains=explains,
        note=note,
    )


SGD = Rule("SGD", {"lr": LR})
MOMENTUM = Rule("Momentum", {"lr": LR, "momentum": 0.9})
ADAGRAD = Rule("AdaGrad", {"lr": LR})
RMSPROP = Rule("RMSProp", {"lr": LR, "decay": 0.99})
ADAM = Rule("Adam", {"lr": LR})

_REPORTED = (
    _run(
        "sgd",
        SGD,
        "SGD",
        report="Learns, but slowly.",
        expect=(Expect("test", at_least=0.2),),
        note="It does not learn at all: {test:.3f} in all runs, a constant answer. The report "
        "shows its runs under the heading “try batch normalisation”, and with batch normalisation "
        "SGD does what the report saw (2-4-sgd-bn, and 2-4-sgd-bn-frozen, where γ and β stay as "
        "the notebook's loop left them). Its other graphs fit the network without.",
    ),
    _run(
        "momentum",
        MOMENTUM,
        "Momentum",
        report="Does not learn.",
        expect=DOES_NOT_LEARN,
        note="{test:.3f}, a constant answer, and a loss of {loss:.2f}, which is ln 10. The fault "
        "is not Momentum's: the initial values leave hardly any gradient. With Xavier's it learns "
        "(2-4-momentum-xavier), with batch normalisation too (2-4-momentum-bn), and in ten times "
        "as many iterations even as it is (2-4-momentum-long).",
    ),
    _run(
        "adagrad",
        ADAGRAD,
        "AdaGrad, the real one",
        report="Does not learn, being based on Momentum (its run was Momentum once more).",
        expect=DOES_NOT_LEARN,
        note="The real AdaGrad learns: {test:.3f} on average, from {test_min:.3f} to "
        "{test_max:.3f}, and still rising at the end. It is not based on Momentum. The report ran "
        "Momentum a second time (2-4-adagrad-as-run), for its cell had not been changed.",
    ),
    _run(
        "rmsprop",
        RMSPROP,
        "RMSProp",
        report="Stalls at first, then learns well.",
        expect=(Expect("half", at_least=50), *LEARNS),
        note="Half of the test images are right only after {half:.0f} iterations (with batch "
        "normalisation far sooner, 2-4-rmsprop-bn); at the end it is {test:.3f} ± {test_sd:.3f}. "
        "RMSProp divides the gradient by its own size, so small initial weights do not stop it.",
    ),
    _run(
        "adam",
        ADAM,
        "Adam",
        report="Learns well.",
        expect=LEARNS,
        note="{test:.3f} ± {test_sd:.3f}. Half of the test images are right after {half:.0f} "
        "iterations on average, {half_min:.0f} to {half_max:.0f}: the first phase depends much on "
        "the initial values. Adam too divides the gradient by its size.",
    ),
)

_FIVE = (
    ("sgd", SGD, "SGD"),
    ("momentum", MOMENTUM, "Momentum"),
    ("adagrad", ADAGRAD, "AdaGrad"),
    ("rmsprop", RMSPROP, "RMSProp"),
    ("adam", ADAM, "Adam"),
)

_WITH_BN = tuple(
    _run(
        f"{name}-bn",
        rule,
        f"{title} with batch normalisation",
        WITH_BN,
        note=f"{title} with batch normalisation: {CURVE}",
    )
    for name, rule, title in _FIVE
)

_RELU_HE = tuple(
    _run(
        f"{name}-relu-he",
        rule,
        f"{title} with ReLU and He initialisation",
        RELU_HE,
        note=f"{title} with ReLU and He initialisation, no batch normalisation: {CURVE}",
    )
    for name, rule, title in _FIVE
)

_EXPLAINING = (
    _run(
        "adagrad-as-run",
        MOMENTUM,
        "what the report ran as AdaGrad: Momentum, with other random numbers",
        seeds=(5, 6, 7, 8, 9),
        report="Does not learn.",
        expect=DOES_NOT_LEARN,
        explains="2-4-adagrad",
        note="Momentum again, with the seeds 5 to 9: {test:.3f} ± {test_sd:.3f}, like "
        "2-4-momentum. This is what the report's graph of “AdaGrad” shows; real AdaGrad learns "
        "(2-4-adagrad).",
    ),
    _run(
        "sgd-bn-frozen",
        SGD,
        "SGD with batch normalisation, γ = 1 and β = 0 never updated",
        replace(PLAIN, batch_norm="frozen"),
        report="Learns, but slowly.",
        expect=(Expect("test", at_least=0.2),),
        explains="2-4-sgd",
        note="Learns slowly, as the report says: {early:.3f} after a tenth of the iterations, "
        "{test:.3f} ± {test_sd:.3f} at the end. The report's graph of SGD fits this run, not "
        "2-4-sgd.",
    ),
    _run(
        "momentum-long",
        MOMENTUM,
        "Momentum for 10,000 iterations",
        iterations=10_000,
        evaluate_every=100,
        explains="2-4-momentum",
        note="It leaves the constant answer in the end: half of the test images are right after "
        "{half:.0f} iterations ({half_min:.0f} to {half_max:.0f}), {test:.3f} ± {test_sd:.3f} at "
        "the end. The report's 1,000 iterations end long before that.",
    ),
    _run(
        "momentum-xavier",
        MOMENTUM,
        "Momentum with Xavier initialisation",
        Perceptron((40, 20), "sigmoid", "xavier_normal"),
        explains="2-4-momentum",
        note="With Xavier's initial values Momentum learns in the same 1,000 iterations: "
        "{test:.3f} ± {test_sd:.3f}. What kept it from learning was N(0, 0.01²) for the weights.",
    ),
    _run(
        "adagrad-eps-inside",
        Rule("AdaGradInside", {"lr": LR, "eps": 1e-4}),
        "AdaGrad with ε = 0.0001 inside the root, as the report's formula has it",
        explains="2-4-adagrad",
        note="{test:.3f} ± {test_sd:.3f}: it does not learn. Here g² is far below ε = 0.0001, so "
        "the root is the constant 0.01 and the rule is plain SGD. Where ε stands, and its size, "
        "decide whether small gradients are scaled up (the library: 1e-7, outside the root).",
    ),
    _run(
        "rmsprop-eps-inside",
        Rule("RMSPropInside", {"lr": LR, "decay": 0.99, "eps": 1e-4}),
        "RMSProp with ε = 0.0001 inside the root, as the report's formula has it",
        explains="2-4-rmsprop",
        note="{test:.3f} ± {test_sd:.3f}, and half of the test images right only after {half:.0f} "
        "iterations: as long as g² is far below ε the rule is SGD, and only then RMSProp. With ε "
        "= 1e-7 outside the root (2-4-rmsprop) it is far quicker.",
    ),
)

_FURTHER = tuple(
    _run(name, Rule(rule, settings), title, group="2-4x", note=note)
    for name, rule, settings, title, note in (
        (
            "nesterov",
            "Nesterov",
            {"lr": LR, "momentum": 0.9},
            "Nesterov's momentum",
            "{test:.3f}, a constant answer: like Momentum, and for the same reason.",
        ),
        ("adamax", "AdaMax", {"lr": LR}, "AdaMax", f"AdaMax: {CURVE}"),
        ("nadam", "Nadam", {"lr": LR}, "Nadam", f"Nadam: {CURVE}"),
        (
            "rmsprop-graves",
            "RMSpropGraves",
            {"lr": LR},
            "RMSpropGraves",
            f"RMSpropGraves: {CURVE} Its ε = 0.0001 inside the root is large for this network, but "
            "it subtracts the square of the mean gradient and adds momentum.",
        ),
        ("smorms3", "SMORMS3", {"lr": LR}, "SMORMS3", f"SMORMS3: {CURVE}"),
        ("eve", "Eve", {"lr": LR}, "Eve", f"Eve: {CURVE}"),
        (
            "adamw",
            "AdamW",
            {"lr": LR},
            "AdamW",
            f"AdamW: {CURVE} In so short a run its weight decay changes little from Adam.",
        ),
    )
)

#: The same network and data with each optimiser.
EXPERIMENTS = (*_REPORTED, *_WITH_BN, *_RELU_HE, *_EXPLAINING, *_FURTHER)
