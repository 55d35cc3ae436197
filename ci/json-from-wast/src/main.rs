//! `script-to-json FILE.wast FILE.json`: writes a script as JSON, with its modules next to it.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [source, target] = args.as_slice() else {
        eprintln!("usage: script-to-json FILE.wast FILE.json");
        return ExitCode::from(2);
    };
    match convert(Path::new(source), Path::new(target)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{source}: {message}");
            ExitCode::FAILURE
        }
    }
}

fn convert(source: &Path, target: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(source).map_err(|e| e.to_string())?;
    let mut lexer = wast::lexer::Lexer::new(&text);
    lexer.allow_confusing_unicode(true);
    let buffer = wast::parser::ParseBuffer::new_with_lexer(lexer).map_err(|e| e.to_string())?;
    let ast = wast::parser::parse::<wast::Wast<'_>>(&buffer).map_err(|e| e.to_string())?;
    let name = source.to_string_lossy();
    let script = json_from_wast::Opts::default().convert(&name, &text, ast).map_err(|e| format!("{e:#}"))?;
    let folder = target.parent().unwrap_or(Path::new(""));
    for (name, bytes) in &script.wasms {
        std::fs::write(folder.join(name), bytes).map_err(|e| format!("{name}: {e}"))?;
    }
    let json = serde_json::to_string(&script).map_err(|e| e.to_string())?;
    std::fs::write(target, json).map_err(|e| e.to_string())
}
