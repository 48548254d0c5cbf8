"""How many rows of a step each stream gets."""

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

Share = str | float | Mapping[str, float]


def stream_shares(share: Share, rows: Mapping[str, int]) -> dict[str, float]:
    """The share of each stream in a step.

    Args:
        share: `"proportional"` to the rows of each stream, `"uniform"`, a temperature `T > 0`
            (shares proportional to `rows ** (1 / T)`), or a positive number for each stream.
        rows: Rows of each stream.

    Returns:
        Shares that sum to 1, in the order of `rows`.

    Raises:
        ValueError: If `share` is none of these.
    """
    names = list(rows)
    counts = np.array([rows[name] for name in names], float)
    if isinstance(share, Mapping):
        if set(share) != set(names) or not all(map(_is_positive, share.values())):
            raise ValueError(
                "`share` of a mixture given by stream needs a positive number for each of "
                f"{names} and for no other. Received: share={dict(share)!r}."
            )
        raw = np.array([share[name] for name in names], float)
    elif isinstance(share, str) and share == "proportional":
        raw = counts
    elif isinstance(share, str) and share == "uniform":
        raw = np.ones_like(counts)
    elif _is_positive(share):
        # Relative to the largest, so that no power overflows.
        raw = (counts / counts.max()) ** (1.0 / share)  # type: ignore[operator]
    else:
        raise ValueError(
            "`share` of a mixture must be 'proportional', 'uniform', a temperature above 0, or a "
            f"dictionary from stream to number. Received: share={share!r}."
        )
    relative = raw / raw.max()
    return dict(zip(names, (relative / relative.sum()).tolist(), strict=True))


def rows_per_step(
    shares: Mapping[str, float], batch_size: int, replicas: int = 1
) -> dict[str, int]:
    """Rows of each stream in a step of `batch_size` rows, by largest remainder.

    Every stream gets at least `replicas` rows, and a multiple of it.

    Raises:
        ValueError: If the batch has no room for that.
    """
    room, left_over = divmod(batch_size, replicas)
    if room < len(shares) or left_over:
        raise ValueError(
            "`batch_size` of a mixture must hold at least one row of each stream for each replica, "
            f"and be a multiple of the replicas. Received: batch_size={batch_size} for "
            f"{len(shares)} streams ({', '.join(shares)}) on {replicas} replica(s); use at least "
            f"{len(shares) * replicas}, for example {max(room + 1, len(shares)) * replicas}."
        )
    exact = {name: share * room for name, share in shares.items()}
    given = {name: max(int(units), 1) for name, units in exact.items()}
    while (spare := room - sum(given.values())) != 0:
        step = 1 if spare > 0 else -1
        movable = [name for name in given if given[name] + step >= 1]
        name = max(movable, key=lambda one: step * (exact[one] - given[one]))
        given[name] += step
    return {name: units * replicas for name, units in given.items()}


def _is_positive(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and 0 < float(value) < np.inf
