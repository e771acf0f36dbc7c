"""Whatever is sent to the server, it goes on serving, tells nobody of its inside, and does not grow."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opendome.console import pages_app
from opendome.console.client import Client
from opendome.console.hub import Hub
from opendome.console.seats import make_seats
from opendome.console.session import Session
from opendome.console.showing import state_of
from opendome.study.inject import InjectKind
from tests.console.cases import exercise_for
from tests.console.served import Served, plain_review, served
from tests.console.test_messages import GOOD, HOSTILE
from tests.console.wire import joined, masked, opened, upgrade

MOST_GROWTH_BYTES = 40_000_000
INSIDE = (b"Traceback", b'File "', b"site-packages", b"ZeroDivision", b"opendome/")


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An exercise with two trainees and an instructor; its pages are one line."""
    folder = tmp_path_factory.mktemp("site") / "pages"
    (folder / "assets").mkdir(parents=True)
    for name in ("console.html", "instructor.html", "assets/main.js"):
        (folder / name).write_text("<!doctype html><title>A page</title>")
    before, pages_app.PAGES = pages_app.PAGES, folder
    exercise = exercise_for("networked", authority="approval", seats=["One", "Two"], has_instructor=True)
    with served(exercise, tmp_path_factory.mktemp("out")) as found:
        yield found
    pages_app.PAGES = before


def resident_bytes() -> int:
    """Memory of this process that is in use."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def talk(at: Served, *parts: bytes, waits_s: float = 0.05) -> bytes:
    """Send bytes over a connection of one's own, and read what comes within a moment."""
    host, port = at.base.removeprefix("http://").split(":")
    said = b""
    with socket.create_connection((host, int(port)), 10.0) as wire:
        try:
            for part in parts:
                wire.sendall(part)
            wire.settimeout(waits_s)
            while len(said) < 200_000 and (more := wire.recv(65536)):
                said += more
        except OSError:
            pass
    return said


def assert_serves(at: Served) -> None:
    """The server lets somebody in and shows frames."""
    with joined(at, 1) as browser:
        assert browser.text("scene")["seat"] == "Two"
        assert browser.frame()
        assert browser.ask("select", track=1001)["ok"]


def mutated(rng: np.random.Generator, text: str) -> bytes:
    """A message with something wrong in it: cut off, doubled, bytes changed, values swapped for odd ones."""
    kind, data = int(rng.integers(6)), text.encode()
    if kind == 0:
        return data[: int(rng.integers(len(data) + 1))]
    if kind == 1:
        return data + data
    if kind == 2:
        noisy = bytearray(data)
        for _ in range(3):
            noisy[int(rng.integers(len(noisy)))] = int(rng.integers(256))
        return bytes(noisy)
    odd = ["NaN", "-1", "1e999", "null", "true", "[]", "{}", '"\\ud800"', "9" * 400, '"' + "x" * 500 + '"', "0.5"]
    fields = json.loads(text)
    name = str(rng.choice(np.array(list(fields))))
    swapped = odd[int(rng.integers(len(odd)))]
    values = {key: swapped if key == name else json.dumps(value) for key, value in fields.items()}
    body = ",".join(f"{json.dumps(key)}:{value}" for key, value in values.items())
    return ("{" + body + "}").encode() if kind < 5 else b"[" * int(rng.integers(4000))


def frame_of(rng: np.random.Generator, data: bytes) -> bytes:
    """A websocket frame around bytes, now and then with a wrong opcode, no mask, a false length or not final."""
    opcode = int(rng.choice(np.array([1, 1, 1, 1, 2, 0, 3, 8, 9, 10, 15])))
    first = (0 if rng.random() < 0.1 else 128) | (64 if rng.random() < 0.05 else 0) | opcode
    n = len(data) if rng.random() < 0.9 else int(rng.integers(2**16))
    mask = 128 if rng.random() < 0.95 else 0
    length = bytes([mask | n]) if n < 126 else bytes([mask | 126]) + min(n, 65535).to_bytes(2, "big")
    return bytes([first]) + length + bytes(4 if mask else 0) + data


def quiet(records: list[logging.LogRecord]) -> list[str]:
    """What the log complains of, but for text that is not UTF-8, which the websocket library writes down itself."""
    return [
        record.getMessage()
        for record in records
        if record.levelno >= logging.ERROR and "Invalid UTF-8" not in record.getMessage()
    ]


def test_noise_on_the_live_socket(at: Served, caplog: pytest.LogCaptureFixture) -> None:
    rng = np.random.default_rng(11)
    good = [json.dumps({"id": k, **message}) for k, message in enumerate(GOOD) if message["do"] not in ("start",)]
    hello = masked(json.dumps({"hello": {"token": at.seats[0].token}}))
    start_bytes = 0
    for k in range(400):
        if k == 100:
            start_bytes = resident_bytes()
        parts = [
            frame_of(rng, mutated(rng, good[int(rng.integers(len(good)))])) for _ in range(int(rng.integers(1, 6)))
        ]
        if rng.random() < 0.3:
            parts.append(frame_of(rng, rng.bytes(int(rng.integers(300)))))
        said = talk(at, upgrade(at), *([hello] if rng.random() < 0.7 else []), *parts, waits_s=0.01)
        assert not any(word in said for word in INSIDE), parts
    assert_serves(at)
    assert resident_bytes() - start_bytes < MOST_GROWTH_BYTES
    assert quiet(caplog.records) == []


def test_hostile_texts_of_one_who_is_let_in(at: Served, caplog: pytest.LogCaptureFixture) -> None:
    for k in range(3):
        for text in HOSTILE:
            with joined(at, k) as browser:
                browser.text("state")
                browser.wire.send(text)
                answer = browser.text("answer")
                assert not answer["ok"] and "fault" not in answer["text"]
    assert_serves(at)
    assert quiet(caplog.records) == []


def test_hostile_texts_of_one_who_is_not(at: Served) -> None:
    for text in HOSTILE:
        with opened(at) as browser:
            browser.wire.send(text)
            assert browser.closed_with() == 4003


def request_of(rng: np.random.Generator, host: str) -> bytes:
    """An HTTP request with something odd in it."""
    methods = [b"GET", b"GET", b"POST", b"HEAD", b"OPTIONS", b"PRI", b"g\xe9t", b"", b"GET " * 50]
    starts = [
        b"/",
        b"/console",
        b"/assets/",
        b"/review/",
        b"/live",
        b"/assets/../",
        b"//",
        b"",
        b"*",
        b"http://x/",
        b"/?",
    ]
    ends = [
        b"",
        b"%00",
        b"..%2f" * 9,
        b"\xff\xfe",
        b"?" + b"a" * 3000,
        b"%",
        b"a" * 20_000,
        b"/../../etc/passwd",
        b"#x",
    ]
    odd = [
        b"Host: evil.example",
        b"Content-Length: -1",
        b"Content-Length: 99999999999999999999",
        b"X: " + b"y" * 40_000,
        b"Transfer-Encoding: chunked",
        b"Upgrade: websocket",
        b"Sec-WebSocket-Key: x",
        b"\x00: \x00",
        b"Range: bytes=0-",
        b"Range: bytes=" + b"0-1," * 500,
        b"Connection: close",
        b"If-None-Match: *",
        b"Expect: 100-continue",
    ]
    path = starts[int(rng.integers(len(starts)))] + ends[int(rng.integers(len(ends)))]
    lines = [methods[int(rng.integers(len(methods)))] + b" " + path + b" HTTP/1.1", f"Host: {host}".encode()]
    lines += [odd[int(rng.integers(len(odd)))] for _ in range(int(rng.integers(4)))]
    body = rng.bytes(int(rng.integers(200))) if rng.random() < 0.4 else b""
    return b"\r\n".join(lines) + (b"\r\n\r\n" if rng.random() < 0.9 else b"") + body


def test_noise_on_the_pages(at: Served, caplog: pytest.LogCaptureFixture) -> None:
    rng = np.random.default_rng(12)
    host = at.base.removeprefix("http://")
    start_bytes, n_answers = 0, 0
    for k in range(400):
        if k == 100:
            start_bytes = resident_bytes()
        data = request_of(rng, host) if rng.random() < 0.9 else rng.bytes(int(rng.integers(2000)))
        said = talk(at, data, waits_s=0.03)
        n_answers += said.startswith(b"HTTP/1.1 ")
        assert not any(word in said for word in (*INSIDE, b"root:", b" 500 ")), data[:300]
    assert_serves(at)
    assert resident_bytes() - start_bytes < MOST_GROWTH_BYTES
    assert quiet(caplog.records) == [] and n_answers > 250


def drawn_message(rng: np.random.Generator, session: Session) -> dict[str, Any]:
    """A message that can be read, about what is there now, more or less."""
    message = dict(GOOD[int(rng.integers(len(GOOD)))])
    numbers = [threat["track"] for threat in state_of(session)["threats"]] or [1001]
    levels = {"authority": ["manual", "approval", "veto", "automatic"], "weapons": ["free", "tight", "hold"]}
    if "track" in message:
        message["track"] = int(rng.choice(np.array([*numbers, 9999])))
    if "unit" in message:
        message["unit"] = int(rng.integers(4))
    if "area" in message:
        message["area"] = int(rng.integers(7))
    if message["do"] in levels:
        message["level"] = str(rng.choice(np.array(levels[message["do"]])))
    if message["do"] == "rewind":
        message["t_s"] = float(rng.uniform(0.0, session.now_s * 1.1))
    if message["do"] in ("save", "branch"):
        message["name"] = f"kept {int(rng.integers(6))}"
    if message["do"] == "start":
        message["file"] = str(rng.choice(np.array(["kept 1.yaml", "kept 2.yaml", "nowhere", "kept 3"])))
    if message["do"] == "inject":
        message |= drawn_inject(rng, session)
    return message


def drawn_inject(rng: np.random.Generator, session: Session) -> dict[str, Any]:
    """An inject of any kind, about something that is there or not, now or later."""
    kind = InjectKind(str(rng.choice(np.array(list(InjectKind)))))
    what = {
        InjectKind.RADAR_FAILURE: ["north", "air", "nothing"],
        InjectKind.LINK_CUT: ["north-hub", "hub-alone", "nothing"],
        InjectKind.BATTERY_FAILURE: ["north", "south"],
        InjectKind.LAUNCHER_JAM: ["north", "south", "alone"],
        InjectKind.LOST_RESUPPLY: ["0", "x"],
    }.get(kind, ["hills"])
    return {
        "kind": kind.value,
        "what": str(rng.choice(np.array(what))),
        "t_s": session.now_s + float(rng.uniform(-5.0, 60.0)),
        "minutes": float(rng.uniform(0.1, 3.0)),
        "toward": str(rng.choice(np.array(["alder", "elm", "nowhere"]))),
        "threat_class": str(rng.choice(np.array(["medium-rocket", "one-way-drone"]))),
        "count": int(rng.integers(1, 6)),
    }


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_any_order_of_orders_is_carried_out_or_refused(
    seed: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Messages that can be read, in any order, from all seats, while the clock runs: no fault of the program."""
    rng = np.random.default_rng(seed)
    exercise = exercise_for("networked", authority="approval", seats=["One", "Two"], has_instructor=True, rate=8)
    seats = make_seats(exercise.seats, True)

    async def play() -> list[dict[str, Any]]:
        hub = Hub(Session(exercise, Path()), seats, tmp_path, plain_review)
        clients = [Client(seat) for seat in seats]
        for client in clients:
            await hub.join(client)
        answers = []
        for k in range(250):
            hub.session.is_paused = False
            hub.session.tick(0.2)
            message = drawn_message(rng, hub.session)
            if message["do"] == "finish" and k < 200:
                continue
            client = clients[int(rng.integers(3)) if rng.random() < 0.5 else 2]
            await hub.take(client, json.dumps({"id": k, **message}))
            answers += drained(clients)
        return answers

    with ThreadPoolExecutor(1) as own_thread:  # browsers of other tests have an event loop in this one
        answers = own_thread.submit(asyncio.run, play()).result()
    faults = [answer for answer in answers if "fault of the program" in answer["text"]]
    assert faults == [] and quiet(caplog.records) == []
    assert sum(answer["ok"] for answer in answers) > 60 and sum(not answer["ok"] for answer in answers) > 30


def drained(clients: list[Client]) -> list[dict[str, Any]]:
    """Answers among what waits for browsers; what waits is thrown away."""
    found = []
    for client in clients:
        assert client.close_code == 0
        texts = [json.loads(text) for text in client._texts]
        client._texts.clear()
        found += [text for text in texts if text["is"] == "answer"]
    return found
