"""Studies: alternatives run side by side until the answer is known well enough, with intervals.

``opendome.study`` is both this package and the function that runs a study: Python puts the package in the function's
place as soon as anything below it is imported. So the package can be called, and means ``opendome.study.runner.study``.
"""

from __future__ import annotations

import sys
import types
from typing import Any


class _CallablePackage(types.ModuleType):
    """A package that runs a study when it is called."""

    def __call__(self, scenario: Any, *arguments: Any, **named: Any) -> Any:
        """Run a study; see ``opendome.study.runner.study``."""
        from opendome.study.runner import study

        return study(scenario, *arguments, **named)


sys.modules[__name__].__class__ = _CallablePackage
