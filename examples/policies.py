"""Three policies to learn from, registered by name when this file is imported.

Run it: ``python examples/policies.py``. Each is written for another door; see the tutorial on policies.
"""

from __future__ import annotations

import numpy as np
from numba import cfunc

import opendome as od
from opendome.doctrine import view
from opendome.doctrine.rules import POLICY_SIGNATURE
from opendome.study.doors import batch_policy


@od.register("policy", "surest")
def surest(track: np.ndarray, options: np.ndarray, stock: np.ndarray) -> int:
    """Take the shot with the best chance of a kill; the sooner of equals. Plain Python."""
    order = np.lexsort((options[:, view.T_INTERCEPT_S], -options[:, view.P_KILL]))
    return int(order[0])


@od.register("policy", "fullest-unit")
@batch_policy
def fullest_unit(tracks: np.ndarray, options: np.ndarray, stock: np.ndarray) -> np.ndarray:
    """Let the unit with most ready rounds shoot. NumPy on a batch of decisions."""
    return np.nanargmax(options[:, :, view.UNIT_READY_ROUNDS], axis=1)


@od.register("policy", "thrifty")
@cfunc(POLICY_SIGNATURE)
def thrifty(track, options, stock):  # type: ignore[no-untyped-def]
    """With under half of all rounds left, shoot only for people enough; else the soonest. Compiled."""
    left = stock[view.READY_ROUNDS] + stock[view.DEPOT_ROUNDS]
    if left < 0.5 * stock[view.DELIVERED_ROUNDS] and track[view.VALUE_PEOPLE] < 0.1:
        return view.HOLD
    best = 0
    for i in range(1, options.shape[0]):
        if options[i, view.T_INTERCEPT_S] < options[best, view.T_INTERCEPT_S]:
            best = i
    return best


def main() -> None:
    """Print what each policy makes of the same ten battles."""
    scenario = od.example("coastland").override(
        {"depot.rounds": 0, "batteries[b1].loaded_rounds": 8, "batteries[b2].loaded_rounds": 8}
    )
    for name in ("earliest", "greedy", "surest", "fullest-unit", "thrifty"):
        study = od.study(scenario, replications=10, seed=1, policy=name, extras=False)
        row = study.estimates(["leaked_built_up"]).to_pylist()[0]
        print(f"{name:14} leaks {row['value']:6.1f}  ({row['low']:.1f} to {row['high']:.1f})")


if __name__ == "__main__":
    main()
