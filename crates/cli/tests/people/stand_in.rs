//! Something of the test's that answers where the agent would.

use crate::alone::Someone;
use anyhow::{Context as _, Result};
use rendezvous_dbus::agent::{Commander, Request};
use rendezvous_dbus::socket::PrivateSocket;
use tokio::sync::{mpsc, oneshot};

/// What it does after an answer.
pub(crate) enum Then {
    GoOn,
    /// It ends, as an agent that was stopped.
    End,
}

/// Plays a scene while this answers at somebody's private socket.
pub(crate) fn instead_of_the_agent<T>(
    someone: &Someone,
    answer: impl FnMut(Request) -> Result<Then> + Send + 'static,
    play: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let path = someone.home().join("agent.sock");
    let (enough, ends) = oneshot::channel::<()>();
    let (listens, is_there) = std::sync::mpsc::channel();
    let other = std::thread::spawn(move || -> Result<()> {
        // With this its connections end, as those of a process do.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        runtime.block_on(async {
            let socket = PrivateSocket::listen(&path)?;
            listens.send(())?;
            tokio::select! {
                served = serve(socket, answer) => served,
                _ = ends => Ok(()),
            }
        })
    });
    is_there.recv().context("it does not listen")?;
    let played = play();
    drop(enough);
    other.join().expect("it does not panic")?;
    played
}

async fn serve(socket: PrivateSocket, mut answer: impl FnMut(Request) -> Result<Then>) -> Result<()> {
    loop {
        let (requests, mut asked) = mpsc::channel(1);
        let commander = Commander::serve(socket.accept().await?, requests).await?;
        loop {
            let request = tokio::select! {
                request = asked.recv() => request,
                () = commander.closed() => None,
            };
            let Some(request) = request else { break };
            if let Then::End = answer(request)? {
                return Ok(());
            }
        }
    }
}
