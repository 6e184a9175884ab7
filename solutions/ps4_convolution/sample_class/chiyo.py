# +++
# story = "half of it done, what is there is mostly right"
# starts_from = "empty"
# [points]
# conv_output_size = 3
# output_sizes = 6
# im2col = 8
# col2im = 0
# conv_forward = 6.5
# conv_backward = 0
# max_pool_forward = 2.5
# max_pool_backward = 0
# [written.why_share]
# points = 2
# comment = "Local connection and shared weights are there; the numbers and the assumption are missing."
# +++


# %% conv_output_size
def conv_output_size(input_size, filter_size, stride=1, pad=0):
    return (input_size + 2 * pad - filter_size) // stride + 1


# %% output_sizes
output_sizes = {
    "a": 26, "b": 9, "c": 3, "d": 112, "e": 22, "f": 27, "g": 4, "h": None, "i": 1568, "j": 20,
}  # fmt: skip


# %% im2col
def im2col(x, filter_h, filter_w, stride=1, pad=0):
    padded = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (filter_h, filter_w), axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride].transpose(0, 2, 3, 1, 4, 5)
    return windows.reshape(-1, x.shape[1] * filter_h * filter_w)


# %% conv_forward
def conv_forward(x, W, b, stride=1, pad=0):
    N, C, H, Wd = x.shape
    FN, C, FH, FW = W.shape
    out = im2col(x, FH, FW, stride, pad) @ W.reshape(FN, -1).T
    out_h = conv_output_size(H, FH, stride, pad)
    out_w = conv_output_size(Wd, FW, stride, pad)
    return out.reshape(N, out_h, out_w, FN).transpose(0, 3, 1, 2), None


# %% max_pool_forward
def max_pool_forward(x, pool, stride):
    N, C, H, W = x.shape
    out = x.reshape(N, C, H // pool, pool, W // pool, pool).max(axis=(3, 5))
    return out, x


# %% [markdown] why_share
# Because every output is only connected to a small window, and the weights are shared by all windows.
