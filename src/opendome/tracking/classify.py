"""What a track is: rocket, drone or other, and which class of rocket.

Rocket against drone is decided by how well two filters foretold the same plots, one that falls freely with drag and one
that flies level and turns, together with what speed, height and climb say by themselves. "Other" (birds, aircraft)
moves as a drone does and differs in speed, height and climb alone. All medians and spreads in ``ClassifyRules`` are
notional round figures, inputs to be replaced where better ones are known.

Which class of rocket: the filter's estimate of the logarithm of the ballistic coefficient against the classes' own
spreads, and the predicted range against their range bands.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from opendome.base.kernels import inlined_kernel, kernel
from opendome.base.polar import wrap_rad

__all__ = [
    "ClassTable",
    "ClassifyRules",
    "class_probabilities",
    "kind_of_estimate",
    "kind_probabilities",
    "plot_log_likelihood",
]

_LOG_2PI = math.log(2.0 * math.pi)
_ROOT_HALF = math.sqrt(0.5)
_EARTH_RADIUS_M = 6_371_000.0
_LEAST_SPEED_MPS = 1.0
_MOST_SQUARE = 1e12
_LEAST_HEIGHT_M = 30.0


class ClassifyRules(NamedTuple):
    """Priors and features of the three kinds; speeds and heights are log-normal, climb is normal about 0.

    ``max_log_odds`` bounds what the two filters together may say for or against, so that no kind is ever ruled out by
    a model that is itself only nearly true.
    """

    p_rocket: float = 0.6
    p_drone: float = 0.3
    p_other: float = 0.1
    rocket_speed_mps: float = 350.0
    rocket_log_speed_sd: float = 0.7
    rocket_height_m: float = 2_500.0
    rocket_log_height_sd: float = 1.2
    rocket_climb_mps: float = 150.0
    drone_speed_mps: float = 35.0
    drone_log_speed_sd: float = 0.6
    drone_height_m: float = 400.0
    drone_log_height_sd: float = 1.0
    drone_climb_mps: float = 6.0
    other_speed_mps: float = 60.0
    other_log_speed_sd: float = 1.2
    other_height_m: float = 1_500.0
    other_log_height_sd: float = 1.3
    other_climb_mps: float = 10.0
    max_log_odds: float = 12.0


class ClassTable(NamedTuple):
    """Classes of rockets, one entry each, all (n,).

    ``prior`` shares; ``log_beta_mean``, ``log_beta_sd`` of the natural logarithm of the ballistic coefficient [kg/m2];
    ``range_min_m``, ``range_max_m`` the band of ranges; ``p_outside_band`` the share that flies to any range up to the
    longest of all bands.
    """

    prior: np.ndarray
    log_beta_mean: np.ndarray
    log_beta_sd: np.ndarray
    range_min_m: np.ndarray
    range_max_m: np.ndarray
    p_outside_band: float = 0.05


@inlined_kernel
def _log_feature(value, mean, sd):
    """Log of a normal density without its constant, bounded so that no number gives one that is not finite."""
    z = (value - mean) / sd
    return -0.5 * min(z * z, _MOST_SQUARE) - math.log(sd)


@inlined_kernel
def _log_features(features, variances, speed_mps, log_speed_sd, height_m, log_height_sd, climb_mps):
    """Log density of ln speed, ln height and climb of one kind, seen with errors of the given variances."""
    total = _log_feature(features[0], math.log(speed_mps), math.sqrt(log_speed_sd**2 + variances[0]))
    total += _log_feature(features[1], math.log(height_m), math.sqrt(log_height_sd**2 + variances[1]))
    return total + _log_feature(features[2], 0.0, math.sqrt(climb_mps**2 + variances[2]))


@inlined_kernel
def _log_odds(rules, log_like_ballistic, log_like_pair):
    """What the two filters say for a rocket, bounded."""
    has_ballistic, has_pair = math.isfinite(log_like_ballistic), math.isfinite(log_like_pair)
    if has_ballistic and has_pair:
        return min(max(log_like_ballistic - log_like_pair, -rules.max_log_odds), rules.max_log_odds)
    if has_ballistic or has_pair:
        return rules.max_log_odds if has_ballistic else -rules.max_log_odds
    return 0.0


@inlined_kernel
def _fill_kinds(rules, log_odds, speed_mps, height_m, climb_mps, variances, out):
    """Bayes over the three kinds; ``variances`` are those of ln speed, ln height and climb."""
    r = rules
    out[0], out[1], out[2] = math.log(r.p_rocket) + log_odds, math.log(r.p_drone), math.log(r.p_other)
    if math.isfinite(speed_mps + height_m + climb_mps + variances[0] + variances[1] + variances[2]):
        seen = math.log(max(speed_mps, _LEAST_SPEED_MPS)), math.log(max(height_m, _LEAST_HEIGHT_M)), climb_mps
        out[0] += _log_features(
            seen, variances, r.rocket_speed_mps, r.rocket_log_speed_sd, r.rocket_height_m, r.rocket_log_height_sd,
            r.rocket_climb_mps,
        )  # fmt: skip
        out[1] += _log_features(
            seen, variances, r.drone_speed_mps, r.drone_log_speed_sd, r.drone_height_m, r.drone_log_height_sd,
            r.drone_climb_mps,
        )  # fmt: skip
        out[2] += _log_features(
            seen, variances, r.other_speed_mps, r.other_log_speed_sd, r.other_height_m, r.other_log_height_sd,
            r.other_climb_mps,
        )  # fmt: skip
    _normalise(out, 3)


@kernel
def kind_probabilities(rules, log_like_ballistic, log_like_pair, speed_mps, height_m, climb_mps, out):
    """Chances that a track is a rocket, a drone or something else, its speed, height and climb taken as exact.

    Parameters
    ----------
    rules : ClassifyRules
    log_like_ballistic, log_like_pair : float    running log-likelihoods of the same plots under the two filters; NaN
                                                 or -inf for a filter that does not run, and the other one is then
                                                 taken at ``max_log_odds``; neither: speed, height and climb decide
    speed_mps, height_m, climb_mps : float       of the likelier filter; where one is not finite all three are left out
    out : (3,)                                   filled in the order of ``TrackKind``; sums to 1
    """
    odds = _log_odds(rules, log_like_ballistic, log_like_pair)
    _fill_kinds(rules, odds, speed_mps, height_m, climb_mps, (0.0, 0.0, 0.0), out)


@kernel
def kind_of_estimate(rules, log_like_ballistic, log_like_pair, mean, cov, out):
    """Chances that a track is a rocket, a drone or something else, with the errors of its estimate.

    As ``kind_probabilities``, with speed, height and climb of an estimate and each kind's spreads widened by the
    estimate's errors, so that the first seconds of a track far away say little. While both filters run, give the
    estimate of the drone pair: that of the ballistic filter is sure of itself and wrong where the track does not fall.

    Parameters
    ----------
    rules : ClassifyRules
    log_like_ballistic, log_like_pair : float    as in ``kind_probabilities``
    mean, cov : (6,) or more, square             east, north, up [m], their rates [m/s]; covariance
    out : (3,)                                   filled in the order of ``TrackKind``; sums to 1
    """
    square = mean[3] * mean[3] + mean[4] * mean[4] + mean[5] * mean[5]
    along = 0.0
    for r in range(3, 6):
        for c in range(3, 6):
            along += mean[r] * cov[r, c] * mean[c]
    square = max(square, _LEAST_SPEED_MPS * _LEAST_SPEED_MPS)
    # Up from the tangent plane at the origin, and the Earth's fall from it.
    height_m = mean[2] + (mean[0] * mean[0] + mean[1] * mean[1]) / (2.0 * _EARTH_RADIUS_M)
    height_m = max(height_m, _LEAST_HEIGHT_M)
    variances = (
        max(along, 0.0) / (square * square),
        max(cov[2, 2], 0.0) / (height_m * height_m),
        max(cov[5, 5], 0.0),
    )
    odds = _log_odds(rules, log_like_ballistic, log_like_pair)
    _fill_kinds(rules, odds, math.sqrt(square), height_m, mean[5], variances, out)


@inlined_kernel
def _normalise(out, n):
    """Turn logarithms into shares that sum to 1."""
    top = out[0]
    for k in range(1, n):
        top = max(top, out[k])
    total = 0.0
    for k in range(n):
        out[k] = math.exp(out[k] - top)
        total += out[k]
    for k in range(n):
        out[k] /= total


@kernel
def plot_log_likelihood(z, s, plot, extra):
    """Log density of a plot under a filter's expectation, to be summed before each plot is absorbed.

    Parameters
    ----------
    z : (4,)             expected range [m], azimuth [rad], elevation [rad], range rate [m/s]
    s : (4, 4)           covariance of the expectation without the plot's noise
    plot : record of PLOT
    extra : (4,)         variances added to the plot's own

    Returns
    -------
    float    log density per m rad2, and per m/s where the plot has a range rate; NaN where the covariance is not
             positive definite or the plot not finite
    """
    e0 = plot.range_m - z[0]
    e1 = wrap_rad(plot.azimuth_rad - z[1])
    e2 = plot.elevation_rad - z[2]
    d0 = s[0, 0] + plot.var_range_m2 + extra[0]
    l10, l20, l30 = s[1, 0] / d0, s[2, 0] / d0, s[3, 0] / d0
    d1 = s[1, 1] + plot.var_azimuth_rad2 + extra[1] - l10 * l10 * d0
    l21, l31 = (s[2, 1] - l20 * l10 * d0) / d1, (s[3, 1] - l30 * l10 * d0) / d1
    d2 = s[2, 2] + plot.var_elevation_rad2 + extra[2] - l20 * l20 * d0 - l21 * l21 * d1
    if not (d0 > 0.0 and d1 > 0.0 and d2 > 0.0):
        return math.nan
    y1 = e1 - l10 * e0
    y2 = e2 - l20 * e0 - l21 * y1
    total = e0 * e0 / d0 + y1 * y1 / d1 + y2 * y2 / d2 + math.log(d0) + math.log(d1) + math.log(d2) + 3.0 * _LOG_2PI
    var_rate_m2ps2 = plot.var_range_rate_m2ps2 + extra[3]
    if math.isfinite(plot.range_rate_mps) and math.isfinite(var_rate_m2ps2) and var_rate_m2ps2 > 0.0:
        l32 = (s[3, 2] - l30 * l20 * d0 - l31 * l21 * d1) / d2
        d3 = s[3, 3] + var_rate_m2ps2 - l30 * l30 * d0 - l31 * l31 * d1 - l32 * l32 * d2
        if not d3 > 0.0:
            return math.nan
        y3 = plot.range_rate_mps - z[3] - l30 * e0 - l31 * y1 - l32 * y2
        total += y3 * y3 / d3 + math.log(d3) + _LOG_2PI
    return -0.5 * total


@inlined_kernel
def _normal_share(low, high, mean, sd):
    """Share of a normal variable between low and high, good in both tails."""
    a, b = (low - mean) / sd * _ROOT_HALF, (high - mean) / sd * _ROOT_HALF
    if a > 0.0:
        return 0.5 * (math.erfc(a) - math.erfc(b))
    if b < 0.0:
        return 0.5 * (math.erfc(-b) - math.erfc(-a))
    return 0.5 * (math.erf(b) - math.erf(a))


@kernel
def class_probabilities(
    table, prior_mean_log_beta, prior_sd_log_beta, log_beta, var_log_beta, range_m, range_sd_m, out
):
    """Chances of each class of rocket from a track's ballistic coefficient and predicted range.

    The filter's posterior of ln(beta), N(log_beta, var_log_beta), was formed with the broad prior
    N(prior_mean_log_beta, prior_sd_log_beta^2); divided by it, it is the likelihood of the plots, Gaussian with
    information w = 1/var - 1/sd^2 and peak (log_beta/var - prior_mean/sd^2)/w. Integrated over a class's own
    N(mu, s^2), it is N(peak; mu, s^2 + 1/w) times a constant. A class's range is uniform over its band but for a small
    share, and the predicted range is normal about the true one; ln(beta) and range count as independent.

    Parameters
    ----------
    table : ClassTable                                 n classes
    prior_mean_log_beta, prior_sd_log_beta : float     of the filter
    log_beta, var_log_beta : float                     of the track; no information (w <= 0 or not finite): left out
    range_m, range_sd_m : float                        predicted range from launch to impact; not finite: left out
    out : (n,)                                         filled; sums to 1
    """
    n = len(table.prior)
    information = 1.0 / var_log_beta - 1.0 / (prior_sd_log_beta * prior_sd_log_beta)
    has_beta = var_log_beta > 0.0 and information > 0.0 and math.isfinite(log_beta + information)
    peak = 0.0
    if has_beta:
        peak = log_beta / var_log_beta - prior_mean_log_beta / (prior_sd_log_beta * prior_sd_log_beta)
        peak /= information
    has_range = math.isfinite(range_m) and math.isfinite(range_sd_m)
    longest_m = 1.0
    for k in range(n):
        longest_m = max(longest_m, table.range_max_m[k])
    for k in range(n):
        out[k] = math.log(max(table.prior[k], 1e-300))
        if has_beta:
            sd = math.sqrt(table.log_beta_sd[k] ** 2 + 1.0 / information)
            out[k] += _log_feature(peak, table.log_beta_mean[k], sd)
        if has_range:
            sd_m = max(range_sd_m, 1.0)
            low_m, high_m = table.range_min_m[k], table.range_max_m[k]
            inside = _normal_share(low_m, high_m, range_m, sd_m) / max(high_m - low_m, 1.0)
            anywhere = _normal_share(0.0, longest_m, range_m, sd_m) / longest_m
            density_per_m = (1.0 - table.p_outside_band) * inside + table.p_outside_band * anywhere
            out[k] += math.log(max(density_per_m, 1e-300))
    _normalise(out, n)
