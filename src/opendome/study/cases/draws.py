"""Uniform numbers for cases of validation, by identity: stream and place, never by order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from opendome.base.kernels import kernel
from opendome.base.philox import Purpose, stream_key, uniform_four

__all__ = ["exponentials", "fill_uniforms", "uniforms"]


@kernel
def fill_uniforms(key, replication, stream, out):
    """Fill ``out`` (n,) with uniform numbers in (0, 1): place i of a stream in a replication."""
    for i in range(len(out)):
        out[i] = uniform_four(key, replication, stream, i, 0)[0]


def uniforms(seed: int, replication: int, stream: int, n: int) -> NDArray[np.float64]:
    """Give n uniform numbers in (0, 1), (n,); the first k of them do not depend on n."""
    out = np.empty(n)
    fill_uniforms(np.uint64(stream_key(seed, int(Purpose.INPUT_SAMPLE))), replication, stream, out)
    return out


def exponentials(seed: int, replication: int, stream: int, n: int, mean_s: float) -> NDArray[np.float64]:
    """Give n exponential times with a mean [s], (n,) [s]."""
    return -mean_s * np.log(uniforms(seed, replication, stream, n))
