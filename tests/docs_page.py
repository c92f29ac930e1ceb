"""Runs the examples of one page of the guide: ``python docs_page.py PAGE FOLDER``.

A process of its own for each page, for rules and modules stay loaded.  What the blocks mean is said in
``docs/index.md``.
"""

from __future__ import annotations

import doctest
import json
import os
import re
import subprocess
import sys
import tomllib
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SECONDS = 240
_FENCE = re.compile(r"^( *)(```+) *([\w-]*) *$")
_FILE = re.compile(r"# ([\w./-]+\.(?:cfg|ini|json|py|toml|txt|yaml|yml))$")
_SKIP = re.compile(r"<!-- not run: (\S.*) -->$")
_CODE = re.compile(r"# exit code (\d+)$")


@dataclass(frozen=True)
class Block:
    """A fenced block: language, text, line in the page, why it is not run, whether its file starts anew."""

    language: str
    text: str
    line: int
    skipped: str
    anew: bool


class Mismatch(Exception):
    """An example does not do what the page says."""


def blocks_of(page: str) -> Iterator[Block]:
    lines = page.splitlines()
    number = 0
    while number < len(lines):
        opened = _FENCE.match(lines[number])
        number += 1
        if not opened:
            continue
        start, (indent, fence, language) = number, opened.groups()
        while number < len(lines) and lines[number].strip() != fence:
            number += 1
        if number == len(lines):
            raise Mismatch(f"line {start}: the block has no end")
        body = "\n".join(line.removeprefix(indent) for line in lines[start:number])
        before = lines[start - 2].strip() if start > 1 else ""
        skip = _SKIP.match(before)
        yield Block(language, f"{body}\n", start, skip[1] if skip else "", before == "<!-- anew -->")
        number += 1


def commands_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield each ``$`` command of a console block, with its ``>`` lines, and the output below it."""
    command, output = "", []
    for line in text.splitlines():
        if line.startswith("$ "):
            if command:
                yield command, "\n".join(output)
            command, output = line[2:], []
        elif line.startswith("> ") and not output:
            command += f"\n{line[2:]}"
        elif not command:
            raise Mismatch(f"a console block starts with a `$` line, not {line!r}")
        else:
            output.append(line)
    if command:
        yield command, "\n".join(output)


def matches(expected: str, found: str) -> bool:
    """Whether ``found`` is ``expected``; ``...`` stands for anything, blanks at line ends for nothing."""
    wanted = "\n".join(line.rstrip() for line in expected.strip("\n").splitlines())
    parts = (re.escape(part) for part in wanted.split("..."))
    told = "\n".join(line.rstrip() for line in found.strip("\n").splitlines())
    return re.fullmatch(".*".join(parts), told, flags=re.DOTALL) is not None


def shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def run_console(text: str, folder: Path) -> None:
    for command, expected in commands_of(text):
        wanted = int(found[1]) if (found := _CODE.search(command)) else 0
        done = shell(command, folder)
        if done.returncode != wanted:
            raise Mismatch(f"$ {command}\nexit code {done.returncode}, not {wanted}:\n{done.stdout}")
        if expected.strip() and not matches(expected, done.stdout):
            raise Mismatch(f"$ {command}\nthe page says:\n{expected}\nit prints:\n{done.stdout}")


def expecting(line: str) -> str:
    """Return a line of a script that goes on if its command ends as its ``# exit code N`` says."""
    found = _CODE.search(line)
    if not found:
        return line
    return (
        f"code=0; {{ {line}\n}} || code=$?; [ $code -eq {found[1]} ] || {{ echo ended with $code; exit 1; }}"
    )


def run_doctest(text: str, names: dict[str, object]) -> None:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    test = doctest.DocTestParser().get_doctest(text, names, "page", None, 0)
    told: list[str] = []
    doctest.DocTestRunner(optionflags=flags).run(test, out=told.append, clear_globs=False)
    names.update(test.globs)
    if told:
        raise Mismatch("".join(told))


def parse(language: str, text: str) -> None:
    if language == "json":
        json.loads(text)
    elif language == "toml":
        tomllib.loads(text)
    elif language in ("yaml", "yml"):
        import yaml

        yaml.safe_load(text)


def run_block(block: Block, folder: Path, names: dict[str, object]) -> None:
    first = block.text.partition("\n")[0]
    parse(block.language, block.text)
    if file := _FILE.match(first):
        path = folder / file[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".py":
            compile(block.text, str(path), "exec")
        continued = path.suffix == ".py" and path.exists() and not block.anew
        with path.open("a" if continued else "w", encoding="utf-8") as stream:
            stream.write(f"\n\n{block.text}" if continued else block.text)
    elif block.language == "python":
        exec(compile(block.text, f"<the block at line {block.line}>", "exec"), names)
    elif block.language == "pycon":
        run_doctest(block.text, names)
    elif block.language == "console":
        run_console(block.text, folder)
    elif block.language in ("sh", "bash"):
        done = shell("\n".join(map(expecting, block.text.splitlines())), folder)
        if done.returncode:
            raise Mismatch(f"{block.text}\nexit code {done.returncode}:\n{done.stdout}")


def main(page: Path, folder: Path) -> int:
    """Run the blocks of ``page`` in ``folder``; return 1 at the first that does not do what the page says."""
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    names: dict[str, object] = {"__name__": "__main__"}
    only = sys.argv[3].split(",") if sys.argv[3:] else None
    for block in blocks_of(page.read_text(encoding="utf-8")):
        if block.skipped or (only and block.language not in only):
            continue
        try:
            run_block(block, folder, names)
        except Exception as error:
            if not isinstance(error, Mismatch):
                traceback.print_exc()
            sys.stderr.write(f"{page.name}, the {block.language} block at line {block.line}: {error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()))
