# +++
# story = "the notebook as it was fetched"
# starts_from = "empty"
# [points]
# conv_output_size = 0
# output_sizes = 0
# im2col = 0
# col2im = 0
# conv_forward = 0
# conv_backward = 0
# max_pool_forward = 0
# max_pool_backward = 0
# +++
