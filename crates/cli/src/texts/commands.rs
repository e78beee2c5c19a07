//! What the commands say that call nobody.

use super::{moment, standing};
use crate::application::hello::HELLO;
use crate::secrets::{Closed, Place};
use crate::standing::Standing;
use rendezvous_core::ApplicationId;

// The agent in the background.

pub(crate) const AGENT_RESTS: &str = "Rendezvous is not running. It starts by itself when it is needed.";
pub(crate) const AGENT_STOPPED: &str = "Rendezvous has stopped. Nobody reaches you until it runs again.";
pub(crate) const AGENT_STAYS: &str =
    "Rendezvous was asked to stop and has not yet. Look again with \"rendezvous agent status\".";
pub(crate) const AGENT_STRANGE: &str = "Something else than Rendezvous answers in its place, or another version of it. End it (\"rendezvous agent stop\" of that version) and try again";
pub(crate) const AGENT_VANISHED: &str = "Rendezvous started in the background and stopped at once. Its log says why; \"rendezvous doctor\" says where.";

pub(crate) fn agent_ended(status: std::process::ExitStatus) -> String {
    format!(
        "Rendezvous could not start in the background ({status}). \"rendezvous agent --foreground\" shows why."
    )
}

pub(crate) fn other_version(its: &str, ours: &str) -> String {
    format!(
        "Rendezvous {its} is running for you, and this command is of version {ours}. It is in use, so it was left alone. When that is over, end it with \"rendezvous agent stop\" and try again."
    )
}

pub(crate) fn agent_runs(version: &str, process: u32, since: u64) -> String {
    format!("Rendezvous {version} is running since {} (process {process}).", moment(since))
}

pub(crate) fn account(network: &str, address: &str, state: &str, sentence: &str) -> String {
    let detail = match sentence {
        "" => String::new(),
        same if same == address => String::new(),
        other => format!(" · {other}"),
    };
    format!("  {network} · {address} · {state}{detail}")
}

pub(crate) fn ringing(count: u32) -> String {
    let calls = if count == 1 { "1 call waits".to_owned() } else { format!("{count} calls wait") };
    format!("  {calls} for your answer: \"rendezvous inbox\"")
}

pub(crate) const NEARBY_IS_OFF: &str = "The network nearby is not enabled in the configuration.";

// Files.

pub(crate) fn directory_for_others(dir: &str) -> String {
    format!(
        "Others can write to {dir}, so nothing in it can be trusted. If nobody has, make it yours alone with \"chmod go-w\" and try again."
    )
}

pub(crate) fn directory_of_another(dir: &str) -> String {
    format!("{dir} belongs to somebody else, so nothing in it can be trusted. Use a directory of your own.")
}

// Being visible, and answering.

pub(crate) const NOT_VISIBLE: &str =
    "Only people in your contacts who are verified, or on both lists, can call you.";

pub(crate) fn visible_for(seconds: u64) -> String {
    let minutes = seconds.div_ceil(60);
    let time = if minutes == 1 { "1 minute".to_owned() } else { format!("{minutes} minutes") };
    format!("For {time} everybody who finds you can call you. \"rendezvous visible off\" ends it.")
}

pub(crate) const NOBODY_CALLS: &str = "Nobody is calling you right now.";
pub(crate) const INBOX_STAYS: &str = "You are asked here when somebody calls. Ctrl-C ends it.";

// One-time codes.

pub(crate) const CODES_NEED_A_NETWORK: &str = "There is nowhere to meet by a code: the network nearby is not enabled, and no server that lets guests in is set up. Change that in the configuration, under [nearby] or [codes].";
pub(crate) const ALL_NUMBERS_IN_USE: &str =
    "Many codes are open right now, and no free number was found. Try again.";
pub(crate) const CODE_ONLY_NEARBY: &str =
    "So your code is only good for somebody on the same network, or who types your place.";
pub(crate) const MAKING_CODE: &str = "Making a code…  (Ctrl-C to stop)";
pub(crate) const ONE_CODE: &str = "A code of yours is open already, in another terminal. End that one first.";
pub(crate) const SEVERAL_WITH_CODE: &str =
    "Several devices say that they have a code of this number. Let them make a new one, and try that.";
pub(crate) const THE_CODE: &str = "The code that you were told:";
pub(crate) const SEARCHING: &str = "Looking for whoever made this code…  (Ctrl-C to withdraw)";
pub(crate) const WHO_HAS_CODE: &str = "whoever made the code";
pub(crate) const CODE_WITHDRAWN: &str = "The code is of no use any more. Nothing was shared.";
pub(crate) const CODE_TOO_OLD: &str = "Nobody has typed the code in ten minutes, so it is of no use any more. Make a new one when the other person is ready.";

pub(crate) fn no_meeting_place(domain: &str, why: &str) -> String {
    format!("{domain}, where people meet by codes, cannot be used right now. {why}")
}

pub(crate) fn meeting_place_lost(domain: &str, why: &str) -> String {
    format!("Your code cannot be used at {domain} any more. {why}")
}

/// Nobody was found, neither nearby nor in these rooms; and what is wrong with others.
pub(crate) fn nobody_has_code(is_nearby: bool, rooms: &[String], away: &[String]) -> String {
    let places: Vec<String> = is_nearby
        .then(|| "nearby".to_owned())
        .into_iter()
        .chain(rooms.iter().map(|at| format!("at {at}")))
        .collect();
    let first = match places.as_slice() {
        [] => "Whoever made the code was not found.".to_owned(),
        places => format!("Nobody {} has a code of this number open.", places.join(" or ")),
    };
    let what = match (away, rooms) {
        ([], []) => "Check the number, and that you are on the same network; or type \"rendezvous offer --code HOST:PORT\" with their place.".to_owned(),
        ([], _) => "Check the number, and whether their code is still open.".to_owned(),
        (away, _) => away.join("\n"),
    };
    format!("{first} {what}")
}

/// The code stands on the person's own terminal, and nowhere else.
pub(crate) fn your_code(code: &str) -> String {
    format!(
        "Your code is\n\n    {code}\n\nTell it to the person who is to help you, by voice; they type it at \"rendezvous offer --code\". It is good once, for ten minutes, while this is open. Ctrl-C ends it."
    )
}

pub(crate) fn not_a_code(why: &str) -> String {
    let mut why = why.to_owned();
    if let Some(first) = why.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!("{why}. Nothing was sent and nothing is used up; type it again.")
}

// Accounts.

pub(crate) const NO_ACCOUNTS: &str =
    "You have no accounts, and need none for people nearby. \"rendezvous login\" adds one.";
pub(crate) const CHECKING: &str = "Checking it with the server…";
pub(crate) const NO_PASSWORD: &str = "No password was given, so nothing was changed.";
pub(crate) const SERVER_SILENT: &str = "The server says nothing.";
pub(crate) const NEEDS_RESTART: &str =
    "Rendezvous is in use right now. It takes effect after \"rendezvous agent stop\".";

pub(crate) fn password_of(jid: &str) -> String {
    format!("Password of {jid} (it is not shown):")
}

pub(crate) fn password_missing(jid: &str) -> String {
    format!(
        "The password of {jid} is not here: there is none in the file for it, and no keyring that has it. Give it with \"rendezvous login {jid}\"."
    )
}

/// What is wrong with a keyring that is there.
pub(crate) fn keyring_fault(closed: &Closed) -> String {
    match closed {
        Closed::Absent => "There is no keyring here".to_owned(),
        Closed::Locked => "Your keyring is locked".to_owned(),
        Closed::Broken(why) => format!("Your keyring does not work ({why})"),
    }
}

fn keyring_remedy(closed: &Closed) -> &'static str {
    match closed {
        Closed::Absent => "",
        Closed::Locked => "Unlock it",
        Closed::Broken(_) => "Start it again, or log out of the desktop and in again",
    }
}

pub(crate) fn not_kept(jid: &str, closed: &Closed) -> String {
    let (fault, remedy) = (keyring_fault(closed), keyring_remedy(closed));
    format!(
        "{fault}, so the password of {jid} was not put into it, and nothing was changed. {remedy}, then try again."
    )
}

pub(crate) fn not_readable(jid: &str, closed: &Closed) -> String {
    let (fault, remedy) = (keyring_fault(closed), keyring_remedy(closed));
    format!(
        "{fault}, so the password of {jid} cannot be read. {remedy}, then type \"rendezvous agent stop\": whatever you do next signs in."
    )
}

pub(crate) fn not_forgotten(jid: &str, closed: &Closed) -> String {
    let (fault, remedy) = (keyring_fault(closed), keyring_remedy(closed));
    format!(
        "{fault}, so the password of {jid} cannot be taken out of it, and nothing was changed. {remedy}, then try again."
    )
}

pub(crate) const LOOKING_FOR_SERVER: &str = "Looking for the server…";

/// Before the password is asked for.
pub(crate) fn no_server(jid: &str, why: &str) -> String {
    format!("{jid} cannot be signed in to, and nothing was changed. {why}")
}

pub(crate) fn not_checked(jid: &str, why: &str) -> String {
    format!("The password of {jid} could not be checked, so nothing was changed. {why}")
}

pub(crate) fn login_failed(jid: &str) -> String {
    format!(
        "{jid} was not signed in, and nothing was changed. Check address and password with your usual chat program."
    )
}

pub(crate) fn logged_in(jid: &str, place: &Place) -> String {
    match place {
        Place::Keyring => format!("{jid} is signed in. The password is in your keyring."),
        Place::File(path) => format!(
            "{jid} is signed in. There is no keyring here, so the password is in {}, which only you can read; it is not encrypted.",
            path.display()
        ),
    }
}

pub(crate) fn logged_out(jid: &str, forgotten: bool) -> String {
    if forgotten {
        return format!("{jid} is not used any more, and its password is forgotten here.");
    }
    format!(
        "{jid} is not used any more. Its password was not found here; if you kept it in the keyring of a desktop, take it out there."
    )
}

pub(crate) fn no_such_account(jid: &str, nearest: Option<&str>) -> String {
    match nearest {
        Some(name) => format!("There is no account {jid} here. Did you mean \"{name}\"?"),
        None => format!("There is no account {jid} here. \"rendezvous accounts\" lists them."),
    }
}

pub(crate) fn not_an_account(text: &str) -> String {
    format!("\"{text}\" is not an address of an account, as in maria@example.org.")
}

pub(crate) fn not_a_security(text: &str) -> String {
    format!("\"{text}\" is not a kind of security; expected automatic, starttls or direct-tls")
}

pub(crate) fn not_a_server(text: &str) -> String {
    format!("\"{text}\" is not a server; expected a host and a port, as in xmpp.example.org:5222")
}

// Contacts.

pub(crate) const NO_CONTACTS: &str = "You have no contacts yet. \"rendezvous add NAME ADDRESS\" adds one.";
pub(crate) const IS_BLOCKED: &str = "blocked";
pub(crate) const IS_THERE: &str = "is there now";
pub(crate) const NOBODY_CHOSEN: &str = "Nobody was chosen, so nothing was sent.";

pub(crate) fn in_contacts_since(since: u64) -> String {
    format!("known since {}", super::day(since))
}

pub(crate) fn added(name: &str, address: &str) -> String {
    format!("{name} is {address} from now on.")
}

pub(crate) fn removed(name: &str) -> String {
    format!(
        "{name} is not in your contacts any more. What you verified stays; \"rendezvous verify --forget\" ends that."
    )
}

pub(crate) fn not_in_the_list(name: &str) -> String {
    format!(
        "{name} is not in your own list, so there is nothing to remove; your account or a verified device knows them. \"rendezvous block\" keeps them away."
    )
}

pub(crate) fn blocked(name: &str) -> String {
    format!("You do not hear from {name} any more. They are not told.")
}

pub(crate) fn unblocked(name: &str) -> String {
    format!("{name} is not blocked any more.")
}

pub(crate) fn not_an_address(text: &str) -> String {
    format!(
        "\"{text}\" is not an address; expected host:port as in 127.0.0.1:7001, the 32 symbols of a device nearby, or an account as in maria@example.org."
    )
}

pub(crate) fn nobody_of_that_name(typed: &str, nearest: Option<&str>) -> String {
    let hint = match nearest {
        Some(name) => format!("Did you mean \"{name}\"?"),
        None => "\"rendezvous contacts\" shows whom you have; an address and a port, as in 127.0.0.1:7001, reaches somebody new.".to_owned(),
    };
    format!("There is nobody called \"{typed}\" in your contacts. {hint}")
}

pub(crate) fn several_of_that_name(typed: &str, list: &str) -> String {
    format!("\"{typed}\" may be one of these; say which:\n{list}")
}

pub(crate) fn which_of_them(typed: &str, list: &str) -> String {
    format!("\"{typed}\" may be one of these:\n{list}")
}

/// What others call themselves is theirs to choose.
pub(crate) fn claim(name: &str) -> String {
    format!("calls themselves \"{name}\"")
}

pub(crate) fn listed_as(typed: &str, address: &str, network: &str) -> String {
    format!("\"{typed}\" is {address} ({network}), as the list of your account says.")
}

pub(crate) fn calls_themselves(name: &str, address: &str, network: &str) -> String {
    format!(
        "None of your own contacts is called so. Somebody {}, and anybody can do that:\n  {address} · {network}",
        claim(name)
    )
}

pub(crate) const MEAN_THEM: &str = "Do you mean them? [y/N]";

pub(crate) fn say_the_address(sentence: &str) -> String {
    format!("{sentence}\nIf you mean them, type that address.")
}

pub(crate) fn which_number(most: usize) -> String {
    format!("Which one? [1-{most}, nothing for none]")
}

// What is verified.

pub(crate) const FORGET_WHOM: &str = "Say whose devices are to be forgotten: rendezvous verify --forget NAME";
pub(crate) const NOBODY_VERIFIED: &str = "You have verified nobody yet. It happens at the first help between two people: one reads three words aloud, the other types them.";

pub(crate) fn own_fingerprint(fingerprint: &str) -> String {
    format!("This device: {fingerprint}")
}

pub(crate) fn fingerprint_of(address: &str, fingerprint: &str, known: Standing) -> String {
    format!("{address}: {fingerprint}\n  {}", standing(known))
}

pub(crate) fn how_to_verify(name: &str) -> String {
    format!(
        "{name} is not verified. It happens at the first help between the two of you: one reads three words aloud, the other types them."
    )
}

pub(crate) fn nothing_to_forget(name: &str) -> String {
    format!("Nothing of {name} is verified, so there is nothing to forget.")
}

pub(crate) fn forgotten(name: &str) -> String {
    format!("What you verified of {name} is forgotten. The next time you compare words again.")
}

// Applications, sessions, the record.

pub(crate) fn no_such_application(typed: &str, nearest: Option<&str>) -> String {
    let hint = match nearest {
        Some(name) => format!("Did you mean \"{name}\"?"),
        None => "\"rendezvous apps\" lists what there is.".to_owned(),
    };
    format!("There is no application \"{typed}\" here. {hint}")
}

pub(crate) fn several_applications(typed: &str, list: &str) -> String {
    format!("\"{typed}\" may be one of these; say which by the GUID in front:\n{list}")
}

pub(crate) fn application_registered(name: &str, file: &str) -> String {
    format!("{name} is registered: {file}")
}

pub(crate) fn application_unregistered(id: &str) -> String {
    format!("{id} is not registered any more.")
}

pub(crate) const APPLICATION_STAYS: &str = "This one is part of Rendezvous and stays.";

pub(crate) fn application_of_the_system(file: &str) -> String {
    format!("{file} belongs to the system. Whoever installed it removes it.")
}

pub(crate) fn registration_in_the_way(file: &str) -> String {
    format!("{file} is in the way, and is no good registration. Look at it, remove it, and try again.")
}

pub(crate) fn application_is_good(file: &str, name: &str) -> String {
    format!("{file} is good: {name}")
}

pub(crate) fn applications_are_good(count: usize) -> String {
    format!("{count} applications, all of them good.")
}

pub(crate) const NOTHING_GOES_ON: &str = "Nothing is going on.";
pub(crate) const CALLED_OFF: &str = "It is called off.";

pub(crate) fn nothing_goes_on_with(typed: &str) -> String {
    format!("Nothing is going on with \"{typed}\". \"rendezvous sessions\" shows what is.")
}

pub(crate) fn cancel_which(list: &str) -> String {
    format!("Several things are going on; say with whom to call it off:\n{list}")
}

pub(crate) const NOTHING_HAPPENED: &str = "Nothing has happened yet.";

pub(crate) const YOU_SAID_NO: &str = "you said no";
pub(crate) const THEY_SAID_NO: &str = "they said no";

pub(crate) fn declined_because(by: &str) -> String {
    format!("declined: {by}")
}

/// A line of the record: who called whom for what.
pub(crate) fn what_happened(who: &str, application: Option<ApplicationId>, ours: bool) -> String {
    match (application, ours) {
        (Some(ApplicationId::ASK), true) => format!("You asked {who} for help"),
        (Some(ApplicationId::ASK), false) => format!("{who} asked you for help"),
        (Some(ApplicationId::OFFER), true) => format!("You offered {who} your help"),
        (Some(ApplicationId::OFFER), false) => format!("{who} offered you help"),
        (Some(ApplicationId::SHARE_TERMINAL), true) => format!("You shared a terminal with {who}"),
        (Some(ApplicationId::SHARE_TERMINAL), false) => format!("{who} shared a terminal with you"),
        (Some(ApplicationId::VIEW_TERMINAL), true) => format!("You asked {who} to share a terminal"),
        (Some(ApplicationId::VIEW_TERMINAL), false) => format!("{who} asked you to share a terminal"),
        (Some(HELLO), true) => format!("You said hello to {who}"),
        (Some(HELLO), false) => format!("{who} said hello"),
        (_, true) => format!("You invited {who}"),
        (_, false) => format!("{who} invited you"),
    }
}
