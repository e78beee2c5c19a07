//! What `check-app` says: each case, what became of it, and why. Its readers write applications.

use crate::check::{Case, End, Options, When, Words};
use rendezvous_core::Role;
use std::time::Duration;

pub(crate) const ALL_OTHERS: &str = "everything else";
pub(crate) const NEVER_TAKEN: &str = "not tried: it did not even take its session";
pub(crate) const ASKS_AT_A_TERMINAL: &str = "not tried: it asks its person at a terminal, and nobody is here";
pub(crate) const RAN_BEFORE: &str = "not tried: it ran already, so it is not ours to end";
pub(crate) const ONE_CALLER: &str = "not tried: a private socket has one caller";
pub(crate) const ONLY_ROOT: &str = "not tried: only root can be another user; run this as root to try it";
pub(crate) const NO_PLACE_ON_DISK: &str =
    "not tried: another user cannot be sent to a bus with such an address";
pub(crate) const LETS_NOBODY_IN: &str = "not tried: this bus lets no other user in, as it should";
pub(crate) const ONE_SESSION: &str = "not tried: with a private socket it is started for one session";

// What is well.

pub(crate) const ENDED_IT: &str = "it ended the session by itself";
pub(crate) const STAYED: &str = "it stayed";
pub(crate) const SIMPLY_GONE: &str = "it went without a word, as it may";
pub(crate) const READY_AGAIN: &str = "it took the next session";
pub(crate) const TOOK_IT: &str = "it answered SetRendezvousSession";
pub(crate) const LEFT_THE_BUS: &str = "it left the bus";
pub(crate) const SPEAKS: &str = "it spoke first in both orders";
pub(crate) const LISTENS: &str = "it listened in both orders";
pub(crate) const HOLDS_BOTH: &str = "it held both";
pub(crate) const HOLDS_ONE: &str = "it said that it can hold no more, and kept the first";

// What is not.

pub(crate) const HANGS: &str = "it hangs: this took longer than anything may";
pub(crate) const SOMEBODY_ELSES: &str =
    "somebody else has started it meanwhile, so it was left alone; end it and check again";
/// What it begins with, followed by its name.
pub(crate) const CANNOT_START: &str = "cannot start";
pub(crate) const NO_ANSWER: &str = "it did not answer within 20 seconds";
pub(crate) const NO_NAME: &str = "it did not take its name on the bus within 20 seconds";
pub(crate) const NOT_STARTED: &str = "the bus cannot start it";
pub(crate) const ANOTHER_USERS: &str = "its name on the bus is another user's";
pub(crate) const DEAF: &str = "it read nothing more: not even a Ping was answered within 10 seconds";
pub(crate) const CANNOT_BE_TOLD: &str = "it closed the connection while the session went on";
pub(crate) const SPOKE_TOO_EARLY: &str = "it called SendContextData before State was 4";
pub(crate) const TOO_MUCH_AT_THE_END: &str = "it called Terminate with more than 512 bytes of data";
pub(crate) const TOOK_WITHOUT_TERMINAL: &str = "it took a session that it cannot ask anybody about";
pub(crate) const MISSES_STATE: &str =
    "it spoke after StateChanged, but not when State was 4 from the beginning: read State first, once";
pub(crate) const MISSES_CHANGE: &str =
    "it spoke when State was 4 from the beginning, but not after StateChanged: listen to it";
pub(crate) const MINDS_ANOTHER_SESSION: &str =
    "it ended its session because of another one's signals: compare the path";
pub(crate) const ANSWERS_STRANGERS: &str =
    "it answered somebody else on the bus: only who called SetRendezvousSession counts, by its unique name";
pub(crate) const TOOK_ANOTHER_USERS: &str =
    "it took a session from another user: ask the bus whose the caller is (GetConnectionUnixUser)";
pub(crate) const TOOK_NOTHING: &str = "it said yes to a session that has no path";
pub(crate) const DOES_NOT_END: &str = "it was asked to end (SIGTERM), and was still there 10 seconds later";

pub(crate) fn checking(name: &str, id: &str) -> String {
    format!("{name}  {id}")
}

/// How many cases passed, failed and were skipped.
pub(crate) fn checked<'a>(words: impl Iterator<Item = &'a str> + Clone) -> String {
    let count = |word: &str| words.clone().filter(|found| *found == word).count();
    format!("{} passed, {} failed, {} skipped.", count("passed"), count("failed"), count("skipped"))
}

pub(crate) fn ended_at_once(how: &str) -> String {
    format!("it ended before it had taken its session: {how}")
}

pub(crate) fn not_taken(why: &str) -> String {
    format!("it did not take its session: {why}")
}

pub(crate) fn ended_with(status: &str, last_words: Option<&str>) -> String {
    match last_words {
        Some(words) => format!("it ended with {status}, and said last: {words}"),
        None => format!("it ended with {status}"),
    }
}

pub(crate) fn vanished(how: &str) -> String {
    format!("it went while its session was going on, without Terminate: {how}")
}

pub(crate) fn crashed(how: &str) -> String {
    format!("it crashed: {how}")
}

pub(crate) fn does_not_let_go(patience: Duration, refused: Option<&str>) -> String {
    let so_long = format!("{} seconds after the end", patience.as_secs());
    match refused {
        Some(why) => format!("{so_long} it is neither gone nor takes another session: {why}"),
        None => format!("{so_long} its process is still there"),
    }
}

pub(crate) fn second_refused_otherwise(why: &str) -> String {
    format!("it refused a second session, but not with org.freedesktop.DBus.Error.LimitsExceeded: {why}")
}

pub(crate) fn believes_strangers(why: &str) -> String {
    format!("it believed somebody else on the bus, who did not hand over the session: {why}")
}

pub(crate) fn denied_otherwise(error: Option<&str>) -> String {
    let error = error.unwrap_or("something else");
    format!("it refused another user, but with {error}, not with org.freedesktop.DBus.Error.AccessDenied")
}

pub(crate) fn refuses_without_terminal(how: &str) -> String {
    format!("it takes none: {how}")
}

pub(crate) fn and_then(first: &str, then: &str) -> String {
    format!("{first}; then {then}")
}

/// What a case is about.
pub(crate) fn case(case: Case) -> &'static str {
    use Role::{Invitee, Inviter};
    match case {
        Case::NoTerminal => "started without a terminal",
        Case::Takes => "takes a session",
        Case::Orders(Inviter) => "invited; connected before it looks, and after",
        Case::Orders(Invitee) => "was invited; connected before it looks, and after",
        Case::Ends(_, end) => ending(end),
        Case::EndsEarly(Inviter, _) => "ended there before both were connected",
        Case::EndsEarly(Invitee, _) => "the other application never started",
        Case::EndsAtOnce => "ended right after it was handed over",
        Case::IsAskedToEnd(Inviter) => "invited; the system asks it to end",
        Case::IsAskedToEnd(Invitee) => "was invited; the system asks it to end",
        Case::Hears(role, words) => heard(role, words),
        Case::AfterTheEnd => "texts, a connection and a second end after the end",
        Case::StrangeSignals => "signals with other arguments, and one that is new",
        Case::NotDelivered => "SendError: what it said did not arrive",
        Case::AnotherSession => "signals of another session of the same program",
        Case::Stranger(Inviter) => "invited; somebody else on the bus plays the IM program",
        Case::Stranger(Invitee) => "was invited; somebody else on the bus plays the IM program",
        Case::AnotherUser => "a session that another user hands over",
        Case::Second => "a second session at once",
        Case::WrongCall => "SetRendezvousSession with other arguments, then right",
        Case::Comes(Options::None) => "no options at all",
        Case::Comes(_) => "options that nobody knows",
        Case::Orphaned(When::AtOnce) => "the IM program dies right after the hand-over",
        Case::Orphaned(When::Before) => "the IM program dies before both are connected",
        Case::Orphaned(When::Connected) => "the IM program dies while they are connected",
    }
}

fn ending(end: End) -> &'static str {
    match end {
        End::Here => "ended here, by the IM program's person",
        End::There => "ended there",
        End::Own => "ended there with a number and data of its own",
        End::Lost => "the other side is lost",
        End::LaunchFailed => "the other application is gone",
        End::Unknown => "ended with a number that nobody knows",
    }
}

fn heard(role: Role, words: Words) -> &'static str {
    let invited = role == Role::Inviter;
    match words {
        Words::Longest if invited => "invited; hears 65,536 bytes",
        Words::Longest => "was invited; hears 65,536 bytes",
        Words::TooLong if invited => "invited; hears more than there may be",
        Words::TooLong => "was invited; hears more than there may be",
        Words::Empty if invited => "invited; hears an empty text",
        Words::Empty => "was invited; hears an empty text",
        Words::Broken if invited => "invited; hears broken JSON",
        Words::Broken => "was invited; hears broken JSON",
        Words::Deep if invited => "invited; hears 65,536 opening brackets",
        Words::Deep => "was invited; hears 65,536 opening brackets",
        Words::Steering if invited => "invited; hears zeros, escapes and marks of direction",
        Words::Steering => "was invited; hears zeros, escapes and marks of direction",
        Words::Many if invited => "invited; hears 10,000 texts in a row",
        Words::Many => "was invited; hears 10,000 texts in a row",
    }
}
