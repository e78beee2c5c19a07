//! A file that sends the browser to the page, so that the ticket is never an argument of a process: those can be read
//! by every user of the machine, this file only by its owner.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::os;
use anyhow::{Context as _, Result, anyhow};

/// The file; it goes when this is dropped.
#[derive(Debug)]
pub(super) struct RedirectFile {
    path: PathBuf,
}

impl RedirectFile {
    /// Writes the file into `dir`, under a name that does not exist yet.
    ///
    /// # Errors
    ///
    /// If the file cannot be created or written.
    pub(super) fn write(dir: &Path, url: &str) -> Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|e| anyhow!("the system gives no random numbers: {e}"))?;
        // Whoever finds it later can see whether it is still in use.
        let (process, random) = (std::process::id(), u64::from_le_bytes(random));
        let path = dir.join(format!("page-{process}-{random:016x}.html"));
        let mut file = create_private(&path)
            .with_context(|| format!("cannot create {}, which would open the page", path.display()))?;
        // From here on the file goes with the value, also if it cannot be written.
        let redirect = Self { path };
        file.write_all(html(url).as_bytes()).with_context(|| {
            format!("cannot write {}, which would open the page", redirect.path.display())
        })?;
        Ok(redirect)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for RedirectFile {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(path = %self.path.display(), %error, "Cannot remove the redirect file");
        }
    }
}

/// Readable by its owner only, and never through a file or link that is already there.
fn create_private(path: &Path) -> std::io::Result<File> {
    os::for_person_alone(OpenOptions::new().write(true).create_new(true)).open(path)
}

/// A page without script that goes on by itself. The URL is made of digits, dots and the base64 alphabet, so there is
/// nothing to escape.
fn html(url: &str) -> String {
    format!(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta http-equiv=\"refresh\" content=\"0; url={url}\">\n<title>Rendezvous</title>\n\
         <p><a href=\"{url}\">Open the other screen</a></p>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    /// A directory of this test's own, which goes at its end.
    struct Dir(PathBuf);

    impl Dir {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("rendezvous-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Dir {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn only_its_owner_can_read_it_and_it_goes_with_the_value() {
        let dir = Dir::new("redirect");
        let file = RedirectFile::write(&dir.0, "http://127.0.0.1:1/#abc").unwrap();
        let path = file.path().to_owned();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let html = std::fs::read_to_string(&path).unwrap();
        assert!(html.contains("content=\"0; url=http://127.0.0.1:1/#abc\""), "{html}");
        assert!(!path.display().to_string().contains("abc"));
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn it_is_never_written_through_a_link() {
        let dir = Dir::new("redirect-link");
        let target = dir.0.join("target");
        let link = dir.0.join("link");
        symlink(&target, &link).unwrap();
        let error = create_private(&link).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
        assert!(!target.exists());
    }
}
