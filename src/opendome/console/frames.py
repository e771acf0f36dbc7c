"""The binary frame that the console gets ten times a second: tracks and own interceptors, packed and little-endian.

Layout (version 1): a header of 24 bytes, then records of 32 bytes a track and 24 bytes an interceptor; the browser
reads it in ``web/src/live/frame.ts``.
"""

from __future__ import annotations

import struct
from enum import IntEnum

import numpy as np

__all__ = ["HEADER", "INTERCEPTOR", "IS_URGENT", "IS_WANTED", "TRACK_BLIP", "TrackStatus", "pack_frame"]

HEADER = struct.Struct("<BBHHHdfI")
VERSION, KIND = 1, 1
MOST = 65_535


class TrackStatus(IntEnum):
    """How the desk stands to a track."""

    OPEN = 0
    ASKED = 1
    APPROVED = 2
    HELD = 3
    AWAY = 4
    HIT = 5
    MISSED = 6


IS_WANTED, IS_URGENT = 1, 2
"""Flags: doctrine wants it shot at; it comes first."""

TRACK_BLIP = np.dtype(
    [
        ("track", "<u4"),
        ("group", "u1"),
        ("status", "u1"),
        ("flags", "<u2"),
        ("east_m", "<f4"),
        ("north_m", "<f4"),
        ("height_m", "<f4"),
        ("east_mps", "<f4"),
        ("north_mps", "<f4"),
        ("to_impact_s", "<f4"),
    ]
)
INTERCEPTOR = np.dtype(
    [
        ("track", "<u4"),
        ("unit", "<u2"),
        ("spare", "<u2"),
        ("east_m", "<f4"),
        ("north_m", "<f4"),
        ("height_m", "<f4"),
        ("to_meeting_s", "<f4"),
    ]
)


def pack_frame(tracks: np.ndarray, interceptors: np.ndarray, t_s: float, rate: float, sequence: int) -> bytes:
    """Pack a frame.

    Parameters
    ----------
    tracks : (n,) of TRACK_BLIP; interceptors : (m,) of INTERCEPTOR; of each no more than fit are sent
    t_s : float         time of the picture
    rate : float        pace of the clock, 0 while it stands
    sequence : int      number of the frame
    """
    tracks, interceptors = tracks[:MOST], interceptors[:MOST]
    head = HEADER.pack(VERSION, KIND, len(tracks), len(interceptors), 0, t_s, rate, sequence & 0xFFFFFFFF)
    return head + tracks.tobytes() + interceptors.tobytes()
