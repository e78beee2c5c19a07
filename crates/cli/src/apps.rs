//! `apps`: the applications that can be started with somebody.

use crate::agent::installed;
use crate::{suggest, texts};
use anyhow::{Result, bail};
use rendezvous_core::{Application, ApplicationId};
use std::io::Write;
use std::process::ExitCode;

/// Lists them.
pub(crate) fn run(json: bool) -> Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    if json {
        let row = |a: &Application| serde_json::json!({ "id": a.id.to_string(), "name": a.name });
        writeln!(out, "{}", serde_json::Value::from(installed().iter().map(row).collect::<Vec<_>>()))?;
    } else {
        for application in installed() {
            writeln!(out, "{}  {}", application.id, application.name)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The application that is meant by a GUID or a name.
pub(crate) fn find(typed: &str) -> Result<ApplicationId> {
    let all = installed();
    if let Ok(id) = typed.parse::<ApplicationId>() {
        match all.iter().find(|a| a.id == id) {
            Some(found) => return Ok(found.id),
            None => bail!(texts::no_such_application(typed, None)),
        }
    }
    let wanted = typed.to_lowercase();
    if let Some(found) = all.iter().find(|a| a.name.to_lowercase() == wanted) {
        return Ok(found.id);
    }
    let mut beginning =
        all.iter().filter(|a| !wanted.is_empty() && a.name.to_lowercase().starts_with(&wanted));
    match (beginning.next(), beginning.next()) {
        (Some(found), None) => Ok(found.id),
        _ => {
            let names = all.iter().map(|a| a.name.as_str());
            bail!(texts::no_such_application(typed, suggest::nearest(typed, names)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
