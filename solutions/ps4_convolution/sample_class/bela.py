# +++
# story = "everything right, with plain loops"
# starts_from = "empty"
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
# points = 3.5
# comment = "Right. Of the two numbers, that of the fully connected layer is missing (half a point)."
# [written.two_small]
# points = 3
# comment = "A disadvantage was asked for, too."
# +++


# %% conv_output_size
def conv_output_size(input_size, filter_size, stride=1, pad=0):
    if min(input_size, filter_size, stride) < 1 or pad < 0 or filter_size > input_size + 2 * pad:
        raise ValueError("impossible sizes")
    positions = 0
    start = 0
    while start + filter_size <= input_size + 2 * pad:
        positions += 1
        start += stride
    return positions


# %% output_sizes
output_sizes = {
    "a": 26, "b": 10, "c": 3, "d": 112, "e": 22, "f": 27, "g": 4, "h": 7840, "i": 1152, "j": 21,
}  # fmt: skip


# %% im2col
def im2col(x, filter_h, filter_w, stride=1, pad=0):
    N, C, H, W = x.shape
    rows = []
    for n in range(N):
        for y in range(conv_output_size(H, filter_h, stride, pad)):
            for x_ in range(conv_output_size(W, filter_w, stride, pad)):
                row = []
                for c in range(C):
                    for i in range(filter_h):
                        for j in range(filter_w):
                            py, px = y * stride + i - pad, x_ * stride + j - pad
                            inside = 0 <= py < H and 0 <= px < W
                            row.append(x[n, c, py, px] if inside else 0)
                rows.append(row)
    return np.array(rows)


# %% col2im
def col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0):
    N, C, H, W = input_shape
    image = np.zeros(input_shape)
    out_w = conv_output_size(W, filter_w, stride, pad)
    per_image = len(col) // N
    for r, row in enumerate(col):
        n, position = divmod(r, per_image)
        y, x = divmod(position, out_w)
        for k, value in enumerate(row):
            c, place = divmod(k, filter_h * filter_w)
            i, j = divmod(place, filter_w)
            py, px = y * stride + i - pad, x * stride + j - pad
            if 0 <= py < H and 0 <= px < W:
                image[n, c, py, px] += value
    return image


# %% conv_forward
def conv_forward(x, W, b, stride=1, pad=0):
    N, C, H, Wd = x.shape
    FN, C, FH, FW = W.shape
    out_h = conv_output_size(H, FH, stride, pad)
    out_w = conv_output_size(Wd, FW, stride, pad)
    padded = np.zeros((N, C, H + 2 * pad, Wd + 2 * pad))
    padded[:, :, pad : pad + H, pad : pad + Wd] = x
    out = np.zeros((N, FN, out_h, out_w))
    for n in range(N):
        for f in range(FN):
            for y in range(out_h):
                for x_ in range(out_w):
                    top, left = y * stride, x_ * stride
                    window = padded[n, :, top : top + FH, left : left + FW]
                    out[n, f, y, x_] = np.sum(window * W[f]) + b[f]
    return out, {"padded": padded, "W": W, "stride": stride, "pad": pad}


# %% conv_backward
def conv_backward(dout, cache):
    padded, W, stride, pad = cache["padded"], cache["W"], cache["stride"], cache["pad"]
    FN, C, FH, FW = W.shape
    dpadded, dW, db = np.zeros(padded.shape), np.zeros(W.shape), np.zeros(FN)
    for n, f, y, x in np.ndindex(dout.shape):
        top, left = y * stride, x * stride
        g = dout[n, f, y, x]
        db[f] += g
        dW[f] += g * padded[n, :, top : top + FH, left : left + FW]
        dpadded[n, :, top : top + FH, left : left + FW] += g * W[f]
    height, width = padded.shape[2] - 2 * pad, padded.shape[3] - 2 * pad
    return dpadded[:, :, pad : pad + height, pad : pad + width], dW, db


# %% max_pool_forward
def max_pool_forward(x, pool, stride):
    N, C, H, W = x.shape
    out = np.zeros((N, C, conv_output_size(H, pool, stride), conv_output_size(W, pool, stride)))
    for n, c, y, x_ in np.ndindex(out.shape):
        top, left = y * stride, x_ * stride
        out[n, c, y, x_] = x[n, c, top : top + pool, left : left + pool].max()
    return out, (x, pool, stride)


# %% max_pool_backward
def max_pool_backward(dout, cache):
    x, pool, stride = cache
    dx = np.zeros(x.shape)
    for n, c, y, x_ in np.ndindex(dout.shape):
        top, left = y * stride, x_ * stride
        window = x[n, c, top : top + pool, left : left + pool]
        winners = window == window.max()
        share = dout[n, c, y, x_] * winners / winners.sum()
        dx[n, c, top : top + pool, left : left + pool] += share
    return dx


# %% [markdown] why_share
# The convolution has 30 · 25 = 750 weights, the fully connected layer millions. Its outputs look only at a
# small window, and the filter is the same everywhere. That fits images, where neighbours belong together
# and the same edges occur in all places.

# %% [markdown] two_small
# Both see 5 × 5 pixels, since 3 + 2 = 5. The two small ones have 2 · 9 · C² = 18 C² weights and not 25 C²,
# and there is a ReLU more, so they can represent more.
