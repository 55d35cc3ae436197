// Driver of V8, through node: speaks the protocol of src/oracle/wire.rs.

import { closeSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import v8 from "node:v8";

function answer(message) {
  const bytes = Buffer.from(JSON.stringify(message) + "\n");
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
}

const major = parseInt(process.versions.v8);
// Off by default in some versions, and final in all that have the flag. The gc and typed function references of older
// versions have opcodes that were changed later: they are not switched on.
const flags = ["--experimental-wasm-extended-const", "--experimental-wasm-memory64"];
if (major >= 12) flags.push("--experimental-wasm-exnref", "--experimental-wasm-multi-memory");
for (const flag of flags) {
  const known = process.binding === undefined || major < 13;
  if (known) v8.setFlagsFromString(flag);
}

// (module (func i32.const 0 ref.i31 extern.convert_any drop))
const CONVERT = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 11, 1, 9, 0, 65, 0, 251, 28, 251, 27, 26, 11,
]);
// (module (tag) (func try_table (catch_all 0) end))
const TRY_TABLE = Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 13, 3, 1, 0, 0, 10, 11, 1, 9, 0, 31, 64, 1, 2, 0, 11, 11,
]);

const NULLS = [
  "null reference",
  "null function reference",
  "null exception reference",
  "null structure reference",
  "null array reference",
  "null i31 reference",
];
const TEXTS = [
  [/^unreachable/, ["unreachable"]],
  [/^memory access out of bounds|data segment .*out of bounds/, ["out of bounds memory access"]],
  [/^table (index|access|element).*out of bounds/, ["out of bounds table access", "undefined element"]],
  [/element segment .*out of bounds/, ["out of bounds table access"]],
  [/^(divide|remainder) by zero/, ["integer divide by zero"]],
  [/^divide result unrepresentable/, ["integer overflow"]],
  [/^float unrepresentable/, ["integer overflow", "invalid conversion to integer"]],
  [/^null function or function signature/, ["uninitialized element", "indirect call type mismatch", ...NULLS]],
  [/^dereferencing a null pointer/, NULLS],
  [/^illegal cast/, ["cast failure"]],
  [/^array (element )?access out of bounds/, ["out of bounds array access"]],
  [/^requested new array is too large/, ["allocation size too large"]],
  [/unaligned accesses/, ["unaligned atomic"]],
  [/^Atomics.wait/, ["expected shared memory"]],
];

function ended(error) {
  const text = String(error?.message ?? error).replace(/^WebAssembly\.\w+\(\):\s*/, "");
  if (error instanceof WebAssembly.Exception) return "exception";
  if (error instanceof RangeError && /call stack/.test(text)) return "exhausted";
  if (error instanceof WebAssembly.RuntimeError) {
    return { trap: [TEXTS.find(([pattern]) => pattern.test(text))?.[1] ?? [], text] };
  }
  // Features that another version of V8 might have: opcodes, type forms, section kinds and limits flags of later proposals.
  const lacking = /--experimental-wasm|invalid opcode|invalid numeric opcode|invalid value type|invalid heap type/i;
  const later = /unknown (type form|section code)|expected signature definition|expected \d+ (tables|memories)|multi-memory|invalid (memory|table)( elements)? limits/i;
  const many = /internal limit|invalid local type|invalid block type|not enabled|at most one|maximum of 1 memor|invalid memory index/i;
  if (error instanceof WebAssembly.CompileError && [lacking, later, many].some((p) => p.test(text))) {
    return { unsupported: text };
  }
  return { refused: text };
}

const bytesOf = (memory) => new Uint8Array(memory.buffer);

// Few of them differ: each is compiled once.
const HASHERS = new Map();
function hasher(binary) {
  if (!HASHERS.has(binary)) {
    if (HASHERS.size > 1000) HASHERS.clear();
    HASHERS.set(binary, new WebAssembly.Module(Buffer.from(binary, "hex")));
  }
  return HASHERS.get(binary);
}

function moduleJob(q) {
  const reply = { id: q.id, calls: [] };
  let subject, probe, hashers;
  try {
    const imports = {};
    if (q.provider) {
      const [name, binary] = q.provider;
      imports[name] = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(binary, "hex"))).exports;
    }
    subject = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(q.module, "hex")), imports).exports;
  } catch (error) {
    reply.start = ended(error);
    return reply;
  }
  try {
    probe = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(q.probe, "hex")), { m: subject }).exports;
    hashers = q.memories.map(([, binary]) => new WebAssembly.Instance(hasher(binary), { m: subject }).exports.h);
  } catch (error) {
    // The probe uses what the subject uses: a missing feature of the probe says nothing about the subject.
    reply.start = { unsupported: "the probe: " + error.message };
    return reply;
  }
  const area = Buffer.from(probe.p.buffer);
  const state = () => {
    probe.s();
    const bytes = area.toString("hex", 65536, 65536 + q.state_bytes);
    const memories = q.memories.map(([name], i) => [
      subject[name].buffer.byteLength,
      BigInt.asUintN(64, hashers[i]()).toString(),
    ]);
    return { bytes, memories };
  };
  const each = q.state === "each";
  reply.start = { returned: [0, ""] };
  if (each || (q.state === "end" && q.calls.length === 0)) reply.started = state();
  q.calls.forEach(([name, args, room], i) => {
    area.write(args, 0, "hex");
    let end;
    try {
      const status = probe[name]() >>> 0;
      end = { returned: [status, area.toString("hex", 32768, 32768 + room)] };
    } catch (error) {
      end = ended(error);
    }
    const wanted = each || (q.state === "end" && i === q.calls.length - 1);
    reply.calls.push([end, wanted ? state() : null]);
  });
  if (q.contents) {
    q.memories.forEach(([name], i) => writeFileSync(join(q.contents, `memory-${i}`), bytesOf(subject[name])));
  }
  return reply;
}

let WASI;
async function programJob(q) {
  // Loaded on demand: it prints a warning, and most jobs do not need it.
  process.removeAllListeners("warning");
  WASI ??= (await import("node:wasi")).WASI;
  const reply = { id: q.id };
  const [stdin, stdout, stderr] = [openSync(q.stdin, "r"), openSync(q.stdout, "w"), openSync(q.stderr, "w")];
  let exports;
  try {
    const wasi = new WASI({
      version: "preview1",
      args: q.args,
      env: Object.fromEntries(q.env),
      preopens: Object.fromEntries(q.dirs.map(([host, guest]) => [guest, host])),
      stdin,
      stdout,
      stderr,
      returnOnExit: true,
    });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(q.module)), wasi.getImportObject());
    exports = instance.exports;
    if (!exports._start) {
      reply.start = { unsupported: "the program has no export '_start'" };
      return reply;
    }
    const status = wasi.start(instance);
    // Like a shell, node does not distinguish `proc_exit(0)` from a return.
    reply.start = status ? { exit: status } : { returned: [0, ""] };
  } catch (error) {
    reply.start = ended(error);
  } finally {
    [stdin, stdout, stderr].forEach((fd) => closeSync(fd));
  }
  if (exports?.memory) writeFileSync(q.memory, bytesOf(exports.memory));
  return reply;
}

answer({
  protocol: 2,
  name: "v8",
  version: `${process.versions.v8} (node ${process.versions.node})`,
  exceptions: WebAssembly.validate(TRY_TABLE),
  gc: WebAssembly.validate(CONVERT),
});
let rest = "";
const decoder = new TextDecoder();
const chunk = Buffer.alloc(1 << 16);
for (;;) {
  const newline = rest.indexOf("\n");
  if (newline < 0) {
    const read = readSync(0, chunk);
    if (read === 0) break;
    rest += decoder.decode(chunk.subarray(0, read), { stream: true });
    continue;
  }
  const q = JSON.parse(rest.slice(0, newline));
  rest = rest.slice(newline + 1);
  answer(q.op === "program" ? await programJob(q) : moduleJob(q));
}
