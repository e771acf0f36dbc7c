"""Compile a scenario to a ``World``: flat arrays for the kernels. What several worlds share is made once."""

from __future__ import annotations

import math

import numpy as np

from opendome import catalogue
from opendome.base.frames import Origin
from opendome.base.philox import identity_hash
from opendome.battle.model import BattleModel
from opendome.flight.tables import FlightTables
from opendome.harm.losses import HarmModel
from opendome.picture.curves import LookTable, hexagonal_lattice, make_looks
from opendome.picture.fitted import FittedCurves, curves_path, read_curves
from opendome.picture.goal import Goals
from opendome.picture.model import PictureModel
from opendome.places.areas import DefendedAreas
from opendome.places.zoning import Zoning, zoning_of
from opendome.raid.model import RaidModel, no_record
from opendome.tracking.cone import ConeRules
from opendome.warning.alerts import WarningModel
from opendome.warning.zones import AS_OTHERS, EACH_AREA, LevelRule, make_zones

from .compile_battle import compile_battle, compile_defence, decision_age_frac, unit_names
from .compile_places import CompiledPlaces, compile_places, defended_areas
from .compile_raid import class_names, compile_classes, compile_raid, launch_reach
from .scenario import Scenario
from .schema import ScenarioModel
from .world import Forecast, TrackedWorld, World

__all__ = [
    "area_names",
    "area_table",
    "class_names",
    "compile_world",
    "fitted_curves",
    "origin_of",
    "scenario_zoning",
    "unit_names",
]

_RANGES_M = (3_000.0, 200_000.0)
_PRICE_RANGE, _N_PRICES = (0.1, 100.0), 10
"""Prices of a round that rollouts try, over doctrine's."""


def origin_of(scenario: Scenario) -> Origin:
    """Origin of the scenario's local frame."""
    return Origin(scenario.model.site.lat_deg, scenario.model.site.lon_deg)


def _folder(scenario: Scenario) -> str:
    """Folder that relative paths in the scenario count from, where it names a file; else nothing, to share what is
    made."""
    return str(scenario.folder) if scenario.files else ""


def area_table(scenario: Scenario) -> DefendedAreas:
    """The scenario's defended areas, with names and polygons."""
    return defended_areas(scenario.model.places, origin_of(scenario), _folder(scenario))


def scenario_zoning(scenario: Scenario) -> Zoning:
    """The zones that the scenario's defended areas are alerted in.

    Raises
    ------
    ScenarioError    no such zoning, or every problem of its file
    """
    return zoning_of(area_table(scenario), scenario.model.warning.zoning, scenario.folder)


def area_names(scenario: Scenario) -> list[tuple[str, str]]:
    """(id, name) of each defended area, in the order of their indices."""
    table = area_table(scenario)
    return list(zip(table.ids, table.names, strict=True))


def _model_value(key: str) -> float:
    return float(catalogue.model_value(key).number)


def fitted_curves(scenario: Scenario) -> FittedCurves | None:
    """The scenario's file of curves, or None where it draws from the catalogue's.

    Raises
    ------
    CommandError    the file is missing or of another form
    """
    name = scenario.model.picture.curves
    return None if name is None else read_curves(curves_path(name, scenario.folder))


def _looks(curves: FittedCurves | None, confirm_s: float) -> LookTable:
    """Looks at a track and their errors, from the fitted curves or the catalogue's."""
    ratio = _model_value("along_cross_ratio")
    return make_looks(confirm_s, *_RANGES_M, ratio, None if curves is None else curves.table())


def _goals(places: CompiledPlaces) -> Goals:
    """Areas as goals of cruising objects."""
    east_m, north_m, people = (np.ascontiguousarray(places.areas[key]) for key in ("east_m", "north_m", "population"))
    return Goals(ConeRules(), east_m, north_m, people)


def _picture(
    model: ScenarioModel,
    curves: FittedCurves | None,
    places: CompiledPlaces,
    battle: BattleModel,
    sensors: np.ndarray,
    classes: np.ndarray,
    tables: FlightTables,
) -> PictureModel:
    """Curves and thresholds of the statistical picture."""
    picture = model.picture
    confirm_s = picture.confirm_delay_s if curves is None else curves.confirm_delay_s
    confirm_s = _model_value("confirm_delay_s") if confirm_s is None else confirm_s
    wind_mps = _model_value("wind_unknown_mps") if picture.wind_unknown_mps is None else picture.wind_unknown_mps
    return PictureModel(
        classes,
        tables,
        places.areas,
        sensors,
        battle.net,
        _goals(places),
        places.mask,
        _looks(curves, float(confirm_s)),
        *hexagonal_lattice(rings=3, spacing=0.85),
        *hexagonal_lattice(rings=2, spacing=1.15),
        float(picture.error_scale),
        float(wind_mps) if curves is None else 0.0,
        0.0 if curves is None else float(curves.shared_frac),
        0.0 if curves is None else float(curves.scatter),
        1.0 if curves is None else float(curves.true_over_stated),
        0.0 if curves is None else float(curves.stray_frac),
        1.0 if curves is None else float(curves.stray_scale),
        float(picture.first_plot_s if curves is None else curves.first_plot_s),
        float(confirm_s),
        float(picture.origin_error_m),
        int(picture.fused_sensors_at_most),
        float(picture.shrink_step),
        float(model.warning.ellipse),
        float(model.warning.wait_s),
        decision_age_frac(model),
        True,
    )


def _forecast(model: ScenarioModel, raid: RaidModel, battle: BattleModel, picture: PictureModel) -> Forecast:
    """The raid's law, and the timetable, as the defence expects them."""
    believed = model.doctrine.forecast
    day_mean = believed.rate_scale * raid.day_mean
    prices = np.concatenate([[0.0], model.doctrine.round_price_people * np.geomspace(*_PRICE_RANGE, _N_PRICES)])
    return Forecast(
        model.doctrine.policy == "price",
        battle,
        picture,
        raid._replace(day_mean=day_mean.copy(), salvos=raid.salvos[:0], recorded=no_record()),
        day_mean,
        math.inf if believed.rate_sd == 0.0 else float(believed.rate_sd) ** -2,
        float(raid.variance_over_mean),
        prices,
        int(believed.futures),
    )


def _warning(model: ScenarioModel, zoning: Zoning, classes: np.ndarray) -> WarningModel:
    rules, drones = model.warning, model.warning.drones
    delay_s = _model_value("message_delay_s") if rules.message_delay_s is None else rules.message_delay_s
    level = AS_OTHERS
    if drones is not None:
        is_level = np.ascontiguousarray(classes["is_cruise"])
        level = LevelRule(is_level, float(drones.p_area_at_least), float(drones.wait_s))
    return WarningModel(
        rules.rule == "ellipse",
        float(rules.p_area_at_least),
        float(rules.wait_s),
        float(delay_s),
        60.0 * rules.stay_min,
        float(rules.merge_s),
        float(model.harm.p_shelter_max),
        decision_delay_s=float(rules.decision_delay_s),
        is_called_off=rules.cancel,
        all_clear_s=math.nan if rules.all_clear_s is None else float(rules.all_clear_s),
        zones=make_zones(zoning.zone_of_area) if zoning.is_grouped else EACH_AREA,
        level=level,
    )


def _harm(model: ScenarioModel, areas: np.ndarray, lon_deg: float) -> HarmModel:
    """Vulnerability and sheltering; hours of day and night are local solar ones, and none where they change nothing."""
    harm, start = model.harm, model.start_utc
    night, day = harm.night, harm.day
    has_night, has_day = night.reaction_factor != 1.0, not np.array_equal(areas["population"], areas["day_population"])
    return HarmModel(
        float(harm.casualty_scale),
        float(harm.p_shelter_max),
        float(harm.injuries_per_person_in_area),
        float(harm.shelter_protection),
        float(harm.sheltering_injuries_per_person),
        _model_value("shelter_reaction_s"),
        _model_value("shelter_median_frac"),
        _model_value("shelter_log_sd"),
        np.array([(channel.share, channel.delay_s) for channel in harm.channels], float),
        float(harm.fatigue.per_needless_alert),
        float(harm.fatigue.floor),
        start.hour + start.minute / 60.0 + start.second / 3600.0 + round(lon_deg / 15.0),
        float(night.from_hour) if has_night else 0.0,
        float(night.until_hour) if has_night else 0.0,
        float(night.reaction_factor),
        float(day.from_hour) if has_day else 0.0,
        float(day.until_hour) if has_day else 0.0,
        float(harm.debris_area_m2),
        float(harm.debris_carry_frac),
        float(harm.shelter_kusd_per_person_hour),
    )


def compile_world(scenario: Scenario) -> World | TrackedWorld:
    """World of a scenario (an alternative already applied), with radars and tracker where its picture is tracked.

    Raises
    ------
    ScenarioError    something that can be seen only with places and ranges at hand: no area in reach of a class, say
    """
    model, origin = scenario.model, origin_of(scenario)
    reach = launch_reach(model.threats, origin)
    places = compile_places(model.places, origin, _folder(scenario), reach)
    classes, tables = compile_classes(model.threats, model.picture.p_missed_object)
    curves = fitted_curves(scenario)
    if curves is not None:
        for kind, name in zip(classes, class_names(model.threats), strict=True):
            kind["p_missed"] = curves.p_missed.get(name, kind["p_missed"])
    defence = compile_defence(model, origin)
    raid = compile_raid(
        model.threats, places, classes, tables, origin, model.start_utc, model.duration_day, _folder(scenario)
    )
    battle, sensors = compile_battle(model, defence, classes, tables)
    picture = _picture(model, curves, places, battle, sensors, classes, tables)
    world = World(
        math.ceil(model.duration_day - 1e-9),
        86400.0 * model.duration_day,
        identity_hash(model.doctrine.policy),
        places.areas,
        classes,
        places.shelter_class_s,
        places.area_shelter_class,
        raid,
        picture,
        battle,
        _warning(model, scenario_zoning(scenario), classes),
        _harm(model, places.areas, origin.lon_deg),
        _forecast(model, raid, battle, picture),
        defence.plan,
    )
    if model.picture.kind == "statistical":
        return world
    from .compile_tracked import compile_tracked

    tracked = compile_tracked(model, world.picture, origin, _folder(scenario))
    return TrackedWorld(world, tracked, model.picture.tracked.tracker, origin.lat_deg)
