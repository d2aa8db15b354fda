"""pass@k: how likely one of k samples is right."""

import math

from codegen.errors import UsageError


def pass_at_k(n: int, c: int, k: int) -> float:
    """The unbiased estimator of pass@k, from `c` right ones of `n` samples.

    It is the chance that `k` of the `n` samples, drawn without putting back, hold a right one:
    1 - C(n - c, k) / C(n, k). Plugging c / n into 1 - (1 - p)^k instead would be too low. Source:
    Chen et al., Evaluating Large Language Models Trained on Code, section 2.1, arXiv 2107.03374;
    its product 1 - prod(1 - k / i) for i of n - c + 1 .. n is what is computed, as there, since
    the binomials themselves soon exceed what a float holds.

    Returns:
        The estimate; NaN where there are fewer samples than `k`, for then there is none.

    Raises:
        UsageError: `k` is below 1, `n` below 0, or `c` not from 0 to `n`.
    """
    if k < 1 or n < 0 or not 0 <= c <= n:
        raise UsageError(f"pass@{k} is undefined for {c} right samples of {n}")
    if n < k:
        return math.nan
    if k == 1:
        return c / n  # The product's telescoped value, without its rounding.
    if n - c < k:
        return 1.0
    if c <= k:
        return 1.0 - math.prod(1.0 - k / i for i in range(n - c + 1, n + 1))
    # The same ratio, the shorter way round: C(n - c, k) / C(n, k) = C(n - k, c) / C(n, c).
    return 1.0 - math.prod(1.0 - c / i for i in range(n - k + 1, n + 1))
