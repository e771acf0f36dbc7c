"""Where components find one another by kind and name.

A component is a class or function that a scenario or a call names: a policy, a tracker, a measure. The rooms register
their own when they are imported; other packages offer theirs through the entry point group ``opendome.plugins``, each
entry point naming a module whose import registers its components::

    [project.entry-points."opendome.plugins"]
    my-policies = "my_package.policies"

    # my_package/policies.py
    @opendome.register("policy", "nearest-first")
    def nearest_first(view): ...

Plug-ins are loaded at the first look-up in a process and never at import.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from opendome.base.errors import CommandError, nearest_name

__all__ = ["KINDS", "PLUGIN_GROUP", "load_plugins", "lookup", "register", "registered", "unregister"]

KINDS = ("policy", "threat", "sensor", "tracker", "warning_rule", "vulnerability", "measure", "exporter")
"""What may be registered."""

PLUGIN_GROUP = "opendome.plugins"
"""Entry point group through which other packages offer components."""

_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_Component = TypeVar("_Component")


class _Shelf:
    """All components of this process, by kind and name, and whether plug-ins have been loaded."""

    def __init__(self) -> None:
        self.components: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
        self.plugins_loaded = False
        self.lock = threading.RLock()


_SHELF = _Shelf()


def register(kind: str, name: str) -> Callable[[_Component], _Component]:
    """Register the decorated class or function under a kind and a name.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.
    name : str
        Lower-case letters, digits, ``-`` and ``_``; this is what scenarios write.

    Returns
    -------
    decorator
        Gives back what it decorates, unchanged.

    Raises
    ------
    CommandError
        Unknown kind, a name that scenarios cannot write, or a name already taken.
    """
    _check_kind(kind)
    if not _NAME.fullmatch(name):
        raise CommandError(
            f"{name!r} cannot name a {kind}: write lower-case letters, digits, `-` and `_`, for example `nearest-first`"
        )

    def decorate(component: _Component) -> _Component:
        with _SHELF.lock:
            shelf = _SHELF.components[kind]
            if name in shelf:
                raise CommandError(
                    f"{kind} `{name}` is registered already, by {_home(shelf[name])}; choose another name, or take the "
                    f'old one away first with unregister("{kind}", "{name}")'
                )
            shelf[name] = component
        return component

    return decorate


def unregister(kind: str, name: str) -> None:
    """Take a component away, so that its name may be used again (in a notebook or a test)."""
    _check_kind(kind)
    with _SHELF.lock:
        if _SHELF.components[kind].pop(name, None) is None:
            raise CommandError(_unknown(kind, name))


def lookup(kind: str, name: str) -> Any:
    """Give the component registered under a kind and a name.

    Raises
    ------
    CommandError
        Unknown kind or name (the message offers the nearest one), or a plug-in that cannot be loaded.
    """
    _check_kind(kind)
    load_plugins()
    try:
        return _SHELF.components[kind][name]
    except KeyError:
        raise CommandError(_unknown(kind, name)) from None


def registered(kind: str) -> dict[str, Any]:
    """Give all components of a kind by name, sorted, plug-ins included."""
    _check_kind(kind)
    load_plugins()
    return dict(sorted(_SHELF.components[kind].items()))


def load_plugins() -> None:
    """Import every plug-in module once; later calls do nothing.

    Raises
    ------
    CommandError
        A plug-in failed to import; the message names it and the package that brought it.
    """
    with _SHELF.lock:
        if _SHELF.plugins_loaded:
            return
        from importlib.metadata import entry_points

        for entry in sorted(entry_points(group=PLUGIN_GROUP), key=lambda entry: (entry.name, entry.value)):
            try:
                entry.load()
            except Exception as error:
                package = entry.dist.name if entry.dist is not None else "an unknown package"
                raise CommandError(
                    f"plug-in `{entry.name}` ({entry.value}) of {package} could not be loaded: "
                    f"{type(error).__name__}: {error}; mend it or uninstall {package}"
                ) from error
        _SHELF.plugins_loaded = True


def _check_kind(kind: str) -> None:
    if kind not in _SHELF.components:
        hint = nearest_name(kind, KINDS)
        raise CommandError(f"unknown kind `{kind}`: {hint + ' ' if hint else ''}Kinds are {', '.join(KINDS)}")


def _unknown(kind: str, name: str) -> str:
    known = sorted(_SHELF.components[kind])
    hint = nearest_name(name, known)
    choices = f"registered are {', '.join(known)}" if known else "none is registered"
    return f"unknown {kind} `{name}`: {hint + ' ' if hint else ''}({choices})"


def _home(component: Any) -> str:
    module = getattr(component, "__module__", type(component).__module__)
    return f"{module}.{getattr(component, '__qualname__', type(component).__qualname__)}"
