//! Rewrites the file: `--bless` removes the parts that a run has shown to be unnecessary, `--add` appends rules for new
//! deviations. Everything else, comments and layout included, stays as it is.

use super::judge::Narrowing;
use super::{RulePosition, escape_glob, signature};
use crate::conformance::record::{Record, XDIFF, index_path};
use crate::text::escape_stars;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

/// Why the file cannot be rewritten.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The text is not TOML: it was changed after it had been read.
    #[error(transparent)]
    NotToml(#[from] toml_edit::TomlError),
    /// The file with this name is no longer the one that was judged.
    #[error("{0} changed during the run, so nothing was removed; run again")]
    Changed(String),
    /// The rules that were judged are gone.
    #[error("the file no longer has any rules")]
    NoRules,
    /// Some of the rules that were judged are gone.
    #[error("the file has fewer rules than it had")]
    FewerRules,
    /// `expect` is not an array of tables.
    #[error("`expect` is not written as [[expect]] tables")]
    NotTables,
}

/// Applies narrowings to the text of the file that they were judged from. Never adds a rule, never touches `got`.
///
/// # Errors
/// The text was changed after it had been read; see [`EditError`].
pub fn bless(source: &str, narrowings: &[Narrowing]) -> Result<String, EditError> {
    let mut doc: DocumentMut = source.parse()?;
    let mut trailing = doc.trailing().as_str().unwrap_or_default().to_string();
    let Some(rules) = doc.get_mut("expect").and_then(Item::as_array_of_tables_mut) else {
        return if narrowings.is_empty() { Ok(source.to_string()) } else { Err(EditError::NoRules) };
    };
    let mut ordered: Vec<&Narrowing> = narrowings.iter().collect();
    ordered.sort_by_key(|n| std::cmp::Reverse(n.rule));
    for narrowing in ordered {
        let table = rules.get_mut(narrowing.rule).ok_or(EditError::FewerRules)?;
        if narrowing.removes() {
            remove(rules, narrowing.rule, &mut trailing);
            continue;
        }
        if let Some(files) = &narrowing.files {
            narrow_files(table, files);
        }
        if let Some(keep) = &narrowing.at
            && let Some(list) = table.get_mut("at").and_then(Item::as_array_mut)
        {
            let mut i = 0;
            list.retain(|_| {
                i += 1;
                keep.contains(&(i - 1))
            });
        }
    }
    if rules.is_empty() {
        doc.remove("expect");
    }
    doc.set_trailing(trailing);
    Ok(doc.to_string())
}

/// Removes a rule with the comment that stands directly above it. Comments set off by an empty line concern more than that rule,
/// and move to what follows.
fn remove(rules: &mut ArrayOfTables, n: usize, trailing: &mut String) {
    let prefix = rules.get(n).and_then(|t| t.decor().prefix()?.as_str()).unwrap_or_default().to_string();
    rules.remove(n);
    let Some(end) = prefix.rfind("\n\n") else { return };
    let kept = &prefix[..=end];
    if kept.trim().is_empty() {
        return;
    }
    match rules.get_mut(n) {
        Some(next) => {
            let old = next.decor().prefix().and_then(|p| p.as_str()).unwrap_or_default().to_string();
            next.decor_mut().set_prefix(format!("{kept}{old}"));
        }
        None => *trailing = format!("{kept}{trailing}"),
    }
}

/// Keeps the entries that stay (with their comments), appends the files that replace a glob.
fn narrow_files(table: &mut Table, files: &[String]) {
    let Some(item) = table.get_mut("file") else { return };
    if let Some(list) = item.as_array_mut() {
        list.retain(|v| v.as_str().is_some_and(|s| files.iter().any(|f| f == s)));
        let present: Vec<String> = list.iter().filter_map(|v| v.as_str().map(String::from)).collect();
        files.iter().filter(|f| !present.contains(f)).for_each(|f| list.push(f.as_str()));
    } else if let [one] = files {
        *item = value(one.as_str());
    } else {
        *item = value(files.iter().map(String::as_str).collect::<Array>());
    }
}

/// What a run shows.
pub struct Found<'r> {
    /// All records of the files that have unexpected ones.
    pub records: &'r [Record],
    /// Selects the records that get rules, if they are unexpected.
    pub wanted: &'r dyn Fn(&Record) -> bool,
    /// The name that rules use for a file, by the file's own name; files that are not listed have the same name in rules.
    pub rules_keys: &'r HashMap<String, String>,
    /// The revision of the suite that was run; `None` for scripts named by path.
    pub suite: Option<&'r str>,
}

/// Appends a rule for every unexpected record that is wanted, with records that differ only in position in one rule. A rule names
/// the columns that it was made from, unless these are all of `every_column`, the columns of a full run. Returns the new text and
/// the number of rules added.
///
/// A record of the `xdiff` column that only repeats another (a side without an outcome) needs no rule.
///
/// Rules for a suite are accepted only with its revision. A file that names none gets it, unless it has rules whose lines have
/// not been compared with this suite.
///
/// # Errors
/// The text is not TOML, or `expect` is not an array of tables.
pub fn add(source: &str, found: &Found<'_>, every_column: &[String], bug: &str) -> Result<(String, usize), EditError> {
    let Found { records, wanted, rules_keys, suite } = *found;
    let mut doc: DocumentMut = source.parse()?;
    let positions = positions(records);
    // One directive with one signature may deviate in several columns; these columns are joined first, ...
    type Deviation<'r> = (String, &'r str, String, Vec<u32>);
    let mut columns_of: BTreeMap<Deviation<'_>, (BTreeSet<&str>, &Record)> = BTreeMap::new();
    let mut sides: HashMap<(String, &str), Vec<&Record>> = HashMap::new();
    for r in records.iter().filter(|r| r.is_unexpected() && r.backend != XDIFF) {
        sides.entry((r.key(), &r.index)).or_default().push(r);
    }
    for r in records.iter().filter(|r| r.is_unexpected() && wanted(r)) {
        let here = sides.get(&(r.key(), r.index.as_str()));
        if here.is_some_and(|sides| sides.iter().any(|side| r.repeats(side))) {
            continue;
        }
        let got = r.got.as_deref().map(|got| signature(r.verdict, got)).unwrap_or_default();
        let key = rules_keys.get(&r.key()).cloned().unwrap_or_else(|| r.key());
        let entry = columns_of.entry((key, r.verdict.name(), got, r.path())).or_insert((BTreeSet::new(), r));
        entry.0.insert(&r.backend);
    }
    // ... and then positions with equal columns.
    type Same<'r> = (String, &'r str, String, BTreeSet<&'r str>);
    let mut rules: BTreeMap<Same<'_>, Vec<Option<String>>> = BTreeMap::new();
    for ((key, status, got, _), (backends, record)) in columns_of {
        let position = record.is_of_line().then(|| positions[&(record.key(), record.index.clone())].clone());
        rules.entry((key, status, got, backends)).or_default().push(position);
    }
    let added = rules.len();
    // What stands above the first rule, if the file had only comments.
    let mut head = if added > 0 && doc.is_empty() { take_comments(&mut doc) } else { String::new() };
    if let Some(suite) = suite
        && added > 0
        && !doc.contains_key("suite")
        && doc.get("expect").is_none_or(all_name_suites)
    {
        doc.insert("suite", value(suite));
        if let Some(mut key) = doc.key_mut("suite") {
            key.leaf_decor_mut().set_prefix(std::mem::take(&mut head));
        }
    }
    let tables = doc.entry("expect").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let tables = tables.as_array_of_tables_mut().ok_or(EditError::NotTables)?;
    for ((key, status, got, backends), at) in rules {
        let mut table = Table::new();
        table["file"] = value(escape_glob(&key));
        // A record about a script as a whole has no position. Such a script has no other records.
        if let Some(at) = at.into_iter().collect::<Option<Vec<String>>>() {
            table["at"] = value(multiline(&at));
        }
        let real: BTreeSet<&str> = every_column.iter().map(String::as_str).filter(|c| *c != XDIFF).collect();
        if status != "diverge" && backends != real {
            let list: Array = backends.iter().map(|b| escape_glob(b)).collect();
            let one = backends.first().map(|b| Value::from(escape_glob(b))).filter(|_| backends.len() == 1);
            table["when"] = value(InlineTable::from_iter([("backend", one.unwrap_or(Value::Array(list)))]));
        }
        table["status"] = value(status);
        if !got.is_empty() {
            table["got"] = value(escape_stars(&got));
        }
        table["bug"] = value(bug);
        table["reason"] = value(format!(
            "Added by --add on {}; say why it is accepted.",
            backends.into_iter().collect::<Vec<_>>().join(", ")
        ));
        table.decor_mut().set_prefix(std::mem::take(&mut head) + "\n");
        tables.push(table);
    }
    Ok((doc.to_string(), added))
}

/// Takes the comments of a file without anything else, as whole lines.
fn take_comments(doc: &mut DocumentMut) -> String {
    let mut comments = doc.trailing().as_str().unwrap_or_default().to_string();
    if !comments.is_empty() && !comments.ends_with('\n') {
        comments.push('\n');
    }
    doc.set_trailing("");
    comments
}

/// Whether each rule itself says which suites it is for.
fn all_name_suites(rules: &Item) -> bool {
    let names = |rule: &Table| rule.get("when").is_some_and(|when| when.get("suite").is_some());
    rules.as_array_of_tables().is_some_and(|rules| rules.iter().all(names))
}

/// The position of each directive, with `#n` if its line has several that read alike, or if its name ends like that.
fn positions(records: &[Record]) -> HashMap<(String, String), String> {
    let mut by_line: BTreeMap<(String, u32, &str), Vec<&str>> = BTreeMap::new();
    for r in records {
        let list = by_line.entry((r.key(), r.line, r.directive.trim())).or_default();
        if !list.contains(&r.index.as_str()) {
            list.push(&r.index);
        }
    }
    let mut positions = HashMap::new();
    for ((key, line, directive), mut indices) in by_line {
        indices.sort_by_key(|i| index_path(i));
        let plain = RulePosition::parse(&format!("{line} {directive}"));
        let several = indices.len() > 1 || !plain.is_ok_and(|plain| plain.ordinal.is_none());
        for (n, index) in indices.into_iter().enumerate() {
            let ordinal = if several { format!(" #{}", n + 1) } else { String::new() };
            positions.insert((key.clone(), index.to_string()), format!("{line} {directive}{ordinal}"));
        }
    }
    positions
}

fn multiline(texts: &[String]) -> Array {
    let mut array: Array = texts.iter().map(String::as_str).collect();
    if texts.len() > 1 {
        array.iter_mut().for_each(|v| v.decor_mut().set_prefix("\n    "));
        array.set_trailing("\n");
        array.set_trailing_comma(true);
    }
    array
}
