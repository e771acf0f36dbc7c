"""Keyed random numbers: Philox4x32-10 by identity, never by order.

A draw is named by (study seed, purpose) -> key and (replication, entity a, entity b, index) -> counter, so any number
can be had again in any order, by any
worker, on any day. ``Purpose`` is the written list of what is drawn; a new purpose gets a new number and an old
number is never used again.

References: Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011 (Philox4x32-10, known-
answer vectors in Random123).
"""

from __future__ import annotations

import hashlib
import math
from enum import IntEnum

import numpy as np

from opendome.base.kernels import inlined_kernel, kernel

__all__ = [
    "Purpose",
    "gamma_draw",
    "identity_hash",
    "normal_pair",
    "normal_quantile",
    "philox_block",
    "poisson_draw",
    "stream_key",
    "uniform_four",
]

_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_TO_UNIT = 2.0**-32


class Purpose(IntEnum):
    """What a number is drawn for. Numbers are never reused."""

    DAILY_TOTAL = 1
    BURST = 2
    BURST_PLACE = 3
    SHOT = 4
    SHOT_FATE = 5
    DRONE_PATH = 6
    BUILT_UP = 7
    SEEN = 8
    ORIGIN_ERROR = 9
    PREDICTION_ERROR = 10
    BURST_WIND = 11
    KILL = 12
    KILL_SHARED = 13
    RELIABILITY = 14
    JUDGEMENT = 15
    DROP = 16
    FAILURE = 17
    RESUPPLY = 18
    INPUT_SAMPLE = 19
    LOOK_DETECT = 20
    LOOK_ERROR = 21
    FALSE_PLOT = 22
    RADAR_BIAS = 23
    MODEL_ERROR = 24
    BALLISTIC_SPREAD = 25
    QUIET_TRACK = 26
    FUTURE = 27
    FUTURE_KILL = 28
    FORECAST = 31
    BOOTSTRAP = 40
    LATE = 41
    DEPOT_ORDER = 42
    LAUNCH_ORDER = 43
    CALIBRATION = 44
    CALIBRATION_CAMPAIGN = 45
    RECORDED_SIZE = 46
    TRADE_OFF = 47


def identity_hash(name: str) -> int:
    """Stable 31-bit number of an id: batteries, sensors and links are drawn by id, not by place in a list."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little") & 0x7FFFFFFF


@inlined_kernel
def stream_key(seed, purpose):
    """64-bit key of (study seed, purpose) by the SplitMix64 finaliser."""
    z = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(purpose) * np.uint64(0xD1B54A32D192ED03)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@inlined_kernel
def philox_block(key, c0, c1, c2, c3):
    """One Philox4x32-10 block: 64-bit key, four 32-bit counter words -> four 32-bit words (as uint64)."""
    word = np.uint64(key)
    k0 = word & _LOW
    k1 = word >> _SHIFT
    x0 = np.uint64(c0) & _LOW
    x1 = np.uint64(c1) & _LOW
    x2 = np.uint64(c2) & _LOW
    x3 = np.uint64(c3) & _LOW
    for _ in range(10):
        p0 = _M0 * x0
        p1 = _M1 * x2
        x0 = (p1 >> _SHIFT) ^ x1 ^ k0
        x1 = p1 & _LOW
        x2 = (p0 >> _SHIFT) ^ x3 ^ k1
        x3 = p0 & _LOW
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    return x0, x1, x2, x3


@inlined_kernel
def uniform_four(key, replication, entity_a, entity_b, index):
    """Four independent uniforms in (0, 1) for (replication, entity a, entity b, index); resolution 2^-32."""
    x0, x1, x2, x3 = philox_block(key, replication, entity_a, entity_b, index)
    return (
        (np.float64(x0) + 0.5) * _TO_UNIT,
        (np.float64(x1) + 0.5) * _TO_UNIT,
        (np.float64(x2) + 0.5) * _TO_UNIT,
        (np.float64(x3) + 0.5) * _TO_UNIT,
    )


@inlined_kernel
def normal_pair(u_radius, u_angle):
    """Two independent standard normals from two uniforms (Box and Muller 1958)."""
    radius = math.sqrt(-2.0 * math.log(u_radius))
    angle = 2.0 * math.pi * u_angle
    return radius * math.cos(angle), radius * math.sin(angle)


@inlined_kernel
def normal_quantile(p):
    """Standard normal quantile of p in (0, 1), to about 1e-16 (Wichura 1988, algorithm AS 241, PPND16)."""
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        top = ((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r
                + 4.5921953931549871457e4) * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r
               + 1.3314166789178437745e2) * r + 3.3871328727963666080e0  # fmt: skip
        low = ((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r
                + 2.1213794301586595867e4) * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r
               + 4.2313330701600911252e1) * r + 1.0  # fmt: skip
        return q * top / low
    r = math.sqrt(-math.log(min(p, 1.0 - p)))
    if r <= 5.0:
        r -= 1.6
        top = ((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r
                + 1.27045825245236838258e0) * r + 3.64784832476320460504e0) * r + 5.76949722146069140550e0) * r
               + 4.63033784615654529590e0) * r + 1.42343711074968357734e0  # fmt: skip
        low = ((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) * r
                + 1.48103976427480074590e-1) * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940e0) * r
               + 2.05319162663775882187e0) * r + 1.0  # fmt: skip
    else:
        r -= 5.0
        top = ((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) * r
                + 2.65321895265761230930e-2) * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580e0) * r
               + 5.46378491116411436990e0) * r + 6.65790464350110377720e0  # fmt: skip
        low = ((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) * r
                + 7.86869131145613259100e-4) * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r
               + 5.99832206555887937690e-1) * r + 1.0  # fmt: skip
    return math.copysign(top / low, q)


@kernel
def gamma_draw(key, replication, entity_a, entity_b, shape):
    """One Gamma(shape, 1) number by Marsaglia and Tsang (2000), redraws taken from successive indices."""
    boost = 1.0
    d_shape = shape
    if shape < 1.0:
        u0, _, _, _ = uniform_four(key, replication, entity_a, entity_b, 0)
        boost = u0 ** (1.0 / shape)
        d_shape = shape + 1.0
    d = d_shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    index = 1
    while True:
        u0, u1, u2, _ = uniform_four(key, replication, entity_a, entity_b, index)
        x, _ = normal_pair(u0, u1)
        v = 1.0 + c * x
        if v > 0.0:
            v = v * v * v
            if math.log(u2) < 0.5 * x * x + d - d * v + d * math.log(v):
                return boost * d * v
        index += 1


@kernel
def poisson_draw(key, replication, entity_a, entity_b, mean):
    """One Poisson(mean) number.

    Sequential inversion under 12, transformed rejection (Hoermann 1993, PTRS) from there on.
    """
    if mean <= 0.0:
        return 0
    index = 1_000_000
    if mean < 12.0:
        u0, _, _, _ = uniform_four(key, replication, entity_a, entity_b, index)
        p = math.exp(-mean)
        total = p
        count = 0
        while u0 > total and count < 1000:
            count += 1
            p *= mean / count
            total += p
        return count
    log_mean = math.log(mean)
    b = 0.931 + 2.53 * math.sqrt(mean)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    v_r = 0.9277 - 3.6224 / (b - 2.0)
    while True:
        u0, v, _, _ = uniform_four(key, replication, entity_a, entity_b, index)
        index += 1
        u = u0 - 0.5
        us = 0.5 - abs(u)
        count = math.floor((2.0 * a / us + b) * u + mean + 0.43)
        if us >= 0.07 and v <= v_r:
            return int(count)
        if count < 0 or (us < 0.013 and v > us):
            continue
        if math.log(v) + math.log(inverse_alpha) - math.log(a / (us * us) + b) <= (
            -mean + count * log_mean - math.lgamma(count + 1.0)
        ):
            return int(count)
