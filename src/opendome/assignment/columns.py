"""Columns as arrays: gathered by pricing, told apart by keys, turned into allocations."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.assignment.pricing import Desk, near_best
from opendome.assignment.problem import Floats, Ints, Lists
from opendome.base.kernels import allocating_kernel

__all__ = ["Columns", "columns_of", "gather", "join", "make_keys", "reduced_costs", "select", "to_count"]


class Columns(NamedTuple):
    """Columns one after another: target, surviving value, key, and from ``start`` on the pairs and their shots."""

    target: Ints
    left: Floats
    key: NDArray[np.uint64]
    start: Ints
    pair: Ints
    n_shots: Ints


def make_keys(lists: Lists) -> NDArray[np.uint64]:
    """Give each listed pair a number of 64 bits that looks random (the mixing step of SplitMix64)."""
    mixed = (np.arange(lists.weapon.size, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@allocating_kernel
def _grown(array, size):
    larger = np.zeros(2 * array.size + size, array.dtype)
    larger[: array.size] = array
    return larger


@allocating_kernel
def gather_columns(lists, prices, limits, n_most, is_sorted, desk, keys, n_limit):
    """Columns of all targets within ``limits``; False at the end if some were left out by a limit of size."""
    size, is_whole = 4 * lists.value.size + 16, True
    target, left, key = np.zeros(size, np.int64), np.zeros(size), np.zeros(size, np.uint64)
    start = np.zeros(size + 1, np.int64)
    pair, count = np.zeros(3 * size, np.int64), np.zeros(3 * size, np.int64)
    n, n_entries = 0, 0
    for j in range(lists.value.size):
        n_kept, is_all = near_best(lists, prices, j, desk, limits[j], n_most, is_sorted)
        is_whole = is_whole and is_all
        if n + n_kept > n_limit:
            is_whole = False
            break
        for c in range(n_kept):
            if n == target.size:
                target, left, key, start = _grown(target, 0), _grown(left, 0), _grown(key, 0), _grown(start, 1)
            if n_entries + desk.kept_length[c] > pair.size:
                pair, count = _grown(pair, desk.kept_length[c]), _grown(count, desk.kept_length[c])
            target[n], left[n], key[n], first = j, lists.value[j], np.uint64(0), n_entries
            for d in range(desk.kept_length[c]):
                k = desk.kept[c, d]
                left[n] *= lists.survive[k]
                key[n] += keys[k]
                if n_entries > first and pair[n_entries - 1] == k:
                    count[n_entries - 1] += 1
                else:
                    pair[n_entries], count[n_entries] = k, 1
                    n_entries += 1
            n += 1
            start[n] = n_entries
    return target[:n], left[:n], key[:n], start[: n + 1], pair[:n_entries], count[:n_entries], is_whole


def gather(
    lists: Lists, prices: Floats, limits: Floats, desk: Desk, keys: NDArray[np.uint64], n_most: int, n_limit: int = 0
) -> tuple[Columns, bool]:
    """Gather columns that cost at most ``limits`` (n_targets,) at the prices.

    Parameters
    ----------
    n_most : int    columns a target at most
    n_limit : int   columns in all at most; 0 gathers the ``n_most`` cheapest of each target, any other number all

    Returns
    -------
    the columns, and whether these are all within the limits
    """
    is_sorted = n_limit == 0
    *arrays, is_whole = gather_columns(
        lists, prices, limits, n_most, is_sorted, desk, keys, n_limit if n_limit else 1_000_000_000
    )
    return Columns(*arrays), bool(is_whole)


def _spread(columns: Columns, chosen: Ints) -> Ints:
    """Places of the entries of chosen columns."""
    lengths = columns.start[chosen + 1] - columns.start[chosen]
    first = np.cumsum(lengths) - lengths
    return np.repeat(columns.start[chosen] - first, lengths) + np.arange(lengths.sum())


def select(columns: Columns, chosen: Ints) -> Columns:
    """Give some of the columns, by their numbers (n_chosen,)."""
    lengths = columns.start[chosen + 1] - columns.start[chosen]
    entries = _spread(columns, chosen)
    start = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    return Columns(
        columns.target[chosen],
        columns.left[chosen],
        columns.key[chosen],
        start,
        columns.pair[entries],
        columns.n_shots[entries],
    )


def join(first: Columns, second: Columns) -> Columns:
    """Give the columns of both, the first ones first."""
    start = np.concatenate((first.start, second.start[1:] + first.start[-1]))
    parts = (np.concatenate((a, b)) for a, b in zip(first, second))
    target, left, key, _, pair, count = parts
    return Columns(target, left, key, start, pair, count)


def columns_of(lists: Lists, count: Ints, keys: NDArray[np.uint64]) -> Columns:
    """Give an allocation's columns, one for each target that is shot at."""
    pair = np.nonzero(count)[0]
    target_of = np.searchsorted(lists.start, pair, side="right") - 1
    target, first, n_entries = np.unique(target_of, return_index=True, return_counts=True)
    start = np.concatenate((np.zeros(1, np.int64), np.cumsum(n_entries)))
    shots = count[pair]
    if target.size == 0:
        return Columns(target, np.zeros(0), np.zeros(0, np.uint64), start, pair, shots)
    left = lists.value[target] * np.multiply.reduceat(lists.survive[pair] ** shots, first)
    key = np.add.reduceat(keys[pair] * shots.astype(np.uint64), first)
    return Columns(target, left, key, start, pair, shots)


def reduced_costs(lists: Lists, columns: Columns, prices: Floats, part: Floats) -> Floats:
    """Give cost at prices less the targets' ``part`` (n_targets,), column by column."""
    if columns.target.size == 0:
        return np.zeros(0)
    paid = np.add.reduceat(prices[lists.weapon[columns.pair]] * columns.n_shots, columns.start[:-1])
    return np.asarray(columns.left + paid - part[columns.target])


def to_count(lists: Lists, columns: Columns, chosen: Ints) -> Ints:
    """Give the allocation that takes the chosen columns, one a target at most, as shots of listed pairs."""
    count = np.zeros(lists.weapon.size, np.int64)
    entries = _spread(columns, chosen)
    count[columns.pair[entries]] = columns.n_shots[entries]
    return count
