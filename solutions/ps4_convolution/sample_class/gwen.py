# +++
# story = "col2im raises, and one cell is no Python"
# starts_from = "solution"
# [points]
# conv_output_size = 4
# output_sizes = 10
# im2col = 8
# col2im = 3
# conv_forward = 8
# conv_backward = 0
# max_pool_forward = 4
# max_pool_backward = 3
# [written.two_small]
# points = 3
# comment = "Right so far. What does the second ReLU or the smaller number of weights cost?"
# +++


# %% col2im
def col2im(col, input_shape, filter_h, filter_w, stride=1, pad=0):
    N, C, H, W = input_shape
    out_h = conv_output_size(H, filter_h, stride, pad)
    out_w = conv_output_size(W, filter_w, stride, pad)
    image = np.zeros(input_shape)
    windows = col.reshape(N, out_h, out_w, C, filter_h, filter_w)
    for y in range(out_h):
        for x in range(out_w):
            top, left = y * stride, x * stride
            image[:, :, top : top + filter_h, left : left + filter_w] = windows[:, y, x]
    return image


# %% conv_backward
def conv_backward(dout, cache)
    col, W, input_shape, stride, pad = cache
    return dx, dW, db


# %% [markdown] two_small
# Both look at 5 pixels along an axis. 18 C² against 25 C² weights. An advantage is that there are fewer
# weights for the same view.
