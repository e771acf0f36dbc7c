"""Bills of 2006, 2012 and 2014 by the catalogue's counts and prices of the time.

Intervals are those of the price, between the lowest and the highest printed; simulated figures add the scatter of the
replications, which is far smaller.
"""

from __future__ import annotations

from opendome.catalogue.campaigns import campaign_figures
from opendome.measures.cost_exchange import DEFINITIONS, columns_needed, linear_terms, replayed_bill_kusd
from opendome.measures.derive import columns_of
from opendome.scenario.compile import compile_world
from opendome.scenario.reader import example
from opendome.study.cases.case import Declared, Effort, Finding
from opendome.study.paired import Interval, linearised_ratio, mean_interval
from opendome.study.replicate import run_chunk

__all__ = ["run"]

_BY_PRICE = "prices of 2011-12"


def run(declared: Declared, effort: Effort) -> list[Finding]:
    """Multiply counts and prices, and simulate what a rocket stopped costs in rounds."""
    settings, figures = declared.settings, campaign_figures()
    prices_kusd = (settings["price_kusd"], settings["price_low_kusd"], settings["price_high_kusd"])
    rockets = figures["replay_2006_rockets"].number
    division = replayed_bill_kusd(rockets, 1.0, figures["replay_2006_round_price"].number) / 1e3
    rounds_each = settings["rounds_2014"] / settings["interceptions_2014"]
    stopped = figures["interceptions_2012_11"].number
    money_kusd = 1e3 * settings["resupply_musd"] / settings["stopped_2014"]
    each, per_stopped = _simulated(settings["scenario"], settings["replications"], settings["seed"], prices_kusd)
    return [
        Finding("replay-division", division, division, division, 0, "exact"),
        _bill("replay-one", rockets, 1.0, prices_kusd),
        _bill("replay-one-blog", rockets, 1.0, prices_kusd),
        _bill("replay-two", rockets, 2.0, prices_kusd),
        _bill("bill-2012", stopped, rounds_each, prices_kusd),
        Finding("stopped-division", money_kusd, money_kusd, money_kusd, 0, "exact"),
        Finding("stopped-rounds", per_stopped.value, per_stopped.low, per_stopped.high, each.n, _BY_PRICE),
        Finding("rounds-each", each.value, each.low, each.high, each.n),
    ]


def _bill(target: str, n: float, rounds_each: float, prices_kusd: tuple[float, float, float]) -> Finding:
    """A bill in millions of dollars at the middle, lowest and highest price."""
    value, low, high = (replayed_bill_kusd(n, rounds_each, price) / 1e3 for price in prices_kusd)
    return Finding(target, value, low, high, 0, _BY_PRICE)


def _simulated(
    name: str, replications: int, seed: int, prices_kusd: tuple[float, float, float]
) -> tuple[Interval, Interval]:
    """Rounds for each rocket stopped in a scenario; and what they cost [kUSD] at each price, the ends with scatter."""
    scenario = example(name).override({"assumptions.iron-dome.interceptor_cost_kusd": prices_kusd[0]})
    world = compile_world(scenario)
    columns = columns_of(run_chunk(world, seed, 0, replications, scenario.model.doctrine.policy).rows)
    each = mean_interval(linearised_ratio(columns["interceptors_fired"], columns["intercepted"]))
    definition = next(one for one in DEFINITIONS if one.name == "per interception")
    terms = linear_terms(definition, {column: columns[column] for column in columns_needed()})
    cost_kusd = mean_interval(terms)
    middle, low, high = prices_kusd
    return each, cost_kusd._replace(low=cost_kusd.low * low / middle, high=cost_kusd.high * high / middle)
