"""Parameters of doctrine: what is engaged, when, and with how many rounds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from opendome.base.params import Parameters, quantity

__all__ = ["BUILT_IN_POLICIES", "Doctrine", "EngageIf", "Forecast", "Layer"]

BUILT_IN_POLICIES = ("earliest", "greedy", "price")
"""Policies that need no registration."""


class EngageIf(Parameters):
    """Thresholds for engaging a threat; one that passes any given threshold may be engaged."""

    p_hit_at_least: float | None = quantity(
        0.1, unit="probability", low=0.02, high=0.4, ge=0, le=1, source="notes on campaign inputs"
    )
    """Engage if the predicted chance to fall in a defended area is at least this; null: not asked."""

    value_at_risk_at_least: float | None = quantity(None, unit="people", ge=0)
    """Engage if the expected people in the lethal area are at least this many; null: not asked."""

    flight_share_at_least: float | None = quantity(
        None, unit="share", low=0.2, high=0.5, ge=0, le=1, source="notes on campaign inputs"
    )
    """A rocket is not engaged before this share of its flight, while its impact point is still vague; null.

    The catalogue's.
    """


class Forecast(Parameters):
    """What the defence expects to come, for a policy that prices its rounds; the raid itself is never asked."""

    rate_scale: float = quantity(1.0, unit="factor", low=0.5, high=2, gt=0, le=100)
    """Launches that the defence expects, over those of the scenario's law."""

    rate_sd: float = quantity(0.5, unit="share", low=0.2, high=1, ge=0, le=10, source="assumed")
    """How far the defence trusts that: standard deviation of the true rate over the expected one, before it has seen
    anything. What is seen since corrects the rate; 0: nothing does."""

    futures: int = quantity(12, unit="count", low=4, high=32, ge=1, le=256, source="assumed")
    """Futures drawn from the forecast, and played to the campaign's end, each time that rounds are priced."""

    p_kill_offset: float = quantity(0.0, unit="probability", low=-0.15, high=0.15, ge=-1, le=1)
    """Error of the kill probability that the policy believes in."""


class Layer(Parameters):
    """One layer of several: the first in the list that can shoot at a threat does, and a later one if it misses."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)
    """Name of the layer."""

    systems: Annotated[tuple[str, ...], Field(min_length=1, max_length=20)]
    """Systems that stand in it, names of the catalogue."""

    classes: tuple[str, ...] | None = None
    """Threat classes that it shoots at; null: all."""

    shots_at_most: int = quantity(16, unit="rounds", low=1, high=16, ge=1, le=200)
    """Rounds that it may fire at one threat, so that time and rounds are left for later layers."""

    reserve_rounds: int = quantity(0, unit="rounds", low=0, high=40, ge=0, le=1_000_000)
    """Ready rounds that it keeps for threats that no later layer can reach."""


class Doctrine(Parameters):
    """Rules the defence fires by."""

    engage_if: EngageIf = EngageIf()
    """Thresholds for engaging."""

    engage_when: Literal["now", "latest"] = "now"
    """Fire as soon as the thresholds are passed, or at the last feasible launch."""

    salvo: int = quantity(1, unit="rounds", low=1, high=2, ge=1, le=4)
    """Rounds fired at a threat in one salvo."""

    shoot_look_shoot: bool = True
    """After a salvo, look whether it hit, and shoot again if there is time."""

    max_shots: int = quantity(4, unit="rounds", low=1, high=6, ge=1, le=16, source="assumed")
    """Rounds fired at one threat at most."""

    reserve_share: float = quantity(0.0, unit="share", low=0, high=0.3, ge=0, le=1)
    """Share of all rounds kept back for the most valuable areas; 0: fire to the last."""

    policy: str = "earliest"
    """Rule that chooses among feasible shots: `earliest`, `greedy`, `price`, or a registered name."""

    forecast: Forecast = Forecast()
    """What the policy `price` expects to come."""

    round_price_people: float = quantity(0.02, unit="people", low=0.002, high=0.2, ge=0, source="assumed")
    """What a round is worth, in people at risk, to a policy that weighs shots against each other."""

    decision_s: float | None = quantity(None, unit="s", low=1, high=5, ge=0, le=600)
    """Time from a usable prediction to the order to fire; null: the catalogue's."""

    retry_s: float = quantity(2.0, unit="s", low=1, high=5, gt=0, le=600, source="assumed")
    """A threat that could not be engaged is looked at again after this time."""

    layers: Annotated[tuple[Layer, ...], Field(max_length=7)] = ()
    """Layers, upper ones first; none: all batteries stand in one, and the policy chooses among them. Systems that no
    layer names come after the last."""
