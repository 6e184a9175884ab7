"""Points, properties and hidden cases of assignment ps4_convolution."""

from dlgrader.declarations import Assignment, Written
from dlgrader.exercises.ps4_convolution.columns import col2im, im2col
from dlgrader.exercises.ps4_convolution.convolution import conv_backward, conv_forward
from dlgrader.exercises.ps4_convolution.pooling import max_pool_backward, max_pool_forward
from dlgrader.exercises.ps4_convolution.sizes import conv_output_size, output_sizes

ASSIGNMENT = Assignment(
    name="ps4_convolution",
    seed=4_1998,
    exercises=(
        conv_output_size,
        output_sizes,
        im2col,
        col2im,
        conv_forward,
        conv_backward,
        max_pool_forward,
        max_pool_backward,
    ),
    written=(Written("why_share", 4.0), Written("two_small", 4.0)),
)
