//! Applications and IM programs meet on a bus or at an inherited socket; on Windows they do so as COM objects, which
//! `docs/for-windows-authors.md` tells how to try.

use crate::args::CheckAppOptions;
use crate::home::Home;
use crate::texts;
use anyhow::{Result, bail};
use std::process::ExitCode;

/// There is nothing to check.
#[expect(clippy::unused_async, reason = "the other one waits")]
pub(crate) async fn run(_: &Home, _: &CheckAppOptions) -> Result<ExitCode> {
    bail!(texts::NO_CHECKS_HERE)
}

/// For authors of IM programs.
pub(crate) mod im {
    use crate::args::CheckImOptions;
    use crate::texts;
    use anyhow::{Result, bail};
    use std::process::ExitCode;

    /// There is nothing to check.
    #[expect(clippy::unused_async, reason = "the other one waits")]
    pub(crate) async fn run(_: &CheckImOptions) -> Result<ExitCode> {
        bail!(texts::NO_CHECKS_HERE)
    }
}
