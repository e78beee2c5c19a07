//! This device's key, and the keys that the person has verified: files that only this user can read.

use crate::home::Home;
use crate::private;
use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rendezvous_trust::pins::Pins;
use rendezvous_trust::{DeviceKey, UnixTime};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use zeroize::Zeroizing;

/// More than this is not a file of ours.
const MAX_FILE: u64 = rendezvous_trust::pins::MAX_FILE as u64;

/// Who this device is, and whom it knows. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    key: Arc<DeviceKey>,
    pins: PathBuf,
}

impl Identity {
    /// Reads the key of this device, or makes one when there is none yet.
    pub(crate) fn open(home: &Home) -> Result<Self> {
        let path = home.data_file("device.key");
        let seed = match private::read(&path, MAX_FILE)? {
            Some(text) => seed_of(&text)
                .with_context(|| format!("{} is not a device key; if you have no copy of it, move it away, and people will have to verify this device again", path.display()))?,
            None => make_seed(&path)?,
        };
        let key = DeviceKey::from_seed(&seed).context("the system's random numbers are not random")?;
        Ok(Self { key: Arc::new(key), pins: home.data_file("pins.json") })
    }

    /// The key of this device.
    pub(crate) fn key(&self) -> Arc<DeviceKey> {
        self.key.clone()
    }

    /// The verified keys, as they are now: applications and agent are different processes.
    pub(crate) fn pins(&self) -> Result<Pins> {
        match private::read(&self.pins, MAX_FILE)? {
            Some(text) => Pins::from_text(&text)
                .with_context(|| format!("{} cannot be read; it is left as it is", self.pins.display())),
            None => Ok(Pins::new()),
        }
    }

    /// Changes the verified keys. Whoever else wants to waits meanwhile; a crash leaves the old file or the new one.
    pub(crate) fn change_pins<T>(&self, change: impl FnOnce(&mut Pins) -> Result<T>) -> Result<T> {
        let _lock = private::lock(&self.pins.with_extension("lock"))?;
        let mut pins = self.pins()?;
        let result = change(&mut pins)?;
        private::replace(&self.pins, pins.to_text().as_bytes())?;
        Ok(result)
    }
}

/// The calendar's time.
pub(crate) fn unix_now() -> UnixTime {
    UnixTime(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs()))
}

fn seed_of(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text.trim()).ok()?);
    Some(Zeroizing::new(bytes.as_slice().try_into().ok()?))
}

/// Draws the key, and returns what is on the disk afterwards: of two processes that do this at once, one wins.
fn make_seed(path: &Path) -> Result<Zeroizing<[u8; 32]>> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).context("the system gave no random numbers")?;
    let text = Zeroizing::new(format!("{}\n", URL_SAFE_NO_PAD.encode(*seed)));
    let fresh = path.with_extension(format!("new-{}", std::process::id()));
    private::write_new(&fresh, text.as_bytes())?;
    let linked = std::fs::hard_link(&fresh, path);
    std::fs::remove_file(&fresh).with_context(|| format!("cannot remove {}", fresh.display()))?;
    match linked {
        Ok(()) => Ok(seed),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let text = private::read(path, MAX_FILE)?.context("the device key vanished")?;
            seed_of(&text).context("another process has written something that is no device key")
        }
        Err(error) => Err(error).with_context(|| format!("cannot make {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::private::write_new;
    use std::os::unix::fs::PermissionsExt;

    use rendezvous_testkit::home::Home as Place;

    fn home() -> (Place, Home) {
        let dir = Place::new("identity").expect("a place for a test");
        let home = Home::at(dir.path().to_owned());
        (dir, home)
    }

    #[test]
    fn the_key_is_made_once_and_stays() {
        let (dir, home) = home();
        let first = Identity::open(&home).expect("it is made").key().public();
        assert_eq!(Identity::open(&home).expect("it is read").key().public(), first);
        let mode =
            std::fs::metadata(dir.path().join("device.key")).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let files: Vec<_> = std::fs::read_dir(dir.path())
            .expect("it can be listed")
            .flatten()
            .map(|e| e.file_name())
            .collect();
        assert_eq!(files, ["device.key"], "nothing else is left behind");
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        let (dir, home) = home();
        Identity::open(&home).expect("it is made");
        let path = dir.path().join("device.key");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("it is ours");
        assert!(Identity::open(&home).is_err());
    }

    #[test]
    fn a_broken_key_is_not_replaced() {
        let (dir, home) = home();
        let path = dir.path().join("device.key");
        write_new(&path, b"nonsense\n").expect("a file");
        assert!(Identity::open(&home).is_err());
        assert_eq!(std::fs::read_to_string(&path).expect("still there"), "nonsense\n");
    }

    #[test]
    fn a_broken_store_of_pins_is_not_overwritten() {
        let (dir, home) = home();
        let identity = Identity::open(&home).expect("it is made");
        let path = dir.path().join("pins.json");
        write_new(&path, b"{").expect("a file");
        assert!(identity.change_pins(|_| Ok(())).is_err());
        assert_eq!(std::fs::read_to_string(&path).expect("still there"), "{");
    }
}
