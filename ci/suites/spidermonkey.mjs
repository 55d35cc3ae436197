// Turns the official testsuite as Firefox carries it (js/src/jit-test/tests/wasm/spec/**/*.wast.js) back into scripts.
//
//   node spidermonkey.mjs FOLDER-OF-WAST-JS OUTPUT-FOLDER
//
// Those files are programs, one call a directive, with the text of every module in them. So they are run, with functions of
// this file in place of the engine: each writes its call as a directive. One thing is guessed because the program does not show
// it: the type of a null that is passed (that of the export's parameter, else externref).
// Status: 1 if a file makes an unknown call, or holds no directive.
import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';

const [from, to] = process.argv.slice(2);
const bits = new DataView(new ArrayBuffer(16));

/** A string of the text format; bytes that are not plain ASCII are escaped. */
function quote(text) {
  const plain = (byte) => byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
  const shown = (byte) => (plain(byte) ? String.fromCharCode(byte) : '\\' + byte.toString(16).padStart(2, '0'));
  return `"${Array.from(Buffer.from(text, 'utf8'), shown).join('')}"`;
}

/** The literal of these bits of a float: 32 or 64 of them. Decimal digits that JavaScript gives read back as the same number. */
function float(width, pattern) {
  const [exponent, fraction] = width === 32 ? [0x7f800000n, 0x7fffffn] : [0x7ff0000000000000n, 0xfffffffffffffn];
  const sign = pattern >> BigInt(width - 1) ? '-' : '';
  if ((pattern & exponent) !== exponent) {
    bits.setBigUint64(0, pattern);
    const number = width === 32 ? (bits.setUint32(0, Number(pattern)), bits.getFloat32(0)) : bits.getFloat64(0);
    return Object.is(number, -0) ? '-0' : String(number);
  }
  return sign + (pattern & fraction ? `nan:0x${(pattern & fraction).toString(16)}` : 'inf');
}

/** The bits of a list of bytes, the lowest first. */
const number = (bytes) => bytes.reduceRight((all, byte) => (all << 8n) | BigInt(byte), 0n);

/** The literal of a kind of NaN, if this names one. */
const nan = (name) => ({ canonical_nan: 'nan:canonical', arithmetic_nan: 'nan:arithmetic' })[name];

/** A value of the program as a constant, or, where one is expected, as a result. */
function constant(value, type) {
  if (value instanceof Constant) return value.text;
  if (value === null) return type === undefined ? '(ref.null)' : `(ref.null ${type})`;
  if (typeof value === 'bigint') return `(i64.const ${value})`;
  if (typeof value === 'number') return `(i32.const ${value})`;
  // The width is not given: the function's type decides.
  if (nan(value)) return `(either (f32.const ${nan(value)}) (f64.const ${nan(value)}))`;
  throw new Error(`unknown value: ${value}`);
}

class Constant {
  constructor(text) {
    this.text = text;
  }
}

/** Lanes of any list of numbers, as what they are or as bits of floats. */
function lanes(shape, elements) {
  return new Constant(`(v128.const ${shape} ${Array.from(elements).join(' ')})`);
}

function bytes(type, list) {
  if (type === 'v128') return lanes('i8x16', list);
  const pattern = number(list);
  if (type === 'f32' || type === 'f64') return new Constant(`(${type}.const ${float(type === 'f32' ? 32 : 64, pattern)})`);
  return new Constant(`(${type}.const ${pattern})`);
}

/** The heap type of a nullable reference type's short name. */
function heapType(type) {
  return type === 'nullref' ? 'none' : type.replace(/^null/, 'no').replace(/ref$/, '');
}

function value(type, given) {
  if (type === 'anyfunc') return new Constant(constant(given, 'func'));
  if (type.endsWith('ref')) return new Constant(constant(given, heapType(type)));
  if (type === 'i32' || type === 'i64') return new Constant(`(${type}.const ${given})`);
  if (type === 'f32') bits.setFloat32(0, given);
  else if (type === 'f64') bits.setFloat64(0, given);
  else throw new Error(`a value of type ${type}`);
  return new Constant(`(${type}.const ${float(...(type === 'f32' ? [32, BigInt(bits.getUint32(0))] : [64, bits.getBigUint64(0)]))})`);
}

/** A lane of a pattern: a constant without its type, or a kind of NaN. */
function lane(given) {
  return nan(given) ?? constant(given).replace(/^\(\w+\.const (.*)\)$/, '$1');
}

class Action {
  constructor(text) {
    this.text = text;
  }
}

/** The heap types of the nulls that an export takes, as far as the text of the module names them. */
function nulls(text, field) {
  const found = text.indexOf(`(export ${quote(field)})`);
  if (found < 0) return [];
  const parameters = /^(?:\s*\((?:export|type)[^()]*\))*((?:\s*\(param(?:[^()]|\([^()]*\))*\))*)/.exec(text.slice(found))[1];
  return Array.from(parameters.matchAll(/\b(\w+)ref\b|\(ref\s+null\s+([^\s()]+)\s*\)|\b[if](?:32|64)\b|\bv128\b/g), (m) => m[1] ?? m[2]);
}

/** The functions and classes that a program is run with. `out` takes the directives. */
function harness(out) {
  let modules = 0;
  let asserting = false;
  // The action of an assertion is not a directive of its own.
  const about = (thunk) => {
    asserting = true;
    try {
      return thunk();
    } finally {
      asserting = false;
    }
  };
  const invocation = ({ name, text }, field, given) => {
    const types = nulls(text, field);
    return `(invoke ${[name, quote(field), ...given.map((value, i) => constant(value, types[i] ?? 'extern'))].join(' ')})`;
  };
  const assertion = (kind, thunk, ...rest) => out.push(`(assert_${[kind, about(thunk).text, ...rest].join(' ')})`);
  const refusal = (kind, quoted = () => false) => (thunk, message) => {
    const { text } = about(thunk);
    assertion(kind, () => ({ text: quoted(text) ? `(module quote ${quote(text)})` : text }), quote(message));
  };
  // Under a name of ours instead of its own.
  const named = (text, prefix, opening) => {
    const name = `${prefix}${modules++}`;
    const start = /^(?:\s|;;[^\n]*\n|\(;.*?;\))*\(\s*module(?=[\s();])(\s*\$[^\s()";]+)?/s;
    out.push(start.test(text) ? text.replace(start, () => `(${opening} ${name}`) : `(${opening} ${name} ${text})`);
    return { name, text };
  };
  const list = (expected) => (Array.isArray(expected) ? expected : [expected]);
  const floats = (type) => (elements) => lanes(`${type}x${elements.length}`, elements.map((each) => lane(value(type, each))));
  const pattern = (shape) =>
    class extends Constant {
      constructor(...all) {
        super(lanes(shape, all.map(lane)).text);
      }
    };
  const reference = (text) =>
    class extends Constant {
      constructor(given) {
        super(text(given));
      }
    };
  return {
    at: (where) => out.push(`;; ${where}`),
    partialOobWriteMayWritePartialData: () => false,
    bytes,
    value,
    ...Object.fromEntries(['i8x16', 'i16x8', 'i32x4', 'i64x2'].map((shape) => [shape, (all) => lanes(shape, all)])),
    f32x4: floats('f32'),
    f64x2: floats('f64'),
    externref: (n) => new Constant(`(ref.extern ${n})`),
    hostref: (n) => new Constant(`(ref.host ${n})`),
    either: (...all) => new Constant(`(either ${all.map((each) => constant(each)).join(' ')})`),
    F32x4Pattern: pattern('f32x4'),
    F64x2Pattern: pattern('f64x2'),
    RefWithType: reference((type) => (type.startsWith('null') ? '(ref.null)' : `(ref.${type.slice(0, -'ref'.length)})`)),
    ExternRefResult: reference((n) => `(ref.extern ${n})`),
    HostRefResult: reference((n) => `(ref.host ${n})`),

    instantiate(text) {
      return asserting ? { text } : named(text, '$module', 'module');
    },
    module: (text) => named(text, '$definition', 'module definition'),
    instantiateFromModule({ name: definition, text }) {
      const name = `$module${modules++}`;
      out.push(`(module instance ${name} ${definition})`);
      return { name, text };
    },
    register: ({ name }, as) => out.push(`(register ${quote(as)} ${name})`),
    invoke(instance, field, given) {
      const text = invocation(instance, field, given);
      if (!asserting) out.push(text);
      return { text };
    },
    get: ({ name }, field) => ({ text: `(get ${name} ${quote(field)})` }),
    assert_return: (thunk, expected) => assertion('return', thunk, ...list(expected).map((each) => constant(each))),
    assert_exception: (thunk) => assertion('exception', thunk),
    assert_trap: refusal('trap'),
    assert_exhaustion: refusal('exhaustion'),
    assert_unlinkable: refusal('unlinkable'),
    // These programs contain quoted text without its quotes. A malformed module that is not binary is always quoted.
    assert_malformed: refusal('malformed', (text) => !/^\(module\s+(\$\S+\s+)?binary\b/.test(text)),
    assert_invalid: refusal('invalid', (text) => !/^\s*\(module\b/.test(text)),
  };
}

let failures = 0;
const folders = fs.readdirSync(from, { withFileTypes: true }).filter((entry) => entry.isDirectory());
for (const { name } of folders) {
  // As in a checkout of the testsuite.
  const output = name === 'spec' ? to : path.join(to, 'proposals', name);
  const files = fs.readdirSync(path.join(from, name)).filter((file) => file.endsWith('.wast.js'));
  if (files.length) fs.mkdirSync(output, { recursive: true });
  for (const file of files.sort()) {
    const source = path.join(from, name, file);
    const program = fs.readFileSync(source, 'utf8').replace(/^[ \t]*\/\/ (\.\/test\/\S+:\d+)$/gm, 'at(`$1`);');
    // A recent Firefox enables multiple memories everywhere.
    const out = [';;! multi_memory = true'];
    try {
      vm.runInNewContext(program, harness(out), { filename: source });
      if (!out.some((line) => line.startsWith('('))) throw new Error('it holds no directive');
      fs.writeFileSync(path.join(output, file.slice(0, -'.js'.length)), out.join('\n') + '\n');
    } catch (error) {
      failures += 1;
      console.error(`${source}: ${error.stack ?? error}`);
    }
  }
}
process.exitCode = failures ? 1 : 0;
