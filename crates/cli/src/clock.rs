//! The clock that goes on while the machine sleeps.

use crate::os;

/// Milliseconds since the machine started, sleep included.
pub(crate) fn boottime() -> u64 {
    u64::try_from(os::since_boot().as_millis()).unwrap_or(u64::MAX)
}
