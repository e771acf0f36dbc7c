"""How far each rule of engagement was from the best possible, as a table of the report."""

from __future__ import annotations

from opendome.report.folder import Columns, StudyFolder
from opendome.report.model import TextTable
from opendome.report.words import interval, number, per_cent

__all__ = ["best_table"]

_COLUMNS = (
    ("alternative", False),
    ("rule", False),
    ("leaks saved", True),
    ("at most", True),
    ("below it", True),
    ("people saved", True),
    ("at most", True),
    ("below it", True),
    ("rounds fired", True),
)
_BOUND = (
    "“At most” is a bound for every policy that keeps doctrine's thresholds and shots a track, even one that knows all "
    "arrivals; it asks nothing of launchers, channels and reload, so part of the gap is its own."
)


def best_table(folder: StudyFolder) -> TextTable | None:
    """Give what each rule saves of one raid beside the bound; None where the study has none."""
    if not folder.has("best"):
        return None
    leaks, people = folder.rows("best", what="leaks"), folder.rows("best", what="people")
    rows = tuple(
        (
            folder.label(str(alternative)),
            str(leaks["rule"][i]),
            *_saved(leaks, i),
            *_saved(people, i),
            number(float(leaks["rounds_fired"][i])),
        )
        for i, alternative in enumerate(leaks["alternative"])
    )
    return TextTable(
        f"No policy could have saved more than {number(float(max(leaks['bound'])), 1)} of "
        f"{number(float(leaks['at_stake'][0]))} leaks of one raid",
        f"Raid {int(leaks['replication'][0])} over {int(leaks['n'][0]):,} draws of kill luck, with 95 % intervals. "
        f"{_BOUND} {number(float(people['at_stake'][0]), 1)} people were at stake.",
        _COLUMNS,
        rows,
    )


def _saved(rows: Columns, i: int) -> tuple[str, str, str]:
    """What a rule saves, with its interval; the bound; and by what share it stays below."""
    saved, bound = float(rows["saved"][i]), float(rows["bound"][i])
    words = f"{number(saved, 1)} ({interval(float(rows['low'][i]), float(rows['high'][i]), 1)})"
    return words, number(bound, 1), per_cent(1.0 - saved / bound) if bound > 0.0 else "–"
