//! What two applications of ours tell each other first, where IM programs start them as COM objects.
//!
//! Whoever makes sure who is at the other end signs the session's name and both addresses, and both sides must name the same.
//! `IRendezvousSession` has the other person's address and no more (reference 1.4): not one's own, and no name of the session. So
//! each side sends one text before all others: what it calls the other one, and its half of a name that neither of them can choose.
//!
//! *Nothing is believed for being told.* Who the other one is, the IM program here says. What one is called over there is told by
//! the other application, and a signature does not make it true: somebody in the middle who is "m1" to Ann and "m2" to Bob passes
//! on what both say, so Ann is told that she is "m2" and Bob that he is "m1", and both sign the same. Each would then take the
//! other for the one in the middle. What shows it is that neither is called so, which nobody knows but they: a name
//! that the person has not said to be theirs before ([`OwnAddresses`](crate::own::OwnAddresses)) is asked about, and a second text
//! says that it was right ([`CONFIRMED`]). No application is started before both have said that. With a single name there is nothing to
//! ask: nobody may be called what they call the other one.

use crate::own;
use rendezvous_core::{Address, Role, SessionId};
use std::fmt;

/// What the text begins with.
const MARK: &str = "rendezvous-introduction";
/// The only version there is.
const VERSION: &str = "1";

/// The second text: the person here is called what the other side has told. It comes when they have said so, which may have been
/// long ago.
pub const CONFIRMED: &str = "rendezvous-introduction 1 confirmed";

/// What one side tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introduction {
    /// Drawn for this session.
    pub draw: [u8; 8],
    /// What the other person is called here.
    pub you: Address,
}

/// What both know when each has told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introduced {
    /// The session's name, half from either side.
    pub session: SessionId,
    /// What the person here is called over there, as it is said over there: it is for the person to say whether that is right.
    pub me: Address,
}

/// Why the two do not know what to call each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotIntroduced {
    /// It is another text: the application at the other end was not started as a COM object, or is not ours.
    AnotherText,
    /// It is one of another version.
    AnotherVersion,
    /// Both are to be called the same.
    SameName,
}

impl fmt::Display for NotIntroduced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AnotherText => "the other application did not introduce itself",
            Self::AnotherVersion => "the other application introduces itself in another version",
            Self::SameName => "both people would have the same name",
        })
    }
}

impl std::error::Error for NotIntroduced {}

impl Introduction {
    /// As it is sent.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{MARK} {VERSION} {:016x} {}", u64::from_be_bytes(self.draw), self.you)
    }

    /// Reads what the other side has sent.
    ///
    /// # Errors
    ///
    /// [`NotIntroduced`] says what it is instead.
    pub fn read(text: &str) -> Result<Self, NotIntroduced> {
        let mut words = text.splitn(4, ' ');
        let mut next = || words.next().ok_or(NotIntroduced::AnotherText);
        if next()? != MARK {
            return Err(NotIntroduced::AnotherText);
        }
        if next()? != VERSION {
            return Err(NotIntroduced::AnotherVersion);
        }
        let draw = read_draw(next()?).ok_or(NotIntroduced::AnotherText)?;
        let you = next()?.parse().map_err(|_| NotIntroduced::AnotherText)?;
        Ok(Self { draw, you })
    }

    /// What follows from what both have told. `role` is ours.
    ///
    /// # Errors
    ///
    /// [`NotIntroduced::SameName`].
    pub fn meets(&self, theirs: &Self, role: Role) -> Result<Introduced, NotIntroduced> {
        if own::is_same(&self.you, &theirs.you) {
            return Err(NotIntroduced::SameName);
        }
        let (inviter, invitee) = match role {
            Role::Inviter => (self.draw, theirs.draw),
            Role::Invitee => (theirs.draw, self.draw),
        };
        let mut session = [0; 16];
        session[..8].copy_from_slice(&inviter);
        session[8..].copy_from_slice(&invitee);
        Ok(Introduced { session: SessionId(session), me: theirs.you.clone() })
    }
}

/// Sixteen digits, small ones, and nothing else.
fn read_draw(text: &str) -> Option<[u8; 8]> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_one = text.len() == 16 && text.bytes().all(is_digit);
    u64::from_str_radix(text, 16).ok().filter(|_| is_one).map(u64::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::own::OwnAddresses;

    fn introduction(draw: u8, you: &str) -> Introduction {
        Introduction { draw: [draw; 8], you: you.parse().expect("an address") }
    }

    #[test]
    fn both_sides_come_to_the_same_names() {
        let (ann, bob) = (introduction(1, "bob@example.org"), introduction(0xfe, "ann@example.org"));
        for told in [&ann, &bob] {
            assert_eq!(Introduction::read(&told.to_text()).as_ref(), Ok(told));
        }
        assert_eq!(ann.to_text(), "rendezvous-introduction 1 0101010101010101 bob@example.org");
        let at_ann = ann.meets(&bob, Role::Inviter).expect("they differ");
        let at_bob = bob.meets(&ann, Role::Invitee).expect("they differ");
        assert_eq!(at_ann.session, at_bob.session);
        assert_eq!(at_ann.session.0[..8], [1; 8]);
        assert_eq!(at_ann.session.0[8..], [0xfe; 8]);
        assert_eq!((at_ann.me.as_str(), at_bob.me.as_str()), ("ann@example.org", "bob@example.org"));
    }

    #[test]
    fn whoever_is_the_other_one_to_both_cannot_have_them_meet() {
        // Mallory is whom Ann talks with, and whom Bob talks with, and tells each what would make the two agree.
        let (ann, bob) = (introduction(1, "mallory@example.org"), introduction(2, "mallory@example.org"));
        assert_eq!(ann.meets(&bob, Role::Inviter), Err(NotIntroduced::SameName));
        let shouted = introduction(2, "MALLORY@example.org");
        assert_eq!(ann.meets(&shouted, Role::Inviter), Err(NotIntroduced::SameName));
        // What is sent back to whoever sent it is the same case.
        assert_eq!(ann.meets(&ann, Role::Invitee), Err(NotIntroduced::SameName));
    }

    #[test]
    fn whoever_is_one_to_ann_and_another_to_bob_is_found_out_by_what_the_two_are_called() {
        // Mallory has two names and passes everything on. Both come to the same, so their signatures would be good.
        let (ann, bob) = (introduction(1, "m1@example.org"), introduction(2, "m2@example.org"));
        let at_ann = ann.meets(&bob, Role::Inviter).expect("they differ");
        let at_bob = bob.meets(&ann, Role::Invitee).expect("they differ");
        assert_eq!(at_ann.session, at_bob.session);
        assert_eq!((&at_ann.me, &at_bob.me), (&bob.you, &ann.you));
        // But neither is called so.
        for (me, own) in [(at_ann.me, "ann@example.org\n"), (at_bob.me, "bob@example.org\n")] {
            assert!(!OwnAddresses::read(own).expect("addresses").has(&me), "{me}");
        }
    }

    #[test]
    fn whatever_is_no_introduction_is_refused() {
        let good = introduction(1, "bob").to_text();
        let long = format!("{MARK} 1 0101010101010101 {}", "x".repeat(256));
        for (text, why) in [
            ("", NotIntroduced::AnotherText),
            (MARK, NotIntroduced::AnotherText),
            (CONFIRMED, NotIntroduced::AnotherText),
            (r#"{"v":1,"type":"hello"}"#, NotIntroduced::AnotherText),
            ("rendezvous-introduction 2 0101010101010101 bob", NotIntroduced::AnotherVersion),
            ("rendezvous-introduction 1 0101010101010101", NotIntroduced::AnotherText),
            ("rendezvous-introduction 1 0101010101010101 ", NotIntroduced::AnotherText),
            ("rendezvous-introduction 1 010101010101010 bob", NotIntroduced::AnotherText),
            ("rendezvous-introduction 1 +101010101010101 bob", NotIntroduced::AnotherText),
            ("rendezvous-introduction 1 010101010101010A bob", NotIntroduced::AnotherText),
            ("rendezvous-introduction 1 0101010101010101 bob ann", NotIntroduced::AnotherText),
            ("rendezvous-introduction 1 0101010101010101 bob\n", NotIntroduced::AnotherText),
            (&long, NotIntroduced::AnotherText),
            (&good[1..], NotIntroduced::AnotherText),
        ] {
            assert_eq!(Introduction::read(text), Err(why), "{text}");
        }
    }
}
