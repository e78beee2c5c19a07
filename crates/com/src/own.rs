//! What the person here is called by IM programs, as they have said themselves.
//!
//! `IRendezvousSession` does not have one's own address, so the application at the other end tells it, and nothing is believed for
//! being told ([`introduction`](crate::introduction)). The person is asked once for each address, and what they have said yes to
//! is kept: one address a line. It counts for every IM program, since they do not say on which network they are. No file and no clock
//! are here.

use rendezvous_core::Address;
use std::fmt;

/// Nobody is called by more names. Who has more is asked again about the oldest.
pub const MOST: usize = 64;
/// A longer file is no list of addresses: each has 255 bytes at the most, and the end of its line may have two.
pub const MOST_BYTES: usize = MOST * (255 + 2);

/// The addresses of the person here, the oldest first. Capitals make no difference, as they make none where two people would
/// have the same name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnAddresses(Vec<Address>);

/// Why a text is no list of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAddresses {
    /// This line, counted from one, is no address.
    Line(usize),
    /// There are more than [`MOST`].
    TooMany,
}

impl fmt::Display for NotAddresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(number) => write!(f, "line {number} is no address"),
            Self::TooMany => write!(f, "there are more than {MOST} addresses"),
        }
    }
}

impl std::error::Error for NotAddresses {}

impl OwnAddresses {
    /// Reads what [`to_text`](Self::to_text) has written.
    ///
    /// # Errors
    ///
    /// [`NotAddresses`] says what is wrong with it. Nothing of such a list counts.
    pub fn read(text: &str) -> Result<Self, NotAddresses> {
        let mut all = Self::default();
        for (before, line) in text.lines().enumerate() {
            if before == MOST {
                return Err(NotAddresses::TooMany);
            }
            all.add(line.parse().map_err(|_| NotAddresses::Line(before + 1))?);
        }
        Ok(all)
    }

    /// As it is kept.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.0.iter().map(|address| format!("{address}\n")).collect()
    }

    /// Whether the person has said that they are called this.
    #[must_use]
    pub fn has(&self, address: &Address) -> bool {
        self.0.iter().any(|own| is_same(own, address))
    }

    /// The person has said it. If there are too many, the oldest goes.
    pub fn add(&mut self, address: Address) {
        if self.has(&address) {
            return;
        }
        if self.0.len() >= MOST {
            self.0.remove(0);
        }
        self.0.push(address);
    }
}

/// Whether two addresses are those of one person. What differs in capitals alone is the same one.
pub(crate) fn is_same(one: &Address, other: &Address) -> bool {
    one.as_str().to_lowercase() == other.as_str().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().expect("an address")
    }

    #[test]
    fn what_the_person_said_is_known_however_it_is_spelt() {
        let mut own = OwnAddresses::default();
        assert!(!own.has(&address("ann@example.org")));
        own.add(address("Ann@example.org"));
        own.add(address("ann@EXAMPLE.org"));
        own.add(address("+49 30 1234".replace(' ', "").as_str()));
        assert_eq!(own.to_text(), "Ann@example.org\n+49301234\n");
        assert_eq!(OwnAddresses::read(&own.to_text()), Ok(own.clone()));
        assert!(own.has(&address("ann@example.org")) && own.has(&address("+49301234")));
        for other in ["ann", "ann@example.or", "ann@example.org.", "bob@example.org", "é"] {
            assert!(!own.has(&address(other)), "{other}");
        }
    }

    #[test]
    fn a_file_that_somebody_edited_is_read_or_refused_as_a_whole() {
        assert_eq!(OwnAddresses::read(""), Ok(OwnAddresses::default()));
        let own = OwnAddresses::read("ann@example.org\r\nÄnne\r\nänne").expect("addresses");
        assert_eq!(own.to_text(), "ann@example.org\nÄnne\n");
        for (text, why) in [
            ("ann\n\nbob\n", NotAddresses::Line(2)),
            ("ann\nbob smith\n", NotAddresses::Line(2)),
            (" ann\n", NotAddresses::Line(1)),
            (&"x".repeat(256), NotAddresses::Line(1)),
            ("ann\u{0}\n", NotAddresses::Line(1)),
            (&"ann\n".repeat(MOST + 1), NotAddresses::TooMany),
        ] {
            assert_eq!(OwnAddresses::read(text), Err(why), "{text:?}");
        }
    }

    #[test]
    fn of_too_many_the_oldest_is_forgotten_and_the_longest_list_has_room() {
        let mut own = OwnAddresses::default();
        let named = |number: usize| address(&format!("{number:0>255}"));
        (0..=MOST).for_each(|number| own.add(named(number)));
        assert!(!own.has(&named(0)) && own.has(&named(1)) && own.has(&named(MOST)));
        assert!(own.to_text().replace('\n', "\r\n").len() <= MOST_BYTES);
        assert_eq!(OwnAddresses::read(&own.to_text()), Ok(own));
    }
}
