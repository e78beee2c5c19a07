//! How something ended, in plain words, with what to do: a heading, and what it means.

use super::Language;
use rendezvous_core::{Code, DeclinedBy, SessionResult};

/// Of a call. `who` may be empty: whoever has the other half of a code.
pub(crate) fn outcome(
    language: Language,
    who: &str,
    declined: Option<DeclinedBy>,
    result: SessionResult,
) -> (String, String) {
    let name = match (who.is_empty(), language) {
        (false, _) => who,
        (true, Language::English) => "The other person",
        (true, Language::German) => "Die andere Seite",
    };
    let (heading, text) = match declined {
        Some(by) => refused(language, name, by),
        None => ended(language, name, result),
    };
    (heading, text.to_owned())
}

type Said = (String, &'static str);

fn refused(language: Language, name: &str, by: DeclinedBy) -> Said {
    let (english, german): (Said, Said) = match by {
        DeclinedBy::Person => (
            (format!("{name} said: not now."), "Nothing was shared. Ring them, or try again later."),
            (
                format!("{name} sagt: jetzt nicht."),
                "Es wurde nichts gezeigt. Rufen Sie an, oder versuchen Sie es später noch einmal.",
            ),
        ),
        DeclinedBy::Busy => (
            (
                format!("{name} is busy with something else right now."),
                "Nothing was shared. Try again in a few minutes.",
            ),
            (
                format!("{name} ist gerade mit etwas anderem beschäftigt."),
                "Es wurde nichts gezeigt. Versuchen Sie es in ein paar Minuten noch einmal.",
            ),
        ),
        DeclinedBy::NotInstalled => (
            (
                format!("{name} does not have the program for this."),
                "Ask them to install Rendezvous with everything that belongs to it, then try again.",
            ),
            (
                format!("{name} hat das Programm dafür nicht."),
                "Bitten Sie darum, Rendezvous vollständig einzurichten, und versuchen Sie es dann noch einmal.",
            ),
        ),
        DeclinedBy::Policy => (
            (
                format!("{name} cannot be asked right now."),
                "Their computer said so, not a person. If you are not known there yet: ring them, and use a code.",
            ),
            (
                format!("{name} kann gerade nicht gefragt werden."),
                "Das sagt der Computer dort, kein Mensch. Falls man Sie dort noch nicht kennt: Rufen Sie an, und helfen Sie sich mit einem Code.",
            ),
        ),
        DeclinedBy::Version => (
            (
                format!("{name} has another version, and the two do not fit together."),
                "Update Rendezvous on both computers, then try again.",
            ),
            (
                format!("{name} hat eine andere Version, und die beiden passen nicht zusammen."),
                "Aktualisieren Sie Rendezvous auf beiden Computern, und versuchen Sie es dann noch einmal.",
            ),
        ),
        DeclinedBy::Crossed => (
            (
                format!("{name} is calling you for the same."),
                "Answer that call: its question is on your screen.",
            ),
            (
                format!("{name} ruft Sie gerade wegen derselben Sache an."),
                "Nehmen Sie diesen Anruf an: Die Frage steht auf Ihrem Bildschirm.",
            ),
        ),
    };
    language.pick(english, german)
}

fn ended(language: Language, name: &str, result: SessionResult) -> Said {
    let (english, german): (Said, Said) = match result.code() {
        Some(Code::InvitationDeclined) => return refused(language, name, DeclinedBy::Person),
        Some(Code::SessionTimeout) => (
            (format!("{name} did not answer."), "Nothing was shared. Ring them, or try again later."),
            (
                format!("{name} hat nicht geantwortet."),
                "Es wurde nichts gezeigt. Rufen Sie an, oder versuchen Sie es später noch einmal.",
            ),
        ),
        Some(Code::SessionCancelledRemote | Code::CancelBeforeConnect) => (
            (format!("{name} ended it."), "Nothing is shared any more."),
            (format!("{name} hat es beendet."), "Es wird nichts mehr gezeigt."),
        ),
        Some(Code::SessionCancelledLocal) => (
            ("You ended it.".to_owned(), "Nothing is shared any more."),
            ("Sie haben es beendet.".to_owned(), "Es wird nichts mehr gezeigt."),
        ),
        Some(Code::InvitationSendFailure | Code::AcceptSendFailure) => (
            (
                format!("{name} could not be reached."),
                "Nothing was shared. Is their computer switched on, and Rendezvous open there? Then try again.",
            ),
            (
                format!("{name} war nicht zu erreichen."),
                "Es wurde nichts gezeigt. Ist der Computer dort an, und ist Rendezvous dort offen? Dann versuchen Sie es noch einmal.",
            ),
        ),
        Some(Code::ConnectionFailure) => (
            (
                format!("The connection to {name} was lost."),
                "Nothing is shared any more. Look whether this computer is in the network, then try again.",
            ),
            (
                format!("Die Verbindung zu {name} ist abgebrochen."),
                "Es wird nichts mehr gezeigt. Sehen Sie nach, ob dieser Computer im Netz ist, und versuchen Sie es dann noch einmal.",
            ),
        ),
        Some(Code::AuthenticationFailed) => (
            (
                format!("It could not be made sure that this is {name}."),
                "So nothing was shared. If they are on the telephone, try again together. If they know nothing of it, somebody else was there.",
            ),
            (
                format!("Es war nicht sicher, dass das {name} ist."),
                "Darum wurde nichts gezeigt. Wenn Sie miteinander telefonieren, versuchen Sie es gemeinsam noch einmal. Weiß die andere Seite nichts davon, dann war es jemand anders.",
            ),
        ),
        Some(
            Code::FirewallNotSupported
            | Code::NetworkConfigFailure
            | Code::NetNotSupported
            | Code::RemoteNetNotSupported,
        ) => (
            (
                format!("There is no way for the picture between this computer and {name}."),
                "Nothing was shared. Try it from another network, or ask whoever looks after this one for a relay.",
            ),
            (
                format!("Für das Bild gibt es keinen Weg zwischen diesem Computer und {name}."),
                "Es wurde nichts gezeigt. Versuchen Sie es aus einem anderen Netz, oder fragen Sie den, der dieses betreut, nach einem Relay.",
            ),
        ),
        Some(Code::OldSipStack) => return refused(language, name, DeclinedBy::Version),
        _ => (
            (
                "This did not work.".to_owned(),
                "Nothing is shared. Try again; if it happens again, tell the line below to whoever looks after this computer.",
            ),
            (
                "Das hat nicht geklappt.".to_owned(),
                "Es wird nichts gezeigt. Versuchen Sie es noch einmal; wenn es wieder geschieht, sagen Sie die Zeile unten dem, der diesen Computer betreut.",
            ),
        ),
    };
    language.pick(english, german)
}
