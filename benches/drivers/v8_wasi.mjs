// Runs a WASI program in V8: v8_wasi.mjs FILE HOST::GUEST...
import { readFileSync } from "node:fs";
import { argv, exit } from "node:process";
import { WASI } from "node:wasi";

const [file, ...folders] = argv.slice(2);
const preopens = Object.fromEntries(folders.map((folder) => folder.split("::").reverse()));
const wasi = new WASI({ version: "preview1", args: [file], preopens, returnOnExit: true });
const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)), wasi.getImportObject());
exit(wasi.start(instance));
