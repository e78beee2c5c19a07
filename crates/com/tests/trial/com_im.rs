//! Two IM programs in one, each with our driver, on a network within this process: Ann invites Bob to whatever is registered
//! under the entry that is given, and that is started for both, each in a process of its own.
//!
//! ```text
//! com_im ENTRY
//! ```

#[cfg(windows)]
mod trial {
    use rendezvous_com::ComError;
    use rendezvous_com::im::HandedSession;
    use rendezvous_com::names::Guid;
    use rendezvous_com::registry;
    use rendezvous_core::{
        Address, Application, ApplicationId, Command, Endpoint, Event, SessionConfig, SessionId, State,
    };
    use rendezvous_net::loopback::{Hub, Weather};
    use rendezvous_net::{Account, Driver, Handle, Happening};
    use rendezvous_trust::DeviceKey;
    use std::error::Error;
    use std::io::Write;
    use std::sync::Arc;
    use std::time::Duration;
    use tokio::sync::mpsc::UnboundedReceiver;

    type Failure = Box<dyn Error + Send + Sync>;

    const PATIENCE: Duration = Duration::from_secs(60);

    struct Im {
        name: &'static str,
        handle: Handle,
        happenings: UnboundedReceiver<Happening>,
    }

    fn say(line: &str) {
        // Whoever closed the output does not want it.
        _ = writeln!(std::io::stdout(), "{line}");
    }

    impl Im {
        fn join(hub: &Hub, name: &'static str, seed: u8) -> Result<Self, Failure> {
            let me: Address = name.parse()?;
            let network = hub.join(Endpoint { contact: me.clone(), device: "desk".into() });
            let key = Arc::new(DeviceKey::from_seed(&std::array::from_fn(|place| seed ^ (place as u8)))?);
            let installed =
                registry::applications().into_iter().map(|one| Application::new(one.id, one.name));
            let account = Account { network: "loopback".into(), me, key };
            let (driver, handle, happenings) =
                Driver::new(account, SessionConfig::default(), installed, network);
            tokio::spawn(driver.run());
            Ok(Self { name, handle, happenings })
        }

        async fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> Result<(), Failure> {
            loop {
                let happening = self.happenings.recv().await.ok_or("the driver ended")?;
                if wanted(&happening.event) {
                    return Ok(());
                }
            }
        }

        /// As the agent does it with an application that cannot be started.
        async fn give_up(&mut self, session: SessionId, error: &ComError) -> Result<(), Failure> {
            say(&format!("{} could not start it: {error}", self.name));
            // It may be over already: the other side could not start it either.
            _ = self.handle.command(session, Command::ApplicationGone).await;
            let name = self.name;
            self.until(|event| {
                report(name, event);
                matches!(event, Event::Ended { .. })
            })
            .await
        }

        /// Starts the application and relays whatever happens, until the end.
        async fn launch(mut self, session: SessionId, class: Guid) -> Result<(), Failure> {
            self.until(|event| *event == Event::Launch).await?;
            let info = self.handle.list().await?.into_iter().find(|info| info.id == session);
            let info = info.ok_or("the session is not in the list")?;
            let handed = HandedSession::hand_over(class, info, self.handle.clone(), PATIENCE).await;
            let handed = match handed {
                Ok(handed) => handed,
                Err(error) => return self.give_up(session, &error).await,
            };
            say(&format!("{} handed over", self.name));
            self.handle.command(session, Command::Attach).await?;
            let mut is_there = true;
            loop {
                tokio::select! {
                    happening = self.happenings.recv() => {
                        let event = happening.ok_or("the driver ended")?.event;
                        report(self.name, &event);
                        if is_there {
                            // One that is gone is noticed below.
                            _ = handed.tell(&event).await;
                        }
                        if matches!(event, Event::Ended { .. }) {
                            break;
                        }
                    }
                    () = handed.closed(), if is_there => {
                        say(&format!("{} lost its application", self.name));
                        is_there = false;
                        _ = self.handle.command(session, Command::ApplicationGone).await;
                    }
                }
            }
            tokio::time::timeout(PATIENCE, handed.closed()).await?;
            say(&format!("{} let go", self.name));
            Ok(())
        }
    }

    fn report(name: &str, event: &Event) {
        match event {
            Event::StateChanged { current, .. } => say(&format!("{name} state {}", State::name(*current))),
            Event::ContextData(text) if text.len() < 40 => say(&format!("{name} hears {text}")),
            Event::Ended { result, data } => say(&format!("{name} ended {result} {data:?}")),
            _ => {}
        }
    }

    pub(crate) async fn run(application: ApplicationId) -> Result<(), Failure> {
        let class = registry::class_of(application).ok_or("nothing is registered under this entry")?;
        let hub = Hub::new(1, Weather::FAIR);
        let (ann, mut bob) = (Im::join(&hub, "ann", 1)?, Im::join(&hub, "bob", 2)?);
        let session = ann.handle.invite("bob".parse()?, application, String::new()).await?;
        bob.until(|event| matches!(event, Event::Invited(_))).await?;
        // Bob, who is played here, says yes.
        bob.handle.command(session, Command::Accept { data: String::new() }).await?;
        let both = async { tokio::try_join!(ann.launch(session, class), bob.launch(session, class)) };
        tokio::time::timeout(PATIENCE * 2, both).await??;
        let left = rendezvous_com::living::objects();
        say(&format!("objects left: {left}"));
        if left == 0 { Ok(()) } else { Err("something was not let go".into()) }
    }
}

#[cfg(windows)]
fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let entry = std::env::args().nth(1).ok_or("ENTRY")?.parse()?;
    tokio::runtime::Runtime::new()?.block_on(trial::run(entry))
}

#[cfg(not(windows))]
fn main() {}
