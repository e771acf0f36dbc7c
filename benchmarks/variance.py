"""How many replications the design saves: variance of a difference, independent, paired, with control variates."""

from __future__ import annotations

import numpy as np

from benchmarks.result import Result
from benchmarks.worlds import pair_of_scenarios
from opendome.base.tally import Tally
from opendome.scenario.compile import compile_world
from opendome.study.controls import control_columns, raid_moments
from opendome.study.paired import mean_interval
from opendome.study.replicate import run_chunk

__all__ = ["measure", "ratios"]

SEED = 1
_MEASURES = {"leaked_built_up": Tally.LEAKED_BUILT_UP, "people_exposed": Tally.PEOPLE_EXPOSED}


def ratios(ours: np.ndarray, theirs: np.ndarray, controls: np.ndarray | None) -> tuple[float, float]:
    """Give independent over paired variance, and independent variance over that with controls as well.

    Parameters
    ----------
    ours, theirs : ndarray (n,)
        One measure in two alternatives that share their raids; for the variance of an independent design the two are
        taken as if they did not.
    controls : ndarray (n, k), optional
        Control variates of mean zero.
    """
    independent = float(ours.var(ddof=1) + theirs.var(ddof=1))
    paired = float((ours - theirs).var(ddof=1))
    with_controls = mean_interval(ours - theirs, controls)
    return independent / paired, independent / paired * with_controls.variance_ratio


def measure(is_quick: bool, scenario_name: str) -> list[Result]:
    """Compare the three designs on the headline difference of a scenario."""
    n = 150 if is_quick else 600
    baseline, other, name = pair_of_scenarios(scenario_name)
    theirs = run_chunk(compile_world(baseline), SEED, 0, n).rows
    ours = run_chunk(compile_world(other), SEED, 0, n).rows
    controls = control_columns(theirs[:, Tally.LAUNCHED], raid_moments(baseline.model))
    note = (
        f"how many times fewer replications for the same interval of `{name}` minus baseline in {scenario_name}, "
        f"against independent runs; {n} replications, so that each ratio is good to about ± {200 / n**0.5:.0f} %"
    )
    results = []
    for title, column in _MEASURES.items():
        paired, controlled = ratios(ours[:, column], theirs[:, column], controls)
        results += [
            Result(
                "variance", f"{title}, same raids", paired, "times fewer", None, True, "independent", 1.0, paired, note
            ),
            Result(
                "variance",
                f"{title}, control variates too",
                controlled,
                "times fewer",
                None,
                True,
                "independent",
                1.0,
                controlled,
                note,
            ),
        ]
    return results
