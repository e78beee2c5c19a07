//! Pages about one call: the code, the ringing, what goes on, and how it ended.

use super::{
    ApplicationId, Block, ButtonKind, Call, Duration, Field, Going, LONGEST, Manner, Mark, Outcome, Pressed,
    Row, Sheet, Stage, View, foreign, ids, outcome, span,
};

impl Sheet<'_> {
    pub(super) fn making_code(mut self) -> View {
        self.heading("A code is being made for you…", "Ein Code wird für Sie gemacht…");
        self.text("This takes a few seconds.", "Das dauert ein paar Sekunden.");
        self.cancel();
        self.done()
    }

    pub(super) fn code(mut self, code: &str, left: Duration) -> View {
        self.heading("Read this code on the telephone:", "Lesen Sie diesen Code am Telefon vor:");
        self.body.push(Block::Large(code.to_owned()));
        let parts: Vec<&str> = code.split('-').collect();
        if let [number, words @ ..] = parts.as_slice() {
            let words = words.join(", ");
            self.body.push(Block::Text(self.t.pick(
                format!("Say: “{number}, {words}”. The words are English; spell them if need be."),
                format!("Sagen Sie: „{number}, {words}“. Die Wörter sind englisch; buchstabieren Sie sie, wenn nötig."),
            )));
        }
        self.text(
            "Whoever helps you opens Rendezvous, presses “Help someone”, then “Someone on the telephone”, and types it. Tell it to nobody who has called you unasked.",
            "Wer Ihnen hilft, öffnet Rendezvous, drückt „Jemandem helfen“, dann „Jemand am Telefon“ und tippt ihn ein. Sagen Sie ihn niemandem, der Sie ungefragt angerufen hat.",
        );
        let minutes = left.as_secs().div_ceil(60);
        self.body.push(Block::Small(self.t.pick(
            format!("It is good once, and for {minutes} more minutes. Then a window asks you."),
            format!("Er gilt einmal, und noch {minutes} Minuten. Danach fragt Sie ein Fenster."),
        )));
        self.cancel();
        self.done()
    }

    pub(super) fn type_code(mut self, wrong: Option<&str>, searching: bool) -> View {
        self.heading("Type the code that you are told.", "Tippen Sie den Code ein, den man Ihnen sagt.");
        let label = self.s("The code, as in 7-apple-river:", "Der Code, wie in 7-apple-river:");
        if searching {
            self.text("Looking for them…", "Es wird gesucht…");
            self.text("This may take half a minute.", "Das kann eine halbe Minute dauern.");
            self.cancel();
            return self.done();
        }
        let field = Block::Field(Field { label, text: String::new(), is_secret: false });
        // What is wrong stands before the field: at large letters what follows has to be scrolled to.
        match wrong {
            Some("") => self.body.push(Block::Strong(self.s(
                "That is not a code yet: it is a number and two words. Nothing was sent. Listen again, and correct it.",
                "Das ist noch kein Code: Er besteht aus einer Zahl und zwei Wörtern. Es wurde nichts gesendet. Hören Sie noch einmal hin, und verbessern Sie ihn.",
            ))),
            Some(why) => {
                let found = self.s(
                    "Nobody was found with this code. Check the number, and whether the code is still on their screen.",
                    "Mit diesem Code wurde niemand gefunden. Prüfen Sie die Zahl, und ob der Code dort noch zu sehen ist.",
                );
                self.body.push(Block::Strong(found));
                self.body.push(Block::Small(self.said_in_full(why)));
            }
            None => {}
        }
        self.body.push(field);
        if wrong.is_none() {
            self.text(
                "They find it under “Ask for help”, “Someone on the telephone”. A dash or a space between the words is the same.",
                "Der Code steht dort unter „Um Hilfe bitten“, „Jemand am Telefon“. Strich oder Leerzeichen zwischen den Wörtern ist gleich.",
            );
        }
        self.back();
        self.button(ids::SEARCH, ButtonKind::Plain, "Go on", "Weiter");
        self.done()
    }

    pub(super) fn calling(mut self, call: &Call) -> View {
        let who = match call.who.is_empty() {
            true if call.whom.is_some() => self.s("this person", "dieser Mensch"),
            true => self.s("whoever has the other half of the code", "wer den Code hat"),
            false => foreign(&call.who, LONGEST),
        };
        let novice = call.application == ApplicationId::ASK;
        if call.is_leaving {
            self.heading("It is being ended…", "Es wird beendet…");
            return self.done();
        }
        match call.stage {
            Stage::Sent | Stage::Rings => {
                let heading = match novice {
                    true => self
                        .t
                        .pick(format!("Asking {who} for help…"), format!("{who} wird um Hilfe gebeten…")),
                    false => {
                        self.t.pick(format!("Offering {who} help…"), format!("{who} wird Hilfe angeboten…"))
                    }
                };
                self.body.push(Block::Heading(heading));
                let time = span(self.door.now.saturating_sub(call.since));
                let devices = call.devices.iter().map(|device| foreign(device, LONGEST)).collect::<Vec<_>>();
                let line = match (call.stage, devices.as_slice()) {
                    (Stage::Rings, []) => {
                        self.t.pick(format!("It rings there · {time}"), format!("Es klingelt dort · {time}"))
                    }
                    (Stage::Rings, devices) => {
                        let devices = devices.join(", ");
                        self.t.pick(
                            format!("It rings on {devices} · {time}"),
                            format!("Es klingelt auf {devices} · {time}"),
                        )
                    }
                    _ => self.t.pick(format!("Being reached · {time}"), format!("Wird erreicht · {time}")),
                };
                self.body.push(Block::Text(line));
                self.text(
                    "Nothing is shared. If it takes long, ring them on the telephone.",
                    "Es wird nichts gezeigt. Wenn es lange dauert, rufen Sie dort an.",
                );
                self.cancel();
            }
            Stage::Accepted => {
                self.body.push(Block::Heading(self.t.pick(
                    format!("{} said yes.", sentence(&who)),
                    format!("{} hat angenommen.", sentence(&who)),
                )));
                self.text("One moment…", "Einen Moment…");
                self.cancel();
            }
            Stage::Begun if novice => {
                self.body.push(Block::Heading(
                    self.t
                        .pick(format!("{} is there.", sentence(&who)), format!("{} ist da.", sentence(&who))),
                ));
                self.text(
                    "A window asks you before anything of your screen is shown. While it is shown, a bar stands at the top of the screen: there you can stop at any time, and Esc three times stops it too.",
                    "Ein Fenster fragt Sie, bevor etwas von Ihrem Bildschirm gezeigt wird. Solange er gezeigt wird, steht oben ein Balken: Dort können Sie jederzeit beenden, und dreimal Esc beendet es auch.",
                );
                self.end_help();
            }
            Stage::Begun => {
                self.body.push(Block::Heading(
                    self.t
                        .pick(format!("{} is there.", sentence(&who)), format!("{} ist da.", sentence(&who))),
                ));
                self.text(
                    "Their screen appears in your browser as soon as they allow it.",
                    "Der Bildschirm erscheint in Ihrem Browser, sobald er Ihnen gezeigt wird.",
                );
                self.end_help();
            }
        }
        self.done()
    }

    pub(super) fn end_help(&mut self) {
        self.small(
            "You can close this window: it goes on, and the entry in the menu shows it again.",
            "Sie können dieses Fenster schließen: Es geht weiter, und der Eintrag im Menü zeigt es wieder.",
        );
        self.button(ids::CANCEL, ButtonKind::Plain, "End the help", "Die Hilfe beenden");
    }

    pub(super) fn going_row(&self, going: &Going) -> Option<Row> {
        let id = self.door.numbers.of(&Pressed::Going(going.session.clone()))?;
        let line = match (going.rings, going.is_theirs) {
            (true, true) => self.s(
                "calls you: the question is on your screen",
                "ruft Sie: Die Frage steht auf Ihrem Bildschirm",
            ),
            (true, false) => self.s("is being called", "wird gerufen"),
            (false, _) => match going.manner {
                Some(Manner::Ask) => self.s("helps you", "hilft Ihnen"),
                Some(Manner::Help) => self.s("gets help from you", "bekommt Hilfe von Ihnen"),
                None => self.s("is there", "ist da"),
            },
        };
        let title = match going.who.is_empty() {
            true => self.s("Somebody without a name yet", "Jemand noch ohne Namen"),
            false => foreign(&going.who, LONGEST),
        };
        Some(Row { id, title, line, mark: Mark::Full })
    }

    pub(super) fn going(mut self, going: Option<&Going>) -> View {
        match going.and_then(|going| self.going_row(going)) {
            Some(row) => {
                self.body.push(Block::Heading(format!("{} {}.", row.title, row.line)));
                self.text("You can end it here.", "Sie können es hier beenden.");
                self.back();
                self.button(ids::CANCEL, ButtonKind::Plain, "End it", "Beenden");
            }
            None => {
                self.heading("This is over.", "Das ist vorbei.");
                self.back();
            }
        }
        self.done()
    }

    pub(super) fn outcome(mut self, who: &str, again: bool, ended: &Outcome) -> View {
        let who = foreign(who, LONGEST);
        match ended {
            Outcome::Over => {
                self.heading("The help is over.", "Die Hilfe ist beendet.");
                self.text("Nothing is shared any more.", "Es wird nichts mehr gezeigt.");
            }
            Outcome::Withdrawn => {
                self.heading("You withdrew it.", "Sie haben es zurückgezogen.");
                self.text("Nothing was shared.", "Es wurde nichts gezeigt.");
            }
            Outcome::CodeTooOld => {
                self.heading("Nobody has typed the code.", "Niemand hat den Code eingegeben.");
                self.text(
                    "Its time is over, and it is of no use any more. Make a new one when you are on the telephone together.",
                    "Seine Zeit ist um, und er gilt nicht mehr. Machen Sie einen neuen, wenn Sie miteinander telefonieren.",
                );
            }
            Outcome::Failed { declined, result } => {
                let (heading, text) = outcome(self.t, &who, *declined, *result);
                self.body.extend([
                    Block::Heading(heading),
                    Block::Text(text),
                    Block::Small(result.to_string()),
                ]);
            }
            Outcome::Refused(why) => {
                self.heading("This is not possible right now.", "Das geht gerade nicht.");
                self.said(why);
            }
        }
        self.button(ids::BACK, ButtonKind::Safe, "To the beginning", "Zum Anfang");
        if again {
            self.button(ids::AGAIN, ButtonKind::Plain, "Try again", "Noch einmal");
        }
        self.done()
    }
}

/// With a capital letter, at the beginning of a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
