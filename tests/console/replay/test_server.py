"""The server answers to this machine and its own page, and gives nothing but pages and data."""

from __future__ import annotations

import http.client
import json

import pytest

from opendome.base.errors import CommandError
from opendome.console.pages_app import bound_socket
from opendome.console.replay.bundle import Replay
from opendome.console.replay.server import HOST
from tests.console.replay.conftest import Served


def ask(served: Served, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """One request, its path sent as it is written."""
    connection = http.client.HTTPConnection(HOST, served.port, timeout=20)
    try:
        connection.putrequest("GET", path, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def test_gives_the_page_and_the_data(served: Served, pair: Replay) -> None:
    status, headers, body = ask(served, "/replay")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"<title>Replay" in body
    assert "default-src 'self'" in headers["content-security-policy"]
    assert json.loads(ask(served, "/replay/data/index.json")[2]) == pair.index()
    assert json.loads(ask(served, "/replay/data/scene.json")[2]) == pair.scene()
    assert json.loads(ask(served, "/replay/data/raid-3.json")[2]) == pair.raid(3)
    assert ask(served, "/")[0] == 307


@pytest.mark.parametrize(
    "path",
    [
        "/replay/data/raid-99999.json",
        "/replay/data/raid--1.json",
        "/replay/data/other.json",
        "/assets/../../replay/server.py",
        "/assets/%2e%2e/%2e%2e/replay/server.py",
        "/assets//etc/passwd",
        "/../pyproject.toml",
    ],
)
def test_gives_nothing_else(served: Served, path: str) -> None:
    assert ask(served, path)[0] == 404


def test_refuses_other_names_and_other_origins(served: Served) -> None:
    assert ask(served, "/replay", Host=f"elsewhere.example:{served.port}")[0] == 421
    assert ask(served, "/replay/data/index.json", Host="elsewhere.example")[0] == 421
    assert ask(served, "/replay/data/index.json", Origin="http://elsewhere.example")[0] == 403
    assert ask(served, "/replay/data/raid-0.json", Origin="null")[0] == 403
    assert ask(served, "/replay/data/index.json", Origin=served.origin)[0] == 200


def test_a_taken_port_is_said(served: Served) -> None:
    with pytest.raises(CommandError, match="--port 0"):
        bound_socket(HOST, served.port)
