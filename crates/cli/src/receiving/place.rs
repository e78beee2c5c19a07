//! The directory that files come into, files in it that have no name yet, and how they get one.

use super::confined;
use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_assist::files::FileName;
use rustix::fs::{
    AtFlags, CWD, Mode, OFlags, ResolveFlags, fstatvfs, linkat, openat, openat2, statat, unlinkat,
};
use rustix::io::Errno;
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// So much of the disk is left free, whatever comes.
const SPARE: u64 = 64 << 20;

/// So many names are tried where others are taken.
const MOST_NAMES: u32 = 10_000;

/// What a file is called until it has its name, where a file system knows none without.
const UNNAMED: &str = ".rendezvous-";

/// The directory, held open: whatever is put in its place meanwhile, this is where files go.
#[derive(Clone, Debug)]
pub(crate) struct Downloads {
    directory: Arc<OwnedFd>,
    path: PathBuf,
}

/// A file that nobody can find yet. Without a name it goes when it is dropped.
#[derive(Debug)]
pub(super) struct Unnamed {
    file: File,
    place: Downloads,
    /// Where the file system has no files without names: this one, which is taken away at the end.
    hidden: Option<String>,
}

/// A file, whatever it is called, and its directory.
#[derive(Debug)]
pub(super) struct Mark {
    place: Downloads,
    /// Its file system, and its number there.
    file: (u64, u64),
}

impl Downloads {
    /// Opens it, and makes it where it is missing.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.with_context(|| format!("cannot make the directory {}", path.display()))?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = openat(CWD, path, flags, Mode::empty())
            .with_context(|| format!("cannot open the directory {}", path.display()))?;
        Ok(Self { directory: Arc::new(directory), path: path.to_owned() })
    }

    /// Whether there is room for so many bytes.
    pub(crate) fn has_room(&self, bytes: u64) -> bool {
        fstatvfs(&self.directory).is_ok_and(|disk| {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            bytes.saturating_add(SPARE) <= free
        })
    }

    /// A new file that only this user can read and nobody can find, or start.
    pub(super) fn unnamed(&self) -> Result<Unnamed> {
        let mode = Mode::RUSR | Mode::WUSR;
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        match openat(&self.directory, ".", flags, mode) {
            Ok(file) => return Ok(Unnamed { file: file.into(), place: self.clone(), hidden: None }),
            // Not every file system has these.
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOSYS) => {}
            Err(error) => {
                return Err(error).with_context(|| format!("cannot write into {}", self.path.display()));
            }
        }
        let mut random = [0; 8];
        getrandom::fill(&mut random).ok().context("the system gave no random numbers")?;
        let name = format!("{UNNAMED}{:016x}.part", u64::from_ne_bytes(random));
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::RDWR | OFlags::CLOEXEC;
        let file = openat(&self.directory, &*name, flags, mode)
            .with_context(|| format!("cannot write into {}", self.path.display()))?;
        Ok(Unnamed { file: file.into(), place: self.clone(), hidden: Some(name) })
    }
}

impl Unnamed {
    /// For whoever writes into it.
    pub(super) fn file(&self) -> Result<File> {
        Ok(self.file.try_clone()?)
    }

    /// By which it is known again when it has a name.
    pub(super) fn mark(&self) -> Result<Mark> {
        let about = self.file.metadata()?;
        Ok(Mark { place: self.place.clone(), file: (about.dev(), about.ino()) })
    }

    /// How many bytes are in it.
    pub(super) fn bytes(&self) -> Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Gives it this name, or with a number behind it the next one that is free; which one, is returned.
    pub(super) fn name(self, wanted: &FileName) -> Result<FileName> {
        self.try_names(wanted, |name| name.as_str().to_owned())
    }

    /// `written` is what a name is called when it comes to the directory. It is the name itself; the tests ask what happens
    /// when it is anything else.
    pub(super) fn try_names(
        self,
        wanted: &FileName,
        written: impl Fn(&FileName) -> String + Send + 'static,
    ) -> Result<FileName> {
        let wanted = wanted.clone();
        // What is taken away from this thread it never has again.
        let placing = std::thread::Builder::new().name("placing".into()).spawn(move || {
            let name =
                confined::to_links_in(&self.place.directory).and_then(|()| self.link_as(&wanted, &written));
            // It goes where it can still take away what it made.
            (self, name)
        })?;
        let (_, name) = placing.join().ok().context("the thread that gives names has failed")?;
        name
    }

    fn link_as(&self, wanted: &FileName, written: &dyn Fn(&FileName) -> String) -> Result<FileName> {
        for number in 1..MOST_NAMES {
            let name = if number == 1 { wanted.clone() } else { wanted.numbered(number) };
            if self.link(&written(&name))? {
                return Ok(name);
            }
        }
        bail!("too many files have this name already")
    }

    /// False: there is one already.
    fn link(&self, name: &str) -> Result<bool> {
        ensure!(!name.is_empty(), "a file needs a name");
        // Where the name has parts, which it never does, the kernel resolves them below the directory and through no link.
        let (parent, last) = name.rsplit_once('/').unwrap_or((".", name));
        let how = ResolveFlags::BENEATH
            | ResolveFlags::NO_SYMLINKS
            | ResolveFlags::NO_MAGICLINKS
            | ResolveFlags::NO_XDEV;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let parent =
            openat2(&self.place.directory, parent, flags, Mode::empty(), how).context("that is elsewhere")?;
        let linked = match &self.hidden {
            None => {
                let own = format!("/proc/self/fd/{}", self.file.as_raw_fd());
                linkat(CWD, own, &parent, last, AtFlags::SYMLINK_FOLLOW)
            }
            Some(hidden) => linkat(&self.place.directory, &**hidden, &parent, last, AtFlags::empty()),
        };
        match linked {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Ok(false),
            Err(error) => Err(error).context("the file cannot get its name"),
        }
    }
}

impl Mark {
    /// Takes the name away again that the file has just got, if it is still this file's.
    pub(super) fn take_away(&self, name: &FileName) -> Result<()> {
        let directory = &self.place.directory;
        let about = statat(directory, name.as_str(), AtFlags::SYMLINK_NOFOLLOW)?;
        ensure!((about.st_dev, about.st_ino) == self.file, "it is another file's by now");
        Ok(unlinkat(directory, name.as_str(), AtFlags::empty())?)
    }
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        // Only what this made: nobody else's file has this name, since it was made with O_EXCL.
        if let Some(hidden) = &self.hidden {
            _ = unlinkat(self.place.directory.as_fd(), &**hidden, AtFlags::empty());
        }
    }
}
