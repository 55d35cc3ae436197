//! `wasmoon wat2wasm` and `wasmoon wasm2wat`.

use super::{Failed, OK, input};
use crate::conformance::read::kind::WantedInput;
use crate::conformance::report::Output;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Translate a module from the text format to the binary format
#[derive(clap::Args)]
#[command(after_help = "Exit status: 0, or 2 if the text does not parse or a file cannot be read or written.\n\n\
    Examples:\n  \
    wasmoon wat2wasm add.wat              writes add.wasm\n  \
    wasmoon wat2wasm - -o - < add.wat")]
pub struct Wat2Wasm {
    /// Module as text; `-` is standard input
    file: PathBuf,
    /// Module to write; `-` is standard output [default: next to the text, as .wasm]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Print a binary module in the text format
#[derive(clap::Args)]
#[command(after_help = "Exit status: 0, or 2 if the module cannot be decoded or a file cannot be read or \
    written.\n\nExample:\n  wasmoon wasm2wat add.wasm -o add.wat")]
pub struct Wasm2Wat {
    /// Module to print; `-` is standard input
    file: PathBuf,
    /// Text to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub fn wat2wasm(args: Wat2Wasm) -> Result<u8, Failed> {
    let text = input::text(&args.file, WantedInput::Text)?;
    let binary = input::encode(&args.file, &text)?;
    let output = args.output.unwrap_or_else(|| match args.file.as_path() {
        file if file == Path::new("-") => PathBuf::from("-"),
        file => file.with_extension("wasm"),
    });
    write(&args.file, &output, &binary)
}

pub fn wasm2wat(args: Wasm2Wat) -> Result<u8, Failed> {
    let bytes = input::binary_only(&args.file)?;
    let text = wasmprinter::print_bytes(&bytes).map_err(|e| format!("{}: {e:#}", args.file.display()))?;
    write(&args.file, &args.output.unwrap_or_else(|| PathBuf::from("-")), text.as_bytes())
}

/// Writes a whole file that was made from `input`; `-` is standard output.
///
/// # Errors
/// The file cannot be written, or is the input itself.
pub fn write(input: &Path, path: &Path, bytes: &[u8]) -> Result<u8, Failed> {
    input::spare(input, path, "-o")?;
    let mut out = Output::create(path)?;
    out.write_all(bytes).map_err(|e| out.error(&e))?;
    out.commit()?;
    Ok(OK)
}
