"""Parameter objects: strict, frozen, and explained from their own declaration."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

from opendome.base.errors import CommandError
from opendome.base.params import FieldNote, Parameters, describe_fields, explain, quantity


class Reloading(Parameters):
    """A small model."""

    reload_s: float = quantity(720.0, unit="s", low=300.0, high=1800.0, source="assumed", ge=0.0, lt=1e6)
    """From an empty launcher
    to a full one."""
    mode: Literal["full", "single"] = "full"
    """What is loaded at a time."""


class Battery(Parameters):
    """One level up."""

    id: str
    """Its name."""
    reloading: Reloading = Reloading()
    """How it reloads."""
    spare: Reloading | None = None
    """A second way."""


class Whole(Parameters):
    """The root."""

    batteries: tuple[Battery, ...] = ()
    """All of them."""
    by_name: dict[str, Reloading] = Field(default_factory=dict)
    """By a name of the user's own."""
    aliases: dict[str, str] = Field(default_factory=dict)
    """Two strings in one type."""
    origin: Annotated[str, Field(min_length=2)] = Field("here", alias="from")
    """Where it starts."""
    n_rounds: int = quantity(unit="1", ge=1)
    """Rounds in all."""


class Node(Parameters):
    """A model that contains itself."""

    children: tuple[Node, ...] = ()
    """Further nodes."""
    n_rounds: int = 0
    """Rounds here."""


def test_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="reload_ms"):
        Reloading(reload_ms=1.0)  # type: ignore[call-arg]


def test_values_cannot_change() -> None:
    reloading = Reloading()
    with pytest.raises(ValidationError, match="frozen"):
        reloading.reload_s = 1.0  # type: ignore[misc]
    assert hash(Reloading()) == hash(Reloading(reload_s=720))


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, -1.0, 1e6])
def test_values_outside_the_bounds_are_refused(value: float) -> None:
    with pytest.raises(ValidationError, match="reload_s"):
        Reloading(reload_s=value)


def test_a_plausible_range_is_no_limit() -> None:
    assert Reloading(reload_s=10.0).reload_s == 10.0


@pytest.mark.parametrize(("default", "low", "high"), [(5.0, 6.0, None), (5.0, None, 4.0), (5.0, 6.0, 4.0)])
def test_a_default_outside_its_plausible_range_is_a_mistake(default: float, low: float, high: float) -> None:
    with pytest.raises(ValueError, match="low|below|above"):
        quantity(default, unit="s", low=low, high=high)


def test_a_wrong_default_is_refused_when_it_is_used() -> None:
    class Wrong(Parameters):
        n_rounds: int = quantity(-1, unit="1", ge=0)

    with pytest.raises(ValidationError, match="n_rounds"):
        Wrong()


def test_explain_gives_everything_declared() -> None:
    assert explain(Reloading, "reload_s") == FieldNote(
        key="reload_s",
        kind="float",
        meaning="From an empty launcher to a full one.",
        unit="s",
        default=720.0,
        is_required=False,
        low=300.0,
        high=1800.0,
        bounds=">= 0.0, < 1000000.0",
        source="assumed",
    )


@pytest.mark.parametrize(
    ("key", "found", "kind"),
    [
        ("batteries", "batteries", "tuple[Battery]"),
        ("batteries[b1].reloading.reload_s", "batteries[].reloading.reload_s", "float"),
        ("batteries.spare.mode", "batteries[].spare.mode", "'full' | 'single'"),
        ("batteries[0].spare", "batteries[].spare", "Reloading | none"),
        ("by_name", "by_name", "dict[str, Reloading]"),
        ("by_name.night-shift.reload_s", "by_name.*.reload_s", "float"),
        ("batteries+", "batteries", "tuple[Battery]"),
        ("aliases", "aliases", "dict[str, str]"),
        ("from", "from", "str"),
    ],
)
def test_explain_follows_nested_keys(key: str, found: str, kind: str) -> None:
    note = explain(Whole, key)
    assert (note.key, note.kind) == (found, kind)
    assert note.meaning


def test_required_and_default_are_told_apart() -> None:
    assert explain(Whole, "n_rounds").is_required
    assert explain(Whole, "n_rounds").default is None
    assert explain(Whole, "by_name").default == {}
    assert explain(Whole, "from").bounds == "length >= 2"


def test_unknown_key_offers_the_nearest() -> None:
    with pytest.raises(CommandError, match=r"did you mean `batteries\[\]\.reloading\.reload_s`"):
        explain(Whole, "batteries.reloading.relaod_s")
    with pytest.raises(CommandError, match="did you mean `reload_s`"):
        explain(Whole, "reloads_s")
    with pytest.raises(CommandError, match="keys are dotted"):
        explain(Whole, "zzz")


def test_describe_lists_every_key_once_in_order() -> None:
    keys = [note.key for note in describe_fields(Whole)]
    assert keys == [
        "batteries",
        "batteries[].id",
        "batteries[].reloading",
        "batteries[].reloading.reload_s",
        "batteries[].reloading.mode",
        "batteries[].spare",
        "batteries[].spare.reload_s",
        "batteries[].spare.mode",
        "by_name",
        "by_name.*.reload_s",
        "by_name.*.mode",
        "aliases",
        "from",
        "n_rounds",
    ]


def test_a_model_that_contains_itself_is_described_once() -> None:
    assert [note.key for note in describe_fields(Node)] == ["children", "n_rounds"]
