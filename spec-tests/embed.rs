//! For build scripts: writes scripts in the form in which a program has them embedded.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

/// Scripts by folder and stem. A text that several have is there once.
#[derive(Default)]
pub struct Scripts {
    /// A line each: folder, stem and the number of the text.
    rows: String,
    /// The texts, one behind the other, and where each ends.
    texts: String,
    ends: Vec<usize>,
    numbers: BTreeMap<String, usize>,
}

impl Scripts {
    /// Adds a script.
    pub fn add(&mut self, folder: &str, stem: &str, text: String) {
        assert!(![folder, stem].concat().contains(['\t', '\n']), "a name is a part of a line: {folder}/{stem}");
        let next = self.numbers.len();
        let number = *self.numbers.entry(text).or_insert_with_key(|text| {
            self.texts += text;
            self.ends.push(self.texts.len());
            next
        });
        self.rows += &format!("{folder}\t{stem}\t{number}\n");
    }

    /// Writes the constant `NAME`, of the type `Scripts`, into `name.rs` of a folder, and the texts beside it: they may come from
    /// where they are removed, as sources of crates are that have not been used for long.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, folder: &Path, name: &str) -> io::Result<()> {
        let texts = folder.join(format!("{name}.txt"));
        fs::write(&texts, &self.texts)?;
        let (rows, ends) = (&self.rows, &self.ends);
        let constant = name.to_uppercase();
        let code = format!("const {constant}: Scripts = Scripts::new({rows:?}, &{ends:?}, include_str!({texts:?}));\n");
        fs::write(folder.join(format!("{name}.rs")), code)
    }
}
