// Driver of V8, through node, for benches/table; lines as in wasmtime_driver.py.
//
// It compiles a function when it is first called, and again when it is hot, on separate threads; their time counts.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";

const clock = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
};
const env = { env: { host: (x) => (x + 1) | 0 } };
let module, exports;

const instantiate = (module) => {
  const { exports } = new WebAssembly.Instance(module, env);
  exports._initialize?.();
  return exports;
};

// Calls an export on this many threads, each with its own instance on one memory; measures wall-clock time.
const threads = async (name, count, argument) => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const imports = { env: { memory } };
  // The number of threads ready, the start flag, and the number of threads done.
  const state = new Int32Array(new SharedArrayBuffer(12));
  const body = `
    const { module, memory, name, argument, state } = require("node:worker_threads").workerData;
    const f = new WebAssembly.Instance(module, { env: { memory } }).exports[name];
    Atomics.add(state, 0, 1);
    Atomics.notify(state, 0);
    Atomics.wait(state, 1, 0);
    f(argument);
    Atomics.add(state, 2, 1);
    Atomics.notify(state, 2);`;
  const until = (i) => {
    for (let n; (n = Atomics.load(state, i)) < count; ) {
      if (Atomics.wait(state, i, n, 100_000) === "timed-out") throw new Error("threads do not return");
    }
  };
  const workerData = { module, memory, name, argument, state };
  const workers = Array.from({ length: count }, () => new Worker(body, { eval: true, workerData }));
  try {
    until(0);
    const begin = process.hrtime.bigint();
    Atomics.store(state, 1, 1);
    Atomics.notify(state, 1);
    until(2);
    const taken = process.hrtime.bigint() - begin;
    return [Number(taken), new WebAssembly.Instance(module, imports).exports.value(0) >>> 0];
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
};

const answer = async ([what, ...words]) => {
  switch (what) {
    case "open": {
      module = exports = undefined;
      const binary = readFileSync(words[0]);
      const begin = clock();
      module = new WebAssembly.Module(binary);
      return [clock() - begin];
    }
    case "fresh": {
      exports = undefined;
      const begin = clock();
      exports = instantiate(module);
      return [clock() - begin];
    }
    case "call": {
      const f = exports[words[0]];
      const argument = Number(words[1]);
      const begin = clock();
      const result = f(argument);
      return [clock() - begin, result >>> 0];
    }
    case "start": {
      const binary = readFileSync(words[0]);
      const begin = clock();
      for (let i = 0; i < Number(words[1]); i++) {
        // A byte of a custom section that differs: V8 caches the code of modules that it has seen.
        const copy = Buffer.concat([binary, Buffer.from([0, 5, 0, i & 255, (i >> 8) & 255, (i >> 16) & 255, 0])]);
        instantiate(new WebAssembly.Module(copy))[words[2]](Number(words[3]));
      }
      return [clock() - begin];
    }
    case "threads":
      return await threads(words[0], Number(words[1]), Number(words[2]));
    default:
      throw new Error(`unknown command '${what}'`);
  }
};

console.log(`hello V8 ${process.versions.v8} (node ${process.versions.node})`);
for await (const line of createInterface({ input: process.stdin })) {
  try {
    console.log("ok", ...(await answer(line.split(" "))));
  } catch (error) {
    console.log("no", String(error?.message ?? error).replace(/\s+/g, " ").slice(0, 300));
  }
}
