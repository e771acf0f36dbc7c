"""The battle kernel as a queue: one post whose n channels are the servers, with memoryless arrivals.

In a loss system each object can be met at one moment of its path only: it is shot at on arrival, or never. In a waiting
system an object stands still, so that the time of service is the fly-out to it whenever the shot is fired, and is
tried again until a channel is free, until it leaves (patience), or for ever; the radar's track capacity bounds the
number of objects in the system.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student_t

from opendome.base.errors import RunError
from opendome.battle.kernel import advance
from opendome.battle.model import BattleModel
from opendome.battle.state import Status, Window, new_state
from opendome.doctrine import rules
from opendome.study.cases.case import Declared, Effort, Finding
from opendome.study.cases.draws import exponentials
from opendome.testing.builders import (
    toy_classes,
    toy_links,
    toy_model,
    toy_objects,
    toy_posts,
    toy_tracks,
    toy_units,
    toy_window,
)

__all__ = ["QUEUES", "Queue", "run"]

Floats = NDArray[np.float64]

_LOOK_S = 4.0
_FLYOUT_MPS = 1_000.0
_EVER_S = 1e9
_ARRIVALS, _SERVICE, _PATIENCE = range(3)


class Queue(NamedTuple):
    """One queue: channels, offered load, law of service, and what it is asked for.

    ``patience_s`` None: a loss system; infinite: waits for ever; else the mean of an exponential patience. ``places``
    0: no limit. ``asks``: figures by name, of "lost", "must_wait" and "wait_s".
    """

    n_channels: int
    load_erlang: float
    is_constant: bool
    asks: dict[str, str]
    patience_s: float | None = None
    places: int = 0


QUEUES = (
    Queue(1, 0.6, True, {"loss-1-constant": "lost"}),
    Queue(4, 3.0, True, {"loss-4-constant": "lost"}),
    Queue(4, 3.0, False, {"loss-4-exponential": "lost"}),
    Queue(10, 5.0, False, {"loss-10-table": "lost"}),
    Queue(12, 12.0, False, {"loss-12-exponential": "lost"}),
    Queue(4, 3.0, False, {"wait-4-chance": "must_wait", "wait-4-mean": "wait_s"}, math.inf),
    Queue(4, 4.0, False, {"places-8-loss": "lost", "places-8-wait": "wait_s"}, math.inf, 8),
    Queue(4, 5.0, False, {"leaving-loss": "lost"}, 20.0),
    Queue(4, 8.0, False, {"leaving-loss-overload": "lost"}, 10.0),
)
"""The queues of the case, in the order of its targets."""


def run(declared: Declared, effort: Effort) -> list[Finding]:
    """Play every queue in batches; intervals are Student's over the batches."""
    settings = declared.settings
    jobs = [(i, batch) for i in range(len(QUEUES)) for batch in range(settings["n_batches"])]

    def one(job: tuple[int, int]) -> dict[str, float]:
        return _batch(QUEUES[job[0]], job[0], job[1], settings)

    found = dict(zip(jobs, _told(ThreadPoolExecutor(effort.workers).map(one, jobs), len(jobs), effort.progress)))
    findings = []
    for i, queue in enumerate(QUEUES):
        for target, what in queue.asks.items():
            values = np.array([found[i, batch][what] for batch in range(settings["n_batches"])])
            half = student_t.ppf(0.5 + settings["confidence"] / 2.0, len(values) - 1)
            half *= values.std(ddof=1) / math.sqrt(len(values))
            mean, n = float(values.mean()), len(values) * (settings["n_arrivals"] - settings["n_warm_up"])
            words = f"{100 * settings['confidence']:g} %"
            findings.append(Finding(target, mean, mean - float(half), mean + float(half), n, words))
    return findings


def _told(
    results: Iterable[dict[str, float]], n: int, progress: Callable[[float], None] | None
) -> Iterable[dict[str, float]]:
    for i, one in enumerate(results):
        if progress is not None:
            progress((i + 1) / n)
        yield one


def _batch(queue: Queue, i_queue: int, batch: int, settings: dict[str, float]) -> dict[str, float]:
    """Play one batch: share lost, share of those served that had to wait, and their mean wait [s]."""
    seed, n = int(settings["seed"]), int(settings["n_arrivals"])
    mean_s, first = settings["service_mean_s"], int(settings["n_warm_up"])
    stream = 4 * i_queue
    t_s = np.cumsum(exponentials(seed, batch, stream + _ARRIVALS, n, mean_s / queue.load_erlang))
    floor_s = _LOOK_S if queue.patience_s is None else 0.0
    if queue.is_constant:
        service_s = np.full(n, mean_s)
    else:
        service_s = floor_s + exponentials(seed, batch, stream + _SERVICE, n, mean_s - floor_s)
    if queue.patience_s is None:
        window = _play_loss(queue, t_s, service_s)
    else:
        patience_s = np.full(n, _EVER_S)
        if queue.patience_s < math.inf:
            patience_s = exponentials(seed, batch, stream + _PATIENCE, n, queue.patience_s)
        window = _play_waiting(queue, t_s, service_s, patience_s, settings["retry_s"])
    is_served = window.object_state["was_engaged"][first:] == 1
    wait_s = (window.object_state["t_killed_s"] - t_s - service_s)[first:][is_served]
    # An object that is let in at once waits for nothing but the rounding of its meeting.
    return {"lost": 1.0 - is_served.mean(), "must_wait": float((wait_s > 1e-3).mean()), "wait_s": float(wait_s.mean())}


def _play_loss(queue: Queue, t_s: Floats, service_s: Floats) -> Window:
    """Objects that can be met half way only, by rounds that take no time: the channel is held until after the look."""
    # Nodes lie at equal steps of the way; a ring 5 m wide holds just the 17th, half way.
    n = queue.n_channels
    units = toy_units(
        n_launchers=n, rounds_per_launcher=10**8, loaded_rounds=n * 10**8, flyout_speed_mps=1e12,
        look_delay_s=_LOOK_S, reach_min_m=9_997.5, reach_max_m=10_002.5,
    )  # fmt: skip
    model = toy_model(
        units, toy_posts(n_channels=n), classes=toy_classes(is_cruise=0), max_shots=1, is_looking=False, retry_s=1e9
    )
    flight_s = 2.0 * (service_s - _LOOK_S)
    tracks, rows = toy_tracks(t_s[:, None], t_s + flight_s)
    tracks["t_origin_s"], tracks["origin_east_m"] = t_s, 20_000.0
    return _play(model, t_s + flight_s, tracks, rows)


def _play_waiting(queue: Queue, t_s: Floats, service_s: Floats, patience_s: Floats, retry_s: float) -> Window:
    """Objects that stand still as far away as their service takes to fly out, until their patience ends."""
    n = queue.n_channels
    units = toy_units(
        n_launchers=n, rounds_per_launcher=10**8, loaded_rounds=n * 10**8, flyout_speed_mps=_FLYOUT_MPS,
        look_delay_s=0.0, reach_max_m=_EVER_S, defended_radius_m=_EVER_S,
    )  # fmt: skip
    # A radar follows the round on its way to an object too: each channel at work takes a second place.
    capacity = np.array([queue.places + n] if queue.places else [], np.int64)
    model = toy_model(
        units, toy_posts(n_channels=n), classes=toy_classes(height_m=0.0), max_shots=1, is_looking=False,
        retry_s=retry_s, track_capacity=capacity, drop_mean_s=1e-9,
    )  # fmt: skip
    t_end_s = t_s + service_s + patience_s
    place_m = _FLYOUT_MPS * service_s[:, None]
    tracks, rows = toy_tracks(t_s[:, None], t_end_s, now_east_m=place_m, mean_east_m=place_m)
    return _play(model, t_end_s, tracks, rows)


def _play(model: BattleModel, t_end_s: Floats, tracks: np.ndarray, rows: np.ndarray) -> Window:
    n = len(t_end_s)
    state = new_state(model, False)
    links = toy_links([(i, i, -math.inf, math.inf) for i in range(n)], n)
    window = toy_window(state, toy_objects(t_end_s), tracks, rows, links)
    status = advance(model, state, window, 1, 0, math.inf, rules.earliest, False)
    if status != Status.DONE:
        raise RunError(f"the queue stopped with {Status(status).name}: more waits than the kernel has room for")
    return window
