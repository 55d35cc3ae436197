// Driver of engines that are reached through JavaScript: V8, JavaScriptCore, SpiderMonkey. Speaks the protocol of
// src/oracle/wire.rs. This file is the part that needs nothing but `WebAssembly`: from a request to its answer.
"use strict";

const NULLS = [
  "null reference",
  "null function reference",
  "null exception reference",
  "null structure reference",
  "null array reference",
  "null i31 reference",
  "null continuation reference",
  "null descriptor reference",
];
const MEMORY = "out of bounds memory access";
const TABLE = "out of bounds table access";
const ARRAY = "out of bounds array access";
const TOO_LARGE = "allocation size too large";
// Words of the engines, and the messages of the specification that they may stand for. The first that matches counts.
const TRAPS = [
  [/^unreachable/i, ["unreachable"]],
  [/^memory access out of bounds/, [MEMORY]],
  [/^data segment .*out of bounds/, [MEMORY, ARRAY]],
  [/^element segment .*out of bounds/, [TABLE, ARRAY]],
  [/^table (index|access|element).*out of bounds/, [TABLE, "undefined element"]],
  [/^null function/, ["uninitialized element", "indirect call type mismatch", ...NULLS]],
  [/^function signature mismatch/, ["indirect call type mismatch"]],
  [/^(divide|remainder) by zero/, ["integer divide by zero"]],
  [/^divide result unrepresentable/, ["integer overflow"]],
  [/^float unrepresentable/, ["integer overflow", "invalid conversion to integer"]],
  [/^illegal cast/, ["cast failure", "descriptor cast failure"]],
  [/^array .*out of bounds/, [ARRAY]],
  // V8 looks at the size before it looks at the segment.
  [/^requested new array is too large/, [TOO_LARGE, MEMORY, TABLE]],
  [/resuming an invalid continuation/, ["continuation already consumed"]],
  [/unaligned/i, ["unaligned atomic"]],
  [/^Atomics.wait/, ["expected shared memory"]],
  // JavaScriptCore
  [/^Out of bounds memory access/, [MEMORY]],
  [/^Invalid data segment initialization/, [MEMORY]],
  [/^Element is trying to set an out of bounds/, [TABLE]],
  [/^Out of bounds table access/, [TABLE, "undefined element"]],
  [/^Out of bounds call_indirect/, ["undefined element"]],
  [/^call_indirect to a null table entry/, ["uninitialized element", ...NULLS]],
  // In most of its compilers, an entry that is null has a signature that does not match.
  [/^call_indirect to a signature/, ["indirect call type mismatch", "uninitialized element"]],
  [/^Division by zero/, ["integer divide by zero"]],
  [/^Out of bounds Trunc/, ["integer overflow", "invalid conversion to integer"]],
  [/to a null reference/, NULLS],
  [/array\.(new|init)_elem/, [TABLE, ARRAY, TOO_LARGE]],
  [/array\.(new|init)_data/, [MEMORY, ARRAY, TOO_LARGE]],
  [/^Out of bounds array/i, [ARRAY]],
  [/^Failed to allocate new/, [TOO_LARGE]],
  [/^ref\.cast|cast fail/i, ["cast failure"]],
  // SpiderMonkey
  [/^index out of bounds/, [MEMORY, TABLE, ARRAY, "undefined element"]],
  [/^indirect call to null/, ["uninitialized element", ...NULLS]],
  [/^indirect call signature mismatch/, ["indirect call type mismatch"]],
  [/^integer divide by zero/, ["integer divide by zero"]],
  [/^integer overflow/i, ["integer overflow"]],
  [/^invalid conversion to integer/, ["invalid conversion to integer"]],
  [/^bad cast/, ["cast failure"]],
  // Of a segment that is too short, too.
  [/^too many array elements/, [TOO_LARGE, MEMORY, TABLE]],
  [/non-shared memory/, ["expected shared memory"]],
  [/dereferenc\w+ (a )?null|on null|null (reference|value)/i, NULLS],
];
const SUSPENDED = /no suspend handler|unhandled (tag|suspen)|uncaught suspen/i;
const EXHAUSTED = /call stack|too much recursion|stack overflow|stack size/i;
// What says that a feature is switched off, or that a limit is exceeded. Of other rejections the judge finds out by itself
// whether they are about a proposal that the engine lacks.
const LACKING = [
  /--experimental-wasm|not enabled|not supported|unimplemented|is disabled/i,
  /internal limit|too many|exceeds? the (maximum|limit)|out of memory/i,
];

const hexadecimal = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));
const digits = new Uint8Array(128);
for (let digit = 0; digit < 16; digit++) digits[digit.toString(16).charCodeAt(0)] = digit;

function unhex(text) {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (digits[text.charCodeAt(2 * i)] << 4) | digits[text.charCodeAt(2 * i + 1)];
  }
  return bytes;
}

function hex(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += hexadecimal[bytes[i]];
  return text;
}

// References of the host: an object for each number.
const references = new Map();
const numbers = new WeakMap();
const HOST = {
  extern(number) {
    if (!references.has(number)) {
      const reference = { number };
      references.set(number, reference);
      numbers.set(reference, number);
    }
    return references.get(number);
  },
  number: (reference) => numbers.get(reference) ?? -1,
};

const modules = new Map();
const instances = new Map([[0, HOST]]);

/** A step that makes no sense. */
class Senseless extends Error {}

function known(map, number, what) {
  if (!map.has(number)) throw new Senseless(`unknown ${what} ${number}`);
  return map.get(number);
}

function exported(step, name) {
  const item = known(instances, step.instance, "instance")[name];
  if (item === undefined) throw new Senseless(`instance ${step.instance} has no export '${name}'`);
  return item;
}

/** The contents of an exported memory. */
function contents({ instance, memory }) {
  const item = exported({ instance }, memory);
  if (!(item instanceof WebAssembly.Memory)) throw new Senseless(`the export '${memory}' is not a memory`);
  return item.buffer;
}

function ended(error) {
  // Without the name of the function before it, and the expression that JavaScriptCore puts behind it.
  const text = String(error?.message ?? error)
    .replace(/^WebAssembly\.\w+\(\):\s*/, "")
    .replace(/ \(evaluating '.*'\)$/s, "");
  if (error instanceof Senseless) return { error: text };
  if (typeof WebAssembly.Exception === "function" && error instanceof WebAssembly.Exception) return "exception";
  if (EXHAUSTED.test(text) && !(error instanceof WebAssembly.CompileError)) return "exhausted";
  if (typeof WebAssembly.SuspendError === "function" && error instanceof WebAssembly.SuspendError) {
    return SUSPENDED.test(text) ? { suspension: text } : { trap: [[], text] };
  }
  if (error instanceof WebAssembly.RuntimeError) {
    if (SUSPENDED.test(text)) return { suspension: text };
    const found = TRAPS.find(([pattern]) => pattern.test(text));
    return { trap: [found ? found[1] : [], text] };
  }
  if (!(error instanceof WebAssembly.LinkError) && LACKING.some((pattern) => pattern.test(text))) {
    return { unsupported: text };
  }
  return { refused: text };
}

function taken(step) {
  switch (step.op) {
    case "reset":
      instances.clear();
      instances.set(0, HOST);
      return "done";
    case "forget":
      step.modules.forEach((module) => modules.delete(module));
      return "done";
    case "limits":
      return "done";
    case "module":
      modules.set(step.module, new WebAssembly.Module(unhex(step.bytes)));
      return "done";
    case "instance": {
      const imports = Object.create(null);
      for (const [module, name, instance] of step.imports) {
        imports[module] ??= Object.create(null);
        imports[module][name] = known(instances, instance, "instance")[name];
      }
      const instance = new WebAssembly.Instance(known(modules, step.module, "module"), imports);
      instances.set(step.instance, instance.exports);
      return "done";
    }
    case "write":
      new Uint8Array(contents(step)).set(unhex(step.bytes), step.at);
      return "done";
    case "call": {
      const result = exported(step, step.export)();
      if (result === undefined) return "done";
      return { value: typeof result === "bigint" ? BigInt.asUintN(64, result).toString() : String(result >>> 0) };
    }
    case "read":
      return { bytes: hex(new Uint8Array(contents(step), step.at, step.len)) };
    default:
      throw new Senseless(`unknown step '${step.op}'`);
  }
}

/** Runs a program, where there is WASI. */
let program = () => ({ unsupported: "WASI" });

function answerTo(line) {
  const request = JSON.parse(line);
  const attempt = (action, on) => {
    try {
      return action(on);
    } catch (error) {
      return ended(error);
    }
  };
  const ends = request.op === "steps" ? request.steps.map((step) => attempt(taken, step)) : [attempt(program, request)];
  return JSON.stringify({ id: request.id, ends });
}
