# +++
# story = "everything right, but noisy: prints, warnings and logging"
# starts_from = "solution"
# [points]
# conv_output_size = 4
# output_sizes = 10
# im2col = 8
# col2im = 6
# conv_forward = 8
# conv_backward = 8
# max_pool_forward = 4
# max_pool_backward = 4
# [written.why_share]
# points = 2
# comment = "The two numbers (one point) and the shared weights (one point)."
# [written.two_small]
# points = 2
# comment = "5 pixels and the numbers of weights are right. And what follows from that?"
# +++

# %% conv_output_size
import logging
import sys
import warnings

logging.basicConfig(level=logging.INFO)


def conv_output_size(input_size, filter_size, stride=1, pad=0):
    print("conv_output_size", input_size, filter_size, stride, pad)
    print("this goes to stderr", file=sys.stderr)
    if input_size < 1 or filter_size < 1 or stride < 1 or pad < 0:
        raise ValueError
    if filter_size > input_size + 2 * pad:
        raise ValueError
    warnings.warn("a warning from my code")
    logging.info("about to return")
    return np.int64((input_size + 2 * pad - filter_size) // stride + 1)


# %% [markdown] why_share
# 13,547,520 against 750, as the weights are shared.

# %% [markdown] two_small
# 5 pixels in both cases, 18 C² against 25 C².
