//! What is not there on Windows, and what to do instead; and what is there alone.

pub(crate) const NO_FILES_HERE: &str = "Files cannot be received on Windows with this version: what writes them could not be kept from \
     everything else. Let them send it in another way.";
pub(crate) const NO_CHECKS_HERE: &str = "This checks programs on a message bus, and Windows has none. docs/for-windows-authors.md says how to try \
     programs there.";

pub(crate) const REGISTERED: &str = "Programs on this computer can now start what is inside Rendezvous. \"rendezvous unregister\" takes that back.";
pub(crate) const UNREGISTERED: &str = "What \"rendezvous register\" had written is gone.";
pub(crate) const NEEDS_ADMINISTRATOR: &str = "The registry of this computer could not be changed. Do it again as an administrator: right-click \
     the command prompt and choose \"Run as administrator\".";

pub(crate) fn cannot_write_for_everybody(path: &str) -> String {
    format!("{path} could not be changed. Do it again as an administrator.")
}
