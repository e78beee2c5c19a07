//! The person's own contacts: names that they gave, where somebody is found, and whom they will not hear from.
//!
//! A file that the person can read and change. Networks bring lists of their own and the verified keys are elsewhere;
//! [`resolve`](crate::resolve) looks at all of them.

use crate::home::Home;
use crate::private;
use anyhow::{Context, Result, bail};
use rendezvous_trust::{Contact, UnixTime};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// More than this is not a list of contacts.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// The most that are kept.
const MAX_CONTACTS: usize = 4096;

const HEAD: &str =
    "# Your contacts: \"rendezvous add\", \"remove\", \"block\" and \"unblock\" write this file.\n\n";

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Person {
    /// What this person calls them; empty when they were only blocked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) name: String,
    pub(crate) network: String,
    pub(crate) address: String,
    /// Where they were found: `host:port`, for networks without a server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) places: Vec<String>,
    /// Since when, in seconds since 1970.
    #[serde(default)]
    pub(crate) since: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) blocked: bool,
}

/// The list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contacts {
    #[serde(default, rename = "contact", skip_serializing_if = "Vec::is_empty")]
    people: Vec<Person>,
}

impl Contacts {
    /// The list as it is now: commands and agent are different processes.
    pub(crate) fn load(home: &Home) -> Result<Self> {
        read(&path(home))
    }

    /// Changes the list. Whoever else wants to waits meanwhile; a crash leaves the old file or the new one.
    pub(crate) fn change<T>(home: &Home, change: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let path = path(home);
        let _lock = private::lock(&path.with_extension("lock"))?;
        let mut contacts = read(&path)?;
        let result = change(&mut contacts)?;
        let text = toml::to_string(&contacts).context("the contacts cannot be written down")?;
        private::replace(&path, format!("{HEAD}{text}").as_bytes())?;
        Ok(result)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Person> {
        self.people.iter()
    }

    pub(crate) fn get(&self, network: &str, address: &str) -> Option<&Person> {
        self.people.iter().find(|p| p.is(network, address))
    }

    /// Whether this person does not want to hear from them.
    pub(crate) fn is_blocked(&self, network: &str, address: &str) -> bool {
        self.get(network, address).is_some_and(|p| p.blocked)
    }

    /// The name that the person gave them.
    pub(crate) fn name(&self, network: &str, address: &str) -> Option<&str> {
        self.get(network, address).map(|p| p.name.as_str()).filter(|name| !name.is_empty())
    }

    /// Adds somebody, or gives a new name or place to somebody who is there already.
    pub(crate) fn add(&mut self, now: UnixTime, person: Person) -> Result<()> {
        check_name(&person.name)?;
        Contact::new(person.network.as_str(), person.address.as_str())?;
        let is_other = |p: &&Person| !p.is(&person.network, &person.address);
        let mut others = self.people.iter().filter(is_other);
        if let Some(other) = others.find(|p| !p.name.is_empty() && same(&p.name, &person.name)) {
            bail!(
                "{} is {} already. Choose another name, or remove that one first.",
                other.name,
                other.address
            );
        }
        let is_full = self.people.len() >= MAX_CONTACTS;
        match self.people.iter_mut().find(|p| p.is(&person.network, &person.address)) {
            Some(known) => {
                known.name = person.name;
                known.places.extend(person.places);
                known.places.sort();
                known.places.dedup();
            }
            None if is_full => {
                bail!("there are {MAX_CONTACTS} contacts, which is as many as can be kept; remove some")
            }
            None => self.people.push(Person { since: now.0, ..person }),
        }
        Ok(())
    }

    /// Takes somebody off the list. `false` when they were not on it.
    pub(crate) fn remove(&mut self, network: &str, address: &str) -> bool {
        let before = self.people.len();
        self.people.retain(|p| !p.is(network, address));
        self.people.len() != before
    }

    /// Blocks somebody, or no longer.
    pub(crate) fn block(&mut self, now: UnixTime, network: &str, address: &str, blocked: bool) -> Result<()> {
        Contact::new(network, address)?;
        match self.people.iter_mut().find(|p| p.is(network, address)) {
            Some(person) => person.blocked = blocked,
            None if blocked => self.people.push(Person {
                name: String::new(),
                network: network.to_owned(),
                address: address.to_owned(),
                places: Vec::new(),
                since: now.0,
                blocked,
            }),
            None => {}
        }
        // Somebody without a name is on the list only because they are blocked.
        self.people.retain(|p| p.blocked || !p.name.is_empty());
        Ok(())
    }
}

impl Person {
    fn is(&self, network: &str, address: &str) -> bool {
        self.network == network && self.address == address
    }
}

/// A name must be something that can be said, and that is not taken for an address or an option.
pub(crate) fn check_name(name: &str) -> Result<()> {
    let strange = |c: char| {
        c.is_control()
            || matches!(c, '@' | ':' | '/' | '"' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let ok = (1..=64).contains(&name.len()) && name.trim() == name && !name.starts_with('-');
    if !ok || name.chars().any(strange) {
        bail!(
            "\"{name}\" is not a name for a contact; expected 1 to 64 bytes without any of @ : / \" and not beginning with a dash"
        );
    }
    Ok(())
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

fn path(home: &Home) -> PathBuf {
    home.data_file("contacts.toml")
}

fn read(path: &std::path::Path) -> Result<Contacts> {
    let Some(text) = private::read(path, MAX_FILE)? else { return Ok(Contacts::default()) };
    if text.len() as u64 > MAX_FILE {
        bail!("{} is too long for a list of contacts; it is left as it is", path.display());
    }
    toml::from_str(&text).map_err(|error| {
        let line =
            error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        anyhow::anyhow!(
            "{}, line {line}: {}. It is left as it is; correct it, or move it away.",
            path.display(),
            error.message()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_testkit::home::Home as Place;

    fn person(name: &str, address: &str) -> Person {
        Person {
            name: name.to_owned(),
            network: "nearby".to_owned(),
            address: address.to_owned(),
            places: vec!["192.0.2.1:7".to_owned()],
            since: 0,
            blocked: false,
        }
    }

    #[test]
    fn what_was_added_is_there_and_what_was_removed_is_not() {
        let place = Place::new("contacts").expect("a place for a test");
        let home = Home::at(place.path().to_owned());
        let now = UnixTime(7);
        Contacts::change(&home, |c| c.add(now, person("Ann \\ é", "a"))).expect("it is written");
        Contacts::change(&home, |c| c.block(now, "nearby", "b", true)).expect("it is written");
        let contacts = Contacts::load(&home).expect("it is read");
        assert_eq!(contacts.name("nearby", "a"), Some("Ann \\ é"));
        assert_eq!(contacts.get("nearby", "a").map(|p| p.since), Some(7));
        assert!(contacts.is_blocked("nearby", "b") && !contacts.is_blocked("nearby", "a"));
        assert!(!contacts.is_blocked("xmpp", "b"), "another network, another person");
        Contacts::change(&home, |c| c.block(now, "nearby", "b", false)).expect("it is written");
        assert!(Contacts::change(&home, |c| Ok(c.remove("nearby", "a"))).expect("it is written"));
        assert_eq!(Contacts::load(&home).expect("it is read"), Contacts::default());
    }

    #[test]
    fn one_name_is_one_person() {
        let mut contacts = Contacts::default();
        contacts.add(UnixTime(1), person("Ann", "a")).expect("it is new");
        assert!(contacts.add(UnixTime(1), person("ann", "b")).is_err());
        contacts.add(UnixTime(2), person("Anne", "a")).expect("a new name for the same");
        assert_eq!(contacts.iter().count(), 1);
        for bad in ["", " Ann", "-a", "a@b", "a\nb", "127.0.0.1:7", "a\u{202e}b", &"a".repeat(65)] {
            assert!(contacts.add(UnixTime(1), person(bad, "c")).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_broken_list_is_not_overwritten() {
        let place = Place::new("contacts").expect("a place for a test");
        let home = Home::at(place.path().to_owned());
        let file = place.join("contacts.toml");
        private::write_new(&file, b"[[contact]]\nname = 1\n").expect("a file");
        let error =
            Contacts::change(&home, |c| c.block(UnixTime(1), "nearby", "b", true)).expect_err("it is broken");
        assert!(error.to_string().contains("line 2: "), "{error}");
        assert_eq!(std::fs::read_to_string(&file).expect("still there"), "[[contact]]\nname = 1\n");
    }
}
