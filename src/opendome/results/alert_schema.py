"""Tables of recorded alerts, as ``opendome import-alerts`` writes them."""

from __future__ import annotations

from opendome.results.columns import Column, TableSchema, boolean, count, number, text

__all__ = ["ALERT_TABLES"]


def _moment(name: str, meaning: str) -> Column:
    return Column(name, "int64", "s", meaning + ", since 1970-01-01T00:00:00Z")


_AREA = (
    text("name", "name of the area as the message writes it"),
    text("area_id", "id of the area in the list of areas; null: the list has no such name", nullable=True),
    text("area_name", "English name in the list", nullable=True),
    number("lat_deg", "deg", "point of the area, latitude (WGS84)", nullable=True),
    number("lon_deg", "deg", "point of the area, longitude (WGS84)", nullable=True),
    number("time_to_shelter_s", "s", "official time to shelter", nullable=True),
)

_MESSAGES = TableSchema(
    "alert_messages",
    "one row a recorded message",
    (
        count("line", "line of the file"),
        _moment("t_unix_s", "moment of the message"),
        text("local_date", "date by the file's clock"),
        text("local_time", "time of day by the file's clock"),
        text("clock", "plain; repeated: the clock shows this time twice, the first is meant; left out: it never does"),
        text("areas", "areas as the message writes them"),
        text("category", "category of the threat"),
        text("category_words", "its words"),
        count("n_areas", "areas named"),
        count("n_matched", "of them in the list of areas"),
        boolean("is_repeat", "an earlier row says the same at the same second"),
    ),
)

_AREA_ALERTS = TableSchema(
    "area_alerts",
    "one row an area that a message names",
    (
        count("line", "line of the message in the file"),
        _moment("t_unix_s", "moment of the message"),
        text("local_date", "date by the file's clock"),
        *_AREA,
        text("match", "how the name was found: exact, spelling, renamed or none"),
    ),
)

_MERGED = TableSchema(
    "area_alerts_merged",
    "one row an alert of one area, repeats close together counted as one",
    (
        _moment("t_unix_s", "moment of the first message"),
        _moment("t_last_unix_s", "moment of the last message"),
        text("local_date", "date of the first by the file's clock"),
        *_AREA,
        count("n", "area-alerts that were merged"),
        count("cluster", "number of the cluster: all areas together, parted where nothing sounds for 120 s"),
    ),
)

ALERT_TABLES: dict[str, TableSchema] = {schema.name: schema for schema in (_MESSAGES, _AREA_ALERTS, _MERGED)}
"""Tables of recorded alerts by name."""
