//! On Windows there is no sandbox yet for the process that would write what others send, and without it nothing is taken.

use crate::texts;
use anyhow::{Result, bail};
use rendezvous_assist::files::{FileHash, FileName, Offered};
use std::convert::Infallible;
use std::path::Path;
use std::process::ExitCode;

#[path = "report.rs"]
#[expect(dead_code, reason = "nothing is heard of what never comes")]
mod report;

pub(crate) use report::Report;

/// Never had.
#[derive(Clone, Debug)]
pub(crate) struct Downloads(Infallible);

impl Downloads {
    pub(crate) fn open(_: &Path) -> Result<Self> {
        bail!(texts::NO_FILES_HERE)
    }

    pub(crate) fn has_room(&self, _: u64) -> bool {
        match self.0 {}
    }
}

/// Never had.
#[derive(Debug)]
pub(crate) struct Landing(Infallible);

impl Landing {
    pub(crate) fn begin(place: &Downloads, _: &Offered, _: impl Fn(Report) + Send + 'static) -> Result<Self> {
        match place.0 {}
    }

    pub(crate) fn store(&self, _: Vec<u8>) {
        match self.0 {}
    }

    pub(crate) fn place(&self, _: FileName, _: FileHash, _: impl Fn() -> bool + Send + 'static) {
        match self.0 {}
    }
}

/// There is nothing to write.
pub(crate) fn process(_: u64) -> Result<ExitCode> {
    bail!(texts::NO_FILES_HERE)
}
