"""Cost exchange: ratios of totals by hand, intervals that cover, and the published bill of 2006."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from opendome.catalogue.campaigns import campaign_figures
from opendome.measures.cost_exchange import DEFINITIONS, columns_needed, linear_terms, replayed_bill_kusd
from opendome.study.paired import mean_interval
from opendome.study.runner import study

BY_NAME = {definition.name: definition for definition in DEFINITIONS}


def test_the_published_bill_of_2006() -> None:
    figures = campaign_figures()
    rockets, price = figures["replay_2006_rockets"].number, figures["replay_2006_round_price"].number
    assert replayed_bill_kusd(rockets, 1, price) / 1000.0 == pytest.approx(figures["replay_2006_bill"].number, abs=0.05)
    assert replayed_bill_kusd(rockets, 2, price) / 1000.0 == pytest.approx(111.7, abs=0.05)


def test_definitions_are_ratios_of_totals() -> None:
    done = study("coastland", replications=8, seed=1, extras=False)
    table = done.table("replications").slice(0, 8)
    totals = {name: float(table.column(name).to_numpy().sum()) for name in columns_needed()}
    fired, launched = totals["cost_defender_kusd"], totals["cost_attacker_kusd"]
    avoided = totals["threatening_built_up"] - totals["leaked_built_up"]
    wanted = {
        "all for all": fired / launched,
        "round for round": (fired / totals["interceptors_fired"]) / (launched / totals["launched"]),
        "per threatening": fired / totals["threatening"],
        "per interception": fired / totals["intercepted"],
        "per leak avoided": fired / avoided,
        "damage avoided": avoided * totals["damage_kusd"] / totals["leaked_built_up"] / fired,
    }
    columns = {name: table.column(name).to_numpy() for name in columns_needed()}
    assert {name: pytest.approx(linear_terms(BY_NAME[name], columns).mean()) for name in wanted} == wanted
    assert wanted["per leak avoided"] > wanted["per threatening"] > 0.0


def test_intervals_cover_the_ratio_of_means() -> None:
    luck, n_studies, n_inside = np.random.default_rng(3), 1000, 0
    for _ in range(n_studies):
        size = luck.gamma(5.0, 10.0, 60)
        columns = {name: luck.poisson(size * (i + 1.0)).astype(float) for i, name in enumerate(columns_needed())}
        means = {name: 50.0 * (i + 1.0) for i, name in enumerate(columns_needed())}
        definition = BY_NAME["round for round"]
        truth = np.prod([means[c] for c in definition.above]) / np.prod([means[c] for c in definition.below])
        found = mean_interval(linear_terms(definition, columns))
        n_inside += found.low <= truth <= found.high
    low, high = binom.ppf((0.0005, 0.9995), n_studies, 0.95)
    assert low <= n_inside <= high


def test_nothing_below_gives_no_value() -> None:
    columns = {name: np.zeros(4) for name in columns_needed()}
    assert np.isnan(linear_terms(BY_NAME["per interception"], columns)).all()
    columns |= {"intercepted": np.ones(4)}
    assert (linear_terms(BY_NAME["per interception"], columns) == 0.0).all()
