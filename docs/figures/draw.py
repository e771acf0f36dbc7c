"""Draw the figures of the documentation into docs/images and write the measured table of docs/validity/tracking.md.

`python docs/figures/draw.py` draws from measured.json; `python docs/figures/draw.py --measure 1600` first flies that
many simulated flights a class, with and without model errors, and writes measured.json anew (some minutes).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from curves import draw_detection, draw_flight, draw_honesty
from schemes import draw_clusters, draw_line, draw_windows
from tables import write_tables

MEASURED = Path(__file__).with_name("measured.json")


def main() -> None:
    """Draw everything."""
    if "--measure" in sys.argv[1:]:
        from measure import measure

        n_runs = int(sys.argv[sys.argv.index("--measure") + 1])
        MEASURED.write_text(json.dumps(measure(n_runs), indent=None).replace("}, {", "},\n{") + "\n", encoding="utf-8")
    measured = json.loads(MEASURED.read_text(encoding="utf-8"))
    draw_line()
    draw_detection()
    draw_clusters()
    draw_windows()
    draw_flight(measured["flight"])
    draw_honesty([row for row in measured["honesty"] if row["case"] == "mismatch"])
    write_tables(measured["honesty"])


if __name__ == "__main__":
    main()
