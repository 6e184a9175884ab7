# +++
# story = "an endless loop in max_pool_backward"
# starts_from = "solution"
# [points]
# conv_output_size = 4
# output_sizes = 10
# im2col = 8
# col2im = 6
# conv_forward = 8
# conv_backward = 8
# max_pool_forward = 4
# max_pool_backward = 0
# [written.why_share]
# points = 4
# comment = "Complete."
# [written.two_small]
# points = 4
# comment = "Complete."
# +++


# %% max_pool_backward
def max_pool_backward(dout, cache):
    winner, input_shape, pool, stride = cache
    dx = np.zeros(input_shape)
    y = 0
    while y < dout.shape[2]:
        for x in range(dout.shape[3]):
            dx[:, :, y * stride, x * stride] += dout[:, :, y, x]
    return dx


# %% [markdown] why_share
# The fully connected layer has 784 · 17,280 = 13,547,520 weights, the convolution 750. Reasons: each value
# depends on one window only (25 pixels), and the 576 windows use the same weights. This supposes that
# patterns are local and that they mean the same everywhere.

# %% [markdown] two_small
# 5 pixels in both cases; 18 C² and 25 C² weights. Fewer weights for the same view, but two maps must be
# kept in memory for the backward pass instead of one.
