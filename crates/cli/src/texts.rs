//! Every sentence that a person reads on the terminal, in English. One file, so that other languages can follow.
//!
//! The voice: short sentences, everyday words, "you"; what is *not* possible is said as plainly as what is; the safe
//! answer is the default and no answer is a *no*.

use rendezvous_core::{ApplicationId, Code, DeclinedBy, SessionResult};
use std::time::Duration;

/// What is known of a person whom nobody has verified yet.
pub(crate) const NEVER_CHECKED: &str = "never checked";

/// A span as `0:12` or `1:02:03`.
pub(crate) fn span(d: Duration) -> String {
    let (hours, minutes, seconds) = (d.as_secs() / 3600, d.as_secs() / 60 % 60, d.as_secs() % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

// Calling.

pub(crate) fn calling(who: &str, rings: bool, time: Duration) -> String {
    let how = if rings { " · it rings there" } else { "" };
    format!("Calling {who}{how} · {}  (Ctrl-C to withdraw)", span(time))
}

pub(crate) fn said_yes(who: &str) -> String {
    format!("{who} said yes. One moment…")
}

pub(crate) const NEEDS_A_TERMINAL: &str =
    "This needs a terminal, because you are asked questions on it. Run it in a terminal window.";
pub(crate) const NO_AGENT: &str = "Rendezvous is not running for you yet. Start it in another terminal with \"rendezvous agent\" and try again.";
pub(crate) const AGENT_RUNS: &str =
    "Rendezvous is already running for you. Use the terminal that it runs in, or end it there with Ctrl-C.";
pub(crate) const AGENT_GONE: &str = "Rendezvous has stopped in its own terminal, so this is over too. Start it again with \"rendezvous agent\".";
pub(crate) const WITHDRAWN: &str = "You withdrew it. Nothing was shared.";

/// How a call ended before anything was shared.
pub(crate) fn not_happened(who: &str, declined: Option<DeclinedBy>, result: SessionResult) -> String {
    let first = match (declined, result.code()) {
        (Some(DeclinedBy::Person), _) => format!("{who} said no."),
        (Some(DeclinedBy::NotInstalled), _) => format!("{who} does not have the program for this."),
        (Some(DeclinedBy::Busy), _) => format!("{who} is busy with something else right now."),
        (Some(DeclinedBy::Policy), _) => format!("Nobody can be asked at {who} right now."),
        (Some(DeclinedBy::Version), _) => {
            format!("{who} has another version, and the two do not fit together.")
        }
        (Some(DeclinedBy::Crossed), _) => format!("{who} is calling you for the same."),
        (None, Some(Code::SessionTimeout)) => format!("{who} did not answer."),
        (None, Some(Code::InvitationSendFailure)) => format!("{who} could not be reached."),
        (None, _) => result.text().to_owned(),
    };
    let remedy = result.code().map_or("", Code::remedy);
    format!("{first} {remedy}\n{}", small(result))
}

// Being called.

pub(crate) fn ready(address: &str) -> String {
    format!("Ready. Others reach you at {address}")
}

pub(crate) fn known_as(address: &str) -> String {
    format!("They see you as {address}")
}

pub(crate) const LOOPBACK_ONLY: &str = "For now only programs on this computer can: people cannot be verified yet, so other addresses are refused.";
pub(crate) const LEAVE_OPEN: &str =
    "Leave this open: you are asked here when somebody calls. Ctrl-C ends it.";
pub(crate) const NOBODY_TO_ASK: &str =
    "This is not a terminal, so nobody can be asked here: every call from others is declined.";

/// The question for an invitation.
pub(crate) fn invited(who: &str, application: ApplicationId) -> String {
    let what = if application == ApplicationId::OFFER {
        format!(
            "{who} offers to help you.\n  {who} · {NEVER_CHECKED}\n  Only say yes if you asked for it yourself. You decide later what they may see."
        )
    } else {
        format!(
            "{who} asks you for help.\n  {who} · {NEVER_CHECKED}\n  If you say yes, a page opens where you see their screen once they allow it."
        )
    };
    format!("\n{what}")
}

pub(crate) const ANSWER_IT: &str = "Answer? [y/N]";
pub(crate) const CALL_TAKEN: &str = "One moment…";
pub(crate) const CALL_DECLINED: &str = "You said no.";

pub(crate) fn call_over(who: &str) -> String {
    format!("{who} is not calling any more.")
}

// Sharing the screen.

pub(crate) fn has_answered(who: &str) -> String {
    format!(
        "\n{who} has answered.\n  {who} · {NEVER_CHECKED}\nShow {who} your screen? They will see everything on it. They will not be able to click or type."
    )
}

pub(crate) const SHOW_SCREEN: &str = "Show my screen? [y/N]";
pub(crate) const NOT_NOW: &str = "Not now. Nothing was shared.";
pub(crate) const NOTHING_SHARED: &str = "Nothing was shared.";

pub(crate) fn asks_control(who: &str) -> String {
    format!(
        "\n{who} asks to use your mouse and keyboard.\nUntil you stop it, they can do anything here that you can do: open files, send mail, change settings.\nStay here and watch. To stop at once, press Esc three times."
    )
}

pub(crate) fn let_help(who: &str) -> String {
    format!("Let {who} help, 30 minutes? [y/N]")
}

pub(crate) const NO_CONTROL: &str = "No. They still see your screen, and cannot click or type.";
pub(crate) const QUESTION_GONE: &str = "This question is gone; the answer was no.";
pub(crate) const CONTROL_GONE: &str = "Your mouse and keyboard are yours again.";

pub(crate) fn sees(who: &str, since: Duration) -> String {
    format!("● {who} sees your screen · {}   [s] Stop", span(since))
}

pub(crate) fn controls(who: &str, since: Duration) -> String {
    format!("● {who} is using your mouse and keyboard · {}   [t] Take back   [s] Stop", span(since))
}

pub(crate) fn connecting(who: &str) -> String {
    format!("○ {who} may see your screen · opening their page…   [s] Stop")
}

pub(crate) const OVER: &str = "The help is over. Nothing of your screen is shared any more.";

/// What was allowed, quietly, below the end.
pub(crate) fn record(time: Duration, controlled: bool) -> String {
    let allowed =
        if controlled { "seeing your screen, using mouse and keyboard" } else { "seeing your screen" };
    format!("  {} · allowed: {allowed}", span(time))
}

pub(crate) fn ended_it(who: &str) -> String {
    format!("{who} ended it.")
}

// Helping.

pub(crate) fn page_at(path: &str) -> String {
    format!("Your page: file://{path}")
}

pub(crate) fn page_opened(who: &str) -> String {
    format!("The screen of {who} opens in your browser. Ctrl-C ends the help.")
}

pub(crate) fn page_url(url: &str, port: u16) -> String {
    format!(
        "No browser was opened. Open this page, once: {url}\n  From another computer, first: ssh -L {port}:127.0.0.1:{port} THIS-COMPUTER"
    )
}

pub(crate) fn waiting_for_permission(who: &str) -> String {
    format!("{who} is asked whether you may see their screen.")
}

pub(crate) const PAGE_CLOSED: &str = "Your page was closed. You can open it again:";
pub(crate) const HELP_OVER: &str = "The help is over";

/// The helper's title and text on one line of the terminal.
pub(crate) fn titled(title: &str, text: &str) -> String {
    format!("{title}. {text}")
}

/// How the help ended, for the helper's page and terminal: a title without a full stop, and what it means.
pub(crate) fn ended_for_expert(who: &str, result: SessionResult) -> (String, String) {
    let (title, text) = match result.code() {
        Some(Code::SessionCancelledLocal) => {
            ("You ended the help".to_owned(), "Nothing of their screen reaches you any more.".to_owned())
        }
        Some(Code::SessionCancelledRemote | Code::CancelBeforeConnect) => {
            (format!("{who} ended the help"), "Nothing of their screen reaches you any more.".to_owned())
        }
        Some(Code::InvitationDeclined) => (
            format!("{who} said: not now"),
            "They did not want to show their screen. Ask them another way, or later.".to_owned(),
        ),
        Some(Code::SessionTimeout) => (
            format!("{who} did not answer"),
            "Nobody answered the question there. Try again when they are at their computer.".to_owned(),
        ),
        Some(code) => (code.text().trim_end_matches('.').to_owned(), code.remedy().to_owned()),
        None => (HELP_OVER.to_owned(), result.text().to_owned()),
    };
    (title, text)
}

/// A failure on the terminal: what happened, what to do, the code small below.
pub(crate) fn failure(result: SessionResult) -> String {
    format!("{} {}\n{}", result.text(), result.code().map_or("", Code::remedy), small(result))
}

/// The code of a result, for the person on the phone.
pub(crate) fn small(result: SessionResult) -> String {
    format!("  ({result})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_as_on_a_clock() {
        assert_eq!(span(Duration::from_secs(12)), "0:12");
        assert_eq!(span(Duration::from_secs(3723)), "1:02:03");
    }

    #[test]
    fn an_end_always_says_something_and_names_the_code() {
        for code in Code::ALL {
            let text = not_happened("Ann", None, code.into());
            assert!(text.contains(code.name()), "{text}");
            let (title, text) = ended_for_expert("Ann", code.into());
            assert!(!title.is_empty() && !title.ends_with('.') && text.ends_with('.'), "{title} {text}");
        }
    }
}
