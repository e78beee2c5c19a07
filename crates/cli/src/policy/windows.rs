//! The two files. One that others could have written, or that cannot be read, is refused: it is never taken for none.

use crate::home::Home;
use crate::os;
use rendezvous_assist::policy::{MAX_FILE, Rules};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// The administrator's file. No variable and no option leads elsewhere.
pub(crate) const ADMINISTRATORS: &str = r"C:\ProgramData\Rendezvous\policy.toml";

/// What the administrator says; nothing where there is no file. Else why the file cannot be used. Everybody may make
/// directories in that place, so whose the file is counts, and whose its directory is.
pub(super) fn administrators() -> Result<Option<Rules>, String> {
    let path = Path::new(ADMINISTRATORS);
    let Some(rules) = read(path)? else { return Ok(None) };
    for shown in [path, path.parent().unwrap_or(path)] {
        match os::is_the_systems(shown) {
            Ok(true) => {}
            Ok(false) => return Err(format!("{} does not belong to an administrator", shown.display())),
            Err(error) => return Err(format!("{} cannot be looked at: {error}", shown.display())),
        }
    }
    Ok(Some(rules))
}

/// What the person says themselves. Their own directory was kept from others when the program started.
pub(super) fn of_person(home: &Home) -> Result<Option<Rules>, String> {
    read(&home.policy_file())
}

fn read(path: &Path) -> Result<Option<Rules>, String> {
    let shown = path.display();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{shown} cannot be opened: {error}")),
    };
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_FILE).unwrap_or(u64::MAX);
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("{shown} cannot be read: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{shown} is not a text"))?;
    Rules::parse(&text).map(Some).map_err(|error| format!("{shown}, {error}"))
}
