"""``xavier_normal`` and ``he_normal``."""

from __future__ import annotations

from dlcore import initializers
from dlgrader.declarations import Alternative, CodeExercise, Mistake, Section
from dlgrader.exercises.ps1_vanishing_gradients.draws import properties, public_cases

_SECTION = Section("1.1", "Xavier and He", "ch1/initial_values")


def _mistakes(scale: str, variance: str, range_: str) -> tuple[Mistake, ...]:
    """Return the mistakes that both initialisers invite.

    Parameters
    ----------
    scale : str
        The standard deviation, as it stands in the model solution.
    variance : str
        What is under the root.
    range_ : str
        The half width of the uniform distribution that has the same variance.
    """
    return (
        Mistake(
            "not-scaled",
            "the weights come from N(0, 1): the factor for fan_in is missing",
            edits=((scale, "1.0"),),
            loses=("variance",),
        ),
        Mistake(
            "variance-as-deviation",
            "the root is missing: rng.normal takes the standard deviation, not the variance",
            edits=((scale, variance),),
            loses=("variance",),
        ),
        Mistake(
            "fan-out",
            "fan_out, the number of units, stands where fan_in, the number of inputs, belongs",
            edits=((scale, scale.replace("fan_in", "fan_out")),),
            loses=("variance",),
        ),
        Mistake(
            "multiplied",
            "the random numbers are multiplied by √fan_in, where they have to be divided",
            edits=((scale, "np.sqrt(fan_in)"),),
            loses=("variance",),
        ),
        Mistake(
            "transposed",
            "rows and columns are exchanged: one row for each input, one column for each unit",
            edits=(("size=(fan_in, fan_out)", "size=(fan_out, fan_in)"),),
            loses=("shape",),
        ),
        Mistake(
            "uniform",
            "the variance is right, but the distribution is uniform; normal is asked for",
            edits=((f"rng.normal(0.0, {scale}, ", f"rng.uniform(-{range_}, {range_}, "),),
            loses=("normal",),
        ),
        Mistake(
            "only-positive",
            "rng.random draws between 0 and 1, so all weights are positive",
            edits=((f"rng.normal(0.0, {scale}, ", f"{scale} * rng.random("),),
            loses=("normal", "variance"),
        ),
        Mistake(
            "one-row-repeated",
            "all rows are equal: one row was drawn and repeated, so every input counts alike",
            edits=(
                (
                    f"rng.normal(0.0, {scale}, size=(fan_in, fan_out))",
                    f"np.tile(rng.normal(0.0, {scale}, size=fan_out), (fan_in, 1))",
                ),
            ),
            loses=("shape",),
        ),
        Mistake(
            "global-random",
            "np.random.… draws from NumPy's global state; use the generator rng that is passed in",
            edits=(("rng.normal", "np.random.normal"),),
            loses=("rng", "global"),
        ),
        Mistake(
            "own-generator",
            "a new generator without a seed is made inside; use the one that is passed in",
            edits=(("rng.normal", "np.random.default_rng().normal"),),
            loses=("rng", "global"),
        ),
        Mistake(
            "fixed-seed",
            "a generator with a fixed seed is made inside: every layer gets the same numbers",
            edits=(("rng.normal", "np.random.default_rng(42).normal"),),
            loses=("rng", "global"),
        ),
        Mistake(
            "global-seeded",
            "np.random.seed is called inside, which also changes the random numbers of others",
            edits=(("return rng.normal", "np.random.seed(42)\n    return np.random.normal"),),
            loses=("rng", "global"),
        ),
        Mistake(
            "seed-drawn",
            "rng only draws a seed for NumPy's global state, which changes others' random numbers",
            edits=(
                (
                    "return rng.normal",
                    "np.random.seed(rng.integers(2**31))\n    return np.random.normal",
                ),
            ),
            loses=("global",),
        ),
    )


def _alternatives(name: str, gain: str, scale: str) -> tuple[Alternative, ...]:
    return (
        Alternative(
            "standard numbers, divided",
            edits=(
                (
                    f"rng.normal(0.0, {scale}, size=(fan_in, fan_out))",
                    f"rng.standard_normal((fan_in, fan_out)) / np.sqrt(fan_in / {gain})",
                ),
            ),
        ),
        Alternative(
            "float32",
            edits=(
                (
                    f"rng.normal(0.0, {scale}, size=(fan_in, fan_out))",
                    "rng.standard_normal((fan_in, fan_out), dtype=np.float32) "
                    f"* np.float32(({gain} / fan_in) ** 0.5)",
                ),
            ),
        ),
        Alternative(
            "unit by unit",
            source=f"""
                import math

                def {name}(fan_in, fan_out, rng):
                    W = np.zeros((fan_in, fan_out))
                    for unit in range(fan_out):
                        W[:, unit] = rng.normal(scale=math.sqrt({gain} / fan_in), size=fan_in)
                    return W
            """,
        ),
        Alternative(
            "nested lists, weight by weight",
            source=f"""
                def {name}(fan_in, fan_out, rng):
                    deviation = ({gain} / fan_in) ** 0.5
                    draw = rng.normal
                    return [[draw(0, deviation) for _ in range(fan_out)] for _ in range(fan_in)]
            """,
        ),
        Alternative(
            "Box and Muller's way",
            source=f"""
                def {name}(fan_in, fan_out, rng):
                    radius = np.sqrt(-2 * np.log(1 - rng.random((fan_in, fan_out))))
                    angle = 2 * np.pi * rng.random((fan_in, fan_out))
                    return np.sqrt({gain} / fan_in) * radius * np.cos(angle)
            """,
        ),
    )


def _swapped(scale: str, other: str, name: str, says: str) -> Mistake:
    return Mistake(name, says, edits=((scale, other),), loses=("variance",))


_XAVIER, _HE = "np.sqrt(1 / fan_in)", "np.sqrt(2 / fan_in)"

XAVIER_NORMAL = CodeExercise(
    name="xavier_normal",
    title="Xavier's initial weights: `xavier_normal`",
    signature="xavier_normal(fan_in, fan_out, rng)",
    minutes=15,
    section=_SECTION,
    functions=("xavier_normal",),
    reference={"xavier_normal": initializers.xavier_normal},
    public=public_cases("xavier_normal", 1),
    properties=properties("xavier_normal", 1, "1 / fan_in"),
    mistakes=(
        *_mistakes(_XAVIER, "1 / fan_in", "np.sqrt(3 / fan_in)"),
        _swapped(
            _XAVIER,
            _HE,
            "he",
            "that is He's variance, twice as large",
        ),
        _swapped(
            _XAVIER,
            "np.sqrt(2 / (fan_in + fan_out))",
            "glorot",
            "that is the paper's variance, 2 / (fan_in + fan_out); here 1 / fan_in is asked for",
        ),
    ),
    alternatives=_alternatives("xavier_normal", "1", _XAVIER),
)

HE_NORMAL = CodeExercise(
    name="he_normal",
    title="He's initial weights: `he_normal`",
    signature="he_normal(fan_in, fan_out, rng)",
    minutes=5,
    section=_SECTION,
    functions=("he_normal",),
    reference={"he_normal": initializers.he_normal},
    public=public_cases("he_normal", 2),
    properties=properties("he_normal", 2, "2 / fan_in"),
    mistakes=(
        *_mistakes(_HE, "2 / fan_in", "np.sqrt(6 / fan_in)"),
        _swapped(
            _HE,
            _XAVIER,
            "xavier",
            "that is Xavier's variance: the 2 that makes up for the closed half of the ReLUs is "
            "missing",
        ),
        _swapped(
            _HE,
            "np.sqrt(4 / (fan_in + fan_out))",
            "mean-of-fans",
            "the mean of fan_in and fan_out was taken; He's variance depends on fan_in alone",
        ),
        _swapped(
            _HE,
            "2 / np.sqrt(fan_in)",
            "two-outside",
            "the 2 stands outside the root, so the variance is 4 / fan_in",
        ),
    ),
    alternatives=_alternatives("he_normal", "2", _HE),
)
