//! Where a path leads, and whose folders have a say in that.

use std::io;
use std::path::{Component, Path, PathBuf};

/// The most symbolic links on the way, as on Linux.
const MOST_LINKS: usize = 40;

/// A path whose links were followed.
#[derive(Debug)]
pub struct Way {
    /// Where it leads, without links. What does not exist is as it was named.
    pub end: PathBuf,
    /// The folders in which a name was looked up, on the way through the targets of links too.
    looked_in: Vec<PathBuf>,
}

impl Way {
    /// Follows a path as the system does.
    ///
    /// # Errors
    /// Something on the way is not a folder or cannot be read, or there are too many links.
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
                        // It is no link, or does not exist.
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

    /// Whether a name was looked up in this folder, which has no links in its path, or below it. Who can write there can
    /// lead the path elsewhere.
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
}
