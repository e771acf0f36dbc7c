"""What a defence forecasts of threats not yet seen: a law of bursts, futures drawn from it, and its correction.

The law is one of fictional battles on a plane: threats rise in a box, aim near towns, fly parabolas at even ground
speed, and may be met on a part of their path within reach of a launcher. Numbers of threats are Poisson. Futures are
drawn at several times the forecast rate with a mark for each threat, so that a corrected rate is a matter of leaving
out those whose mark is too high.

The correction: the true rate is the forecast one times a factor of Gamma law with mean 1 and shape ``a``. After ``N``
arrivals where ``E`` were expected its law is Gamma with shape ``a + N`` and rate ``a + E``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.assignment.dynamic_types import Threats, make_threats, rows
from opendome.base.kernels import kernel
from opendome.base.philox import Purpose, normal_pair, normal_quantile, poisson_draw, stream_key, uniform_four

__all__ = [
    "BurstForecast", "Futures", "Paths", "Windows", "draw_counts", "draw_futures", "draw_paths", "expected_seen",
    "fill_windows", "rate_factors", "reach_windows",
]  # fmt: skip

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class BurstForecast(NamedTuple):
    """Law of the threats to come: k towns, m launchers, b bursts. Lengths in km on a plane, east and north."""

    towns_km: Floats
    """(k, 2) aimed at."""
    launchers_km: Floats
    """(m, 2)"""
    p_near: Floats
    """(m,) single-shot kill probability at no distance."""
    t_burst_s: Floats
    """(b,) when a burst begins."""
    n_burst: Floats
    """(b,) threats expected in it."""
    n_background: float
    """Threats expected outside bursts."""
    burst_length_s: float = 20.0
    background_length_s: float = 250.0
    flight_s: tuple[float, float] = (45.0, 90.0)
    rise_east_km: tuple[float, float] = (-25.0, -10.0)
    rise_north_km: tuple[float, float] = (0.0, 40.0)
    aim_spread_km: float = 3.0
    p_open: float = 0.3
    """Chance that a threat falls where nothing is lost."""
    log_value_mean: float = 2.0
    log_value_sd: float = 1.0
    reach_km: float = 14.0
    speed_kmps: float = 0.9
    """Mean speed of an interceptor."""
    apex_km: float = 12.0
    boost_s: float = 2.0
    """Added to the fly-out."""
    decide_s: int = 5
    """From being seen to the first possible launch."""
    meet_frac: tuple[float, float] = (0.45, 0.95)
    """Part of the path on which a threat may be met."""
    n_meet: int = 26
    """Points of it that are looked at."""
    far_loss: float = 0.3
    """Share of the kill probability lost at the end of the reach."""


class Paths(NamedTuple):
    """Paths of n threats."""

    t_seen_s: Ints
    t_impact_s: Ints
    start_km: Floats
    """(n, 2) where it rises."""
    aim_km: Floats
    """(n, 2) where it comes down."""


class Windows(NamedTuple):
    """When each of m launchers may fire at each of n threats; fields as in ``Threats``."""

    t_first_s: Ints
    t_last_s: Ints
    flyout_s: Ints
    p_kill: Floats


class Futures(NamedTuple):
    """Futures one after another: only threats of worth that some launcher may fire at, in the order of being seen."""

    threats: Threats
    first: Ints
    """(f + 1,) where each future begins in the threats."""
    mark: Floats
    """(n,) a threat belongs to the future if its mark is at most the factor of the rate."""


@kernel
def _reach_one(start_km, aim_km, t_seen_s, t_impact_s, law, share, height_km, launcher, out):
    """Launch window of one launcher: first, last, fly-out into ``out``; give the kill probability, 0 if none."""
    n_met = 0
    out[0], out[1], out[2] = 10**6, -1, 0
    for is_second in range(2):
        middle = n_met // 2
        n_met = 0
        for i in range(share.size):
            east_km = start_km[0] + share[i] * (aim_km[0] - start_km[0]) - law.launchers_km[launcher, 0]
            north_km = start_km[1] + share[i] * (aim_km[1] - start_km[1]) - law.launchers_km[launcher, 1]
            slant_km = np.sqrt(east_km * east_km + north_km * north_km + height_km[i] * height_km[i])
            fly_s = np.ceil(slant_km / law.speed_kmps + law.boost_s)
            launch_s = t_seen_s + np.floor(share[i] * (t_impact_s - t_seen_s)) - fly_s
            if slant_km > law.reach_km or launch_s < t_seen_s + law.decide_s:
                continue
            if is_second == 1 and n_met == middle:
                return law.p_near[launcher] * (1.0 - law.far_loss * slant_km / law.reach_km)
            n_met += 1
            out[0] = min(out[0], np.int64(launch_s))
            out[1] = max(out[1], np.int64(launch_s))
            out[2] = max(out[2], np.int64(fly_s))
        if n_met == 0:
            return 0.0
    return 0.0


@kernel
def fill_windows(law, paths, share, height_km, windows, scratch):
    """Fill the windows of all threats and launchers."""
    for i in range(paths.t_seen_s.size):
        for launcher in range(law.p_near.size):
            windows.p_kill[i, launcher] = _reach_one(
                paths.start_km[i], paths.aim_km[i], paths.t_seen_s[i], paths.t_impact_s[i],
                law, share, height_km, launcher, scratch,
            )  # fmt: skip
            windows.t_first_s[i, launcher] = scratch[0]
            windows.t_last_s[i, launcher] = scratch[1]
            windows.flyout_s[i, launcher] = scratch[2]


def reach_windows(law: BurstForecast, paths: Paths) -> Windows:
    """Give the launch windows of n threats; 10**6 and -1 stand where a launcher cannot reach.

    Assumes: a launch is possible at every second between the first and the last; fly-out is the longest and kill
    probability that of the middle of the points met.
    """
    n, m = paths.t_seen_s.size, law.p_near.size
    share = np.linspace(*law.meet_frac, law.n_meet)
    height_km = 4 * law.apex_km * share * (1 - share)
    windows = Windows._make([*(np.zeros((n, m), np.int64) for _ in range(3)), np.zeros((n, m))])
    fill_windows(law, paths, share, height_km, windows, np.zeros(3, np.int64))
    return windows


@kernel
def draw_paths(law, key, future, burst, paths, value, mark):
    """Draw the threats of one burst, or of the background (``burst`` = b), in one future."""
    is_burst = burst < law.t_burst_s.size
    t_from_s = law.t_burst_s[burst] if is_burst else 0.0
    length_s = law.burst_length_s if is_burst else law.background_length_s
    for i in range(value.size):
        u_time, u_flight, u_east, u_north = uniform_four(key, future, burst, i, 1)
        u_town, u_radius, u_angle, u_open = uniform_four(key, future, burst, i, 2)
        u_value, u_mark, _, _ = uniform_four(key, future, burst, i, 3)
        paths.t_seen_s[i] = np.int64(np.ceil(t_from_s + length_s * u_time))
        flight_s = law.flight_s[0] + u_flight * (law.flight_s[1] - law.flight_s[0])
        paths.t_impact_s[i] = paths.t_seen_s[i] + np.int64(np.ceil(flight_s))
        paths.start_km[i, 0] = law.rise_east_km[0] + u_east * (law.rise_east_km[1] - law.rise_east_km[0])
        paths.start_km[i, 1] = law.rise_north_km[0] + u_north * (law.rise_north_km[1] - law.rise_north_km[0])
        town = min(np.int64(u_town * law.towns_km.shape[0]), law.towns_km.shape[0] - 1)
        east, north = normal_pair(u_radius, u_angle)
        paths.aim_km[i, 0] = law.towns_km[town, 0] + law.aim_spread_km * east
        paths.aim_km[i, 1] = law.towns_km[town, 1] + law.aim_spread_km * north
        value[i] = np.exp(law.log_value_mean + law.log_value_sd * normal_quantile(u_value))
        if u_open < law.p_open:
            value[i] = 0.0
        mark[i] = u_mark


@kernel
def draw_counts(key, mean, counts):
    """Draw (f, b + 1) numbers of threats for the means (b + 1,)."""
    for future in range(counts.shape[0]):
        for burst in range(counts.shape[1]):
            counts[future, burst] = poisson_draw(key, future, burst, 0, mean[burst])


def draw_futures(law: BurstForecast, n_futures: int, *, seed: int, over_rate: float = 3.0) -> Futures:
    """Draw futures of the law at ``over_rate`` times its rate, the highest factor that ``mark`` can serve."""
    key = np.uint64(stream_key(seed, int(Purpose.FUTURE)))
    counts = np.zeros((n_futures, law.t_burst_s.size + 1), np.int64)
    draw_counts(key, over_rate * np.append(law.n_burst, law.n_background), counts)
    n = int(counts.sum())
    paths = Paths(np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros((n, 2)), np.zeros((n, 2)))
    value, mark = np.zeros(n), np.zeros(n)
    ends = np.cumsum(counts).reshape(counts.shape)
    for (future, burst), end in np.ndenumerate(ends):
        part = slice(end - counts[future, burst], end)
        draw_paths(law, key, future, burst, Paths._make(one[part] for one in paths), value[part], mark[part])
    return _sorted(law, paths, value, over_rate * mark, np.repeat(np.arange(n_futures), counts.sum(axis=1)), n_futures)


def _sorted(law: BurstForecast, paths: Paths, value: Floats, mark: Floats, future: Ints, n_futures: int) -> Futures:
    """Keep what is of worth and can be fired at, by future and then by time."""
    order = np.lexsort((paths.t_seen_s, future))
    order = order[value[order] > 0.0]
    paths = rows(paths, order)
    # Ordered within each future; the whole is not in time order, so the threats are checked as one batch of rows.
    windows = reach_windows(law, paths)
    by_time = np.argsort(paths.t_seen_s, kind="stable")
    threats = rows(make_threats(*paths[:2], value[order], *windows), np.argsort(by_time, kind="stable"))
    can = threats.t_closed_s >= 0
    first = np.searchsorted(future[order][can], np.arange(n_futures + 1))
    return Futures(rows(threats, can), first, mark[order][can])


def expected_seen(law: BurstForecast, t_s: float) -> float:
    """Give the number of threats that the forecast expects to have been seen by a second."""
    share = np.clip((t_s - law.t_burst_s) / law.burst_length_s, 0.0, 1.0)
    return float(share @ law.n_burst) + law.n_background * min(max(t_s / law.background_length_s, 0.0), 1.0)


def rate_factors(n_seen: int, n_expected: float, shape: float, standard: Floats) -> Floats:
    """Give quantiles of the factor of the rate after what has been seen.

    Parameters
    ----------
    n_seen, n_expected : int, float   arrivals seen, and expected by the forecast
    shape : float                     shape of the factor's Gamma prior of mean 1
    standard : (k,)                   standard normal quantiles of the levels wanted

    Returns
    -------
    (k,)   quantiles of Gamma(shape + n_seen, rate shape + n_expected), by Wilson and Hilferty's cube

    Valid for: shape + n_seen of at least about 2.
    """
    k = shape + n_seen
    cube = 1.0 - 1.0 / (9.0 * k) + standard / (3.0 * np.sqrt(k))
    return k * np.maximum(cube, 0.0) ** 3 / (shape + n_expected)
