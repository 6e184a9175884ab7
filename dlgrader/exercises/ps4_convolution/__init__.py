"""Assignment ps4_convolution: what is asked, how it is checked and judged."""

from dlgrader.declarations import Assignment
from dlgrader.exercises.ps4_convolution.col2im import COL2IM_EXERCISE
from dlgrader.exercises.ps4_convolution.conv_backward import CONV_BACKWARD
from dlgrader.exercises.ps4_convolution.conv_forward import CONV_FORWARD
from dlgrader.exercises.ps4_convolution.im2col import IM2COL_EXERCISE
from dlgrader.exercises.ps4_convolution.max_pool_backward import MAX_POOL_BACKWARD
from dlgrader.exercises.ps4_convolution.max_pool_forward import MAX_POOL_FORWARD
from dlgrader.exercises.ps4_convolution.sizes import CONV_OUTPUT_SIZE, OUTPUT_SIZES
from dlgrader.exercises.ps4_convolution.written import TWO_SMALL, WHY_SHARE

ASSIGNMENT = Assignment(
    name="ps4_convolution",
    title="Convolutional networks by hand",
    seed=4_1998,
    exercises=(
        CONV_OUTPUT_SIZE,
        OUTPUT_SIZES,
        IM2COL_EXERCISE,
        COL2IM_EXERCISE,
        CONV_FORWARD,
        CONV_BACKWARD,
        MAX_POOL_FORWARD,
        MAX_POOL_BACKWARD,
        WHY_SHARE,
        TWO_SMALL,
    ),
)
