//! A file that the other side sends, on its way to the disk.
//!
//! Three layers, so that a mistake in one of them is none that counts:
//!
//! 1. *The name.* What the other side calls the file goes through [`FileName`], and nothing else of it comes near a directory.
//! 2. *The bytes.* They are written by a process of their own (`process`), which gets a file without a name from this one and
//!    can do nothing but read from one pipe, write to that file, and say what it hashes to: seccomp refuses every other call,
//!    Landlock every file and every port.
//! 3. *The place.* Only when the hash is right, and the permission still stands, does this process link the file under its
//!    name (`place`), in the directory that it opened beforehand and nowhere else: the kernel is told to resolve nothing
//!    outside of it, on a thread that can do nothing but link (seccomp), and that Landlock keeps to it as well. Nothing is
//!    ever replaced. The permission is looked at again when the name is there: one that fell meanwhile takes it away.
//!
//! Without seccomp nothing is received. Landlock is a layer more where the system has it, of whichever age: what it would refuse
//! are calls that the filter has none of.
//!
//! A file that is not finished has no name, so that nothing is left when this process ends, however it ends.
//!
//! [`FileName`]: rendezvous_assist::files::FileName

mod confined;
mod landing;
mod place;
mod process;
mod report;
#[cfg(test)]
mod tests;

pub(crate) use landing::Landing;
pub(crate) use place::Downloads;
pub(crate) use process::run as process;
pub(crate) use report::Report;
