"""Experiments 2-2-2 and 2-3: initial values, activations, batch normalisation."""

from dlcore.experiments.description import Expect, Experiment, Perceptron, Rule

__all__ = ["EXPERIMENTS"]

HIDDEN = (40, 20)


def _vanishing(
    letter: str,
    network: Perceptron,
    title: str,
    report: str = "",
    expect: tuple[Expect, ...] = (),
    note: str = "",
) -> Experiment:
    """Return one pair of activation and initial values; all else is the same."""
    return Experiment(
        id=f"2-2-2{letter}",
        title=title,
        notebook="2_2_2_vanishing_gradient_modified",
        network=network,
        optimizer=Rule("SGD", {"lr": 0.1}),
        iterations=2000,
        report=report,
        expect=expect,
        note=note,
    )


def _batch_norm(
    id_: str, batch_norm: str, title: str, report: str, explains: str = "", note: str = ""
) -> Experiment:
    return Experiment(
        id=id_,
        title=title,
        notebook="2_3_batch_normalization",
        network=Perceptron(HIDDEN, "sigmoid", "xavier_normal", batch_norm=batch_norm),
        optimizer=Rule("SGD", {"lr": 0.01}),
        report=report,
        expect=(Expect("test", at_least=0.7),) if report else (),
        explains=explains,
        note=note,
    )


#: Activations and initial values in pairs, and batch normalisation.
EXPERIMENTS = (
    _vanishing(
        "a",
        Perceptron(HIDDEN, "sigmoid", "normal", std=0.01),
        "sigmoid, weights from N(0, 0.01²)",
        report="Does not learn.",
        expect=(Expect("test", below=0.2),),
        note="The test accuracy ends at {test:.3f}, that of a constant answer, and the loss at "
        "{loss:.2f}, which is ln 10. The small weights give all units of a layer nearly the same "
        "output, and on the way back every layer multiplies the gradient by σ' ≤ 0.25 and by such "
        "a weight.",
    ),
    _vanishing(
        "b",
        Perceptron(HIDDEN, "relu", "normal", std=0.01),
        "ReLU, weights from N(0, 0.01²)",
        report="Stalls at first, then learns.",
        expect=(Expect("early", below=0.5), Expect("test", at_least=0.8)),
        note="After a tenth of the iterations the test accuracy is still {early:.3f}; half of the "
        "test images are right only after {half:.0f} iterations ({half_min:.0f} to "
        "{half_max:.0f}). Then it rises fast, to {test:.3f} ± {test_sd:.3f}. ReLU does not weaken "
        "the gradient, but the small weights do until they have grown.",
    ),
    _vanishing(
        "c",
        Perceptron(HIDDEN, "sigmoid", "xavier_normal"),
        "sigmoid, Xavier initialisation (fan-in form)",
        report="Learns.",
        expect=(Expect("test", at_least=0.8),),
        note="It learns, to {test:.3f} ± {test_sd:.3f}, with large swings at first: half of the "
        "test images are right after {half:.0f} iterations.",
    ),
    _vanishing(
        "d",
        Perceptron(HIDDEN, "relu", "he_normal"),
        "ReLU, He initialisation",
        report="Learns most smoothly.",
        expect=(Expect("early", at_least=0.8), Expect("test", at_least=0.9)),
        note="It learns from the first iterations: half of the test images are right after "
        "{half:.0f} iterations, {early:.3f} of them after a tenth of the run and {test:.3f} ± "
        "{test_sd:.3f} at its end, the most of all six pairs.",
    ),
    _vanishing(
        "e",
        Perceptron(HIDDEN, "sigmoid", "he_normal"),
        "sigmoid, He initialisation",
        note="{test:.3f} ± {test_sd:.3f}, a little better than with Xavier's initial values: the "
        "weights are larger by √2, which makes up for some of what the sigmoid takes away.",
    ),
    _vanishing(
        "f",
        Perceptron(HIDDEN, "relu", "xavier_normal"),
        "ReLU, Xavier initialisation (fan-in form)",
        note="{test:.3f} ± {test_sd:.3f}. With two hidden layers the factor √½ per layer, by "
        "which the signal shrinks compared with He's initial values, hardly matters.",
    ),
    _batch_norm(
        "2-3-bn",
        "trained",
        "batch normalisation, γ and β trained",
        "Learns well.",
        note="It learns steadily: half of the test images are right after {half:.0f} iterations, "
        "{test:.3f} ± {test_sd:.3f} of them at the end. Without batch normalisation the same "
        "network hardly gets off the ground (2-3-no-bn).",
    ),
    _batch_norm(
        "2-3-bn-frozen",
        "frozen",
        "batch normalisation, γ = 1 and β = 0 never updated, as the report's loop did",
        "Learns well.",
        note="{test:.3f} ± {test_sd:.3f}: nearly as good as with γ and β trained, so the report's "
        "graph does not show that its loop forgot them. Normalising does most of the work here; γ "
        "and β give back what it takes away, which a network this small hardly misses.",
    ),
    _batch_norm(
        "2-3-no-bn",
        "none",
        "no batch normalisation",
        "",
        explains="2-3-bn",
        note="{test:.3f} ± {test_sd:.3f}: at the learning rate 0.01 this network does not learn "
        "in {iterations} iterations. The success of 2-3-bn is that of batch normalisation.",
    ),
)
