//! What is not there on Windows, and what to do instead.

pub(crate) const NO_FILES_HERE: &str = "Files cannot be received on Windows with this version: what writes them could not be kept from \
     everything else. Let them send it in another way.";
pub(crate) const NO_CHECKS_HERE: &str = "This checks programs on a message bus, and Windows has none. docs/for-windows-authors.md says how to try \
     programs there.";
