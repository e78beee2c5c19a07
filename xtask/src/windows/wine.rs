//! A Windows of our own: a directory for Wine, made for one set of trials and removed after it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::process::{Launch, Log, Process};
use rendezvous_testkit::xserver::XServer;

use super::PATIENCE;
use super::build::{IN_C, Programs};
use crate::repo;

/// Where the trials are, as Windows calls it, and as we do within the directory.
pub(super) const THERE: &str = r"C:\trial";
const HERE: &str = "drive_c/trial";
const PROGRAM: &str = "com_application.exe";

static NUMBER: AtomicU32 = AtomicU32::new(1);

pub(super) struct Wine {
    directory: PathBuf,
    /// What its programs need to know of a screen, if they have one.
    screen: Vec<(&'static str, String)>,
}

impl Wine {
    pub(super) fn new(programs: &Programs) -> Result<Self> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory = repo::output("windows")?.join(format!("system-{}-{number}", std::process::id()));
        fs::create_dir_all(&directory)?;
        let wine = Self { directory: fs::canonicalize(directory)?, screen: Vec::new() };
        wine.quietly(&["wineboot", "--init"]).context("Wine cannot make a new system")?;
        // It returns when everything that the beginning started has ended.
        wine.server("-w")?;
        let place = wine.directory.join(HERE);
        fs::create_dir_all(&place)?;
        for file in [PROGRAM, "com_application_dll.dll", "com_im.exe", "com_invite.exe"] {
            copy(&programs.rust.join(file), &place.join(file))?;
        }
        for file in ["im.exe", "application.exe", "late.exe", "small.exe", "pair.exe"] {
            copy(&programs.c.join(file), &place.join(file))?;
        }
        for file in ["invite.js", "invite.vbs"] {
            copy(&Path::new(IN_C).join(file), &place.join(file))?;
        }
        for file in ["RendezvousSession.tlb", "MessengerPrivate.tlb"] {
            copy(&Path::new("crates/com/idl").join(file), &place.join(file))?;
        }
        let library = "bcryptprimitives.dll";
        let system = wine.directory.join("drive_c/windows/system32").join(library);
        // A newer Wine has its own.
        if !system.exists() {
            copy(&programs.c.join(library), &system)?;
        }
        Ok(wine)
    }

    /// From now on its programs are on a desktop of this name and size, which is a window on that screen.
    pub(super) fn show_on(&mut self, screen: &XServer, name: &str, size: (u16, u16)) -> Result<()> {
        // The part of Wine that all programs share gets its screen when it starts.
        self.server("-k")?;
        self.server("-w")?;
        self.screen = screen.environment().into();
        let explorer = r"HKEY_CURRENT_USER\Software\Wine\Explorer";
        let size = format!("{}x{}", size.0, size.1);
        self.quietly(&["reg", "add", explorer, "/v", "Desktop", "/d", name, "/f"])?;
        self.quietly(&["reg", "add", &format!(r"{explorer}\Desktops"), "/v", name, "/d", &size, "/f"])
    }

    /// Where it is.
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Registers our application and that in C.
    pub(super) fn register(&self) -> Result<()> {
        let there = |file: &str| format!(r"{THERE}\{file}");
        let (library, types) = (there("com_application_dll.dll"), there("RendezvousSession.tlb"));
        self.quietly(&[&there(PROGRAM), "register", &library, &types])?;
        self.register_application()
    }

    /// Registers that in C alone.
    pub(super) fn register_application(&self) -> Result<()> {
        let application = format!(r"{THERE}\application.exe");
        self.quietly(&[&application, "register", &application])
    }

    pub(super) fn unregister_application(&self) -> Result<()> {
        self.quietly(&[&format!(r"{THERE}\application.exe"), "unregister"])
    }

    pub(super) fn unregister(&self) -> Result<()> {
        self.unregister_application()?;
        self.quietly(&[&format!(r"{THERE}\{PROGRAM}"), "unregister"])
    }

    /// What a program has said, and with what it has ended.
    pub(super) fn run(
        &self,
        program: &str,
        arguments: &[&str],
        trick: &str,
    ) -> Result<(String, Option<i32>)> {
        let path = self.directory.join("said.txt");
        let launch = self
            .wine()
            .arg(format!(r"{THERE}\{program}"))
            .args(arguments)
            .env("COM_TRIAL_LOG", format!(r"{THERE}\log.txt"))
            .env("COM_TRIAL_TRICK", trick);
        let status = Process::start(&launch, Log::File(&path))?.wait_exit(PATIENCE)?;
        let said = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
        Ok((said, status.code()))
    }

    /// What the applications have noted since it was asked last.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    pub(super) fn clear_log(&self) -> Result<()> {
        let path = self.log_path();
        if path.exists() { fs::remove_file(path).context("cannot remove the trials' log") } else { Ok(()) }
    }

    /// Makes an empty key of the registry for all users.
    pub(super) fn make_key(&self, key: &str) -> Result<()> {
        self.quietly(&["reg", "add", &format!(r"HKEY_LOCAL_MACHINE\{key}"), "/f"])
    }

    pub(super) fn remove_key(&self, key: &str) -> Result<()> {
        self.quietly(&["reg", "delete", &format!(r"HKEY_LOCAL_MACHINE\{key}"), "/f"])
    }

    /// Everything that programs have registered for all users, as text.
    pub(super) fn registry(&self) -> Result<String> {
        let name = r"C:\trial\registry.txt";
        self.quietly(&["regedit", "/E", name, r"HKEY_LOCAL_MACHINE\Software"])?;
        let bytes = fs::read(self.directory.join(HERE).join("registry.txt"))?;
        let units: Vec<_> =
            bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        Ok(String::from_utf16_lossy(&units))
    }

    /// What Wine needs to know to run something here: no screen unless there is one, and no questions about parts that are not
    /// installed.
    pub(super) fn environment(&self, launch: Launch) -> Launch {
        let launch = launch
            .env("WINEPREFIX", &self.directory)
            .env("WINEDEBUG", "-all")
            .env("WINEDLLOVERRIDES", "mscoree,mshtml=d")
            .without("DISPLAY")
            .without("WAYLAND_DISPLAY");
        launch.envs(self.screen.iter().map(|(name, value)| (*name, value.as_str())))
    }

    fn wine(&self) -> Launch {
        self.environment(Launch::new("wine"))
    }

    fn quietly(&self, arguments: &[&str]) -> Result<()> {
        let path = self.directory.join("said.txt");
        let launch = self.wine().args(arguments);
        let status = Process::start(&launch, Log::File(&path))?.wait_exit(PATIENCE)?;
        let said = fs::read_to_string(&path).unwrap_or_default();
        ensure!(status.success(), "`{}` failed ({status}): {said}", launch.line());
        Ok(())
    }

    fn server(&self, what: &str) -> Result<()> {
        let server = ["/usr/lib/wine/wineserver64", "/usr/lib/wine/wineserver"];
        let program = server.into_iter().find(|path| Path::new(path).exists()).unwrap_or("wineserver");
        let launch = self.environment(Launch::new(program)).arg(what);
        // It fails when there is nothing to end.
        Process::start(&launch, Log::Nowhere)?.wait_exit(PATIENCE).map(|_| ())
    }

    fn log_path(&self) -> PathBuf {
        self.directory.join(HERE).join("log.txt")
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        // Only what belongs to this directory.
        _ = self.server("-k");
        _ = self.server("-w");
        _ = fs::remove_dir_all(&self.directory);
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to)
        .map(|_| ())
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}

/// The lines that are in one of two and not in the other.
pub(super) fn differences(before: &str, after: &str) -> Vec<String> {
    let set = |text: &str| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
    let (before, after) = (set(before), set(after));
    let added = after.difference(&before).map(|line| format!("added: {line}"));
    added.chain(before.difference(&after).map(|line| format!("removed: {line}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_and_what_is_missing_are_both_seen() {
        assert_eq!(differences("a\nb\n", "b\nc\n"), ["added: c", "removed: a"]);
        assert!(differences("a\nb", "b\na").is_empty());
    }
}
