//! The official testsuite and our own scripts: their files, groups and languages.
//!
//! A [`Suite`] has three sources: the embedded suite (`spec-tests/`, with its `suite.toml` as the manifest) or a checkout of the
//! testsuite repository, `wast-extra/`, and single files named by path. Nothing here parses a script: listing trials takes
//! milliseconds.

use super::error::SuiteError;
use super::features::of_folder;
use super::files::{self, ReadError, hash};
use super::find_scripts;
pub use super::find_scripts::has_extension;
use super::header::{HeaderError, header};
use super::json;
use super::kind::{self, WantedInput};
use super::language::{Dialect, Language, Spec};
use crate::module::features;
use crate::text::{counted, without_mark};
use serde::Deserialize;
use spec_tests::Scripts;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmparser::WasmFeatures;

/// The manifest: groups with their languages, and a hash for each file.
const MANIFEST: &str = include_str!("../../../spec-tests/suite.toml");

include!(concat!(env!("OUT_DIR"), "/wast_extra.rs"));

/// Files that share a language.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// `core`, `threads`, `extra/calls`, …
    pub name: String,
    /// The language of the files, without their headers.
    pub language: Language,
}

/// The location of a file's text.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Embedded in the program.
    Embedded(&'static str),
    /// In a file.
    Disk(PathBuf),
    /// Given as text.
    Given(Arc<str>),
}

/// One script.
#[derive(Clone, Debug, PartialEq)]
pub struct SuiteFile {
    /// The name of the group.
    pub group: String,
    /// The file name without `.wast`; unique in its group.
    pub stem: String,
    /// For files of `core`: the proposal that they belong to.
    pub theme: Option<String>,
    /// The language of the script, with its header applied.
    pub language: Language,
    /// Why the file is not run: its header cannot be followed.
    pub trouble: Option<HeaderError>,
    /// The location of its text.
    pub source: Source,
    /// The version, in a suite of whole versions ([`Suite::versions`]).
    pub version: Option<Spec>,
    /// ... and the key of the same content in [`Suite::embedded`], which the rules use.
    pub known_as: Option<String>,
    /// The content of a file on disk when it was selected and its header was read; `None` if its current content is run.
    pub digest: Option<Digest>,
}

/// The content of a script: hashes, or [`Digest::UNREADABLE`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    text: String,
    /// The module files of a script in JSON, by the names that it gives them.
    modules: BTreeMap<String, String>,
}

impl Digest {
    /// Stands for the hash of what cannot be read.
    pub const UNREADABLE: &str = "unreadable";

    /// The digest of the script at `path`; `text` is the result of reading it.
    fn of(path: &Path, text: &Result<String, ReadError>) -> Digest {
        let mut modules = BTreeMap::new();
        if let (Ok(text), Some(folder)) = (text, folder_of_json(path)) {
            for name in json::module_files(text) {
                let content = files::regular(&folder.join(&name));
                modules.insert(name, content.map_or_else(|_| Digest::UNREADABLE.into(), hash));
            }
        }
        Digest { text: Digest::of_text(text), modules }
    }

    fn of_text(text: &Result<String, ReadError>) -> String {
        text.as_ref().map_or_else(|_| Digest::UNREADABLE.into(), hash)
    }

    /// One hash of everything.
    fn whole(&self) -> String {
        if self.modules.is_empty() {
            return self.text.clone();
        }
        let modules: String = self.modules.iter().map(|(name, hash)| format!("\n{name} {hash}")).collect();
        hash(format!("{}{modules}", self.text))
    }
}

impl SuiteFile {
    /// The script `stem` of `group`, in the latest language.
    #[cfg(test)]
    pub fn of_test(source: Source) -> SuiteFile {
        SuiteFile {
            group: "group".into(),
            stem: "stem".into(),
            theme: None,
            language: Language::of(Spec::Latest),
            trouble: None,
            source,
            version: None,
            known_as: None,
            digest: None,
        }
    }

    /// `group/stem`: the name in `expectations.toml`.
    pub fn key(&self) -> String {
        format!("{}/{}", self.group, self.stem)
    }

    /// The key that rules use.
    pub fn rules_key(&self) -> String {
        self.known_as.clone().unwrap_or_else(|| self.key())
    }

    /// `group::[theme::]stem`: a trial's name without its backend.
    pub fn name(&self) -> String {
        // The group of our own files has a slash: `extra/calls`.
        let group = self.group.replace('/', "::");
        match &self.theme {
            Some(theme) => format!("{group}::{theme}::{}", self.stem),
            None => format!("{group}::{}", self.stem),
        }
    }

    /// The [`Filter`](crate::conformance::selection::Filter) that selects only this file.
    pub fn filter(&self) -> String {
        format!("^{}::", self.name())
    }

    /// The name of a trial: `core::exceptions::try_table::jit`.
    pub fn trial(&self, backend: &str) -> String {
        format!("{}::{backend}", self.name())
    }

    /// The module files of a script in JSON; `None` for one in the text format.
    pub fn json_folder(&self) -> Option<json::Folder> {
        let Source::Disk(path) = &self.source else { return None };
        let digests = self.digest.as_ref().map(|digest| digest.modules.clone());
        Some(json::Folder { path: folder_of_json(path)?, digests })
    }

    /// The script's text, without a byte-order mark.
    ///
    /// # Errors
    /// A file on disk cannot be read, is not UTF-8 or has changed since it was selected; the message does not name it.
    pub fn text(&self) -> Result<Cow<'static, str>, ReadError> {
        let path = match &self.source {
            Source::Embedded(text) => return Ok(Cow::Borrowed(without_mark(text))),
            Source::Given(text) => return Ok(Cow::Owned(without_mark(text).to_string())),
            Source::Disk(path) => path,
        };
        let text = read(path);
        match &self.digest {
            Some(digest) if digest.text != Digest::of_text(&text) => Err(ReadError::Changed),
            _ => text.map(Cow::Owned),
        }
    }

    /// A hash of the script's text, and of the module files that a script in JSON names; [`Digest::UNREADABLE`] if the text
    /// cannot be read. For a file on disk, these are from when it was selected.
    pub fn content(&self) -> String {
        match (&self.digest, &self.source) {
            (Some(digest), _) => digest.whole(),
            (None, Source::Disk(path)) => Digest::of(path, &read(path)).whole(),
            (None, Source::Embedded(text)) => hash(without_mark(text)),
            (None, Source::Given(text)) => hash(without_mark(text)),
        }
    }

    /// The same file of the suite, with its script replaced by the one that is now at a path.
    pub fn replaced_by(&self, path: PathBuf) -> SuiteFile {
        let digest = Some(Digest::of(&path, &read(&path)));
        SuiteFile { source: Source::Disk(path), digest, ..self.clone() }
    }

    /// The files on disk that it consists of: the script, and the module files that it names.
    pub fn paths(&self) -> Vec<PathBuf> {
        let Source::Disk(path) = &self.source else { return Vec::new() };
        let folder = self.json_folder().into_iter();
        let modules = folder.flat_map(|f| f.digests.into_iter().flatten().map(move |(name, _)| f.path.join(name)));
        std::iter::once(path.clone()).chain(modules).collect()
    }

    /// Its location, for messages: its path, or its key if it is not in a file.
    pub fn place(&self) -> String {
        match &self.source {
            Source::Embedded(_) | Source::Given(_) => self.key(),
            Source::Disk(path) => path.display().to_string(),
        }
    }
}

/// Reads a script. Only a regular file can be read more than once, and scripts are.
fn read(path: &Path) -> Result<String, ReadError> {
    let bytes = files::regular(path)?;
    let text = kind::text(&bytes, WantedInput::Script).map_err(ReadError::NotText)?;
    Ok(text.to_string())
}

/// The revision of scripts named by path, and the group of one whose path does not include its folder.
pub const BY_PATH: &str = "files";

/// Files in their groups.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The revision of the official suite.
    pub revision: String,
    /// The groups, in the order of the matrix.
    pub groups: Vec<Group>,
    /// In the order of groups, then by stem.
    pub files: Vec<Arc<SuiteFile>>,
}

/// The stems of a suite: by group and stem, the number that is appended to the next file with this stem. A folder may have tens
/// of thousands of files, so they are not all searched for each one.
#[derive(Default)]
struct Stems(HashMap<(String, String), u32>);

impl Stems {
    fn of(files: &[Arc<SuiteFile>]) -> Stems {
        Stems(files.iter().map(|file| ((file.group.clone(), file.stem.clone()), 2)).collect())
    }

    /// Takes a stem that no file of a group has: this one, if it is free. This keeps keys unique if there are folders with the
    /// same name in several places, or `x.wast` beside `x.WAST`.
    fn take(&mut self, group: &str, stem: &str) -> String {
        let key = |stem: &str| (group.to_string(), stem.to_string());
        let Some(&next) = self.0.get(&key(stem)) else {
            self.0.insert(key(stem), 2);
            return stem.to_string();
        };
        let mut numbered = (next..).map(|n| (n, format!("{stem}~{n}")));
        let (n, free) =
            numbered.find(|(_, stem)| !self.0.contains_key(&key(stem))).expect("there are more numbers than files");
        self.0.insert(key(stem), n + 1);
        self.0.insert(key(&free), 2);
        free
    }
}

/// A suite under construction.
struct Builder {
    suite: Suite,
    groups: HashSet<String>,
    /// The paths of the files on disk.
    paths: HashSet<PathBuf>,
    stems: Stems,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    version: Vec<ManifestVersion>,
    group: Vec<ManifestGroup>,
}

/// All files of a version, whatever group they belong to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestVersion {
    spec: Spec,
    group: String,
    /// The folders in the embedded data; of files with the same name, that in the first folder counts.
    folders: Vec<String>,
    /// The stems whose only copy was written for another version.
    #[serde(default)]
    except: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestGroup {
    name: String,
    /// The folder in the embedded data; absent if only checkouts have this group.
    folder: Option<String>,
    spec: Spec,
    #[serde(default)]
    features: Vec<String>,
    #[serde(default)]
    without: Vec<String>,
    /// Stem -> SHA-256 of the content, in hexadecimal.
    #[serde(default)]
    files: BTreeMap<String, String>,
}

impl ManifestGroup {
    fn language(&self) -> Result<Language, SuiteError> {
        let mut language = Language::of(self.spec);
        let flag = |name: &String| {
            let unknown = || SuiteError::UnknownFeature { group: self.name.clone(), feature: name.clone() };
            features::by_name(name).ok_or_else(unknown)
        };
        for name in &self.features {
            language.features.insert(flag(name)?);
        }
        for name in &self.without {
            language.features.remove(flag(name)?);
        }
        Ok(language)
    }
}

fn manifest() -> Result<Manifest, SuiteError> {
    Ok(toml::from_str(MANIFEST)?)
}

/// Texts by folder and stem.
type Texts = HashMap<(String, String), &'static str>;

/// Every embedded file.
fn embedded_files() -> Texts {
    spec_tests::files().map(|f| ((f.folder.to_string(), f.stem.to_string()), f.text)).collect()
}

impl Suite {
    /// The embedded suite with `wast-extra/`.
    ///
    /// # Errors
    /// The manifest names a file that is not embedded, or is itself invalid.
    pub fn embedded() -> Result<Suite, SuiteError> {
        let manifest = manifest()?;
        let texts = embedded_files();
        let mut builder = Builder::new(spec_tests::revision());
        for group in &manifest.group {
            let language = group.language()?;
            builder.push_group(&group.name, language);
            let Some(folder) = &group.folder else { continue };
            for stem in group.files.keys() {
                let text = texts
                    .get(&(folder.clone(), stem.clone()))
                    .ok_or_else(|| SuiteError::NotEmbedded { folder: folder.clone(), stem: stem.clone() })?;
                builder.push(group.name.clone(), stem.clone(), language, Source::Embedded(text));
            }
        }
        builder.add_extra()?;
        Ok(builder.suite)
    }

    /// All files of some versions of the specification, each in the group of its version and with exactly its features. Content
    /// that versions share is in each of them. Neither further proposals nor `wast-extra/` are included.
    ///
    /// # Errors
    /// As for [`Suite::embedded`]; also if a version has no files of its own (`mvp`).
    pub fn versions(specs: &[Spec]) -> Result<Suite, SuiteError> {
        let manifest = manifest()?;
        let plain = Suite::embedded()?;
        let mut keys: HashMap<&str, String> = HashMap::new();
        for file in &plain.files {
            if let Source::Embedded(text) = &file.source {
                keys.entry(text).or_insert_with(|| file.key());
            }
        }
        let mut by_folder: BTreeMap<(String, String), &'static str> = BTreeMap::new();
        by_folder.extend(embedded_files());
        let mut builder = Builder::new(&plain.revision);
        for &spec in specs {
            let version = manifest.version.iter().find(|v| v.spec == spec);
            let version = version.ok_or(SuiteError::NoVersion(spec))?;
            let language = Language::of(spec);
            builder.push_group(&version.group, language);
            let mut files: BTreeMap<&str, &'static str> = BTreeMap::new();
            for folder in &version.folders {
                let of_folder = by_folder.iter().filter(|((f, stem), _)| f == folder && !version.except.contains(stem));
                for ((_, stem), text) in of_folder {
                    files.entry(stem).or_insert(text);
                }
            }
            for (stem, text) in files {
                builder.push(version.group.clone(), stem.to_string(), language, Source::Embedded(text));
                if let Some(file) = builder.suite.files.last_mut() {
                    let file = Arc::make_mut(file);
                    file.version = Some(spec);
                    file.known_as = keys.get(text).cloned();
                }
            }
        }
        Ok(builder.suite)
    }

    /// A checkout of the testsuite repository, of any revision, with its `proposals/`, `legacy/` and `custom/` folders, or of the
    /// specification's own repository, where they are below `test/`; and `wast-extra/`. Folders are read recursively. Files in a
    /// folder among the core files are in the group `core/<folder>`, with the features of the proposal that the folder is named
    /// after.
    ///
    /// # Errors
    /// The folder cannot be read or holds no `.wast`.
    pub fn checkout(dir: &Path) -> Result<Suite, SuiteError> {
        let manifest = manifest()?;
        let mut builder = Builder::new(&checkout_revision(dir));
        let language = |name: &str| match manifest.group.iter().find(|g| g.name == name) {
            Some(group) => group.language(),
            None => Ok(Language::of(Spec::Latest)),
        };
        // The specification's repository has everything in `test/`, and the core files in `test/core/`.
        let base = if dir.join("test/core").is_dir() { dir.join("test") } else { dir.to_path_buf() };
        let core = if base.join("core").is_dir() { base.join("core") } else { base.clone() };
        const BESIDE: [&str; 3] = ["legacy", "custom", "proposals"];
        let below_core = |below: &str| {
            let top = below.split('/').next().unwrap_or_default();
            core != base || !BESIDE.contains(&top)
        };
        builder.add_folder(&core, "core", language("core")?, &below_core)?;
        for group in ["legacy", "custom"] {
            if base.join(group).is_dir() {
                builder.add_folder(&base.join(group), group, language(group)?, &|_| true)?;
            }
        }
        let proposals = base.join("proposals");
        if proposals.is_dir() {
            for entry in find_scripts::entries(&proposals)?.into_iter().filter(|p| p.is_dir()) {
                let name = file_name(&entry);
                let mut language = language(&name)?;
                language.features.insert(features::by_name(&name).unwrap_or(WasmFeatures::empty()));
                builder.add_folder(&entry, &name, language, &|_| true)?;
            }
        }
        if builder.suite.files.is_empty() {
            return Err(SuiteError::NotACheckout(dir.to_path_buf()));
        }
        builder.add_extra()?;
        Ok(builder.suite)
    }

    /// Single scripts, or all scripts of folders, recursively, each by path, in the text format or in JSON. Their group is the
    /// name of the named folder, and the path from there: `regress/ext:gc`.
    ///
    /// # Errors
    /// A path does not exist, or a folder holds no script. Errors in a script are failures of that script.
    pub fn paths(paths: &[PathBuf], dialect: Dialect) -> Result<Suite, SuiteError> {
        let mut builder = Builder::new(BY_PATH);
        let language = Language::in_dialect(dialect);
        for path in paths {
            if path.is_dir() {
                let name = folder_name(path);
                builder.push_group(&name, language);
                if builder.add_folder(path, &name, language, &|_| true)? == 0 {
                    return Err(SuiteError::NoScript(path.clone()));
                }
                continue;
            }
            // A broken link exists, and fails; a path that does not exist was not meant.
            std::fs::symlink_metadata(path).map_err(|error| SuiteError::NoPath { path: path.clone(), error })?;
            let parent = folder_of_script(path).unwrap_or_else(|| BY_PATH.into());
            let (language, trouble) = in_folder(path.parent().unwrap_or(Path::new("")), language);
            builder.push_script(parent, stem_of(path), Source::Disk(path.clone()), language, trouble);
        }
        Ok(builder.suite)
    }

    /// One script, given as its text.
    pub fn given(group: &str, stem: &str, text: &str) -> Suite {
        let mut builder = Builder::new(BY_PATH);
        let language = Language::of(Spec::Latest);
        builder.push_group(group, language);
        builder.push_script(group.into(), stem.into(), Source::Given(text.into()), language, None);
        builder.suite
    }

    /// Adds the files of another suite. A file whose key is taken gets another name.
    pub fn append(&mut self, other: Suite) {
        for group in other.groups {
            if !self.groups.iter().any(|g| g.name == group.name) {
                self.groups.push(group);
            }
        }
        let mut stems = Stems::of(&self.files);
        for mut file in other.files {
            let stem = stems.take(&file.group, &file.stem);
            if stem != file.stem {
                Arc::make_mut(&mut file).stem = stem;
            }
            self.files.push(file);
        }
    }

    /// Compares the embedded files with the manifest's groups and hashes.
    ///
    /// # Errors
    /// One line for each difference: content that changed, appeared or vanished, or a folder that belongs to no group.
    pub fn verify() -> Result<(), SuiteError> {
        let drift = drift(manifest()?, &embedded_files());
        if drift.is_empty() { Ok(()) } else { Err(SuiteError::Drift(drift)) }
    }

    /// Narrows the language of every file, as `--spec` and `--features` ask for.
    pub fn set_language(&mut self, change: impl Fn(&mut Language)) {
        for file in &mut self.files {
            change(&mut Arc::make_mut(file).language);
        }
    }
}

impl Builder {
    /// A builder without files.
    fn new(revision: &str) -> Builder {
        Builder {
            suite: Suite { revision: revision.into(), groups: Vec::new(), files: Vec::new() },
            groups: HashSet::new(),
            paths: HashSet::new(),
            stems: Stems::default(),
        }
    }

    /// Adds a group, if there is none with this name.
    fn push_group(&mut self, name: &str, language: Language) {
        if self.groups.insert(name.to_string()) {
            self.suite.groups.push(Group { name: name.to_string(), language });
        }
    }

    fn push(&mut self, group: String, stem: String, language: Language, source: Source) {
        if let Source::Disk(path) = &source
            && !self.paths.insert(in_real_folder(path))
        {
            return;
        }
        let stem = self.stems.take(&group, &stem);
        let theme = (group == "core" || group.starts_with("core-")).then(|| theme_of(&stem)).flatten();
        let theme = theme.map(str::to_string);
        self.suite.files.push(Arc::new(SuiteFile {
            group,
            stem,
            theme,
            language,
            trouble: None,
            source,
            version: None,
            known_as: None,
            digest: None,
        }));
    }

    /// Adds a script in the language that its header asks for, unless there was a problem before that.
    fn push_script(
        &mut self,
        group: String,
        stem: String,
        source: Source,
        language: Language,
        trouble: Option<HeaderError>,
    ) {
        // A file that cannot be read fails when it is run. A header is applied only if its text is the one that is run.
        let (text, digest) = match &source {
            Source::Embedded(text) => (Some(Cow::Borrowed(*text)), None),
            Source::Given(text) => (Some(Cow::Owned(text.to_string())), None),
            Source::Disk(path) => {
                let text = read(path);
                let digest = Digest::of(path, &text);
                (text.ok().filter(|_| !is_json(path)).map(Cow::Owned), Some(digest))
            }
        };
        let (language, trouble) = match (trouble, text.map(|text| header(&text, language))) {
            (Some(trouble), _) | (None, Some(Err(trouble))) => (language, Some(trouble)),
            (None, Some(Ok(language))) => (language, None),
            (None, None) => (language, None),
        };
        let before = self.suite.files.len();
        self.push(group, stem, language, source);
        if let Some(file) = self.suite.files.get_mut(before) {
            let file = Arc::make_mut(file);
            (file.trouble, file.digest) = (trouble, digest);
        }
    }

    /// Adds the scripts of a folder, and of the folders in it that `below` accepts by their path from here. Returns their number,
    /// including those that were already added.
    fn add_folder(
        &mut self,
        dir: &Path,
        group: &str,
        language: Language,
        below: &dyn Fn(&str) -> bool,
    ) -> Result<usize, SuiteError> {
        let scripts = find_scripts::scripts(dir, below)?;
        let count = scripts.len();
        for found in scripts {
            let group = if found.below.is_empty() { group.to_string() } else { format!("{group}/{}", found.below) };
            let folder = found.path.parent().unwrap_or(dir);
            let (language, trouble) = in_folder(folder, language);
            self.push_group(&group, language);
            self.push_script(group, stem_of(&found.path), Source::Disk(found.path), language, trouble);
        }
        Ok(count)
    }

    /// Adds `wast-extra/`: from disk when run in a checkout, so that a new file is included at once; embedded otherwise.
    fn add_extra(&mut self) -> Result<(), SuiteError> {
        match checkout_root() {
            Some(root) => self.add_extra_of(&root),
            None => {
                self.add_embedded_extra();
                Ok(())
            }
        }
    }

    fn add_extra_of(&mut self, root: &Path) -> Result<(), SuiteError> {
        for found in find_scripts::themed(&root.join("wast-extra"))? {
            let stem = stem_of(&found.path);
            self.push_extra(&found.below, stem, Source::Disk(found.path));
        }
        Ok(())
    }

    fn add_embedded_extra(&mut self) {
        for spec_tests::File { folder, stem, text } in WAST_EXTRA.files() {
            self.push_extra(folder, stem.to_string(), Source::Embedded(text));
        }
    }

    fn push_extra(&mut self, theme: &str, stem: String, source: Source) {
        let (group, language) = (format!("extra/{theme}"), Language::of(Spec::Latest));
        self.push_group(&group, language);
        self.push_script(group, stem, source, language, None);
    }
}

/// The path of a script with the real name of its folder: however it is named, it is one script. A link to a script stays
/// separate: its folder may say something else about it, and has other modules.
/// stays one of its own: its folder may say other things of it, and has other modules.
fn in_real_folder(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match (folder.canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_path_buf(),
    }
}

/// The differences between the embedded texts and the manifest, one line each.
fn drift(wanted: Manifest, texts: &Texts) -> Vec<String> {
    let mut drift = Vec::new();
    let named: BTreeSet<&String> = wanted.group.iter().filter_map(|g| g.folder.as_ref()).collect();
    let folders: BTreeSet<&String> = texts.keys().map(|(folder, _)| folder).collect();
    for folder in folders.difference(&named) {
        let files = counted(texts.keys().filter(|(f, _)| f == *folder).count(), "file");
        drift.push(format!(
            "{folder}: a folder of {files} in the embedded suite that belongs to no group in suite.toml"
        ));
    }
    for folder in named.difference(&folders) {
        drift.push(format!("{folder}: no longer a folder of the embedded suite"));
    }
    let found = owned_files(&wanted, texts);
    for (mut group, found) in wanted.group.into_iter().zip(found) {
        for (stem, hash) in found {
            match group.files.remove(&stem) {
                None => drift.push(format!("{}/{stem}: new in the embedded suite", group.name)),
                Some(h) if h != hash => drift.push(format!("{}/{stem}: content changed", group.name)),
                Some(_) => {}
            }
        }
        drift.extend(group.files.keys().map(|s| format!("{}/{s}: no longer in the embedded suite", group.name)));
    }
    drift
}

/// Stems and hashes of each group's files. Content that several groups share belongs to the first group of the manifest that has
/// it.
fn owned_files(manifest: &Manifest, texts: &Texts) -> Vec<BTreeMap<String, String>> {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut files = Vec::new();
    for group in &manifest.group {
        let of_group =
            texts.iter().filter(|((folder, _), text)| group.folder.as_ref() == Some(folder) && !seen.contains(**text));
        let own: BTreeMap<&String, &str> = of_group.map(|((_, stem), text)| (stem, *text)).collect();
        seen.extend(own.values());
        files.push(own.into_iter().map(|(stem, text)| (stem.clone(), hash(text))).collect());
    }
    files
}

/// Rewrites the manifest from the embedded data: groups and languages stay, files and hashes are recomputed.
///
/// # Errors
/// The current manifest cannot be read.
pub fn regenerate() -> Result<String, SuiteError> {
    let manifest = manifest()?;
    let files = owned_files(&manifest, &embedded_files());
    let head = MANIFEST.split("\n[[group]]").next().unwrap_or_default();
    let mut out = format!("{head}\n");
    for (group, files) in manifest.group.iter().zip(files) {
        out += &format!("[[group]]\nname = {:?}\n", group.name);
        if let Some(folder) = &group.folder {
            out += &format!("folder = {folder:?}\n");
        }
        out += &format!("spec = {:?}\n", group.spec.name());
        for (key, list) in [("features", &group.features), ("without", &group.without)] {
            if !list.is_empty() {
                out += &format!("{key} = {list:?}\n");
            }
        }
        if !files.is_empty() {
            out += "[group.files]\n";
        }
        for (stem, hash) in files {
            out += &format!("{stem} = {hash:?}\n");
        }
        out.push('\n');
    }
    Ok(out.trim_end().to_string() + "\n")
}

/// The theme of a file of a core group: the proposal that introduced it.
fn theme_of(stem: &str) -> Option<&'static str> {
    const THEMES: &[(&str, &[&str])] = &[
        ("exceptions", &["tag", "throw", "throw_ref", "try_table"]),
        ("tail-call", &["return_call", "return_call_indirect"]),
        (
            "function-references",
            &[
                "br_on_non_null",
                "br_on_null",
                "call_ref",
                "local_init",
                "ref",
                "ref_as_non_null",
                "return_call_ref",
                "type-equivalence",
            ],
        ),
        (
            "gc",
            &[
                "array",
                "array_copy",
                "array_fill",
                "array_init_data",
                "array_init_elem",
                "array_new_data",
                "array_new_elem",
                "binary-gc",
                "br_on_cast",
                "br_on_cast_fail",
                "extern",
                "i31",
                "ref_cast",
                "ref_eq",
                "ref_test",
                "struct",
                "type-canon",
                "type-rec",
                "type-subtyping",
            ],
        ),
        (
            "multi-memory",
            &[
                "address0",
                "address1",
                "align0",
                "binary0",
                "data0",
                "data1",
                "data_drop0",
                "exports0",
                "float_exprs0",
                "float_exprs1",
                "float_memory0",
                "imports0",
                "imports1",
                "imports2",
                "imports3",
                "imports4",
                "linking0",
                "linking1",
                "linking2",
                "linking3",
                "load0",
                "load1",
                "load2",
                "memory-multi",
                "memory_copy0",
                "memory_copy1",
                "memory_fill0",
                "memory_init0",
                "memory_size0",
                "memory_size1",
                "memory_size2",
                "memory_size3",
                "memory_size_import",
                "memory_trap0",
                "memory_trap1",
                "start0",
                "store0",
                "store1",
                "store2",
                "traps0",
            ],
        ),
        (
            "bulk-memory",
            &["bulk", "memory_copy", "memory_fill", "memory_init", "table_copy", "table_fill", "table_init"],
        ),
        (
            "reference-types",
            &["ref_func", "ref_is_null", "ref_null", "table-sub", "table_get", "table_grow", "table_set", "table_size"],
        ),
        ("annotations", &["annotations", "id", "simd_lane"]),
        (
            "relaxed-simd",
            &[
                "i16x8_relaxed_q15mulr_s",
                "i32x4_relaxed_trunc",
                "i8x16_relaxed_swizzle",
                "relaxed_dot_product",
                "relaxed_laneselect",
                "relaxed_madd_nmadd",
                "relaxed_min_max",
            ],
        ),
        ("memory64", &["memory64-imports", "table_copy_mixed", "bulk64"]),
    ];
    if let Some((theme, _)) = THEMES.iter().find(|(_, stems)| stems.contains(&stem)) {
        return Some(theme);
    }
    if stem.starts_with("simd_") {
        return Some("simd");
    }
    // `address64`, `table_copy64`, but not `i64` or `f64`.
    (stem.ends_with("64") && stem.len() > 3).then_some("memory64")
}

fn is_json(path: &Path) -> bool {
    find_scripts::has_extension(path, "json")
}

/// The folder of the module files of a script in JSON, without links to the current folder; `None` for other scripts.
fn folder_of_json(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|_| is_json(path))?;
    Some(std::path::absolute(folder.join(".")).unwrap_or_else(|_| folder.to_path_buf()))
}

/// The language of the scripts in a folder ([`of_folder`]), and why it could not be determined.
fn in_folder(dir: &Path, language: Language) -> (Language, Option<HeaderError>) {
    match of_folder(dir, language) {
        Ok(language) => (language, None),
        Err(trouble) => (language, Some(trouble)),
    }
}

/// The checkout that the current directory lies in, if any.
pub fn checkout_root() -> Option<PathBuf> {
    let cwd = std::env::current_dir().ok()?;
    cwd.ancestors()
        .find(|d| d.join("wast-extra").is_dir() && d.join("spec-tests/suite.toml").is_file())
        .map(Path::to_path_buf)
}

/// The revision of a checkout, from git's own files. Those of a worktree or a submodule are elsewhere, and branches may be packed
/// into one file.
fn checkout_revision(dir: &Path) -> String {
    let read = |path: PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    let link = read(dir.join(".git"));
    let own = link.trim().strip_prefix("gitdir: ").map_or_else(|| dir.join(".git"), |path| dir.join(path));
    let common = own.join(read(own.join("commondir")).trim());
    let head = read(own.join("HEAD"));
    let hash = match head.trim().strip_prefix("ref: ") {
        Some(name) => {
            let loose = read(common.join(name));
            let packed = read(common.join("packed-refs"));
            let line = packed.lines().find_map(|line| line.split_once(' ').filter(|&(_, of)| of == name));
            if loose.is_empty() { line.map_or_else(String::new, |(hash, _)| hash.into()) } else { loose }
        }
        None => head,
    };
    let hash = hash.trim();
    if hash.is_empty() { format!("{} (no git revision)", dir.display()) } else { hash.to_string() }
}

/// The folder of a script, if its path includes it; this is the script's group.
pub fn folder_of_script(path: &Path) -> Option<String> {
    path.parent().map(file_name).filter(|name| !name.is_empty())
}

/// The name of a folder, even if the path does not end with it: `.`, `a/..`, `/`.
fn folder_name(path: &Path) -> String {
    let name = file_name(path);
    let absolute = || path.canonicalize().map(|p| file_name(&p)).unwrap_or_default();
    let name = if name.is_empty() { absolute() } else { name };
    if name.is_empty() { BY_PATH.into() } else { name }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The name of a file without its extension; the stem of a script.
pub fn stem_of(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;
