//! `cargo xtask states`: writes `docs/session.md` from the code of the session itself.

use std::fs;

use anyhow::{Context as _, Result};

use crate::{prove_session, repo, say};

const FILE: &str = "docs/session.md";

pub(crate) fn run() -> Result<()> {
    let text = repo::read(&prove_session::launch(&[], &["states"]))?;
    fs::write(FILE, text).with_context(|| format!("cannot write {FILE}"))?;
    say::line(format_args!("{FILE} says what the session does now."));
    Ok(())
}
