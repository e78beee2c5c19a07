//! Another program than ours at the other end, which sends without end.

use crate::applications::{GIVEN_UP, LAUNCH_FAILED};
use crate::house::{ANSWER, SOON, send, two_people};
use anyhow::{Context as _, Result, ensure};
use rendezvous_core::{
    Application, ApplicationId, Command, Event, SessionConfig, SessionError, SessionId, State,
};
use rendezvous_net::nearby::{Config, Nearby};
use rendezvous_net::{Account, CallError, Driver, Handle, Happening};
use rendezvous_testkit::wait;
use rendezvous_trust::DeviceKey;
use rustix::process::Signal;
use std::fs;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// More than an agent keeps for an application, and than a socket takes.
const TEXTS: usize = 256;

/// Somebody whose program does what the test says.
struct Stranger {
    handle: Handle,
    happenings: UnboundedReceiver<Happening>,
}

impl Stranger {
    /// Invites whoever is at this place.
    async fn invites(place: &str) -> Result<(Self, SessionId)> {
        let key =
            Arc::new(DeviceKey::from_seed(&std::array::from_fn(|at| u8::try_from(at).unwrap_or_default()))?);
        let config = Config { listen: "127.0.0.1:0".parse()?, name: String::new(), multicast: false };
        let (network, control) = Nearby::listen(config, key.clone()).await?;
        let contact = control.lookup(place).await?;
        let account = Account { network: "nearby".into(), me: network.address(), key };
        let all = [Application::new(ApplicationId::ASK, "Ask")];
        let (driver, handle, happenings) = Driver::new(account, SessionConfig::default(), all, network);
        tokio::spawn(driver.run());
        let session = handle.invite(contact, ApplicationId::ASK, String::new()).await?;
        Ok((Self { handle, happenings }, session))
    }

    async fn hears(&mut self, what: &str, wanted: impl Fn(&Event) -> bool) -> Result<()> {
        let hears = async {
            loop {
                let happening = self.happenings.recv().await.context("the driver runs")?;
                if wanted(&happening.event) {
                    return anyhow::Ok(());
                }
            }
        };
        tokio::time::timeout(GIVEN_UP, hears).await.with_context(|| format!("no {what}"))?
    }

    /// Sends as fast as the session takes it, until it is over.
    async fn floods(&self, session: SessionId) -> Result<()> {
        for _ in 0..TEXTS {
            let sending = async {
                loop {
                    let text = Command::SendContext("x".repeat(64 * 1024));
                    match self.handle.command(session, text).await {
                        Err(CallError::Refused(SessionError::TooMuchInFlight(_))) => {
                            tokio::time::sleep(Duration::from_millis(5)).await;
                        }
                        other => return other,
                    }
                }
            };
            if tokio::time::timeout(SOON, sending).await?.is_err() {
                break;
            }
        }
        Ok(())
    }
}

#[test]
fn an_application_that_takes_nothing_is_ended_before_much_waits_for_it() {
    two_people(|two| {
        two.expert.runs(&["visible"])?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let (mut stranger, session) = runtime.block_on(Stranger::invites(&two.expert.address))?;
        two.expert.agent.reads(ANSWER)?;
        two.expert.agent.says("y")?;
        runtime.block_on(async {
            stranger.hears("launch", |event| matches!(event, Event::Launch)).await?;
            stranger.handle.command(session, Command::Attach).await?;
            let connected =
                |event: &Event| matches!(event, Event::StateChanged { current: State::Connected, .. });
            stranger.hears("connection", connected).await
        })?;
        let application = two.expert.application()?.context("it runs")?;
        send(application, Signal::STOP)?;
        runtime.block_on(stranger.floods(session))?;
        runtime.block_on(stranger.hears("end", |event| matches!(event, Event::Ended { .. })))?;
        two.expert.agent.reads_within(LAUNCH_FAILED, GIVEN_UP)?;
        let log = fs::read_to_string(two.expert.home().join("agent.log"))?;
        ensure!(log.matches("The application does not take what it is sent").count() == 1, "{log}");
        wait::until("the application to be gone", GIVEN_UP, || {
            Ok(two.expert.application()?.is_none().then_some(()))
        })
    });
}
