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

// Where an IM program has started us: it does not say what the person here is called.

pub(crate) const NOT_YOUR_ADDRESS: &str = "Nothing was started. Whoever is at the other end calls you by an address that you have not said to be yours: \
     there may be somebody between you and them.";
pub(crate) const OVER_ALREADY: &str = "It is over: the session ended before anything was started.";
pub(crate) const WAITING_FOR_THEM: &str = "Waiting for the other side.";

pub(crate) fn is_your_address(contact: &str, me: &str) -> String {
    format!("{contact}'s program says that you are called {me} there. Is that your address? [y/N]")
}
