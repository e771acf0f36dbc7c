"""Alerts of a live battle: zones by hand, and alerts that are called off."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from opendome.scenario.world import World
from opendome.study.orders import Action, Order
from opendome.study.watch import alerts_in_force
from opendome.warning.alerts import collect_alerts
from opendome.warning.zones import areas_together, make_zones
from tests.study.live_cases import play_of, scenario_of, tables_of, world_of


@cache
def warned_world(*, is_called_off: bool = False) -> World:
    """Give the battle with areas in pairs, and alerts that may be called off."""
    world = world_of("statistical")
    zones = make_zones(np.arange(len(world.areas)) // 2)
    return world._replace(warning=world.warning._replace(zones=zones, is_called_off=is_called_off))


def test_an_alert_by_hand_goes_to_the_whole_zone() -> None:
    play = play_of(world=warned_world())
    play.enter(Order(26.0, Action.ALERT, i_area=3))
    together = set(areas_together(play.world.warning.zones, 3).tolist())
    assert together == {2, 3}
    play.run_until(40.0)
    shown = {alert.i_area for alert in alerts_in_force(play) if alert.is_by_hand}
    assert shown == together
    play.run_to_end()
    kept = tables_of(play, scenario_of("statistical"))["warnings"].to_pylist()
    assert len([row for row in kept if row["track_id"] == -1]) == len(together)


def test_nobody_knows_beforehand_that_an_alert_will_be_called_off() -> None:
    """Until it is called off it lasts as planned; then it is gone, unless another alert of the area lasts."""
    play = play_of(world=warned_world(is_called_off=True))
    play.run_until(300.0)
    window, rules = play.window, play.world.warning
    seen = (window.tracks, window.assessments, window.areas, window.p_areas, window.is_inside)
    alerts = collect_alerts(rules, *seen, -math.inf, math.inf)
    called_off = alerts[alerts["t_end_s"] < alerts["t_s"] + rules.stay_s]
    n_gone = 0
    for alert in called_off:
        of_area = alerts[alerts["i_area"] == alert["i_area"]]
        begun = of_area[of_area["t_s"] <= alert["t_end_s"]]
        if (begun["t_end_s"] > alert["t_end_s"]).any():
            continue
        again = play_of(world=warned_world(is_called_off=True))
        for t_s, is_there in ((alert["t_end_s"] - 0.01, True), (alert["t_end_s"] + 0.01, False)):
            again.run_until(float(t_s))
            found = [one for one in alerts_in_force(again) if one.i_area == alert["i_area"]]
            assert bool(found) == is_there
            assert all(one.until_s >= begun["t_s"].max() + rules.stay_s for one in found)
        n_gone += 1
    assert n_gone > 0
