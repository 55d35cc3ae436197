//! The data of the page: the directives of all files as columns of numbers and texts, and the verdicts of each run.
//!
//! A run of the suite is 150,000 directives on up to sixteen columns, so nothing is written twice. Verdicts are run-length
//! encoded letters; those of an older run only say what the next run changed; and what is known about a deviation is a few
//! numbers that mostly say "same as the previous one".

use crate::conformance::record::{Record, Verdict};
use serde::Serialize;
use std::collections::HashMap;

/// The letter of a column that has no record of a directive.
const NOT_RUN: u8 = b' ';
/// The letter of a pass in which something was excused.
const EXCUSED: u8 = b',';
/// The letter of a cell that is the same in the next newer run.
const SAME: u8 = b'=';

/// The number of texts that describe a deviation or an excused pass: expected, got, line of the cause, bug, replay. An empty text
/// means that there is none.
pub const DETAILS: usize = 5;
type Details = [u32; DETAILS];

/// One directive in one column of one run.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Cell {
    letter: u8,
    /// Indices of the interned texts; all zero for a pass in which nothing was excused.
    details: Details,
}

impl Default for Cell {
    fn default() -> Cell {
        Cell { letter: NOT_RUN, details: [0; DETAILS] }
    }
}

impl Cell {
    fn has_details(self) -> bool {
        ![NOT_RUN, Verdict::Pass.letter()].contains(&self.letter)
    }
}

/// One directive in all runs.
struct Row {
    line: u32,
    directive: u32,
    /// The cells by run, newest first, and column.
    runs: Vec<Vec<Cell>>,
}

impl Row {
    fn cell(&self, run: usize, column: usize) -> Cell {
        self.runs.get(run).and_then(|cells| cells.get(column)).copied().unwrap_or_default()
    }
}

struct File {
    group: String,
    name: String,
    rows: Vec<Row>,
    /// Rows by line, directive and number among equal ones: `compare` identifies directives in the same way, so that one that
    /// moved in the list keeps its history.
    places: HashMap<(u32, u32, usize), usize>,
}

#[derive(Default)]
struct Interned {
    texts: Vec<String>,
    ids: HashMap<String, u32>,
}

impl Interned {
    fn id(&mut self, text: &str) -> u32 {
        if let Some(&id) = self.ids.get(text) {
            return id;
        }
        let id = self.texts.len() as u32;
        self.texts.push(text.to_string());
        self.ids.insert(text.to_string(), id);
        id
    }
}

/// The directives of a run, and of older ones of the same suite.
pub struct Directives {
    columns: Vec<String>,
    files: Vec<File>,
    by_name: HashMap<(String, String), usize>,
    texts: Interned,
    runs: usize,
}

impl Directives {
    /// No directives, with these columns, to which those of the records are added.
    pub fn new(columns: &[String]) -> Directives {
        let mut texts = Interned::default();
        texts.id("");
        Directives { columns: columns.to_vec(), files: Vec::new(), by_name: HashMap::new(), texts, runs: 0 }
    }

    /// Begins a run that is older than the previous ones.
    pub fn begin_run(&mut self) {
        self.runs += 1;
    }

    /// The columns of all runs.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Adds the records of one file to the last run; returns the file's number.
    pub fn add(&mut self, records: &[Record]) -> Option<usize> {
        let first = records.first()?;
        let run = self.runs - 1;
        let name = (first.group.clone(), first.file.clone());
        let number = *self.by_name.entry(name).or_insert_with(|| {
            let (group, name) = (first.group.clone(), first.file.clone());
            self.files.push(File { group, name, rows: Vec::new(), places: HashMap::new() });
            self.files.len() - 1
        });
        let lines: HashMap<&str, u32> = records.iter().map(|r| (&r.index[..], r.line)).collect();
        let mut positions: HashMap<&str, usize> = HashMap::new();
        let mut equal: HashMap<(u32, u32), usize> = HashMap::new();
        for record in records {
            let column = self.column(&record.backend);
            let directive = self.texts.id(&record.directive);
            let cell = self.cell(record, &lines);
            let file = &mut self.files[number];
            let row = *positions.entry(&record.index).or_insert_with(|| {
                let nth = equal.entry((record.line, directive)).or_default();
                let place = (record.line, directive, *nth);
                *nth += 1;
                *file.places.entry(place).or_insert_with(|| {
                    file.rows.push(Row { line: record.line, directive, runs: Vec::new() });
                    file.rows.len() - 1
                })
            });
            let runs = &mut file.rows[row].runs;
            runs.resize_with(runs.len().max(run + 1), Vec::new);
            let cells = &mut runs[run];
            cells.resize(cells.len().max(column + 1), Cell::default());
            cells[column] = cell;
        }
        Some(number)
    }

    fn column(&mut self, backend: &str) -> usize {
        self.columns.iter().position(|c| c == backend).unwrap_or_else(|| {
            self.columns.push(backend.to_string());
            self.columns.len() - 1
        })
    }

    fn cell(&mut self, record: &Record, lines: &HashMap<&str, u32>) -> Cell {
        let letter = letter(record);
        if letter == Verdict::Pass.letter() {
            return Cell { letter, ..Cell::default() };
        }
        // An index has no meaning alongside those of another run.
        let cause = record.cause.as_ref().map(|cause| match lines.get(&cause[..]) {
            Some(line) => line.to_string(),
            None => format!("directive {cause}"),
        });
        // Without the line and columns, which the page adds again, all directives of a file share the text.
        let replay = record.replay.as_ref().map(|text| {
            let text = text.rsplit_once(" --backend ").map_or(&text[..], |(command, _)| command);
            text.replace(&format!(" --at {}", record.line), " --at {}")
        });
        let details = [&record.expected, &record.got, &cause, &record.bug, &replay];
        Cell { letter, details: details.map(|text| self.texts.id(text.as_deref().unwrap_or_default())) }
    }

    /// The data as the page reads it.
    pub fn encode(&mut self) -> Data {
        // Older runs added their rows at the end.
        self.files.iter_mut().for_each(|file| file.rows.sort_by_key(|row| row.line));
        let mut data = Data { columns: self.columns.len(), ..Data::default() };
        for file in &self.files {
            data.files.push((file.group.clone(), file.name.clone(), file.rows.len()));
            let mut last = 0;
            for row in &file.rows {
                data.lines.push(i64::from(row.line) - last);
                last = i64::from(row.line);
                data.directives.push(0, &self.texts.texts[row.directive as usize]);
            }
        }
        let rows = || self.files.iter().flat_map(|file| &file.rows);
        for run in 0..self.runs {
            let mut verdicts = vec![RunLengths::default(); self.columns.len()];
            for row in rows() {
                for (column, lengths) in verdicts.iter_mut().enumerate() {
                    let cell = row.cell(run, column);
                    if run > 0 && cell == row.cell(run - 1, column) {
                        lengths.push(SAME);
                        continue;
                    }
                    lengths.push(cell.letter);
                    if cell.has_details() {
                        let texts = cell.details.map(|id| &self.texts.texts[id as usize][..]);
                        // The columns of a directive share the expectation; everything else is as in the column's last deviation.
                        data.details.iter_mut().zip(texts).enumerate().for_each(|(n, (words, text))| {
                            words.push(if n == 0 { 0 } else { column }, text);
                        });
                    }
                }
            }
            data.runs.push(verdicts.into_iter().map(RunLengths::finish).collect());
        }
        data
    }
}

/// The letter for a verdict; upper case if the expectations do not cover it.
fn letter(record: &Record) -> u8 {
    let letter = if record.is_excused() { EXCUSED } else { record.verdict.letter() };
    if record.is_unexpected() { letter.to_ascii_uppercase() } else { letter }
}

/// The data that the page decodes. `page.js` has the inverse, and so do the tests below.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
pub struct Data {
    columns: usize,
    /// The group, name and number of directives of each file.
    files: Vec<(String, String, usize)>,
    /// The line of each directive, minus that of the previous one in its file.
    lines: Vec<i64>,
    directives: Words,
    /// By run, newest first, and column: letters, each followed by a number if it is repeated.
    runs: Vec<Vec<String>>,
    /// The texts of each deviation and excused pass that `runs` spells out, by run, directive and column.
    details: [Words; DETAILS],
}

/// A list of texts.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(serde::Deserialize))]
struct Words {
    texts: Vec<String>,
    /// 0: the same as the previous one in its column; 1: the next of `texts`; from 2 on: an earlier text.
    codes: Vec<u32>,
    #[serde(skip)]
    ids: HashMap<String, u32>,
    /// The last text of each column.
    #[serde(skip)]
    last: Vec<Option<u32>>,
}

impl Words {
    fn push(&mut self, column: usize, text: &str) {
        self.last.resize(self.last.len().max(column + 1), None);
        let (id, is_new) = match self.ids.get(text) {
            Some(&id) => (id, false),
            None => {
                let id = self.texts.len() as u32;
                self.texts.push(text.to_string());
                self.ids.insert(text.to_string(), id);
                (id, true)
            }
        };
        self.codes.push(match is_new {
            true => 1,
            false if self.last[column] == Some(id) => 0,
            false => id + 2,
        });
        self.last[column] = Some(id);
    }
}

/// Letters, each followed by a number if it is repeated.
#[derive(Clone, Default)]
struct RunLengths {
    text: String,
    last: Option<(u8, usize)>,
}

impl RunLengths {
    fn push(&mut self, letter: u8) {
        match &mut self.last {
            Some((last, n)) if *last == letter => *n += 1,
            _ => {
                self.flush();
                self.last = Some((letter, 1));
            }
        }
    }

    fn flush(&mut self) {
        if let Some((letter, n)) = self.last.take() {
            self.text.push(char::from(letter));
            if n > 1 {
                self.text += &n.to_string();
            }
        }
    }

    fn finish(mut self) -> String {
        self.flush();
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Group, file, line, directive, column; letter and details.
    type Known = BTreeMap<(String, String, u32, String, String), (u8, [String; DETAILS])>;

    struct Reader<'a> {
        words: &'a Words,
        at: usize,
        new: usize,
        last: Vec<usize>,
    }

    impl<'a> Reader<'a> {
        fn new(words: &'a Words, columns: usize) -> Self {
            Reader { words, at: 0, new: 0, last: vec![0; columns.max(1)] }
        }

        fn next(&mut self, column: usize) -> &'a str {
            let id = match self.words.codes[self.at] {
                0 => self.last[column],
                1 => {
                    self.new += 1;
                    self.new - 1
                }
                code => code as usize - 2,
            };
            (self.at, self.last[column]) = (self.at + 1, id);
            &self.words.texts[id]
        }
    }

    fn letters(text: &str) -> Vec<u8> {
        let mut list = Vec::new();
        let mut rest = text;
        while let Some(letter) = rest.bytes().next() {
            rest = &rest[1..];
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            list.extend(std::iter::repeat_n(letter, rest[..digits].parse().unwrap_or(1)));
            rest = &rest[digits..];
        }
        list
    }

    /// What is known about each run, newest first.
    fn decode(data: &Data, columns: &[String]) -> Vec<Known> {
        let mut directives = Reader::new(&data.directives, 1);
        let mut lines = data.lines.iter();
        let mut rows = Vec::new();
        for (group, name, n) in &data.files {
            let mut line = 0;
            for _ in 0..*n {
                line += lines.next().expect("a line each");
                rows.push((group.clone(), name.clone(), line as u32, directives.next(0).to_string()));
            }
        }
        let mut details: Vec<Reader<'_>> = data.details.iter().map(|w| Reader::new(w, data.columns)).collect();
        let mut runs: Vec<Known> = Vec::new();
        for run in &data.runs {
            let verdicts: Vec<Vec<u8>> = run.iter().map(|text| letters(text)).collect();
            let mut known = Known::new();
            for (n, (group, file, line, directive)) in rows.iter().enumerate() {
                for (column, name) in columns.iter().enumerate() {
                    let key = (group.clone(), file.clone(), *line, directive.clone(), name.clone());
                    let letter = verdicts[column][n];
                    if letter == SAME {
                        let newer = runs.last().and_then(|newer| newer.get(&key)).cloned();
                        known.extend(newer.map(|cell| (key, cell)));
                        continue;
                    }
                    let of = |(k, words): (usize, &mut Reader<'_>)| words.next(if k == 0 { 0 } else { column }).into();
                    let texts = match (Cell { letter, ..Cell::default() }).has_details() {
                        true => details.iter_mut().enumerate().map(of).collect(),
                        false => vec![String::new(); DETAILS],
                    };
                    if letter != NOT_RUN {
                        known.insert(key, (letter, texts.try_into().expect("five")));
                    }
                }
            }
            runs.push(known);
        }
        assert!(details.iter().all(|words| words.at == words.words.codes.len()), "nothing is left over");
        runs
    }

    fn record() -> impl Strategy<Value = Record> {
        let text = || proptest::option::of("[a-c<é]{1,2}");
        let verdict = proptest::sample::select(&Verdict::ALL[..]);
        let place = (0..3u32, 0..3u32, 0..12u32, 0..4u32);
        (place, verdict, any::<bool>(), [text(), text(), text(), text()]).prop_map(
            |((group, file, index, column), verdict, known, [expected, got, bug, replay])| Record {
                schema: 1,
                group: format!("g{group}"),
                file: format!("f{file}"),
                line: index / 2 + 1,
                index: index.to_string(),
                directive: format!("assert_return f{}", index % 3),
                backend: format!("c{column}"),
                verdict,
                expected,
                got,
                cause: (index > 5).then(|| "0".to_string()),
                known,
                bug,
                replay,
                us: 0,
            },
        )
    }

    /// A run has each directive of a column once, and files one after the other.
    fn run() -> impl Strategy<Value = Vec<Record>> {
        proptest::collection::vec(record(), 0..80).prop_map(|mut records| {
            records.sort_by_key(|r| (r.group.clone(), r.file.clone(), r.path(), r.backend.clone()));
            records.dedup_by_key(|r| (r.group.clone(), r.file.clone(), r.index.clone(), r.backend.clone()));
            records
        })
    }

    fn known(records: &[Record]) -> Known {
        let mut lines: BTreeMap<(String, &str), u32> = BTreeMap::new();
        lines.extend(records.iter().map(|r| ((r.key(), &r.index[..]), r.line)));
        let cell = |r: &Record| {
            let cause = r.cause.as_ref().map(|cause| match lines.get(&(r.key(), &cause[..])) {
                Some(line) => line.to_string(),
                None => format!("directive {cause}"),
            });
            let details = [&r.expected, &r.got, &cause, &r.bug, &r.replay].map(|t| t.clone().unwrap_or_default());
            let none = r.verdict == Verdict::Pass && !r.is_excused();
            (letter(r), if none { Default::default() } else { details })
        };
        let key = |r: &Record| (r.group.clone(), r.file.clone(), r.line, r.directive.clone(), r.backend.clone());
        records.iter().map(|r| (key(r), cell(r))).collect()
    }

    proptest! {
        /// Runs of any records are read as they were written, through JSON.
        #[test]
        fn what_is_encoded_is_decoded(runs in proptest::collection::vec(run(), 1..4)) {
            let mut directives = Directives::new(&["c0".to_string()]);
            for records in &runs {
                directives.begin_run();
                for file in records.chunk_by(|a, b| a.key() == b.key()) {
                    directives.add(file);
                }
            }
            let json = serde_json::to_string(&directives.encode()).expect("it is written");
            let data: Data = serde_json::from_str(&json).expect("it is read");
            let decoded = decode(&data, directives.columns());
            prop_assert_eq!(decoded, runs.iter().map(|records| known(records)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn repetitions_and_older_runs_take_no_room() {
        let mut directives = Directives::new(&[]);
        let records = |verdict: Verdict| -> Vec<Record> {
            let of = |index: u32| Record {
                index: index.to_string(),
                line: index + 1,
                verdict: if index == 500 { verdict } else { Verdict::Pass },
                ..serde_json::from_str(
                    r#"{"schema":1,"group":"g","file":"f","line":1,"index":"0","directive":"d","backend":"jit",
                        "verdict":"pass","us":1}"#,
                )
                .expect("a record")
            };
            (0..1000).map(of).collect()
        };
        for verdict in [Verdict::Fail, Verdict::Pass] {
            directives.begin_run();
            directives.add(&records(verdict));
        }
        let data = directives.encode();
        assert_eq!(data.runs, [[".500F.499"], ["=500.=499"]]);
        assert_eq!(data.directives.texts, ["d"]);
    }

    /// Directives of one line that read alike are several rows, and a row of an older run is among the others.
    #[test]
    fn rows_are_in_the_order_of_lines() {
        let of = |line: u32, index: &str, verdict| Record { line, verdict, ..Record::passed("g", "f", index, "jit") };
        let (pass, fail) = (Verdict::Pass, Verdict::Fail);
        let mut directives = Directives::new(&["jit".to_string()]);
        directives.begin_run();
        assert_eq!(directives.add(&[of(1, "0", pass), of(1, "1", fail), of(4, "2", pass)]), Some(0));
        directives.begin_run();
        let older = [of(1, "0", pass), of(1, "1", fail), of(2, "2", fail), of(4, "3", pass)];
        assert_eq!(directives.add(&older), Some(0));
        assert_eq!(directives.add(&[]), None);
        let data = directives.encode();
        assert_eq!(data.files, [("g".to_string(), "f".to_string(), 4)]);
        assert_eq!(data.lines, [1, 0, 1, 2]);
        assert_eq!(data.runs, [[".F ."], ["=2F="]]);
    }

    /// A pass in which something was excused is distinguished from others, and says what.
    #[test]
    fn passes_say_what_was_excused() {
        let pass = Record::passed("g", "f", "0", "jit");
        let excused = Record { expected: Some("much".into()), got: Some("the same".into()), ..pass.clone() };
        let mut directives = Directives::new(&[]);
        for record in [&pass, &excused, &excused, &pass] {
            directives.begin_run();
            directives.add(std::slice::from_ref(record));
        }
        let data = directives.encode();
        assert_eq!(data.runs, [["."], [","], ["="], ["."]]);
        let texts: Vec<&[String]> = data.details[..2].iter().map(|words| &words.texts[..]).collect();
        assert_eq!(texts, [["much"], ["the same"]]);
    }
}
