"""Driver of wasmtime (the package `wasmtime` of PyPI) for benches/table: `wasmtime_driver.py cranelift|winch`.

Lines in: `open PATH`, `fresh`, `call NAME ARGUMENT`, `start PATH TIMES NAME ARGUMENT`, `threads NAME THREADS ARGUMENT`.
Lines out: `ok NANOSECONDS [RESULT]` or `no REASON`. Nanoseconds are of processor time, of all threads; for `threads`, by the
clock on the wall.
"""

import sys
import threading
import time


def say(*words):
    print(*words, flush=True)


try:
    import importlib.metadata

    import wasmtime
    from wasmtime import _ffi as ffi

    version = importlib.metadata.version("wasmtime")
except ImportError:
    say("absent the Python package 'wasmtime' (%s -m pip install wasmtime)" % sys.executable)
    sys.exit(0)

strategy = sys.argv[1]
config = wasmtime.Config()
if strategy == "winch":
    # The library has it, but the package's interface does not: 2 in the C interface.
    ffi.wasmtime_config_strategy_set(config.ptr(), 2)
else:
    config.strategy = strategy
config.parallel_compilation = False
config.max_wasm_stack = 2 << 20
# Of these, Winch has the last two.
for feature in ["tail_call", "exceptions", "function_references", "gc", "relaxed_simd", "memory64", "custom_page_sizes"]:
    try:
        setattr(config, "wasm_" + feature, strategy == "cranelift" or feature in ("memory64", "custom_page_sizes"))
    except AttributeError:
        pass  # of another version of the package
try:
    config.wasm_threads = True
    config.shared_memory = True
except AttributeError:
    pass  # the same
engine = wasmtime.Engine(config)
module = store = exports = None


def clock():
    return time.process_time_ns()


def instantiate(module):
    store = wasmtime.Store(engine)
    # A host function: calling it measures Python, so it is not called.
    linker = wasmtime.Linker(engine)
    exports = linker.instantiate(store, module).exports(store)
    if "_initialize" in exports:
        exports["_initialize"](store)
    return store, exports


def threads(name, count, argument):
    """Calls an export on this many threads, each with its own instance on one memory: the C code releases Python's lock."""

    class SharedMemory(wasmtime.SharedMemory):
        def _as_extern(self):
            # The C interface expects this; the package passes a pointer to the pointer, which no linker accepts.
            union = ffi.wasmtime_extern_union(sharedmemory=self.ptr())
            return ffi.wasmtime_extern_t(ffi.WASMTIME_EXTERN_SHAREDMEMORY, union)

    kind = wasmtime.MemoryType(wasmtime.Limits(1, 1), shared=True)
    memory = SharedMemory(engine, kind)
    ready = threading.Barrier(count + 1)
    failed = []

    def instance():
        store = wasmtime.Store(engine)
        linker = wasmtime.Linker(engine)
        linker.define(store, "env", "memory", memory)
        return store, linker.instantiate(store, module).exports(store)

    def run(store, f):
        ready.wait()
        try:
            f(store, argument)
        except wasmtime.WasmtimeError as error:
            failed.append(error)

    all = []
    for _ in range(count):
        store, exports = instance()
        all.append(threading.Thread(target=run, args=(store, exports[name])))
    for thread in all:
        thread.start()
    ready.wait()
    begin = time.perf_counter_ns()
    for thread in all:
        thread.join()
    taken = time.perf_counter_ns() - begin
    if failed:
        raise failed[0]
    store, exports = instance()
    return [taken, exports["value"](store, 0) & 0xFFFFFFFF]


def answer(words):
    global module, store, exports
    if words[0] == "open":
        module = store = exports = None
        begin = clock()
        module = wasmtime.Module.from_file(engine, words[1])
        return [clock() - begin]
    if words[0] == "fresh":
        begin = clock()
        store, exports = instantiate(module)
        return [clock() - begin]
    if words[0] == "call":
        f, argument = exports[words[1]], int(words[2])
        begin = clock()
        result = f(store, argument)
        return [clock() - begin, result & 0xFFFFFFFF]
    if words[0] == "start":
        with open(words[1], "rb") as file:
            binary = file.read()
        begin = clock()
        for _ in range(int(words[2])):
            s, e = instantiate(wasmtime.Module(engine, binary))
            e[words[3]](s, int(words[4]))
        return [clock() - begin]
    if words[0] == "threads":
        return threads(words[1], int(words[2]), int(words[3]))
    raise ValueError("unknown command '%s'" % words[0])


say("hello", "wasmtime", version)
for line in sys.stdin:
    try:
        say("ok", *answer(line.rstrip("\n").split(" ")))
    except Exception as error:
        say("no", " ".join(str(error).split())[:300])
