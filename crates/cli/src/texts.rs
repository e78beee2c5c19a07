//! Every sentence that a person reads on the terminal, in English. One file, so that other languages can follow.
//!
//! The voice: short sentences, everyday words, "you"; what is *not* possible is said as plainly as what is; the safe
//! answer is the default and no answer is a *no*.

use crate::application::hello::HELLO;
use crate::application::secured::Known;
use crate::assistance::Lack;
use crate::standing::{Caller, Manner, Standing};
use rendezvous_assist::description::Codec;
use rendezvous_assist::paths::Trouble;
use rendezvous_assist::secure::Why;
use rendezvous_core::{ApplicationId, Code, DeclinedBy, SessionResult};
use rendezvous_desktop::x11::Taken;
use rendezvous_trust::pins::Origin;
use std::time::Duration;

pub(crate) mod bar;
#[cfg(feature = "windows")]
pub(crate) mod chat;
#[cfg(unix)]
mod check;
#[cfg(unix)]
mod check_im;
mod commands;
mod doctor;
#[cfg(feature = "windows")]
pub(crate) mod door;
pub(crate) mod files;
pub(crate) mod language;
mod policy;
mod record;
#[cfg(feature = "windows")]
pub(crate) mod sending;
mod sharing;
mod talk;
mod terminal;
mod time;
mod trusted;
#[cfg(feature = "windows")]
pub(crate) mod windows;
#[cfg(windows)]
mod without;

#[cfg(unix)]
pub(crate) use check::*;
#[cfg(unix)]
pub(crate) use check_im::*;
pub(crate) use commands::*;
pub(crate) use doctor::*;
pub(crate) use files::*;
pub(crate) use policy::*;
pub(crate) use record::*;
pub(crate) use sharing::*;
pub(crate) use talk::*;
pub(crate) use terminal::*;
pub(crate) use time::{day, moment};
pub(crate) use trusted::*;
#[cfg(windows)]
pub(crate) use without::*;

/// A sentence of this program, in the language of its windows.
pub(crate) fn in_windows(sentence: &str) -> String {
    #[cfg(feature = "windows")]
    return door::said(language::Language::here(), sentence);
    #[cfg(not(feature = "windows"))]
    sentence.to_owned()
}

/// What is known of a person whom nobody has verified yet.
pub(crate) const NEVER_CHECKED: &str = "never checked";

/// A span as `0:12` or `1:02:03`.
pub(crate) fn span(d: Duration) -> String {
    let (hours, minutes, seconds) = (d.as_secs() / 3600, d.as_secs() / 60 % 60, d.as_secs() % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

// Calling.

pub(crate) fn calling(who: &str, rings: bool, devices: &[String], time: Duration) -> String {
    let how = match (rings, devices) {
        (false, _) => String::new(),
        (true, []) => " · it rings there".to_owned(),
        (true, devices) => format!(" · {}", devices.join(", ")),
    };
    format!("Calling {who}{how} · {}  (Ctrl-C to withdraw)", span(time))
}

/// Whether a device's name says something to a person. Links, numbers of keys (our own in accounts) and random names do
/// not.
pub(crate) fn is_device_name(name: &str) -> bool {
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    let is_number = ["link", "rendezvous-"].iter().any(|beginning| name.starts_with(beginning));
    letters >= 3 && name.len() <= 40 && !is_number
}

/// What is known of somebody's key.
pub(crate) fn standing(standing: Standing) -> String {
    match standing {
        Standing::Verified { since, how: Manner::Words } => format!("verified in person on {}", day(since.0)),
        Standing::Verified { since, how: Manner::Code } => format!("verified by a code on {}", day(since.0)),
        Standing::Verified { since, how: Manner::Endorsed } => {
            format!("verified by another device of theirs on {}", day(since.0))
        }
        Standing::NeverChecked => NEVER_CHECKED.to_owned(),
        Standing::Changed => "this is NOT the device that you know".to_owned(),
    }
}

pub(crate) fn said_yes(who: &str) -> String {
    format!("{who} said yes. One moment…")
}

pub(crate) const NEEDS_A_TERMINAL: &str =
    "This needs a terminal, because you are asked questions on it. Run it in a terminal window.";
pub(crate) const CLOSE_WINDOW: &str = "Press Enter to close this window.";
pub(crate) const AGENT_RUNS: &str =
    "Rendezvous is already running for you. Use it, or end it first with \"rendezvous agent stop\".";
pub(crate) const AGENT_GONE: &str =
    "Rendezvous has stopped in the background, so this is over too. Try again: it starts by itself.";
pub(crate) const WITHDRAWN: &str = "You withdrew it. Nothing was shared.";

/// How a call ended before anything was shared.
pub(crate) fn not_happened(who: &str, declined: Option<DeclinedBy>, result: SessionResult) -> String {
    let first = match (declined, result.code()) {
        (Some(DeclinedBy::Person), _) => format!("{who} said no."),
        (Some(DeclinedBy::NotInstalled), _) => format!("{who} does not have the program for this."),
        (Some(DeclinedBy::Busy), _) => format!("{who} is busy with something else right now."),
        (Some(DeclinedBy::Policy), _) => {
            format!("Nobody can be asked at {who} right now. Their computer said so, not a person.")
        }
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

pub(crate) const LEAVE_OPEN: &str =
    "Leave this open: you are asked here when somebody calls. Ctrl-C ends it.";
pub(crate) const ANSWER_IN_INBOX: &str = "This is not a terminal. Answer calls with \"rendezvous inbox\".";

/// The question for an invitation. An offer of somebody who is not verified is none: only whoever is known offers help.
///
/// `name` is what an application that others made is called here.
pub(crate) fn invited(caller: &Caller, application: ApplicationId, name: Option<&str>) -> String {
    let (what, meaning) = asked(caller, application, name);
    format!("\n{what}\n  {}\n  {meaning}", caller.line())
}

/// Somebody has typed the code that the person here made.
pub(crate) fn invited_by_code(caller: &Caller) -> String {
    format!(
        "\nSomeone has typed your code.\n  {}\n  Only say yes if you have just told it to somebody. You decide later what they may see.",
        caller.line()
    )
}

/// The same as a notification: a title, and what is known.
pub(crate) fn notice(caller: &Caller, application: ApplicationId, name: Option<&str>) -> (String, String) {
    let (what, meaning) = asked(caller, application, name);
    (what, format!("{}\n{meaning}", caller.line()))
}

fn asked(caller: &Caller, application: ApplicationId, name: Option<&str>) -> (String, &'static str) {
    let who = &caller.who;
    match (application, caller.standing) {
        (ApplicationId::OFFER, Standing::Verified { .. }) => (
            format!("{who} offers to help you."),
            "Only say yes if you asked for it yourself. You decide later what they may see.",
        ),
        (ApplicationId::OFFER, Standing::NeverChecked | Standing::Changed) => (
            format!("{who} wants to make contact with you."),
            "Only say yes if you know who this is and asked for it yourself. They see nothing.",
        ),
        (ApplicationId::ASK, _) => (
            format!("{who} asks you for help."),
            "If you say yes, a page opens where you see their screen once they allow it.",
        ),
        (ApplicationId::SHARE_TERMINAL, _) => (
            format!("{who} wants to share a terminal with you."),
            "If you say yes, you see it here once they allow it. They see nothing of yours.",
        ),
        (ApplicationId::VIEW_TERMINAL, Standing::Verified { .. }) => (
            format!("{who} asks to look at a terminal of yours."),
            "Only say yes if you asked for it yourself. You decide later whether they may look.",
        ),
        (ApplicationId::VIEW_TERMINAL, Standing::NeverChecked | Standing::Changed) => (
            format!("{who} wants to make contact with you."),
            "Only say yes if you know who this is and asked for it yourself. They see nothing.",
        ),
        (HELLO, _) => (
            format!("{who} says hello."),
            "If you say yes, you make sure together that it is them. Nothing is shared.",
        ),
        _ => (
            match name {
                Some(name) => format!("{who} invites you to \"{name}\"."),
                None => format!("{who} invites you."),
            },
            "If you say yes, this program starts on both sides.",
        ),
    }
}

/// Somebody invited to something that is not here: a title, and what there is to know. All but the first is theirs.
pub(crate) fn not_installed(who: &str, name: &str, id: &str, link: Option<&str>) -> (String, String) {
    let what = if name.is_empty() { "a program without a name".to_owned() } else { format!("\"{name}\"") };
    let link = match link {
        Some(link) => {
            format!("They say that it is to be had at {link} . Only get it if you trust them and the place.")
        }
        None => "They do not say where it is to be had.".to_owned(),
    };
    (
        format!("{who} invited you to {what}, which is not on this computer."),
        format!("  They were told so. {link}\n  ({id})"),
    )
}

pub(crate) const ANSWER_IT: &str = "Answer? [y/N]";
pub(crate) const CALL_TAKEN: &str = "One moment…";
pub(crate) const CALL_DECLINED: &str = "You said no.";
pub(crate) const CANNOT_ANSWER: &str =
    "The call cannot be answered on this terminal, so it was declined. Try again in another one.";

/// The question was taken away from this terminal, and the call goes on.
pub(crate) fn still_rings(who: &str) -> String {
    format!("You did not answer {who}. It goes on ringing: \"rendezvous inbox\" asks you again.")
}

pub(crate) fn call_over(who: &str) -> String {
    format!("{who} is not calling any more.")
}

// Making sure who it is.

/// What is known of a person whose device is verified.
pub(crate) fn known_since(known: &Known) -> String {
    match known {
        Known::Now => "verified just now".to_owned(),
        Known::Since(pin) => {
            let by = match pin.origin() {
                Origin::Confirmed(_) => "",
                Origin::Endorsed { .. } => " through another device of theirs",
            };
            format!("verified on {}{by}", day(pin.since().0))
        }
    }
}

/// Why words are compared, before anything else.
fn because(who: &str, why: Why) -> String {
    match why {
        Why::Stranger => format!("Make sure that this really is {who}."),
        Why::Changed => format!(
            "This is not the device that you know as {who}. It may be a new one of theirs, or somebody else.\nMake sure that this really is {who}."
        ),
        Why::TheirWish => {
            format!("{who} does not know this computer of yours yet. Help them to make sure, once.")
        }
    }
}

pub(crate) fn type_words(who: &str, why: Why) -> String {
    format!(
        "\n{}\nRing them, or hear the voice that you know. They read three words aloud; type them here. Do not take them from a chat message.\nUntil then nothing is shared. If something is not right, type stop.",
        because(who, why)
    )
}

pub(crate) const ASKED_IN_A_WINDOW: &str = "A window asks you now.";
pub(crate) const THREE_WORDS: &str = "The three words:";

pub(crate) fn words_again(left: u8) -> String {
    let tries = if left == 1 { "one try" } else { "two tries" };
    match left {
        3.. => "Type the three words that they read aloud.".to_owned(),
        _ => format!("Those are not the words. Ask them to read them again; you have {tries} more."),
    }
}

pub(crate) fn words_right(who: &str) -> String {
    format!("The words are right: this is {who}. Tell them so.")
}

/// The words, and what to do with them. They stand on this terminal and nowhere else.
pub(crate) fn read_aloud(who: &str, words: &str, why: Why) -> String {
    format!(
        "\n{}\nRing them, or hear the voice that you know. Read these three words aloud; they type them. Do not send them in a message.\n\n    {words}\n\nIf something is not right, type stop.",
        because(who, why)
    )
}

pub(crate) fn heard(who: &str) -> String {
    format!("Did {who} tell you, in a voice that you know, that the words were right? [y/N]")
}

pub(crate) fn verified_now(who: &str) -> String {
    format!("This is {who}. You will not be asked for this device again.")
}

pub(crate) fn wrong_words(who: &str) -> String {
    format!(
        "Those were not the words either, so this has ended. It is not known who was there; nothing was shared and nothing is remembered.\nIf {who} is on the telephone, try once more. If they know nothing of it, somebody else was there.\n{}",
        small(Code::AuthenticationFailed.into())
    )
}

pub(crate) fn not_heard(who: &str) -> String {
    format!(
        "Then this has ended, and {who} stays unverified here. Try again when you can hear each other.\n{}",
        small(Code::AuthenticationFailed.into())
    )
}

/// Why a code did not bring two people together, for the one who made it.
pub(crate) const ANOTHER_CODE: &str = "they typed another one";

pub(crate) fn code_failed(who: &str, why: &str) -> String {
    format!(
        "The code did not bring you together with {who}: {why}. Nothing was shared. A code is good for one try; make a new one and try again.\n{}",
        small(Code::AuthenticationFailed.into())
    )
}

pub(crate) fn cannot_be_sure(who: &str, why: &str) -> String {
    format!(
        "It cannot be made sure that this is {who}, so this has ended and nothing was shared: {why}.\n{}",
        small(Code::AuthenticationFailed.into())
    )
}

/// The two programs reach each other, and picture and input find no way.
pub(crate) fn no_way(who: &str) -> String {
    format!(
        "No way was found for the picture between this computer and the browser of {who}: a firewall on one of the two sides lets no UDP through, or neither can be reached from outside. A relay helps ([[ice.turn]] in the configuration)."
    )
}

/// What this side said was given up on the way.
pub(crate) fn not_delivered(who: &str) -> String {
    format!(
        "Something that your program said to {who}'s did not arrive, so this has ended. Try again.\n{}",
        small(Code::ContextDataSendFailure.into())
    )
}

/// What the other side said was lost on the way.
pub(crate) fn not_received(who: &str) -> String {
    format!(
        "Something that {who}'s program said was lost on the way, so this has ended. Try again.\n{}",
        small(Code::ContextDataSendFailure.into())
    )
}

pub(crate) fn nobody_checked(who: &str) -> String {
    format!("Nobody made sure that this is {who}, so this has ended. Nothing was shared.")
}

/// First contact by an offer: the words were right, and that is all there is to this call.
pub(crate) fn acquainted(who: &str) -> String {
    format!("{who} is verified now. If you want help from them, ask them.")
}

/// The same for whoever offered.
pub(crate) fn acquainted_expert(who: &str) -> String {
    format!(
        "{who} is verified now, and has shown you nothing. When they want your help, they ask you for it."
    )
}

pub(crate) fn says_hello(who: &str, known: &Known) -> String {
    format!("{who} says hello.\n  {who} · {}", known_since(known))
}

// Sharing the screen.

pub(crate) const NOT_NOW: &str = "Not now. Nothing was shared.";
pub(crate) const NOTHING_SHARED: &str = "Nothing was shared.";

pub(crate) fn asks_control(who: &str) -> String {
    format!(
        "\n{who} asks to use your mouse and keyboard.\nUntil you stop it, they can do anything here that you can do: open files, send mail, change settings.\nStay here and watch. To stop at once, press Esc three times."
    )
}

pub(crate) fn let_help(who: &str, time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    let time = if minutes == 1 { "one minute".to_owned() } else { format!("{minutes} minutes") };
    format!("Let {who} help, {time}? [y/N]")
}

pub(crate) fn how_it_began(who: &str) -> String {
    format!(
        "\n{who} asks to use your mouse and keyboard, for the first time. How did this begin?\n  1  I asked {who} for help.\n  2  {who}, or someone, called me or wrote to me.\n  3  A message on my screen told me to."
    )
}

pub(crate) const WHICH: &str = "Which of the three? [1/2/3]";

pub(crate) const HOW_FRAUD_BEGINS: &str = "This is how fraud begins. Real companies never ask for this. For your safety they cannot control this computer in the next 24 hours. Hang up. Talk to someone you trust.";

pub(crate) fn control_is_blocked(left: Duration) -> String {
    format!(
        "They asked for your mouse and keyboard. For your safety that is not possible for another {}.",
        span(left)
    )
}

pub(crate) fn control_has_to_wait(who: &str, left: Duration) -> String {
    format!(
        "{who} asked for your mouse and keyboard. You have only just met, so that is not possible before {} have passed. Watch what they do, and stop if you are not sure.",
        span(left)
    )
}

pub(crate) const NO_CONTROL: &str = "No. They still see your screen, and cannot click or type.";
pub(crate) const NOTHING_CHANGES: &str = "No. Everything stays as it is.";
pub(crate) const QUESTION_GONE: &str = "This question is gone; the answer was no.";
pub(crate) const CONTROL_GONE: &str = "Your mouse and keyboard are yours again.";

/// Why control was taken back, that neither of the two did.
pub(crate) fn taken_from_you(taken: Taken) -> &'static str {
    match taken {
        Taken::Away => {
            "A mouse or keyboard of yours was unplugged or switched off. So that nobody can keep you from stopping it, \
             control is taken back."
        }
        Taken::Remapped => {
            "Somebody changed what your mouse or keyboard does. So that nobody can keep you from stopping it, control is \
             taken back."
        }
    }
}

pub(crate) fn controls(who: &str, since: Duration, typing: bool) -> String {
    let (since, writes) = (span(since), writes(typing));
    format!(
        "● {who} is using your mouse and keyboard · {since}{writes}   [t] Take back  [s] Stop  [p] Pause  [c] Chat"
    )
}

pub(crate) fn paused(who: &str, typing: bool) -> String {
    format!("○ Paused: {who} sees nothing{}   [p] Go on  [s] Stop  [c] Chat", writes(typing))
}

fn writes(typing: bool) -> &'static str {
    if typing { " · writes…" } else { "" }
}

pub(crate) const HIDDEN: &str =
    "Paused. They see nothing of your screen and cannot click or type. Press p to go on.";
pub(crate) const SHOWN_AGAIN: &str = "They see your screen again. They cannot click or type.";

pub(crate) fn reconnecting(who: &str, since: Duration, typing: bool) -> String {
    let (since, writes) = (since.as_secs(), writes(typing));
    format!(
        "○ {who} may see your screen · connecting again… {since} s{writes}   [s] Stop  [p] Pause  [c] Chat"
    )
}

/// What is wrong with a server, and what it means.
pub(crate) fn server_trouble(trouble: Trouble) -> String {
    match trouble {
        Trouble::Silent(server) => format!(
            "The server at {server} does not answer, so some ways to the other person may be missing. Check [ice] in your configuration."
        ),
        Trouble::Login(server) => format!(
            "The relay at {server} did not accept your name and password, so it was not used. Check [[ice.turn]] in your configuration."
        ),
        Trouble::Refused(server, code) => format!(
            "The relay at {server} refused to help ({code}), so it was not used. Ask whoever looks after it."
        ),
    }
}

pub(crate) fn no_relay_password(url: &str) -> String {
    format!("Your password for the relay {url} cannot be had; look at [[ice.turn]] in your configuration")
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

/// A message came while there is no page to show it.
pub(crate) const READ_ON_THE_PAGE: &str = "  (Open your page to answer.)";

pub(crate) const PAGE_CLOSED: &str = "Your page was closed. You can open it again:";
pub(crate) const HELP_OVER: &str = "The help is over";

/// The helper's title and text on one line of the terminal.
pub(crate) fn titled(title: &str, text: &str) -> String {
    format!("{title}. {text}")
}

/// How the help ended, for the helper's page and terminal: a title without a full stop, and what it means.
pub(crate) fn ended_for_expert(
    who: &str,
    result: SessionResult,
    by_us: bool,
    lent: Lent,
) -> (String, String) {
    if let Some(said) = result.code().filter(|_| !by_us).and_then(|code| lacking_there(who, code)) {
        return said;
    }
    let thing = lent.thing();
    let nothing = format!("Nothing of their {thing} reaches you any more.");
    let (title, text) = match result.code() {
        Some(Code::SessionCancelledLocal) => ("You ended the help".to_owned(), nothing),
        Some(Code::SessionCancelledRemote | Code::CancelBeforeConnect) => {
            (format!("{who} ended the help"), nothing)
        }
        Some(Code::InvitationDeclined) => (
            format!("{who} said: not now"),
            format!("They did not want to show their {thing}. Ask them another way, or later."),
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

/// The same of a failure that may be the other side's: then it is their computer that lacks something, not this one.
pub(crate) fn failure_of(who: &str, result: SessionResult, by_us: bool) -> String {
    match result.code().filter(|_| !by_us).and_then(|code| lacking_there(who, code)) {
        Some((title, text)) => format!("{title}. {text}\n{}", small(result)),
        None => failure(result),
    }
}

/// What the other side's computer lacks, where a result says that: a title without a full stop, and what to do.
fn lacking_there(who: &str, code: Code) -> Option<(String, String)> {
    let title = match code {
        Code::NetworkConfigFailure => format!("The computer of {who} has no network address for this"),
        Code::NetNotSupported => format!("The computer of {who} may use no kind of address for this"),
        _ => return None,
    };
    Some((title, "They have to change that there: their program says what.".to_owned()))
}

/// Why there is no way for the picture.
pub(crate) fn lack(lack: &Lack) -> String {
    match lack {
        Lack::Allowed => "Your configuration allows no kind of address for the picture, so nothing was begun. Change \"addresses\" under [assist].".to_owned(),
        Lack::Here(families) => format!(
            "This computer has no {families} address that others could reach, so nothing can be shared. Connect to a network that has one, or allow others under [assist] in the configuration."
        ),
        Lack::Relay => "No relay serves you, and your configuration allows no other way, so nothing can be shared. Check [[ice.turn]] and what \"rendezvous doctor\" says of relays, or set \"relay-only\" to false.".to_owned(),
        Lack::InCommon(who) => format!(
            "{who} and you have no kind of address in common: one side may only use IPv4 and the other only IPv6. One of you has to allow both under [assist] in the configuration."
        ),
    }
}

/// The helper's page decodes nothing that may be encoded here.
pub(crate) fn no_codec(who: &str, allowed: &[Codec]) -> String {
    let ours = match allowed {
        [] => "none".to_owned(),
        allowed => allowed.iter().map(Codec::to_string).collect::<Vec<_>>().join(" and "),
    };
    format!(
        "The browser of {who} cannot show your screen: it plays none of the kinds of video that this computer sends ({ours}). Ask {who} to use another browser, or allow others with \"codec\" under [assist] in the configuration."
    )
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
    fn dates_read_as_on_a_calendar() {
        for (seconds, text) in [
            (0, "1 January 1970"),
            (951_782_400, "29 February 2000"),
            (951_868_800, "1 March 2000"),
            (1_777_766_400, "3 May 2026"),
            (1_798_761_599, "31 December 2026"),
            (4_107_542_399, "28 February 2100"),
            (4_107_542_400, "1 March 2100"),
        ] {
            assert_eq!(day(seconds), text);
        }
    }

    #[test]
    fn an_end_always_says_something_and_names_the_code() {
        for code in Code::ALL {
            let text = not_happened("Ann", None, code.into());
            assert!(text.contains(code.name()), "{text}");
            for by_us in [true, false] {
                assert!(failure_of("Ann", code.into(), by_us).contains(code.name()));
                for (lent, other) in [(Lent::Control, "terminal"), (Lent::Typing, "screen")] {
                    let (title, text) = ended_for_expert("Ann", code.into(), by_us, lent);
                    assert!(
                        !title.is_empty() && !title.ends_with('.') && text.ends_with('.'),
                        "{title} {text}"
                    );
                    assert!(!title.contains(other) && !text.contains(other), "{lent:?}: {title} {text}");
                }
            }
        }
    }
}
