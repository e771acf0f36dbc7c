"""The runner of cases: what it keeps, what it takes up again, and how it judges."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from opendome.base.errors import CommandError, RunError
from opendome.study.cases.case import Declared, Effort, Finding, Target, case_names, declared_case, verdict_of
from opendome.study.validate import CasePlan, CaseRecord, Watch, inside_share, is_passed, planned_case, run_cases

INSIDE = Target(id="inside", words="inside", unit="1", low=1.0, high=2.0)
MISSED = Target(id="missed", words="missed", unit="1", low=1.0, high=2.0, kind="exact")
NAMED = Target(id="named", words="named", unit="1", low=1.0, high=2.0, expected_miss="as was known")


def plan(name: str, values: dict[str, float], calls: list[str], targets: tuple[Target, ...]) -> CasePlan:
    declared = Declared(name=name, title=name, question="?", inputs=("none",), settings={"seed": 1}, targets=targets)

    def measure(effort: Effort) -> list[Finding]:
        calls.append(name)
        if effort.progress is not None:
            effort.progress(0.5)
        return [Finding(one.id, values[one.id], values[one.id] - 0.1, values[one.id] + 0.1, 9) for one in targets]

    return CasePlan(declared, measure)


@pytest.mark.parametrize(
    ("change", "finding", "verdict"),
    [
        ({}, (1.0, 0.5, 1.5), "inside"),
        ({}, (2.001, 1.5, 2.5), "outside"),
        ({"judged_by": "interval"}, (2.001, 1.5, 2.5), "inside"),
        ({"judged_by": "interval"}, (2.6, 2.1, 3.1), "outside"),
        ({"judged_by": "nothing"}, (9.0, 9.0, 9.0), "told"),
        ({"low": None}, (-50.0, -50.0, -50.0), "inside"),
        ({"high": None}, (50.0, 50.0, 50.0), "inside"),
        ({"expected_miss": "known"}, (9.0, 9.0, 9.0), "expected miss"),
        ({"expected_miss": "known"}, (1.5, 1.5, 1.5), "inside"),
        ({}, (math.nan, math.nan, math.nan), "outside"),
    ],
)
def test_the_verdict_is_arithmetic(change: dict[str, object], finding: tuple[float, ...], verdict: str) -> None:
    target = Target.model_validate({**INSIDE.model_dump(), **change})
    assert verdict_of(target, Finding("inside", *finding)) == verdict


def test_what_was_not_measured_says_why() -> None:
    nan = math.nan
    assert verdict_of(INSIDE, Finding("inside", nan, nan, nan, note="the peer is not installed")) == "not measured"


def test_a_finished_case_is_read_and_not_run(tmp_path: Path) -> None:
    calls: list[str] = []
    plans = [plan("a", {"inside": 1.5}, calls, (INSIDE,)), plan("b", {"missed": 3.0}, calls, (MISSED,))]
    first = run_cases(plans, out=tmp_path)
    assert calls == ["a", "b"]
    (tmp_path / "b.json").unlink()
    read: list[tuple[str, bool]] = []
    watch = Watch(finished=lambda record, is_read: read.append((record.declared.name, is_read)))
    assert run_cases(plans, out=tmp_path, resume=True, watch=watch) == first
    assert calls == ["a", "b", "b"]
    assert read == [("a", True), ("b", False)]


def test_a_case_declared_otherwise_is_run_again_and_a_reason_changes_nothing(tmp_path: Path) -> None:
    calls: list[str] = []
    old = plan("a", {"inside": 1.5}, calls, (INSIDE,))
    run_cases([old], out=tmp_path)
    with_why = old.declared.model_copy(update={"targets": (INSIDE.model_copy(update={"why": "since"}),)})
    (record,) = run_cases([CasePlan(with_why, old.measure)], out=tmp_path, resume=True)
    assert calls == ["a"]
    assert record.lines[0].target.why == "since"
    other_seed = old.declared.model_copy(update={"settings": {"seed": 2}})
    run_cases([CasePlan(other_seed, old.measure)], out=tmp_path, resume=True)
    assert calls == ["a", "a"]


def test_nan_survives_the_file(tmp_path: Path) -> None:
    calls: list[str] = []
    plans = [plan("a", {"inside": math.nan}, calls, (INSIDE,))]
    run_cases(plans, out=tmp_path)
    (record,) = run_cases(plans, out=tmp_path, resume=True)
    assert len(calls) == 1 and math.isnan(record.findings[0].value)


def test_one_case_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    calls: list[str] = []
    plans = [plan("a", {}, calls, (INSIDE,)), plan("b", {"inside": 1.5}, calls, (INSIDE,))]
    with pytest.raises(RunError, match=r"a: KeyError"):
        run_cases(plans, out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["b.json"]


def test_progress_never_goes_back() -> None:
    shares: list[float] = []
    plans = [plan(name, {"inside": 1.0}, [], (INSIDE,)) for name in "abc"]
    run_cases(plans, watch=Watch(progress=lambda share, name: shares.append(share)))
    assert shares == sorted(shares) and shares[0] >= 0.0 and shares[-1] < 1.0


def test_pass_and_share() -> None:
    values = {"inside": 1.5, "missed": 9.0, "named": 9.0}

    def record(*targets: Target) -> CaseRecord:
        return run_cases([plan("a", values, [], targets)])[0]

    assert is_passed([record(INSIDE, NAMED)])
    assert not is_passed([record(INSIDE, MISSED)])
    share = inside_share([record(INSIDE, MISSED, NAMED)])
    assert (share.value, share.n) == (pytest.approx(1 / 3), 3)
    assert share.low == pytest.approx(0.0615, abs=1e-4) and share.high == pytest.approx(0.7923, abs=1e-4)  # Wilson
    assert inside_share([record(INSIDE, MISSED)], ("exact",)).value == 0.0


@pytest.mark.parametrize("name", case_names())
def test_every_declaration_is_sound(name: str) -> None:
    declared = declared_case(name)
    assert declared.name == name
    assert len({target.id for target in declared.targets}) == len(declared.targets)
    for target in declared.targets:
        assert target.judged_by == "nothing" or target.sources or target.kind != "published", target.id


def test_an_unknown_case_says_the_nearest() -> None:
    with pytest.raises(CommandError, match="erlang"):
        planned_case("erlan")
