"""Assignment ps5_modern_cnn: what is asked, how it is checked and judged."""

from dlgrader.declarations import Assignment
from dlgrader.exercises.ps5_modern_cnn.average import (
    GLOBAL_AVERAGE_POOL,
    GLOBAL_AVERAGE_POOL_BACKWARD,
)
from dlgrader.exercises.ps5_modern_cnn.maximum import GLOBAL_MAX_POOL, GLOBAL_MAX_POOL_BACKWARD
from dlgrader.exercises.ps5_modern_cnn.network import BUILD_NETWORK
from dlgrader.exercises.ps5_modern_cnn.questions import DEEPER_NETWORK, WHY_GLOBAL_POOLING
from dlgrader.exercises.ps5_modern_cnn.tables import ALEXNET_PARAMETERS, LENET5_SHAPES

ASSIGNMENT = Assignment(
    name="ps5_modern_cnn",
    title="Modern convolutional networks",
    seed=5_2012,
    exercises=(
        GLOBAL_AVERAGE_POOL,
        GLOBAL_AVERAGE_POOL_BACKWARD,
        GLOBAL_MAX_POOL,
        GLOBAL_MAX_POOL_BACKWARD,
        WHY_GLOBAL_POOLING,
        LENET5_SHAPES,
        ALEXNET_PARAMETERS,
        BUILD_NETWORK,
        DEEPER_NETWORK,
    ),
)
