//! What the person's trusted contact is told, and what the person hears of that.

use super::language::Language;

/// Why the trusted contact is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrustedNews {
    /// Somebody helps whom the person has just met.
    FirstContact,
    /// Somebody who offered to help was met for the first time. Nothing was shown to them.
    Acquainted,
    /// Somebody may use mouse and keyboard for the first time.
    FirstControl,
}

/// For the trusted contact, in their chat program. It comes from the person's own account, so it says that a program wrote it.
pub(crate) fn for_trusted(language: Language, news: TrustedNews, who: &str, address: &str) -> String {
    let who = if who == address { address.to_owned() } else { format!("{who} ({address})") };
    let what = match news {
        TrustedNews::FirstContact => language.pick(
            format!("{who}, whom I have never met with this program before, is helping me on my computer."),
            format!("{who} hilft mir an meinem Computer. Mit diesem Programm habe ich diese Person noch nie getroffen."),
        ),
        TrustedNews::Acquainted => language.pick(
            format!("{who}, whom I have never met with this program before, has made contact with me and offered to help me. Nothing of my computer was shown."),
            format!("{who} hat mit mir Kontakt aufgenommen und mir Hilfe angeboten. Mit diesem Programm habe ich diese Person noch nie getroffen. Von meinem Computer wurde nichts gezeigt."),
        ),
        TrustedNews::FirstControl => language.pick(
            format!("{who} may use the mouse and keyboard of my computer now, for the first time."),
            format!("{who} darf jetzt zum ersten Mal Maus und Tastatur meines Computers benutzen."),
        ),
    };
    let frame = language.pick(
        ("Rendezvous writes this for me:", "If that worries you, ring me."),
        ("Das schreibt Rendezvous für mich:", "Wenn Ihnen das Sorgen macht, rufen Sie mich an."),
    );
    format!("{} {what} {}", frame.0, frame.1)
}

pub(crate) fn trusted_was_told(trusted: &str, news: TrustedNews, who: &str) -> String {
    let what = match news {
        TrustedNews::FirstContact => format!("{who} helps you, whom you have just met"),
        TrustedNews::Acquainted => format!("{who}, whom you have just met, has made contact with you"),
        TrustedNews::FirstControl => format!("{who} may use your mouse and keyboard for the first time"),
    };
    format!("A message was sent to {trusted}, whom you trust: {what}.")
}

pub(crate) fn trusted_was_not_told(trusted: &str, why: &str) -> String {
    format!("{trusted}, whom you trust, could not be sent a message about this: {why}")
}

/// The same in the language of the windows, for whoever has no terminal.
pub(crate) fn trusted_was_not_told_in(language: Language, trusted: &str) -> String {
    language.pick(
        format!("{trusted}, whom you trust, could not be sent a message that somebody helps you."),
        format!("{trusted} – Sie haben diese Person als vertraut eingetragen – konnte keine Nachricht davon bekommen, dass Ihnen jemand hilft."),
    )
}

/// Below the question for control, where somebody will be told.
pub(crate) fn trusted_will_be_told(language: Language, trusted: &str) -> String {
    language.pick(
        format!("{trusted}, whom you trust, gets a message when you say yes."),
        format!("{trusted} – Sie haben diese Person als vertraut eingetragen – bekommt eine Nachricht, wenn Sie zustimmen."),
    )
}

pub(crate) fn trusted_is(trusted: Option<&str>) -> String {
    match trusted {
        Some(trusted) => format!(
            "[trusted] contact in config.toml: {trusted} gets a message when somebody new helps you, and when somebody uses your mouse and keyboard for the first time."
        ),
        None => "Nobody is told when somebody new helps you ([trusted] contact in config.toml).".to_owned(),
    }
}

// What the doctor says of them.

pub(crate) fn trusted_gets_messages(trusted: &str, is_verified: bool) -> String {
    let known = match is_verified {
        true => "",
        false => ". Their device was never checked here, so their chat account is all that is known of them",
    };
    format!("{trusted}, whom you trust, is among your contacts and gets messages{known}")
}

pub(crate) fn trusted_not_looked_at(trusted: &str) -> String {
    format!("whether {trusted}, whom you trust, can be told was not looked at: the agent does not run")
}

pub(crate) fn trusted_needs_an_account(trusted: &str) -> String {
    format!(
        "{trusted}, whom you trust, cannot be told of anything: a message needs an account, and you have none. Sign in with \"rendezvous login\"."
    )
}

pub(crate) fn trusted_is_yourself(trusted: &str) -> String {
    format!(
        "{trusted} is your own account, so nobody else would be told. Name somebody whom you trust: [trusted] contact in your configuration."
    )
}

pub(crate) fn trusted_finds_no_way(trusted: &str) -> String {
    format!(
        "{trusted}, whom you trust, cannot be told of anything now: none of your accounts is signed in. \"rendezvous accounts\" says why."
    )
}

pub(crate) fn trusted_is_no_contact(trusted: &str) -> String {
    format!(
        "{trusted}, whom you trust, is not among your contacts, so it is not sure that a message gets to them, or that they exist. Check the address ([trusted] contact in your configuration), and add them in your chat program."
    )
}

pub(crate) const NO_TRUSTED: &str = "the configuration names nobody.";
pub(crate) const NO_ACCOUNT_FOR_TRUSTED: &str = "no account of yours that could is signed in.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_who_wrote_it_who_it_is_about_and_what_to_do() {
        for news in [TrustedNews::FirstContact, TrustedNews::Acquainted, TrustedNews::FirstControl] {
            let [english, german] =
                Language::ALL.map(|language| for_trusted(language, news, "Bob", "bob@example.net"));
            assert!(english.contains("Rendezvous writes this") && english.contains("ring me"), "{english}");
            assert!(german.contains("schreibt Rendezvous"), "{german}");
            assert!([english, german].iter().all(|text| text.contains("Bob (bob@example.net)")));
        }
        let unnamed =
            for_trusted(Language::English, TrustedNews::FirstControl, "b@example.net", "b@example.net");
        assert_eq!(unnamed.matches("b@example.net").count(), 1, "{unnamed}");
    }
}
