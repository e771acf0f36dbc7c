"""How kernels are compiled, said once: cached, without Python's lock, with NumPy's rules for division, never with
fast-math.

Arguments of kernels are named tuples of arrays. Handing these on costs more than most kernels do, in two ways that
are switched off where they can be: counting
references (``kernel`` and ``inlined_kernel`` allocate nothing and so need no counting), and copying the arrays'
descriptions at each call (``inlined_kernel`` is put
into its caller by the compiler).

Named tuples of arrays also cost time to compile: most of that of a small kernel goes into taking its arguments from
Python. Private kernels leave that entrance out, and must not be called from Python.

Numba's cache does not notice a change in a function of another file: after editing a kernel, delete ``*.nbi`` and
``*.nbc`` under ``src``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

__all__ = ["allocating_kernel", "inlined_kernel", "kernel"]


_NJIT: Any = njit
"""Its type knows some of the options only."""


def _wrapping(function: Callable[..., Any]) -> dict[str, bool]:
    """Options that leave out the entrance from Python: for private kernels, which compiled code alone calls."""
    is_inner = function.__name__.startswith("_")
    return {"no_cpython_wrapper": True, "no_cfunc_wrapper": True} if is_inner else {}


def allocating_kernel(function: Callable[..., Any]) -> Any:
    """Compile a function that makes arrays; a private one, whose name begins with `_`, for compiled code alone."""
    return _NJIT(cache=True, nogil=True, error_model="numpy", **_wrapping(function))(function)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function that makes no arrays; a private one, whose name begins with `_`, for compiled code alone."""
    return _NJIT(cache=True, nogil=True, error_model="numpy", _nrt=False, **_wrapping(function))(function)


def inlined_kernel(function: Callable[..., Any]) -> Any:
    """Compile a function that makes no arrays and is small, or called from few places, so that it may stand in its
    callers; a private one, whose name begins with `_`, for compiled code alone.
    """
    options = {"forceinline": True, **_wrapping(function)}
    return _NJIT(cache=True, nogil=True, error_model="numpy", _nrt=False, **options)(function)
