"""Keyed random numbers: Philox4x32-10 by identity, never by order.

A draw is named by (study seed, purpose) -> key and (replication, entity a, entity b, index) -> counter, so any number can be had again in any order, by any
worker, on any day. ``Purpose`` is the written list of what is drawn; a new purpose gets a new number and an old number is never used again.

References: Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011 (Philox4x32-10, known-answer vectors in Random123).
"""

from __future__ import annotations

import hashlib
import math
from enum import IntEnum

import numpy as np
from numba import njit

__all__ = [
    "Purpose",
    "gamma_draw",
    "identity_hash",
    "normal_pair",
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


def identity_hash(name: str) -> int:
    """Stable 31-bit number of an id: batteries, sensors and links are drawn by id, not by place in a list."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little") & 0x7FFFFFFF


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def stream_key(seed, purpose):
    """64-bit key of (study seed, purpose) by the SplitMix64 finaliser."""
    z = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(purpose) * np.uint64(0xD1B54A32D192ED03)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
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


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def uniform_four(key, replication, entity_a, entity_b, index):
    """Four independent uniforms in (0, 1) for (replication, entity a, entity b, index); resolution 2^-32."""
    x0, x1, x2, x3 = philox_block(key, replication, entity_a, entity_b, index)
    return (
        (np.float64(x0) + 0.5) * _TO_UNIT,
        (np.float64(x1) + 0.5) * _TO_UNIT,
        (np.float64(x2) + 0.5) * _TO_UNIT,
        (np.float64(x3) + 0.5) * _TO_UNIT,
    )


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def normal_pair(u_radius, u_angle):
    """Two independent standard normals from two uniforms (Box and Muller 1958)."""
    radius = math.sqrt(-2.0 * math.log(u_radius))
    angle = 2.0 * math.pi * u_angle
    return radius * math.cos(angle), radius * math.sin(angle)


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
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


@njit(cache=True, nogil=True, error_model="numpy", _nrt=False)
def poisson_draw(key, replication, entity_a, entity_b, mean):
    """One Poisson(mean) number: sequential inversion under 12, transformed rejection (Hoermann 1993, PTRS) from there on."""
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
