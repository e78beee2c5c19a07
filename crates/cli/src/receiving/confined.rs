//! What the receiving process, and the thread that gives a file its name, can still do. There is no way back.

use anyhow::{Context as _, Result};
use landlock::{
    ABI, Access as _, AccessFs, AccessNet, PathBeneath, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _,
    Scope,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    apply_filter,
};
use std::collections::BTreeMap;
use std::os::fd::AsFd;

/// The newest Landlock that we know; of an older one as much as there is.
const NEWEST: ABI = ABI::V6;

/// From here on this thread, and whatever it starts, reads from descriptor 0, writes to 1 and 2, and ends. Everything else is
/// refused.
///
/// # Errors
///
/// This system has no seccomp. Then nothing is to be received here.
pub(super) fn to_its_pipes() -> Result<()> {
    nowhere().context("Landlock is there and does not work")?;
    let on = |descriptors: &[u64]| -> Result<Vec<SeccompRule>> {
        let one = |descriptor: &u64| -> Result<SeccompRule> {
            let is = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, *descriptor)?;
            Ok(SeccompRule::new(vec![is])?)
        };
        descriptors.iter().map(one).collect()
    };
    let rules = BTreeMap::from([
        (libc::SYS_read, on(&[0])?),
        (libc::SYS_write, on(&[1, 2])?),
        (libc::SYS_exit, Vec::new()),
        (libc::SYS_exit_group, Vec::new()),
        // What the language does by itself while a thread ends: memory, signals, locks.
        (libc::SYS_brk, Vec::new()),
        (libc::SYS_munmap, Vec::new()),
        (libc::SYS_madvise, Vec::new()),
        (libc::SYS_sigaltstack, Vec::new()),
        (libc::SYS_rt_sigreturn, Vec::new()),
        (libc::SYS_futex, Vec::new()),
    ]);
    let refused = SeccompAction::Errno(u32::try_from(libc::EPERM)?);
    let architecture = std::env::consts::ARCH.try_into().context("no filter is known for this processor")?;
    let filter = SeccompFilter::new(rules, refused, SeccompAction::Allow, architecture)?;
    let program: BpfProgram = filter.try_into()?;
    apply_filter(&program).context("this system filters no calls (seccomp)")
}

/// Without a rule nothing of the file system and the network is left. Where there is no Landlock this does nothing.
fn nowhere() -> Result<()> {
    let ruleset = Ruleset::default().handle_access(AccessFs::from_all(NEWEST))?;
    let ruleset = ruleset.handle_access(AccessNet::from_all(NEWEST))?.scope(Scope::from_all(NEWEST))?;
    let status = ruleset.create()?.restrict_self()?;
    tracing::debug!(?status.ruleset, "Kept from files and ports");
    Ok(())
}

/// From here on this thread makes files in this directory and below it, and does nothing else to any file. Where there is no
/// Landlock this does nothing.
pub(super) fn to_directory(directory: impl AsFd) -> Result<()> {
    let ruleset = Ruleset::default().handle_access(AccessFs::from_all(NEWEST))?.create()?;
    let may = AccessFs::MakeReg | AccessFs::RemoveFile;
    let status = ruleset.add_rule(PathBeneath::new(directory, may))?.restrict_self()?;
    tracing::debug!(?status.ruleset, "Kept to one directory");
    Ok(())
}
