"""Cases of validation: exact targets are the closed forms, and the committed page says what the cases give."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from opendome.report.against_record import case_section
from opendome.study.cases.assignment_reference import FAMILIES, small_problem
from opendome.study.cases.case import Effort, case_names, declared_case
from opendome.study.cases.decisions import THREE, TWO
from opendome.study.cases.draws import exponentials, uniforms
from opendome.study.cases.erlang import QUEUES
from opendome.study.validate import CaseRecord, planned_case, run_cases
from opendome.testing.reference_decisions import best_plan, greedy_plan, plan_value

PAGE = Path(__file__).parents[2] / "docs" / "validity" / "against-the-record.md"
QUICK = [name for name in case_names() if declared_case(name).cost == "quick"]
LONG = [name for name in case_names() if declared_case(name).cost == "long"]
SERVICE_S = 20.0


def erlang_b(n: int, load_erlang: float) -> float:
    """Blocking of n servers, as a share of sums of the truncated Poisson law."""
    terms = [load_erlang**k / math.factorial(k) for k in range(n + 1)]
    return terms[-1] / sum(terms)


def chain(n: int, load_erlang: float, places: int, patience_s: float) -> tuple[float, float, float]:
    """Share lost, chance that all servers are busy, and mean wait of those let in [s], of a birth-and-death chain."""
    weights = [1.0]
    for k in range(1, places + 1):
        leaving = min(k, n) / SERVICE_S + max(k - n, 0) / patience_s
        weights.append(weights[-1] * load_erlang / SERVICE_S / leaving)
    p = [weight / sum(weights) for weight in weights]
    queue = sum((k - n) * p[k] for k in range(n, places + 1))
    arrivals_ps = load_erlang / SERVICE_S
    lost = queue / patience_s / arrivals_ps + p[-1]
    return lost, sum(p[n:]), queue / (arrivals_ps * (1.0 - p[-1]))


@pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: next(iter(queue.asks)))
def test_targets_of_erlang_are_the_formulas(queue: object) -> None:
    declared = declared_case("erlang")
    for target, what in queue.asks.items():  # type: ignore[attr-defined]
        n, load, patience_s, places = queue.n_channels, queue.load_erlang, queue.patience_s, queue.places  # type: ignore[attr-defined]
        if patience_s is None:
            wanted = erlang_b(n, load)
        else:
            wanted = dict(zip(("lost", "must_wait", "wait_s"), chain(n, load, places or 600, patience_s)))[what]
        asked = declared.target(target)
        assert asked.low is not None and asked.high is not None
        if asked.kind == "exact":
            assert asked.low == asked.high == pytest.approx(wanted, rel=1e-9)
        else:
            assert asked.low <= wanted <= asked.high


def test_targets_of_decisions_are_values_of_plans() -> None:
    declared = declared_case("decisions")
    for cities, name in ((THREE, "three"), (TWO, "two")):
        best = plan_value(cities, best_plan(cities)) / cities.worth_in_all
        greedy = plan_value(cities, greedy_plan(cities)) / cities.worth_in_all
        assert declared.target(f"{name}-best").low == pytest.approx(best, rel=1e-12)
        assert declared.target(f"{name}-bound").low == pytest.approx(best, rel=1e-12)
        assert declared.target(f"{name}-greedy").low == pytest.approx(greedy, rel=1e-12)
        assert greedy < best
    p, q = 0.6, 0.4 * 0.9
    assert declared.target("look-4-rounds").low == pytest.approx((1 - 0.4**4) / p)
    assert declared.target("misjudged-killed").low == pytest.approx(p * (1 + q + q * q))


def test_no_plan_of_one_battery_beats_the_best() -> None:
    """A round kept for the dearest city, at any threshold of rounds left, saves no more than the best plan."""
    best = plan_value(THREE, best_plan(THREE))
    for kept in range(6):
        value = plan_value(THREE, lambda epoch, city, rounds, looks, kept=kept: 0 if city == 0 and rounds[0] else (
            0 if rounds[0] > kept else -1))  # type: ignore[misc]  # fmt: skip
        assert value <= best + 1e-12


def test_draws_have_names() -> None:
    assert (uniforms(1, 2, 3, 10)[:4] == uniforms(1, 2, 3, 4)).all()
    first = uniforms(1, 2, 3, 4000)
    for other in (uniforms(2, 2, 3, 4000), uniforms(1, 3, 3, 4000), uniforms(1, 2, 4, 4000)):
        assert abs(((first - 0.5) * (other - 0.5)).mean() * 12.0) < 3.3 / math.sqrt(4000)
    assert exponentials(1, 2, 3, 40_000, 20.0).mean() == pytest.approx(20.0, rel=3.3 / 200)


@pytest.mark.parametrize("family", FAMILIES)
def test_small_problems_are_problems(family: str) -> None:
    for number in range(40):
        value, p_kill, rounds = small_problem(family, 5, number)
        assert p_kill.shape == (rounds.size, value.size) and value.size >= 1 and rounds.size >= 1
        assert (value >= 0).all() and (p_kill >= 0).all() and (p_kill <= 1).all() and (rounds >= 0).all()


def compared(name: str, record: CaseRecord) -> None:
    for line in record.lines:
        if line.verdict == "not measured":
            pytest.skip(line.finding.note)
    text = PAGE.read_text(encoding="utf-8")
    section = case_section(record)
    assert section in text, f"`opendome validate --page docs/validity/against-the-record.md`: {name} differs"


def test_the_page_has_every_case_and_its_command() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^    opendome validate --case (\S+)$", text, re.MULTILINE) == list(case_names())


@pytest.mark.parametrize("name", QUICK)
def test_the_page_says_what_a_quick_case_gives(name: str) -> None:
    compared(name, run_cases([planned_case(name)], workers=2)[0])


@pytest.mark.validate
@pytest.mark.parametrize("name", LONG)
def test_the_page_says_what_a_long_case_gives(name: str) -> None:
    compared(name, run_cases([planned_case(name)], workers=2)[0])


def test_findings_do_not_depend_on_workers() -> None:
    declared = declared_case("erlang")
    small = declared.model_copy(update={"settings": {**declared.settings, "n_batches": 3, "n_arrivals": 3_000}})
    from opendome.study.cases.erlang import run

    assert run(small, Effort(1)) == run(small, Effort(3))
