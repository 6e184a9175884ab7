"""Wrong and other right answers to ``batch_norm_backward``."""

from __future__ import annotations

from dlgrader.declarations import Alternative, Mistake

_DX = "gamma / std * (dout - dbeta / N - x_hat * dgamma / N)"
_DX_PARTS = ("direct", "mean", "variance", "gamma")

MISTAKES = (
    Mistake(
        "no-mean-term",
        "the way through the mean is missing from dx: each x moves the mean, too",
        edits=((_DX, "gamma / std * (dout - x_hat * dgamma / N)"),),
        loses=("mean", "gamma"),
    ),
    Mistake(
        "no-variance-term",
        "the way through the variance is missing from dx: each x changes the variance, too",
        edits=((_DX, "gamma / std * (dout - dbeta / N)"),),
        loses=("variance", "gamma"),
    ),
    Mistake(
        "constant-statistics",
        "mean and variance are treated as constants; they depend on every x of the batch",
        edits=((_DX, "gamma / std * dout"),),
        loses=("mean", "variance", "gamma"),
    ),
    Mistake(
        "no-gamma",
        "the factor gamma is missing from dx",
        edits=((_DX, "1 / std * (dout - dbeta / N - x_hat * dgamma / N)"),),
        loses=("gamma",),
    ),
    Mistake(
        "gamma-on-first-term",
        "gamma multiplies only the first term of dx; it belongs in front of all three",
        edits=((_DX, "1 / std * (gamma * dout - dbeta / N - x_hat * dgamma / N)"),),
        loses=("gamma",),
    ),
    Mistake(
        "plus-variance-term",
        "the last term of dx has the wrong sign",
        edits=((_DX, "gamma / std * (dout - dbeta / N + x_hat * dgamma / N)"),),
        loses=("variance", "gamma"),
    ),
    Mistake(
        "not-divided-by-n",
        "the two sums in dx are not divided by the number of examples",
        edits=((_DX, "gamma / std * (dout - dbeta - x_hat * dgamma)"),),
        loses=("mean", "variance", "gamma"),
    ),
    Mistake(
        "divided-by-d",
        "the sums in dx are divided by the number of columns, where the number of rows is needed",
        edits=(("N = len(dout)", "N = dout.shape[1]"),),
        loses=("mean", "variance"),
    ),
    Mistake(
        "divided-by-size",
        "the sums in dx are divided by the number of all elements; each column has only N",
        edits=(("N = len(dout)", "N = dout.size"),),
        loses=("mean", "variance"),
    ),
    Mistake(
        "no-deviation",
        "dx is not divided by the deviation",
        edits=((_DX, "gamma * (dout - dbeta / N - x_hat * dgamma / N)"),),
        loses=_DX_PARTS,
    ),
    Mistake(
        "divided-by-variance",
        "dx is divided by the variance, not by its root",
        edits=((_DX, "gamma / std**2 * (dout - dbeta / N - x_hat * dgamma / N)"),),
        loses=_DX_PARTS,
    ),
    Mistake(
        "eps-ignored",
        "the sum of the squares of x̂ is taken to be N, which it is only with eps = 0",
        edits=(
            (
                _DX,
                "gamma / std * (dout - dbeta / N - x_hat * dgamma / (x_hat**2).sum(axis=0))"
                " if N > 1 else 0 * dout",
            ),
        ),
        loses=("eps",),
    ),
    Mistake(
        "centred-not-normalised",
        "dgamma multiplies dout by x − mean, where x̂ belongs",
        edits=(
            (
                "return dx, dgamma, dbeta",
                "dgamma = (dout * x_hat * std).sum(axis=0)\n    return dx, dgamma, dbeta",
            ),
        ),
        loses=("dgamma",),
    ),
    Mistake(
        "dgamma-without-x-hat",
        "dgamma has no factor x̂: out = gamma·x̂ + beta, so gamma acts through x̂",
        edits=(("dgamma = (dout * x_hat).sum(axis=0)", "dgamma = dout.sum(axis=0)"),),
        loses=("dgamma", "variance"),
    ),
    Mistake(
        "dgamma-times-gamma",
        "dgamma has a factor gamma too many; that one belongs to dx",
        edits=(("return dx, dgamma, dbeta", "return dx, gamma * dgamma, dbeta"),),
        loses=("dgamma",),
    ),
    Mistake(
        "exchanged",
        "dgamma and dbeta are returned in the wrong order",
        edits=(("return dx, dgamma, dbeta", "return dx, dbeta, dgamma"),),
        loses=("dgamma", "dbeta"),
    ),
    Mistake(
        "means",
        "dgamma and dbeta are means over the batch; they are sums",
        edits=(("return dx, dgamma, dbeta", "return dx, dgamma / N, dbeta / N"),),
        loses=("dgamma", "dbeta"),
    ),
    Mistake(
        "two-axes",
        "dgamma and dbeta have two axes (keepdims); their shape is (D,)",
        edits=(("return dx, dgamma, dbeta", "return dx, dgamma[None], dbeta[None]"),),
        loses=("dgamma", "dbeta"),
    ),
    Mistake(
        "summed-over-all",
        "dgamma and dbeta are summed over rows and columns; each column has its own",
        edits=(("return dx, dgamma, dbeta", "return dx, dgamma.sum(), dbeta.sum()"),),
        loses=("dgamma", "dbeta"),
    ),
    Mistake(
        "in-place",
        "dout -= … changes the caller's dout",
        edits=(
            (
                "dx = gamma / std * (dout - dbeta / N - x",
                "dout -= dbeta / N\n    dx = gamma / std * (dout - x",
            ),
        ),
        loses=("untouched",),
    ),
    Mistake(
        "cache-changed",
        "an array in the cache is overwritten, so a second backward pass gives something else",
        edits=(
            (
                f"dx = {_DX}",
                "x_hat *= dgamma / N\n    dx = gamma / std * (dout - dbeta / N - x_hat)",
            ),
        ),
        loses=("again",),
    ),
    Mistake(
        "last-call-only",
        "what backward needs is kept outside the cache, so another forward pass overwrites it",
        source="""
            kept = {}
            forward_of_before = batch_norm_forward

            def batch_norm_forward(*args, **kwargs):
                out, kept["cache"] = forward_of_before(*args, **kwargs)
                return out, None

            def batch_norm_backward(dout, cache):
                x_hat, gamma, std = kept["cache"]
                N = len(dout)
                dbeta = dout.sum(axis=0)
                dgamma = (dout * x_hat).sum(axis=0)
                dx = gamma / std * (dout - dbeta / N - x_hat * dgamma / N)
                return dx, dgamma, dbeta
        """,
        loses=("again",),
    ),
)

ALTERNATIVES = (
    Alternative(
        "one bracket over N",
        edits=((_DX, "gamma / (N * std) * (N * dout - dbeta - x_hat * dgamma)"),),
    ),
    Alternative(
        "step by step through the graph",
        source="""
            def batch_norm_backward(dout, cache):
                x_hat, gamma, std = cache
                N = dout.shape[0]
                centred = x_hat * std
                dx_hat = dout * gamma
                dvar = (dx_hat * centred).sum(axis=0) * -0.5 / std**3
                dmean = -(dx_hat / std).sum(axis=0) + dvar * (-2 * centred).mean(axis=0)
                dx = dx_hat / std + dvar * 2 * centred / N + dmean / N
                return dx, np.einsum("ij,ij->j", dout, x_hat), np.einsum("ij->j", dout)
        """,
    ),
    Alternative(
        "the Jacobian of each column, in loops and lists",
        source="""
            def batch_norm_backward(dout, cache):
                x_hat, gamma, std = cache
                N, D = dout.shape
                dx, dgamma, dbeta = np.zeros((N, D)), [], []
                for j in range(D):
                    h = x_hat[:, j]
                    J = (np.eye(N) - 1 / N - np.outer(h, h) / N) * gamma[j] / std[j]
                    dx[:, j] = J @ dout[:, j]
                    dgamma.append(float(h @ dout[:, j]))
                    dbeta.append(sum(dout[:, j]))
                return dx.tolist(), dgamma, dbeta
        """,
    ),
    Alternative(
        "means, in float32, as a list",
        source="""
            def batch_norm_backward(dout, cache):
                x_hat, gamma, std = cache
                g = dout * gamma
                dx = (g - g.mean(0) - x_hat * (g * x_hat).mean(0)) / std
                parts = dx, (dout * x_hat).sum(0), dout.sum(0)
                return [part.astype(np.float32) for part in parts]
        """,
    ),
    Alternative(
        "with a forward pass of its own kind, everything in a dict",
        source="""
            def batch_norm_forward(
                x, gamma, beta, running_mean, running_var,
                *, momentum=0.9, eps=1e-5, train=True
            ):
                mean, var = (x.mean(0), x.var(0)) if train else (running_mean, running_var)
                if train:
                    running_mean += (1 - momentum) * (mean - running_mean)
                    running_var += (1 - momentum) * (var - running_var)
                cache = {"x": x, "mean": mean, "var": var, "eps": eps, "gamma": gamma}
                return gamma * (x - mean) / np.sqrt(var + eps) + beta, cache

            def batch_norm_backward(dout, cache):
                c, N = cache["x"] - cache["mean"], len(dout)
                s = (cache["var"] + cache["eps"]) ** -0.5
                dbeta, dgamma = np.sum(dout, 0), np.sum(dout * c * s, 0)
                dx = cache["gamma"] * s * (dout - dbeta / N - c * s**2 * np.sum(dout * c, 0) / N)
                return dx, dgamma, dbeta
        """,
    ),
)
