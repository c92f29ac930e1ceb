"""JAX as a witness: forward mode (push a tangent) and reverse mode (pull a cotangent).

The only file that imports JAX, and only when first used.  float64 comes from
the context manager ``jax.enable_x64``, so the process-wide flag keeps the value
its owner gave it.

Forward and reverse mode: A. Griewank and A. Walther, "Evaluating Derivatives",
2nd ed., SIAM 2008, sections 3.1 and 3.2.
"""

from __future__ import annotations

import functools
import logging
import math
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.arrays import Array
from gradcheck.autodiff.arguments import Call
from gradcheck.autodiff.programs import checked, derivative_program, eager, primal_of, swept, value_program
from gradcheck.autodiff.protocol import MODES, Availability, Derivatives
from gradcheck.autodiff.tape import Operations
from gradcheck.errors import InvalidArgument, MissingExtra

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import DTypeLike

__all__ = ["JaxWitness"]

_PROGRAMS = 32
"""Programs kept: those of a few functions at a few shapes."""

_COMPILE_QUICKLY = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
    "xla_cpu_use_fusion_emitters": False,
    "xla_cpu_parallel_codegen_split_count": 1,
}
"""What is compiled runs a few dozen times on a few numbers: most of compiling is optimising (measured)."""


@dataclass(frozen=True)
class _Loaded:
    """JAX as found here: the module and where to compute, or None and the reason."""

    found: ModuleType | None
    detail: str
    device: Any = None
    options: dict[str, Any] | None = None

    @property
    def jax(self) -> ModuleType:
        """The module; ``MissingExtra`` when it is absent or broken."""
        if self.found is None:
            raise MissingExtra("jax", "Differentiating with JAX", self.detail)
        return self.found


@contextmanager
def _quiet_start() -> Iterator[None]:
    """Hold back JAX's advice about accelerators it could use, given once when it starts."""
    logger = logging.getLogger("jax._src.xla_bridge")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


@functools.cache
def _load() -> _Loaded:
    """Import JAX and differentiate once: an installation that imports may still not work."""
    try:
        with _quiet_start():
            import jax
            import jax.numpy

            device = _device(jax)
            with _precision(jax, device, np.dtype(np.float64)):
                slope = jax.jvp(jax.numpy.sin, (np.float64(1.0),), (np.float64(1.0),))[1]
            if slope.dtype != np.float64 or not abs(float(slope) - math.cos(1.0)) <= 1e-15:
                return _Loaded(None, f"jax {jax.__version__} gives {slope!r} for the derivative of sin at 1")
            return _Loaded(jax, f"jax {jax.__version__} on {device}", device, _options(jax))
    except ModuleNotFoundError as cause:
        return _Loaded(None, str(cause))
    except Exception as cause:
        return _Loaded(None, f"jax is installed but does not work: {type(cause).__name__}: {cause}")


def _device(jax: ModuleType) -> Any:
    """Return the CPU, which always has float64, or the default device where JAX was built without."""
    try:
        return jax.devices("cpu")[0]
    except RuntimeError:
        return jax.devices()[0]


def _options(jax: ModuleType) -> dict[str, Any] | None:
    """Return the compiler options, or None where this version of XLA does not know them."""
    try:
        jax.jit(jax.numpy.negative, compiler_options=_COMPILE_QUICKLY)(1.0)
    except Exception:
        return None
    return _COMPILE_QUICKLY


@contextmanager
def _precision(jax: ModuleType, device: Any, dtype: np.dtype[Any]) -> Iterator[None]:
    """Compute in ``dtype`` and nothing wider; matrix products without reduced-precision units."""
    with (
        jax.enable_x64(dtype == np.float64),
        jax.default_device(device),
        jax.default_matmul_precision("highest"),
        np.errstate(all="ignore"),
    ):
        yield


class JaxWitness:
    """Values and Jacobians by JAX, in forward and in reverse mode.

    The Jacobian has shape ``f(x).shape + x.shape``, in units of f per unit of x.
    ``f`` must be written with operators and JAX's namespace.  Without a ``key``
    JAX runs the function anew each time; with one it is traced once for each set
    of shapes and dtypes, and the last 32 programs are kept.

    Examples
    --------
    >>> witness = JaxWitness()
    >>> witness.jacobian_of(lambda w, x: w * x, (np.array([2.0, 3.0]), np.array([5.0, 7.0])), 0)
    array([[5., 0.],
           [0., 7.]])
    """

    def __init__(self) -> None:
        self._programs: OrderedDict[Hashable, Callable[..., Any] | None] = OrderedDict()
        self._compiled: Operations | None = None

    @property
    def name(self) -> str:
        """``"jax"``."""
        return "jax"

    def available(self) -> Availability:
        """Say whether JAX works here, with its version and device, or the reason why not; never raises."""
        loaded = _load()
        return Availability(loaded.found is not None, loaded.detail)

    def value_of(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        *,
        dtype: DTypeLike | None = None,
        key: Hashable | None = None,
    ) -> Array:
        """Return ``f(*args)`` as JAX computes it.

        Raises
        ------
        MissingExtra
            If JAX is absent or broken.
        InvalidArgument
            If ``f`` or its arguments cannot be used with JAX.
        GradcheckError
            If the result has less precision than ``dtype``.
        """
        call = Call.of(args, 0, dtype)
        with _session(call) as loaded:
            program = self._program(
                "value", call, key, lambda: value_program(loaded.jax, loaded.options, f, call)
            )
            if program is not None:
                return checked(program(call.x, call.arrays), call)
            return checked(primal_of(loaded.jax, f, call)(call.x, call.arrays), call)

    def jacobian_of(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        argnum: int = 0,
        *,
        mode: str = "forward",
        dtype: DTypeLike | None = None,
        key: Hashable | None = None,
    ) -> Array:
        """Return ``df/dx``, ``x = args[argnum]``, of shape ``f(x).shape + x.shape``, by one mode.

        Raises as :meth:`value_of` does, and ``InvalidArgument`` for an unknown ``mode``.
        """
        if mode not in MODES:
            raise InvalidArgument.of("mode", mode, f"one of {MODES}", "pass 'forward'")
        found = self._derivatives(f, Call.of(args, argnum, dtype), key, (mode,))
        return found.forward if mode == "forward" else found.reverse

    def derivative_of(self, f: Callable[[Any], Any], mode: str) -> Callable[[Any], Any]:
        """Return ``x -> df/dx`` by one mode as a function that JAX can differentiate again.

        Raises
        ------
        MissingExtra
            If JAX is absent or broken.
        """
        jax = _load().jax
        made: Callable[[Any], Any] = jax.jacfwd(f) if mode == "forward" else jax.jacrev(f)
        return made

    def derivatives_of(
        self,
        f: Callable[..., Any],
        args: Sequence[Any],
        argnum: int = 0,
        *,
        dtype: DTypeLike | None = None,
        key: Hashable | None = None,
    ) -> Derivatives:
        """Return the value and the Jacobian by both modes; raises as :meth:`value_of` does."""
        return self._derivatives(f, Call.of(args, argnum, dtype), key, MODES)

    def shapes_of(
        self, f: Callable[..., Any], args: Sequence[Any], argnum: int = 0, *, dtype: DTypeLike | None = None
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the shapes that ``jacfwd`` and ``jacrev`` give the Jacobian; nothing is computed.

        Raises as :meth:`value_of` does.
        """
        call = Call.of(args, argnum, dtype)
        with _session(call) as loaded:
            jax = loaded.jax
            primal = functools.partial(primal_of(loaded.jax, f, call), arrays=call.arrays)
            forward, reverse = (
                tuple(jax.eval_shape(mode(primal), call.x).shape) for mode in (jax.jacfwd, jax.jacrev)
            )
            return forward, reverse

    def _derivatives(
        self, f: Callable[..., Any], call: Call, key: Hashable | None, modes: tuple[str, ...]
    ) -> Derivatives:
        """Both modes from a traced program (it holds them both), otherwise ``modes`` and zeros elsewhere."""
        with _session(call) as loaded:
            program = self._program(
                "derivatives",
                call,
                key,
                lambda: derivative_program(loaded.jax, f, call, self._operations(loaded)),
            )
            return eager(loaded.jax, f, call, modes) if program is None else swept(program, call)

    def _operations(self, loaded: _Loaded) -> Operations:
        if self._compiled is None:
            self._compiled = Operations(loaded.jax, loaded.options)
        return self._compiled

    def _program(
        self,
        kind: str,
        call: Call,
        key: Hashable | None,
        build: Callable[[], Callable[..., Any] | None],
    ) -> Callable[..., Any] | None:
        """Return the program for ``key``, built where it is new; None when JAX has to follow the numbers."""
        whole = None if key is None else call.key((kind, key))
        if whole is None:
            return None
        if whole in self._programs:
            self._programs.move_to_end(whole)
            return self._programs[whole]
        program = build()
        self._programs[whole] = program
        if len(self._programs) > _PROGRAMS:
            self._programs.popitem(last=False)
        return program


@contextmanager
def _session(call: Call) -> Iterator[_Loaded]:
    """Enter the precision of ``call``; translate JAX's own refusals."""
    loaded = _load()
    with _precision(loaded.jax, loaded.device, call.dtype):
        try:
            yield loaded
        except loaded.jax.errors.TracerArrayConversionError as cause:
            raise InvalidArgument.of(
                "f",
                "a function that turns a JAX array into a NumPy array",
                "a function written with operators and `jax.numpy`",
                "take the functions from the array's own namespace (`x.__array_namespace__()`)",
            ) from cause
