"""What it costs the server to play a raid live: 500 tracks at 10 Hz to 20 browsers, in CPU time of its process.

Run as a program it is the server of the measurement: it prints its port and the tokens of its seats.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.result import Result

__all__ = ["measure"]

_ROOT = Path(__file__).resolve().parents[1]
_GROUP = "console"
_N_CLIENTS, _N_TRACKS = 20, 500
_GOAL_PERCENT = 5.0
_LEAST_HZ = 9.5
_HEADER_TRACKS = slice(2, 4)
_EXERCISE = """
exercise: 1
scenario: coastland
from_s: 20
lasts_min: 10
authority: automatic
rate: 1
changes:
  duration_day: 0.02
  threats.raid.launched_per_day.mean: 0
  depot.resupply: []
  threats.given:
    - {at_s: 25, from: [35.14, -29.62], at: [35.02, -30.16], class: medium-rocket, count: 650, spacing_s: 0.05}
"""
_FROM_S = 70.0
"""All of the salvo is in the air from here on, for half a minute."""


def _session() -> Any:
    """The salvo in the air, its clock running."""
    from opendome.console.exercise import exercise_of
    from opendome.console.session import Session
    from opendome.scenario.document import read_text

    session = Session(exercise_of(read_text(_EXERCISE, "benchmark")), Path())
    session.advance(_FROM_S)
    session.is_paused = False
    return session


def _serve() -> None:
    """Serve the salvo."""
    from opendome.console.hub import Hub
    from opendome.console.pages_app import bound_socket
    from opendome.console.seats import Seat
    from opendome.console.server import serve

    session = _session()
    seats = tuple(Seat(f"Seat {k}", "operator", f"benchmark-token-{k}", k == 0) for k in range(_N_CLIENTS))
    at = bound_socket("127.0.0.1", 0)
    print(json.dumps({"port": at.getsockname()[1], "tokens": [seat.token for seat in seats]}), flush=True)
    serve(Hub(session, seats, Path("runs/benchmark"), lambda folder: folder), at)


def _cpu_s(pid: int) -> float:
    """CPU time that a process has used [s]."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def _watch(port: int, token: str, until_s: float) -> tuple[float, int]:
    """One browser: (frames a second since the first, fewest tracks in one)."""
    import websockets

    base = f"127.0.0.1:{port}"
    times, fewest = [], 65_535
    async with websockets.connect(f"ws://{base}/live", origin=f"http://{base}", compression=None) as wire:  # type: ignore[arg-type]
        await wire.send(json.dumps({"hello": {"token": token}}))
        while time.monotonic() < until_s:
            message = await wire.recv()
            if isinstance(message, bytes):
                times.append(time.monotonic())
                fewest = min(fewest, int.from_bytes(message[_HEADER_TRACKS], "little"))
    return (len(times) - 1) / (times[-1] - times[0]), fewest


async def _load(pid: int, found: dict[str, Any], lasts_s: float) -> tuple[float, float, int]:
    """Let all browsers watch: (share of a core that the server used [%], frames a second of the slowest, tracks)."""
    warm_s = 2.0
    begun_s = time.monotonic()
    watchers = [
        asyncio.create_task(_watch(found["port"], token, begun_s + warm_s + lasts_s)) for token in found["tokens"]
    ]
    await asyncio.sleep(warm_s)
    before_s, from_s = _cpu_s(pid), time.monotonic()
    await asyncio.sleep(lasts_s - 0.5)
    percent = 100.0 * (_cpu_s(pid) - before_s) / (time.monotonic() - from_s)
    seen = await asyncio.gather(*watchers)
    return percent, min(hz for hz, _ in seen), min(fewest for _, fewest in seen)


def _parts(n_ticks: int) -> list[Result]:
    """Single pieces of work with the salvo in the air: a tick, its frame, a state."""
    from opendome.console import display
    from opendome.console.showing import as_text, state_of

    session = _session()
    play, numbers = session.play, session.numbers
    used_s = {"tick": 0.0, "frame": 0.0, "state": 0.0}
    for k in range(-2, n_ticks):
        times = [time.process_time()]
        session.tick(0.1)
        times.append(time.process_time())
        display.blips(play, play.scope(), numbers)
        display.interceptors(play, numbers)
        times.append(time.process_time())
        as_text(state_of(session))
        times.append(time.process_time())
        for name, begun, ended in zip(used_s, times, times[1:], strict=False):
            used_s[name] += ended - begun if k >= 0 else 0.0
    n_tracks = len(play.scope())
    return [
        Result(_GROUP, f"one {name}, {n_tracks} tracks", 1e3 * total_s / n_ticks, "ms", None, False, note="CPU time")
        for name, total_s in used_s.items()
    ]


def measure(is_quick: bool) -> list[Result]:
    """Measure a server in a process of its own."""
    if not Path("/proc/self/stat").is_file():
        return []
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.console"], cwd=_ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        found = json.loads(server.stdout.readline())
        percent, hz, n_tracks = asyncio.run(_load(server.pid, found, 4.0 if is_quick else 10.0))
    finally:
        server.terminate()
        server.wait()
    if n_tracks < _N_TRACKS or hz < _LEAST_HZ:
        raise RuntimeError(f"the slowest browser saw {n_tracks} tracks at {hz:.1f} Hz: nothing was measured")
    name = f"server, {n_tracks} tracks at 10 Hz to {_N_CLIENTS} browsers"
    note = f"CPU time of the server's process, % of a core, the battle and its state included; slowest {hz:.1f} Hz"
    return [
        *_parts(50 if is_quick else 200),
        Result(_GROUP, name, percent, "%", _GOAL_PERCENT, False, note=note),
    ]


if __name__ == "__main__":
    _serve()
