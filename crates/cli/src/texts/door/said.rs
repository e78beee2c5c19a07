//! What the background program says, in the language of whoever reads it.
//!
//! It says it in English, as a sentence, over sockets and buses, to commands and to programs of others. Here such a sentence is known
//! again by its form, and said in German where the person reads it. What is not known again is left as it is, and said to be English.

use super::Language;
use super::outcome::outcome;
use rendezvous_core::Code;

/// `{}` stands for what differs: names, addresses, what a system says.
const SENTENCES: &[(&str, &str)] = &[
    // The background program itself.
    (
        "Rendezvous has stopped in the background, so this is over too. Try again: it starts by itself.",
        "Rendezvous läuft nicht mehr im Hintergrund, darum ist auch das zu Ende. Versuchen Sie es noch einmal: Es startet von selbst.",
    ),
    (
        "Rendezvous started in the background and stopped at once. Its log says why; \"rendezvous doctor\" says where.",
        "Rendezvous ist im Hintergrund gestartet und gleich wieder ausgegangen. Warum, steht in seinem Protokoll; „rendezvous doctor“ sagt, wo.",
    ),
    (
        "Rendezvous could not start in the background ({}). \"rendezvous agent --foreground\" shows why.",
        "Rendezvous konnte im Hintergrund nicht starten ({}). „rendezvous agent --foreground“ zeigt, warum.",
    ),
    (
        "Rendezvous {} is running for you, and this command is of version {}. It is in use, so it was left alone. When that is over, end it with \"rendezvous agent stop\" and try again.",
        "Rendezvous {} läuft schon für Sie, und dieses Fenster ist von der Version {}. Es wird gerade benutzt. Wenn das vorbei ist, melden Sie sich ab und wieder an, und versuchen Sie es noch einmal.",
    ),
    (
        "Rendezvous was asked to stop and has not yet. Look again with \"rendezvous agent status\".",
        "Rendezvous soll im Hintergrund enden und hat es noch nicht getan. Warten Sie einen Augenblick, und versuchen Sie es noch einmal.",
    ),
    (
        "Something else than Rendezvous answers in its place, or another version of it. End it (\"rendezvous agent stop\" of that version) and try again",
        "An der Stelle von Rendezvous antwortet etwas anderes, oder eine andere Version. Beenden Sie es, und versuchen Sie es noch einmal.",
    ),
    ("It is over already.", "Das ist schon zu Ende."),
    // Where something is shown.
    (
        "This desktop runs Wayland, where your screen cannot be shared yet. Log out, choose an X11 (\"Xorg\") session when you log in, and try again.",
        "Auf diesem Desktop läuft Wayland; dort lässt sich Ihr Bildschirm noch nicht zeigen. Melden Sie sich ab, wählen Sie beim Anmelden eine Sitzung mit X11 („Xorg“), und versuchen Sie es noch einmal.",
    ),
    (
        "There is no desktop here whose screen could be shared: DISPLAY is not set. Run this in a terminal on the desktop.",
        "Hier ist kein Desktop, dessen Bildschirm sich zeigen ließe: DISPLAY ist nicht gesetzt.",
    ),
    (
        "This needs a terminal, because you are asked questions on it. Run it in a terminal window.",
        "Das braucht ein Terminal, weil Sie dort gefragt werden. Beginnen Sie es in einem Terminalfenster.",
    ),
    // Who can be reached, and how.
    (
        "The network nearby is not enabled in the configuration.",
        "„Menschen im selben Netz“ ist ausgeschaltet. Schalten Sie es in den Einstellungen ein.",
    ),
    (
        "You have no account that reaches {}: {} is not set up.",
        "Sie haben kein Konto, das {} erreicht: {} ist nicht eingerichtet.",
    ),
    (
        "{} could not be reached ({}). Check the address, and that Rendezvous is running there",
        "{} war nicht zu erreichen ({}). Prüfen Sie die Adresse, und ob Rendezvous dort läuft.",
    ),
    (
        "no computer is called \"{}\". Check the spelling, or use its number address",
        "Kein Computer heißt „{}“. Prüfen Sie die Schreibweise.",
    ),
    (
        "\"{}\" is not a place; expected a computer and a port, as in desk.local:7373 or 192.0.2.1:7373",
        "„{}“ ist kein Ort; gemeint ist ein Computer und ein Port, wie desk.local:7373.",
    ),
    (
        "what answers at {} is not Rendezvous, or not a version that this one understands",
        "Was bei {} antwortet, ist nicht Rendezvous, oder eine Version, die diese nicht versteht.",
    ),
    ("{} is this device itself", "{} ist dieser Computer selbst."),
    (
        "there are too many connections already; end some of them",
        "Es gibt schon zu viele Verbindungen; beenden Sie einige.",
    ),
    (
        "There is nothing to be reached by: [nearby] is not enabled, and there is no account. Change that in the configuration.",
        "So sind Sie nicht zu erreichen: „Menschen im selben Netz“ ist ausgeschaltet, und es gibt kein Konto. Ändern Sie das in den Einstellungen.",
    ),
    (
        "cannot listen on {}: {}. Choose another port, or end the program that uses it",
        "An {} lässt sich nicht lauschen: {}. Beenden Sie das Programm, das diesen Port benutzt.",
    ),
    // Codes.
    (
        "A code of yours is open already, in another terminal. End that one first.",
        "Ein Code von Ihnen gilt schon, in einem anderen Fenster. Beenden Sie den zuerst.",
    ),
    (
        "Several devices say that they have a code of this number. Let them make a new one, and try that.",
        "Mehrere Computer sagen, dass sie einen Code mit dieser Zahl haben. Lassen Sie sich einen neuen machen, und versuchen Sie den.",
    ),
    (
        "There is nowhere to meet by a code: the network nearby is not enabled, and no server that lets guests in is set up. Change that in the configuration, under [nearby] or [codes].",
        "Für einen Code gibt es keinen Treffpunkt: „Menschen im selben Netz“ ist ausgeschaltet, und kein Server für Gäste ist eingerichtet. Ändern Sie das in den Einstellungen.",
    ),
    (
        "Many codes are open right now, and no free number was found. Try again.",
        "Gerade gelten viele Codes, und es war keine freie Zahl zu finden. Versuchen Sie es noch einmal.",
    ),
    ("Whoever made the code was not found. {}", "Wer den Code gemacht hat, war nicht zu finden. {}"),
    ("Nobody {} has a code of this number open. {}", "Niemand ({}) hat einen Code mit dieser Zahl. {}"),
    (
        "Check the number, and that you are on the same network; or type \"rendezvous offer --code HOST:PORT\" with their place.",
        "Prüfen Sie die Zahl, und ob Sie beide im selben Netz sind.",
    ),
    (
        "Check the number, and whether their code is still open.",
        "Prüfen Sie die Zahl, und ob der Code dort noch gilt.",
    ),
    ("The meeting place did not answer in time.", "Der Treffpunkt hat nicht rechtzeitig geantwortet."),
    // Rules.
    (
        "By the rules of this computer asking others for help is not allowed here ({}). Nobody was asked.",
        "Nach den Regeln dieses Computers darf hier niemand um Hilfe bitten ({}). Es wurde niemand gefragt.",
    ),
    (
        "By the rules of this computer help that others offer is not accepted here ({}). Nobody was asked.",
        "Nach den Regeln dieses Computers wird angebotene Hilfe hier nicht angenommen ({}). Es wurde niemand gefragt.",
    ),
    (
        "By the rules of this computer helping others is not allowed here ({}). Nobody was asked.",
        "Nach den Regeln dieses Computers darf hier niemand anderen helfen ({}). Es wurde niemand gefragt.",
    ),
    (
        "By the rules of this computer sharing a terminal is not allowed here ({}). Nobody was asked.",
        "Nach den Regeln dieses Computers darf hier kein Terminal geteilt werden ({}). Es wurde niemand gefragt.",
    ),
    (
        "By the rules of this computer only people whom you have verified before may help here ({}). Nobody was asked.",
        "Nach den Regeln dieses Computers darf hier nur helfen, wen Sie schon früher geprüft haben ({}). Es wurde niemand gefragt.",
    ),
    (
        "By the rules of this computer this person is not among those who may help here ({}). Nobody was asked.",
        "Nach den Regeln dieses Computers gehört dieser Mensch nicht zu denen, die hier helfen dürfen ({}). Es wurde niemand gefragt.",
    ),
    (
        "By the rules of this computer only certain people may help here, and who types a code is not known beforehand ({}). Nobody was asked.",
        "Nach den Regeln dieses Computers dürfen hier nur bestimmte Menschen helfen, und wer einen Code eingibt, ist vorher nicht bekannt ({}). Es wurde niemand gefragt.",
    ),
    (
        "{} asked to use your mouse and keyboard. By the rules of this computer they only see ({}), so you were not asked.",
        "{} wollte Ihre Maus und Tastatur benutzen. Nach den Regeln dieses Computers ist nur Zusehen möglich ({}); darum wurden Sie nicht gefragt.",
    ),
    (
        "A rule of this computer keeps {} from typing. You were not asked ({}).",
        "Eine Regel dieses Computers lässt {} nicht tippen. Sie wurden nicht gefragt ({}).",
    ),
    (
        "{} asked to hand over files. By the rules of this computer that is not possible ({}), so you were not asked.",
        "{} wollte Dateien übergeben. Nach den Regeln dieses Computers geht das nicht ({}); darum wurden Sie nicht gefragt.",
    ),
    (
        "{} asked to share what you both copy. By the rules of this computer that is not possible ({}), so you were not asked.",
        "{} wollte Kopiertes teilen. Nach den Regeln dieses Computers geht das nicht ({}); darum wurden Sie nicht gefragt.",
    ),
    (
        "{} asked to draw on your screen. By the rules of this computer that is not possible ({}), so you were not asked.",
        "{} wollte auf Ihrem Bildschirm zeichnen. Nach den Regeln dieses Computers geht das nicht ({}); darum wurden Sie nicht gefragt.",
    ),
    (
        "By the rules of this computer no files are handed over ({}). Nothing was sent.",
        "Nach den Regeln dieses Computers werden keine Dateien übergeben ({}). Es wurde nichts gesendet.",
    ),
    (
        "It cannot be found out how earlier helps began ({}), so nobody can use your mouse and keyboard.",
        "Wie frühere Hilfen begannen, lässt sich nicht feststellen ({}); darum kann niemand Ihre Maus und Tastatur benutzen.",
    ),
    (
        "It cannot be found out how earlier helps began ({}), so nobody can type into your terminal.",
        "Wie frühere Hilfen begannen, lässt sich nicht feststellen ({}); darum kann niemand in Ihr Terminal tippen.",
    ),
    (
        "The administrator's rules for this computer cannot be used: {}. Until that is put right nobody can ask for help here, be offered any or give any.",
        "Die Regeln des Administrators für diesen Computer sind unbrauchbar: {}. Bis das behoben ist, kann hier niemand um Hilfe bitten, welche angeboten bekommen oder geben.",
    ),
    (
        "Your own rules cannot be used: {}. Correct the file or remove it; until then you cannot ask for help, be offered any or give any.",
        "Ihre eigenen Regeln sind unbrauchbar: {}. Verbessern oder löschen Sie die Datei; bis dahin können Sie nicht um Hilfe bitten, keine angeboten bekommen und keine geben.",
    ),
    ("set by its administrator, line {} of {}", "vom Administrator gesetzt, Zeile {} in {}"),
    ("set by yourself, line {} of your policy.toml", "von Ihnen selbst gesetzt, Zeile {} Ihrer policy.toml"),
    ("without a rule that says so", "ohne eine Regel, die das sagt"),
    // Names.
    (
        "\"{}\" is not a name for a contact; expected 1 to 64 bytes without any of @ : / \" and not beginning with a dash",
        "„{}“ ist kein Name für einen Kontakt: höchstens 64 Zeichen, ohne @ : / \" und ohne Strich am Anfang.",
    ),
    (
        "{} is {} already. Choose another name, or remove that one first.",
        "Den Namen {} hat schon {}. Wählen Sie einen anderen Namen.",
    ),
    (
        "there are {} contacts, which is as many as can be kept; remove some",
        "Es gibt schon {} Kontakte, mehr lassen sich nicht merken. Entfernen Sie einige.",
    ),
    // Accounts.
    (
        "The password of {} is not here: there is none in the file for it, and no keyring that has it. Give it with \"rendezvous login {}\".",
        "Das Passwort von {} ist hier nicht zu finden. Melden Sie {} in den Einstellungen neu an.",
    ),
    (
        "The password of {} could not be checked, so nothing was changed. {}",
        "Das Passwort von {} ließ sich nicht prüfen, darum wurde nichts geändert. {}",
    ),
    ("There is no account {} here. \"rendezvous accounts\" lists them.", "Hier gibt es kein Konto {}."),
    ("There is no account {} here. Did you mean \"{}\"?", "Hier gibt es kein Konto {}. Meinten Sie „{}“?"),
    (
        "Cannot find the server of {}: {}. Check the address and the network connection.",
        "Der Server von {} ist nicht zu finden: {}. Prüfen Sie die Adresse und die Verbindung zum Netz.",
    ),
    (
        "{} says of itself that it has no XMPP accounts. Check the address.",
        "{} hat nach eigener Angabe keine XMPP-Konten. Prüfen Sie die Adresse.",
    ),
    ("Cannot reach the server at {}: {}.", "Der Server bei {} ist nicht zu erreichen: {}."),
    ("The server did not answer in time.", "Der Server hat nicht rechtzeitig geantwortet."),
    (
        "{} is not on this computer, and only a server on this computer may be spoken to without encryption.",
        "{} ist nicht auf diesem Computer, und nur mit einem Server auf diesem Computer darf unverschlüsselt gesprochen werden.",
    ),
    (
        "The server of {} offers no encryption, so nothing was sent to it.",
        "Der Server von {} bietet keine Verschlüsselung an, darum wurde ihm nichts gesendet.",
    ),
    (
        "The certificate of the server has expired{}. Check this computer's clock; else the server's administrator must renew it.",
        "Das Zertifikat des Servers ist abgelaufen{}. Prüfen Sie die Uhr dieses Computers; sonst muss es der Betreiber des Servers erneuern.",
    ),
    (
        "The certificate of the server is not valid yet{}. Check this computer's clock.",
        "Das Zertifikat des Servers gilt noch nicht{}. Prüfen Sie die Uhr dieses Computers.",
    ),
    (
        "The server's certificate is for another name than {}: this may be somebody else's server. Ask its administrator.",
        "Das Zertifikat des Servers gilt für einen anderen Namen als {}: Das kann der Server von jemand anderem sein. Fragen Sie den Betreiber.",
    ),
    (
        "The server's certificate was issued by an authority that this computer does not know: this may be somebody else's server. If the server is your organisation's own, have its authority's certificate added.",
        "Das Zertifikat des Servers stammt von einer Stelle, die dieser Computer nicht kennt: Das kann der Server von jemand anderem sein. Gehört der Server Ihrer Organisation, dann lassen Sie das Zertifikat dieser Stelle eintragen.",
    ),
    (
        "The server's certificate cannot be accepted: {}.",
        "Das Zertifikat des Servers ist nicht annehmbar: {}.",
    ),
    (
        "The encrypted connection could not be made: {}.",
        "Die verschlüsselte Verbindung kam nicht zustande: {}.",
    ),
    (
        "The server did not accept the password. Check the address and type the password again.",
        "Der Server hat das Passwort nicht angenommen. Prüfen Sie die Adresse, und geben Sie das Passwort noch einmal ein.",
    ),
    (
        "The server did not accept the password, or not the proof that ties it to this connection. Check the password; if it is right, the server's channel binding does not work, and you can switch it off for this account (channel_binding = false).",
        "Der Server hat das Passwort nicht angenommen, oder nicht den Beweis, der es an diese Verbindung bindet. Prüfen Sie das Passwort; wenn es stimmt, lässt sich die Bindung für dieses Konto abschalten (channel_binding = false).",
    ),
    (
        "The account is disabled, or its password has expired. Ask the server's administrator.",
        "Das Konto ist gesperrt, oder sein Passwort ist abgelaufen. Fragen Sie den Betreiber des Servers.",
    ),
    (
        "The server offers no way to sign in that this program uses; it offers: {}.",
        "Der Server bietet keine Anmeldung an, die dieses Programm benutzt; er bietet: {}.",
    ),
    (
        "The server wants the login tied to the connection in a way that this program does not know. You can switch it off for this account (channel_binding = false).",
        "Der Server will die Anmeldung auf eine Art an die Verbindung binden, die dieses Programm nicht kennt. Das lässt sich für dieses Konto abschalten (channel_binding = false).",
    ),
    (
        "The server could not prove that it knows the password: this may be somebody else's server.",
        "Der Server konnte nicht beweisen, dass er das Passwort kennt: Das kann der Server von jemand anderem sein.",
    ),
    (
        "Another program signed in to this account as the same device, so this one signed out. End one of the two, then sign in again.",
        "Ein anderes Programm hat sich mit diesem Konto als dasselbe Gerät angemeldet, darum wurde dieses abgemeldet. Beenden Sie eines der beiden, und melden Sie sich neu an.",
    ),
    (
        "The server takes no further device of this account: {}.",
        "Der Server nimmt kein weiteres Gerät dieses Kontos an: {}.",
    ),
    ("The server ended the connection: {}.", "Der Server hat die Verbindung beendet: {}."),
    ("The connection to the server was lost: {}.", "Die Verbindung zum Server ist abgebrochen: {}."),
    (
        "The server said something that is not XMPP: {}.",
        "Der Server hat etwas gesagt, das kein XMPP ist: {}.",
    ),
];

/// What was said, for whoever reads this language.
pub(crate) fn said(language: Language, text: &str) -> String {
    match language {
        Language::English => text.to_owned(),
        Language::German => known(text).unwrap_or_else(|| format!("Auf Englisch heißt es: {text}")),
    }
}

/// In German, where all of it is known.
fn known(text: &str) -> Option<String> {
    if text.contains('\n') {
        let lines: Option<Vec<String>> = text.lines().map(known).collect();
        return lines.map(|lines| lines.join("\n"));
    }
    let of_code = |code: &Code| text == format!("{} {}", code.text(), code.remedy());
    if let Some(code) = Code::ALL.into_iter().find(of_code) {
        return Some(of(code));
    }
    SENTENCES.iter().find_map(|(english, german)| Some(filled(german, &parts(english, text)?)))
}

/// A call that was refused here, before anybody else heard of it.
fn of(code: Code) -> String {
    match code {
        Code::InvitedSelf => "Sich selbst können Sie nicht einladen. Wählen Sie jemand anderen.".to_owned(),
        Code::AppNotRegistered => "Dieses Programm ist hier nicht eingerichtet.".to_owned(),
        _ => {
            let (heading, text) = outcome(Language::German, "", None, code.into());
            format!("{heading} {text}")
        }
    }
}

/// What stands in the places of a sentence, if it is this one.
fn parts<'a>(form: &str, text: &'a str) -> Option<Vec<&'a str>> {
    let mut pieces = form.split("{}");
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let mut parts = Vec::new();
    let pieces: Vec<&str> = pieces.collect();
    for (at, piece) in pieces.iter().enumerate() {
        let is_last = at + 1 == pieces.len();
        let part = match is_last {
            true => rest.strip_suffix(piece)?,
            false => rest.split_once(piece)?.0,
        };
        if part.is_empty() && !piece.starts_with('.') {
            return None;
        }
        parts.push(part);
        rest = if is_last { "" } else { &rest[part.len() + piece.len()..] };
    }
    rest.is_empty().then_some(parts)
}

/// What differs is in its place again; where it is a sentence of ours, in German.
fn filled(form: &str, parts: &[&str]) -> String {
    let mut pieces = form.split("{}");
    let mut filled = pieces.next().unwrap_or_default().to_owned();
    for (piece, part) in pieces.zip(parts) {
        filled.push_str(&known(part).unwrap_or_else(|| (*part).to_owned()));
        filled.push_str(piece);
    }
    filled
}

#[cfg(test)]
mod tests;
