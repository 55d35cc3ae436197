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
    answer({"protocol": 2, "name": "wasmtime", "missing": ["the Python package 'wasmtime'", how]})
    sys.exit(0)


def engine(opt_level):
    config = wasmtime.Config()
    config.cranelift_opt_level = opt_level
    config.parallel_compilation = opt_level == "speed"
    config.cranelift_nan_canonicalization = "canonical-nans" in sys.argv[1:]
    config.max_wasm_stack = 2 << 20  # of the 8 MiB that a main thread has
    for feature in (
        "tail_call multi_memory memory64 relaxed_simd relaxed_simd_deterministic exceptions function_references gc "
        "wide_arithmetic custom_page_sizes threads"
    ).split():
        try:
            setattr(config, "wasm_" + feature, True)
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
LACKING = ("not enabled", "not supported", "unsupported", "disabled", "unimplemented", "not implemented", "proposal")


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
        if name == "UNCAUGHT_EXCEPTION":
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


class Instance:
    def __init__(self, store, linker, module):
        self.store = store
        self.context = store._context()
        self.instance = linker.instantiate(store, module)

    def export(self, name):
        name = name.encode()
        item = ffi.wasmtime_extern_t()
        found = ffi.wasmtime_instance_export_get(
            self.context, byref(self.instance._instance), name, len(name), byref(item)
        )
        return item if found else None

    def call(self, item, results):
        """Calls a function without parameters; returns its raw result, if it has one."""
        trap = ctypes.POINTER(ffi.wasm_trap_t)()
        result = ffi.wasmtime_val_t()
        error = ffi.wasmtime_func_call(
            self.context, byref(item.of.func), None, 0, byref(result), results, byref(trap)
        )
        if error:
            raise wasmtime.WasmtimeError._from_ptr(error)
        if trap:
            raise wasmtime.Trap._from_ptr(trap)
        return result.of

    def memory(self, item):
        """Current address and length of a memory."""
        if item.kind == ffi.WASMTIME_EXTERN_SHAREDMEMORY.value:
            memory = item.of.sharedmemory
            return ffi.wasmtime_sharedmemory_data(memory), ffi.wasmtime_sharedmemory_data_size(memory)
        memory = byref(item.of.memory)
        return ffi.wasmtime_memory_data(self.context, memory), ffi.wasmtime_memory_data_size(self.context, memory)


def contents(instance, item):
    data, size = instance.memory(item)
    return ctypes.string_at(data, size) if size else b""


HASHERS = {}


def hasher(binary):
    """Few of them differ: each is compiled once."""
    if binary not in HASHERS:
        if len(HASHERS) > 1000:
            HASHERS.clear()
        HASHERS[binary] = wasmtime.Module(QUICK, bytes.fromhex(binary))
    return HASHERS[binary]


def module(q):
    reply = {"id": q["id"], "calls": []}
    store = wasmtime.Store(QUICK)
    if q["limits"]:
        memory, table = q["limits"]
        store.set_limits(memory_size=memory, table_elements=table)
    try:
        linker = wasmtime.Linker(QUICK)
        if q["provider"]:
            name, binary = q["provider"]
            provider = Instance(store, linker, wasmtime.Module(QUICK, bytes.fromhex(binary)))
            linker.define_instance(store, name, provider.instance)
        subject = Instance(store, linker, wasmtime.Module(QUICK, bytes.fromhex(q["module"])))
    except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
        reply["start"] = ended(error)
        return reply
    try:
        store.set_limits()
        linker.define_instance(store, "m", subject.instance)
        probe = Instance(store, linker, wasmtime.Module(QUICK, bytes.fromhex(q["probe"])))
        hashers = [Instance(store, linker, hasher(binary)) for _, binary in q["memories"]]
        hashers = [(instance, instance.export("h")) for instance in hashers]
    except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
        # The probe uses what the subject uses: a missing feature of the probe says nothing about the subject.
        reply["start"] = {"unsupported": "the probe: " + str(error)[:1000]}
        return reply
    if q["limits"]:
        store.set_limits(memory_size=memory, table_elements=table)
    p = probe.export("p")
    s = probe.export("s")
    memories = [subject.export(name) for name, _ in q["memories"]]

    def state():
        probe.call(s, 0)
        base = ctypes.addressof(probe.memory(p)[0].contents)
        written = ctypes.string_at(base + 65536, q["state_bytes"])
        seen = []
        for memory, (instance, h) in zip(memories, hashers):
            seen.append([subject.memory(memory)[1], str(instance.call(h, 1).i64 & 0xFFFFFFFFFFFFFFFF)])
        return {"bytes": written.hex(), "memories": seen}

    each = q["state"] == "each"
    reply["start"] = {"returned": [0, ""]}
    if each:
        reply["started"] = state()
    base = ctypes.addressof(probe.memory(p)[0].contents)
    functions = {}
    last = len(q["calls"]) - 1
    for i, (name, args, room) in enumerate(q["calls"]):
        function = functions.get(name)
        if function is None:
            function = functions[name] = probe.export(name)
        if args:
            args = bytes.fromhex(args)
            ctypes.memmove(base, args, len(args))
        try:
            status = probe.call(function, 1).i32 & 0xFFFFFFFF
            end = {"returned": [status, ctypes.string_at(base + 32768, room).hex()]}
        except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
            end = ended(error)
        wanted = each or (q["state"] == "end" and i == last)
        reply["calls"].append([end, state() if wanted else None])
    if q["state"] == "end" and not q["calls"]:
        reply["started"] = state()
    if q["contents"]:
        for i, memory in enumerate(memories):
            with open(os.path.join(q["contents"], "memory-%d" % i), "wb") as file:
                file.write(contents(subject, memory))
    return reply


OPTIMIZING = None


def program(q):
    global OPTIMIZING
    OPTIMIZING = OPTIMIZING or engine("speed")
    reply = {"id": q["id"]}
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
        instance = Instance(store, linker, wasmtime.Module.from_file(OPTIMIZING, q["module"]))
    except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
        reply["start"] = ended(error)
        return reply
    start = instance.export("_start")
    if start is None:
        reply["start"] = {"unsupported": "the program has no export '_start'"}
        return reply
    try:
        instance.call(start, 0)
        reply["start"] = {"returned": [0, ""]}
    except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
        reply["start"] = ended(error)
    memory = instance.export("memory")
    if memory is not None:
        with open(q["memory"], "wb") as file:
            file.write(contents(instance, memory))
    return reply


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
        "protocol": 2,
        "name": "wasmtime",
        "version": "%s (Cranelift, Python %d.%d)" % ((version(),) + sys.version_info[:2]),
        "exceptions": hasattr(wasmtime.Config, "wasm_exceptions"),
        "gc": hasattr(wasmtime.Config, "wasm_gc"),
    }
)
try:
    for line in sys.stdin:
        q = json.loads(line)
        answer({"module": module, "program": program}[q["op"]](q))
except (BrokenPipeError, KeyboardInterrupt):
    pass
