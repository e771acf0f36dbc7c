"""Calibration: what published campaigns say about the uncertain inputs, with what was supposed beside what follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit

from opendome.base.errors import CommandError
from opendome.catalogue.tallies import Tally, tallies, tally
from opendome.results.manifest import versions, write_manifest
from opendome.results.schema import table_schema
from opendome.results.store import replace_file, write_table
from opendome.study.calibrate_campaign import new_campaign, supposed
from opendome.study.calibrate_model import SHARES, Prior, counts_of, launch_kill, stacked
from opendome.study.calibrate_sampler import Draws, Settings, effective_size, r_hat, sample

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["NEW", "Calibration", "calibrate", "chosen_campaigns", "fits"]

NEW = "a new campaign"
"""Name under which the next campaign of the same kind stands."""

_SHORT_PER_FAILING = 0.846  # scenario may-2021: 923 of 4,365 come down in the launch area when 0.25 fail
_N_SUPPOSED = 20_000
_WITHOUT_FIRE = ("short", "threatening")
_ENDS = (0.025, 0.5, 0.975)
_WORDS = {
    "short": "share of the launched that falls short",
    "threatening": "share of what crosses that threatens built-up ground",
    "success": "success of an engagement (definitions A and B)",
    "engaged": "share of the threatening that is engaged",
    "success_c": "intercepted of what struck or would have struck built-up ground (definition C)",
    "share_f": "intercepted of the launched (definition F)",
    "launch_kill": "chance that one launch kills",
    "rounds": "rounds per interception",
}


@dataclass(frozen=True)
class Calibration:
    """A finished calibration.

    ``table`` one row a quantity and campaign, prior beside posterior; ``draws`` the posterior's draws; ``overrides``
    scenario keys with low, middle and high; ``r_hat`` and ``effective_size`` are the worst of all that was drawn.
    """

    campaigns: tuple[str, ...]
    settings: Settings
    table: pa.Table
    draws: pa.Table
    overrides: dict[str, tuple[float, float, float]]
    r_hat: float
    effective_size: float

    def write(self, folder: Path) -> None:
        """Write tables, manifest and `overrides.yaml` into a folder."""
        for name, table in (("calibration", self.table), ("calibration_draws", self.draws)):
            write_table(folder / f"{name}.parquet", table)
        with replace_file(folder / "overrides.yaml") as temporary:
            temporary.write_text(self.overrides_yaml(), encoding="utf-8")
        found = {
            "kind": "calibration",
            "campaigns": list(self.campaigns),
            "settings": self.settings._asdict(),
            "r_hat": self.r_hat,
            "effective_size": self.effective_size,
            "versions": versions(),
        }
        write_manifest(folder, found)

    def overrides_yaml(self) -> str:
        """A piece of a scenario: an alternative with the middles, and the intervals as inputs of a study."""
        lines = [
            "# Posterior of a new campaign of the same kind; middles as an alternative, 95 % intervals as inputs.",
            f"# Fitted to {', '.join(self.campaigns)}:",
            "# a study of any of these with these values is no test.",
            f"# failing.share is the short share over {_SHORT_PER_FAILING:g}, the ratio that scenario may-2021 gives;",
            "# another failing.gamma or launch area gives another.",
            "alternatives:",
            "  calibrated:",
            *(f"    {key}: {middle:.4g}" for key, (_, middle, _) in self.overrides.items()),
            "study:",
            "  inputs:",
        ]
        for key, (low, _, high) in self.overrides.items():
            lines.append(
                f"    - {{key: {key}, low: {low:.4g}, high: {high:.4g}, label: calibrated, "
                'source: "opendome calibrate", confidence: derived}'
            )
        return "\n".join(lines) + "\n"


def fits(campaign: Tally) -> bool:
    """Whether a campaign has anything that a fit can use."""
    return any(campaign.fitted(count) is not None for count in ("short", "leaked", "intercepted", "engaged"))


def chosen_campaigns(names: Sequence[str] | None) -> tuple[Tally, ...]:
    """Campaigns by id, or all that a fit can use.

    Raises
    ------
    CommandError
        An id is unknown, given twice, or of a campaign of which a fit can use nothing.
    """
    if names is None:
        return tuple(found for found in tallies() if fits(found))
    found = tuple(tally(name) for name in names)
    empty = [one.id for one in found if not fits(one)]
    twice = sorted({name for name in names if list(names).count(name) > 1})
    usable = ", ".join(one.id for one in tallies() if fits(one))
    if not found or empty or twice:
        wrong = [f"no count of {name} can be used" for name in empty] + [f"{name} is given twice" for name in twice]
        raise CommandError(f"{'; '.join(wrong) or 'no campaign is named'}; choose from {usable}")
    return found


def calibrate(
    campaigns: Sequence[str] | None = None,
    settings: Settings = Settings(),  # noqa: B008
    prior: Prior = Prior(),  # noqa: B008
    out: Path | str | None = None,
    progress: Callable[[float], None] | None = None,
) -> Calibration:
    """Fit the shares of published campaigns.

    Parameters
    ----------
    campaigns : sequence of str, optional    ids of ``catalogue.tallies``; by default all that can be used
    settings : Settings                      seed and length of the chains
    prior : Prior                            what is supposed
    out : path, optional                     folder for tables, manifest and `overrides.yaml`
    progress : callable, optional            told the share that is done

    Returns
    -------
    Calibration

    Raises
    ------
    CommandError
        As ``chosen_campaigns``.
    """
    chosen = chosen_campaigns(campaigns)
    names = tuple(one.id for one in chosen)
    draws = sample(stacked([counts_of(chosen)]), prior, settings, progress)
    found = _calibration(names, draws, settings, prior)
    if out is not None:
        found.write(Path(out))
    return found


def _calibration(names: tuple[str, ...], draws: Draws, settings: Settings, prior: Prior) -> Calibration:
    """Tables and overrides from the draws of one problem."""
    shares, mean, spread, second = (part[:, 0] for part in draws)
    new = new_campaign(mean, spread, settings.seed)
    before = supposed(prior, _N_SUPPOSED, 1, settings.seed)
    prior_of = _quantities(before.shares_logit[:, 0], before.second_frac)
    rows: list[dict[str, Any]] = []
    unarmed = {name for name in names if tally(name).number("batteries") == 0}
    for i, name in enumerate((*names, NEW)):
        own = shares[:, :, i] if i < len(names) else new
        rows += [
            _row(name, what, value, prior_of[what])
            for what, value in _quantities(own, second).items()
            if what in _WITHOUT_FIRE or name not in unarmed
        ]
    for i, share in enumerate(SHARES):
        rows.append(_row("all", f"mean_{share}", expit(mean[..., i]), expit(before.mean_logit[:, i])))
        rows.append(_row("all", f"spread_{share}", spread[..., i], before.spread_logit[:, i]))
    rows.append(_row("all", "second_frac", second, before.second_frac))
    schema = table_schema("calibration")
    table = schema.table({column: [row[column] for row in rows] for column in schema.names})
    drawn = (shares.reshape(*shares.shape[:2], -1), mean, spread, second[..., None])
    worst_r = max(float(r_hat(part).max()) for part in drawn)
    least = min(float(effective_size(part).min()) for part in drawn)
    overrides = _overrides(_quantities(new, second), prior)
    return Calibration(names, settings, table, _draw_table(names, draws, new), overrides, worst_r, least)


def _quantities(shares_logit: np.ndarray, second_frac: np.ndarray) -> dict[str, np.ndarray]:
    """Every quantity of one campaign from its shares (..., 4) and the share of second rounds (...), each (...)."""
    found = {name: expit(shares_logit[..., i]) for i, name in enumerate(SHARES)}
    found["success_c"] = found["success"] * found["engaged"]
    found["share_f"] = (1.0 - found["short"]) * found["threatening"] * found["success_c"]
    found["launch_kill"] = launch_kill(found["success"], second_frac)
    found["rounds"] = 1.0 / found["launch_kill"]
    return found


def _row(campaign: str, quantity: str, value: np.ndarray, before: np.ndarray) -> dict[str, Any]:
    """A line of the table `calibration`; ``value`` is (m, W) when drawn by walkers."""
    low, middle, high = (float(part) for part in np.quantile(value, _ENDS))
    prior_low, prior_middle, prior_high = (float(part) for part in np.quantile(before, _ENDS))
    share = quantity.removeprefix("mean_").removeprefix("spread_")
    kind = quantity.removesuffix(share)
    words = {"mean_": "middle over campaigns: ", "spread_": "spread over campaigns (logit): "}.get(kind, "")
    return {
        "campaign": campaign,
        "quantity": quantity,
        "words": words + _WORDS.get(share, "share of the misses followed by a second round"),
        "prior_low": prior_low,
        "prior_median": prior_middle,
        "prior_high": prior_high,
        "low": low,
        "median": middle,
        "high": high,
        "r_hat": float(r_hat(value)),
        "effective_size": float(effective_size(value)),
        "n": int(value.size),
    }


def _overrides(new: dict[str, np.ndarray], prior: Prior) -> dict[str, tuple[float, float, float]]:
    """Scenario keys with low, middle and high, of a new campaign."""
    values = {
        "threats.raid.failing.share": np.minimum(new["short"] / _SHORT_PER_FAILING, 1.0),
        "assumptions.iron-dome.single_shot_kill_probability_rocket": np.minimum(
            new["launch_kill"] / prior.reliability_frac, 1.0
        ),
    }
    return {key: tuple(float(part) for part in np.quantile(value, _ENDS)) for key, value in values.items()}  # type: ignore[misc]


def _draw_table(names: tuple[str, ...], draws: Draws, new: np.ndarray) -> pa.Table:
    """The table `calibration_draws`: one row a draw and campaign."""
    shares = np.concatenate([draws.shares_logit[:, 0], new[:, :, None]], axis=2)
    n_kept, n_walkers, n_campaigns = shares.shape[:3]
    every = expit(shares).reshape(-1, len(SHARES))
    second = np.repeat(draws.second_frac[:, 0].reshape(-1), n_campaigns)
    labels = np.array([*names, NEW])
    columns: dict[str, Any] = {
        "draw": np.repeat(np.arange(n_kept * n_walkers), n_campaigns),
        "walker": np.repeat(np.tile(np.arange(n_walkers), n_kept), n_campaigns),
        "campaign": np.tile(labels, n_kept * n_walkers),
        **{name: every[:, i] for i, name in enumerate(SHARES)},
        "second_frac": second,
    }
    return table_schema("calibration_draws").table(columns)
