//! Where passwords are: in the desktop's keyring (the Secret Service) where there is one, else in a file that only this
//! user can read. They are never in the configuration, in an argument or in a log.

mod keyring;

use crate::home::Home;
use crate::private;
use anyhow::{Context, Result};
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

/// Keeps the password of an account, and says where.
pub(crate) async fn store(home: &Home, account: &str, password: &str) -> Result<Place> {
    match keyring::store(account, password).await {
        Ok(true) => {
            // An older one must not be found first.
            change(home, |passwords| drop_one(passwords, account))?;
            return Ok(Place::Keyring);
        }
        Ok(false) => {}
        Err(error) => tracing::info!(%error, "The keyring cannot be used"),
    }
    change(home, |passwords| {
        drop_one(passwords, account);
        passwords.insert(account.to_owned(), password.to_owned());
    })?;
    Ok(Place::File(path(home)))
}

/// The password of an account, if it is here.
pub(crate) async fn load(home: &Home, account: &str) -> Result<Option<Zeroizing<String>>> {
    let mut passwords = read(home)?;
    let found = passwords.remove(account).map(Zeroizing::new);
    passwords.values_mut().for_each(|password| password.zeroize());
    if found.is_some() {
        return Ok(found);
    }
    Ok(keyring::load(account).await.unwrap_or_else(|error| {
        tracing::info!(%error, "The keyring cannot be used");
        None
    }))
}

/// Forgets the password of an account, wherever it is.
pub(crate) async fn forget(home: &Home, account: &str) -> Result<()> {
    if let Err(error) = keyring::forget(account).await {
        tracing::info!(%error, "The keyring cannot be used");
    }
    change(home, |passwords| drop_one(passwords, account))
}

fn drop_one(passwords: &mut BTreeMap<String, String>, account: &str) {
    if let Some(mut password) = passwords.remove(account) {
        password.zeroize();
    }
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
        change(&home, |all| drop_one(all, "a@b")).expect("it is written");
        assert_eq!(read(&home).expect("it is read").keys().collect::<Vec<_>>(), ["c@d"]);
        std::fs::set_permissions(path(&home), std::fs::Permissions::from_mode(0o644)).expect("it is ours");
        assert!(read(&home).is_err(), "others could have read it");
    }
}
