"""The keyed random numbers: known answers, a second writing, and the laws of what is drawn from them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit
from scipy import special, stats

from opendome.base.philox import (
    Purpose,
    gamma_draw,
    identity_hash,
    normal_pair,
    normal_quantile,
    philox_block,
    poisson_draw,
    stream_key,
    uniform_four,
)
from opendome.testing.reference_luck import Luck, philox_words, splitmix_key, standard_normals

P_LOW = 1e-3
N = 40_000
ONES = 0xFFFFFFFF
# Random123, file kat_vectors, philox4x32 with 10 rounds: counter, key, result.
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES, ONES, ONES, ONES), (ONES, ONES), (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
words = st.integers(0, ONES)


@pytest.mark.parametrize(("counter", "key", "result"), KNOWN)
def test_known_answers(counter, key, result):
    whole = np.uint64(key[1] << 32 | key[0])
    assert tuple(int(word) for word in philox_block(whole, *counter)) == result
    assert philox_words(key, counter) == result


@given(seed=st.integers(0, 2**62), purpose=st.sampled_from(Purpose), counter=st.tuples(words, words, words, words))
def test_the_second_writing_agrees(seed, purpose, counter):
    key = int(stream_key(seed, int(purpose)))
    assert (key % 2**32, key // 2**32) == splitmix_key(seed, purpose)
    replication, entity_a, entity_b, index = counter
    drawn = Luck(seed, replication).uniforms(purpose, entity_a, entity_b, index)
    assert drawn == uniform_four(np.uint64(key), *counter)
    assert all(0.0 < u < 1.0 for u in drawn)
    assert standard_normals(drawn[0], drawn[1]) == pytest.approx(normal_pair(drawn[0], drawn[1]), rel=1e-12)


def test_negative_identities_are_taken_as_words():
    key = stream_key(3, 1)
    assert uniform_four(key, 0, -1, 5, 0) == uniform_four(key, 0, ONES, 5, 0)
    assert Luck(3, 0).uniforms(1, -1, 5, 0) == uniform_four(key, 0, -1, 5, 0)


@njit
def many_uniforms(key, n):
    found = np.empty((n, 4))
    for i in range(n):
        found[i] = uniform_four(key, i, 2, 3, 4)
    return found


@njit
def many_gammas(key, shape, n):
    return np.array([gamma_draw(key, i, 0, 0, shape) for i in range(n)])


@njit
def many_poissons(key, mean, n):
    return np.array([poisson_draw(key, i, 0, 0, mean) for i in range(n)])


def test_uniforms_are_uniform_and_independent():
    drawn = many_uniforms(stream_key(1, 2), N)
    for column in drawn.T:
        assert stats.kstest(column, "uniform").pvalue > P_LOW
    z = stats.norm.ppf(1.0 - P_LOW / 12.0) / math.sqrt(N)
    across = np.corrcoef(drawn.T)[np.triu_indices(4, 1)]
    assert np.abs(across).max() < z
    along = [np.corrcoef(column[1:], column[:-1])[0, 1] for column in drawn.T]
    assert np.abs(along).max() < z


def test_keys_of_seeds_and_purposes_differ():
    keys = {int(stream_key(seed, int(purpose))) for seed in range(200) for purpose in Purpose}
    assert len(keys) == 200 * len(Purpose)
    assert len({int(purpose) for purpose in Purpose}) == len(Purpose)


def test_normals():
    drawn = many_uniforms(stream_key(1, 3), N)
    pairs = np.array([normal_pair(u, v) for u, v in drawn[:, :2]])
    for column in pairs.T:
        assert stats.kstest(column, "norm").pvalue > P_LOW
    assert abs(np.corrcoef(pairs.T)[0, 1]) < stats.norm.ppf(1.0 - P_LOW / 2.0) / math.sqrt(N)


def test_normal_quantile_is_that_of_scipy():
    u = np.concatenate(
        [np.linspace(1e-9, 1.0 - 1e-9, 5001), 2.0 ** -np.arange(2.0, 33.0), 1.0 - 2.0 ** -np.arange(2.0, 33.0)]
    )
    found = np.array([normal_quantile(one) for one in u])
    np.testing.assert_allclose(found, special.ndtri(u), atol=1e-6)


@pytest.mark.parametrize("shape", [0.3, 1.0, 2.5, 15.8, 400.0])
def test_gammas(shape):
    assert stats.kstest(many_gammas(stream_key(1, 4), shape, N), stats.gamma(shape).cdf).pvalue > P_LOW


@pytest.mark.parametrize("mean", [0.05, 3.0, 11.9, 12.1, 40.0, 300.0, 5000.0])
def test_poissons(mean):
    drawn = many_poissons(stream_key(1, 5), mean, N)
    law = stats.poisson(mean)
    edges = np.unique(law.ppf(np.linspace(0.0, 1.0, 31)[1:-1]))
    bins = np.concatenate([[-1.0], edges, [np.inf]])
    expected = N * np.diff(law.cdf(bins))
    kept = expected > 5.0
    counts = np.histogram(drawn, bins + 0.5)[0]
    assert kept.sum() > 1
    assert stats.chisquare(counts[kept], expected[kept] * counts[kept].sum() / expected[kept].sum()).pvalue > P_LOW


def test_no_mean_no_count():
    assert poisson_draw(stream_key(1, 5), 0, 0, 0, 0.0) == 0


def test_identities_are_stable():
    """By the id's text alone; these numbers may never change, or results of old studies would."""
    assert identity_hash("b01") == 1464907668
    assert identity_hash("b1/post") != identity_hash("b1/radar")
    assert all(0 <= identity_hash(f"unit-{i}") < 2**31 for i in range(1000))
