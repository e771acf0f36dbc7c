"""Sitings as GeoJSON (RFC 7946): a point a battery, with its siting, launchers and rounds. All sites are notional."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from opendome.exchange.geojson import feature_collection
from opendome.results.store import replace_file
from opendome.study.siting import Siting

__all__ = ["write_sitings_geojson"]


def write_sitings_geojson(path: Path, sitings: Sequence[Siting], winner: str) -> Path:
    """Write every site of every siting; give the path."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [site.lon_deg, site.lat_deg]},
            "properties": {
                "siting": siting.name,
                "model": siting.model,
                "is_winner": siting.name == winner,
                "battery_id": site.battery_id,
                "candidate_id": site.candidate_id,
                "launchers": site.launchers,
                "loaded_rounds": site.loaded_rounds,
                "status": "Exercise",
            },
        }
        for siting in sitings
        for site in siting.sites
    ]
    with replace_file(path) as temporary:
        temporary.write_text(json.dumps(feature_collection(features), ensure_ascii=False, indent=1), encoding="utf-8")
    return path
