//! The page written by `--report html=FILE`, in a real browser, if there is one: compares what it shows with the JSONL report of
//! the same runs.

#[path = "support/browser.rs"]
mod browser;
mod support;

use browser::Browser;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use support::{Missing, tool};
use tempfile::TempDir;

const WIDE: (u32, u32) = (1600, 1000);

fn wasmoon(folder: &Path, args: &[&str], status: i32) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
    let output = command.current_dir(folder).args(args).env_remove("SPEC_TESTS").env("NO_COLOR", "1").output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(status), "{args:?}: {text}");
    text
}

/// A folder with the reports of a run with deviations, of scripts whose sources are available: `run.jsonl` and `page.html`.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let args = "test core::i32 simd::simd_f32x4_cmp exceptions --backend interp,jit --features=-simd --expectations none \
        --report jsonl=run.jsonl --report html=page.html";
    wasmoon(folder.path(), &args.split_whitespace().collect::<Vec<_>>(), 1);
    folder
}

fn address(folder: &Path, page: &str) -> String {
    format!("file://{}/{page}", folder.display())
}

/// Opens a page, and waits for its data.
fn open(folder: &Path, page: &str, size: (u32, u32)) -> Browser {
    let mut browser = Browser::open(&address(folder, page), size);
    assert_eq!(browser.eval("loaded.then(() => ready)"), true, "the data are there");
    browser
}

fn go(browser: &mut Browser, folder: &Path, page: &str) {
    browser.go(&address(folder, page));
    browser.eval("loaded");
}

/// The records of a report, and its last line.
fn report(folder: &Path, name: &str) -> (Vec<Value>, Value) {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = lines.pop().unwrap();
    (lines, last)
}

/// Writes a report with the given date and another build's commit, after applying `change` to each record.
fn write(
    folder: &Path,
    name: &str,
    (mut records, mut last): (Vec<Value>, Value),
    date: &str,
    change: impl Fn(&mut Value),
) {
    records.iter_mut().for_each(change);
    let mut sums: BTreeMap<String, BTreeMap<&str, u64>> = BTreeMap::new();
    let verdicts: Vec<String> = last["summary"]["jit"].as_object().unwrap().keys().cloned().collect();
    for record in &records {
        let column = sums.entry(record["backend"].as_str().unwrap().into()).or_default();
        for verdict in &verdicts {
            column.entry(verdict).or_default();
        }
        *column.get_mut(record["verdict"].as_str().unwrap()).unwrap() += 1;
    }
    last.as_object_mut().unwrap().remove("summary");
    (last["run"]["date"], last["run"]["commit"]) = (date.into(), "c0ffee".into());
    let last = format!("{{\"summary\":{},{}", json!(sums), &last.to_string()[1..]);
    let lines = records.iter().map(Value::to_string).chain([last]);
    std::fs::write(folder.join(name), lines.map(|line| line + "\n").collect::<String>()).unwrap();
}

/// Everything that the page knows about a run, sorted.
const KNOWN: &str = "(run => {
    const all = [];
    for (let n = 0; n < total; n++) columns.forEach((column, c) => {
        const code = letter(run, n, c);
        if (code === NOT_RUN) return;
        const [expected, got, , bug] = code === PASS ? ['', '', '', ''] : detailsOf(run, n, c);
        all.push([files[fileOf[n]].key, lineOf[n], directives[directiveOf[n]], column, nameOf(code), isCapital(code), expected, got, bug].join('\\t'));
    });
    return all.sort();
})";

/// The same according to the report.
fn known(records: &[Value]) -> Vec<String> {
    let line = |r: &Value| {
        let text = |key: &str| r[key].as_str().unwrap_or_default().to_string();
        let unexpected = r["known"] != true && !["pass", "poisoned"].contains(&r["verdict"].as_str().unwrap());
        let place = format!("{}/{}", text("group"), text("file"));
        let parts = [place, r["line"].to_string(), text("directive"), text("backend"), text("verdict")];
        [&parts[..], &[unexpected.to_string(), text("expected"), text("got"), text("bug")]].concat().join("\t")
    };
    let mut lines: Vec<String> = records.iter().map(line).collect();
    // In the sort order of JavaScript.
    lines.sort_by_key(|line| line.encode_utf16().collect::<Vec<_>>());
    lines
}

fn every_directive_is_there_with_its_verdict() -> Result<(), Missing> {
    tool("chromium")?;
    let folder = folder();
    let (records, _) = report(folder.path(), "run.jsonl");
    assert!(records.iter().any(|r| r["verdict"] == "fail") && records.iter().any(|r| r["verdict"] == "pass"));
    let mut browser = open(folder.path(), "page.html", WIDE);
    assert_eq!(browser.eval(&format!("{KNOWN}(0)")), json!(known(&records)));
    // The cells of the table: k of n, by group and column, and the totals in the first row.
    let cells = browser.eval(
        "[...document.querySelectorAll('#main tbody td')].map(td =>
            [...td.querySelectorAll('b, .of, .letters')].map(e => e.textContent).filter(Boolean).join(' '))",
    );
    let mut groups: Vec<&str> = records.iter().map(|r| r["group"].as_str().unwrap()).collect();
    groups.dedup();
    let mut expected = Vec::new();
    for group in [None].into_iter().chain(groups.into_iter().map(Some)) {
        for column in ["interp", "jit", "xdiff"] {
            let all: Vec<&Value> =
                records.iter().filter(|r| group.is_none_or(|g| r["group"] == g) && r["backend"] == column).collect();
            let n = |verdict: &str| all.iter().filter(|r| r["verdict"] == verdict).count();
            let others = [("fail", 'f'), ("poisoned", 'p')].map(|(v, letter)| (n(v), letter));
            let others: String =
                others.iter().filter(|(n, _)| *n > 0).map(|(n, v)| format!(" {}{v}", grouped(*n))).collect();
            expected.push(format!("{} of {}{others}", grouped(n("pass")), grouped(all.len())));
        }
    }
    assert_eq!(cells, json!(expected));
    // The source of a directive.
    let record = records.iter().find(|r| r["verdict"] == "fail").unwrap();
    let place =
        format!("{}/{}:{}", record["group"].as_str().unwrap(), record["file"].as_str().unwrap(), record["line"]);
    browser.eval(&format!("location.hash = '*/{place}'"));
    let shown = browser.eval(
        "new Promise(done => { const look = () => document.querySelector('#source .here') ? done($('detail').innerText) : setTimeout(look, 20); look(); })",
    );
    let shown = shown.as_str().unwrap();
    for part in [record["got"].as_str().unwrap(), "fail (unexpected)", "--backend interp,jit", "(module"] {
        assert!(shown.contains(part), "no {part:?} in\n{shown}");
    }
    assert!(shown.contains(&format!("--at {}", record["line"])), "{shown}");
    Ok(())
}

/// A number with commas, as the page writes it.
fn grouped(n: usize) -> String {
    if n < 1000 { n.to_string() } else { format!("{},{:03}", grouped(n / 1000), n % 1000) }
}

fn filters_find_what_the_report_has() -> Result<(), Missing> {
    tool("chromium")?;
    let folder = folder();
    let run = report(folder.path(), "run.jsonl");
    // The JIT has additional failures, and no column supports vectors.
    write(folder.path(), "own.jsonl", run, "2026-01-01T00:00:00Z", |r| {
        if r["group"] == "core" && r["backend"] == "jit" && r["line"].as_u64() < Some(45) {
            r["verdict"] = "fail".into();
            r["known"] = (r["line"].as_u64() < Some(40)).into();
        } else if r["verdict"] == "fail" && r["group"] == "simd" {
            r["verdict"] = "unsupported".into();
        }
    });
    wasmoon(folder.path(), &["report", "own.jsonl", "--report", "html=own.html"], 1);
    let (records, _) = report(folder.path(), "own.jsonl");
    let mut rows: BTreeMap<(String, String), BTreeMap<String, Value>> = BTreeMap::new();
    for r in &records {
        let place =
            (format!("{}/{}", r["group"].as_str().unwrap(), r["file"].as_str().unwrap()), r["index"].to_string());
        rows.entry(place).or_default().insert(r["backend"].as_str().unwrap().into(), r.clone());
    }
    let mut browser = open(folder.path(), "own.html", WIDE);
    let mut count = |hash: &str, test: &dyn Fn(&str, &BTreeMap<String, Value>) -> bool| {
        let expected = rows.iter().filter(|((file, _), row)| test(file, row)).count();
        assert!(expected > 0 && expected < rows.len(), "{hash} finds something, and not everything");
        go(&mut browser, folder.path(), &format!("own.html#{hash}"));
        assert_eq!(browser.eval("shown.length"), expected, "{hash}");
        assert_eq!(browser.eval("location.hash"), format!("#{hash}"), "the address stays");
    };
    let bad = |r: &Value| !["pass", "poisoned"].contains(&r["verdict"].as_str().unwrap());
    let passes =
        |row: &BTreeMap<String, Value>| ["interp", "jit"].iter().filter(|c| row[**c]["verdict"] == "pass").count();
    count("?v=deviates", &|_, row| row.values().any(bad));
    count("?v=unexpected", &|_, row| row.values().any(|r| bad(r) && r["known"] != true));
    count("?v=known", &|_, row| row.values().any(|r| bad(r) && r["known"] == true));
    count("?v=unsupported", &|_, row| row.values().any(|r| r["verdict"] == "unsupported"));
    count("interp?v=deviates", &|_, row| bad(&row["interp"]));
    count("*/core?v=pass", &|file, _| file.starts_with("core/"));
    for n in 0..3 {
        count(&format!("?passes={n}"), &|_, row| passes(row) == n);
    }
    let alone = |row: &BTreeMap<String, Value>| passes(row) == 1 && bad(&row["jit"]);
    count("jit?only=1", &|_, row| alone(row));
    count("?only=1", &|_, row| alone(row));
    let says = |row: &BTreeMap<String, Value>, word: &str| row["jit"]["directive"].as_str().unwrap().contains(word);
    count("?q=core+div", &|file, row| file.contains("core") && says(row, "div"));
    count("?q=-div&v=fail", &|_, row| !says(row, "div") && row["jit"]["verdict"] == "fail");
    count("*/exceptions?list=1", &|file, _| file.starts_with("exceptions/"));
    go(&mut browser, folder.path(), "own.html#interp?only=1");
    assert_eq!(browser.eval("shown.length"), 0);
    // Controls have the same effect as addresses.
    go(&mut browser, folder.path(), "own.html");
    browser.eval(
        "$('verdict').value = 'known'; $('verdict').onchange(); $('column').value = 'jit'; $('column').onchange()",
    );
    assert_eq!(browser.eval("location.hash"), "#jit?v=known");
    browser.eval("$('clear').click()");
    assert_eq!(browser.eval("location.hash + document.querySelectorAll('.sums').length"), "1");
    Ok(())
}

fn permalinks_survive_a_reload() -> Result<(), Missing> {
    tool("chromium")?;
    let folder = folder();
    let (records, last) = report(folder.path(), "run.jsonl");
    let date = last["run"]["date"].as_str().unwrap();
    let line = &records.iter().filter(|r| r["file"] == "i32").nth(50).unwrap()["line"];
    let mut browser = open(folder.path(), &format!("page.html#jit/core/i32:{line}@{date}"), WIDE);
    let place = "[$('detail').open, $('place')?.textContent, $('column').value]";
    assert_eq!(browser.eval(place), json!([true, format!("core/i32 line {line}"), "jit"]));
    // The page's own permalink leads to the same place.
    let link = browser.eval("[...$('detail').querySelectorAll('a')].find(a => a.textContent === 'Permalink').href");
    browser.go(link.as_str().unwrap());
    browser.eval("loaded");
    assert_eq!(browser.eval(place), json!([true, format!("core/i32 line {line}"), "jit"]));
    assert!(link.as_str().unwrap().ends_with(&format!("@{date}")), "{link}");
    // A missing target is reported.
    for (hash, says) in [
        ("*/core/i32:99999", "no directive on line 99999"),
        ("*/core/none", "There is no file core/none"),
        ("*/none", "There is no group none"),
        ("none/core", "There is no column none"),
        ("*@2001-01-01T00:00:00Z", "The run 2001-01-01T00:00:00Z is not on this page"),
    ] {
        go(&mut browser, folder.path(), &format!("page.html#{hash}"));
        let notice = browser.eval("$('notice').textContent");
        assert!(notice.as_str().unwrap().contains(says), "{hash}: {notice}");
    }
    Ok(())
}

fn a_history_says_since_when() -> Result<(), Missing> {
    tool("chromium")?;
    let folder = folder();
    let day = |n: usize| format!("2026-01-0{n}T00:00:00Z");
    // Line 10 of core/i32 on the JIT, from the first to the fourth run: fail, pass, fail, fail. The column interp was added in
    // the second run.
    let target = |r: &Value| r["file"] == "i32" && r["group"] == "core" && r["backend"] == "jit";
    let first = report(folder.path(), "run.jsonl").0.iter().find(|r| target(r)).unwrap()["line"].clone();
    for (n, verdict) in [(1, "fail"), (2, "pass"), (3, "fail"), (4, "fail")] {
        let (mut records, last) = report(folder.path(), "run.jsonl");
        records.retain(|r| n > 1 || r["backend"] == "jit");
        write(folder.path(), &format!("{n}.jsonl"), (records, last), &day(n), |r| {
            if target(r) && r["line"] == first {
                r["verdict"] = verdict.into();
                r["got"] = format!("run {}", n.min(3)).into();
            }
        });
    }
    let names = ["3.jsonl", "1.jsonl", "4.jsonl", "2.jsonl"];
    let text =
        wasmoon(folder.path(), &[&["report", "--history"], &names[..], &["--report", "html=site.html"]].concat(), 1);
    assert!(text.contains("the newest of 4 runs"), "{text}");
    let mut browser = open(folder.path(), "site.html", WIDE);
    for run in 0..4 {
        let (records, _) = report(folder.path(), &format!("{}.jsonl", 4 - run));
        assert_eq!(browser.eval(&format!("{KNOWN}({run})")), json!(known(&records)), "run {run}");
    }
    let n = format!(
        "files.find(f => f.key === 'core/i32').from + [...lineOf.slice(files.find(f => f.key === 'core/i32').from)].indexOf({first})"
    );
    let since = browser.eval(&format!("[0, 1, 2, 3].map(run => since(run, {n}, columns.indexOf('jit')))"));
    assert_eq!(since, json!([1, 1, 2, 3]));
    assert_eq!(browser.eval(&format!("since(0, {n}, columns.indexOf('interp'))")), 2, "it was not there before");
    // The runs differ only in their results, so that is a flake.
    assert_eq!(browser.eval("$('flakes').textContent"), "1 flake");
    go(&mut browser, folder.path(), "site.html#?v=flake");
    assert_eq!(browser.eval("shown.map(n => lineOf[n])"), json!([first]));
    // The reason for excusing a pass is shown as for a deviation, and only for its run.
    for (run, told) in [(1, "run 1"), (2, "run 2"), (3, "run 3")] {
        go(&mut browser, folder.path(), &format!("site.html#*@{}", day(run)));
        let reasons = browser.eval(&format!("reasons({n}).map(part => part.textContent ?? part).join()"));
        let verdict = if run == 2 { "jit: pass" } else { "jit: fail" };
        let reasons = reasons.as_str().unwrap();
        assert!(reasons.contains(verdict) && reasons.contains(told), "{reasons}");
    }
    // The slider: an older run has separate counts and a separate address.
    go(&mut browser, folder.path(), "site.html");
    let jit = "document.querySelectorAll('.all td b')[columns.indexOf('jit')].textContent.replace(',', '')";
    let newest: u64 = browser.eval(jit).as_str().unwrap().parse().unwrap();
    browser.eval("$('run').value = 1; $('run').oninput()");
    assert_eq!(browser.eval("location.hash"), format!("#*@{}", day(2)));
    assert_eq!(browser.eval(jit), (newest + 1).to_string());
    go(&mut browser, folder.path(), &format!("site.html#*@{}", day(1)));
    assert_eq!(
        browser.eval(
            "document.querySelector('.all').innerText.includes('not run') && $('date').textContent.includes('1 of 4')"
        ),
        true
    );
    Ok(())
}

/// Everything works without a mouse: searching, moving, opening, closing.
fn keys_are_enough() -> Result<(), Missing> {
    tool("chromium")?;
    let folder = folder();
    let mut browser = open(folder.path(), "page.html#*/core/i32", WIDE);
    browser.press("/");
    assert_eq!(browser.eval("document.activeElement.id"), "query");
    browser.eval("$('list').focus()");
    browser.press("ArrowDown");
    browser.press("ArrowDown");
    assert_eq!(browser.eval("document.activeElement.dataset.k"), "1");
    browser.press("Enter");
    browser.eval("new Promise(done => setTimeout(done, 100))");
    assert_eq!(
        browser.eval("$('detail').open && $('place').textContent === `core/i32 line ${lineOf[shown[1]]}`"),
        true
    );
    browser.press("Escape");
    browser.eval("new Promise(done => setTimeout(done, 100))");
    assert_eq!(
        browser.eval("[$('detail').open, document.activeElement.dataset.k, location.hash]"),
        json!([false, "1", "#*/core/i32"])
    );
    Ok(())
}

/// At any width, headings are above their columns, nothing is wider than the window, and rows have their text.
fn columns_stand_below_their_heads() -> Result<(), Missing> {
    tool("chromium")?;
    let folder = folder();
    for width in [390, 1000, 1600] {
        let mut browser = open(folder.path(), "page.html", (width, 800));
        for hash in ["", "*/core", "*/core/i32", "?v=deviates"] {
            go(&mut browser, folder.path(), &format!("page.html#{hash}"));
            let found = browser.eval(
                "(() => {
                    const x = e => { const r = e.getBoundingClientRect(); return [Math.round(r.left), Math.round(r.right)].join(); };
                    const heads = [...document.querySelectorAll('#main thead th')].map(x), rows = [...document.querySelectorAll('#main tbody tr:not([aria-hidden])')];
                    const text = rows.every(row => row.cells[0].innerText.trim().length > 2 && row.cells[0].getBoundingClientRect().width > 90);
                    return [rows.length > 1, rows.every(row => [...row.cells].every((cell, c) => x(cell) === heads[c])), text,
                        document.documentElement.scrollWidth <= innerWidth];
                })()",
            );
            assert_eq!(found, json!([true, true, true, true]), "{width} pixels, #{hash}");
        }
    }
    Ok(())
}

/// Only the rows in view exist in the document.
fn long_lists_are_short_documents() -> Result<(), Missing> {
    tool("chromium")?;
    let folder = folder();
    let mut browser = open(folder.path(), "page.html#?list=1", WIDE);
    assert_eq!(browser.eval("shown.length === total && total > 1000"), true);
    assert_eq!(browser.eval("document.querySelectorAll('#list tbody tr').length < 100"), true);
    browser.eval("new Promise(done => { $('list').scrollTop = 1e9; setTimeout(done, 100); })");
    let last = browser.eval("[...document.querySelectorAll('#list tbody th .at')].at(-1).textContent === files.at(-1).key + ':' + lineOf[total - 1]");
    assert_eq!(last, true);
    Ok(())
}

fn main() -> std::process::ExitCode {
    support::run(tests![
        every_directive_is_there_with_its_verdict,
        filters_find_what_the_report_has,
        permalinks_survive_a_reload,
        a_history_says_since_when,
        keys_are_enough,
        columns_stand_below_their_heads,
        long_lists_are_short_documents
    ])
}
