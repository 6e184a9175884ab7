# +++
# story = "padding on one side, gradients averaged over the batch"
# starts_from = "solution"
# [points]
# conv_output_size = 4
# output_sizes = 10
# im2col = 6
# col2im = 6
# conv_forward = 6.5
# conv_backward = 4
# max_pool_forward = 4
# max_pool_backward = 4
# [written.why_share]
# points = 4
# comment = "Complete and well put."
# [written.two_small]
# points = 1
# comment = "The number of weights is right. Both see 5 pixels; the other two points are missing."
# +++


# %% im2col
def im2col(x, filter_h, filter_w, stride=1, pad=0):
    N, C, H, W = x.shape
    out_h = conv_output_size(H, filter_h, stride, pad)
    out_w = conv_output_size(W, filter_w, stride, pad)
    padded = np.pad(x, ((0, 0), (0, 0), (0, 2 * pad), (0, 2 * pad)))
    windows = np.empty((N, out_h, out_w, C, filter_h, filter_w))
    for y in range(out_h):
        for left in range(out_w):
            top, start = y * stride, left * stride
            windows[:, y, left] = padded[:, :, top : top + filter_h, start : start + filter_w]
    return windows.reshape(N * out_h * out_w, -1)


# %% conv_backward
def conv_backward(dout, cache):
    col, W, input_shape, stride, pad = cache
    FN, _, FH, FW = W.shape
    D = dout.transpose(0, 2, 3, 1).reshape(-1, FN)
    N = len(dout)
    dW = (D.T @ col).reshape(W.shape) / N
    db = D.sum(axis=0) / N
    return col2im(D @ W.reshape(FN, -1), input_shape, FH, FW, stride, pad), dW, db


# %% [markdown] why_share
# Fully connected: 784 · 17,280 = 13,547,520 weights. Convolution: 30 · 25 = 750, because a value sees only
# its 5 × 5 window and all windows share the filter. The assumption: useful patterns are local and may
# appear anywhere.

# %% [markdown] two_small
# 18 C² and 25 C² weights. The big filter sees 5 pixels and the small ones 3.
