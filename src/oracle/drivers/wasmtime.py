"""Driver of wasmtime (the package `wasmtime` of PyPI): speaks the protocol of src/oracle/wire.rs.

Calls go straight to the C interface: the package's own wrappers know neither v128 nor typed references, and cost more
than the calls.
"""

import ctypes
import json
import os
import sys
import threading
import time
from ctypes import byref


def answer(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


try:
    import wasmtime
    from wasmtime import _ffi as ffi
except ImportError:
    how = "%s -m pip install wasmtime" % sys.executable
    answer({"protocol": 3, "name": "wasmtime", "missing": ["the Python package 'wasmtime'", how]})
    sys.exit(0)


COMPILER = ([name for name in sys.argv[1:] if name in ("cranelift", "winch", "pulley")] + ["cranelift"])[0]

# Features with which an engine of this compiler cannot be made.
LACKS = {
    "winch": "relaxed_simd relaxed_simd_deterministic exceptions function_references gc",
    "pulley": "threads",
}


def engine(opt_level):
    config = wasmtime.Config()
    if COMPILER == "winch":
        ffi.wasmtime_config_strategy_set(config.ptr(), 2)  # the package's own setter does not know it
    elif COMPILER == "pulley":
        config.target = "pulley64"
    config.cranelift_opt_level = opt_level
    config.parallel_compilation = opt_level == "speed"
    config.cranelift_nan_canonicalization = "canonical-nans" in sys.argv[1:]
    config.max_wasm_stack = 2 << 20  # of the 8 MiB that a main thread has
    for feature in (
        "tail_call multi_memory memory64 relaxed_simd relaxed_simd_deterministic exceptions function_references gc "
        "wide_arithmetic custom_page_sizes threads"
    ).split():
        try:
            setattr(config, "wasm_" + feature, feature not in LACKS.get(COMPILER, ""))
        except AttributeError:
            pass  # of another version of the package
    try:
        config.shared_memory = True
    except AttributeError:
        pass
    return wasmtime.Engine(config)


# Most code of generated modules is executed once: compilation has to be fast.
QUICK = engine("none")

CODES = {
    "MEMORY_OUT_OF_BOUNDS": ["out of bounds memory access"],
    # An access may be both; alignment is checked first.
    "HEAP_MISALIGNED": ["unaligned atomic", "out of bounds memory access"],
    "TABLE_OUT_OF_BOUNDS": ["out of bounds table access", "undefined element"],
    "INDIRECT_CALL_TO_NULL": ["uninitialized element"],
    "BAD_SIGNATURE": ["indirect call type mismatch"],
    "INTEGER_OVERFLOW": ["integer overflow"],
    "INTEGER_DIVISION_BY_ZERO": ["integer divide by zero"],
    "BAD_CONVERSION_TO_INTEGER": ["invalid conversion to integer"],
    "UNREACHABLE": ["unreachable"],
    "ATOMIC_WAIT_NON_SHARED_MEMORY": ["expected shared memory"],
    "NULL_REFERENCE": [
        "null reference",
        "null function reference",
        "null exception reference",
        "null structure reference",
        "null array reference",
        "null i31 reference",
    ],
    "ARRAY_OUT_OF_BOUNDS": ["out of bounds array access"],
    "ALLOCATION_TOO_LARGE": ["allocation size too large"],
    "CAST_FAILURE": ["cast failure"],
    "INTERRUPT": ["interrupt"],
}
LACKING = ("not enabled", "not supported", "unsupported", "disabled", "unimplemented", "not implemented", "proposal", "disallowed")


def ended(error):
    """A trap or an error, in the form of the protocol."""
    if isinstance(error, wasmtime.Trap):
        try:
            code = error.trap_code
            name = code.name if code else ""
        except ValueError:
            name = ""
        text = error.message.strip().split("\n")[-1].strip()
        if name == "STACK_OVERFLOW":
            return "exhausted"
        if name == "UNCAUGHT_EXCEPTION" or text.endswith("thrown Wasm exception"):
            return "exception"
        return {"trap": [CODES.get(name, []), text]}
    if isinstance(error, wasmtime.ExitTrap):
        return {"exit": error.code}
    text = str(error)
    if "GC heap out of memory" in text:
        return {"trap": [["allocation size too large"], "GC heap out of memory"]}
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if any(line.endswith("thrown Wasm exception") for line in lines):
        return "exception"
    kind = "unsupported" if any(word in text for word in LACKING) else "refused"
    return {kind: "; ".join(lines)[:1000]}


class Senseless(Exception):
    """A step that makes no sense."""


def called(context, item, results=0):
    """Calls a function without parameters; returns its result, if it has one."""
    trap = ctypes.POINTER(ffi.wasm_trap_t)()
    result = ffi.wasmtime_val_t()
    error = ffi.wasmtime_func_call(context, byref(item.of.func), None, 0, byref(result), results, byref(trap))
    if error:
        raise wasmtime.WasmtimeError._from_ptr(error)
    if trap:
        raise wasmtime.Trap._from_ptr(trap)
    return result


def exported(context, instance, name):
    """An export of an instance, as the C interface has it."""
    name = name.encode()
    item = ffi.wasmtime_extern_t()
    found = ffi.wasmtime_instance_export_get(context, byref(instance._instance), name, len(name), byref(item))
    return item if found else None


def located(context, item):
    """Current address and length of a memory."""
    if item.kind == ffi.WASMTIME_EXTERN_SHAREDMEMORY.value:
        memory = item.of.sharedmemory
        return ffi.wasmtime_sharedmemory_data(memory), ffi.wasmtime_sharedmemory_data_size(memory)
    memory = byref(item.of.memory)
    return ffi.wasmtime_memory_data(context, memory), ffi.wasmtime_memory_data_size(context, memory)


class Steps:
    """Modules and instances by their numbers."""

    def __init__(self):
        self.modules = {}
        self.reset()

    def reset(self):
        self.store = wasmtime.Store(QUICK)
        self.context = self.store._context()
        self.instances = {}
        # Exports that were found, and the number of results of functions, by instance and name.
        self.found = {}

    def forget(self, modules):
        for module in modules:
            self.modules.pop(module, None)

    def limits(self, memory, table):
        limits = {"memory_size": memory, "table_elements": table}
        self.store.set_limits(**{name: limit for name, limit in limits.items() if limit is not None})

    def module(self, module, bytes):
        self.modules[module] = wasmtime.Module(QUICK, bytearray.fromhex(bytes))

    def instance(self, instance, module, imports):
        linker = wasmtime.Linker(QUICK)
        for outer, name, provider in imports:
            item = self.host(name) if provider == 0 else exported(self.context, self.known(provider), name)
            if item is not None:
                self.define(linker, outer, name, item)
        if module not in self.modules:
            raise Senseless("unknown module %d" % module)
        self.instances[instance] = linker.instantiate(self.store, self.modules[module])

    def define(self, linker, module, name, item):
        module, name = module.encode(), name.encode()
        error = ffi.wasmtime_linker_define(
            linker.ptr(), self.context, module, len(module), name, len(name), byref(item)
        )
        if error:
            raise wasmtime.WasmtimeError._from_ptr(error)

    def host(self, name):
        """A function of the host: references of numbers."""
        i32, extern = wasmtime.ValType.i32(), wasmtime.ValType.externref()
        if name == "extern":
            function = wasmtime.Func(self.store, wasmtime.FuncType([i32], [extern]), lambda number: ("host", number))
        elif name == "number":
            function = wasmtime.Func(
                self.store,
                wasmtime.FuncType([extern], [i32]),
                lambda value: value[1] if isinstance(value, tuple) and value[0] == "host" else -1,
            )
        else:
            return None
        item = ffi.wasmtime_extern_t()
        item.kind = ffi.WASMTIME_EXTERN_FUNC.value
        item.of.func = function._func
        return item

    def known(self, instance):
        if instance not in self.instances:
            raise Senseless("unknown instance %d" % instance)
        return self.instances[instance]

    def item(self, instance, name):
        found = self.found.get((instance, name))
        if found is None:
            found = exported(self.context, self.known(instance), name)
            if found is None:
                raise Senseless("instance %d has no export '%s'" % (instance, name))
            results = 0
            if found.kind == ffi.WASMTIME_EXTERN_FUNC.value:
                ty = ffi.wasmtime_func_type(self.context, byref(found.of.func))
                results = ffi.wasm_functype_results(ty).contents.size
                ffi.wasm_functype_delete(ty)
            self.found[instance, name] = found = (found, results)
        return found

    def span(self, instance, memory, at, length):
        """Address of a stretch of a memory."""
        item, _ = self.item(instance, memory)
        if item.kind not in (ffi.WASMTIME_EXTERN_MEMORY.value, ffi.WASMTIME_EXTERN_SHAREDMEMORY.value):
            raise Senseless("the export '%s' of instance %d is not a memory" % (memory, instance))
        data, size = located(self.context, item)
        if at + length > size:
            raise Senseless("the memory '%s' of instance %d ends before %d" % (memory, instance, at + length))
        return ctypes.addressof(data.contents) + at if length else 0

    def write(self, instance, memory, at, bytes):
        bytes = bytearray.fromhex(bytes)
        ctypes.memmove(self.span(instance, memory, at, len(bytes)), (ctypes.c_char * len(bytes)).from_buffer(bytes), len(bytes))

    def call(self, instance, export):
        item, results = self.item(instance, export)
        if item.kind != ffi.WASMTIME_EXTERN_FUNC.value:
            raise Senseless("the export '%s' of instance %d is not a function" % (export, instance))
        result = called(self.context, item, results)
        if results:
            if result.kind == ffi.WASMTIME_I64.value:
                return {"value": str(result.of.i64 & 0xFFFFFFFFFFFFFFFF)}
            return {"value": str(result.of.i32 & 0xFFFFFFFF)}

    def read(self, instance, memory, at, len):
        address = self.span(instance, memory, at, len)
        return {"bytes": ctypes.string_at(address, len).hex() if len else ""}

    def take(self, step):
        op = step.pop("op")
        try:
            return getattr(self, op)(**step) or "done"
        except Senseless as error:
            return {"error": str(error)}
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            return ended(error)


STEPS = Steps()


def steps(q):
    return [STEPS.take(step) for step in q["steps"]]


OPTIMIZING = None


def program(q):
    global OPTIMIZING
    OPTIMIZING = OPTIMIZING or engine("speed")
    store = wasmtime.Store(OPTIMIZING)
    wasi = wasmtime.WasiConfig()
    wasi.argv = q["args"]
    wasi.env = [tuple(pair) for pair in q["env"]]
    wasi.stdin_file = q["stdin"]
    wasi.stdout_file = q["stdout"]
    wasi.stderr_file = q["stderr"]
    try:
        for host, guest in q["dirs"]:
            wasi.preopen_dir(host, guest)
        store.set_wasi(wasi)
        linker = wasmtime.Linker(OPTIMIZING)
        linker.define_wasi()
        instance = linker.instantiate(store, wasmtime.Module.from_file(OPTIMIZING, q["module"]))
    except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
        return [ended(error)]
    context = store._context()
    start = exported(context, instance, "_start")
    if start is None:
        return [{"unsupported": "the program has no export '_start'"}]
    end = "done"
    try:
        called(context, start)
    except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
        end = ended(error)
    memory = exported(context, instance, "memory")
    if memory is not None:
        data, size = located(context, memory)
        with open(q["memory"], "wb") as file:
            file.write(ctypes.string_at(data, size) if size else b"")
    return [end]


def version():
    import importlib.metadata

    try:
        return importlib.metadata.version("wasmtime")
    except importlib.metadata.PackageNotFoundError:
        return "of unknown version"


def end_with(parent):
    """Ends this process once its parent is gone, even in an endless loop (calls of C let other threads run)."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
answer(
    {
        "protocol": 3,
        "name": "wasmtime",
        "version": "%s (%s, Python %d.%d)" % ((version(), COMPILER.capitalize()) + sys.version_info[:2]),
        "host": True,
    }
)
try:
    for line in sys.stdin:
        q = json.loads(line)
        answer({"id": q["id"], "ends": {"steps": steps, "program": program}[q["op"]](q)})
except (BrokenPipeError, KeyboardInterrupt):
    pass
