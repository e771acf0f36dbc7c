"""The verb on the program itself: benchmarks."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from opendome.base.errors import CommandError, RunError
from opendome.cli.options import AsJson

__all__ = ["VERBS"]


def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Fewer replications; what is extrapolated says so.")] = False,
    as_json: AsJson = False,
) -> None:
    """Measure the program beside a peer; in a checkout only.

    \b
    Example:
      opendome bench --quick
    """
    root = Path(__file__).resolve().parents[3]
    file = root / "benchmarks" / "run.py"
    if not file.is_file():
        raise CommandError("benchmarks are not part of the installed package; run this verb in a checkout")
    sys.path.insert(0, str(root))
    spec = importlib.util.spec_from_file_location("benchmarks.run", file)
    if spec is None or spec.loader is None:
        raise RunError(f"{file} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    arguments = [*(["--quick"] if quick else []), *(["--json"] if as_json else [])]
    code = module.main(arguments)
    if code:
        raise RunError(f"the benchmarks ended with code {code}")


VERBS: dict[str, Callable[..., None]] = {"bench": bench}
"""Verbs of this file by name."""
