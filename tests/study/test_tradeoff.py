"""Warning's trade-off: a Gaussian case with nested zones, closed cases, and agreement with the reference engine."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr

from opendome.base.types import AREA
from opendome.harm.losses import HarmModel, expected_injuries, sheltered_share
from opendome.places.zoning import zoning_of
from opendome.scenario.compile import area_table, compile_world
from opendome.scenario.reader import load
from opendome.study.tradeoff import (
    Curves,
    Seen,
    cost_at_share,
    count_rules,
    perceive_campaign,
    tradeoff,
    tradeoff_tables,
)
from opendome.testing.builders import toy_tracks
from opendome.testing.reference_ground import AlertBook
from opendome.warning.alerts import WarningModel, collect_alerts
from opendome.warning.zones import make_zones

RULES = WarningModel(
    is_ellipse=False, p_area_min=0.05, wait_s=0.0, message_delay_s=5.0, stay_s=600.0, merge_s=60.0, p_shelter_max=0.9
)

# --- a Gaussian case: 64 areas in a row, each 1 km wide, zones of 1, 4 and 16 of them ---

N_AREAS, N_OBJECTS, N_CAMPAIGNS = 64, 100, 40
AREAS = np.zeros(N_AREAS, AREA)
AREAS["population"], AREAS["time_to_shelter_s"] = 1000.0, 30.0
GROUPS = (16, 4, 1)
THRESHOLDS = np.concatenate([np.geomspace(0.002, 0.5, 20), [0.6, 0.7, 0.8, 0.9, 0.99]])
Z_999 = 3.29


def gaussian_campaign(campaign, sd_km):
    """Aims are normal about the middle with 8 km, predictions about them with ``sd_km``; both from the same draws."""
    draws = np.random.Generator(np.random.Philox(key=[7, campaign])).standard_normal((2, N_OBJECTS))
    true_km = 32.0 + 8.0 * draws[0]
    predicted_km = true_km + sd_km * draws[1]
    seen_s = 2000.0 * np.arange(1, N_OBJECTS + 1)
    tracks, rows = toy_tracks(seen_s[:, None], seen_s + 60.0)
    first = np.clip(np.floor(predicted_km).astype(int) - 8, 0, N_AREAS - 16)
    areas = first[:, None] + np.arange(16)
    p_areas = ndtr((areas + 1 - predicted_km[:, None]) / sd_km) - ndtr((areas - predicted_km[:, None]) / sd_km)
    rows["n_areas"] = 16
    is_inside = np.zeros(areas.shape, np.int8)
    in_row = (true_km >= 0.0) & (true_km < N_AREAS)
    picture = tracks, rows, areas.astype(np.int16), p_areas.astype(np.float32), is_inside
    return Seen(*picture, (seen_s + 60.0)[in_row], np.floor(true_km).astype(np.int64)[in_row])


@pytest.fixture(scope="module")
def counts():
    """Give people by campaign, quality (1 km and 2 km), zoning and threshold."""
    zones = [np.arange(N_AREAS) // size for size in GROUPS]
    return np.array(
        [
            [[count_rules(RULES, seen, zone, THRESHOLDS, AREAS)[1:] for zone in zones] for seen in of_quality]
            for of_quality in ([gaussian_campaign(k, sd_km) for sd_km in (1.0, 2.0)] for k in range(N_CAMPAIGNS))
        ]
    )


def is_above_zero(differences):
    """Whether a mean of paired differences lies above zero by more than its 99.9 % band."""
    return differences.mean() > Z_999 * differences.std(ddof=1) / math.sqrt(len(differences))


def share_in_time_at(counts, needless):
    """Share of threatened people warned in time where so many are alerted for nothing, by campaign."""
    return cost_at_share(-counts[..., 2], counts[..., 1] / counts[..., 0], -needless)


@pytest.mark.parametrize("i_zoning", range(len(GROUPS)))
def test_a_better_prediction_warns_more_of_the_threatened_at_equal_needless_alerts(counts, i_zoning):
    better, worse = counts[:, 0, i_zoning], counts[:, 1, i_zoning]
    needless = float(np.median(better[:, len(THRESHOLDS) // 2, 2]))
    shares = [share_in_time_at(quality, needless) for quality in (better, worse)]
    assert np.isfinite(shares).all()
    assert is_above_zero(shares[0] - shares[1])


@pytest.mark.parametrize("i_quality", [0, 1])
@pytest.mark.parametrize("share", [0.05, 0.1])
def test_finer_zones_cost_fewer_person_minutes_at_equal_missed_share(counts, i_quality, share):
    minutes = [
        cost_at_share(1.0 - of_zoning[..., 1] / of_zoning[..., 0], of_zoning[..., 3], share)
        for of_zoning in np.moveaxis(counts[:, i_quality], 1, 0)
    ]
    assert np.isfinite(minutes).all()
    assert is_above_zero(minutes[0] - minutes[1]) and is_above_zero(minutes[1] - minutes[2])


def test_without_shelter_there_is_no_gain():
    """Nobody who finds no shelter spends a minute in one, and warning spares nobody."""
    zone = np.arange(N_AREAS) // 4
    found = count_rules(RULES._replace(p_shelter_max=0.0), gaussian_campaign(0, 1.0), zone, THRESHOLDS, AREAS)
    assert (found[:, 3] == 0.0).all() and found[1, 1] > 0.9 * found[1, 0]
    harm = HarmModel(1.0, 0.0, 0.1, 0.9, 0.0, 2.0, 0.5, 0.4)
    leads_s = (math.nan, 5.0, 55.0, 600.0)
    injured = {expected_injuries(harm, 100.0, sheltered_share(harm, lead_s, 30.0)) for lead_s in leads_s}
    assert len(injured) == 1


def test_the_share_warned_of_single_areas_is_that_of_the_normal_law():
    """An area is alerted where its chance is 0.3 or more; things come down in these as often as the chances say.

    Alerts do not overlap in time, so that every one of them is decided by its own prediction. 99.9 % band of the sum
    of independent chances.
    """
    seen = [gaussian_campaign(k, 1.0) for k in range(N_CAMPAIGNS)]
    hits = sum(count_rules(RULES, one, np.arange(N_AREAS), [0.3], AREAS)[1, 1] for one in seen) / 1000.0
    chances = np.concatenate([np.where(one.p_areas >= 0.3, one.p_areas, 0.0).sum(axis=1) for one in seen])
    assert abs(hits - _posterior(seen)) < Z_999 * math.sqrt((chances * (1.0 - chances)).sum())


def _posterior(seen):
    """Chance that the truth lies in an alerted area, given predictions and the law of aims, added up over objects."""
    shrink = 8.0**2 / (8.0**2 + 1.0)
    sd_km, total = math.sqrt(shrink), 0.0
    for k, one in enumerate(seen):
        draws = np.random.Generator(np.random.Philox(key=[7, k])).standard_normal((2, N_OBJECTS))
        mean_km = 32.0 + shrink * (8.0 * draws[0] + draws[1])
        edges = one.areas
        p = ndtr((edges + 1 - mean_km[:, None]) / sd_km) - ndtr((edges - mean_km[:, None]) / sd_km)
        total += p[one.p_areas >= 0.3].sum()
    return total


# --- the curve's arithmetic ---


def test_costs_are_read_off_by_straight_lines_and_never_beyond_the_curve():
    missed, cost = np.array([[0.1, 0.2, 0.4]]), np.array([[100.0, 60.0, 20.0]])
    wanted = [0.05, 0.1, 0.15, 0.3, 0.4, 0.5]
    found = [float(cost_at_share(missed, cost, share)[0]) for share in wanted]
    np.testing.assert_allclose(found, [math.inf, 100.0, 80.0, 40.0, 20.0, -math.inf])


def test_curves_that_turn_back_are_pooled():
    missed, cost = np.array([[0.1, 0.3, 0.2, 0.4]]), np.array([[100.0, 60.0, 60.0, 20.0]])
    assert cost_at_share(missed, cost, 0.25)[0] == pytest.approx(60.0)


def test_intervals_are_paired():
    """Campaigns differ tenfold, the ratio of two zonings in each is the same: its interval has no width."""

    class Zones:
        def __init__(self, name):
            self.name = name

        def __len__(self):
            return 2

    size = np.geomspace(1.0, 10.0, 12)[:, None, None, None, None]
    one = np.array([[[100.0, 0, 0, 0], [100, 90, 50, 80], [100, 70, 20, 40]]])
    other = one * [1.0, 1.0, 1.0, 0.5]
    curves = Curves(size * np.stack([one, other], axis=1), (1.0,), (Zones("coarse"), Zones("fine")), (0.1, 0.5))
    rows, equal = tradeoff(curves, 3, [0.2], 1.0)
    assert [row["share_in_time"] for row in rows if row["p_area_at_least"] == 0.1] == [pytest.approx(0.9)] * 2
    assert [equal[0][name] for name in ("ratio", "ratio_low", "ratio_high")] == [pytest.approx(2.0)] * 3
    assert equal[0]["person_minutes_low"] < equal[0]["person_minutes"] < equal[0]["person_minutes_high"]
    assert equal[0]["person_minutes"] == pytest.approx(60.0 * size.mean())


# --- the same as a book of every area's alerts says ---


@pytest.fixture(scope="module")
def scenario():
    """Give two days of May 2021."""
    return (
        load("may-2021")
        .alternative("as-is")
        .override({"duration_day": 2, "threats.raid.launched_per_day.mean": [450, 600]})
    )


@pytest.mark.parametrize("zoning", ["areas", "synthetic-127"])
@pytest.mark.parametrize("changes", [{}, {"warning.cancel": True, "warning.all_clear_s": 90}])
def test_people_by_zone_are_those_of_a_book_for_every_area(scenario, zoning, changes):
    """Zones in the place of areas, against the reference engine's books of all alerts of every area."""
    world = compile_world(scenario.override(changes))
    seen = perceive_campaign(world, 5, 0)
    zone_of_area = zoning_of(area_table(scenario), zoning).zone_of_area
    found = count_rules(world.warning, seen, zone_of_area, [0.02, 0.3], world.areas)
    for p_min, counts in zip((None, 0.02, 0.3), found, strict=True):
        rules = world.warning._replace(zones=make_zones(zone_of_area))
        rules = rules if p_min is None else rules._replace(is_ellipse=False, p_area_min=p_min)
        np.testing.assert_allclose(counts, people_by_books(rules, seen, world.areas), rtol=1e-9)


def people_by_books(rules, seen, areas):
    """Count people as ``COLUMNS`` says, area by area."""
    spans_s = [[] for _ in areas]
    for t_s, end_s, i_area in collect_alerts(rules, *seen[:5], -math.inf, math.inf)[["t_s", "t_end_s", "i_area"]]:
        spans_s[i_area].append((float(t_s), float(end_s)))
    books = [AlertBook(spans, rules.merge_s) for spans in spans_s]
    threatened = in_time = needless = minutes = 0.0
    for t_s, i_area in zip(seen.t_impact_s.tolist(), seen.impact_area.tolist(), strict=True):
        lead_s, people = books[i_area].lead_s(t_s), float(areas["population"][i_area])
        threatened += people
        in_time += people if lead_s is not None and lead_s >= areas["time_to_shelter_s"][i_area] else 0.0
    for book, people in zip(books, areas["population"].tolist(), strict=True):
        needless += (len(book.groups) - len(book.needed)) * people
        minutes += sum(added_s for _, added_s in book.times_added_s()) * people * rules.p_shelter_max / 60.0
    return threatened, in_time, needless, minutes


def test_tables_do_not_depend_on_who_works_at_them(scenario):
    changes = {"study.tradeoff": {"zonings": ["synthetic-25", "areas"], "error_scales": [1.0]}}
    found = [tradeoff_tables(scenario.override(changes), 7, 4, workers) for workers in (1, 2)]
    assert found[0]["tradeoff"].equals(found[1]["tradeoff"])
    assert found[0]["tradeoff_equal"].equals(found[1]["tradeoff_equal"])
    assert found[0]["tradeoff"].num_rows == 2 * 17
