//! The one-time code that is open here, in a file that only this user can read.

use crate::home::Home;
use crate::{os, private};
use anyhow::{Context, Result};
use rendezvous_core::SessionId;
use rendezvous_trust::code::{MAX_OFFER, Offer};
use std::path::PathBuf;

/// Where it is kept while it waits for the one who types it.
pub(crate) fn file(home: &Home) -> PathBuf {
    home.path().join("code.json")
}

/// Where it is from the moment at which the person answered this session, which says that it is for the code.
pub(crate) fn claimed(home: &Home, session: SessionId) -> PathBuf {
    home.path().join(format!("code-{:032x}.json", u128::from_be_bytes(session.0)))
}

/// Gives the code that is open to this session, and with that to no other. Whether there was one.
pub(crate) fn claim(home: &Home, session: SessionId) -> bool {
    match std::fs::rename(file(home), claimed(home, session)) {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(%error, "The open code is gone");
            false
        }
    }
}

/// Takes the code of this session, if it is for one: it is burned with that. It is gone from the disk, and stays so if the
/// machine loses power now, before anybody is answered.
pub(super) fn take(home: &Home, session: SessionId) -> Result<Option<Offer>> {
    let path = claimed(home, session);
    let Some(text) = private::read(&path, MAX_OFFER as u64)? else { return Ok(None) };
    std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    os::sync_directory(home.path()).with_context(|| format!("cannot remove {}", path.display()))?;
    Ok(Some(Offer::from_text(&text).context("the open code cannot be read")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_testkit::home::Home as Place;
    use rendezvous_trust::UnixTime;
    use rendezvous_trust::code::Code;
    use rendezvous_trust::words::Language;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_code_is_taken_once_and_by_the_session_that_it_was_given_to() {
        let dir = Place::new("code").unwrap();
        let home = Home::at(dir.path().to_owned());
        let (session, other) = (SessionId([7; 16]), SessionId([8; 16]));
        assert!(take(&home, session).unwrap().is_none() && !claim(&home, session));
        let code = Code::new(7, Language::English, [1, 2, 3]).unwrap();
        std::fs::write(file(&home), Offer::new(UnixTime(5), code.clone()).to_text()).unwrap();
        assert!(take(&home, session).unwrap().is_none(), "it was given to nobody yet");
        assert!(claim(&home, session) && !claim(&home, other));
        let kept = claimed(&home, session);
        // One that others can read is none: they could have taken it too.
        std::fs::set_permissions(&kept, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(take(&home, session).is_err());
        std::fs::set_permissions(&kept, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(take(&home, other).unwrap().is_none());
        assert_eq!(*take(&home, session).unwrap().unwrap().code(), code);
        assert!(!kept.exists() && take(&home, session).unwrap().is_none());
    }
}
