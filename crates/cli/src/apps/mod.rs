//! `apps`: the applications that can be started with somebody, those inside this program and those that are registered.
//!
//! One TOML file for each, in the places of [`places`]; what a file may say stands in [`manifest`]. Broken files are
//! passed over and named, never guessed at. Removing the file removes the application.

mod change;
mod manifest;
mod places;
mod shown;

pub(crate) use change::{register, unregister};
pub(crate) use manifest::{Manifest, Start};
pub(crate) use places::{Entry, Installed, Stamp};
pub(crate) use shown::{is_plain, shown};

use crate::application::hello::HELLO;
use crate::args::{AppsOptions, AppsVerb};
use crate::home::Home;
use crate::terminal::printable;
use crate::{os, suggest, texts};
use anyhow::{Result, bail};
use rendezvous_core::{Application, ApplicationId};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// So many letters of a name fit into a sentence.
pub(crate) const NAME_WIDTH: usize = 60;

/// The applications inside this program.
pub(crate) fn built_in() -> [Application; 5] {
    [
        Application::new(HELLO, "Hello"),
        Application::new(ApplicationId::ASK, "Ask for Remote Assistance"),
        Application::new(ApplicationId::OFFER, "Offer Remote Assistance"),
        Application::new(ApplicationId::SHARE_TERMINAL, "Share a terminal"),
        Application::new(ApplicationId::VIEW_TERMINAL, "Look at a terminal"),
    ]
}

/// Everything that can be started now.
pub(crate) fn installed(home: &Home) -> Installed {
    Installed::look(built_in(), &places::places(home))
}

/// What the files of all places look like from outside; it changes when one of them does.
pub(crate) fn stamp(home: &Home) -> Stamp {
    places::stamp(&places::places(home))
}

/// `apps` and its verbs.
pub(crate) async fn run(home: &Home, options: &AppsOptions) -> Result<ExitCode> {
    match &options.verb {
        None => list(home, options.json.json),
        Some(AppsVerb::List(json)) => list(home, json.json),
        Some(AppsVerb::Register { file, json }) => register(home, file, json.json).await,
        Some(AppsVerb::Unregister { application, json }) => unregister(home, application, json.json).await,
        Some(AppsVerb::Check { file: None, json }) => check_all(home, json.json),
        Some(AppsVerb::Check { file: Some(file), json }) => check(file, json.json),
    }
}

/// The application that is meant by a GUID or a name.
pub(crate) fn find(home: &Home, typed: &str) -> Result<ApplicationId> {
    Ok(chosen(&installed(home), typed)?.application().id)
}

/// What a file says of an application, registered or not.
pub(crate) fn read(file: &Path) -> Result<Manifest> {
    Ok(change::read(file)?.1)
}

/// The one entry that is meant by a GUID, a name, or the beginning of a name.
pub(crate) fn chosen<'a>(installed: &'a Installed, typed: &str) -> Result<&'a Entry> {
    if let Ok(id) = typed.parse::<ApplicationId>() {
        return match installed.applications.get(&id) {
            Some(found) => Ok(found),
            None => bail!(texts::no_such_application(typed, None)),
        };
    }
    let wanted = typed.to_lowercase();
    let all = || installed.applications.values();
    let name = |entry: &Entry| entry.application().name.to_lowercase();
    let whole: Vec<_> = all().filter(|entry| name(entry) == wanted).collect();
    let beginning = all().filter(|entry| !wanted.is_empty() && name(entry).starts_with(&wanted));
    let found = if whole.is_empty() { beginning.collect() } else { whole };
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            let names = all().map(|entry| entry.application().name.as_str());
            bail!(texts::no_such_application(typed, suggest::nearest(typed, names)))
        }
        several => {
            let line = |entry: &&Entry| {
                let application = entry.application();
                format!("  {}  {}", application.id, shown(&application.name, NAME_WIDTH))
            };
            let list: Vec<_> = several.iter().map(line).collect();
            bail!(texts::several_applications(typed, &list.join("\n")))
        }
    }
}

/// Prints what can be started, and what was passed over.
fn list(home: &Home, json: bool) -> Result<ExitCode> {
    let installed = installed(home);
    let mut out = std::io::stdout().lock();
    if json {
        let rows: Vec<_> = installed.applications.values().map(row).collect();
        writeln!(out, "{}", Value::from(rows))?;
    } else {
        for entry in installed.applications.values() {
            let application = entry.application();
            write!(out, "{}  {}", application.id, shown(&application.name, NAME_WIDTH))?;
            match entry {
                Entry::BuiltIn(_) => writeln!(out)?,
                Entry::File(file, manifest) => {
                    let description = shown(&manifest.description, NAME_WIDTH);
                    let dash = if description.is_empty() { "" } else { " · " };
                    writeln!(out, "{dash}{description} · {}", printable(&file.display().to_string()))?;
                }
            }
        }
    }
    out.flush()?;
    let mut err = std::io::stderr().lock();
    for skipped in &installed.skipped {
        writeln!(err, "{}", printable(&skipped.to_string()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Says for everything that is registered whether it is good, and what is not.
fn check_all(home: &Home, json: bool) -> Result<ExitCode> {
    let installed = installed(home);
    let cannot = installed.applications.values().filter_map(cannot_start);
    let problems: Vec<String> = installed.skipped.iter().map(ToString::to_string).chain(cannot).collect();
    let good = installed.applications.len();
    say_checked(json, &problems, &texts::applications_are_good(good))
}

/// Says for one file whether it is good, and what is not.
fn check(file: &Path, json: bool) -> Result<ExitCode> {
    let (problems, good) = match change::read(file) {
        Err(error) => (vec![format!("{error:#}")], String::new()),
        Ok((_, manifest)) => {
            let name = shown(&manifest.application.name, NAME_WIDTH);
            let entry = Entry::File(file.to_owned(), manifest);
            let good = texts::application_is_good(&file.display().to_string(), &name);
            (cannot_start(&entry).into_iter().collect(), good)
        }
    };
    say_checked(json, &problems, &good)
}

fn say_checked(json: bool, problems: &[String], good: &str) -> Result<ExitCode> {
    if json {
        writeln!(std::io::stdout(), "{}", json!({ "good": problems.is_empty(), "problems": problems }))?;
    } else if problems.is_empty() {
        writeln!(std::io::stdout(), "{good}")?;
    } else {
        problems.iter().try_for_each(|problem| writeln!(std::io::stderr(), "{}", printable(problem)))?;
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Why an application could not be started, as far as that can be seen from outside.
fn cannot_start(entry: &Entry) -> Option<String> {
    let Entry::File(file, manifest) = entry else { return None };
    let Start::Exec(words) = &manifest.start else { return None };
    let program = words.first()?;
    match std::fs::metadata(program) {
        Ok(about) if os::is_program(&about) => None,
        Ok(_) => Some(format!("{}: {program} is not a program", file.display())),
        Err(error) => Some(format!("{}: {program}: {error}", file.display())),
    }
}

fn row(entry: &Entry) -> Value {
    let application = entry.application();
    let mut row = json!({ "id": application.id.to_string(), "name": application.name });
    if let Entry::File(file, manifest) = entry {
        row["file"] = file.display().to_string().into();
        row["description"] = manifest.description.clone().into();
        row["icon"] = manifest.icon.clone().into();
        row["url"] = application.url.clone().into();
        match &manifest.start {
            Start::Exec(words) => row["exec"] = words.clone().into(),
            Start::Bus(name) => row["dbus"] = name.clone().into(),
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(typed: &str) -> Result<ApplicationId> {
        let mut installed = Installed::look(built_in(), &[]);
        for number in [1, 2] {
            let application = Application::new(ApplicationId([number; 16]), "Twin");
            installed.applications.insert(application.id, Entry::BuiltIn(application));
        }
        Ok(chosen(&installed, typed)?.application().id)
    }

    #[test]
    fn by_guid_by_name_by_the_beginning_of_one() {
        let guid = ApplicationId::OFFER.to_string();
        for typed in [guid.as_str(), "offer remote assistance", "Offer"] {
            assert_eq!(find(typed).expect(typed), ApplicationId::OFFER);
        }
        for typed in ["", "x", "{00000000-0000-0000-0000-000000000000}"] {
            assert!(find(typed).is_err(), "{typed}");
        }
        assert!(find("Ask for Remote Asistance").expect_err("a slip").to_string().contains("Did you mean"));
        assert!(find("twin").expect_err("there are two").to_string().contains("{01010101-0101"));
    }
}
