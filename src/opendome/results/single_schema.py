"""Tables of a single replication in full: what happened, why, and to whom.

Positions are local east-north-up at the scenario's origin. ``threat_id`` is the object's number in launch order;
``track_id`` the defence's own number. Only ``links`` joins the two, and only the recorder fills it.
"""

from __future__ import annotations

from opendome.results.columns import Column, TableSchema, boolean, count, number, text

__all__ = ["SINGLE_RUN_TABLES"]


def _keys(moment: str) -> tuple[Column, ...]:
    return (
        text("alternative", "name of the alternative"),
        count("replication", "number of the replication"),
        number("t_s", "s", moment),
    )


_THREATS = TableSchema(
    "threats",
    "one row an object launched: the truth, and how it ended",
    (
        *_keys("moment of launch"),
        count("threat_id", "number of the object in launch order"),
        count("burst", "number of the burst"),
        count("shot", "number of the object in its burst"),
        text("threat_class", "threat class"),
        text("fate", "flies, fails_in_flight or misfires: what it does if nobody touches it"),
        text("end", "failed, fell_short, at_sea, open_ground, intercepted or leaked_built_up: what became of it"),
        text("reason", "last reason that the defence had for shooting or not shooting"),
        number("t_impact_s", "s", "moment of impact if nobody touches it"),
        number("launch_east_m", "m", "launch point"),
        number("launch_north_m", "m", "launch point"),
        number("way_east_m", "m", "waypoint of a drone; the launch point if it has none"),
        number("way_north_m", "m", "waypoint of a drone; the launch point if it has none"),
        number("impact_east_m", "m", "impact point if nobody touches it"),
        number("impact_north_m", "m", "impact point if nobody touches it"),
        number("range_m", "m", "ground distance from launch to impact"),
        boolean("is_at_sea", "the impact point is at sea"),
        boolean("is_in_launch_area", "the impact point is inside a launch area"),
        boolean("is_built_up", "the impact point is built-up ground of a defended area"),
        text("area_id", "area whose polygon holds the impact point; null: none", nullable=True),
        text("aim_area_id", "area aimed at; null: none", nullable=True),
    ),
)

_ASSESSMENTS = TableSchema(
    "assessments",
    "one row an impact prediction: what the defence believed",
    (
        *_keys("moment of the prediction"),
        count("track_id", "the defence's own number of the track"),
        count("ordinal", "number of the prediction of this track"),
        number("mean_east_m", "m", "predicted impact point"),
        number("mean_north_m", "m", "predicted impact point"),
        number("var_east_m2", "m2", "covariance of the impact point"),
        number("cov_m2", "m2", "covariance of the impact point"),
        number("var_north_m2", "m2", "covariance of the impact point"),
        number("t_impact_s", "s", "predicted moment of impact"),
        number("p_any", "1", "chance of a hit on any defended area (decision mask)"),
        number("value_people", "people", "people at risk"),
        count("n_areas", "areas with a chance worth keeping"),
    ),
)

_DECISIONS = TableSchema(
    "decisions",
    "one row a decision, shots and non-shots alike, each with its reason",
    (
        *_keys("moment of the decision"),
        count("track_id", "the defence's own number of the track"),
        count("ordinal", "number of the decision on this track"),
        text("reason", "why it was shot at, or was not"),
        boolean("is_shot", "interceptors were ordered"),
        text("battery_id", "battery that was chosen; null: none", nullable=True),
        count("n_rounds", "interceptors ordered"),
        number("p_any", "1", "chance of a hit on any defended area at that moment"),
        number("value_people", "people", "people at risk at that moment"),
        count("ready_rounds", "rounds ready in all launchers at that moment"),
        count("depot_rounds", "rounds in all depots at that moment"),
    ),
)

_LAUNCHES = TableSchema(
    "launches",
    "one row an interceptor",
    (
        *_keys("moment of launch"),
        count("track_id", "track it was fired at"),
        text("battery_id", "battery that fired"),
        count("launcher", "number of the launcher in its battery"),
        count("ordinal", "number of the shot at its object"),
        number("t_intercept_s", "s", "predicted moment of interception"),
        number("intercept_east_m", "m", "predicted point of interception"),
        number("intercept_north_m", "m", "predicted point of interception"),
        number("intercept_height_m", "m", "predicted point of interception, above the origin's horizontal plane"),
    ),
)

_INTERCEPTS = TableSchema(
    "intercepts",
    "one row an interceptor's end",
    (
        *_keys("moment of interception"),
        count("track_id", "track it was fired at"),
        text("battery_id", "battery that fired"),
        count("ordinal", "number of the shot at its object"),
        count("threat_id", "object it met; null: none was there", nullable=True),
        number("p_kill", "1", "probability that the outcome was drawn against"),
        boolean("is_kill", "the object was destroyed"),
        boolean("is_judged_kill", "the defence took it for destroyed"),
        boolean("is_wasted", "the object was destroyed or gone already"),
        number("injuries_by_debris", "people", "expected injuries by what fell from the object that it destroyed"),
    ),
)

_IMPACTS = TableSchema(
    "impacts",
    "one row an object that came down",
    (
        *_keys("moment of impact"),
        count("threat_id", "number of the object in launch order"),
        text("threat_class", "threat class"),
        number("east_m", "m", "impact point"),
        number("north_m", "m", "impact point"),
        text("end", "failed, fell_short, at_sea, open_ground or leaked_built_up"),
        text("area_id", "area whose polygon holds the impact point; null: none", nullable=True),
        boolean("is_built_up", "in built-up ground of a defended area"),
        text("reason", "last reason that the defence had for shooting or not shooting"),
        number("lead_s", "s", "time since the alert; null: unwarned, or outside every area", nullable=True),
        number("people_exposed", "people", "people inside the casualty area (expectation)"),
        number("injuries_expected", "people", "expected injuries with warning and shelter"),
        number("injuries_if_unwarned", "people", "expected injuries had nobody been warned"),
    ),
)

_WARNINGS = TableSchema(
    "warnings",
    "one row an alert of one area",
    (
        *_keys("moment at which the alert reaches people"),
        text("area_id", "area that is alerted"),
        number("t_end_s", "s", "end of the alert"),
        count("track_id", "track that raised it; -1: a person placed it"),
        count("n_tracks", "tracks that met the area within the merge time"),
        boolean(
            "is_needless", "nothing bound for that area came down, or was intercepted on its way, during the alert"
        ),
        number("population", "people", "people who live there"),
    ),
)

_STOCK = TableSchema(
    "stock",
    "one row a change of the stock of rounds",
    (
        *_keys("moment of the change"),
        text("cause", "start, fired, reloaded, arrival, resupply, lost, production, order, sent or departure"),
        text("battery_id", "battery concerned; null: none", nullable=True),
        text("depot_id", "depot concerned; null: none", nullable=True),
        count("change_rounds", "rounds added or taken away"),
        count("ready_rounds", "rounds ready in all launchers afterwards"),
        count("depot_rounds", "rounds in all depots afterwards"),
    ),
)

_MOVES = TableSchema(
    "moves",
    "one row a change of a battery's place or state",
    (
        *_keys("moment of the change"),
        text("battery_id", "battery concerned"),
        text("state", "ready, moving, waiting (for set-up or a crew), failed, repaired, arrived or left"),
        number("east_m", "m", "where it stands"),
        number("north_m", "m", "where it stands"),
    ),
)

_LINKS = TableSchema(
    "links",
    "one row a span of time in which a track followed an object; for the recorder alone",
    (
        *_keys("from this moment"),
        count("track_id", "the defence's own number of the track"),
        count("threat_id", "number of the object in launch order"),
        number("t_until_s", "s", "until this moment"),
    ),
)

SINGLE_RUN_TABLES: dict[str, TableSchema] = {
    schema.name: schema
    for schema in (
        _THREATS,
        _ASSESSMENTS,
        _DECISIONS,
        _LAUNCHES,
        _INTERCEPTS,
        _IMPACTS,
        _WARNINGS,
        _STOCK,
        _MOVES,
        _LINKS,
    )
}
"""Tables of a single run by name."""
