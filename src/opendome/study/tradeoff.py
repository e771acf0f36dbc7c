"""Warning's trade-off: threatened people warned in time against people alerted for nothing.

Over thresholds, zonings and qualities of the prediction, from raid and picture alone, with the same raids for all. The
picture is the statistical one. Curves are compared at equal missed share: the share of threatened people who are not
alerted in time is made to rise with the threshold, and what it costs to fall (pooled adjacent violators), and the cost
is read off between the two nearest thresholds. Nothing is extrapolated: a share that a curve does not reach has no
cost.

Intervals are percentiles of a paired bootstrap: replications are drawn again, each with its values under all rules.

References: Barlow, Bartholomew, Bremner and Brunk (1972) on pooled adjacent violators; Efron and Tibshirani (1993,
chapter 13) on percentiles of the bootstrap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.base.philox import Purpose, stream_key
from opendome.base.types import Fate
from opendome.picture.statistical import perceive
from opendome.places.zoning import Zoning, zoning_of
from opendome.places.zoning_names import AREAS
from opendome.raid.generate import draw_day
from opendome.results.schema import table_schema
from opendome.scenario.compile import area_table, compile_world
from opendome.scenario.schema import Tradeoff
from opendome.scenario.world import TrackedWorld, World, drawn_world
from opendome.warning.alerts import WarningModel, collect_alerts
from opendome.warning.zones import AS_OTHERS, EACH_AREA

from .equal_leakage import draw_again
from .tradeoff_kernel import COLUMNS, by_zone, count_people

if TYPE_CHECKING:
    import pyarrow as pa

    from opendome.scenario.scenario import Scenario

__all__ = [
    "Curves",
    "Seen",
    "cost_at_share",
    "count_rules",
    "perceive_campaign",
    "tradeoff",
    "tradeoff_curves",
    "tradeoff_tables",
]

N_DRAWS = 1000
_THREATENED, _IN_TIME, _NEEDLESS, _MINUTES = range(len(COLUMNS))

FloatArray = NDArray[np.float64]


class Seen(NamedTuple):
    """A campaign as perceived, and what would come down inside areas: times and areas, (n,) each, in time order."""

    tracks: np.ndarray
    rows: np.ndarray
    areas: np.ndarray
    p_areas: np.ndarray
    is_inside: np.ndarray
    t_impact_s: np.ndarray
    impact_area: np.ndarray


class Curves(NamedTuple):
    """Counts of every campaign under every rule: ``counts`` (n, n_scales, n_zonings, 1 + n_thresholds, 4).

    The first rule is the scenario's own; the others alert zones whose chance of a hit passes ``p_area_at_least``.
    """

    counts: FloatArray
    error_scales: tuple[float, ...]
    zonings: tuple[Zoning, ...]
    p_area_at_least: tuple[float, ...]


def perceive_campaign(world: World, seed: int, replication: int) -> Seen:
    """Draw and perceive a whole campaign; tracks of all days stand one after the other."""
    days = [draw_day(world.raid, seed, replication, day)[0] for day in range(world.n_days)]
    parts = [perceive(world.picture, seed, replication, objects) for objects in days]
    objects = np.concatenate(days)
    objects = objects[(objects["end_area"] >= 0) & (objects["fate"] != Fate.MISFIRES)]
    objects = objects[np.argsort(objects["t_impact_s"], kind="stable")]
    tracks, rows, areas, p_areas, is_inside = (np.concatenate([part[i] for part in parts]) for i in range(5))
    first_track = np.cumsum([0, *(len(part[0]) for part in parts[:-1])])
    first_row = np.cumsum([0, *(len(part[1]) for part in parts[:-1])])
    rows["i_track"] += np.repeat(first_track, [len(part[1]) for part in parts]).astype(np.int32)
    tracks["first_assessment"] += np.repeat(first_row, [len(part[0]) for part in parts]).astype(np.int32)
    impacts = np.ascontiguousarray(objects["t_impact_s"]), objects["end_area"].astype(np.int64)
    return Seen(tracks, rows, areas, p_areas, is_inside, *impacts)


def count_rules(
    rules: WarningModel, seen: Seen, zone_of_area: np.ndarray, p_area_at_least: Sequence[float], areas: np.ndarray
) -> FloatArray:
    """People by the rule as it is, and by probability at each threshold: (1 + n_thresholds, 4), as in ``COLUMNS``.

    Parameters
    ----------
    zone_of_area : ndarray (n_areas,)    zones in the place of the rule's own
    areas : ndarray (n_areas,) of AREA
    """
    picture = by_zone(zone_of_area, rules.p_area_min, *seen[1:5])
    tried = [rules._replace(zones=EACH_AREA)]
    tried += [
        rules._replace(is_ellipse=False, p_area_min=float(p), zones=EACH_AREA, level=AS_OTHERS) for p in p_area_at_least
    ]
    found = []
    for rule in tried:
        alerts = collect_alerts(rule, seen.tracks, *picture, -math.inf, math.inf)
        found.append(count_people(rule, alerts, zone_of_area, areas, seen.t_impact_s, seen.impact_area))
    return np.array(found)


def asked_of(scenario: Scenario) -> Tradeoff:
    """What the scenario asks for; where it asks for nothing, the defaults, on single areas alone where none is of the
    bundled list."""
    model = scenario.model
    if model.study.tradeoff is not None:
        return model.study.tradeoff
    return Tradeoff() if model.places.alert_areas is not None else Tradeoff(zonings=(AREAS,))


def tradeoff_curves(scenario: Scenario, replications: int, seed: int, workers: int | None = None) -> Curves:
    """Count people in every campaign, under every zoning, threshold and quality that ``study.tradeoff`` names,
    or ``asked_of`` where it is null.

    Raises
    ------
    CommandError
        Fewer than two replications.
    ScenarioError
        A zoning that this scenario's areas do not have.
    """
    asked = asked_of(scenario)
    thresholds = tuple(sorted(set(asked.p_area_at_least)))
    if replications < 2:
        raise CommandError(f"replications must be 2 or more, not {replications}")
    compiled = compile_world(scenario)
    world = compiled.world if isinstance(compiled, TrackedWorld) else compiled
    zonings = tuple(zoning_of(area_table(scenario), name, scenario.folder) for name in asked.zonings)

    def one(replication: int) -> FloatArray:
        met, found = drawn_world(world, seed, replication), []
        for scale in asked.error_scales:
            seen = perceive_campaign(met._replace(picture=met.picture._replace(error_scale=scale)), seed, replication)
            found.append([_counts(world, seen, zoning, thresholds) for zoning in zonings])
        return np.array(found)

    with ThreadPoolExecutor(workers) as pool:
        counts = np.array(list(pool.map(one, range(replications))))
    return Curves(counts, asked.error_scales, zonings, thresholds)


def _counts(world: World, seen: Seen, zoning: Zoning, p_area_at_least: Sequence[float]) -> FloatArray:
    return count_rules(world.warning, seen, zoning.zone_of_area, p_area_at_least, world.areas)


def cost_at_share(missed: FloatArray, cost: FloatArray, wanted: float) -> FloatArray:
    """Cost at a missed share, read off curves over rising thresholds, (m,).

    Parameters
    ----------
    missed, cost : ndarray (m, n_thresholds)    m curves: missed share, and what it costs
    wanted : float                              missed share at which the cost is read off

    Returns
    -------
    ndarray (m,)
        Infinite where a curve misses more even at its least threshold; minus infinite where it misses less even at its
        largest; not a number where nobody is threatened.
    """
    found = np.empty(len(missed))
    for i in range(len(missed)):
        x, y = _made_to_rise(missed[i]), -_made_to_rise(-cost[i])
        k = int(np.searchsorted(x, wanted, side="right")) - 1
        if np.isnan(x).any():
            found[i] = math.nan
        elif k < 0:
            found[i] = math.inf
        elif k == len(x) - 1:
            found[i] = y[k] if x[k] == wanted else -math.inf
        else:
            found[i] = y[k] + (wanted - x[k]) / (x[k + 1] - x[k]) * (y[k + 1] - y[k])
    return found


def _made_to_rise(values: FloatArray) -> FloatArray:
    """The nearest values (n_thresholds,) that never fall."""
    if np.isnan(values).any() or (np.diff(values) >= 0.0).all():
        return values
    from scipy.optimize import isotonic_regression

    return np.asarray(isotonic_regression(values).x)


def _interval(drawn: FloatArray, confidence: float) -> tuple[float | None, float | None, float | None]:
    """Value, first, and percentiles of the draws after it; None for what is not finite."""
    if np.isnan(drawn).any():
        return None, None, None
    rest = np.sort(drawn[1:])
    n_out = math.floor((1.0 - confidence) / 2.0 * len(rest))
    ends = (drawn[0], rest[n_out], rest[-1 - n_out])
    value, low, high = (float(end) if math.isfinite(end) else None for end in ends)
    return value, low, high


def _named(name: str, drawn: FloatArray, confidence: float) -> dict[str, float | None]:
    return dict(zip((name, f"{name}_low", f"{name}_high"), _interval(drawn, confidence), strict=True))


def tradeoff(
    curves: Curves, seed: int, wanted: Sequence[float], own_scale: float, confidence: float = 0.95
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of the tables `tradeoff` and `tradeoff_equal`.

    Parameters
    ----------
    curves : Curves
    seed : int                  of the bootstrap
    wanted : sequence of float  missed shares at which costs are compared
    own_scale : float           error scale of the scenario: its curve by the last zoning is what others are held beside
    confidence : float in (0, 1)
    """
    n = len(curves.counts)
    weights = np.zeros((N_DRAWS, n))
    draw_again(np.uint64(stream_key(seed, int(Purpose.TRADE_OFF))), weights)
    weights = np.vstack([np.ones(n), weights]) / n
    means = np.tensordot(weights, curves.counts, axes=1)
    return list(_curve_rows(curves, means, confidence)), list(_equal_rows(curves, means, wanted, own_scale, confidence))


def tradeoff_tables(
    scenario: Scenario, seed: int, replications: int | None = None, workers: int | None = None
) -> dict[str, pa.Table]:
    """The tables `tradeoff` and `tradeoff_equal` of a scenario, by name; see ``tradeoff_curves``."""
    study, asked = scenario.model.study, asked_of(scenario)
    curves = tradeoff_curves(scenario, asked.replications if replications is None else replications, seed, workers)
    found = tradeoff(curves, seed, asked.missed_shares, scenario.model.picture.error_scale, study.confidence)
    tables = {}
    for name, rows in zip(("tradeoff", "tradeoff_equal"), found, strict=True):
        schema = table_schema(name)
        tables[name] = schema.table({key: [row[key] for row in rows] for key in schema.names})
    return tables


def _in_time(means: FloatArray) -> FloatArray:
    """Share of threatened people alerted in time, of means (..., 4); not a number where nobody is threatened."""
    threatened = means[..., _THREATENED]
    is_any = threatened > 0.0
    return np.where(is_any, means[..., _IN_TIME] / np.where(is_any, threatened, 1.0), np.nan)


def _curve_rows(curves: Curves, means: FloatArray, confidence: float) -> Iterator[dict[str, Any]]:
    rules: list[float | None] = [None, *curves.p_area_at_least]
    for i, scale in enumerate(curves.error_scales):
        for j, zoning in enumerate(curves.zonings):
            for k, p in enumerate(rules):
                here = means[:, i, j, k]
                yield {
                    "zoning": zoning.name,
                    "n_zones": len(zoning),
                    "error_scale": scale,
                    "p_area_at_least": p,
                    **_named("threatened_people", here[:, _THREATENED], confidence),
                    **_named("share_in_time", _in_time(here), confidence),
                    **_named("needless_people", here[:, _NEEDLESS], confidence),
                    **_named("person_minutes", here[:, _MINUTES], confidence),
                    "n": len(curves.counts),
                }


def _equal_rows(
    curves: Curves, means: FloatArray, wanted: Sequence[float], own_scale: float, confidence: float
) -> Iterator[dict[str, Any]]:
    scales = curves.error_scales
    i_own = min(range(len(scales)), key=lambda i: abs(math.log(scales[i] / own_scale)))
    for share in wanted:
        cost = {
            column: [
                [cost_at_share(1.0 - _in_time(of_zoning), of_zoning[..., column], share) for of_zoning in of_scale]
                for of_scale in np.moveaxis(means[:, :, :, 1:], (1, 2), (0, 1))
            ]
            for column in (_NEEDLESS, _MINUTES)
        }
        beside = cost[_MINUTES][i_own][-1]
        for i, scale in enumerate(scales):
            for j, zoning in enumerate(curves.zonings):
                yield {
                    "share_missed": share,
                    "zoning": zoning.name,
                    "n_zones": len(zoning),
                    "error_scale": scale,
                    **_named("needless_people", cost[_NEEDLESS][i][j], confidence),
                    **_named("person_minutes", cost[_MINUTES][i][j], confidence),
                    **_named("ratio", _ratio(cost[_MINUTES][i][j], beside), confidence),
                    "beside": f"{curves.zonings[-1].name} at {scales[i_own]:g}",
                    "n": len(curves.counts),
                }


def _ratio(cost: FloatArray, beside: FloatArray) -> FloatArray:
    """Cost over that of the curve it is held beside; infinite, or minus infinite, where the cost alone cannot be read
    off, and not a number where there is nothing to hold it beside."""
    is_read = np.isfinite(beside) & (beside > 0.0)
    return np.where(is_read, cost / np.where(is_read, beside, 1.0), np.nan)
