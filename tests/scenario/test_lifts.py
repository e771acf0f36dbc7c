"""Loads and the sorties that carry them: one a sortie, in the order in which they stand ready, and none left idle."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opendome.scenario.compile_supply import compile_lots, schedule_lifts, with_arrivals
from tests.battle.supplied import supplied

DAY_S = 86400.0
AT = [35.0, -30.0]


def scheduled(loads, lots, sorties_per_day, starts_day):
    """(model, for each thing that waits: its day of readiness and the days on which its sorties leave)."""
    lift = {"id": "air", "sorties_per_day": sorties_per_day, "starts_day": starts_day, "route_h": 12}
    lift["rounds_per_sortie"] = 10
    batteries = [
        {"id": f"b{k}", "at": AT, "transfer": {"lift": "air", "loads": n, "ready_day": day}}
        for k, (day, n) in enumerate(loads)
    ]
    resupply = [{"day": day, "rounds": n, "lift": "air"} for day, n in lots]
    model = supplied(batteries=batteries, lifts=[lift], depot__resupply=resupply).model
    schedule = schedule_lifts(model)
    found = [(day, schedule.batteries[f"b{k}"]) for k, (day, _) in enumerate(loads)]
    found += [(day, schedule.lots[0, k]) for k, (day, n) in enumerate(lots) if n > 0]
    return model, [(day, [t_s / DAY_S - 0.5 for t_s in times]) for day, times in found]


def test_two_batteries_by_hand():
    """Two sorties a day from day 1: the first takes five, the second four after it, then thirty rounds three."""
    model, found = scheduled([(0.2, 5), (0.7, 4)], [(0.8, 30)], 2, 1.0)
    assert [times for _, times in found] == [[1.0, 1.5, 2.0, 2.5, 3.0], [3.5, 4.0, 4.5, 5.0], [5.5, 6.0, 6.5]]
    first, second = with_arrivals(model).batteries
    hours = 12 + 3 + 4  # route, off-load and road
    assert first.arrives_day == pytest.approx(3.0 + hours / 24)
    assert second.arrives_day == pytest.approx(5.0 + hours / 24)
    lots = compile_lots(model)
    assert lots["n_rounds"].tolist() == [10, 10, 10]
    assert (lots["t_s"] / DAY_S).tolist() == pytest.approx([5.5 + 15 / 24, 6.0 + 15 / 24, 6.5 + 15 / 24])
    assert (lots["t_sent_s"] / DAY_S).tolist() == pytest.approx([5.5, 6.0, 6.5])


@settings(max_examples=60)
@given(
    loads=st.lists(st.tuples(st.sampled_from([0.0, 0.3, 1.0, 2.6]), st.integers(1, 6)), max_size=4),
    lots=st.lists(st.tuples(st.sampled_from([0.0, 0.4, 1.0, 3.3]), st.integers(0, 35)), max_size=3),
    sorties_per_day=st.sampled_from([0.5, 1, 3, 7]),
    starts_day=st.sampled_from([0.0, 0.5, 2.0]),
)
def test_sorties(loads, lots, sorties_per_day, starts_day):
    _, found = scheduled(loads, lots, sorties_per_day, starts_day)
    flown = sorted(t for _, times in found for t in times)
    gap = 1.0 / sorties_per_day
    assert all(b - a >= gap - 1e-9 for a, b in pairwise(flown))
    for ready, times in found:
        assert min(times) >= max(ready, starts_day) - 1e-9
        assert list(times) == sorted(times)
    for (ready, times), (other_ready, other) in ((a, b) for a in found for b in found):
        if ready < other_ready:
            assert max(times) < min(other)
    slots = [starts_day + k * gap for k in range(1 + round((max(flown, default=0.0) - starts_day) / gap))]
    idle = [slot for slot in slots if not any(abs(slot - t) < 1e-6 for t in flown)]
    for slot in idle:
        assert not any(ready <= slot - 1e-6 and max(times) > slot for ready, times in found)
