//! What `check-im` says. Its readers write IM programs.

use crate::check::im::Step;

pub(crate) const CHECKED_ALREADY: &str =
    "Another program has the name im.rendezvous.Check on this bus. Let that check end first.";
pub(crate) const STEP_BEFORE: &str = "not tried: it needs what has failed before";
pub(crate) const NOT_CONNECTED: &str = "not tried: the two sides are not connected (State is not 4)";
pub(crate) const AS_IT_SHOULD: &str = "as it should be";
pub(crate) const NOBODY_CAME: &str = "SetRendezvousSession was not called in time";
pub(crate) const NO_SUCH_CALL: &str = "SetRendezvousSession was called with other arguments than (oa{sv})";
pub(crate) const CODE_ON_BUS: &str = "it sent a one-time code over a bus, where every program can read it";
pub(crate) const CONNECTED_TOO_EARLY: &str =
    "it was connected, or took a text, before the other side's application had attached";
pub(crate) const WRONG_NAMES: &str =
    "RemoteUser is empty, or SessionId and Application are not GUIDs, or not the same on both sides";
pub(crate) const WRONG_FLAGS: &str = "Flags must be 1 on the side that invited and 2 on the other";
pub(crate) const STRANGER_HEARD: &str = "a call that was denied to a stranger did something";
pub(crate) const REFUSED_YET_DONE: &str = "a call that was refused did something";
pub(crate) const AFTER_ENDED: &str = "a signal came after Ended";
pub(crate) const NO_GOODBYE: &str = "the data of Terminate did not come with the other side's Ended";

pub(crate) fn invite_me(id: &str, name: &str) -> String {
    format!(
        "Register this where your IM program looks (rendezvous/apps/check.toml below a data directory):

id = \"{id}\"
name = \"Check\"
dbus = \"{name}\"

Then invite to it from one account to another, both on this desktop, and say yes. Ctrl-C ends this.
"
    )
}

pub(crate) fn no_answer_to(member: &str) -> String {
    format!("it did not answer {member} within 10 seconds")
}

pub(crate) fn refused(member: &str, why: &str) -> String {
    format!("it refused {member}: {why}")
}

pub(crate) fn not_refused(member: &str) -> String {
    format!("it did what it must refuse: {member}")
}

pub(crate) fn wrong_property(name: &str) -> String {
    format!("the property {name} cannot be read, or has the wrong type")
}

pub(crate) fn wrong_option(name: &str, wanted: &str) -> String {
    format!("the option {name} is not of type {wanted}")
}

pub(crate) fn did_not_come(member: &str) -> String {
    format!("{member} did not come within 10 seconds")
}

pub(crate) fn other_signal(wanted: &str, found: &str) -> String {
    format!("{found} came where {wanted} was due")
}

pub(crate) fn wrong_signal(member: &str) -> String {
    format!("{member} came with other arguments than it has")
}

pub(crate) fn other_state(wanted: u32, found: u32) -> String {
    format!("State was to be {wanted}, and was {found}")
}

pub(crate) fn other_result(wanted: u32, found: u32) -> String {
    format!("Ended was to say {wanted:#010x}, and said {found:#010x}")
}

pub(crate) fn other_text(wanted: usize, found: usize) -> String {
    format!(
        "a text of {wanted} bytes did not arrive as it was sent, or not in its order; one of {found} came"
    )
}

/// Libraries that count letters where bytes are due lose texts that are not of ASCII.
pub(crate) fn of_a_text(text: &str) -> String {
    let letters = if text.is_ascii() { "" } else { ", not all of them ASCII" };
    format!("of a text of {} bytes{letters}", text.len())
}

pub(crate) fn stranger_not_denied(member: &str, error: &str) -> String {
    let answer = if error.is_empty() { "an answer" } else { error };
    format!("somebody else on the bus got {answer} to {member}, not org.freedesktop.DBus.Error.AccessDenied")
}

/// What a step is about.
pub(crate) fn step(step: Step) -> &'static str {
    match step {
        Step::HandsOver => "hands over a session",
        Step::WaitsForBoth => "waits until both have attached",
        Step::Connects => "connects both then, and says so",
        Step::SaysWhoIsWho => "says who is who, and which session it is",
        Step::RefusesStrangers => "denies everything to everybody else on the bus",
        Step::RefusesOtherUsers => "denies everything to another user",
        Step::CarriesTexts => "carries texts of every kind, in order",
        Step::RefusesTooMuch => "refuses more than 65,536 bytes, and 512 at the end",
        Step::BearsNonsense => "refuses calls with other arguments, and unknown ones",
        Step::Ends => "ends on both sides, with result and data",
        Step::EndsOnce => "is over then",
    }
}
