//! Sharing a terminal.

use super::{known_since, span};
use crate::application::secured::Known;
use std::time::Duration;

/// The question for the view, on the terminal.
pub(crate) fn may_look(who: &str, address: &str, known: &Known) -> String {
    let line =
        if who == address { known_since(known) } else { format!("{address} · {}", known_since(known)) };
    format!(
        "\n{who} is there.\n  {line}\nLet {who} look at a terminal? A shell opens here, and {who} sees everything that stands on it, also what you scroll away. They will not be able to type."
    )
}

pub(crate) const LET_LOOK: &str = "Let them look? [y/N]";

/// The question for typing.
pub(crate) fn may_type(who: &str) -> String {
    format!(
        "\n{who} asks to type into your terminal.\nUntil you stop it, they can do anything here that you can do: run programs, read and delete your files, log in elsewhere.\nStay here and watch. Ctrl-] twice takes it back at once; a third time ends everything."
    )
}

pub(crate) fn let_type(who: &str, time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    let time = if minutes == 1 { "one minute".to_owned() } else { format!("{minutes} minutes") };
    format!("Let {who} type, {time}? [y/N]")
}

pub(crate) fn how_typing_began(who: &str) -> String {
    format!(
        "\n{who} asks to type into your terminal, for the first time. How did this begin?\n  1  I asked {who} for help.\n  2  {who}, or someone, called me or wrote to me.\n  3  A message on my screen told me to."
    )
}

pub(crate) const NO_TYPING: &str = "No. They still look, and cannot type.";
pub(crate) const TERMINAL_OVER: &str =
    "It is over. Nobody sees your terminal any more, and its shell has ended.";
pub(crate) const SHELL_ENDED: &str = "The shell has ended, and so has this.";
pub(crate) const NOT_TAKEN: &str =
    "Your terminal did not take what it should show, so nothing was shown to anybody meanwhile.";

/// What was allowed, below the end.
pub(crate) fn terminal_record(time: Duration, typed: bool) -> String {
    let allowed = if typed { "looking at your terminal, typing" } else { "looking at your terminal" };
    format!("  {} · allowed: {allowed}", span(time))
}

// The last line of the sharer's terminal. What matters stands first: a narrow terminal cuts off the rest.

/// As much of a name as has room beside what matters.
fn brief(who: &str) -> String {
    const ROOM: usize = 20;
    if who.chars().count() <= ROOM {
        return who.to_owned();
    }
    who.chars().take(ROOM - 1).chain(['…']).collect()
}

pub(crate) fn line_connecting(who: &str) -> String {
    format!(" ○ {} may look · connecting…   Ctrl-] three times: end", brief(who))
}

pub(crate) fn line_looks(who: &str, since: Duration) -> String {
    format!(" ○ {} looks · {}   Ctrl-] three times: end", brief(who), span(since))
}

pub(crate) fn line_types(who: &str, since: Duration) -> String {
    format!(" ● {} MAY TYPE · {}   Ctrl-] twice: take back · three times: end", brief(who), span(since))
}

pub(crate) fn line_lost(who: &str) -> String {
    format!(" ○ {} sees nothing new · connecting again…   Ctrl-] three times: end", brief(who))
}

pub(crate) const LINE_ASKED: &str = " ? A window asks you something.   Ctrl-] three times: end";
pub(crate) const LINE_WAITS: &str = " ? A question waits until you pause typing.   Ctrl-] three times: end";

/// What the person was told last, in front of how it stands.
pub(crate) fn line_with(news: &str, rest: &str) -> String {
    format!(" {news} ·{rest}")
}

pub(crate) const TYPING_GONE: &str = "Nobody but you types";

pub(crate) fn typing_has_to_wait(who: &str, left: Duration) -> String {
    format!("{who} asked to type: not before {}", span(left))
}

pub(crate) fn typing_is_blocked(left: Duration) -> String {
    format!("They asked to type: for your safety not for another {}", span(left))
}

// The viewer's side.

pub(crate) fn waiting_to_look(who: &str) -> String {
    format!("{who} is asked whether you may look at a terminal. Ctrl-C ends it.")
}

pub(crate) fn connecting_to(who: &str) -> String {
    format!("{who} lets you look. Connecting…")
}

pub(crate) const CANNOT_BE_SHOWN: &str =
    "What the other side's program sent is no picture of a terminal, so this has ended.";

/// How it stands with typing, for the viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typing {
    No,
    Asked,
    Allowed,
}

pub(crate) fn view_line(who: &str, typing: Typing, back: u32) -> String {
    let (who, scrolled) =
        (brief(who), if back > 0 { format!(" · {back} lines back") } else { String::new() });
    match typing {
        Typing::No => format!(" ○ you look · {who}{scrolled}   t: ask to type · PgUp: scroll · q: leave"),
        Typing::Asked => format!(" ○ you asked to type · {who}{scrolled}   PgUp: scroll · q: leave"),
        Typing::Allowed => {
            format!(" ● YOU TYPE · {who}{scrolled}   Ctrl-], then t: give back · PgUp: scroll · q: leave")
        }
    }
}

pub(crate) fn view_lost(who: &str) -> String {
    format!(" ○ not reached · {} · connecting again…   q: leave", brief(who))
}

pub(crate) fn view_paused(who: &str) -> String {
    format!(" ○ paused there · {}   q: leave", brief(who))
}

pub(crate) const TYPING_REFUSED: &str = "Their computer does not allow typing now";
pub(crate) const TYPING_DENIED: &str = "They said no to typing";
pub(crate) const TYPING_TAKEN: &str = "Typing was taken back";
pub(crate) const TYPING_OVER: &str = "The time for typing is over";
