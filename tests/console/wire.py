"""A browser without a browser: opens the live socket of a served exercise, and reads what comes."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.console.served import Served

WAITS_S = 20.0


class Browser:
    """One open socket."""

    def __init__(self, wire: ClientConnection):
        self.wire = wire
        self._n = 0

    def hello(self, token: str) -> None:
        """Say who this is."""
        self.wire.send(json.dumps({"hello": {"token": token}}))

    def text(self, kind: str) -> dict[str, Any]:
        """The next message of a kind; others on the way are dropped."""
        while True:
            found = self.wire.recv(WAITS_S)
            if isinstance(found, str) and (message := json.loads(found))["is"] == kind:
                return dict(message)

    def frame(self) -> bytes:
        """The next frame."""
        while True:
            found = self.wire.recv(WAITS_S)
            if isinstance(found, bytes):
                return found

    def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        """Ask for something; gives the answer."""
        self._n += 1
        self.wire.send(json.dumps({"id": self._n, "do": do, **fields}))
        while True:
            found = self.text("answer")
            if found["to"] == self._n:
                return found

    def closed_with(self) -> int:
        """Read on until the socket is closed; gives the code."""
        try:
            while True:
                self.wire.recv(WAITS_S)
        except ConnectionClosed as closed:
            assert closed.rcvd is not None, "it was cut off without a word"
            return closed.rcvd.code


def upgrade(at: Served) -> bytes:
    """The request by which a page of the server opens its socket."""
    host = at.base.removeprefix("http://")
    return (
        f"GET /live HTTP/1.1\r\nHost: {host}\r\nOrigin: {at.base}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def masked(text: str, opcode: int = 1) -> bytes:
    """A frame as a browser sends it, under a mask of zeros."""
    data = text.encode()
    length = bytes([128 | len(data)]) if len(data) < 126 else bytes([128 | 126]) + len(data).to_bytes(2, "big")
    return bytes([128 | opcode]) + length + bytes(4) + data


@contextmanager
def stalled(at: Served, k: int) -> Iterator[socket.socket]:
    """A socket that says hello for a seat and never reads what it is sent."""
    host, port = at.base.removeprefix("http://").split(":")
    wire = socket.socket()
    try:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        wire.connect((host, int(port)))
        wire.sendall(upgrade(at))
        assert wire.recv(12).endswith(b"101")
        wire.sendall(masked(json.dumps({"hello": {"token": at.seats[k].token}})))
        yield wire
    finally:
        wire.close()


@contextmanager
def opened(at: Served, origin: str | None = "own", **more: Any) -> Iterator[Browser]:
    """An open socket without a hello."""
    own = at.base if origin == "own" else origin
    with connect(at.base.replace("http", "ws") + "/live", origin=own, open_timeout=WAITS_S, **more) as wire:  # type: ignore[arg-type]
        yield Browser(wire)


@contextmanager
def joined(at: Served, k: int = 0, **more: Any) -> Iterator[Browser]:
    """An open socket that has said hello for a seat."""
    with opened(at, **more) as browser:
        browser.hello(at.seats[k].token)
        yield browser
