"""``gradcheck check``: one derivative at points given on the command line."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from typing import Any

from gradcheck.cli.arguments import Commands, positive
from gradcheck.cli.objects import named_object
from gradcheck.cli.output import say
from gradcheck.cli.places import arguments_at, unknown_argument
from gradcheck.errors import InvalidArgument

__all__ = ["add_commands"]

_EPILOG = """examples:
  gradcheck check model:loss model:loss_grad --at point.npy
  gradcheck check path/to/model.py:f path/to/model.py:jac --at "[1, 2]" --at "[0.5, 3]"
  gradcheck check model:f model:df_dy --at '{"x": 1.5, "y": [1, 2]}' --argnums 1
  gradcheck check model:f jax --at point.json
exit codes: 0 the derivative is right, 1 it is wrong or undecided, 2 it cannot be checked, 5 no entry"""


def add_commands(commands: Commands) -> None:
    """Add ``check`` to the parser."""
    check = commands.add_parser(
        "check",
        help="judge one derivative of your own",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.add_argument("f", metavar="MODULE:F", help="the function; a file works too: path/to/file.py:f")
    check.add_argument(
        "jac", metavar="MODULE:JAC", nargs="?", help="its claimed derivative, or jax for JAX's own"
    )
    check.add_argument(
        "--at",
        action="append",
        required=True,
        metavar="POINT",
        help="file .npy, .npz or .json, or JSON; an object names f's arguments; several times for several",
    )
    check.add_argument(
        "--jac-from-f", action="store_true", help="f returns (value, derivative); leave out MODULE:JAC"
    )
    check.add_argument("--argnums", type=_argnums, default=0, help="argument or arguments, 0 or 0,1")
    check.add_argument("--method", default="auto", help="auto, central, complex-step or contract")
    check.add_argument("--order", type=int, default=1, help="2: a second derivative is claimed")
    check.add_argument("--layout", default="numerator", help="numerator or denominator")
    check.add_argument("--rtol", type=float, help="loosens; measured by default")
    check.add_argument(
        "--bounds", type=_bounds, metavar="LOW,HIGH", help="f is not evaluated outside: 0,null"
    )
    check.add_argument("--symmetric", action="append", default=[], metavar="NAME", help="a symmetric matrix")
    check.add_argument("--max-nfev", type=positive, help="most evaluations of f")
    check.add_argument(
        "--stochastic", action="store_true", help="f draws random numbers: judge by their spread"
    )
    check.add_argument("--expect", default="pass", help="fail: exit 0 only if the derivative is wrong")
    check.add_argument("--allow-inconclusive", action="store_true", help="exit 0 where nothing can be told")
    check.add_argument("--seed", type=int, default=0, help="everything random follows from it (default 0)")
    check.add_argument("--json", action="store_true", help="the result as a JSON object")
    check.set_defaults(act=_check)


def _argnums(text: str) -> int | tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",")) if "," in text else int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"given {text!r}, expected numbers such as 0 or 0,1") from None


def _bounds(text: str) -> tuple[float | None, float | None]:
    parts = [part.strip() for part in text.strip("[]() ").split(",")]
    try:
        low, high = (None if part in ("", "null", "None") else float(part) for part in parts)
    except ValueError:
        raise argparse.ArgumentTypeError(f"given {text!r}, expected LOW,HIGH such as 0,null") from None
    return low, high


def _check(options: argparse.Namespace) -> int:
    from gradcheck.domains import symmetric
    from gradcheck.journal.checks import check_entry, gate_reason
    from gradcheck.judge.api import check
    from gradcheck.results import Reason, Verdict

    # What the user's module prints is no part of the result.
    with contextlib.redirect_stdout(sys.stderr):
        f, claim = _functions(options)
        places, kwargs = _places(options.at, f)
        result = check(
            f,
            claim,
            points=places,
            kwargs=kwargs,
            argnums=options.argnums,
            method=options.method,
            order=options.order,
            layout=options.layout,
            rtol=options.rtol,
            bounds=options.bounds,
            inputs={name: symmetric() for name in options.symmetric},
            max_nfev=options.max_nfev,
            stochastic=options.stochastic,
            expect=options.expect,
            allow_inconclusive=options.allow_inconclusive,
            rng=options.seed,
            name=options.f,
        )
    if result.reason is Reason.FUNCTION_RAISED:
        for unknown in filter(None, (unknown_argument(text, f) for text in options.at)):
            print(f"gradcheck: `--at`: {unknown}: the object was passed whole", file=sys.stderr)
    if options.json:
        entry = check_entry(result, identity=options.f)
        say(json.dumps(entry | {"text": str(result)}, ensure_ascii=False, indent=1, allow_nan=False))
    else:
        say(str(result))
    stopped = gate_reason(result)
    if result.expect == "fail":
        print(f"gradcheck: --expect fail: {stopped or 'it fails, as expected'}", file=sys.stderr)
    if stopped:
        return 1
    # Right shapes alone, of an empty array, are no evidence: nothing was checked.
    return 0 if result.entries or result.verdict is not Verdict.PASS else 5


def _functions(options: argparse.Namespace) -> tuple[Any, Any]:
    f = named_object(options.f, "MODULE:F")
    if not callable(f):
        raise InvalidArgument.of(
            "MODULE:F", options.f, f"a function, not {type(f).__name__}", "name a function"
        )
    if options.jac_from_f:
        if options.jac is not None:
            fix = "leave out one of them"
            raise InvalidArgument.of("MODULE:JAC", options.jac, "nothing beside --jac-from-f", fix)
        return f, True
    if options.jac is None:
        fix = "name it, write jax, or use --jac-from-f where f returns both"
        raise InvalidArgument("`MODULE:JAC`: given nothing, expected the claimed derivative; " + fix)
    return f, options.jac if options.jac == "jax" else named_object(options.jac, "MODULE:JAC")


def _places(texts: list[str], f: Any) -> tuple[list[tuple[Any, ...]], dict[str, Any]]:
    places, keywords = zip(*(arguments_at(text, f) for text in texts), strict=True)
    if any(_key(one) != _key(keywords[0]) for one in keywords):
        fix = "check such points one by one"
        raise InvalidArgument(
            "`--at`: given points with different keyword-only arguments, expected the same; " + fix
        )
    return list(places), dict(keywords[0])


def _key(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, default=lambda array: array.tolist())
