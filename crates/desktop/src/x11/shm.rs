//! Memory that the X server and we share: it writes pictures there, we read them.
#![expect(
    unsafe_code,
    reason = "mapping memory that another process writes is unsafe by nature; it happens here only"
)]

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

use memmap2::{Mmap, MmapOptions};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};

/// A piece of memory with no name in any file system, mapped here for reading only.
#[derive(Debug)]
pub(super) struct SharedMemory {
    map: Mmap,
}

impl SharedMemory {
    /// Makes `bytes` bytes, and the file descriptor by which the X server maps the same.
    pub(super) fn create(bytes: usize) -> io::Result<(Self, OwnedFd)> {
        let fd = memfd_create("rendezvous-screen", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
        ftruncate(&fd, u64::try_from(bytes).map_err(io::Error::other)?)?;
        // From here on nobody can change the size, not even who holds the descriptor: a read never faults.
        fcntl_add_seals(&fd, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        let file = File::from(fd);
        // SAFETY: the size is sealed, so the mapping stays backed. The descriptor goes to the X server alone, which
        // writes only between a request of ours and its reply; `bytes_after_reply` is called after the reply, and the
        // reference that it gives is dropped before the next request, because sending one borrows its owner mutably.
        let map = unsafe { MmapOptions::new().len(bytes).map(&file)? };
        Ok((Self { map }, file.into()))
    }

    /// The first `bytes` bytes, after the server has replied that it wrote them; fewer when there are fewer.
    pub(super) fn bytes_after_reply(&self, bytes: usize) -> &[u8] {
        self.map.get(..bytes).unwrap_or(&self.map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::FileExt;

    #[test]
    fn what_the_other_side_writes_is_read_here() {
        let (memory, fd) = SharedMemory::create(8192).unwrap();
        File::from(fd).write_all_at(b"picture", 0).unwrap();
        assert_eq!(memory.bytes_after_reply(7), b"picture");
        assert_eq!(memory.bytes_after_reply(1 << 20).len(), 8192);
    }

    #[test]
    fn the_size_cannot_be_changed_by_the_other_side() {
        let (_memory, fd) = SharedMemory::create(8192).unwrap();
        assert!(ftruncate(&fd, 0).is_err());
        assert!(ftruncate(&fd, 16384).is_err());
    }
}
