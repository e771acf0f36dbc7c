"""Random numbers of the reference engine: Philox4x32-10 in Python's whole numbers, with the keys of ``base.philox``.

Written apart from ``base.philox`` on purpose: the two must agree because they follow the same page, not because they
share code.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Luck", "philox_words", "splitmix_key", "standard_normals"]

_WORD = 2**32
_LONG = 2**64


def philox_words(key: tuple[int, int], counter: Sequence[int]) -> tuple[int, int, int, int]:
    """Ten rounds of Philox4x32: two key words and four counter words -> four words, each 0 to 2**32 - 1.

    Source: Salmon, Moraes, Dror and Shaw, SC 2011, with the constants of Random123.
    """
    a, b, c, d = (word % _WORD for word in counter)
    low_key, high_key = key
    for _ in range(10):
        high_a, low_a = divmod(0xD2511F53 * a, _WORD)
        high_c, low_c = divmod(0xCD9E8D57 * c, _WORD)
        a, b, c, d = high_c ^ b ^ low_key, low_c, high_a ^ d ^ high_key, low_a
        low_key = (low_key + 0x9E3779B9) % _WORD
        high_key = (high_key + 0xBB67AE85) % _WORD
    return a, b, c, d


def splitmix_key(seed: int, purpose: int) -> tuple[int, int]:
    """Key words (low, high) of a study seed and a purpose, by the SplitMix64 finaliser."""
    z = (seed * 0x9E3779B97F4A7C15 + purpose * 0xD1B54A32D192ED03) % _LONG
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z = ((z ^ (z >> shift)) * factor) % _LONG
    z ^= z >> 31
    return z % _WORD, z // _WORD


def standard_normals(u_radius: float, u_angle: float) -> tuple[float, float]:
    """Two normal numbers from two uniform ones (Box and Muller 1958)."""
    length = math.sqrt(-2.0 * math.log(u_radius))
    return length * math.cos(2.0 * math.pi * u_angle), length * math.sin(2.0 * math.pi * u_angle)


@dataclass
class Luck:
    """Numbers of one replication, had by purpose and identity in any order."""

    seed: int
    replication: int
    keys: dict[int, tuple[int, int]] = field(default_factory=dict)

    def uniforms(self, purpose: int, entity_a: int, entity_b: int, index: int) -> tuple[float, ...]:
        """Four uniform numbers in (0, 1), at the middles of 2**32 equal steps."""
        if purpose not in self.keys:
            self.keys[purpose] = splitmix_key(self.seed, purpose)
        words = philox_words(self.keys[purpose], (self.replication, entity_a, entity_b, index))
        return tuple((word + 0.5) / _WORD for word in words)

    def exponential(self, mean: float, purpose: int, entity_a: int, entity_b: int, index: int) -> float:
        """An exponential number with the given mean, from the first of the four."""
        return -mean * math.log(self.uniforms(purpose, entity_a, entity_b, index)[0])

    def of_unit(self, purpose: int, identity: int, entity_a: int, entity_b: int, index: int) -> float:
        """One uniform number that belongs to a unit as well: the two keys are joined by exclusive or."""
        (a, b), (c, d) = splitmix_key(self.seed, purpose), splitmix_key(identity, purpose)
        word = philox_words((a ^ c, b ^ d), (self.replication, entity_a, entity_b, index))[0]
        return (word + 0.5) / _WORD
