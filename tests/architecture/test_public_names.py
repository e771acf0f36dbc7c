"""The façade: light to import, closed, and true to what it says."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
import tomllib

import pytest

import opendome
from tests.architecture import rooms
from tests.architecture.sources import ROOT

MEASURE = """
import sys, time
start = time.perf_counter()
import opendome
print(time.perf_counter() - start)
print(*sorted(sys.modules))
"""


def fresh_import() -> tuple[float, set[str]]:
    """Import the package in a process of its own: seconds it took, and the modules loaded."""
    lines = subprocess.run(
        [sys.executable, "-c", MEASURE], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return float(lines[0]), set(lines[1].split())


def test_import_is_light() -> None:
    took_s, loaded = fresh_import()
    assert not loaded & {*rooms.HEAVY_MODULES, "numpy", "pydantic"}
    assert len(loaded) < 200
    best_s = min(took_s, *(fresh_import()[0] for _ in range(2)))
    assert best_s < rooms.IMPORT_BUDGET_S


def test_the_light_import_test_sees_a_heavy_module() -> None:
    heavy = MEASURE.replace("import opendome", "import opendome, scipy", 1)
    output = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True).stdout
    assert "scipy" in output.splitlines()[1].split()


def test_all_is_sorted_and_closed() -> None:
    assert opendome.__all__ == sorted(set(opendome.__all__))
    assert set(opendome.__all__) == {*opendome._HOMES, "__version__"}
    assert dir(opendome) == opendome.__all__


@pytest.mark.parametrize("name", opendome.__all__)
def test_every_public_name_can_be_had(name: str) -> None:
    home = opendome._HOMES.get(name, "opendome").partition(":")[0]
    room = ".".join(home.split(".")[:2])
    if importlib.util.find_spec(room) is None or (home != room and importlib.util.find_spec(home) is None):
        pytest.skip(f"{home} is not built yet")
    assert getattr(opendome, name) is not None


def test_type_checkers_are_told_the_same_homes() -> None:
    tree = ast.parse((ROOT / "src/opendome/__init__.py").read_text(encoding="utf-8"))
    (guarded,) = [node for node in tree.body if isinstance(node, ast.If)]
    told = {}
    for node in guarded.body:
        assert isinstance(node, ast.ImportFrom)
        for alias in node.names:
            is_module = node.module == "opendome"
            told[alias.name] = f"opendome.{alias.name}" if is_module else f"{node.module}:{alias.name}"
    assert told == opendome._HOMES


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'lode'; public names: Run"):
        opendome.lode  # noqa: B018


def test_version_is_written_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in project["project"]["dynamic"]
    assert f"## [{opendome.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
