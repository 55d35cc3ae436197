// What ci/by-hand gives to an engine that runs JavaScript, with a call of this function behind it. `others` are pairs of a
// name and a module to import from; modules are in hexadecimal; `calls` are functions of the exports. `say` prints a line.
"use strict";

function byHand(say, others, module, calls) {
  const compiled = (hex) =>
    new WebAssembly.Module(Uint8Array.from(hex.match(/../g) || [], (byte) => parseInt(byte, 16)));
  const line = (kind, error) => say(`${kind}: ${String(error.message).replace(/\n/g, " / ")}`);
  const ended = (error) => line(error instanceof WebAssembly.Exception ? "exception" : "trap", error);
  const shown = (value) => {
    if (typeof value === "bigint") return `${value}n`;
    return typeof value !== "number" ? "other" : Object.is(value, -0) ? "-0" : String(value);
  };

  const imports = {};
  let ready, exports;
  try {
    for (const [name, hex] of others) imports[name] = new WebAssembly.Instance(compiled(hex), imports).exports;
  } catch (error) {
    return line("other", error);
  }
  try {
    ready = compiled(module);
  } catch (error) {
    return line("rejected", error);
  }
  try {
    exports = new WebAssembly.Instance(ready, imports).exports;
  } catch (error) {
    const isLinked = error instanceof WebAssembly.RuntimeError || error instanceof WebAssembly.Exception;
    return isLinked ? ended(error) : line("unlinkable", error);
  }
  say("ok");
  for (const call of calls) {
    try {
      const result = call(exports);
      const results = result === undefined ? [] : Array.isArray(result) ? result : [result];
      say(["returned", ...results.map(shown)].join(" "));
    } catch (error) {
      ended(error);
    }
  }
}
