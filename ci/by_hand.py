"""What ci/by-hand asks wasmtime with: by_hand.py COMPILER [NAME=MODULE]... MODULE [-- EXPORT [TYPE:BITS]...]...

Prints what drivers/src/bin/by_hand.rs prints. Floats of Python are f64: a NaN that is an f32 comes and goes as a quiet one.
"""
import struct
import sys

import wasmtime

FLOATS = {"f32": ("<f", "<I"), "f64": ("<d", "<Q")}
compiler = sys.argv[1]
config = wasmtime.Config()
features = "tail_call multi_memory memory64 wide_arithmetic custom_page_sizes"
if compiler == "winch":
    wasmtime._ffi.wasmtime_config_strategy_set(config.ptr(), 2)  # the package has no name for it
else:
    features += " function_references gc exceptions"
if compiler == "pulley":
    config.target = "pulley64"
    config.wasm_threads = False
else:
    config.shared_memory = True
    features += " threads"
for feature in features.split():
    setattr(config, "wasm_" + feature, True)
store = wasmtime.Store(wasmtime.Engine(config))
linker = wasmtime.Linker(store.engine)


def say(*words):
    print(*words, flush=True)


def ended(error, otherwise):
    kind = "trap" if isinstance(error, wasmtime.Trap) else otherwise
    kind = "exception" if "thrown Wasm exception" in str(error) else kind
    say(kind + ":", str(error).replace("\n", " / "))


def value(text):
    ty, bits = text.split(":")
    if ty not in FLOATS:
        return int(bits)
    of_float, of_bits = FLOATS[ty]
    return struct.unpack(of_float, struct.pack(of_bits, int(bits)))[0]


def shown(ty, result):
    if ty in FLOATS:
        of_float, of_bits = FLOATS[ty]
        return "%s:%d" % (ty, struct.unpack(of_bits, struct.pack(of_float, result))[0])
    return "%s:%d" % (ty, result % (1 << int(ty[1:]))) if ty in ("i32", "i64") else "other"


def call(function, arguments):
    result = function(store, *map(value, arguments))
    types = [str(ty) for ty in function.type(store).results]
    results = result if len(types) > 1 else [result] * len(types)
    say("returned", *map(shown, types, results))


asked = [[]]
for word in sys.argv[2:]:
    asked.append([]) if word == "--" else asked[-1].append(word)
*others, path = asked[0]
for other in others:
    name, _, file = other.partition("=")
    try:
        linker.define_instance(store, name, linker.instantiate(store, wasmtime.Module.from_file(store.engine, file)))
    except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
        sys.exit(say("other:", str(error).replace("\n", " / ")))
try:
    with open(path, "rb") as file:
        module = wasmtime.Module(store.engine, file.read())
except wasmtime.WasmtimeError as error:
    sys.exit(ended(error, "rejected"))
try:
    instance = linker.instantiate(store, module)
except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
    sys.exit(ended(error, "unlinkable"))
linker.allow_shadowing = True
linker.define_instance(store, "", instance)
say("ok")
for export, *arguments in asked[1:]:
    try:
        call(linker.get(store, "", export), arguments)
    except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
        ended(error, "trap")
