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
];
// Words of the engines, and the messages of the specification that they may stand for.
const TRAPS = [
  [/^unreachable/i, ["unreachable"]],
  [/^data segment .*out of bounds|^(memory access|out of bounds memory) (access )?/i, ["out of bounds memory access"]],
  [/^memory.*out of bounds|would exceed the size of memory/i, ["out of bounds memory access"]],
  [/^element segment .*out of bounds/i, ["out of bounds table access"]],
  [/^table (index|access|element).*out of bounds|^out of bounds table/i, ["out of bounds table access", "undefined element"]],
  [/^out of bounds call_indirect/i, ["undefined element"]],
  [/^call_indirect to a null table entry|^indirect call to null/i, ["uninitialized element", ...NULLS]],
  [/^indirect call signature mismatch/i, ["indirect call type mismatch"]],
  // JavaScriptCore says this of a null, too.
  [/^call_indirect to a signature/i, ["indirect call type mismatch", "uninitialized element"]],
  [/^null function/i, ["uninitialized element", "indirect call type mismatch", ...NULLS]],
  [/^(integer )?(divide|remainder) by zero|^division by zero/i, ["integer divide by zero"]],
  [/^divide result unrepresentable|^integer overflow/i, ["integer overflow"]],
  [/^float unrepresentable|^out of bounds trunc/i, ["integer overflow", "invalid conversion to integer"]],
  [/^invalid conversion to integer/i, ["invalid conversion to integer"]],
  [/dereferenc\w+ (a )?null|^unable to |on null reference|null (reference|value)/i, NULLS],
  [/^illegal cast|^bad cast|cast fail|^ref\.cast/i, ["cast failure"]],
  [/^array .*out of bounds|out of bounds array/i, ["out of bounds array access"]],
  [/^requested new array is too large|^too many array elements|failed to allocate new/i, ["allocation size too large"]],
  [/unaligned/i, ["unaligned atomic"]],
  [/^Atomics.wait|non-shared memory/i, ["expected shared memory"]],
  // SpiderMonkey has one text for an access beyond any end.
  [/^index out of bounds/i, [
    "out of bounds memory access", "out of bounds table access", "out of bounds array access", "undefined element",
  ]],
];
const SUSPENDED = /no suspend handler|unhandled (tag|suspen)|uncaught suspen/i;
const EXHAUSTED = /call stack|too much recursion|stack overflow|stack size/i;
// What says that another version of the engine, or another configuration, might take the module.
const LACKING = [
  /--experimental-wasm|not enabled|not supported|unsupported|unimplemented|is disabled/i,
  // Opcodes, types, sections and flags of later proposals.
  /invalid (numeric )?opcode|unrecognized opcode|invalid value type|invalid heap type|unknown (type form|section code)/i,
  /invalid local type|invalid block type|bad type|expected signature definition|invalid (memory|table)( elements)? limits/i,
  // Limits, and what is one of them where a proposal is missing.
  /internal limit|expected \d+ (tables|memories)|at most one|maximum of 1 memor|multi-memory|invalid memory index/i,
  /too many|exceeds? the (maximum|limit)|out of memory|limits flag|unexpected bits set in flags/i,
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
  if (!map.has(number)) throw new Senseless(`there is no ${what} ${number}`);
  return map.get(number);
}

function exported(step, name) {
  const item = known(instances, step.instance, "instance")[name];
  if (item === undefined) throw new Senseless(`instance ${step.instance} has no export '${name}'`);
  return item;
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
      new Uint8Array(exported(step, step.memory).buffer).set(unhex(step.bytes), step.at);
      return "done";
    case "call": {
      const result = exported(step, step.export)();
      if (result === undefined) return "done";
      return { value: typeof result === "bigint" ? BigInt.asUintN(64, result).toString() : String(result >>> 0) };
    }
    case "read":
      return { bytes: hex(new Uint8Array(exported(step, step.memory).buffer, step.at, step.len)) };
    default:
      throw new Senseless(`there is no step '${step.op}'`);
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
