"""How much is measured: in full, or quickly to try the harness out."""

from __future__ import annotations

from typing import NamedTuple


class Effort(NamedTuple):
    """Numbers of repetitions and sizes."""

    rounds: int  # of all contenders, for a training step or an optimiser's update
    turn: float  # seconds that a contender is timed in a round, at least one run
    inference_rounds: int
    inference_images: int
    trial_rounds: int  # to choose PyTorch's fastest settings
    trial_images: int
    scaling_rounds: int
    scaling_turn: float
    scaling_sizes: int  # how many of those below, from the smallest
    predicted: tuple[int, ...]  # numbers of images for the memory of predicting
    interpreters: int  # started for the time of an import


FULL = Effort(
    rounds=11,
    turn=0.2,
    inference_rounds=4,
    inference_images=10_000,
    trial_rounds=3,
    trial_images=1_000,
    scaling_rounds=5,
    scaling_turn=0.1,
    scaling_sizes=5,
    predicted=(1_000, 10_000, 60_000),
    interpreters=25,
)
QUICK = Effort(
    rounds=2,
    turn=0.02,
    inference_rounds=1,
    inference_images=500,
    trial_rounds=1,
    trial_images=50,
    scaling_rounds=1,
    scaling_turn=0.0,
    scaling_sizes=3,
    predicted=(500, 1_000, 2_000),
    interpreters=4,
)

BATCH = 100
BATCHES = (25, 50, 100, 200, 400)
IMAGES = (500, 1_000, 2_000, 4_000, 8_000)
DEPTHS = (2, 4, 8, 16, 32)
