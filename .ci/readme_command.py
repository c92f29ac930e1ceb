"""Print the shell command that README.md gives for running the tests.

CI runs what a reader would run: the fenced block after the comment
``<!-- test command -->``.  It fails when there is not exactly one.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

_BLOCK = re.compile(r"^<!-- test command -->\n```sh\n(?P<command>.+?)\n```$", re.MULTILINE | re.DOTALL)


def test_command(readme: str) -> str:
    """Return the command; ``ValueError`` when the marked block is absent, repeated or empty."""
    found = [match["command"].strip() for match in _BLOCK.finditer(readme)]
    if len(found) != 1 or not found[0]:
        message = f"README: expected one marked test command, found {len(found)}"
        raise ValueError(message)
    return found[0]


if __name__ == "__main__":
    try:
        sys.stdout.write(test_command(Path(sys.argv[1]).read_text(encoding="utf-8")) + "\n")
    except (ValueError, OSError, IndexError) as problem:
        sys.exit(f"readme_command: {problem}")
