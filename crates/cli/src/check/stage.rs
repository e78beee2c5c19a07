//! One run of an application: started, handed a session, and watched until it has let go of it.

use super::line::{Line, Opening, Options, name_of};
use super::program::{Cast, Program, Way};
use crate::texts;
use anyhow::{Result, anyhow, bail};
use rendezvous_core::{Code, Role, SessionResult, State};
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use zbus::names::OwnedUniqueName;

/// An application is given so long to let go of what is over. Our agent ends its own children after five seconds.
const LETS_GO: Duration = Duration::from_secs(10);
/// And so long when it did not in another case.
const HOLDS_ON: Duration = Duration::from_secs(3);
/// One that has not left the bus by then may be there for the next session.
const STAYS: Duration = Duration::from_secs(1);
/// Whoever looks at its session does so within this time, and need not.
const LOOKS: Duration = Duration::from_secs(2);
/// What something leads to shows within this time after it was read.
const SHOWS: Duration = Duration::from_millis(300);
const STEP: Duration = Duration::from_millis(30);

/// An application with its session.
pub(super) struct Stage<'a> {
    cast: &'a Cast,
    program: Program,
    owner: Option<OwnedUniqueName>,
    line: Option<Line>,
    may_be_killed: bool,
}

impl<'a> Stage<'a> {
    /// Starts the application, hands it the session, and lets it look at it.
    pub(super) async fn open(cast: &'a Cast, role: Role, state: State) -> Result<Self> {
        let mut stage = Self::open_with(cast, Opening { role, state, options: Options::Usual }).await?;
        stage.looks().await?;
        Ok(stage)
    }

    async fn looks(&mut self) -> Result<()> {
        let until = Instant::now() + LOOKS;
        while !self.line()?.seen().looked && Instant::now() < until {
            self.is_sound().await?;
            sleep(STEP).await;
        }
        // It makes up its mind.
        sleep(STEP).await;
        Ok(())
    }

    /// The same, in any way and without waiting for it.
    pub(super) async fn open_with(cast: &'a Cast, opening: Opening) -> Result<Self> {
        let stage = Self::start(cast, opening).await?;
        stage.hand_over().await
    }

    /// Only starts it.
    pub(super) async fn start(cast: &'a Cast, opening: Opening) -> Result<Self> {
        match &cast.way {
            Way::Exec(words) => {
                let (ours, theirs) = UnixStream::pair()?;
                let mut program = cast.spawn(words, theirs)?;
                let line = tokio::select! {
                    line = Line::over(ours, cast.application, opening) => line,
                    how = has_gone(&mut program) => bail!(texts::ended_at_once(&how?)),
                };
                let line = match line {
                    Ok(line) => line,
                    // It may have closed the socket a moment before it is gone.
                    Err(error) => {
                        sleep(SHOWS).await;
                        let how = program.gone().await?;
                        return Err(how.map_or(error, |how| anyhow!(texts::ended_at_once(&how))));
                    }
                };
                Ok(Self { cast, program, owner: None, line: Some(line), may_be_killed: false })
            }
            Way::Bus(bus) => {
                let (program, owner) = bus.start().await?;
                let line = Line::to(&bus.address, owner.clone(), cast.application, opening).await?;
                Ok(Self { cast, program, owner: Some(owner), line: Some(line), may_be_killed: false })
            }
        }
    }

    pub(super) async fn hand_over(mut self) -> Result<Self> {
        let taken = tokio::select! {
            taken = line(&self.line)?.hand_over() => taken,
            how = has_gone(&mut self.program) => bail!(texts::ended_at_once(&how?)),
        };
        match taken {
            Ok(()) => Ok(self),
            Err(error) => bail!(texts::not_taken(&error.to_string())),
        }
    }

    /// The IM program's end.
    pub(super) fn line(&self) -> Result<&Line> {
        line(&self.line)
    }

    /// Its connection, on a bus.
    pub(super) fn owner(&self) -> Option<&OwnedUniqueName> {
        self.owner.as_ref()
    }

    /// Asks the application to end as the system does, where it was started here.
    pub(super) fn ask_to_end(&self) -> bool {
        self.program.ask_to_end()
    }

    /// Waits until it has said something, or ended it; false when it does neither.
    pub(super) async fn speaks(&mut self, within: Duration) -> Result<bool> {
        let until = Instant::now() + within;
        loop {
            let seen = self.line()?.seen();
            if seen.texts > 0 || seen.terminated {
                return Ok(true);
            }
            self.is_sound().await?;
            if Instant::now() >= until {
                return Ok(false);
            }
            sleep(STEP).await;
        }
    }

    /// It has read everything that was sent, and nothing of that did harm: it is still there, or has ended the session as
    /// it may.
    pub(super) async fn bears_it(&mut self) -> Result<String> {
        self.line()?.ping().await?;
        let until = Instant::now() + SHOWS;
        while Instant::now() < until {
            self.is_sound().await?;
            sleep(STEP).await;
        }
        let seen = self.line()?.seen();
        Ok(if seen.terminated { texts::ENDED_IT } else { texts::STAYED }.to_owned())
    }

    /// It has done nothing that it must not, and is there as long as its session is.
    async fn is_sound(&mut self) -> Result<()> {
        if let Some(fault) = self.line()?.seen().fault {
            bail!(fault);
        }
        let gone = self.program.gone().await?;
        // Looked at after that, since it may end the session and go at once.
        if let Some(how) = gone
            && !self.was_over().await?
        {
            bail!(texts::vanished(&how));
        }
        Ok(())
    }

    /// What it sent just before it went may still be on its way.
    pub(super) async fn was_over(&self) -> Result<bool> {
        let until = Instant::now() + SHOWS;
        while !self.line()?.is_over() && Instant::now() < until {
            sleep(STEP).await;
        }
        Ok(self.line()?.is_over())
    }

    /// The other side ends it in the ordinary way, unless the application has; and the application lets go.
    pub(super) async fn ends(self) -> Result<String> {
        self.ends_with(State::Cancelled, Code::SessionCancelledRemote.into(), "").await
    }

    /// The same, in any way.
    pub(super) async fn ends_with(
        mut self,
        state: State,
        result: SessionResult,
        data: &str,
    ) -> Result<String> {
        self.is_sound().await?;
        self.line()?.end(state, result, data).await?;
        self.lets_go().await
    }

    /// Ends what runs, whatever it thinks of it.
    pub(super) async fn strike(mut self) -> Result<()> {
        self.program.close().await
    }

    /// It ends the session by itself, or is gone; and then it lets go.
    pub(super) async fn ends_itself(mut self) -> Result<String> {
        let until = Instant::now() + LETS_GO;
        while Instant::now() < until && !self.line()?.is_over() && self.program.gone().await?.is_none() {
            sleep(STEP).await;
        }
        let said = if self.was_over().await? { texts::ENDED_IT } else { texts::SIMPLY_GONE };
        if self.program.gone().await?.is_none() && !self.line()?.is_over() {
            bail!(texts::DOES_NOT_END);
        }
        // Ended by the very signal that asked for it.
        self.may_be_killed = true;
        let went = self.lets_go().await?;
        Ok(texts::and_then(said, &went))
    }

    /// The IM program dies, and the application notices.
    pub(super) async fn orphaned(mut self) -> Result<String> {
        if let Some(line) = self.line.take() {
            line.die().await;
        }
        self.lets_go().await
    }

    /// The application is gone, or ready for the next session.
    pub(super) async fn lets_go(mut self) -> Result<String> {
        let done = self.let_go().await;
        let crashed = !self.may_be_killed && self.program.crashed();
        let closed = self.program.close().await;
        let done = done?;
        closed?;
        if crashed {
            bail!(texts::crashed(&done));
        }
        if let Some(fault) = self.line.as_ref().and_then(|line| line.seen().fault) {
            bail!(fault);
        }
        Ok(done)
    }

    async fn let_go(&mut self) -> Result<String> {
        let patience = if self.cast.holds_on.load(Ordering::Relaxed) { HOLDS_ON } else { LETS_GO };
        let until = Instant::now() + patience;
        let stays = Instant::now() + STAYS;
        let mut refused = None;
        while Instant::now() < until {
            if let Some(how) = self.program.gone().await? {
                return Ok(how);
            }
            if self.owner.is_some() && Instant::now() >= stays {
                match self.takes_another().await {
                    Ok(()) => return Ok(texts::READY_AGAIN.to_owned()),
                    Err(error) => refused = Some(error),
                }
            }
            sleep(STEP).await;
        }
        self.cast.holds_on.store(true, Ordering::Relaxed);
        bail!(texts::does_not_let_go(patience, refused.map(|error| error.to_string()).as_deref()))
    }

    /// Whether the one that stays on the bus takes another session; that one ends at once.
    async fn takes_another(&self) -> Result<()> {
        let (Way::Bus(bus), Some(owner)) = (&self.cast.way, &self.owner) else { return Ok(()) };
        let opening = Opening { role: Role::Invitee, state: State::Accepted, options: Options::Usual };
        let next = Line::to(&bus.address, owner.clone(), self.cast.application, opening).await?;
        next.hand_over().await?;
        next.end(State::Cancelled, Code::SessionCancelledRemote.into(), "").await
    }

    /// Hands the same application another session while it has one. True: it took it; false: it said that it can hold no
    /// more.
    pub(super) async fn second(&self, opening: Opening) -> Result<Option<Line>> {
        let (Way::Bus(bus), Some(owner)) = (&self.cast.way, &self.owner) else { return Ok(None) };
        let second = Line::to(&bus.address, owner.clone(), self.cast.application, opening).await?;
        match second.hand_over().await {
            Ok(()) => Ok(Some(second)),
            Err(error) if name_of(&error).is_some_and(|name| name.ends_with(".LimitsExceeded")) => Ok(None),
            Err(error) => bail!(texts::second_refused_otherwise(&error.to_string())),
        }
    }
}

fn line(line: &Option<Line>) -> Result<&Line> {
    line.as_ref().ok_or_else(|| anyhow!(texts::CANNOT_BE_TOLD))
}

/// How it went, when it has gone.
async fn has_gone(program: &mut Program) -> Result<String> {
    loop {
        if let Some(how) = program.gone().await? {
            return Ok(how);
        }
        sleep(STEP).await;
    }
}
