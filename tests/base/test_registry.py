"""The registry: one name, one component; plug-ins on the first look-up; unknown names answered with the nearest."""

from __future__ import annotations

import importlib.metadata
import sys
import types
from collections.abc import Iterator

import pytest

from opendome.base import registry
from opendome.base.errors import CommandError


@pytest.fixture
def empty_shelf(monkeypatch: pytest.MonkeyPatch) -> Iterator[registry._Shelf]:
    """A registry of this test's own, with no plug-ins installed."""
    shelf = registry._Shelf()
    monkeypatch.setattr(registry, "_SHELF", shelf)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: ())
    yield shelf


def plugin_module(monkeypatch: pytest.MonkeyPatch, name: str) -> list[int]:
    """Plant a module whose attribute access registers a policy, as an import would; return the list of its loads."""
    loads: list[int] = []

    class Planted(types.ModuleType):
        def __getattr__(self, attribute: str) -> int:
            if attribute != "start":
                raise AttributeError(attribute)
            loads.append(1)
            registry.register("policy", "planted")(len)
            return 0

    monkeypatch.setitem(sys.modules, name, Planted(name))
    return loads


def test_decorator_returns_its_object_and_lookup_finds_it(empty_shelf: registry._Shelf) -> None:
    @registry.register("policy", "nearest-first")
    def nearest_first() -> str:
        return "mine"

    assert nearest_first() == "mine"
    assert registry.lookup("policy", "nearest-first") is nearest_first
    assert registry.registered("policy") == {"nearest-first": nearest_first}
    assert registry.registered("tracker") == {}


def test_registered_is_sorted_and_a_copy(empty_shelf: registry._Shelf) -> None:
    for name in ("b", "c", "a"):
        registry.register("measure", name)(len)
    found = registry.registered("measure")
    assert list(found) == ["a", "b", "c"]
    found.clear()
    assert list(registry.registered("measure")) == ["a", "b", "c"]


def test_same_name_under_two_kinds_is_fine_but_twice_under_one_is_refused(empty_shelf: registry._Shelf) -> None:
    registry.register("policy", "greedy")(len)
    registry.register("tracker", "greedy")(sum)
    with pytest.raises(CommandError, match=r"`greedy` is registered already, by builtins.len"):
        registry.register("policy", "greedy")(max)
    assert registry.lookup("policy", "greedy") is len


def test_unregister_frees_the_name(empty_shelf: registry._Shelf) -> None:
    registry.register("policy", "greedy")(len)
    registry.unregister("policy", "greedy")
    registry.register("policy", "greedy")(max)
    assert registry.lookup("policy", "greedy") is max
    with pytest.raises(CommandError, match="unknown policy `absent`"):
        registry.unregister("policy", "absent")


def test_unknown_name_offers_the_nearest(empty_shelf: registry._Shelf) -> None:
    registry.register("policy", "earliest")(len)
    with pytest.raises(CommandError, match="did you mean `earliest`"):
        registry.lookup("policy", "earlyest")
    with pytest.raises(CommandError, match=r"unknown tracker `x`: \(none is registered\)"):
        registry.lookup("tracker", "x")


@pytest.mark.parametrize("call", [registry.lookup, registry.register, registry.unregister])
def test_unknown_kind_offers_the_nearest(empty_shelf: registry._Shelf, call: object) -> None:
    with pytest.raises(CommandError, match="did you mean `policy`"):
        call("polici", "earliest")  # type: ignore[operator]


@pytest.mark.parametrize("name", ["", "Upper", "with space", "-x", "x-", "1x", "a--b", "a.b"])
def test_names_that_scenarios_cannot_write_are_refused(empty_shelf: registry._Shelf, name: str) -> None:
    with pytest.raises(CommandError, match="cannot name a policy"):
        registry.register("policy", name)


def test_plugins_load_once_and_only_at_the_first_lookup(
    empty_shelf: registry._Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = plugin_module(monkeypatch, "planted_plugin")
    entry = importlib.metadata.EntryPoint("planted", "planted_plugin:start", registry.PLUGIN_GROUP)
    asked: list[str] = []

    def installed(group: str) -> tuple[importlib.metadata.EntryPoint]:
        asked.append(group)
        return (entry,)

    monkeypatch.setattr(importlib.metadata, "entry_points", installed)

    registry.register("policy", "own")(max)
    assert loads == [] and asked == []
    assert registry.lookup("policy", "planted") is len
    assert set(registry.registered("policy")) == {"own", "planted"}
    assert loads == [1] and asked == [registry.PLUGIN_GROUP]


def test_a_plugin_that_fails_is_named_and_tried_again(
    empty_shelf: registry._Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = importlib.metadata.EntryPoint("broken", "no_such_module_here:start", registry.PLUGIN_GROUP)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: (entry,))
    registry.register("policy", "own")(max)
    for _ in range(2):
        with pytest.raises(CommandError, match=r"plug-in `broken` .* ModuleNotFoundError"):
            registry.lookup("policy", "own")
