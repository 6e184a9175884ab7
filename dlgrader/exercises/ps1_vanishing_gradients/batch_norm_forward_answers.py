"""Wrong and other right answers to ``batch_norm_forward``."""

from __future__ import annotations

from dlgrader.declarations import Alternative, Mistake

_NEW_MEAN = "momentum * running_mean + (1 - momentum) * mean"
_NEW_VAR = "momentum * running_var + (1 - momentum) * var"

MISTAKES = (
    Mistake(
        "eps-outside",
        "eps is added to the deviation, outside the root; it belongs inside, to the variance",
        edits=(("np.sqrt(var + eps)", "np.sqrt(var) + eps"),),
        loses=("eps",),
    ),
    Mistake(
        "eps-forgotten",
        "eps is missing, so a column of equal values gives 0/0",
        edits=(("np.sqrt(var + eps)", "np.sqrt(var)"),),
        loses=("eps",),
    ),
    Mistake(
        "eps-other-default",
        "the default of eps is 1e-7; here it is 1e-5",
        edits=(("eps=1e-5", "eps=1e-7"),),
        loses=("eps",),
    ),
    Mistake(
        "eps-fixed",
        "eps is written as a number in the formula, so the argument has no effect",
        edits=(("np.sqrt(var + eps)", "np.sqrt(var + 1e-5)"),),
        loses=("eps",),
    ),
    Mistake(
        "divided-by-variance",
        "the root is missing: x − mean is divided by the variance, not by the deviation",
        edits=(("np.sqrt(var + eps)", "(var + eps)"),),
        loses=("normalise", "scale", "inference"),
    ),
    Mistake(
        "unbiased",
        "the variance is divided by N − 1; here it is divided by N",
        edits=(("x.var(axis=0)", "x.var(axis=0, ddof=1)"),),
        loses=("normalise", "running_var", "small"),
    ),
    Mistake(
        "unbiased-running",
        "running_var takes the variance divided by N − 1, as in PyTorch; here it is divided by N",
        edits=((_NEW_VAR, _NEW_VAR.replace("* var", "* x.var(axis=0, ddof=1)")),),
        loses=("running_var",),
    ),
    Mistake(
        "momentum-exchanged",
        "momentum and 1 − momentum are exchanged: momentum is the part of the old value",
        edits=(
            (_NEW_MEAN, "(1 - momentum) * running_mean + momentum * mean"),
            (_NEW_VAR, "(1 - momentum) * running_var + momentum * var"),
        ),
        loses=("running_mean", "running_var"),
    ),
    Mistake(
        "momentum-fixed",
        "0.9 is written as a number in the formula, so the argument momentum has no effect",
        edits=(
            (_NEW_MEAN, "0.9 * running_mean + 0.1 * mean"),
            (_NEW_VAR, "0.9 * running_var + 0.1 * var"),
        ),
        loses=("running_mean", "running_var"),
    ),
    Mistake(
        "rebound",
        "running_mean = … gives a new array that name; the caller's array is not changed by it",
        edits=(
            ("running_mean[...] = ", "running_mean = "),
            ("running_var[...] = ", "running_var = "),
        ),
        loses=("running_mean", "running_var"),
    ),
    Mistake(
        "added-up",
        "the batch's part is added without making the old value smaller by the factor momentum",
        edits=(
            (_NEW_MEAN, "running_mean + (1 - momentum) * mean"),
            (_NEW_VAR, "running_var + (1 - momentum) * var"),
        ),
        loses=("running_mean", "running_var"),
    ),
    Mistake(
        "deviation-in-running",
        "running_var receives the standard deviation, not the variance",
        edits=((_NEW_VAR, _NEW_VAR.replace("* var", "* np.sqrt(var)")),),
        loses=("running_var",),
    ),
    Mistake(
        "eps-in-running",
        "eps was added to the variance before it went into running_var",
        edits=((_NEW_VAR, _NEW_VAR.replace("* var", "* (var + eps)")),),
        loses=("running_var",),
    ),
    Mistake(
        "batch-at-inference",
        "mean and variance of the batch are used with train=False, too",
        edits=(
            ("mean, var = running_mean, running_var", "mean, var = x.mean(axis=0), x.var(axis=0)"),
        ),
        loses=("inference",),
    ),
    Mistake(
        "moved-at-inference",
        "the running averages move with train=False, too",
        edits=(
            (
                "mean, var = running_mean, running_var",
                "mean, var = running_mean.copy(), running_var.copy()\n"
                "        running_mean[...] = momentum * mean + (1 - momentum) * x.mean(axis=0)\n"
                "        running_var[...] = momentum * var + (1 - momentum) * x.var(axis=0)",
            ),
        ),
        loses=("inference",),
    ),
    Mistake(
        "running-in-training",
        "the running averages are used in training, too; there the batch's own values count",
        edits=(
            (
                "    else:\n        mean, var = running_mean, running_var",
                "    mean, var = running_mean, running_var",
            ),
        ),
        loses=("normalise", "small"),
    ),
    Mistake(
        "shift-first",
        "beta is added before gamma multiplies; it comes last",
        edits=(("gamma * x_hat + beta", "gamma * (x_hat + beta)"),),
        loses=("scale",),
    ),
    Mistake(
        "no-scale-and-shift",
        "gamma and beta are not used",
        edits=(("gamma * x_hat + beta", "x_hat"),),
        loses=("scale",),
    ),
    Mistake(
        "gamma-beta-exchanged",
        "gamma and beta are exchanged: gamma scales, beta shifts",
        edits=(("gamma * x_hat + beta", "beta * x_hat + gamma"),),
        loses=("scale",),
    ),
    Mistake(
        "one-mean-for-all",
        "one mean and one variance are taken over the whole array; each column has its own",
        edits=(
            ("x.mean(axis=0)", "np.full(x.shape[1], x.mean())"),
            ("x.var(axis=0)", "np.full(x.shape[1], x.var())"),
        ),
        loses=("normalise", "scale", "running_mean", "running_var"),
    ),
    Mistake(
        "not-centred",
        "the mean is not subtracted",
        edits=(("(x - mean) / std", "x / std"),),
        loses=("normalise", "scale", "inference", "small"),
    ),
    Mistake(
        "in-place",
        "x -= mean changes the caller's x",
        edits=(("x_hat = (x - mean) / std", "x -= mean\n    x_hat = x / std"),),
        loses=("untouched",),
    ),
    Mistake(
        "no-cache",
        "out is returned alone; the pair (out, cache) is asked for",
        edits=(("return out, (x_hat, gamma, std)", "return out"),),
        loses=("normalise", "scale", "inference", "small"),
    ),
)

_HEAD = """
                def batch_norm_forward(
                    x, gamma, beta, running_mean, running_var,
                    *, momentum=0.9, eps=1e-5, train=True
                ):"""

ALTERNATIVES = (
    Alternative(
        "column by column",
        source=f"""{_HEAD}
                    N, D = x.shape
                    out, x_hat, deviations = np.zeros((N, D)), np.zeros((N, D)), []
                    for j in range(D):
                        if train:
                            mean = sum(x[:, j]) / N
                            var = sum((v - mean) ** 2 for v in x[:, j]) / N
                            running_mean[j] = momentum * running_mean[j] + (1 - momentum) * mean
                            running_var[j] = momentum * running_var[j] + (1 - momentum) * var
                        else:
                            mean, var = running_mean[j], running_var[j]
                        deviations.append((var + eps) ** 0.5)
                        x_hat[:, j] = (x[:, j] - mean) / deviations[j]
                        out[:, j] = gamma[j] * x_hat[:, j] + beta[j]
                    return out.tolist(), dict(x_hat=x_hat, gamma=gamma, std=deviations)
        """,
    ),
    Alternative(
        "in-place operators, one affine map, mean of the squares",
        source=f"""{_HEAD}
                    if train:
                        mu = np.mean(x, axis=0, dtype=np.float64)
                        sigma2 = np.mean(np.square(x, dtype=np.float64), axis=0) - mu**2
                        running_mean *= momentum
                        running_mean += (1 - momentum) * mu
                        running_var *= momentum
                        running_var += (1 - momentum) * sigma2
                    else:
                        mu, sigma2 = running_mean.copy(), running_var.copy()
                    a = gamma / np.sqrt(sigma2 + eps)
                    return [a * x + (beta - a * mu), (x.copy(), mu, sigma2, gamma.copy(), eps)]
        """,
    ),
    Alternative(
        "step towards the batch, helper functions, float32 result",
        source=f"""
                def statistics(x):
                    mean = np.einsum("ij->j", x) / len(x)
                    return mean, np.einsum("ij,ij->j", x - mean, x - mean) / len(x)

                def move(running, batch, momentum):
                    running[:] = running - (1 - momentum) * (running - batch)
{_HEAD}
                    if train:
                        mean, var = statistics(np.asarray(x, dtype=float))
                        move(running_mean, mean, momentum)
                        move(running_var, var, momentum)
                    else:
                        mean, var = running_mean, running_var
                    x_hat = (x - mean[None, :]) * (var[None, :] + eps) ** -0.5
                    out = x_hat * gamma[None, :] + beta[None, :]
                    return out.astype(np.float32), None
        """,
    ),
    Alternative(
        "np.copyto and keepdims",
        source=f"""{_HEAD}
                    x = np.array(x, dtype=np.float64)
                    mean, var = np.expand_dims(running_mean, 0), np.expand_dims(running_var, 0)
                    if train:
                        mean = x.mean(axis=0, keepdims=True)
                        var = x.var(axis=0, keepdims=True)
                        np.copyto(running_mean, running_mean * momentum + mean[0] * (1 - momentum))
                        np.copyto(running_var, running_var * momentum + var[0] * (1 - momentum))
                    x -= mean
                    x /= np.sqrt(var + eps)
                    return x * gamma + beta, [x, gamma, var, eps]
        """,
    ),
)
