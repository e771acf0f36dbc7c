"""The functions that a study stands on, by name, so that they can travel and be replaced in tests."""

from __future__ import annotations

import importlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

__all__ = ["KERNEL", "Chunk", "Kernel", "WorldShelf"]


class Chunk(NamedTuple):
    """What ``run_chunk`` gives for ``count`` replications from ``first`` on.

    ``rows`` (count, N_TALLY) as in ``base.tally``; ``daily`` (count, n_days + 1, 5); ``areas`` (n_areas, 8) sums over
    the chunk; ``lead_hist`` (n_shelter_classes, n_bins) counts.
    """

    rows: np.ndarray
    daily: np.ndarray
    areas: np.ndarray
    lead_hist: np.ndarray


@dataclass(frozen=True)
class Kernel:
    """Names (``module:function``) of what a study calls.

    ``read_text(text) -> scenario``; ``compile_world(scenario) -> world``; ``run_chunk(world, seed, first, count,
    policy) -> Chunk``; ``area_names(scenario) -> list of (id, name)``; ``best_rows(world, alternative, name of its
    rule, policy, seed, replication, draws of luck, workers) -> rows of the table `best```;
    ``operations(scenario, world, alternative, seed, n) -> table``. Empty: there is none.
    """

    read_text: str = "opendome.scenario.reader:loads"
    compile_world: str = "opendome.scenario.compile:compile_world"
    run_chunk: str = "opendome.study.replicate:run_chunk"
    area_names: str = "opendome.scenario.compile:area_names"
    best_rows: str = ""
    operations: str = ""

    def call(self, name: str, *arguments: Any) -> Any:
        """Call one of the functions by its field's name."""
        return _function(getattr(self, name))(*arguments)


KERNEL = Kernel(best_rows="opendome.study.best_case:best_rows", operations="opendome.study.operations:operation_table")
"""The real ones."""


def _function(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


class WorldShelf:
    """Compiled worlds of one scenario, the last few used kept; safe to share between threads."""

    def __init__(self, scenario: Any, kernel: Kernel = KERNEL, capacity: int = 16):
        self._scenario = scenario
        self._kernel = kernel
        self._capacity = capacity
        self._worlds: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()

    def world(self, alternative: str, overrides: tuple[tuple[str, Any], ...] = ()) -> Any:
        """Give the compiled world of an alternative with further overrides."""
        name = repr((alternative, overrides))
        with self._lock:
            if name not in self._worlds:
                variant = self.variant(alternative, overrides)
                self._worlds[name] = self._kernel.call("compile_world", variant)
                while len(self._worlds) > self._capacity:
                    self._worlds.popitem(last=False)
            self._worlds.move_to_end(name)
            return self._worlds[name]

    def variant(self, alternative: str, overrides: tuple[tuple[str, Any], ...] = ()) -> Any:
        """Give the scenario of an alternative ('' for the scenario as it stands) with further overrides."""
        variant = self._scenario.alternative(alternative) if alternative else self._scenario
        return variant.override(dict(overrides)) if overrides else variant

    def run(
        self, alternative: str, overrides: tuple[tuple[str, Any], ...], seed: int, first: int, count: int, policy: Any
    ) -> Chunk:
        """Run replications ``first`` to ``first + count - 1``."""
        world = self.world(alternative, overrides)
        found = self._kernel.call("run_chunk", world, seed, first, count, policy)
        return Chunk(*(np.asarray(part) for part in found[:4]))
