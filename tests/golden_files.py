"""Compare a view with its golden file; GRADCHECK_WRITE_GOLDEN=1 writes them anew, to be read in the diff."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def matches(name: str, text: str) -> bool:
    path = FOLDER / name
    if os.environ.get("GRADCHECK_WRITE_GOLDEN") == "1":
        FOLDER.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return path.read_text(encoding="utf-8") == text
