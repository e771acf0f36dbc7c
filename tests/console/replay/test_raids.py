"""Objects fall into raids as a plain walk through time says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from opendome.console.replay.raids import QUIET_S, biggest, raids_of

FLIGHTS = st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 4_000)), max_size=40)


@given(FLIGHTS)
def test_two_objects_are_together_if_something_joins_them(flights: list[tuple[int, int]]) -> None:
    """Second by second: a raid is on while something flies or was launched in the last ten minutes."""
    launch = [float(t) for t, _ in flights]
    end = [float(t + lasts) for t, lasts in flights]
    is_on = [False] * 26_000
    for t, lasts in flights:
        for second in range(t, t + max(lasts, int(QUIET_S)) + 1):
            is_on[second] = True
    number, before, group = 0, False, {}
    for second, on in enumerate(is_on):
        number += on and not before
        before = on
        for i, t in enumerate(launch):
            if int(t) == second:
                group[i] = number
    found = raids_of(launch, end)
    assert sorted(i for raid in found for i in raid.objects) == list(range(len(flights)))
    for k, raid in enumerate(found, 1):
        assert {group[i] for i in raid.objects} == {k}
        assert raid.from_s < min(launch[i] for i in raid.objects)
        assert raid.until_s > max(end[i] for i in raid.objects)


def test_the_biggest_is_the_first_of_equals() -> None:
    found = raids_of([0.0, 5_000.0, 5_001.0, 10_000.0, 10_001.0], [10.0, 5_010.0, 5_010.0, 10_010.0, 10_010.0])
    assert [len(raid.objects) for raid in found] == [1, 2, 2]
    assert biggest(found) == 1
    assert biggest(()) == -1
