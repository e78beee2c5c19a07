//! An agent with one account that opens the class of *Session Invite*, the person at it, and Bob at the other end, all in one
//! process; and a program or a script, started as a process of its own, that finds the class and plays its part.
//!
//! ```text
//! com_invite accepted|refused|incoming|killed|alone PROGRAM ARGUMENTS…
//! ```

#[cfg(windows)]
mod trial {
    use rendezvous_com::living;
    use rendezvous_com::session_invite::{Invites, OneAccount, registered};
    use rendezvous_core::{
        Address, Application, ApplicationId, Command, DeclinedBy, Endpoint, Event, SessionConfig,
        SessionError, SessionId, SessionResult, State,
    };
    use rendezvous_net::loopback::{Hub, Weather};
    use rendezvous_net::{Account, CallError, Driver, Handle, Happening};
    use rendezvous_trust::DeviceKey;
    use std::error::Error;
    use std::io::Write;
    use std::process::{Child, Command as Program};
    use std::sync::Arc;
    use std::time::{Duration, Instant};
    use tokio::sync::mpsc::{self, UnboundedReceiver, unbounded_channel};

    type Failure = Box<dyn Error + Send + Sync>;

    const PATIENCE: Duration = Duration::from_secs(170);
    /// What the programs register, and Bob has as well.
    const TRIAL: &str = "{3B0C4B55-7C67-4E0C-8B7B-0D1B1B1D6F4E}";

    struct Im {
        handle: Handle,
        happenings: UnboundedReceiver<Happening>,
    }

    fn say(line: &str) {
        // Whoever closed the output does not want it.
        _ = writeln!(std::io::stdout(), "{line}");
    }

    fn join(hub: &Hub, name: &str, seed: u8, installed: Vec<Application>) -> Result<Im, Failure> {
        let me: Address = name.parse()?;
        let network = hub.join(Endpoint { contact: me.clone(), device: "desk".into() });
        let key = Arc::new(DeviceKey::from_seed(&std::array::from_fn(|place| seed ^ (place as u8)))?);
        let account = Account { network: "loopback".into(), me, key };
        let (driver, handle, happenings) = Driver::new(account, SessionConfig::default(), installed, network);
        tokio::spawn(driver.run());
        Ok(Im { handle, happenings })
    }

    /// Ann's agent: tells the programs everything, and starts what is registered.
    async fn agent(
        mut ann: Im,
        invites: Arc<Invites>,
        settled: mpsc::UnboundedSender<()>,
        started: mpsc::UnboundedSender<Child>,
    ) -> Result<(), Failure> {
        while let Some(happening) = ann.happenings.recv().await {
            invites.tell(&happening);
            match &happening.event {
                Event::StateChanged { current, .. } => say(&format!("ann state {}", State::name(*current))),
                Event::Ended { result, data } => {
                    say(&format!("ann ended {result} {data:?}"));
                    _ = settled.send(());
                }
                Event::Launch => {
                    let (invites, handle, settled) = (invites.clone(), ann.handle.clone(), settled.clone());
                    let started = started.clone();
                    tokio::spawn(async move {
                        match launch(happening.session, &invites, &handle).await {
                            Ok(Some(child)) => {
                                _ = started.send(child);
                                _ = settled.send(());
                            }
                            Ok(None) => {}
                            Err(error) => say(&format!("ann's application was not started: {error}")),
                        }
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What was started; nothing, where the program is the application itself.
    async fn launch(
        session: SessionId,
        invites: &Invites,
        handle: &Handle,
    ) -> Result<Option<Child>, Failure> {
        if !invites.before_launch(session).await {
            say("ann's program is the application");
            return Ok(None);
        }
        let info = handle.list().await?.into_iter().find(|info| info.id == session);
        let info = info.ok_or("the session is not in the list")?;
        let path = registered().into_iter().find(|one| one.application.id == info.application);
        let path = path.ok_or("nothing is registered for it")?.path;
        let child = Program::new(path).arg("launched").spawn()?;
        say("ann's application was started");
        invites.launched(&info, child.id())?;
        Ok(Some(child))
    }

    /// Bob, who is played here with his application.
    async fn bob(mut bob: Im, accepts: bool) -> Result<(), Failure> {
        while let Some(Happening { session, event }) = bob.happenings.recv().await {
            match event {
                Event::Invited(invite) => {
                    say(&format!("bob is invited with {:?}", invite.data));
                    let answer = match accepts {
                        true => Command::Accept { data: "gladly".into() },
                        false => Command::Decline { by: DeclinedBy::Person, data: "not today".into() },
                    };
                    bob.handle.command(session, answer).await?;
                }
                Event::Launch => bob.handle.command(session, Command::Attach).await?,
                Event::ContextData(text) if text == "end" => {
                    let command = Command::Terminate { result: SessionResult::SUCCESS, data: "bye".into() };
                    bob.handle.command(session, command).await?;
                }
                Event::ContextData(text) => send(&bob.handle, session, format!("echo:{text}")).await?,
                Event::Ended { result, data } => say(&format!("bob ended {result} {data:?}")),
                _ => {}
            }
        }
        Ok(())
    }

    /// Again when something has arrived, while too much is under way.
    async fn send(handle: &Handle, session: SessionId, text: String) -> Result<(), Failure> {
        loop {
            match handle.command(session, Command::SendContext(text.clone())).await {
                Err(CallError::Refused(SessionError::TooMuchInFlight(_))) => {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                other => return Ok(other?),
            }
        }
    }

    /// The person at Ann's agent, who is asked when a program wishes something, and says yes after having looked.
    async fn person(
        ann: Handle,
        mut wishes: UnboundedReceiver<rendezvous_com::session_invite::Wish>,
    ) -> Result<(), Failure> {
        while let Some(wish) = wishes.recv().await {
            let info = ann.list().await?.into_iter().find(|info| info.id == wish.session);
            let state = info.map(|info| info.state);
            say(&format!("ann is asked while it is {state:?}"));
            ann.command(wish.session, Command::Accept { data: wish.data }).await?;
        }
        Ok(())
    }

    async fn until(what: &str, mut is: impl FnMut() -> bool) -> Result<(), Failure> {
        let begin = Instant::now();
        while !is() {
            if begin.elapsed() > PATIENCE {
                return Err(format!("{what} did not come").into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    pub(crate) async fn run(scenario: &str, program: Vec<String>) -> Result<(), Failure> {
        let hub = Hub::new(1, Weather::FAIR);
        let trial: ApplicationId = TRIAL.parse()?;
        let ann = join(&hub, "ann", 1, Vec::new())?;
        let far = join(&hub, "bob", 2, vec![Application::new(trial, "Trial")])?;
        let (wishes, wished) = unbounded_channel();
        let (settles, mut settled) = unbounded_channel();
        let (starts, mut started) = unbounded_channel();
        let account = OneAccount::new(ann.handle.clone(), Vec::new(), wishes);
        let invites = Arc::new(Invites::open(Arc::new(account))?);
        let (of_ann, of_bob) = (ann.handle.clone(), far.handle.clone());
        let tasks = [
            tokio::spawn(agent(ann, invites.clone(), settles, starts)),
            tokio::spawn(bob(far, scenario != "refused")),
            tokio::spawn(person(of_ann, wished)),
        ];
        let (name, arguments) = program.split_first().ok_or("which program?")?;
        let mut child = Program::new(name).args(arguments).spawn()?;
        let ended = tokio::task::spawn_blocking(move || child.wait());
        if scenario == "incoming" {
            until("a program that listens", || invites.listening() > 0).await?;
            // It has registered the application before.
            of_bob.invite("ann".parse()?, trial, "come".into()).await?;
        }
        let status = tokio::time::timeout(PATIENCE, ended).await???;
        say(&format!("program ended {:?}", status.code()));
        if scenario == "killed" {
            // Either the session ends, or it finds another application.
            tokio::time::timeout(PATIENCE, settled.recv()).await?;
        }
        // Whoever was started for a session that is over sees that, and lets go, for as long as there is somebody to tell.
        if scenario == "accepted"
            && let Ok(mut child) = started.try_recv()
        {
            let ended = tokio::task::spawn_blocking(move || child.wait());
            let status = tokio::time::timeout(PATIENCE, ended).await???;
            say(&format!("the application ended {:?}", status.code()));
            if status.code() != Some(0) {
                return Err("the application failed".into());
            }
        }
        // What the program left open ends with the account.
        tasks.iter().for_each(tokio::task::JoinHandle::abort);
        for task in tasks {
            // They were called off.
            _ = task.await;
        }
        drop(invites);
        let left = tokio::time::timeout(
            Duration::from_secs(10),
            until("the last reference to go", || living::objects() == 0),
        );
        _ = left.await;
        say(&format!("objects left: {}", living::objects()));
        match status.code() {
            Some(0) => Ok(()),
            code => Err(format!("the program ended with {code:?}").into()),
        }
    }
}

#[cfg(windows)]
fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut arguments = std::env::args().skip(1);
    let scenario = arguments.next().ok_or("accepted|refused|incoming|killed|alone PROGRAM ARGUMENTS")?;
    tokio::runtime::Runtime::new()?.block_on(trial::run(&scenario, arguments.collect()))
}

#[cfg(not(windows))]
fn main() {}
