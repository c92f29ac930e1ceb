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

from gradcheck.autodiff.arguments import Call, floating
from gradcheck.autodiff.protocol import MODES, Availability, Derivatives
from gradcheck.autodiff.tape import Operations, Tape
from gradcheck.errors import GradcheckError, InvalidArgument, MissingExtra

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import DTypeLike

__all__ = ["JaxWitness"]

Array = np.ndarray[Any, np.dtype[Any]]

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
            program = self._program("value", call, key, lambda: _value_program(loaded, f, call))
            if program is not None:
                return _checked(program(call.x, call.arrays), call)
            return _checked(_primal(loaded, f, call)(call.x, call.arrays), call)

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
            primal = functools.partial(_primal(loaded, f, call), arrays=call.arrays)
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
                lambda: _derivative_program(loaded, f, call, self._operations(loaded)),
            )
            return _eager(loaded, f, call, modes) if program is None else _swept(program, call)

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


def _primal(loaded: _Loaded, f: Callable[..., Any], call: Call) -> Callable[..., Any]:
    """Return ``f`` as a map of ``x`` and the other arrays to one JAX array."""
    as_array = loaded.jax.numpy.asarray

    def primal(x: Any, arrays: dict[int, Any]) -> Any:
        moved = {index: as_array(array) for index, array in arrays.items()}
        result = call.apply(f, as_array(x), moved)
        if result is None or isinstance(result, (str, bytes, dict, set)):
            raise InvalidArgument.of(
                "f", f"a result of type {type(result).__name__}", "an array", "return an array"
            )
        return as_array(result)

    return primal


def _checked(value: Any, call: Call) -> Array:
    """Return the result as a NumPy array; refuse complex results and lost precision."""
    array = np.array(value)
    if array.dtype.kind == "c":
        raise InvalidArgument.of(
            "f", f"a result of dtype {array.dtype}", "real numbers", "return the real part"
        )
    if floating(array.dtype) and array.dtype.itemsize < call.dtype.itemsize:
        message = (
            f"`f`: {call.dtype} was asked for and JAX computed in {array.dtype}; "
            f"remove the cast inside `f`, or pass dtype={array.dtype}"
        )
        raise GradcheckError(message)
    return array


def _eager(loaded: _Loaded, f: Callable[..., Any], call: Call, modes: tuple[str, ...]) -> Derivatives:
    """Run operation by operation, one batch of all basis vectors for each mode."""
    jax = loaded.jax
    inner = _primal(loaded, f, call)

    def primal(x: Any) -> Any:
        return inner(x, call.arrays)

    x = jax.numpy.asarray(call.x)
    primal_out, pull = jax.vjp(primal, x) if "reverse" in modes else (primal(x), None)
    value = _checked(primal_out, call)
    zeros = np.zeros(value.shape + x.shape, call.dtype)
    if zeros.size == 0 or not floating(value.dtype):
        return Derivatives(value, zeros, zeros.copy())
    forward, reverse = zeros, zeros
    if "forward" in modes:
        tangents = jax.numpy.eye(x.size, dtype=x.dtype).reshape(x.size, *x.shape)

        def push(v: Any) -> Any:
            return jax.jvp(primal, (x,), (v,))[1]

        # A batch of one costs twice what the one costs.
        columns = push(tangents[0]) if x.size == 1 else jax.vmap(push, out_axes=-1)(tangents)
        forward = np.array(columns).reshape(zeros.shape)
    if pull is not None:
        cotangents = jax.numpy.eye(value.size, dtype=value.dtype).reshape(value.size, *value.shape)
        rows = pull(cotangents[0])[0] if value.size == 1 else jax.vmap(lambda u: pull(u)[0])(cotangents)
        reverse = np.array(rows).reshape(zeros.shape)
    return Derivatives(value, forward, reverse)


def _refusals(jax: ModuleType) -> tuple[type[Exception], ...]:
    """Return what JAX raises when a function looks at a number that is not known while compiling."""
    return (jax.errors.JAXTypeError, jax.errors.JAXIndexError)


def _value_program(loaded: _Loaded, f: Callable[..., Any], call: Call) -> Callable[..., Any] | None:
    """Compile ``f``; None when it branches on its numbers."""
    jax = loaded.jax
    program = jax.jit(_primal(loaded, f, call), compiler_options=loaded.options)
    try:
        jax.eval_shape(program, call.x, call.arrays)
    except _refusals(jax):
        return None
    return program  # type: ignore[no-any-return]  # jit's result is untyped here


def _derivative_program(
    loaded: _Loaded, f: Callable[..., Any], call: Call, operations: Operations
) -> Callable[..., Any] | None:
    """Trace ``(x, arrays, v, u) -> f(x), J v, u J``; None when the numbers decide what is computed.

    One pair of directions, rather than all at once: the operations are those of other functions too.
    """
    jax = loaded.jax
    primal = _primal(loaded, f, call)
    try:
        shape = jax.eval_shape(primal, call.x, call.arrays)
    except _refusals(jax):
        return None
    dtype = np.dtype(shape.dtype)
    if 0 in shape.shape or 0 in call.x.shape or not floating(dtype):
        tape = Tape(jax.make_jaxpr(primal)(call.x, call.arrays), operations)
        return functools.partial(_valued, tape)

    def both(x: Any, arrays: dict[int, Any], v: Any, u: Any) -> tuple[Any, Any, Any]:
        value, pushed = jax.jvp(lambda x: primal(x, arrays), (x,), (v,))
        pull = jax.vjp(lambda x: primal(x, arrays), x)[1]
        return value, pushed, pull(u)[0]

    directions = np.zeros(call.x.shape, call.x.dtype), np.zeros(shape.shape, dtype)
    tape = Tape(jax.make_jaxpr(both)(call.x, call.arrays, *directions), operations)
    return functools.partial(_sweep, tape, shape.shape, dtype)


def _sweep(
    tape: Tape, shape: tuple[int, ...], dtype: np.dtype[Any], x: Array, arrays: dict[int, Array]
) -> Any:
    """Run ``tape`` along every basis vector; return value, columns ``J e_j`` and rows ``e_i J``."""
    m, n = math.prod(shape), x.size
    cotangents = np.eye(m, dtype=dtype).reshape(m, *shape)
    tangents = np.eye(n, dtype=x.dtype).reshape(n, *x.shape)
    others = [arrays[index] for index in sorted(arrays)]
    runs = [tape(x, *others, tangents[k % n], cotangents[k % m]) for k in range(max(m, n))]
    columns = np.stack([np.asarray(run[1]) for run in runs[:n]], axis=-1)
    rows = np.stack([np.asarray(run[2]) for run in runs[:m]])
    return runs[0][0], columns, rows


def _valued(tape: Tape, x: Array, arrays: dict[int, Array]) -> Any:
    """Run ``tape`` where no entry varies: the derivatives are zero, or there are none."""
    value = np.asarray(tape(x, *(arrays[index] for index in sorted(arrays)))[0])
    zeros = np.zeros(value.shape + x.shape, x.dtype)
    return value, zeros, zeros.copy()


def _swept(program: Callable[..., Any], call: Call) -> Derivatives:
    value, columns, rows = program(call.x, call.arrays)
    checked = _checked(value, call)
    shape = checked.shape + call.x.shape
    return Derivatives(checked, columns.reshape(shape), rows.reshape(shape))
