//! Where a path leads, and which folders determine that.

use std::io;
use std::path::{Component, Path, PathBuf};

/// The maximum number of symbolic links in a path, as on Linux.
const MOST_LINKS: usize = 40;

/// A path whose symbolic links have been followed.
#[derive(Debug)]
pub struct Way {
    /// The path without links. Components that do not exist are kept as they were named.
    pub end: PathBuf,
    /// The folders in which a name was looked up, including those in the targets of links.
    looked_in: Vec<PathBuf>,
}

/// Why a path is not written to.
#[derive(Debug, thiserror::Error)]
pub enum WayError {
    /// An error of [`Way::of`].
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The path leads through this folder of a program, and out of it.
    #[error("its path leads through {}, which --dir gives to the program, and out of it again", .0.display())]
    LeadsOut(PathBuf),
}

impl Way {
    /// Follows the path of an output. `dirs` are the folders that a program is given, each with its name in the
    /// program.
    ///
    /// # Errors
    /// The same as for [`Way::of`]. It is also an error if the path leads through one of these folders and out of it:
    /// with a link left there, a program could choose what is written outside.
    pub fn of_output(path: &Path, dirs: &[(PathBuf, String)]) -> Result<Way, WayError> {
        let way = Way::of(path)?;
        let leads_out = |dir: &Path| way.goes_through(dir) && !way.end.starts_with(dir);
        // A folder that does not exist cannot be given to the program either: that is reported later.
        match dirs.iter().find(|(dir, _)| dir.canonicalize().is_ok_and(|dir| leads_out(&dir))) {
            Some((dir, _)) => Err(WayError::LeadsOut(dir.clone())),
            None => Ok(way),
        }
    }

    /// Follows a path as the system does.
    ///
    /// # Errors
    /// A component is not a folder or cannot be read, or there are too many links.
    pub fn of(path: &Path) -> io::Result<Way> {
        let mut left = std::path::absolute(path)?;
        let mut way = Way { end: PathBuf::new(), looked_in: Vec::new() };
        let mut links = 0;
        loop {
            let mut components = left.components();
            let Some(first) = components.next() else { return Ok(way) };
            let rest = components.as_path();
            let mut target = None;
            match first {
                Component::Prefix(_) | Component::RootDir => way.end = PathBuf::from("/"),
                Component::CurDir => {}
                Component::ParentDir => _ = way.end.pop(),
                Component::Normal(name) => {
                    way.looked_in.push(way.end.clone());
                    let next = way.end.join(name);
                    match next.read_link() {
                        Ok(to) => target = Some(to),
                        // It is not a link, or does not exist.
                        Err(e) if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::NotFound) => {
                            way.end = next;
                        }
                        Err(e) => return Err(e),
                    }
                }
            }
            left = match target {
                Some(_) if links == MOST_LINKS => return Err(io::Error::other("too many symbolic links")),
                Some(target) => {
                    links += 1;
                    target.join(rest)
                }
                None => rest.to_path_buf(),
            };
        }
    }

    /// Whether a name was looked up in this folder, whose path has no links, or below it. Anyone who can write there
    /// can redirect the path.
    pub fn goes_through(&self, folder: &Path) -> bool {
        self.looked_in.iter().any(|looked_in| looked_in.starts_with(folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{File, create_dir_all};
    use std::os::unix::fs::symlink;

    #[test]
    fn a_way_ends_where_the_system_s_does_and_knows_each_folder_on_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("it exists");
        let at = |path: &str| root.join(path);
        for path in ["a/sub", "b/cache", "c"] {
            create_dir_all(at(path)).expect("made");
        }
        for (target, link) in [
            ("../b/cache", "a/out"),
            ("../a/out", "c/again"),
            ("sub", "a/in"),
            ("circle", "a/circle"),
            ("../b/new", "a/new"),
        ] {
            symlink(target, at(link)).expect("made");
        }
        symlink(at("a/sub"), at("c/absolute")).expect("made");
        File::create(at("file")).expect("made");
        for (path, end, through) in [
            ("b/cache", "b/cache", &["b"][..]),
            ("a/out", "b/cache", &["a", "b"]),
            ("c/again", "b/cache", &["a", "b", "c"]),
            ("a/in/x", "a/sub/x", &["a"]),
            ("c/absolute", "a/sub", &["a", "c"]),
            ("a/../b/./cache", "b/cache", &["b"]),
            ("a/sub/../../b", "b", &["a"]),
            ("a/new/x", "b/new/x", &["a", "b"]),
            ("b", "b", &[]),
            ("missing/x", "missing/x", &["missing"]),
        ] {
            let way = Way::of(&at(path)).expect("a way");
            assert_eq!(way.end, at(end), "{path}");
            if let Ok(real) = at(path).canonicalize() {
                assert_eq!(way.end, real, "{path}");
            }
            let named = ["a", "b", "c", "missing"].into_iter().filter(|name| way.goes_through(&at(name)));
            assert_eq!(named.collect::<Vec<_>>(), through, "{path}");
        }
        for path in ["a/circle", "a/circle/x", "file/x"] {
            assert!(Way::of(&at(path)).is_err(), "{path}");
        }
    }

    /// A link out of one of the program's folders may have been left by the program; a path that stays in the folder,
    /// or only leads into it, is safe.
    #[test]
    fn no_output_goes_out_of_a_folder_by_a_link_in_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("it exists");
        let at = |path: &str| root.join(path);
        for path in ["a/sub", "b", "c"] {
            create_dir_all(at(path)).expect("made");
        }
        for (target, link) in
            [("../b/file", "a/file"), ("sub/file", "a/in"), ("../b", "a/folder"), ("a", "given"), ("a/file", "again")]
        {
            symlink(target, at(link)).expect("made");
        }
        // Through the link, along with a folder that does not exist.
        let dirs = ["missing", "c", "given"].map(|dir| (at(dir), "/".to_string()));
        for (path, leads_out) in [
            ("a/file", true),
            ("a/folder/x", true),
            ("again", true),
            ("a/sub/../../b/x", true),
            ("a/in", false),
            ("a/new", false),
            ("given/new", false),
            ("b/file", false),
            ("c/../b/file", false),
            ("missing/x", false),
        ] {
            match Way::of_output(&at(path), &dirs) {
                Ok(way) => assert!(!leads_out && way.end == Way::of(&at(path)).expect("a way").end, "{path}"),
                Err(WayError::LeadsOut(dir)) => assert!(leads_out && dir == at("given"), "{path}: {}", dir.display()),
                Err(e) => panic!("{path}: {e}"),
            }
            assert!(Way::of_output(&at(path), &[]).is_ok(), "{path}");
        }
        symlink("circle", at("b/circle")).expect("made");
        assert!(matches!(Way::of_output(&at("b/circle"), &dirs), Err(WayError::Io(_))));
    }
}
