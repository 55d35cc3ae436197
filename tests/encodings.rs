//! Compares a table of encodings with the binutils disassembler. `encodings/aarch64.txt` has words and the expected assembly of
//! each, without aliases; a unit test of the back end writes it.

mod support;

use std::path::Path;
use std::process::{Command, ExitCode};
use support::{Missing, tool};

/// Normalizes assembly: numbers in decimal, one name for each condition, no comments.
fn plain(text: &str) -> String {
    let text = text.split("//").next().unwrap_or(text).trim().replace('\t', " ");
    let word = |word: &str| {
        let (word, comma) = word.strip_suffix(',').map_or((word, ""), |word| (word, ","));
        let (number, bracket) = word.strip_suffix(']').map_or((word, ""), |word| (word, "]"));
        let plain = match (number.strip_prefix("#0x"), number.strip_prefix('#')) {
            (Some(hex), _) => format!("#{}", u64::from_str_radix(hex, 16).expect("a number")),
            (None, Some(float)) if float.contains('.') => format!("#{:?}", float.parse::<f64>().expect("a number")),
            _ if number == "cs" => "hs".into(),
            _ if number == "cc" => "lo".into(),
            _ => number.into(),
        };
        format!("{plain}{bracket}{comma}")
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// The disassembly of the words by binutils.
fn disassembled(words: &[u32]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("words");
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    std::fs::write(&path, bytes).expect("writable");
    let mut command = Command::new("aarch64-linux-gnu-objdump");
    command.args(["-D", "-b", "binary", "-m", "aarch64", "-M", "no-aliases"]).arg(&path);
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    // Offset, word, text.
    let lines = text.lines().filter_map(|line| {
        let mut columns = line.splitn(3, '\t');
        let (offset, _, text) = (columns.next()?, columns.next()?, columns.next()?);
        offset.ends_with(':').then(|| plain(text))
    });
    lines.collect()
}

fn words_are_what_binutils_say() -> Result<(), Missing> {
    tool("aarch64-objdump")?;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/encodings/aarch64.txt");
    let file = std::fs::read_to_string(path).expect("the file");
    let cases: Vec<(&str, &str)> = file.lines().map(|line| line.split_once(' ').expect("a word and a text")).collect();
    let words: Vec<u32> = cases.iter().map(|(word, _)| u32::from_str_radix(word, 16).expect("a word")).collect();
    let said = disassembled(&words);
    assert_eq!(said.len(), cases.len());
    let different: Vec<_> = cases.iter().zip(&said).filter(|((_, text), said)| text != said).collect();
    assert!(different.is_empty(), "{} are different: {:?}", different.len(), different.first());
    assert!(cases.len() > 3_000, "{} cases", cases.len());
    Ok(())
}

/// The test above can fail.
fn other_text_is_found() -> Result<(), Missing> {
    tool("aarch64-objdump")?;
    let said = disassembled(&[0x8b03_0041, 0x1a83_2041, 0x1e6e_1001, 0x7842_3fff, 0xffff_ffff]);
    let expected = ["add x1, x2, x3", "csel w1, w2, w3, hs", "fmov d1, #1.0", "ldrh wzr, [sp, #35]!"];
    assert_eq!(said[..4], expected);
    assert!(said[4].starts_with(".inst"), "{}", said[4]);
    Ok(())
}

fn main() -> ExitCode {
    support::run(tests![words_are_what_binutils_say, other_text_is_found])
}
