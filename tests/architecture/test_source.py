"""The source keeps the rules of the house, and each rule finds what it is for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.architecture import form_rules, layer_rules, rooms, safety_rules
from tests.architecture.sources import ROOT, Module, package_modules

Rule = Callable[[list[Module]], list[str]]

RULES: tuple[Rule, ...] = (
    layer_rules.one_way_levels,
    layer_rules.information_barrier,
    safety_rules.no_global_randomness,
    safety_rules.no_clock,
    safety_rules.nothing_unsafe,
    safety_rules.no_print_or_assert,
    safety_rules.no_swallowed_errors,
    form_rules.sizes,
    form_rules.clear_module_names,
    form_rules.docstrings,
    form_rules.annotated,
    form_rules.inner_kernels_stay_inside,
    form_rules.closed_all,
    form_rules.units_in_names,
)


@pytest.fixture(scope="module")
def modules() -> list[Module]:
    """Give every module of the package."""
    return package_modules()


def test_the_package_is_found(modules: list[Module]) -> None:
    names = {module.name for module in modules}
    assert {"opendome", "opendome.base.registry", "opendome.base.errors"} <= names
    assert len(names) == len(modules) > 20


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_holds(rule: Rule, modules: list[Module]) -> None:
    findings = rule(modules)
    assert not findings, f"{rule.__doc__}\n  " + "\n  ".join(findings)


def test_every_room_on_the_list_is_written_once() -> None:
    listed = [room for level in rooms.LEVELS for room in level] + list(rooms.FREE)
    assert len(listed) == len(set(listed))
    assert {*rooms.GUARDED, *rooms.GUARDED_THROUGHOUT, *rooms.MAY_USE_FREE, *rooms.MAY_PRINT} <= set(listed)
    folders = {path.parent.name for path in (ROOT / "src" / rooms.PACKAGE).glob("*/__init__.py")}
    assert folders <= set(listed)


def test_every_exception_is_still_needed(modules: list[Module]) -> None:
    names = {module.name for module in modules}
    for name in rooms.LONGER_ALLOWED:
        assert name.split(":")[0] in names, f"{name} is gone: take it off the list of longer pieces"


FUNCTION = '"""Text."""\n\n\ndef work(a: int) -> int:\n    """Do it."""\n'

PLANTED = [
    (layer_rules.one_way_levels, "base.planted", "from opendome.flight import fly\n", "stands above"),
    (layer_rules.one_way_levels, "base.planted", "def f():\n    import opendome.study.runner\n", "stands above"),
    (layer_rules.one_way_levels, "raid.planted", "from ..sensing import plots\n", "sibling"),
    (layer_rules.one_way_levels, "harm.planted", "import_module('opendome.battle.kernel')\n", "stands above"),
    (layer_rules.one_way_levels, "study.planted", "from opendome import register\n", "façade"),
    (layer_rules.one_way_levels, "study.planted", "import opendome.testing.builders\n", "for tests"),
    (layer_rules.one_way_levels, "study.cases.planted", "import opendome.report.page\n", "stands above"),
    (layer_rules.one_way_levels, "console.planted", "import opendome.cli.main\n", "sibling"),
    (layer_rules.one_way_levels, "attic.planted", "import json\n", "has no level"),
    (layer_rules.information_barrier, "doctrine.planted", "from opendome.raid import arrivals\n", "holds the truth"),
    (layer_rules.information_barrier, "doctrine.planted", "from opendome.base.types import Links\n", "names `Links`"),
    (layer_rules.information_barrier, "warning.planted", "def f(x: 'int') -> None:\n    x.i_object\n", "`i_object`"),
    (layer_rules.information_barrier, "console.planted", "import types\ny = types.Raid\n", "names `Raid`"),
    (layer_rules.information_barrier, "tracking.planted", "z = plots['i_object']\n", "names `i_object`"),
    (safety_rules.no_global_randomness, "raid.planted", "import numpy as np\nnp.random.normal()\n", "np.random"),
    (safety_rules.no_global_randomness, "raid.planted", "from numpy.random import default_rng\n", "numpy.random"),
    (safety_rules.no_global_randomness, "raid.planted", "import random\n", "imports random"),
    (safety_rules.no_global_randomness, "raid.planted", "from uuid import uuid4\n", "imports uuid"),
    (safety_rules.no_global_randomness, "console.planted", "import secrets\n", "imports secrets"),
    (safety_rules.no_global_randomness, "console.seats", "import random\n", "imports random"),
    (safety_rules.no_global_randomness, "raid.planted", "stats.norm.rvs(size=3)\n", ".rvs"),
    (safety_rules.no_clock, "cli.planted", "import time\ntime.time()\n", "reads time.time"),
    (safety_rules.no_clock, "results.planted", "import datetime\ndatetime.datetime.now()\n", "datetime.now"),
    (safety_rules.no_clock, "results.planted", "from datetime import datetime\ndatetime.utcnow()\n", "utcnow"),
    (safety_rules.no_clock, "results.planted", "from time import time_ns\n", "imports time.time_ns"),
    (safety_rules.no_clock, "battle.planted", "import time\ntime.monotonic()\n", "may time themselves"),
    (safety_rules.no_clock, "battle.planted", "from time import perf_counter_ns\n", "may time themselves"),
    (safety_rules.nothing_unsafe, "results.planted", "import pickle\n", "imports pickle"),
    (safety_rules.nothing_unsafe, "results.planted", "eval('1')\n", "calls eval"),
    (safety_rules.nothing_unsafe, "results.planted", "exec('1')\n", "calls exec"),
    (safety_rules.nothing_unsafe, "scenario.planted", "import yaml\nyaml.load(text)\n", "calls yaml.load"),
    (safety_rules.nothing_unsafe, "scenario.planted", "YAML(typ='unsafe')\n", "may build any object"),
    (safety_rules.nothing_unsafe, "cli.planted", "subprocess.run('ls', shell=True)\n", "shell"),
    (safety_rules.no_print_or_assert, "study.planted", "print(1)\n", "prints"),
    (safety_rules.no_print_or_assert, "study.planted", "assert 1\n", "asserts"),
    (safety_rules.no_swallowed_errors, "study.planted", "try:\n    f()\nexcept:\n    raise\n", "bare except"),
    (safety_rules.no_swallowed_errors, "study.planted", "try:\n    f()\nexcept Exception:\n    pass\n", "does nothing"),
    (form_rules.sizes, "study.planted", "x = 1\n" * 401, "401 lines"),
    (form_rules.sizes, "study.planted", FUNCTION + "    a += 1\n" * 59, "work has 61 lines"),
    (form_rules.sizes, "study.planted", "class A:\n" + "    x = 1\n" * 250, "A has 251 lines"),
    (form_rules.clear_module_names, "study.utils", "", "`utils` says nothing"),
    (form_rules.docstrings, "study.planted", "x = 1\n", "no docstring"),
    (form_rules.docstrings, "study.planted", '"""Text."""\ndef work() -> None:\n    x = 1\n', "work has no docstring"),
    (form_rules.docstrings, "study.planted", '"""T."""\nclass A:\n    """T."""\n    def b(self): ...\n', "A.b has no"),
    (form_rules.annotated, "study.planted", "def f(a, *b, c: int): ...\n", "type of a, b, return"),
    (
        form_rules.annotated,
        "study.planted",
        "class A:\n    def f(self): ...\n",
        "A.f does not say",
    ),
    (form_rules.units_in_names, "study.planted", "wait: float = quantity(1.0, unit='s')\n", "`wait` is declared"),
    (form_rules.units_in_names, "study.planted", "wait_h: float = quantity(1.0, unit='s')\n", "`wait_h` is declared"),
    (form_rules.units_in_names, "study.planted", "wait_h: float = quantity(1.0, unit='1')\n", "`wait_h` is declared"),
    (
        form_rules.inner_kernels_stay_inside,
        "study.planted",
        "@kernel\ndef _f(a):\n    return a\ndef g() -> int:\n    return _f(1)\n",
        "private kernel `_f`",
    ),
    (form_rules.closed_all, "study.planted", "__all__ = ['absent']\n", "which is not there"),
    (form_rules.closed_all, "study.planted", "__all__ = ['a', 'a']\na = 1\n", "lists `a` twice"),
]


@pytest.mark.parametrize(("rule", "name", "text", "expected"), PLANTED)
def test_rule_finds_a_planted_breach(rule: Rule, name: str, text: str, expected: str) -> None:
    findings = rule([Module(f"opendome.{name}", text)])
    assert any(expected in finding for finding in findings), findings


INNOCENT = [
    (form_rules.units_in_names, "study.planted", "wait_s: float = quantity(1.0, unit='s')\n"),
    (form_rules.units_in_names, "study.planted", "rounds_per_day: float = quantity(1.0, unit='rounds/day')\n"),
    (layer_rules.one_way_levels, "cli.planted", "from opendome.console import server\nimport opendome.base.errors\n"),
    (layer_rules.one_way_levels, "results.planted", "from opendome import __version__\n"),
    (layer_rules.one_way_levels, "testing.planted", "from opendome.battle import kernel\n"),
    (layer_rules.one_way_levels, "study.cases.planted", "from opendome.testing import builders\n"),
    (layer_rules.one_way_levels, "battle.planted", "from .state import State\nfrom opendome.doctrine import rules\n"),
    (layer_rules.information_barrier, "battle.planted", "from opendome.base.types import Links, Raid\n"),
    (layer_rules.information_barrier, "doctrine.planted", "from opendome.base.types import Picture\n"),
    (safety_rules.no_clock, "cli.planted", "import time\ntime.monotonic()\nfrom time import perf_counter\n"),
    (safety_rules.no_clock, "scenario.planted", "def f(world: int) -> float:\n    return world.time\n"),
    (safety_rules.nothing_unsafe, "study.planted", "re.compile('x')\nmodel.eval()\nrun(['ls'], shell=False)\n"),
    (safety_rules.no_print_or_assert, "cli.planted", "print(1)\n"),
    (form_rules.sizes, "study.planted", FUNCTION + "    a += 1\n" * 58),
    (form_rules.annotated, "study.planted", "@numba.njit(cache=True)\ndef kernel(a, b):\n    return a\n"),
    (
        form_rules.inner_kernels_stay_inside,
        "study.planted",
        "@kernel\ndef _f(a):\n    return a\n@kernel\ndef g(a):\n    return _f(a)\ndef h() -> int:\n    return g(1)\n",
    ),
    (form_rules.closed_all, "study.planted", "__all__ = ['A', 'b']\nA, _c = 1, 2\ndef b(): ...\ndef _d(): ...\n"),
]


@pytest.mark.parametrize(("rule", "name", "text"), INNOCENT)
def test_rule_lets_the_innocent_go(rule: Rule, name: str, text: str) -> None:
    assert rule([Module(f"opendome.{name}", text)]) == []


def test_barrier_finds_a_way_round() -> None:
    modules = [
        Module("opendome.doctrine.planted", "from opendome.flight import go_between\n"),
        Module("opendome.flight.go_between", "import opendome.raid.arrivals\n"),
        Module("opendome.raid.arrivals", ""),
    ]
    assert layer_rules.information_barrier(modules) == [
        "opendome.doctrine.planted: reaches the truth by "
        "opendome.doctrine.planted -> opendome.flight.go_between -> opendome.raid.arrivals"
    ]
