//! Opens the page's redirect file in the person's browser. The file's path is no secret; the ticket is inside.

use crate::os;
use crate::surroundings::RETURNED;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Opens `file`, or says why not.
pub(super) fn open(file: &Path) -> Result<(), String> {
    let program = find()?;
    let mut command = Command::new(&program);
    command.env_remove(rendezvous_dbus::SOCKET_VARIABLE).env_remove(RETURNED.0);
    command.arg(file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // What ends or stops this program by its terminal is not meant for the person's browser.
    os::in_a_group_of_its_own(&mut command);
    let mut child = command.spawn().map_err(|e| format!("{} cannot be started: {e}", program.display()))?;
    // Some browsers stay, some hand over and end; nobody waits for either, but none may stay behind as a zombie.
    std::thread::spawn(move || child.wait());
    Ok(())
}

/// The program that would open it.
pub(super) fn find() -> Result<PathBuf, String> {
    match std::env::var("RENDEZVOUS_BROWSER").as_deref() {
        Ok("none") => return Err("RENDEZVOUS_BROWSER is \"none\"".into()),
        Ok(program) if !program.is_empty() => return in_path(program),
        _ => {}
    }
    // By custom several, of which the first that is there counts.
    let named = std::env::var("BROWSER").unwrap_or_default();
    if !named.is_empty() {
        let found =
            named.split(':').filter(|program| !program.is_empty()).find_map(|program| in_path(program).ok());
        return found.ok_or_else(|| format!("the browser \"{named}\" was not found"));
    }
    if std::env::var_os("DISPLAY").is_none() && std::env::var_os("WAYLAND_DISPLAY").is_none() {
        return Err("there is no desktop to open a browser on".into());
    }
    ["xdg-open", "chromium", "google-chrome", "firefox"]
        .iter()
        .find_map(|program| in_path(program).ok())
        .ok_or_else(|| "no browser was found".into())
}

fn in_path(program: &str) -> Result<PathBuf, String> {
    let candidates = match program.contains('/') {
        true => vec![PathBuf::from(program)],
        false => std::env::var_os("PATH")
            .map(|path| std::env::split_paths(&path).map(|dir| dir.join(program)).collect())
            .unwrap_or_default(),
    };
    candidates
        .into_iter()
        .find(|p| p.is_file())
        .ok_or_else(|| format!("the browser \"{program}\" was not found"))
}
