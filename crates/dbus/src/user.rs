//! Who runs this process, as a bus would say it.

/// Whether the user of this number is ours.
#[cfg(unix)]
pub(crate) fn is_ours(user: u32) -> bool {
    user == rustix::process::getuid().as_raw()
}

/// A bus on Windows knows users by other names than numbers, so of nobody there it is known that they are us.
#[cfg(windows)]
pub(crate) fn is_ours(_: u32) -> bool {
    false
}
