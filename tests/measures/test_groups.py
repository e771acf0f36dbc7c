"""What is counted of each group of threat classes: equal to a count by hand over the objects of whole runs."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

import opendome as od
from opendome.base.tally import GROUPS, OF_GROUP
from opendome.cli.answer import print_groups
from opendome.measures.derive import find_measure

GROUP_OF = {
    "short-rocket": "rockets",
    "mortar": "mortars",
    "one-way-drone": "drones",
    "cruise-missile": "cruise_missiles",
}
SEED, N = 17, 6


def counted_by_hand(run: Any) -> Counter[str]:
    """The group's columns from the tables of one run, object by object."""
    found: Counter[str] = Counter()
    tables = run.tables()
    threats = {row["threat_id"]: row for row in tables["threats"].to_pylist()}
    followed = {row["track_id"]: row["threat_id"] for row in tables["links"].to_pylist()}
    for row in threats.values():
        group = GROUP_OF[row["threat_class"]]
        found[f"{group}_launched"] += 1
        found[f"{group}_bound"] += row["is_built_up"] and row["area_id"] is not None and row["fate"] != "misfires"
        found[f"{group}_intercepted"] += row["end"] == "intercepted"
        found[f"{group}_leaked"] += row["end"] == "leaked_built_up"
    shot_at = {followed[row["track_id"]] for row in tables["decisions"].to_pylist() if row["is_shot"]}
    for threat in shot_at:
        found[f"{GROUP_OF[threats[threat]['threat_class']]}_engaged"] += 1
    for row in tables["impacts"].to_pylist():
        if row["area_id"] is not None and threats[row["threat_id"]]["fate"] != "misfires":
            group = GROUP_OF[row["threat_class"]]
            found[f"{group}_impacts"] += 1
            found[f"{group}_lead_s"] += 0.0 if row["lead_s"] is None else row["lead_s"]
    return found


@pytest.fixture(scope="module")
def scenario() -> Any:
    return od.example("ifpc-side-by-side")


def test_groups_are_what_the_objects_add_up_to(scenario: Any) -> None:
    total: Counter[str] = Counter()
    for replication in range(N):
        run = od.run(scenario, seed=SEED, replication=replication)
        ours, expected = run.measures(), counted_by_hand(run)
        for group, _ in GROUPS:
            for what, _, _ in OF_GROUP:
                name = f"{group}_{what}"
                assert ours[name] == pytest.approx(expected[name], abs=1e-6), name
        total += expected
    assert all(total[f"{group}_{what}"] > 0 for group, _ in GROUPS for what in ("bound", "engaged", "impacts"))


@pytest.mark.parametrize("name", ["launched", "engaged", "intercepted"])
def test_groups_add_up_to_everything(scenario: Any, name: str) -> None:
    study = od.study(scenario, replications=20, seed=SEED, extras=False)
    rows = study.table("replications").to_pylist()
    assert all(row[name] == sum(row[f"{group}_{name}"] for group, _ in GROUPS) for row in rows)
    assert all(row["leaked_built_up"] == sum(row[f"{group}_leaked"] for group, _ in GROUPS) for row in rows)
    assert all(row["threatening_built_up"] == sum(row[f"{group}_bound"] for group, _ in GROUPS) for row in rows)
    assert all(row["impacts_in_areas"] == sum(row[f"{group}_impacts"] for group, _ in GROUPS) for row in rows)


def test_ratios_of_a_group_are_ratios_of_its_columns() -> None:
    share, lead = find_measure("drones_share_leaked"), find_measure("drones_lead_mean_s")
    assert (share.numerator, share.denominator, share.unit) == (("drones_leaked",), ("drones_bound",), "1")
    assert (lead.numerator, lead.denominator, lead.unit) == (("drones_lead_s",), ("drones_impacts",), "s")


def test_groups_are_printed_where_there_is_more_than_rockets(scenario: Any, capsys: pytest.CaptureFixture[str]) -> None:
    study = od.study(scenario, replications=4, seed=SEED, extras=False)
    print_groups(study, study.alternatives, {"as-is": "As it is"})
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("By threat group")
    assert len(lines) == 3 + 4 * len(study.alternatives)
    assert sum("As it is" in line for line in lines) == 4
    value = {row["measure"]: row["value"] for row in study.estimates().to_pylist() if row["alternative"] == "as-is"}
    line = next(line for line in lines if line.startswith("drones") and "As it is" in line)
    assert float(line.split("As it is")[1].split()[0]) == pytest.approx(value["drones_bound"], rel=0.1)


def test_nothing_is_printed_of_rockets_alone(capsys: pytest.CaptureFixture[str]) -> None:
    study = od.study("may-2021", replications=2, seed=SEED, extras=False)
    print_groups(study, study.alternatives, {})
    assert capsys.readouterr().out == ""
