//! TCP ports on loopback.

use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::process::Process;
use crate::wait;

/// A port on 127.0.0.1 that nothing listens on. It is given back before it is returned, so another program could
/// take it first: the one who asked for it then fails clearly, which has not been seen.
///
/// # Errors
///
/// When loopback has no port left.
pub fn free() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

/// Waits until `program` (or any other) listens on 127.0.0.1:`port`. Looks it up in the kernel's table instead of connecting,
/// because a connection that says nothing is an event to the program that is tested.
///
/// # Errors
///
/// When nobody listens in time, or the program has ended.
pub fn wait_listening(port: u16, program: &mut Process, within: Duration) -> Result<()> {
    wait::until(format_args!("a program to listen on 127.0.0.1:{port}"), within, || {
        program.check_running()?;
        Ok(is_listening(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))?.then_some(()))
    })
}

fn is_listening(address: SocketAddrV4) -> Result<bool> {
    /// Of this thread, which may be on a machine of its own.
    const TABLE: &str = "/proc/thread-self/net/tcp";
    /// `TCP_LISTEN` of the kernel.
    const LISTEN: &str = "0A";
    // The kernel prints the address as one number in the machine's byte order, then the port.
    let wanted = format!("{:08X}:{:04X}", u32::from_ne_bytes(address.ip().octets()), address.port());
    let table = fs::read_to_string(TABLE).with_context(|| format!("cannot read {TABLE}"))?;
    Ok(table.lines().skip(1).any(|line| {
        let mut fields = line.split_whitespace().skip(1);
        fields.next() == Some(&wanted) && fields.nth(1) == Some(LISTEN)
    }))
}
