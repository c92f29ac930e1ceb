"""Where and with what a run was made, as the record holds it."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from gradcheck import __version__

__all__ = ["environment"]


def environment(packages: Iterable[str]) -> dict[str, Any]:
    """Return the record's ``environment`` for a run that starts now, with the versions of ``packages``.

    Examples
    --------
    >>> environment(["no-such-package"])["versions"]["no-such-package"]
    'absent'
    """
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "duration_seconds": 0.0,
        "platform": platform.platform(),
        "python": platform.python_version(),
        # Run from a source tree, gradcheck itself is not among the installed packages.
        "versions": {"gradcheck": __version__, **{name: _version(name) for name in packages}},
    }


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "absent"
