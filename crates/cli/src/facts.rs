//! What the brakes against fraud have to remember, in a file beside the verified keys. No command changes it, and forgetting
//! somebody does not either: who was known since when, and how it began, stays as it was.

use crate::clock;
use crate::home::Home;
use crate::identity::unix_now;
use crate::private;
use anyhow::{Context, Result};
pub(crate) use rendezvous_trust::facts::Beginning;
use rendezvous_trust::facts::{Answer, Facts, MAX_FILE, Moment};
use rendezvous_trust::{Contact, How};
use std::path::PathBuf;

fn path(home: &Home) -> PathBuf {
    home.data_file("facts.json")
}

/// What is remembered now.
///
/// # Errors
///
/// The file cannot be read. It is left as it is, and nobody is given control until it can.
pub(crate) fn load(home: &Home) -> Result<Facts> {
    let path = path(home);
    match private::read(&path, MAX_FILE as u64)? {
        Some(text) => Facts::from_text(&text)
            .with_context(|| format!("{} cannot be read; it is left as it is", path.display())),
        None => Ok(Facts::new()),
    }
}

/// Somebody was verified.
pub(crate) fn met(home: &Home, contact: &Contact, how: How) -> Result<()> {
    change(home, |facts| Ok(facts.met(unix_now(), contact, how)?))
}

/// The person gave somebody control.
pub(crate) fn controlled(home: &Home, contact: &Contact) -> Result<()> {
    change(home, |facts| {
        facts.controlled(unix_now(), contact);
        Ok(())
    })
}

/// The person said how it began. It is on the disk when this returns.
pub(crate) fn answered(home: &Home, contact: &Contact, beginning: Beginning) -> Result<()> {
    change(home, |facts| {
        facts.answered(Answer { at: now(), contact: contact.clone(), beginning });
        Ok(())
    })
}

/// This moment, by the calendar and by the clock that only a new start sets back.
pub(crate) fn now() -> Moment {
    // Without its name every start looks like another one, and the calendar alone decides.
    let start = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let start = start.trim().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(64).collect();
    Moment { unix: unix_now(), running: clock::boottime(), start }
}

/// Changes the facts. Whoever else wants to waits meanwhile; a crash leaves the old file or the new one.
fn change<T>(home: &Home, change: impl FnOnce(&mut Facts) -> Result<T>) -> Result<T> {
    let _lock = private::lock(&path(home).with_extension("lock"))?;
    let mut facts = load(home)?;
    let result = change(&mut facts)?;
    private::replace(&path(home), facts.to_text().as_bytes())?;
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_testkit::home::Home as Place;

    #[test]
    fn an_alarming_answer_outlives_the_program_and_a_broken_file_is_not_overwritten() {
        let place = Place::new("facts").expect("a place for a test");
        let home = Home::at(place.path().to_owned());
        let eve = Contact::new("nearby", "eve").expect("a contact");
        assert!(load(&home).expect("there is nothing yet").hold(&now()).is_none());
        met(&home, &eve, How::Code).expect("it is kept");
        answered(&home, &eve, Beginning::Called).expect("it is kept");
        controlled(&home, &eve).expect("it is kept");
        answered(&home, &eve, Beginning::Asked).expect("it is kept");
        let facts = load(&home).expect("it is read");
        assert!(facts.hold(&now()).is_some(), "another answer takes none back");
        assert!(facts.of(&eve).is_some_and(|known| known.how == How::Code && known.control.is_some()));
        std::fs::write(path(&home), "{").expect("it is ours");
        assert!(load(&home).is_err() && met(&home, &eve, How::Words).is_err());
        assert_eq!(std::fs::read_to_string(path(&home)).expect("still there"), "{");
    }
}
