"""Rounds that a barrage of 3,000 a day asks for, beside the product that analysts write down."""

from __future__ import annotations

import numpy as np

from opendome.measures.derive import columns_of
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import example
from opendome.study.cases.case import Declared, Effort, Finding
from opendome.study.paired import linearised_ratio, mean_interval
from opendome.study.replicate import run_chunk

__all__ = ["run"]

_SHIPMENTS_ROUNDS = (("shipment-low", 200.0), ("shipment-high", 312.0))


def run(declared: Declared, effort: Effort) -> list[Finding]:
    """Simulate demand where supply does not bind, and take it apart into share and rounds each."""
    settings = declared.settings
    n, days = settings["replications"], settings["days"]
    scenario = example(settings["scenario"]).override(settings["overrides"])
    scenario = scenario.alternative(scenario.model.study.baseline)
    rows = run_chunk(compile_world(scenario), settings["seed"], 0, n, scenario.model.doctrine.policy).rows
    columns = columns_of(rows)
    launched, engaged, fired = (columns[name] for name in ("launched", "engaged", "interceptors_fired"))
    found = {
        "threatening-share": linearised_ratio(columns["threatening"], launched),
        "engaged-share": linearised_ratio(engaged, launched),
        "rounds-each": linearised_ratio(fired, engaged),
        "rounds-a-day": fired / days,
    }
    findings = []
    for target, values in found.items():
        interval = mean_interval(values)
        findings.append(Finding(target, interval.value, interval.low, interval.high, interval.n))
    share, each, demand = (next(f for f in findings if f.target == name) for name in list(found)[1:])
    product = demand.value / (float(np.mean(launched)) / days * share.value * each.value)
    findings.append(Finding("product", product, product, product, n, "exact"))
    for target, rounds in _SHIPMENTS_ROUNDS:
        findings.append(Finding(target, rounds / demand.value, rounds / demand.high, rounds / demand.low, n))
    short = int(columns["stocked_out"].sum())
    if short:
        return [Finding(**{**one.__dict__, "note": f"stock ran out in {short} of {n}"}) for one in findings]
    return findings
