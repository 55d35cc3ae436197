"""Driver of wasm3 (the package `pywasm3` of PyPI) for benches/table; lines as in wasmtime_driver.py.

It parses when a module is opened and compiles a function when it is first called, so what opening takes says little.
"""

import importlib.metadata
import sys
import time


def say(*words):
    print(*words, flush=True)


try:
    import wasm3
except ImportError:
    say("absent the Python package 'pywasm3' (%s -m pip install pywasm3)" % sys.executable)
    sys.exit(0)

STACK = 1 << 20
environment = wasm3.Environment()
binary = runtime = None


def clock():
    return time.process_time_ns()


def instantiate(binary):
    runtime = environment.new_runtime(STACK)
    runtime.load(environment.parse_module(binary))
    try:
        initialize = runtime.find_function("_initialize")
    except RuntimeError:
        return runtime
    initialize()
    return runtime


def answer(words):
    global binary, runtime
    if words[0] == "open":
        runtime = None
        with open(words[1], "rb") as file:
            binary = file.read()
        begin = clock()
        environment.parse_module(binary)
        return [clock() - begin]
    if words[0] == "fresh":
        runtime = None
        begin = clock()
        runtime = instantiate(binary)
        return [clock() - begin]
    if words[0] == "call":
        f, argument = runtime.find_function(words[1]), int(words[2])
        begin = clock()
        result = f(argument)
        return [clock() - begin, result & 0xFFFFFFFF]
    if words[0] == "start":
        with open(words[1], "rb") as file:
            contents = file.read()
        begin = clock()
        for _ in range(int(words[2])):
            instantiate(contents).find_function(words[3])(int(words[4]))
        return [clock() - begin]
    if words[0] == "threads":
        raise ValueError("wasm3 has no shared memories")
    raise ValueError("unknown command '%s'" % words[0])


say("hello", "wasm3", "%s (pywasm3 %s)" % (wasm3.M3_VERSION, importlib.metadata.version("pywasm3")))
for line in sys.stdin:
    try:
        say("ok", *answer(line.rstrip("\n").split(" ")))
    except Exception as error:
        say("no", " ".join(str(error).split())[:300])
