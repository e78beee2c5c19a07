//! Whom there is to call, one of them, and their name.

use super::{
    Block, ButtonKind, Contact, Field, LONGEST, MOST_PEOPLE, Manner, Mark, Pressed, Row, Sheet, Standing,
    View, foreign, ids, standing_in,
};

impl Sheet<'_> {
    pub(super) fn contact_row(&self, contact: &Contact) -> Option<Row> {
        let id = self.door.numbers.of(&Pressed::Person(contact.whom.clone()))?;
        let mark = if contact.is_there { Mark::Full } else { Mark::Empty };
        Some(Row { id, title: self.title(contact), line: self.line(contact), mark })
    }

    /// A stranger is called by what they call themselves, and that is said.
    pub(super) fn title(&self, contact: &Contact) -> String {
        match (contact.is_stranger, &contact.claims) {
            (true, Some(claims)) => {
                let claims = foreign(claims, LONGEST);
                self.t.pick(
                    format!("Someone nearby who calls themselves “{claims}”"),
                    format!("Jemand in der Nähe, der sich „{claims}“ nennt"),
                )
            }
            _ if contact.is_nameless() => self.s("Somebody without a name yet", "Jemand noch ohne Namen"),
            _ => foreign(&contact.name, LONGEST),
        }
    }

    pub(super) fn line(&self, contact: &Contact) -> String {
        let mut parts = Vec::new();
        parts.push(match contact.is_there {
            true => self.s("is there now", "ist gerade da"),
            false => self.s("not there now", "gerade nicht da"),
        });
        parts.push(standing_in(self.t, contact.standing));
        if contact.is_nameless() && !contact.is_stranger {
            // The beginning tells two of them apart.
            let beginning: String = contact.whom.address.chars().take(8).collect();
            parts.push(foreign(&beginning, LONGEST));
        }
        // Addresses of devices nearby say nothing to anybody; the standing does.
        if contact.whom.address != contact.name && contact.whom.address.contains('@') {
            parts.push(foreign(&contact.whom.address, LONGEST));
        }
        parts.join(" · ")
    }

    pub(super) fn whom(mut self, manner: Manner, find: &str) -> View {
        match manner {
            Manner::Ask => self.heading("Who is to help you?", "Wer soll Ihnen helfen?"),
            Manner::Help => self.heading("Whom would you like to help?", "Wem möchten Sie helfen?"),
        }
        let door = self.door;
        let found: Vec<&Contact> =
            door.people.iter().flatten().filter(|contact| contact.is_called(find)).collect();
        let has_people = door.people.iter().flatten().next().is_some();
        // Whoever knows already whom they mean need not wait for the list.
        if has_people || door.people.is_none() {
            let label =
                self.s("Type a name to find somebody:", "Tippen Sie einen Namen, um jemanden zu finden:");
            self.body.push(Block::Field(Field { label, text: find.to_owned(), is_secret: false }));
        }
        let rows: Vec<Row> =
            found.into_iter().take(MOST_PEOPLE).filter_map(|c| self.contact_row(c)).collect();
        match (&door.people, rows.is_empty()) {
            (None, _) => self.text("One moment…", "Einen Moment…"),
            (Some(_), true) if has_people => {
                self.text("Nobody of that name is known here.", "Hier ist niemand dieses Namens bekannt.");
            }
            (Some(_), true) => {}
            (Some(_), false) => self.body.push(Block::Rows(rows)),
        }
        let code = match manner {
            Manner::Ask => self.row(
                ids::MAKE_CODE,
                ("Someone on the telephone", "Jemand am Telefon"),
                (
                    "You get a code and read it to them. They type it.",
                    "Sie bekommen einen Code und lesen ihn vor. Er wird dort eingetippt.",
                ),
            ),
            Manner::Help => self.row(
                ids::TYPE_CODE,
                ("Someone on the telephone", "Jemand am Telefon"),
                (
                    "They read a code to you. You type it here.",
                    "Man liest Ihnen einen Code vor. Sie tippen ihn hier ein.",
                ),
            ),
        };
        self.body.push(Block::Tiles(vec![code]));
        self.back();
        self.done()
    }

    pub(super) fn person(mut self, contact: Option<&Contact>) -> View {
        let Some(contact) = contact else { return self.unknown() };
        self.body.push(Block::Heading(self.title(contact)));
        self.body.push(Block::Who(self.line(contact)));
        if !contact.is_there {
            self.text(
                "The computer there is off, or Rendezvous is not open. You can try all the same.",
                "Der Computer dort ist aus, oder Rendezvous ist nicht offen. Sie können es trotzdem versuchen.",
            );
        }
        if !matches!(contact.standing, Standing::Verified { .. }) {
            self.text(
                "The first time you both make sure who is there: three words are read out on the telephone.",
                "Beim ersten Mal vergewissern Sie sich beide, wer da ist: Am Telefon werden drei Wörter vorgelesen.",
            );
        }
        let (ask, help) = match contact.is_nameless() {
            true => (
                self.s("Ask this person for help", "Diesen Menschen um Hilfe bitten"),
                self.s("Offer this person your help", "Diesem Menschen Hilfe anbieten"),
            ),
            false => {
                let name = foreign(&contact.name, LONGEST);
                (
                    self.t.pick(format!("Ask {name} for help"), format!("{name} um Hilfe bitten")),
                    self.t.pick(format!("Offer {name} your help"), format!("{name} Hilfe anbieten")),
                )
            }
        };
        let tile = |id, title, line| Row { id, title, line, mark: Mark::None };
        let ask = tile(
            ids::ASK_THEM,
            ask,
            self.s(
                "You choose afterwards whether your screen is shown",
                "Danach entscheiden Sie, ob Ihr Bildschirm gezeigt wird",
            ),
        );
        let help = tile(
            ids::HELP_THEM,
            help,
            self.s(
                "They choose whether you see their screen",
                "Ob Sie den Bildschirm sehen, wird dort entschieden",
            ),
        );
        self.body.push(Block::Tiles(vec![ask, help]));
        let name = match contact.is_nameless() {
            true => self.row(
                ids::NAME,
                ("Give this person a name", "Diesem Menschen einen Namen geben"),
                ("So that you find them again", "Damit Sie ihn wiederfinden"),
            ),
            false => self.row(
                ids::NAME,
                ("Give another name", "Einen anderen Namen geben"),
                ("It stands only on this computer", "Er steht nur auf diesem Computer"),
            ),
        };
        let block = self.row(
            ids::BLOCK,
            ("Do not let them call me", "Anrufe von dort nicht mehr annehmen"),
            ("You can change this in the settings", "Das können Sie in den Einstellungen ändern"),
        );
        self.body.push(Block::Rows(vec![name, block]));
        self.back();
        self.done()
    }

    fn unknown(mut self) -> View {
        self.heading("This person is not known here any more.", "Dieser Mensch ist hier nicht mehr bekannt.");
        self.back();
        self.done()
    }

    /// A name is given to somebody.
    pub(super) fn name(mut self, contact: Option<&Contact>, wrong: Option<&str>) -> View {
        let Some(contact) = contact else { return self.unknown() };
        self.heading("What do you call this person?", "Wie nennen Sie diesen Menschen?");
        self.body.push(Block::Who(self.line(contact)));
        let label = self.s("The name:", "Der Name:");
        let field = Block::Field(Field { label, text: String::new(), is_secret: false });
        match wrong {
            // Before the field: at large letters what follows has to be scrolled to.
            Some(why) => {
                let cannot = self.s(
                    "This name cannot be used. Take another one.",
                    "Dieser Name geht nicht. Nehmen Sie einen anderen.",
                );
                self.body.extend([Block::Strong(cannot), Block::Small(self.said_in_full(why)), field]);
            }
            None => {
                self.body.push(field);
                self.text("It stands only on this computer.", "Er steht nur auf diesem Computer.");
            }
        }
        self.back();
        self.button(ids::SEARCH, ButtonKind::Plain, "Go on", "Weiter");
        self.done()
    }
}
