//! The one-time code that is open here, in a file that only this user can read.

use crate::home::Home;
use crate::private;
use anyhow::{Context, Result};
use rendezvous_trust::code::{MAX_OFFER, Offer};
use std::fs::File;
use std::path::PathBuf;

/// Where it is kept while it waits for the one who types it.
pub(crate) fn file(home: &Home) -> PathBuf {
    home.path().join("code.json")
}

/// Takes the code, if one is open: it is burned with that. It is gone from the disk, and stays so if the machine loses
/// power now, before anybody is answered.
pub(super) fn take(home: &Home) -> Result<Option<Offer>> {
    let path = file(home);
    let Some(text) = private::read(&path, MAX_OFFER as u64)? else { return Ok(None) };
    std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
    File::open(home.path())?.sync_all().with_context(|| format!("cannot remove {}", path.display()))?;
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
    fn a_code_is_taken_once() {
        let dir = Place::new("code").unwrap();
        let home = Home::at(dir.path().to_owned());
        assert!(take(&home).unwrap().is_none());
        let code = Code::new(7, Language::English, [1, 2, 3]).unwrap();
        std::fs::write(file(&home), Offer::new(UnixTime(5), code.clone()).to_text()).unwrap();
        // One that others can read is none: they could have taken it too.
        std::fs::set_permissions(file(&home), std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(take(&home).is_err());
        std::fs::set_permissions(file(&home), std::fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(*take(&home).unwrap().unwrap().code(), code);
        assert!(!file(&home).exists() && take(&home).unwrap().is_none());
    }
}
