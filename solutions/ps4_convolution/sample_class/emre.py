# +++
# story = "columns of im2col with the channel last"
# starts_from = "solution"
# [points]
# conv_output_size = 4
# output_sizes = 10
# im2col = 5.5
# col2im = 6
# conv_forward = 6.5
# conv_backward = 5
# max_pool_forward = 4
# max_pool_backward = 4
# [written.why_share]
# points = 3
# comment = "What is assumed about images?"
# [written.two_small]
# points = 2
# comment = "Please count: 3 + 2 pixels, and 2 · 9 · C² weights against 25 · C²."
# +++


# %% im2col
def im2col(x, filter_h, filter_w, stride=1, pad=0):
    N, C, H, W = x.shape
    out_h = conv_output_size(H, filter_h, stride, pad)
    out_w = conv_output_size(W, filter_w, stride, pad)
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad))).transpose(0, 2, 3, 1)
    rows = []
    for image in padded:
        for y in range(0, out_h * stride, stride):
            for left in range(0, out_w * stride, stride):
                rows.append(image[y : y + filter_h, left : left + filter_w].reshape(-1))
    return np.array(rows)


# %% [markdown] why_share
# 13,547,520 against 750. One filter is used at all places and it is only connected to its window.

# %% [markdown] two_small
# The small ones have less weights and one more ReLU, but the network is deeper, so the gradient has to
# pass one more layer.
