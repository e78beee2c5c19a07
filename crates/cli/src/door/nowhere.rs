//! This program was built without windows.

use crate::home::Home;
use anyhow::{Result, bail};
use std::process::ExitCode;

/// Never.
pub(crate) fn is_meant() -> bool {
    false
}

/// There is none.
#[expect(clippy::unused_async, reason = "the other one waits")]
pub(crate) async fn run(_: &Home) -> Result<ExitCode> {
    bail!("this program was built without windows")
}
