// Driver of V8, through node, for benches/table; lines as in wasmtime_driver.py.
//
// It compiles a function when it is first called, and again when it is hot, on threads of its own; their time counts.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

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

const answer = ([what, ...words]) => {
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
        // A byte of a custom section that differs: V8 keeps the code of modules that it has seen.
        const copy = Buffer.concat([binary, Buffer.from([0, 5, 0, i & 255, (i >> 8) & 255, (i >> 16) & 255, 0])]);
        instantiate(new WebAssembly.Module(copy))[words[2]](Number(words[3]));
      }
      return [clock() - begin];
    }
    default:
      throw new Error(`what is '${what}'?`);
  }
};

console.log(`hello V8 ${process.versions.v8} (node ${process.versions.node})`);
for await (const line of createInterface({ input: process.stdin })) {
  try {
    console.log("ok", ...answer(line.split(" ")));
  } catch (error) {
    console.log("no", String(error?.message ?? error).replace(/\s+/g, " ").slice(0, 300));
  }
}
