"""Write plain data as YAML 1.2 that reads back as the same data: to people, to result folders, to other programs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

__all__ = ["canonical_json", "digest", "json_text", "to_yaml"]

_SAFE_TEXT = re.compile(r"[A-Za-z_][A-Za-z0-9_./+-]*( [A-Za-z0-9_./+(-][A-Za-z0-9_./()+-]*)*")
_SPECIAL_WORDS = frozenset(["null", "true", "false", "yes", "no", "on", "off", "y", "n"])
_WIDTH = 110


def canonical_json(data: Any) -> str:
    """Write plain data as JSON in one way only: keys sorted, no blanks, whole numbers without a point.

    >>> canonical_json({"b": 2.0, "a": [1, 0.5]})
    '{"a":[1,0.5],"b":2}'
    """
    return json.dumps(_canonical(data), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def json_text(data: Any) -> str:
    """Write plain data as JSON with keys in their own order, whole numbers without a point."""
    return json.dumps(_canonical(data), ensure_ascii=True, allow_nan=False)


def digest(data: Any) -> str:
    """SHA-256 of the canonical JSON of plain data, in hexadecimal."""
    return hashlib.sha256(canonical_json(data).encode("ascii")).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _canonical(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(inner) for inner in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def to_yaml(data: Mapping[str, Any]) -> str:
    """Write a mapping as YAML 1.2 in block style; short lists of numbers and short items stand on one line.

    >>> print(to_yaml({"site": {"lat_deg": 35.0, "lon_deg": -30.0}, "name": "a"}), end="")
    site: {lat_deg: 35.0, lon_deg: -30.0}
    name: a
    """
    return "".join(f"{line}\n" for line in _mapping_lines(data, 0))


def _mapping_lines(data: Mapping[str, Any], indent: int) -> list[str]:
    lines = []
    for key, value in data.items():
        lines += _entry_lines(f"{' ' * indent}{_text(key)}:", value, indent)
    return lines


def _entry_lines(head: str, value: Any, indent: int) -> list[str]:
    flow = _flow(value)
    is_simple = not isinstance(value, dict | list) or not value or _is_shallow(value)
    if is_simple and (len(head) + len(flow) < _WIDTH or not isinstance(value, dict | list)):
        return [f"{head} {flow}"]
    if isinstance(value, dict):
        return [head, *_mapping_lines(value, indent + 2)]
    lines = [head]
    for item in value:
        flow = _flow(item)
        if len(flow) + indent + 4 < _WIDTH or not isinstance(item, dict | list) or not item:
            lines.append(f"{' ' * indent}  - {flow}")
        elif isinstance(item, dict):
            inner = _mapping_lines(item, indent + 4)
            lines += [f"{' ' * indent}  - {inner[0].lstrip()}", *inner[1:]]
        else:
            lines += _entry_lines(f"{' ' * indent}  -", item, indent + 2)
    return lines


def _is_shallow(value: Any) -> bool:
    inner = value.values() if isinstance(value, dict) else value
    return not any(isinstance(item, dict) for item in inner)


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(inner) for inner in value) + "]"
    if isinstance(value, str):
        return _text(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)


def _text(text: str) -> str:
    """Write text without quotes where nobody could take it for anything else, else with double quotes."""
    if _SAFE_TEXT.fullmatch(text) and text.lower() not in _SPECIAL_WORDS:
        return text
    return '"' + "".join(_escaped(letter) for letter in text) + '"'


def _escaped(letter: str) -> str:
    named = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(letter)
    if named is not None:
        return named
    code = ord(letter)
    if (0x20 <= code < 0x7F or 0xA0 <= code < 0xFFFE) and letter.isprintable():
        return letter
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
