# +++
# story = "everything right"
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
# points = 4
# comment = "Both numbers, both properties and the assumption: complete."
# [written.two_small]
# points = 4
# comment = "Complete, and the memory is a good point."
# +++

# %% [markdown] why_share
# Fully connected: 784 inputs times 17,280 outputs = 13,547,520 weights. Convolution: 30 times 25 = 750.
# Each output of the convolution only looks at the 25 pixels in its window, and the same 25 weights are
# used at all 576 positions. So one assumes that things worth finding are small and can be anywhere.

# %% [markdown] two_small
# Both see 5 pixels in each direction. Two 3 × 3: 18 C² weights, one 5 × 5: 25 C². The two small ones are
# cheaper and have one more nonlinearity, but the feature maps in the middle have to be stored for
# backpropagation.
