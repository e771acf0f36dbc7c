"""What a study is going to run: settled from the scenario and the call before anything is run."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from opendome.base.errors import CommandError, nearest_name
from opendome.base.registry import lookup
from opendome.measures.derive import find_measure
from opendome.results.manifest import versions
from opendome.study.cells import Cell
from opendome.study.controls import RaidMoments, raid_moments
from opendome.study.kernel import WorldShelf
from opendome.study.stopping import Goal, looks, parse_goals

__all__ = ["Plan", "cell_identity", "make_plan", "policy_name"]

ROUNDS_ONLY = "rounds-only"
"""Names of alternatives that bring rounds without batteries begin with this."""


@dataclass(frozen=True)
class Plan:
    """A study as settled. ``replications`` is the exact number without goals, and the maximum with them."""

    name: str
    alternatives: tuple[str, ...]
    baseline: str
    headline: str
    headline_alternative: str
    main_alternatives: tuple[str, ...]
    seed: int
    replications: int
    goals: tuple[Goal, ...]
    confidence: float
    policy: Any
    has_extras: bool
    moments: dict[str, RaidMoments | None]

    def stops(self) -> tuple[int, ...]:
        """Numbers of replications at which the study looks; the last one is where it ends at the latest."""
        return looks(self.replications) if self.goals else (self.replications,)

    @property
    def varied(self) -> tuple[str, ...]:
        """Alternatives that are run again with varied inputs: the two that the answer speaks of.

        They are the headline alternative, and those that bring rounds only; empty where only the baseline runs.
        """
        rounds = [name for name in self.main_alternatives if name.startswith(ROUNDS_ONLY)]
        return tuple(dict.fromkeys([*self.main_alternatives[:1], *rounds]))

    def as_text(self, scenario_hash: str) -> str:
        """Digest of everything that the tables depend on."""
        parts = [
            scenario_hash,
            self.alternatives,
            self.baseline,
            self.seed,
            self.replications,
            [(goal.measure, goal.relative, goal.alternative) for goal in self.goals],
            policy_name(self.policy),
            self.has_extras,
            versions(),
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def make_plan(
    scenario: Any,
    shelf: WorldShelf,
    *,
    replications: int | None,
    seed: int | None,
    precision: Any,
    policy: Any,
    extras: bool,
) -> Plan:
    """Settle a study; what the call leaves open comes from the scenario's `study`.

    Raises
    ------
    CommandError
        A number that cannot be, an unknown baseline, measure, alternative or policy.
    """
    asked = scenario.model.study
    alternatives = tuple(scenario.alternatives())
    if asked.baseline not in alternatives:
        hint = nearest_name(asked.baseline, alternatives) or f"alternatives are {', '.join(alternatives)}"
        raise CommandError(f"study.baseline `{asked.baseline}` is not an alternative: {hint}")
    if replications is not None and replications < 1:
        raise CommandError(f"replications must be 1 or more, not {replications}")
    seed = asked.seed if seed is None else seed
    if not 0 <= seed < 2**63:
        raise CommandError(f"seed must be a whole number from 0 to 2^63 - 1, not {seed}")
    headline = find_measure(asked.headline).name
    if precision is None and replications is None:
        precision = asked.precision
    others = [name for name in alternatives if name != asked.baseline]
    if policy is not None:
        from .doors import find_policy  # with it come the rules that the program brings

        find_policy(policy)
    return Plan(
        name=scenario.name,
        alternatives=alternatives,
        baseline=asked.baseline,
        headline=headline,
        headline_alternative=others[0] if others else asked.baseline,
        main_alternatives=_main_alternatives(asked, others),
        seed=seed,
        replications=replications or asked.replications,
        goals=parse_goals(precision or {}, alternatives, asked.baseline, headline),
        confidence=asked.confidence,
        policy=policy,
        has_extras=extras,
        moments={name: raid_moments(shelf.variant(name).model) for name in alternatives},
    )


def _main_alternatives(asked: Any, others: list[str]) -> tuple[str, ...]:
    """The first, and the alternatives that have labels; without labels, those that do not only isolate a cause."""
    labelled = [name for name in others if name in asked.labels]
    if not labelled:
        isolating = set(asked.shapley.alternatives.values()) if asked.shapley is not None else set()
        labelled = [name for name in others if name not in isolating]
    return tuple(dict.fromkeys([*others[:1], *labelled]))


def policy_name(policy: Any) -> str:
    """Give a policy's name for the manifest: as registered, or module and name of the function."""
    if policy is None:
        return ""
    if isinstance(policy, str):
        return policy
    kind = policy if hasattr(policy, "__qualname__") else type(policy)
    return f"{kind.__module__}.{kind.__qualname__}"


def _policy_identity(policy: Any) -> str:
    """Name of a policy and a digest of its source, so that a policy that was edited is run again."""
    component = lookup("policy", policy) if isinstance(policy, str) else policy
    try:
        source = inspect.getsource(component if hasattr(component, "__qualname__") else type(component))
    except (OSError, TypeError):
        source = ""
    return policy_name(policy) + ":" + hashlib.sha256(source.encode()).hexdigest()[:16]


def cell_identity(plan: Plan, shelf: WorldShelf) -> Callable[[Cell], str]:
    """Give the function that names what a cell's numbers come from: world, overrides, seed, policy, versions."""
    worlds = {name: shelf.variant(name).world_hash for name in plan.alternatives}
    policy = "" if plan.policy is None else _policy_identity(plan.policy)
    common = [plan.seed, policy, versions()]

    def identity(cell: Cell) -> str:
        parts = [worlds[cell.alternative], cell.overrides, cell.first, cell.count, cell.is_whole, *common]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    return identity
