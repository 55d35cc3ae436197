// Runs a WASI program in V8: v8_wasi.mjs FILE HOST::GUEST... [-- ARGUMENT...]
import { readFileSync } from "node:fs";
import { argv, exit } from "node:process";
import { WASI } from "node:wasi";

const given = argv.slice(2);
const end = given.indexOf("--");
const [file, ...folders] = end < 0 ? given : given.slice(0, end);
const args = [file, ...(end < 0 ? [] : given.slice(end + 1))];
const preopens = Object.fromEntries(folders.map((folder) => folder.split("::").reverse()));
const program = new WebAssembly.Module(readFileSync(file));
const first = WebAssembly.Module.imports(program).some(({ module }) => module === "wasi_unstable");
// Libraries of that time ask for the environment even where it is empty, which this WASI then refuses.
const env = first ? { LANG: "C" } : {};
const wasi = new WASI({ version: first ? "unstable" : "preview1", args, env, preopens, returnOnExit: true });
const instance = new WebAssembly.Instance(program, wasi.getImportObject());
exit(wasi.start(instance));
