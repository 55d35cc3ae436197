//! Descriptors: what each stands for, and the table of all.

use super::capture::Capture;
use super::types::{Errno, filetype, rights};
use cap_std::fs::Dir;
use std::fs::File;
use std::io::Cursor;

/// The source of standard input.
pub enum InputSource {
    Host(File),
    Bytes(Cursor<Vec<u8>>),
}

/// The destination of an output.
pub enum OutputSink {
    Host {
        file: File,
        /// Whether a write may have to wait.
        waits: bool,
    },
    Capture(Capture),
    Discard,
}

/// An entry of a folder, as it was when the folder was last read from its start.
pub struct FolderEntry {
    pub name: String,
    pub ino: u64,
    pub filetype: u8,
}

impl FolderEntry {
    /// The bytes of the host's memory that the entry takes.
    pub fn bytes(&self) -> usize {
        size_of::<FolderEntry>() + self.name.len()
    }
}

pub enum DescriptorKind {
    Source(InputSource),
    Sink(OutputSink),
    File {
        file: File,
        /// The file type, as a number of preview 1. Files that are not regular may require waiting.
        filetype: u8,
    },
    Dir {
        dir: Dir,
        /// The folder's name in the program, if it is one of the program's initial folders.
        preopen: Option<String>,
        listing: Option<Vec<FolderEntry>>,
    },
}

pub struct Descriptor {
    pub kind: DescriptorKind,
    /// The rights of the descriptor itself.
    pub rights: u64,
    /// The rights that descriptors opened through it may have.
    pub inheriting: u64,
    /// The flags, as the program set them.
    pub flags: u16,
}

impl Descriptor {
    /// Fails with `Notcapable` unless the descriptor has all of these rights.
    pub fn need(&self, wanted: u64) -> Result<(), Errno> {
        // A descriptor whose position may be set allows querying it, too.
        let implied = if self.rights & rights::FD_SEEK != 0 { rights::FD_TELL } else { 0 };
        if (self.rights | implied) & wanted == wanted { Ok(()) } else { Err(Errno::Notcapable) }
    }

    /// Returns the host's descriptor behind this one, if there is one.
    pub fn host(&self) -> Option<&File> {
        match &self.kind {
            DescriptorKind::Source(InputSource::Host(file))
            | DescriptorKind::Sink(OutputSink::Host { file, .. })
            | DescriptorKind::File { file, .. } => Some(file),
            _ => None,
        }
    }

    pub fn filetype(&self) -> u8 {
        use std::io::IsTerminal;
        match &self.kind {
            DescriptorKind::File { filetype, .. } => *filetype,
            DescriptorKind::Dir { .. } => filetype::DIRECTORY,
            DescriptorKind::Source(_) | DescriptorKind::Sink(_) => match self.host() {
                Some(file) if file.is_terminal() => filetype::CHARACTER_DEVICE,
                _ => filetype::UNKNOWN,
            },
        }
    }
}

/// Descriptors by number.
pub struct DescriptorTable {
    places: Vec<Option<Descriptor>>,
    /// The maximum number of descriptors.
    most: usize,
}

impl DescriptorTable {
    /// Creates a table for this many descriptors.
    pub fn new(most: usize) -> DescriptorTable {
        DescriptorTable { places: Vec::new(), most }
    }

    /// Fails with `Mfile` if there is no free place.
    pub fn need_room(&self) -> Result<(), Errno> {
        let room = self.places.len() < self.most || self.places.iter().any(Option::is_none);
        if room { Ok(()) } else { Err(Errno::Mfile) }
    }

    /// Adds a descriptor in the lowest free place.
    pub fn insert(&mut self, descriptor: Descriptor) -> Result<u32, Errno> {
        let free = self.places.iter().position(Option::is_none);
        let at = match free {
            Some(at) => at,
            None if self.places.len() < self.most => {
                self.places.push(None);
                self.places.len() - 1
            }
            None => return Err(Errno::Mfile),
        };
        self.places[at] = Some(descriptor);
        Ok(at as u32)
    }

    /// Drops the listings of all folders except this one, if together they take more than this many bytes.
    pub fn drop_other_listings(&mut self, fd: u32, most: usize) {
        let others = self.places.iter_mut().enumerate().filter(|(i, _)| *i != fd as usize);
        let listings = others.filter_map(|(_, place)| match &mut place.as_mut()?.kind {
            DescriptorKind::Dir { listing, .. } => Some(listing),
            _ => None,
        });
        let listings: Vec<_> = listings.collect();
        let bytes: usize = listings.iter().filter_map(|l| l.as_deref()).flatten().map(FolderEntry::bytes).sum();
        if bytes > most {
            listings.into_iter().for_each(|listing| *listing = None);
        }
    }

    /// Adds a descriptor at the end, even beyond the limit.
    pub fn push(&mut self, descriptor: Descriptor) {
        self.places.push(Some(descriptor));
    }

    pub fn any(&self, fd: u32) -> Result<&Descriptor, Errno> {
        self.places.get(fd as usize).and_then(Option::as_ref).ok_or(Errno::Badf)
    }

    pub fn any_mut(&mut self, fd: u32) -> Result<&mut Descriptor, Errno> {
        self.places.get_mut(fd as usize).and_then(Option::as_mut).ok_or(Errno::Badf)
    }

    pub fn remove(&mut self, fd: u32) -> Result<Descriptor, Errno> {
        self.places.get_mut(fd as usize).and_then(Option::take).ok_or(Errno::Badf)
    }

    /// Puts a descriptor in a place that is in use, or was until just now; the old descriptor is closed.
    ///
    /// # Panics
    /// If the place does not exist.
    pub fn place(&mut self, fd: u32, descriptor: Descriptor) {
        self.places[fd as usize] = Some(descriptor);
    }

    /// Returns a file with these rights. A descriptor without a position fails with `Spipe` if position rights are
    /// needed, and otherwise with `Badf`.
    pub fn file(&mut self, fd: u32, needed: u64) -> Result<&mut Descriptor, Errno> {
        let descriptor = self.any_mut(fd)?;
        match descriptor.kind {
            DescriptorKind::File { .. } => {}
            DescriptorKind::Dir { .. } => {
                return Err(if needed & rights::FD_READ != 0 { Errno::Isdir } else { Errno::Badf });
            }
            DescriptorKind::Source(_) | DescriptorKind::Sink(_) => {
                let position = rights::FD_SEEK | rights::FD_TELL;
                return Err(if needed & position != 0 { Errno::Spipe } else { Errno::Inval });
            }
        }
        descriptor.need(needed)?;
        Ok(descriptor)
    }

    /// Returns a folder with these rights.
    pub fn dir(&self, fd: u32, needed: u64) -> Result<&Dir, Errno> {
        let descriptor = self.any(fd)?;
        let DescriptorKind::Dir { dir, .. } = &descriptor.kind else { return Err(Errno::Notdir) };
        descriptor.need(needed)?;
        Ok(dir)
    }
}
