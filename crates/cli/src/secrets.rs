//! Where passwords are: in the desktop's keyring (the Secret Service) where there is one, else in a file that only this
//! user can read. They are never in the configuration, in an argument or in a log.

mod keyring;

pub(crate) use keyring::Closed;

use crate::home::Home;
use crate::{private, texts};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::path::PathBuf;
use zeroize::{Zeroize as _, Zeroizing};

/// More than this is not a file of passwords.
const MAX_FILE: u64 = 256 * 1024;

/// Where a password is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Keyring,
    File(PathBuf),
}

/// Keeps the password of an account, and says where. A keyring that is there is never passed over for the file.
pub(crate) async fn store(home: &Home, account: &str, password: &str) -> Result<Place> {
    match keyring::store(account, password).await {
        Ok(()) => {
            // An older one must not be found first.
            change(home, |passwords| _ = drop_one(passwords, account))?;
            return Ok(Place::Keyring);
        }
        Err(Closed::Absent) => {}
        Err(closed) => bail!(texts::not_kept(account, &closed)),
    }
    change(home, |passwords| {
        drop_one(passwords, account);
        passwords.insert(account.to_owned(), password.to_owned());
    })?;
    Ok(Place::File(path(home)))
}

/// The password of an account, if it is here. Fails, with what to do, where it may be behind a lock.
pub(crate) async fn load(home: &Home, account: &str) -> Result<Option<Zeroizing<String>>> {
    let mut passwords = read(home)?;
    let found = passwords.remove(account).map(Zeroizing::new);
    passwords.values_mut().for_each(|password| password.zeroize());
    if found.is_some() {
        return Ok(found);
    }
    match keyring::load(account).await {
        Ok(found) => Ok(found),
        Err(Closed::Absent) => Ok(None),
        Err(closed) => bail!(texts::not_readable(account, &closed)),
    }
}

/// Forgets the password of an account, wherever it is; whether it was found. Where it may be behind a lock nothing is
/// changed.
pub(crate) async fn forget(home: &Home, account: &str) -> Result<bool> {
    let in_keyring = match keyring::forget(account).await {
        Ok(was_there) => was_there,
        Err(Closed::Absent) => false,
        Err(closed) => bail!(texts::not_forgotten(account, &closed)),
    };
    let mut in_file = false;
    change(home, |passwords| in_file = drop_one(passwords, account))?;
    Ok(in_keyring || in_file)
}

/// How it stands with the keyring, without asking anybody.
pub(crate) async fn look() -> Result<(), Closed> {
    keyring::look().await
}

/// Whether there was one.
fn drop_one(passwords: &mut BTreeMap<String, String>, account: &str) -> bool {
    let Some(mut password) = passwords.remove(account) else { return false };
    password.zeroize();
    true
}

fn change(home: &Home, change: impl FnOnce(&mut BTreeMap<String, String>)) -> Result<()> {
    let path = path(home);
    let _lock = private::lock(&path.with_extension("lock"))?;
    let mut passwords = read(home)?;
    let before = passwords.len();
    change(&mut passwords);
    let result = if passwords.is_empty() && before == 0 {
        Ok(())
    } else {
        let text =
            Zeroizing::new(toml::to_string(&passwords).context("the passwords cannot be written down")?);
        private::replace(&path, text.as_bytes())
    };
    passwords.values_mut().for_each(|password| password.zeroize());
    result
}

fn read(home: &Home) -> Result<BTreeMap<String, String>> {
    let path = path(home);
    let Some(text) = private::read(&path, MAX_FILE)? else { return Ok(BTreeMap::new()) };
    // The parser's own words could quote a password.
    toml::from_str(&text)
        .map_err(|_| anyhow::anyhow!("{} cannot be read; it is left as it is", path.display()))
}

fn path(home: &Home) -> PathBuf {
    home.data_file("passwords.toml")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_testkit::home::Home as At;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_file_of_passwords_is_for_its_owner_only() {
        let place = At::new("secrets").expect("a place for a test");
        let home = Home::at(place.path().to_owned());
        let keep = |name: &str, word: &str| {
            let (name, word) = (name.to_owned(), word.to_owned());
            change(&home, move |all| _ = all.insert(name, word)).expect("it is written");
        };
        keep("a@b", "p \" \\ \u{e9}");
        keep("c@d", "other");
        let mode = std::fs::metadata(path(&home)).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(read(&home).expect("it is read").get("a@b").map(String::as_str), Some("p \" \\ \u{e9}"));
        change(&home, |all| _ = drop_one(all, "a@b")).expect("it is written");
        assert_eq!(read(&home).expect("it is read").keys().collect::<Vec<_>>(), ["c@d"]);
        std::fs::set_permissions(path(&home), std::fs::Permissions::from_mode(0o644)).expect("it is ours");
        assert!(read(&home).is_err(), "others could have read it");
    }
}
