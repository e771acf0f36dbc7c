"""How kernels are compiled, said once: cached, without Python's lock, with NumPy's rules for division, never with
fast-math.

Arguments of kernels are named tuples of arrays. Handing these on costs more than most kernels do, in two ways that
are switched off where they can be: counting
references (``kernel`` and ``inlined_kernel`` allocate nothing and so need no counting), and copying the arrays'
descriptions at each call (``inlined_kernel`` is put
into its caller by the compiler).

Numba's cache does not notice a change in a function of another file: after editing a kernel, delete ``*.nbi`` and
``*.nbc`` under ``src``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

__all__ = ["allocating_kernel", "inlined_kernel", "kernel"]


def allocating_kernel(function: Callable[..., Any]) -> Any:
    """Compile a function that makes arrays."""
    return njit(cache=True, nogil=True, error_model="numpy")(function)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function that makes no arrays."""
    return njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function)  # type: ignore[call-overload]


def inlined_kernel(function: Callable[..., Any]) -> Any:
    """Compile a function that makes no arrays and is small, or called from few places, so that it may stand in its
    callers.
    """
    return njit(cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True)(function)  # type: ignore[call-overload]
