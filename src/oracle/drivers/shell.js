// Reads requests and writes answers, in whatever runs this: node, deno, bun, or JavaScriptCore's own shell. Comes after
// javascript.js.

if (typeof process === "undefined") {
  print(JSON.stringify({ protocol: 3, name: "javascriptcore", version: "(its shell)", host: true }));
  // Its lines are bytes, each as a character.
  for (let line; (line = readline()); ) print(answerTo(decodeURIComponent(escape(line))));
} else {
  const { readFileSync, readSync, writeFileSync, writeSync, openSync, closeSync } = process.getBuiltinModule("node:fs");
  const v = process.versions;
  const say = (text) => {
    const bytes = new TextEncoder().encode(text + "\n");
    for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
  };

  // Off by default in some versions, and final in all that have the flag. The gc and typed function references of older
  // versions have opcodes that were changed later: they are not switched on.
  if (v.v8 && !v.deno && parseInt(v.v8) < 13) {
    const flags = ["--experimental-wasm-extended-const", "--experimental-wasm-memory64"];
    if (parseInt(v.v8) >= 12) flags.push("--experimental-wasm-exnref", "--experimental-wasm-multi-memory");
    flags.forEach((flag) => process.getBuiltinModule("node:v8").setFlagsFromString(flag));
  }

  program = (request) => {
    // Loaded on demand: it prints a warning, and most jobs do not need it.
    process.removeAllListeners("warning");
    const { WASI } = process.getBuiltinModule("node:wasi");
    const files = [openSync(request.stdin, "r"), openSync(request.stdout, "w"), openSync(request.stderr, "w")];
    let exports;
    try {
      const wasi = new WASI({
        version: "preview1",
        args: request.args,
        env: Object.fromEntries(request.env),
        preopens: Object.fromEntries(request.dirs.map(([host, guest]) => [guest, host])),
        stdin: files[0],
        stdout: files[1],
        stderr: files[2],
        returnOnExit: true,
      });
      // bun's WASI takes no descriptors.
      if (!wasi.getImportObject) return { unsupported: "WASI as node has it" };
      const instance = new WebAssembly.Instance(
        new WebAssembly.Module(readFileSync(request.module)),
        wasi.getImportObject(),
      );
      exports = instance.exports;
      if (!exports._start) return { unsupported: "the program has no export '_start'" };
      const status = wasi.start(instance);
      // Like a shell, node does not distinguish `proc_exit(0)` from a return.
      return status ? { exit: status } : "done";
    } finally {
      files.forEach((file) => closeSync(file));
      if (exports?.memory) writeFileSync(request.memory, new Uint8Array(exports.memory.buffer));
    }
  };

  const [name, version] = v.bun
    ? ["javascriptcore", `${String(v.webkit).slice(0, 9)} (bun ${v.bun})`]
    : ["v8", `${v.v8} (${v.deno ? `deno ${v.deno}` : `node ${v.node}`})`];
  say(JSON.stringify({ protocol: 3, name, version, host: true }));
  let rest = "";
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(1 << 16);
  for (;;) {
    const newline = rest.indexOf("\n");
    if (newline < 0) {
      const read = readSync(0, chunk);
      if (read === 0) break;
      rest += decoder.decode(chunk.subarray(0, read), { stream: true });
      continue;
    }
    const line = rest.slice(0, newline);
    rest = rest.slice(newline + 1);
    say(answerTo(line));
  }
}
