//! What the receiving process, and the thread that gives a file its name, can still do. There is no way back.

use anyhow::{Context as _, Result};
use landlock::{
    ABI, Access as _, AccessFs, AccessNet, PathBeneath, Ruleset, RulesetAttr as _, RulesetCreatedAttr as _,
    RulesetStatus, Scope,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    apply_filter,
};
use std::collections::BTreeMap;
use std::os::fd::AsFd;

/// The newest Landlock that we know; of an older one as much as there is. Nothing depends on how much that is: what has to be
/// there is seccomp, at both.
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
    only([(libc::SYS_read, on(&[0])?), (libc::SYS_write, on(&[1, 2])?)])
}

/// From here on this thread makes files in this directory and below it, and does nothing else to any file. Landlock knows the
/// directory, where the system has it; that there is nothing but a link to be made, and not a byte to be read or written, is
/// for seccomp, which there has to be.
///
/// # Errors
///
/// This system has no seccomp. Then no file gets a name here.
pub(super) fn to_links_in(directory: impl AsFd) -> Result<()> {
    to_directory(directory).context("Landlock is there and does not work")?;
    let calls = [libc::SYS_linkat, libc::SYS_openat2, libc::SYS_close];
    // Between two links there is memory to be asked for, and a thread that ends holds its signals back.
    let memory = [libc::SYS_mmap, libc::SYS_mprotect, libc::SYS_mremap, libc::SYS_rt_sigprocmask];
    only(calls.into_iter().chain(memory).map(|call| (call, Vec::new())))
}

/// These calls, and what the language does by itself while a thread ends: memory, signals, locks.
fn only(calls: impl IntoIterator<Item = (libc::c_long, Vec<SeccompRule>)>) -> Result<()> {
    let ending = [
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_brk,
        libc::SYS_munmap,
        libc::SYS_madvise,
        libc::SYS_sigaltstack,
        libc::SYS_rt_sigreturn,
        libc::SYS_futex,
    ];
    let rules: BTreeMap<_, _> = ending.into_iter().map(|call| (call, Vec::new())).chain(calls).collect();
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

/// The part of it that Landlock has. Where there is none this does nothing, and says so.
pub(super) fn to_directory(directory: impl AsFd) -> Result<RulesetStatus> {
    let ruleset = Ruleset::default().handle_access(AccessFs::from_all(NEWEST))?.create()?;
    let status = ruleset.add_rule(PathBeneath::new(directory, AccessFs::MakeReg))?.restrict_self()?;
    tracing::debug!(?status.ruleset, "Kept to one directory");
    Ok(status.ruleset)
}
