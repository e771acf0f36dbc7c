"""How well a tracker did: its tables of tracks, scan by scan, against the true places of the same scans.

Distances by scan are those of ``gospa``. For what follows a track through time (completeness, purity, switches), truth
and tracks are paired as in the CLEAR MOT measures (Bernardin and Stiefelhagen, EURASIP J. Image and Video Processing
2008): a pair of the scan before stands while it is nearer than the cutoff, and the rest are paired for the least sum
of squared distances.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opendome.base.errors import CommandError
from opendome.base.types import TrackStatus

from .consistency import Consistency, Rate, Share, consistency, normalised_squares, poisson_rate, share_inside
from .gospa import gospa, nearest_pairs, ospa

__all__ = ["Score", "TruthScan", "score"]

FloatArray = NDArray[np.float64]


class TruthScan(NamedTuple):
    """What there was to see at one scan.

    ``t_s`` its time; ``identity (n,)`` of int, the same from scan to scan; ``position_enu_m (n, 3)``.
    """

    t_s: float
    identity: np.ndarray
    position_enu_m: np.ndarray


@dataclass(frozen=True)
class Score:
    """Figures of one run; those over nothing are NaN.

    ``gospa_m`` and its parts, ``ospa_m``: root mean squares over scans (parts are shares of the mean square at order
    2, of the mean p-th power in general). ``position_rms_m``: paired tracks. ``completeness_frac``: share of truth and
    scan with a track. ``purity_frac``: share of paired track-scans that belong to the track's most frequent truth.
    ``n_id_switches``: times a truth goes on under another track. ``confirm_s (n,)``: from first seen to first paired,
    in order of ``identities``, inf for never. ``n_spurious_tracks``: tracks never paired, ``false_tracks`` their rate.
    ``nees``: of the places of paired tracks, correlated within a track, so that its band is too narrow.
    """

    n_scans: int
    n_truths: int
    n_tracks: int
    gospa_m: float
    gospa_localisation_frac: float
    gospa_missed_frac: float
    gospa_false_frac: float
    ospa_m: float
    position_rms_m: float
    completeness_frac: float
    purity_frac: float
    n_id_switches: int
    n_spurious_tracks: int
    false_tracks: Rate
    identities: tuple[int, ...]
    confirm_s: FloatArray
    nees: Consistency
    inside_95: Share

    @property
    def switches_per_truth(self) -> float:
        """Identity switches over truths."""
        return self.n_id_switches / self.n_truths if self.n_truths else math.nan

    @property
    def median_confirm_s(self) -> float:
        """Median time from first seen to first paired track [s]; inf when half are never paired."""
        # Not by interpolation, which between a number and inf would give NaN.
        return float(np.sort(self.confirm_s)[(self.n_truths - 1) // 2]) if self.n_truths else math.nan

    def confirmed_within_frac(self, limit_s: float) -> float:
        """Share of truths with a track within ``limit_s`` of being first seen."""
        return float(np.mean(self.confirm_s <= limit_s)) if self.n_truths else math.nan


@dataclass
class _Tally:
    """What is counted scan by scan."""

    last_track: dict[int, int] = field(default_factory=dict)
    pairs_before: dict[int, int] = field(default_factory=dict)
    truths_of: dict[int, Counter[int]] = field(default_factory=dict)
    first_seen_s: dict[int, float] = field(default_factory=dict)
    first_paired_s: dict[int, float] = field(default_factory=dict)
    n_due: int = 0
    n_paired: int = 0
    n_switches: int = 0
    powers: list[tuple[float, float, float, float, float]] = field(default_factory=list)
    errors: list[FloatArray] = field(default_factory=list)
    covariances: list[FloatArray] = field(default_factory=list)


def _paired(scan: TruthScan, rows: np.ndarray, before: dict[int, int], cutoff_m: float) -> list[tuple[int, int]]:
    """Rows of truth and tracks that belong together: pairs of the scan before first, then the nearest."""
    place = rows["mean"][:, :3]
    difference = np.asarray(scan.position_enu_m, float).reshape(-1, 3)[:, None, :] - place[None, :, :]
    distance = np.sqrt(np.einsum("ijk,ijk->ij", difference, difference))
    row_of = {int(track): j for j, track in enumerate(rows["track_id"])}
    pairs: list[tuple[int, int]] = []
    for i, identity in enumerate(scan.identity):
        kept = row_of.get(before.get(int(identity), -1))
        if kept is not None and distance[i, kept] < cutoff_m:
            pairs.append((i, kept))
    for i, j in pairs:
        distance[i, :], distance[:, j] = np.inf, np.inf
    pairs += [(int(i), int(j)) for i, j in nearest_pairs(distance, cutoff_m)]
    return pairs


def _count_scan(tally: _Tally, scan: TruthScan, rows: np.ndarray, cutoff_m: float, order: float) -> None:
    place = rows["mean"][:, :3]
    parts = gospa(scan.position_enu_m, place, cutoff_m=cutoff_m, order=order)
    power = ospa(scan.position_enu_m, place, cutoff_m=cutoff_m, order=order) ** order
    tally.powers.append((parts.distance_m**order, parts.localisation, parts.missed, parts.false, power))
    for track in rows["track_id"]:
        tally.truths_of.setdefault(int(track), Counter())
    for identity in scan.identity:
        tally.first_seen_s.setdefault(int(identity), scan.t_s)
    tally.n_due += len(scan.identity)
    pairs = _paired(scan, rows, tally.pairs_before, cutoff_m)
    tally.pairs_before = {int(scan.identity[i]): int(rows["track_id"][j]) for i, j in pairs}
    for i, j in pairs:
        identity, track = int(scan.identity[i]), int(rows["track_id"][j])
        tally.n_paired += 1
        tally.n_switches += tally.last_track.get(identity, track) != track
        tally.last_track[identity] = track
        tally.truths_of[track][identity] += 1
        tally.first_paired_s.setdefault(identity, scan.t_s)
        tally.errors.append(place[j] - np.asarray(scan.position_enu_m, float)[i])
        tally.covariances.append(np.array(rows["cov"][j, :3, :3]))


def _check(scan: TruthScan, rows: np.ndarray, i_scan: int) -> None:
    if np.asarray(scan.position_enu_m).size != 3 * len(scan.identity):
        raise CommandError(f"scan {i_scan}: {len(scan.identity)} identities; write as many positions, shape (n, 3)")
    if len(set(map(int, scan.identity))) != len(scan.identity):
        raise CommandError(f"scan {i_scan}: an identity stands twice; write each object once")
    if rows.dtype.names is None or not {"track_id", "status", "mean", "cov"} <= set(rows.dtype.names):
        raise CommandError(f"scan {i_scan}: the table of tracks is not of TRACK_REPORT; give `table.rows`")


def score(
    truth: Sequence[TruthScan],
    tables: Sequence[np.ndarray],
    *,
    cutoff_m: float = 1000.0,
    order: float = 2.0,
    with_tentative: bool = False,
) -> Score:
    """All figures of one run.

    Parameters
    ----------
    truth : n scans of TruthScan             only objects that a radar can see then belong into a scan
    tables : n arrays (k,) of TRACK_REPORT   the tracker's rows after each of the same scans
    cutoff_m : float                         farther apart, truth and track do not belong together [m]
    order : float                            p of GOSPA and OSPA
    with_tentative : bool                    count tentative tracks too

    Returns
    -------
    Score
    """
    if len(truth) == 0 or len(truth) != len(tables):
        raise CommandError(f"{len(truth)} scans and {len(tables)} tables; give at least one scan and one table a scan")
    tally = _Tally()
    for i_scan, (scan, table) in enumerate(zip(truth, tables)):
        rows = np.asarray(table)
        _check(scan, rows, i_scan)
        wanted = rows["status"] != TrackStatus.DROPPED if with_tentative else rows["status"] == TrackStatus.CONFIRMED
        _count_scan(tally, scan, rows[wanted], cutoff_m, order)
    return _figures(tally, truth, order)


def _figures(tally: _Tally, truth: Sequence[TruthScan], order: float) -> Score:
    powers = np.asarray(tally.powers).mean(axis=0)
    errors = np.asarray(tally.errors).reshape(-1, 3)
    squares = normalised_squares(errors, np.asarray(tally.covariances).reshape(-1, 3, 3))
    identities = tuple(sorted(tally.first_seen_s))
    confirm_s = np.array([tally.first_paired_s.get(k, math.inf) - tally.first_seen_s[k] for k in identities])
    paired = [counts for counts in tally.truths_of.values() if counts]
    n_spurious = len(tally.truths_of) - len(paired)
    # A single scan has no duration of its own: it is taken as one second.
    duration_s = float(truth[-1].t_s - truth[0].t_s) * len(truth) / (len(truth) - 1) if len(truth) > 1 else 1.0
    total = powers[0] if powers[0] > 0.0 else math.nan
    return Score(
        n_scans=len(truth),
        n_truths=len(identities),
        n_tracks=len(tally.truths_of),
        gospa_m=float(powers[0] ** (1.0 / order)),
        gospa_localisation_frac=float(powers[1] / total),
        gospa_missed_frac=float(powers[2] / total),
        gospa_false_frac=float(powers[3] / total),
        ospa_m=float(powers[4] ** (1.0 / order)),
        position_rms_m=float(np.sqrt(np.mean(np.sum(errors**2, axis=1)))) if len(errors) else math.nan,
        completeness_frac=tally.n_paired / tally.n_due if tally.n_due else math.nan,
        purity_frac=sum(max(c.values()) for c in paired) / tally.n_paired if tally.n_paired else math.nan,
        n_id_switches=tally.n_switches,
        n_spurious_tracks=n_spurious,
        false_tracks=poisson_rate(n_spurious, duration_s),
        identities=identities,
        confirm_s=confirm_s,
        nees=consistency(squares, 3),
        inside_95=share_inside(squares, 3),
    )
