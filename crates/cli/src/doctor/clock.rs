//! Whether the clock can be right. It decides which certificates hold and how old an invitation is.

use crate::home::Home;
use crate::identity::unix_now;
use crate::texts;
use anyhow::{Result, bail};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Files may be so much younger than now: other computers write some of them.
const TOLERANCE: u64 = 120;

/// A clock that is slow was right before: then this program was installed, or something of the person's written, later
/// than it says. One that is fast shows at the servers' certificates.
pub(super) fn look(home: &Home) -> Result<String> {
    let now = unix_now().0;
    let program = std::env::current_exe().ok();
    let own = ["device.key", "pins.json", "record.jsonl"].map(|name| home.data_file(name));
    let youngest = program.into_iter().chain(own).filter_map(|path| written(&path)).max().unwrap_or(0);
    if youngest > now.saturating_add(TOLERANCE) {
        bail!(texts::clock_is_slow(now, youngest));
    }
    Ok(texts::clock(now))
}

fn written(path: &Path) -> Option<u64> {
    let time = path.metadata().ok()?.modified().ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
}
