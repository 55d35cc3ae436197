'use strict';
const $ = id => document.getElementById(id);
/** An element; nothing that a test wrote is ever read as HTML. */
function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
const number = n => n.toLocaleString('en');
const many = (n, word) => number(n) + ' ' + word + (n === 1 ? '' : 's');

const summary = JSON.parse($('summary').textContent);
const { columns, runs } = summary;
const verdicts = summary.verdicts.map(([name, letter, fine, meaning]) => ({ name, letter, fine, meaning }));
const xdiff = columns.indexOf(summary.xdiff);
const engines = columns.map((_, c) => c).filter(c => c !== xdiff);
const [PASS, EXCUSED, NOT_RUN, SAME] = ['.', ',', ' ', '='].map(letter => letter.charCodeAt(0));
/** By code of a letter, small or capital: the verdict's number; -1 of a directive that was not run. */
const verdictOf = new Int8Array(128).fill(-1);
verdicts.forEach(({ letter }, v) => { verdictOf[letter.charCodeAt(0)] = verdictOf[letter.toUpperCase().charCodeAt(0)] = v; });
verdictOf[EXCUSED] = verdictOf[PASS];
const passes = code => code === PASS || code === EXCUSED;
const isCapital = code => code >= 65 && code <= 90;
const deviates = code => code !== NOT_RUN && !verdicts[verdictOf[code]].fine;
const nameOf = code => code === NOT_RUN ? 'not run' : verdicts[verdictOf[code]].name;
const styleOf = code => code === NOT_RUN ? 'none' : passes(code) ? 'pass' : !deviates(code) ? 'fine' : isCapital(code) ? 'bad' : 'known';
const signOf = code => code === NOT_RUN ? '–' : passes(code) ? '✓' : String.fromCharCode(code);

// Dark or light, by the system or by choice.
const themes = ['system', 'dark', 'light'];
let theme = 'system';
try { theme = localStorage.getItem('theme') || theme; } catch { /* a page from a file may have no storage */ }
function setTheme() {
  if (theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  $('theme').textContent = 'Theme: ' + theme;
}
$('theme').onclick = () => {
  theme = themes[(themes.indexOf(theme) + 1) % themes.length];
  try { localStorage.setItem('theme', theme); } catch { /* then it does not last */ }
  setTheme();
};
setTheme();

// The data.

async function inflate(id) {
  const bytes = Uint8Array.from(atob($(id).textContent.trim()), c => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'))).json();
}

/** Reads what `Words` in data.rs writes: the numbers of texts, one after the other. */
function reader(words, width) {
  const last = new Uint32Array(width);
  let at = 0, fresh = 0;
  return column => {
    const code = words.codes[at++];
    return last[column] = code === 0 ? last[column] : code === 1 ? fresh++ : code - 2;
  };
}

/** Files: group, name, number of the first directive, and of the one after the last. */
let files = [];
let total = 0, lineOf, fileOf, directiveOf, directives, detailTexts;
/** By run: a letter a directive and column; and the details of deviations and excused passes that differ from the newer run's. */
let letters = [], details = [];
/** By directive and column: whether repeated runs differ. Absent if no run was repeated. */
let flaky = null;

function decode(data) {
  const width = columns.length;
  for (const [group, name, n] of data.files) {
    files.push({ group, name, key: group + '/' + name, from: total, to: total + n });
    total += n;
  }
  [lineOf, fileOf, directiveOf] = [new Uint32Array(total), new Uint32Array(total), new Uint32Array(total)];
  directives = data.directives.texts;
  const directive = reader(data.directives, 1);
  files.forEach((file, f) => {
    for (let n = file.from, line = 0; n < file.to; n++) {
      lineOf[n] = line += data.lines[n];
      fileOf[n] = f;
      directiveOf[n] = directive(0);
    }
  });
  detailTexts = data.details.map(words => words.texts);
  const words = data.details.map(list => reader(list, width));
  for (const run of data.runs) {
    const codes = new Uint8Array(total * width).fill(NOT_RUN);
    run.forEach((text, c) => {
      let n = 0;
      for (const [, letter, times] of text.matchAll(/(\D)(\d*)/g)) {
        const code = letter.charCodeAt(0), end = n + (times ? +times : 1);
        for (; n < end; n++) codes[n * width + c] = code;
      }
    });
    const newer = letters.at(-1), at = [], texts = [];
    for (let i = 0; i < codes.length; i++) {
      if (codes[i] === SAME) codes[i] = newer[i];
      else if (codes[i] !== PASS && codes[i] !== NOT_RUN) {
        at.push(i);
        words.forEach((next, k) => texts.push(next(k === 0 ? 0 : i % width)));
      }
    }
    letters.push(codes);
    details.push({ at: Uint32Array.from(at), texts: Uint32Array.from(texts) });
  }
  findFlakes();
}

function findFlakes() {
  for (const first of new Set(runs.map(run => run.same_as))) {
    const again = runs.map((_, r) => r).filter(r => runs[r].same_as === first);
    if (again.length < 2) continue;
    flaky ??= new Uint8Array(total * columns.length);
    for (let i = 0; i < flaky.length; i++) {
      const found = again.map(r => verdictOf[letters[r][i]]).filter(v => v >= 0);
      if (found.some(v => v !== found[0])) flaky[i] = 1;
    }
  }
}

const letter = (run, n, c) => letters[run][n * columns.length + c];
const isFlaky = (n, c) => flaky !== null && flaky[n * columns.length + c] === 1;

/** Expected, got, cause, bug and replay of a deviation or an excused pass, as texts. */
function detailsOf(run, n, c) {
  const cell = n * columns.length + c;
  for (let r = run; r >= 0; r--) {
    const { at, texts } = details[r];
    let low = 0, high = at.length;
    while (low < high) { const middle = (low + high) >> 1; if (at[middle] < cell) low = middle + 1; else high = middle; }
    if (at[low] === cell) return detailTexts.map((list, k) => list[texts[low * detailTexts.length + k]]);
  }
  return detailTexts.map(() => '');
}

/** The earliest run from which on the verdict is that of `run`. */
function since(run, n, c) {
  const verdict = verdictOf[letter(run, n, c)];
  while (run + 1 < runs.length && verdictOf[letter(run + 1, n, c)] === verdict) run++;
  return run;
}

/** By file and column: the numbers of the verdicts, and of what is unexpected; as in `summary.groups`. */
const sumsOf = new Map();
function sums(run) {
  if (!sumsOf.has(run)) {
    sumsOf.set(run, files.map(file => columns.map((_, c) => {
      const counts = new Array(verdicts.length + 1).fill(0);
      for (let n = file.from; n < file.to; n++) {
        const code = letter(run, n, c);
        if (code === NOT_RUN) continue;
        counts[verdictOf[code]]++;
        if (isCapital(code)) counts[verdicts.length]++;
      }
      return counts;
    })));
  }
  return sumsOf.get(run);
}
const add = lists => columns.map((_, c) => lists.reduce((sum, cells) => sum.map((n, k) => n + cells[c][k]), new Array(verdicts.length + 1).fill(0)));

// The place on the page: #column/group/file:line@run?filters

const nothing = { column: '', group: '', file: '', line: 0, nth: 1, run: 0, q: '', verdict: '', passes: '', only: false, list: false };
let place = { ...nothing }, problem = '', ready = false;

function link(changes) {
  const to = { ...place, ...changes };
  const parts = [to.column || '*', to.group, to.file].map(encodeURIComponent);
  let text = parts.join('/').replace(/\/+$/, '');
  if (to.file && to.line) text += ':' + to.line + (to.nth > 1 ? '.' + to.nth : '');
  if (to.run > 0 || changes.exact) text += '@' + runs[to.run].date;
  const query = new URLSearchParams();
  for (const [key, name] of [['q', 'q'], ['verdict', 'v'], ['passes', 'passes']]) if (to[key] !== '') query.set(name, to[key]);
  for (const key of ['only', 'list']) if (to[key]) query.set(key, '1');
  return '#' + (text === '*' ? '' : text) + (query.size ? '?' + query : '');
}

function parse(hash) {
  const to = { ...nothing };
  problem = '';
  const [where, query] = hash.replace(/^#/, '').split(/\?(.*)/s);
  const [path, run] = where.split('@');
  const [column, group, file] = path.split('/');
  const text = part => { try { return decodeURIComponent(part ?? ''); } catch { return part; } };
  const [name, line] = (file ?? '').split(':');
  [to.column, to.group, to.file] = [text(column === '*' ? '' : column), text(group), text(name)];
  const [first, nth] = (line ?? '').split('.');
  [to.line, to.nth] = [+first || 0, +nth || 1];
  if (run) {
    to.run = runs.findIndex(r => r.date === text(run));
    if (to.run < 0) { to.run = 0; problem = `The run ${text(run)} is not on this page; this is the newest.`; }
  }
  if (to.column && !columns.includes(to.column)) { problem = `There is no column ${to.column} on this page.`; to.column = ''; }
  const words = new URLSearchParams(query ?? '');
  [to.q, to.verdict, to.passes] = ['q', 'v', 'passes'].map(key => words.get(key) ?? '');
  [to.only, to.list] = ['only', 'list'].map(key => words.get(key) === '1');
  return to;
}

// Filters.

const filters = [['deviates', 'deviates'], ['unexpected', 'unexpected'], ['known', 'known deviation'], ...verdicts.map(v => [v.name, v.name]),
  ['flake', 'flake (repeated runs differ)'], ['changed', 'changed since the previous run'], ['not-run', 'not run']];
const isFiltered = () => place.q.trim() !== '' || place.verdict !== '' || place.passes !== '' || place.only;
const showsList = () => place.file !== '' || place.list || isFiltered();

/** The test of a directive in a column that a name of `filters` stands for. */
function verdictTest(name, run) {
  const of = test => (n, c) => test(letter(run, n, c));
  switch (name) {
    case '': return null;
    case 'deviates': return of(deviates);
    case 'unexpected': return of(isCapital);
    case 'known': return of(code => deviates(code) && !isCapital(code));
    case 'flake': return (n, c) => isFlaky(n, c) || nameOf(letter(run, n, c)) === 'flaky';
    case 'changed': return (n, c) => run + 1 < runs.length && verdictOf[letter(run, n, c)] !== verdictOf[letter(run + 1, n, c)];
    case 'not-run': return of(code => code === NOT_RUN);
    default: { const v = verdicts.findIndex(v => v.name === name); return of(code => verdictOf[code] === v && code !== NOT_RUN); }
  }
}

/** The numbers of the directives in this place that pass the filters. */
function select() {
  const { run } = place, chosen = columns.indexOf(place.column);
  const candidates = chosen >= 0 ? [chosen] : columns.map((_, c) => c);
  const test = verdictTest(place.verdict, run);
  const passing = n => engines.reduce((sum, c) => sum + passes(letter(run, n, c)), 0);
  const alone = n => {
    const other = engines.filter(c => !passes(letter(run, n, c)));
    return other.length === 1 && deviates(letter(run, n, other[0])) && (chosen < 0 || other[0] === chosen);
  };
  // A word is looked up once in each name and text, not in each directive.
  const words = place.q.toLowerCase().split(/\s+/).filter(Boolean).map(word => {
    const not = word.length > 1 && word[0] === '-';
    if (not) word = word.slice(1);
    const inFile = files.map(file => file.key.toLowerCase().includes(word)), inText = directives.map(text => text.toLowerCase().includes(word));
    const inPlace = n => (files[fileOf[n]].key.toLowerCase() + ':' + lineOf[n]).endsWith(word);
    return n => (inFile[fileOf[n]] || inText[directiveOf[n]] || (/\d$/.test(word) && inPlace(n))) !== not;
  });
  const found = [];
  for (const file of files) {
    if ((place.group && file.group !== place.group) || (place.file && file.name !== place.file)) continue;
    for (let n = file.from; n < file.to; n++) {
      if (test && !candidates.some(c => test(n, c))) continue;
      if (place.passes !== '' && passing(n) !== +place.passes) continue;
      if (place.only && !alone(n)) continue;
      if (words.every(word => word(n))) found.push(n);
    }
  }
  return found;
}

// Tables of groups and files.

function bar(counts, n) {
  const pass = counts[0], bad = counts[verdicts.length];
  const fine = verdicts.reduce((sum, v, k) => sum + (v.fine && k > 0 ? counts[k] : 0), 0);
  // A single deviation is to be seen, too.
  const parts = [[n - pass - fine - bad, '--knownbar'], [bad, '--badbar'], [fine, '--greybar']].map(([k, colour]) => [k && Math.max(4, 100 * k / n), colour]);
  const stops = [];
  let at = pass ? Math.max(2, 100 - parts.reduce((sum, [width]) => sum + width, 0)) : 0;
  stops.push(`var(--passbar) 0 ${at}%`);
  for (const [width, colour] of parts) if (width) stops.push(`var(${colour}) ${at}% ${at += width}%`);
  const span = el('span', { class: 'bar', 'aria-hidden': 'true' });
  span.style.background = `linear-gradient(90deg, ${stops.join(', ')})`;
  return span;
}

function cell(counts, c, href, inWords) {
  const n = counts.slice(0, verdicts.length).reduce((a, b) => a + b, 0), unexpected = counts[verdicts.length];
  const td = el('td');
  if (n === 0) { td.append(el('span', { class: 'soft' }, 'not run')); return td; }
  const others = verdicts.map((v, k) => [v, counts[k]]).filter(([, k], i) => i > 0 && k > 0);
  const words = others.map(([v, k]) => number(k) + ' ' + v.name).join(', ') + (unexpected ? `, ${number(unexpected)} unexpected` : '');
  const style = unexpected ? 'bad' : others.some(([v]) => !v.fine) ? 'known' : 'soft';
  const letters = el('span', { class: 'letters ' + style, 'aria-hidden': 'true' }, inWords ? words : others.map(([v, k]) => number(k) + v.letter).join(' '));
  const a = el('a', { href, title: words || undefined }, el('b', {}, number(counts[0])), ' ', el('span', { class: 'of' }, 'of ' + number(n)),
    el('span', { class: 'hidden' }, ` pass on ${columns[c]}` + (words ? '; ' + words : '')), bar(counts, n), letters);
  td.append(a);
  return td;
}

/** `rows`: a name, the changes of place that lead to it, and cells. */
function table(what, rows) {
  const chosen = columns.indexOf(place.column);
  const shown = chosen >= 0 ? [chosen] : columns.map((_, c) => c);
  const sum = ['all ' + what + 's', {}, add(rows.map(([, , cells]) => cells))];
  const row = ([name, to, cells], isAll) => el('tr', isAll ? { class: 'all' } : {},
    el('th', { scope: 'row' }, isAll ? el('b', {}, name) : el('a', { href: link(to) }, name)),
    ...shown.map(c => {
      const someDeviate = verdicts.some((v, k) => !v.fine && cells[c][k] > 0);
      const toList = what === 'file' || isAll ? { ...(isAll ? { list: true } : {}), verdict: someDeviate ? 'deviates' : '' } : {};
      return cell(cells[c], c, link({ ...to, ...toList, column: columns[c] }), chosen >= 0);
    }));
  const head = columns.map((name, c) => el('th', { scope: 'col', title: runs[place.run].versions[c] || undefined }, name)).filter((_, c) => shown.includes(c));
  return el('div', { class: 'scroll sums' + (chosen >= 0 ? ' one' : ''), role: 'region', tabindex: '0', 'aria-label': 'Table of ' + what + 's' },
    el('table', {}, el('caption', { class: 'hidden' }, `Passes by ${what} and column`),
      el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, what), ...head)),
      el('tbody', {}, row(sum, true), ...rows.map(r => row(r, false)))));
}

function tables() {
  const { run, group } = place;
  const more = el('a', { href: link({ list: true }) }, 'list the directives');
  if (!ready || !group) {
    const names = ready ? [...new Set(files.map(file => file.group))] : summary.groups.map(([name]) => name);
    const cells = ready ? names.map(name => add(sums(run).filter((_, f) => files[f].group === name))) : summary.groups.map(([, cells]) => cells);
    return [el('h2', {}, many(names.length, 'group') + ' ', more), table('group', names.map((name, k) => [name, { group: name }, cells[k]]))];
  }
  const rows = files.map((file, f) => [file.name, { file: file.name }, sums(run)[f], file.group]).filter(([, , , its]) => its === group);
  return [el('h2', {}, `${group}: ${many(rows.length, 'file')} `, more), table('file', rows)];
}

// Directives: rows exist only while they are in view.

let shown = [], cursor = 0, open = -1, painted = '';
/** The place that `shown` is of, and its columns: the chosen one comes first. */
let listed = place, listedColumns = [];
const rowHeight = () => parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--row'));
const nthOf = n => { let nth = 1; for (let k = n - 1; k >= files[fileOf[n]].from && lineOf[k] === lineOf[n]; k--) nth++; return nth; };
const linkTo = (n, more = {}) => link({ group: files[fileOf[n]].group, file: files[fileOf[n]].name, line: lineOf[n], nth: nthOf(n), ...more });
const marks = new Map();
/** The sign of a verdict, for eyes and ears. */
function mark(code) {
  if (!marks.has(code)) {
    const name = nameOf(code);
    const known = deviates(code) ? (isCapital(code) ? ' (unexpected)' : ' (known)') : '';
    marks.set(code, el('span', { class: 'mark ' + styleOf(code), title: name + known }, el('span', { class: 'sign', 'aria-hidden': 'true' }, signOf(code)),
      el('span', { class: 'hidden' }, name)));
  }
  return marks.get(code).cloneNode(true);
}

function list() {
  shown = select();
  listed = place;
  listedColumns = columns.map((_, c) => c).sort((a, b) => (columns[b] === place.column) - (columns[a] === place.column));
  cursor = Math.max(0, shown.indexOf(open));
  painted = '';
  const within = files.reduce((sum, f) => sum + ((!place.group || f.group === place.group) && (!place.file || f.name === place.file) ? f.to - f.from : 0), 0);
  const head = el('h2', {}, (place.file ? `${place.group}/${place.file}: ` : place.group ? place.group + ': ' : '') +
    (isFiltered() ? `${number(shown.length)} of ${many(within, 'directive')}` : many(within, 'directive')) + ' ');
  if (!place.file) head.append(el('a', { href: link({ list: false, q: '', verdict: '', passes: '', only: false }) }, place.group ? 'show its files' : 'show the groups'));
  const heads = listedColumns.map(c => columns[c]).map(name => el('th', { scope: 'col', class: 'v' + (name === place.column ? ' chosen' : ''), title: name }, el('span', {}, name)));
  const region = el('div', { class: 'scroll list', id: 'list', role: 'region', tabindex: '0', 'aria-label': 'Directives' },
    el('table', { 'aria-rowcount': shown.length + 1 }, el('caption', { class: 'hidden' }, 'Verdicts by directive and column'),
      el('thead', {}, el('tr', { 'aria-rowindex': 1 }, el('th', { scope: 'col', class: 'name' }, 'directive'), ...heads)), el('tbody')));
  region.addEventListener('scroll', () => paint());
  region.addEventListener('keydown', walk);
  return [head, shown.length ? region : el('p', {}, 'No directives here match the filters.')];
}

function paint() {
  const region = $('list');
  if (!region) return;
  const H = rowHeight();
  const from = Math.max(0, Math.floor(region.scrollTop / H) - 8), to = Math.min(shown.length, from + Math.ceil(region.clientHeight / H) + 20);
  const want = [from, to, cursor, open, place.run].join();
  if (want === painted) return;
  painted = want;
  const body = region.querySelector('tbody'), focused = body.contains(document.activeElement);
  const space = height => {
    const td = el('td', { colspan: columns.length + 1 });
    td.style.height = height + 'px';
    const tr = el('tr', { 'aria-hidden': 'true' }, td);
    tr.style.height = height + 'px';
    return height > 0 ? [tr] : [];
  };
  const rows = [];
  for (let k = from; k < to; k++) {
    const n = shown[k], file = files[fileOf[n]];
    const at = (listed.file ? 'line ' : (listed.group ? file.name : file.key) + ':') + lineOf[n];
    const tr = el('tr', { 'aria-rowindex': k + 2, class: n === open ? 'open' : '' },
      el('th', { scope: 'row' }, el('a', { href: linkTo(n), tabindex: k === cursor ? 0 : -1, 'data-k': k },
        el('span', { class: 'at' }, at), ' ', el('span', { class: 'text' }, directives[directiveOf[n]]))));
    listedColumns.forEach(c => tr.append(el('td', {}, mark(letter(listed.run, n, c)))));
    rows.push(tr);
  }
  body.replaceChildren(...space(from * H), ...rows, ...space((shown.length - to) * H));
  if (focused) body.querySelector(`[data-k="${cursor}"]`)?.focus({ preventScroll: true });
}

function reveal(k) {
  const region = $('list');
  if (!region) return;
  cursor = k;
  const H = rowHeight(), head = region.querySelector('thead').offsetHeight;
  if (k * H < region.scrollTop) region.scrollTop = k * H;
  if ((k + 1) * H + head > region.scrollTop + region.clientHeight) region.scrollTop = (k + 1) * H + head - region.clientHeight;
  paint();
}

function walk(event) {
  const page = Math.max(1, Math.floor($('list').clientHeight / rowHeight()) - 2);
  const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -shown.length, End: shown.length }[event.key];
  if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  // The first key goes to the row that is current.
  const inside = document.activeElement.dataset?.k !== undefined;
  reveal(Math.min(shown.length - 1, Math.max(0, inside || Math.abs(step) > 1 ? cursor + step : cursor)));
  $('list').querySelector(`[data-k="${cursor}"]`)?.focus({ preventScroll: true });
}

// One directive.

function diff(a, b) { // words of both, the longest common subsequence kept; long texts are shown whole
  const x = a.split(/(\s+|[(),:])/).filter(Boolean), y = b.split(/(\s+|[(),:])/).filter(Boolean);
  if (x.length * y.length > 250000) return null;
  const w = y.length + 1, t = new Uint16Array((x.length + 1) * w);
  for (let i = x.length - 1; i >= 0; i--) for (let j = y.length - 1; j >= 0; j--)
    t[i * w + j] = x[i] === y[j] ? t[(i + 1) * w + j + 1] + 1 : Math.max(t[(i + 1) * w + j], t[i * w + j + 1]);
  const out = [];
  for (let i = 0, j = 0; i < x.length || j < y.length;) {
    if (i < x.length && j < y.length && x[i] === y[j]) { out.push(x[i++]); j++; }
    else if (i < x.length && (j === y.length || t[(i + 1) * w + j] >= t[i * w + j + 1])) out.push(el('del', {}, x[i++]));
    else out.push(el('ins', {}, y[j++]));
  }
  return out;
}

const sourcesOf = new Map();
async function source(n) {
  const file = files[fileOf[n]], id = summary.sources[file.group];
  if (id !== undefined && !sourcesOf.has(file.group)) sourcesOf.set(file.group, await inflate('sources-' + id));
  const text = sourcesOf.get(file.group)?.[file.name];
  if (text === undefined) return el('p', { class: 'soft' }, 'The source was not available when this page was written.');
  const lines = text.split('\n'), line = lineOf[n];
  let after = Infinity; // line of the next directive that begins on a later line
  for (let k = n + 1; k < file.to; k++) if (lineOf[k] > line) { after = lineOf[k]; break; }
  // The directive ends before the next one, without the comments and blanks between them.
  let end = Math.min(lines.length, Math.max(line, after - 1));
  while (end > line && /^\s*(;;.*)?$/.test(lines[end - 1])) end--;
  const pre = el('pre', { id: 'source', tabindex: '0', role: 'region', 'aria-label': 'Source' });
  for (let k = Math.max(1, line - 6); k <= Math.min(lines.length, end + 6); k++) {
    pre.append(el('span', k >= line && k <= end ? { class: 'here' } : {}, el('span', { class: 'n' }, k), lines[k - 1] || '\u200b'));
  }
  return pre;
}

const day = run => runs[run].date ? runs[run].date.slice(0, 16).replace('T', ' ') : 'this run';

function fates(n) {
  const { run } = place, several = runs.length > 1;
  const rows = columns.map((name, c) => {
    const code = letter(run, n, c), from = since(run, n, c);
    const tr = el('tr', {}, el('th', { scope: 'row' }, name), el('td', {}, mark(code), ' ' + nameOf(code) + (deviates(code) ? (isCapital(code) ? ' (unexpected)' : ' (known)') : '')));
    if (several) {
      const first = from === runs.length - 1 ? ' or before' : '';
      const strip = runs.map((_, r) => r).reverse().flatMap(r => [el('a', { href: linkTo(n, { run: r, exact: true }), title: `${day(r)}: ${nameOf(letter(r, n, c))}`,
        'aria-label': `${nameOf(letter(r, n, c))} in the run of ${day(r)}`, ...(r === run ? { 'aria-current': 'true' } : {}) }, mark(letter(r, n, c))), ' ']);
      tr.append(el('td', {}, el('a', { href: linkTo(n, { run: from, exact: true }) }, day(from)), first), el('td', { class: 'runs' }, ...strip, isFlaky(n, c) ? 'flake' : ''));
    }
    return tr;
  });
  const heads = ['column', 'verdict', ...(several ? ['since', 'runs, the oldest first'] : [])];
  return el('div', { class: 'scroll', role: 'region', tabindex: '0', 'aria-label': 'Verdicts' },
    el('table', {}, el('thead', {}, el('tr', {}, ...heads.map(h => el('th', { scope: 'col' }, h)))), el('tbody', {}, ...rows)));
}

/** What is known of the deviations, and what passes were excused; columns that say the same, together. */
function reasons(n) {
  const groups = new Map(), parts = [];
  columns.forEach((name, c) => {
    const code = letter(place.run, n, c);
    if (code === PASS || code === NOT_RUN) return;
    const texts = detailsOf(place.run, n, c), key = String.fromCharCode(code) + JSON.stringify(texts);
    if (!groups.has(key)) groups.set(key, { code, texts, names: [] });
    groups.get(key).names.push(name);
  });
  for (const { code, texts: [expected, got, cause, bug, replay], names } of groups.values()) {
    const box = el('dl');
    const say = (name, ...value) => box.append(el('dt', { class: 'soft' }, name), el('dd', {}, ...value));
    if (expected) say('expected', expected);
    if (got) say('got', got);
    const changes = expected && got && expected !== got && diff(expected, got);
    if (changes) say('change', ...changes);
    if (cause) say('cause', /^\d+$/.test(cause) ? el('a', { href: linkTo(n, { line: +cause, nth: 1 }) }, 'line ' + cause) : cause);
    if (bug) say('bug', /^https?:/.test(bug) ? el('a', { href: bug }, bug) : bug);
    if (replay) {
      const list = names.includes(summary.xdiff) ? columns.filter(c => c !== summary.xdiff && !replay.includes('--engine')) : names;
      // In a mixed mode, a column's name is its backend's with the mode.
      const backends = [...new Set(list.map(c => c.split('+')[0]))];
      say('replay', replay.replace(' --at {}', ' --at ' + lineOf[n]) + (replay.includes(' --engine ') ? '' : ' --backend ' + backends.join(',')));
    }
    parts.push(el('h3', { class: styleOf(code) }, names.join(', ') + ': ' + nameOf(code)), box.children.length ? box : '');
  }
  return parts;
}

async function show(n) {
  open = n;
  const file = files[fileOf[n]], k = shown.indexOf(n), dialog = $('detail');
  const go = (id, text, to) => {
    const button = el('button', { type: 'button', id }, text);
    button.disabled = to === undefined;
    button.onclick = () => step(to);
    return button;
  };
  const permalink = el('a', { href: linkTo(n, { exact: runs[0].date !== '', q: '', verdict: '', passes: '', only: false, list: false }) }, 'Permalink');
  const copy = el('button', { type: 'button' }, 'Copy link');
  copy.onclick = async () => { try { await navigator.clipboard.writeText(permalink.href); copy.textContent = 'Copied'; } catch { permalink.focus(); } };
  const close = el('button', { type: 'button' }, 'Close');
  close.onclick = () => dialog.close();
  const had = document.activeElement?.id;
  const text = el('div', {}, el('p', { class: 'soft' }, 'Loading the source …'));
  dialog.replaceChildren(el('h2', { id: 'place' }, `${file.key} line ${lineOf[n]}`),
    el('p', {}, el('code', {}, directives[directiveOf[n]]), runs.length > 1 ? ` in the run of ${day(place.run)}` : ''),
    el('div', { class: 'tools' }, close, go('before', '◂ Before', k > 0 ? shown[k - 1] : undefined), go('after', 'After ▸', k >= 0 ? shown[k + 1] : undefined), copy, permalink),
    fates(n), ...reasons(n), el('h3', {}, 'Source'), text);
  if (!dialog.open) dialog.showModal();
  else (['before', 'after'].includes(had) && !$(had).disabled ? $(had) : close).focus();
  if (k >= 0) reveal(k);
  const lines = await source(n).catch(error => el('p', {}, 'The source cannot be read: ' + error));
  if (open === n) text.replaceChildren(lines);
}
function step(n) {
  if (n === undefined) return;
  history.replaceState(null, '', linkTo(n));
  place = { ...place, ...parse(location.hash) };
  show(n);
}
$('detail').addEventListener('keydown', event => {
  if (event.target.closest('.scroll, pre')) return;
  if (event.key === 'ArrowLeft') $('before').click();
  if (event.key === 'ArrowRight') $('after').click();
});
$('detail').addEventListener('close', () => {
  const k = shown.indexOf(open);
  open = -1;
  if (place.line) history.replaceState(null, '', link({ line: 0, nth: 1, ...(opened || {}) }));
  place = parse(location.hash);
  opened = null;
  if (k >= 0) { reveal(k); $('list')?.querySelector(`[data-k="${k}"]`)?.focus({ preventScroll: true }); }
});

// All of it.

/** The place of the list from which a directive was opened. */
let opened = null;

function render() {
  const { run, group, file, column } = place, one = runs[run];
  const unexpected = one.unexpected ? number(one.unexpected) + ' unexpected' : '';
  $('state').textContent = [one.not_whole, unexpected].filter(Boolean).join(', ') || 'as expected';
  $('state').className = 'badge ' + (unexpected || one.not_whole ? 'bad' : 'pass');
  $('state').title = one.missing.length ? 'shard ' + one.missing.join(', ') + ' is not in this report' : '';
  const sum = add((ready ? sums(run) : summary.groups.map(([, cells]) => cells)));
  const largest = Math.max(0, ...sum.map(counts => counts.slice(0, verdicts.length).reduce((a, b) => a + b, 0)));
  const info = ['suite ' + summary.suite, one.date ? 'run of ' + one.date : '', many(largest, 'directive'), many(engines.length, 'column') + (xdiff < 0 ? '' : ' and xdiff'),
    (one.wall_ms / 1000).toFixed(1) + ' s'].filter(Boolean).join(' · ');
  $('info').replaceChildren(info);
  if (runs.length > 1) $('info').append(' · ', el('a', { id: 'flakes', href: link({ ...nothing, run, verdict: 'flake' }) }, flakes()));
  $('news').hidden = !one.news.length;
  $('news').replaceChildren(...one.news.map(text => el('li', {}, text)));
  $('versions').querySelector('tbody').replaceChildren(...columns.map((name, c) => el('tr', {}, el('th', { scope: 'row' }, name),
    el('td', {}, c === xdiff ? 'the comparison of the backends' : one.versions[c] || (one.facts.length ? 'not in this run' : 'the report does not say it')))));
  $('facts').replaceChildren(...[['suite', summary.suite], ...one.facts].flatMap(([name, value]) => [el('dt', { class: 'soft' }, name), el('dd', {}, value)]));
  $('run').value = runs.length - 1 - run;
  $('run').setAttribute('aria-valuetext', day(run));
  $('date').textContent = `${day(run)} (${runs.length - run} of ${runs.length}${run === 0 ? ', the newest' : ''})`;
  [$('older').disabled, $('newer').disabled] = [run === runs.length - 1, run === 0];
  for (const [id, value] of [['query', place.q], ['column', column], ['verdict', place.verdict], ['passes', place.passes]]) if ($(id).value !== value) $(id).value = value;
  $('only').checked = place.only;
  const crumbs = [['all groups', { group: '', file: '' }], ...(group ? [[group, { file: '' }]] : []), ...(file ? [[file, {}]] : [])];
  const plain = { line: 0, nth: 1, list: false, q: '', verdict: '', passes: '', only: false };
  $('crumbs').firstChild.replaceChildren(...crumbs.map(([name, to], k) => el('li', {}, el('a', { href: link({ ...plain, ...to }), ...(k === crumbs.length - 1 ? { 'aria-current': 'page' } : {}) }, name))));
  if (column) $('crumbs').firstChild.append(el('li', {}, `column ${column}, `, el('a', { href: link({ column: '', line: 0 }) }, 'show all')));
  document.title = [file || group, summary.suite, 'WebAssembly testsuite'].filter(Boolean).join(' · ');
  if (ready && group && !files.some(f => f.group === group && (!file || f.name === file))) {
    problem = `There is no ${file ? 'file ' + group + '/' + file : 'group ' + group} on this page.`;
    place = { ...place, group: '', file: '', line: 0 };
  }
  const waits = !ready && (showsList() || group || run > 0);
  $('notice').textContent = problem || (waits ? 'Reading the data …' : '');
  document.body.classList.toggle('words', columns.length <= 8 && innerWidth >= 1100);
  if (waits) { $('main').replaceChildren(); return; }
  $('main').replaceChildren(...(showsList() ? list() : tables()));
  paint();
  if (ready && place.file && place.line) {
    const its = files.find(f => f.group === place.group && f.name === place.file);
    let n = its.from;
    while (n < its.to && lineOf[n] !== place.line) n++;
    n += place.nth - 1;
    if (n < its.to && lineOf[n] === place.line) return show(n);
    $('notice').textContent = `There is no directive on line ${place.line} of ${its.key} in this suite.`;
  }
  if ($('detail').open) $('detail').close();
}

function flakes() {
  if (!ready) return 'flakes: reading …';
  const verdict = verdicts.findIndex(v => v.name === 'flaky');
  const code = verdicts[verdict].letter.charCodeAt(0);
  let n = 0;
  for (let i = 0; i < total * columns.length; i++) if (flaky?.[i] || (letters[place.run][i] | 32) === code) n++;
  return many(n, 'flake') + (flaky ? '' : ' (no run was repeated with the same versions)');
}

/** Follows the address. */
function follow() {
  const before = place;
  const to = parse(location.hash);
  if (ready && to.line && !before.line && showsList()) {
    // A directive of the list: what is filtered stays, and comes back when it is closed.
    const { line, nth, ...rest } = before;
    const wanted = files.findIndex(f => f.group === to.group && f.name === to.file);
    const n = wanted < 0 ? -1 : shown.find(n => fileOf[n] === wanted && lineOf[n] === to.line && nthOf(n) === to.nth);
    if (n >= 0 && to.run === before.run) { opened = rest; place = to; return show(n); }
  }
  opened = null;
  place = to;
  const moved = ['group', 'file', 'list'].some(key => before[key] !== to[key]);
  render();
  if (moved && !place.line) $('main').focus({ preventScroll: true });
}
addEventListener('hashchange', follow);
function go(changes) {
  history.replaceState(null, '', link({ line: 0, nth: 1, ...changes }));
  place = parse(location.hash);
  render();
}

$('verdicts').append(...verdicts.flatMap(v => [el('dt', {}, mark(v.letter.charCodeAt(0)), ' ' + v.name), el('dd', {}, v.meaning)]), el('dt', {}, mark(NOT_RUN), ' not run'),
  el('dd', {}, 'The column has no record of the directive: it was not part of the run.'));
const options = (id, list) => $(id).append(...list.map(([value, text]) => el('option', { value }, text)));
options('column', [['', 'all'], ...columns.map(name => [name, name])]);
options('verdict', [['', 'any'], ...filters]);
options('passes', [['', 'any number'], ...Array.from({ length: engines.length + 1 }, (_, k) => [k, `${k} of ${engines.length} columns`])]);
$('column').onchange = () => go({ column: $('column').value });
$('verdict').onchange = () => go({ verdict: $('verdict').value });
$('passes').onchange = () => go({ passes: $('passes').value });
$('only').onchange = () => go({ only: $('only').checked });
$('clear').onclick = () => go({ ...nothing, run: place.run, group: place.group, file: place.file });
let timer = 0;
$('query').oninput = () => { clearTimeout(timer); timer = setTimeout(() => go({ q: $('query').value }), 150); };
$('bar').onsubmit = event => { event.preventDefault(); clearTimeout(timer); go({ q: $('query').value }); };
document.body.classList.toggle('many', columns.length > 8);
$('runs').hidden = runs.length < 2;
$('run').max = runs.length - 1;
$('run').oninput = () => go({ run: runs.length - 1 - $('run').value });
$('older').onclick = () => go({ run: Math.min(runs.length - 1, place.run + 1) });
$('newer').onclick = () => go({ run: Math.max(0, place.run - 1) });
addEventListener('keydown', event => {
  if (event.key === '/' && !event.target.closest('input, select, dialog')) { event.preventDefault(); $('query').focus(); }
});
let width = innerWidth;
addEventListener('resize', () => { painted = ''; if (width !== innerWidth) { width = innerWidth; document.body.classList.toggle('words', columns.length <= 8 && innerWidth >= 1100); } paint(); });

place = parse(location.hash);
render();
/** Fulfilled when all data are there. */
const loaded = new Promise(done => {
  // Paint first: the data are megabytes.
  const load = () => requestAnimationFrame(() => setTimeout(async () => {
    try {
      decode(await inflate('data'));
      ready = true;
      render();
    } catch (error) {
      $('notice').textContent = 'The data of this page cannot be read, only the sums: ' + error;
    }
    done();
  }));
  if (document.readyState === 'loading') addEventListener('DOMContentLoaded', load); else load();
});
