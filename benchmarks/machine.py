"""What the figures were measured on, and whether it was busy with something else."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

__all__ = ["describe", "is_loaded"]

_PACKAGES = ("opendome", "numpy", "numba", "scipy", "simpy", "stonesoup", "gymnasium")


def is_loaded() -> bool:
    """Whether others keep more than a quarter of the processors busy (load average of the last minute)."""
    return os.getloadavg()[0] > 0.25 * _n_cores()


def describe() -> dict[str, Any]:
    """Give processor, cores, load and versions."""
    return {
        "cpu": _cpu_model(),
        "cores": _n_cores(),
        "load_average": [round(value, 2) for value in os.getloadavg()],
        "is_loaded": is_loaded(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: _version(name) for name in _PACKAGES},
    }


def _n_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_model() -> str:
    """Give the processor's name, with family and model where the name says little."""
    found: dict[str, str] = {}
    table = Path("/proc/cpuinfo")
    if table.is_file():
        for line in table.read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            found.setdefault(key.strip(), value.strip())
    name = found.get("model name") or platform.processor() or platform.machine()
    if "cpu family" in found and "model" in found:
        name += f" (family {found['cpu family']}, model {found['model']})"
    return name


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
