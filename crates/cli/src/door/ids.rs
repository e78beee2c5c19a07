//! The names of everything that can be pressed. A row has the same number for ever.

use super::facts::Past;
use crate::resolve::Whom;
use rendezvous_desktop::windows::ButtonId;

/// What a press means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pressed {
    Ask,
    Help,
    MakeCode,
    TypeCode,
    Person(Whom),
    AskThem,
    HelpThem,
    /// Something that goes on, by its name.
    Going(String),
    Back,
    Cancel,
    Search,
    Again,
    Happened,
    /// The record of this session, and what it was.
    Past(String, String),
    Settings,
    SignIn,
    NoAccount,
    Visible,
    Language,
    TextSize,
    /// Give this person a name.
    Name,
    /// People in the same network, or not.
    Nearby,
    /// Whether this account is to be signed out of.
    SignOutOf(String),
    /// It is.
    SignOut,
    /// Do not let them call any more.
    Block,
    /// Who may not.
    Blocked,
    /// Let them call again.
    Unblock(Whom),
}

pub(crate) const ASK: ButtonId = ButtonId(1);
pub(crate) const HELP: ButtonId = ButtonId(2);
pub(crate) const MAKE_CODE: ButtonId = ButtonId(3);
pub(crate) const TYPE_CODE: ButtonId = ButtonId(4);
pub(crate) const ASK_THEM: ButtonId = ButtonId(5);
pub(crate) const HELP_THEM: ButtonId = ButtonId(6);
pub(crate) const BACK: ButtonId = ButtonId(7);
pub(crate) const CANCEL: ButtonId = ButtonId(8);
pub(crate) const SEARCH: ButtonId = ButtonId(9);
pub(crate) const AGAIN: ButtonId = ButtonId(10);
pub(crate) const HAPPENED: ButtonId = ButtonId(11);
pub(crate) const SETTINGS: ButtonId = ButtonId(12);
pub(crate) const SIGN_IN: ButtonId = ButtonId(13);
pub(crate) const NO_ACCOUNT: ButtonId = ButtonId(14);
pub(crate) const VISIBLE: ButtonId = ButtonId(15);
pub(crate) const LANGUAGE: ButtonId = ButtonId(16);
pub(crate) const TEXT_SIZE: ButtonId = ButtonId(17);
pub(crate) const NAME: ButtonId = ButtonId(18);
pub(crate) const NEARBY: ButtonId = ButtonId(19);
pub(crate) const SIGN_OUT: ButtonId = ButtonId(20);
pub(crate) const BLOCK: ButtonId = ButtonId(21);
pub(crate) const BLOCKED: ButtonId = ButtonId(22);

/// Where the numbers of rows begin.
const ROWS: u16 = 100;

/// Which row has which number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    rows: Vec<Pressed>,
}

impl Numbers {
    pub(crate) fn meaning(&self, button: ButtonId) -> Option<Pressed> {
        Some(match button {
            ASK => Pressed::Ask,
            HELP => Pressed::Help,
            MAKE_CODE => Pressed::MakeCode,
            TYPE_CODE => Pressed::TypeCode,
            ASK_THEM => Pressed::AskThem,
            HELP_THEM => Pressed::HelpThem,
            BACK => Pressed::Back,
            CANCEL => Pressed::Cancel,
            SEARCH => Pressed::Search,
            AGAIN => Pressed::Again,
            HAPPENED => Pressed::Happened,
            SETTINGS => Pressed::Settings,
            SIGN_IN => Pressed::SignIn,
            NO_ACCOUNT => Pressed::NoAccount,
            VISIBLE => Pressed::Visible,
            LANGUAGE => Pressed::Language,
            TEXT_SIZE => Pressed::TextSize,
            NAME => Pressed::Name,
            NEARBY => Pressed::Nearby,
            SIGN_OUT => Pressed::SignOut,
            BLOCK => Pressed::Block,
            BLOCKED => Pressed::Blocked,
            ButtonId(number) => self.rows.get(usize::from(number.checked_sub(ROWS)?))?.clone(),
        })
    }

    pub(crate) fn person(&mut self, whom: &Whom, is_blocked: bool) {
        self.learn(Pressed::Person(whom.clone()));
        if is_blocked {
            self.learn(Pressed::Unblock(whom.clone()));
        }
    }

    pub(crate) fn going(&mut self, session: &str) {
        self.learn(Pressed::Going(session.to_owned()));
    }

    pub(crate) fn account(&mut self, jid: &str) {
        self.learn(Pressed::SignOutOf(jid.to_owned()));
    }

    pub(crate) fn past(&mut self, past: &Past) {
        if let Some(record) = &past.record {
            self.learn(Pressed::Past(record.clone(), past.what.clone()));
        }
    }

    /// The number of a row; nothing for one that nobody has learnt, or where there are too many.
    pub(crate) fn of(&self, row: &Pressed) -> Option<ButtonId> {
        let at = self.rows.iter().position(|known| known == row)?;
        Some(ButtonId(u16::try_from(at).ok()?.checked_add(ROWS)?))
    }

    fn learn(&mut self, row: Pressed) {
        if self.of(&row).is_none() && self.rows.len() < usize::from(u16::MAX - ROWS) {
            self.rows.push(row);
        }
    }
}
