"""What becomes of a track: the object behind it by its plots, and the yield in the battle's order."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opendome.picture.story import (
    FALSE,
    Story,
    Yield,
    close_stories,
    collect_picture,
    follow,
    grow_yield,
    new_story,
    new_yield,
    open_story,
)

SLOT, ID = 2, 41


@pytest.fixture
def told() -> tuple[Story, Yield]:
    return new_story(4), new_yield(8, 16)


def tell(told: tuple[Story, Yield], *truths: int, t_s: float = 0.0, track_id: int = ID) -> None:
    for k, truth in enumerate(truths):
        follow(*told, SLOT, track_id, truth, t_s + k)


def opened(told: tuple[Story, Yield], track_id: int = ID, t_s: float = 5.0) -> int:
    return int(open_story(*told, SLOT, track_id, 1, t_s - 4.0, t_s))


def links(told: tuple[Story, Yield]) -> list[tuple[int, int, float, float]]:
    found = told[1]
    n = int(found.n_links[0])
    return [
        (int(found.link_track[k]), int(found.link_object[k]), float(found.link_from_s[k]), float(found.link_until_s[k]))
        for k in range(n)
    ]


@pytest.mark.parametrize(
    ("plots", "held"), [((3, 3, 3), 3), ((3, 5, 5), 5), ((FALSE, 3, 3, 3), 3), ((3, FALSE, 3, 5, 3), 3)]
)
def test_a_record_holds_the_object_that_most_plots_came_from(told: tuple, plots: tuple, held: int) -> None:
    tell(told, *plots)
    record = opened(told)
    assert record == 0
    assert links(told) == [(0, held, -math.inf, math.inf)]
    track = told[1].tracks[0]
    assert (track["track_id"], track["i_sensor"], track["t_first_plot_s"], track["t_confirmed_s"]) == (ID, 1, 1.0, 5.0)


def test_a_record_of_false_plots_holds_nothing(told: tuple) -> None:
    tell(told, FALSE, FALSE, FALSE, 7)
    opened(told)
    assert links(told) == []


def test_three_plots_in_a_row_from_another_change_the_link(told: tuple) -> None:
    tell(told, 3, 3, 3)
    opened(told)
    tell(told, 5, 5, 3, 5, 5, t_s=10.0)
    assert links(told) == [(0, 3, -math.inf, math.inf)]
    tell(told, 5, t_s=20.0)
    assert links(told) == [(0, 3, -math.inf, 20.0), (0, 5, 20.0, math.inf)]
    tell(told, FALSE, FALSE, FALSE, t_s=30.0)
    assert links(told)[-1] == (0, 5, 20.0, 32.0)
    assert len(links(told)) == 2


def test_a_new_track_in_the_slot_has_a_story_of_its_own(told: tuple) -> None:
    tell(told, 3, 3, 3)
    opened(told)
    tell(told, 6, t_s=9.0, track_id=ID + 1)
    story = told[0]
    assert story.record[SLOT] == -1
    assert story.n_assessed[SLOT] == 0
    assert story.next_age_s[SLOT] == 0.0
    assert opened(told, ID + 1) == 1
    assert links(told) == [(0, 3, -math.inf, math.inf), (1, 6, -math.inf, math.inf)]


def test_closed_stories_are_forgotten(told: tuple) -> None:
    tell(told, 3)
    close_stories(told[0])
    assert (told[0].track_id == -1).all()
    assert (told[0].record == -1).all()


def test_growing_keeps_everything_and_makes_room(told: tuple) -> None:
    tell(told, 3)
    opened(told)
    found = told[1]
    found.rows["t_s"][:5], found.n_rows[0] = np.arange(5.0), 5
    found.areas[:5], found.p_areas[:5], found.is_inside[:5] = 4, 0.25, 1
    more = grow_yield(found, 10)
    assert len(more.tracks) == 2 * 8 + 10
    assert len(more.rows) == 2 * 16 + 10
    assert more.tracks[:1].tobytes() == found.tracks[:1].tobytes()
    assert more.rows[:5].tobytes() == found.rows[:5].tobytes()
    assert (more.areas[:5] == 4).all()
    assert (more.p_areas[:5] == 0.25).all()
    assert (more.is_inside[:5] == 1).all()
    assert links((told[0], more)) == links(told)


def test_collected_assessments_stand_by_track_in_order_of_time() -> None:
    found = new_yield(3, 8)
    found.tracks["track_id"][:3], found.tracks["n_assessments"][:3] = (7, 8, 9), (2, 0, 3)
    found.n_tracks[0] = 3
    for k, (i_track, t_s) in enumerate([(2, 1.0), (0, 2.0), (2, 3.0), (2, 4.0), (0, 5.0)]):
        found.rows[k]["i_track"], found.rows[k]["t_s"] = i_track, t_s
        found.areas[k], found.p_areas[k] = k, 0.1 * k
    found.n_rows[0] = 5
    for k, (i_track, i_object) in enumerate([(2, 30), (0, 10), (2, 31)]):
        found.link_track[k], found.link_object[k] = i_track, i_object
        found.link_from_s[k], found.link_until_s[k] = k, k + 1
    found.n_links[0] = 3
    tracks, rows, areas, p_areas, is_inside, (first, linked, since, until) = collect_picture(found)
    assert tracks["first_assessment"].tolist() == [0, 2, 2]
    assert rows["t_s"].tolist() == [2.0, 5.0, 1.0, 3.0, 4.0]
    assert rows["i_track"].tolist() == [0, 0, 2, 2, 2]
    assert areas[:, 0].tolist() == [1, 4, 0, 2, 3]
    assert p_areas[:, 3] == pytest.approx([0.1, 0.4, 0.0, 0.2, 0.3])
    assert len(is_inside) == 5
    assert first.tolist() == [0, 1, 1, 3]
    assert linked.tolist() == [10, 30, 31]
    assert since.tolist() == [1.0, 0.0, 2.0]
    assert until.tolist() == [2.0, 1.0, 3.0]
