//! Compiled code in a file: the format that `wasmoon compile` writes, a cache stores, and an embedder serializes.
//!
//! ```text
//!   0  magic         8 bytes
//!   8  length        of the whole file, 8 bytes, the lowest first
//!  16  checksum      SHA-256 of everything behind it
//!  48  Maker         the program that made the file: a number of 32 bytes, and words for a person
//!      Contents      what was compiled, and how; the lengths of the next two
//!      module        its binary, if the file holds it
//!      code
//!      CodeTables    to the end
//! ```
//!
//! The maker, contents and tables are in postcard's format. No other program reads what follows the maker, so it has no
//! version of its own.
//!
//! **Trust.** [`CompiledFile::read`] detects every accident: a file of another program, a modified file, a truncated one.
//! It cannot detect malice, since whoever changes the code can also change the checksum. Loaded code can do anything that
//! this process can do.
//!
//! **Bytes are copied.** The code is copied from the caller's buffer into executable memory. A mapped file could change
//! between the check and the execution.

use super::{CompileError, Config, Engine};
use crate::module::{DecodeError, Module};
use crate::runtime::code::CodeTables;
use crate::runtime::store::Code;
use crate::runtime::sys::executable;
use crate::target::CpuLevel;
use crate::text::counted;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::io;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

/// The first bytes of a file. No module begins with them, nor does any text.
pub const MAGIC: [u8; 8] = *b"\0wasmoon";
/// The extension of file names.
pub const EXTENSION: &str = "cwasm";
/// The position of the checksum.
const CHECKSUM: Range<usize> = 16..48;

/// A SHA-256 hash.
type Hash = [u8; 32];

fn sha256(bytes: impl AsRef<[u8]>) -> Hash {
    Sha256::digest(bytes).into()
}

/// Why compiled code was not written or cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompiledFileError {
    /// The file does not begin like compiled code.
    #[error("not a file of compiled code")]
    Foreign,
    /// The file's length is not the one it states.
    #[error("damaged: {}, but it states that it has {says}", counted(*.is, "byte"))]
    Length {
        /// The actual length in bytes.
        is: u64,
        /// The stated length.
        says: u64,
    },
    /// The checksum does not match the contents.
    #[error("damaged: the checksum does not match the contents")]
    Checksum,
    /// The checksum matches, but the contents make no sense.
    #[error("damaged: {0}")]
    Contents(&'static str),
    /// The file was made by another build of this program, or by another program.
    #[error("compiled by another program ({maker}; this is {}); compile it again", Maker::words())]
    OtherProgram {
        /// The program that made it.
        maker: String,
    },
    /// The code is for instructions that this CPU lacks.
    #[error("compiled for a CPU with {needed}, but this one has at most {here}")]
    Cpu {
        /// The level that the code was compiled for.
        needed: &'static str,
        /// The level of this CPU.
        here: &'static str,
    },
    /// The engine would compile the module to different code.
    #[error("compiled with a different configuration: it differs in {0}")]
    OtherOptions(&'static str),
    /// The code belongs to another module.
    #[error("compiled from a different module")]
    OtherModule,
    /// The file holds only code; the module is kept elsewhere.
    #[error("the file does not contain the module")]
    NoModule,
    /// Code is kept only for modules that were compiled completely before they ran.
    #[error("no compiled code for the whole module, since functions are interpreted")]
    NotCompiled,
    /// The module in the file cannot be read.
    #[error(transparent)]
    Module(#[from] DecodeError),
    /// The code cannot be made executable.
    #[error(transparent)]
    Publish(#[from] CompileError),
    /// The system does not reveal which program this is.
    #[error("cannot read this program's own file: {0}")]
    Program(#[source] io::Error),
}

/// The program that made a file.
#[derive(Serialize, Deserialize)]
struct Maker {
    /// See [`program`].
    program: Hash,
    /// The version and commit.
    words: String,
}

impl Maker {
    fn words() -> String {
        let commit = env!("WASMOON_COMMIT");
        let of = if commit.is_empty() { "" } else { ", commit " };
        format!("wasmoon {}{of}{commit}", env!("CARGO_PKG_VERSION"))
    }
}

/// Returns an identifier of the running program, or of the library that wasmoon is part of. It differs if anything in the
/// program differs: wasmoon, a crate that it uses, the compiler or its options.
///
/// # Errors
/// If the linker recorded no identifier, and the file cannot be read.
fn program() -> Result<Hash, CompiledFileError> {
    static PROGRAM: LazyLock<io::Result<Hash>> = LazyLock::new(|| {
        let mut hash = Sha256::new();
        hash.update(Maker::words());
        match executable::build_id() {
            Some(id) => hash.update(id),
            None => hash.update(executable::file()?),
        }
        Ok(hash.finalize().into())
    });
    PROGRAM.as_ref().copied().map_err(|e| CompiledFileError::Program(e.kind().into()))
}

/// What was compiled, and how: code is used only if all of this matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// The hash of the module's bytes.
    module: Hash,
    /// The language features with which the module was read.
    features: u64,
    /// See [`Config::of_code`].
    config: Config,
}

impl Key {
    /// Creates the key of a module compiled by an engine with this configuration.
    ///
    /// # Errors
    /// `NotCompiled` if not every function is compiled.
    pub fn new(module: &Module, config: &Config) -> Result<Key, CompiledFileError> {
        let config = config.of_code().ok_or(CompiledFileError::NotCompiled)?;
        Ok(Key { module: sha256(&**module.bytes), features: module.features.bits(), config })
    }

    /// Returns a file name: the hash of the key and of the running program, in hexadecimal.
    ///
    /// # Errors
    /// `Program`.
    pub fn name(&self) -> Result<String, CompiledFileError> {
        let maker = Maker { program: program()?, words: Maker::words() };
        let hash = sha256(to_postcard(&(maker, self), Vec::new()));
        Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    fn check(&self, wanted: &Key) -> Result<(), CompiledFileError> {
        let Key { module, features, config } = self;
        if *module != wanted.module {
            return Err(CompiledFileError::OtherModule);
        }
        if *features != wanted.features {
            return Err(CompiledFileError::OtherOptions("the language features"));
        }
        if *config != wanted.config {
            return Err(CompiledFileError::OtherOptions(difference(config, &wanted.config)));
        }
        Ok(())
    }
}

/// Returns the name of the first option that differs.
fn difference(a: &Config, b: &Config) -> &'static str {
    let named = [
        (a.opt != b.opt, "the optimization level"),
        (a.cpu != b.cpu, "the CPU level"),
        (a.fuel != b.fuel, "fuel counting"),
        (a.nan != b.nan, "the NaNs of operators"),
        (a.relaxed != b.relaxed, "the results of relaxed operators"),
    ];
    named.iter().find(|(differs, _)| *differs).map_or("compiler switches", |(_, name)| name)
}

#[derive(Serialize, Deserialize)]
struct Contents {
    key: Key,
    /// The length of the module's binary, if it is in the file.
    module: Option<u64>,
    /// The length of the code.
    code: u64,
}

/// Appends a value in postcard's format.
fn to_postcard(value: &impl Serialize, bytes: Vec<u8>) -> Vec<u8> {
    postcard::to_extend(value, bytes).expect("memory takes everything")
}

/// Splits a value off the front.
fn from_postcard<'a, T: Deserialize<'a>>(
    bytes: &'a [u8],
    wrong: &'static str,
) -> Result<(T, &'a [u8]), CompiledFileError> {
    postcard::take_from_bytes(bytes).map_err(|_| CompiledFileError::Contents(wrong))
}

/// Returns the bytes of a file with the compiled code of a module. They include the module itself if the file is to be
/// used alone.
///
/// # Errors
/// `NotCompiled` or `Program`.
pub fn write(code: &dyn Code, key: &Key, with_module: bool) -> Result<Vec<u8>, CompiledFileError> {
    let module = code.module();
    let object = code.machine_code();
    // A module without bodies has no code.
    if object.is_none() && !module.bodies.is_empty() {
        return Err(CompiledFileError::NotCompiled);
    }
    let no_tables = CodeTables::default();
    let (bytes, tables) = object.map_or((&[][..], &no_tables), |object| (object.bytes(), object.tables()));
    let binary: &[u8] = if with_module { &module.bytes } else { &[] };
    let mut file = Vec::with_capacity(CHECKSUM.end + binary.len() + bytes.len());
    file.extend(MAGIC);
    file.resize(CHECKSUM.end, 0);
    file = to_postcard(&Maker { program: program()?, words: Maker::words() }, file);
    let contents =
        Contents { key: key.clone(), module: with_module.then_some(binary.len() as u64), code: bytes.len() as u64 };
    file = to_postcard(&contents, file);
    file.extend(binary);
    file.extend(bytes);
    file = to_postcard(tables, file);
    let length = file.len() as u64;
    file[MAGIC.len()..CHECKSUM.start].copy_from_slice(&length.to_le_bytes());
    let checksum = sha256(&file[CHECKSUM.end..]);
    file[CHECKSUM].copy_from_slice(&checksum);
    Ok(file)
}

/// Returns whether bytes begin like a file of compiled code.
pub fn is_compiled(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// A file with the bytes that this program wrote, for a CPU like this one.
#[derive(Debug)]
pub struct CompiledFile<B> {
    bytes: B,
    key: Key,
    module: Option<Range<usize>>,
    code: Range<usize>,
    tables: CodeTables,
}

impl<B: AsRef<[u8]>> CompiledFile<B> {
    /// Reads a file and checks everything that can be checked. The memory it takes is proportional to the number of
    /// bytes.
    ///
    /// # Errors
    /// `Foreign`, `Length`, `Checksum`, `Contents`, `OtherProgram`, `Cpu`, `Program`.
    pub fn read(bytes: B) -> Result<CompiledFile<B>, CompiledFileError> {
        let all = bytes.as_ref();
        if !is_compiled(all) {
            return Err(CompiledFileError::Foreign);
        }
        let is = all.len() as u64;
        let head = all.get(..CHECKSUM.end).ok_or(CompiledFileError::Length { is, says: CHECKSUM.end as u64 })?;
        let says = u64::from_le_bytes(head[MAGIC.len()..CHECKSUM.start].try_into().expect("eight bytes"));
        if is != says {
            return Err(CompiledFileError::Length { is, says });
        }
        let rest = &all[CHECKSUM.end..];
        if sha256(rest)[..] != head[CHECKSUM] {
            return Err(CompiledFileError::Checksum);
        }
        let (maker, rest) = from_postcard::<Maker>(rest, "no maker")?;
        if maker.program != program()? {
            return Err(CompiledFileError::OtherProgram { maker: maker.words });
        }
        let (contents, rest) = from_postcard::<Contents>(rest, "no contents")?;
        let mut from = all.len() - rest.len();
        let mut part = |len: u64| {
            let end = usize::try_from(len).ok().and_then(|len| from.checked_add(len)).filter(|&end| end <= all.len());
            let range = from..end.ok_or(CompiledFileError::Contents("a part beyond the end"))?;
            from = range.end;
            Ok::<_, CompiledFileError>(range)
        };
        let module = contents.module.map(&mut part).transpose()?;
        let code = part(contents.code)?;
        let (tables, rest) = from_postcard::<CodeTables>(&all[from..], "no tables")?;
        if !rest.is_empty() {
            return Err(CompiledFileError::Contents("unexpected trailing data"));
        }
        let level = contents.key.config.cpu_level();
        if !level.is_here() {
            return Err(CompiledFileError::Cpu { needed: level.name(), here: CpuLevel::default().name() });
        }
        Ok(CompiledFile { bytes, key: contents.key, module, code, tables })
    }

    /// The configuration under which the code was compiled: see [`Config::of_code`].
    pub fn config(&self) -> &Config {
        &self.key.config
    }

    /// The binary of the module, which has not been validated yet.
    ///
    /// # Errors
    /// `NoModule`.
    pub fn module(&self) -> Result<&[u8], CompiledFileError> {
        let range = self.module.clone().ok_or(CompiledFileError::NoModule)?;
        Ok(&self.bytes.as_ref()[range])
    }

    /// Makes the code executable in stores of an engine, for the module in the file.
    ///
    /// # Errors
    /// `OtherModule` if it is another module; otherwise as [`CompiledFile::load`].
    pub fn load_own(self, engine: &Engine, module: &Arc<Module>) -> Result<Arc<dyn Code>, CompiledFileError> {
        if *self.module()? != *module.bytes {
            return Err(CompiledFileError::OtherModule);
        }
        let config = engine.config().of_code().ok_or(CompiledFileError::NotCompiled)?;
        let wanted = Key { module: self.key.module, features: module.features.bits(), config };
        self.load(engine, module, &wanted)
    }

    /// Makes the code executable in stores of an engine if it has this key, which is the module's.
    ///
    /// # Errors
    /// `OtherModule`, `OtherOptions`, `Publish`.
    pub fn load(self, engine: &Engine, module: &Arc<Module>, wanted: &Key) -> Result<Arc<dyn Code>, CompiledFileError> {
        self.key.check(wanted)?;
        Ok(engine.publish(module, &self.bytes.as_ref()[self.code], self.tables)?)
    }
}

#[cfg(all(test, target_os = "linux"))]
#[path = "compiled_file_tests.rs"]
mod tests;
