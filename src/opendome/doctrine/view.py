"""The decision view: what a policy may see, as columns of three float arrays. Truth is not among them.

A policy is ``choose(track, options, stock) -> int``: the row of ``options`` to carry out, or ``HOLD``. The same
columns reach it through every door: one
decision as arrays of shape (N_TRACK,), (n, N_OPTION), (N_STOCK,), or a batch with one more axis in front.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "HOLD",
    "MAX_OPTIONS",
    "N_OPTION",
    "N_STOCK",
    "N_TRACK",
    "OPTION_COLUMNS",
    "STOCK_COLUMNS",
    "TRACK_COLUMNS",
]

HOLD: Final = -1
MAX_OPTIONS: Final = 128

# track
T_S: Final = 0
T_IMPACT_S: Final = 1
P_HIT: Final = 2
VALUE_PEOPLE: Final = 3
SIGMA_M: Final = 4
N_SHOTS: Final = 5
I_CLASS: Final = 6
IMPACT_EAST_M: Final = 7
IMPACT_NORTH_M: Final = 8
N_TRACK: Final = 9

# option
UNIT: Final = 0
N_ROUNDS: Final = 1
T_LAUNCH_S: Final = 2
T_INTERCEPT_S: Final = 3
P_KILL: Final = 4
T_LATEST_S: Final = 5
UNIT_READY_ROUNDS: Final = 6
UNIT_CHANNELS_FREE: Final = 7
COST_KUSD: Final = 8
PRICE_FACTOR: Final = 9
N_OPTION: Final = 10

# stock
READY_ROUNDS: Final = 0
DEPOT_ROUNDS: Final = 1
DELIVERED_ROUNDS: Final = 2
ROUND_PRICE_PEOPLE: Final = 3
SALVO: Final = 4
SHADOW_PRICE_PEOPLE: Final = 5
N_STOCK: Final = 6

TRACK_COLUMNS: Final = {
    "T_S": "time of the decision [s]",
    "T_IMPACT_S": "predicted time of impact [s]",
    "P_HIT": "chance that it falls in a defended area",
    "VALUE_PEOPLE": "people expected in the casualty area, were it let fall",
    "SIGMA_M": "larger standard deviation of the predicted impact point [m]",
    "N_SHOTS": "rounds already fired at this track",
    "I_CLASS": "class index in the scenario's order of classes",
    "IMPACT_EAST_M": "predicted impact, east [m]",
    "IMPACT_NORTH_M": "predicted impact, north [m]",
}
OPTION_COLUMNS: Final = {
    "UNIT": "fire unit",
    "N_ROUNDS": "rounds in the salvo",
    "T_LAUNCH_S": "time of launch [s]",
    "T_INTERCEPT_S": "time of intercept [s]",
    "P_KILL": "chance that the salvo kills",
    "T_LATEST_S": "latest feasible launch of this unit [s]",
    "UNIT_READY_ROUNDS": "rounds ready in the unit",
    "UNIT_CHANNELS_FREE": "free engagement channels of the unit's command post",
    "COST_KUSD": "price of the salvo [kUSD]",
    "PRICE_FACTOR": "what a round of the unit is worth, over one of the unit whose rounds are dearest",
}
STOCK_COLUMNS: Final = {
    "READY_ROUNDS": "rounds ready in all launchers",
    "DEPOT_ROUNDS": "rounds in depots",
    "DELIVERED_ROUNDS": "rounds that have entered the system so far",
    "ROUND_PRICE_PEOPLE": "doctrine's price of a round [people]",
    "SALVO": "doctrine's salvo [rounds]",
    "SHADOW_PRICE_PEOPLE": "what a round of the dearest unit is worth later, by rollouts of the forecast [people]",
}
