//! `apps register` and `apps unregister`: this person's own registrations.

use super::manifest::{MAX_MANIFEST, Manifest};
use super::{Entry, NAME_WIDTH, installed, places, shown};
use crate::home::Home;
use crate::{client, os, texts};
use anyhow::{Context, Result, bail};
use rendezvous_core::{ApplicationId, Code};
use serde_json::json;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::process::ExitCode;

/// Registers an application for this person: checks the file and copies it.
pub(crate) async fn register(home: &Home, file: &Path, json: bool) -> Result<ExitCode> {
    let (text, manifest) = read(file)?;
    let id = manifest.application.id;
    if installed(home).applications.contains_key(&id) {
        bail!("{} {}\n  ({id})", Code::AppAlreadyRegistered.text(), Code::AppAlreadyRegistered.remedy());
    }
    let place = places::own_place(home);
    os::directory_for_person_alone()
        .create(&place)
        .with_context(|| format!("cannot make {}", place.display()))?;
    let target = place.join(format!("{}.toml", id.to_string().trim_matches(['{', '}'])));
    write(&target, &text)?;
    tell_the_agent(home).await;
    let name = shown(&manifest.application.name, NAME_WIDTH);
    let mut out = std::io::stdout().lock();
    if json {
        let about = json!({ "id": id.to_string(), "file": target.display().to_string() });
        writeln!(out, "{about}")?;
    } else {
        writeln!(out, "{}", texts::application_registered(&name, &target.display().to_string()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Removes a registration of this person's.
pub(crate) async fn unregister(home: &Home, typed: &str, json: bool) -> Result<ExitCode> {
    let id: ApplicationId = typed.parse().with_context(|| format!("\"{typed}\""))?;
    let installed = installed(home);
    let file = match installed.applications.get(&id) {
        None => bail!("{} {}\n  ({id})", Code::AppNotRegistered.text(), Code::AppNotRegistered.remedy()),
        Some(Entry::BuiltIn(_)) => bail!(texts::APPLICATION_STAYS),
        Some(Entry::File(file, _)) => file,
    };
    if !file.starts_with(places::own_place(home)) {
        bail!(texts::application_of_the_system(&file.display().to_string()));
    }
    std::fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))?;
    tell_the_agent(home).await;
    let mut out = std::io::stdout().lock();
    if json {
        writeln!(out, "{}", json!({ "id": id.to_string() }))?;
    } else {
        writeln!(out, "{}", texts::application_unregistered(&id.to_string()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A manifest's text, and what it says.
pub(super) fn read(file: &Path) -> Result<(Vec<u8>, Manifest)> {
    let about = std::fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?;
    if !about.is_file() || about.len() > MAX_MANIFEST {
        bail!("{}: expected a TOML file of at most {MAX_MANIFEST} bytes", file.display());
    }
    let mut text = String::new();
    std::fs::File::open(file)
        .and_then(|open| open.take(MAX_MANIFEST).read_to_string(&mut text))
        .with_context(|| format!("cannot read {}", file.display()))?;
    let manifest = Manifest::read(&text).map_err(|error| anyhow::anyhow!("{}:{error}", file.display()))?;
    Ok((text.into_bytes(), manifest))
}

fn write(target: &Path, text: &[u8]) -> Result<()> {
    let made = os::for_person_alone(OpenOptions::new().write(true).create_new(true)).open(target);
    let mut made = match made {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!(texts::registration_in_the_way(&target.display().to_string()))
        }
        other => other.with_context(|| format!("cannot write {}", target.display()))?,
    };
    if let Err(error) = made.write_all(text).and_then(|()| made.sync_all()) {
        // Half a registration is worse than none.
        _ = std::fs::remove_file(target);
        return Err(error).with_context(|| format!("cannot write {}", target.display()));
    }
    Ok(())
}

/// An agent that runs takes it up at once. One that does not answer looks for itself before long.
async fn tell_the_agent(home: &Home) {
    if let Ok(Some(agent)) = client::running(home).await
        && let Err(error) = agent.reread().await
    {
        tracing::info!(%error, "The agent was not told");
    }
}
