//! `check-im`: plays the application on both sides of an IM program that exports `Session1`.
//!
//! The author invites from one account to another, both on this desktop, to the application that this command is meanwhile. One
//! session is led from its hand-over to its end. A step that fails does not stop what can be tried all the same; what cannot,
//! is skipped, with the reason.

use super::Outcome;
use super::desk::{Desk, Offered};
use super::line::{ACCESS_DENIED, name_of};
use crate::args::CheckImOptions;
use crate::signals::EndSignals;
use crate::terminal::printable;
use crate::texts;
use anyhow::{Context, Result, anyhow, bail};
use rendezvous_core::{ApplicationId, Code, MAX_CONTEXT, MAX_DATA, SessionId, State};
use rendezvous_dbus::SESSION_INTERFACE;
use serde_json::json;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

/// What the check is called on the bus.
const NAME: &str = "im.rendezvous.Check";
/// And what an IM program finds it by.
const CHECK: ApplicationId =
    ApplicationId(*b"\x6d\x0f\x3c\x51\x9a\x7e\x4b\x28\xb1\x5d\x02\xe8\x47\xc9\x3a\xf6");
/// `RequestName`: not to be queued behind whoever has it, and we have it now.
const DO_NOT_QUEUE: u32 = 4;
const PRIMARY_OWNER: u32 = 1;
/// Once one side has come, the other is not far: both people have said yes.
const OTHER_SIDE: Duration = Duration::from_secs(20);
/// So many short texts follow each other.
const MANY: usize = 1000;
/// What must not come is not waited for any longer.
const SILENCE: Duration = Duration::from_millis(500);
/// So long at most is waited for an IM program that does not fall silent after a failed step.
const LATECOMERS: Duration = Duration::from_secs(10);
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const PEER: &str = "org.freedesktop.DBus.Peer";
const INTROSPECTABLE: &str = "org.freedesktop.DBus.Introspectable";

/// One thing that an IM program must do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    HandsOver,
    WaitsForBoth,
    Connects,
    SaysWhoIsWho,
    RefusesStrangers,
    RefusesOtherUsers,
    CarriesTexts,
    RefusesTooMuch,
    BearsNonsense,
    Ends,
    EndsOnce,
}

impl Step {
    const ALL: [Self; 11] = [
        Self::HandsOver,
        Self::WaitsForBoth,
        Self::Connects,
        Self::SaysWhoIsWho,
        Self::RefusesStrangers,
        Self::RefusesOtherUsers,
        Self::CarriesTexts,
        Self::RefusesTooMuch,
        Self::BearsNonsense,
        Self::Ends,
        Self::EndsOnce,
    ];
}

/// Waits for the author's IM program, and leads it through all steps. Fails when one did.
pub(crate) async fn run(options: &CheckImOptions) -> Result<ExitCode> {
    let mut ends = EndSignals::listen()?;
    tokio::select! {
        code = lead(options) => code,
        () = ends.next() => Ok(ExitCode::from(super::WITHDRAWN)),
    }
}

async fn lead(options: &CheckImOptions) -> Result<ExitCode> {
    let desk = Desk::on_bus().await?;
    let answer: u32 = desk.ask("RequestName", &(NAME, DO_NOT_QUEUE)).await?;
    if answer != PRIMARY_OWNER {
        bail!(texts::CHECKED_ALREADY);
    }
    if !options.json.json {
        writeln!(std::io::stdout(), "{}", texts::invite_me(&CHECK.to_string(), NAME))?;
    }
    let wait = Duration::from_secs(60 * u64::from(options.wait));
    let mut check = Check { desk, wait, sides: Vec::new(), is_over: false };
    let mut rows = Vec::new();
    let mut words = Vec::new();
    for step in Step::ALL {
        let outcome = check.tries(step).await;
        let (word, why) = outcome.words();
        words.push(word);
        if !options.json.json {
            writeln!(std::io::stdout(), "{word:8} {:58} {}", texts::step(step), printable(why))?;
        }
        rows.push(json!({ "case": texts::step(step), "outcome": word, "why": why }));
    }
    let failed = words.contains(&"failed");
    if options.json.json {
        writeln!(std::io::stdout(), "{}", json!({ "good": !failed, "cases": rows }))?;
    } else {
        writeln!(std::io::stdout(), "{}", texts::checked(words.into_iter()))?;
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

struct Check {
    desk: Desk,
    wait: Duration,
    /// The side that came first, and the other.
    sides: Vec<Offered>,
    /// It was ended, as it should be.
    is_over: bool,
}

impl Check {
    /// Tries it, unless what it needs is missing.
    async fn tries(&mut self, step: Step) -> Outcome {
        if let Some(why) = self.obstacle(step).await {
            return Outcome::Skipped(why.to_owned());
        }
        match self.take(step).await {
            Ok(None) => Outcome::Passed(texts::AS_IT_SHOULD.to_owned()),
            Ok(Some(why)) => Outcome::Skipped(why.to_owned()),
            Err(error) => {
                // What it did wrong may still come, and is not the next step's.
                self.desk.forgets(SILENCE, LATECOMERS).await;
                Outcome::Failed(format!("{error:#}"))
            }
        }
    }

    /// What keeps this step from being tried.
    async fn obstacle(&self, step: Step) -> Option<&'static str> {
        let wanted = match step {
            Step::HandsOver => 0,
            Step::WaitsForBoth => 1,
            _ => 2,
        };
        if self.sides.len() < wanted || step == Step::EndsOnce && !self.is_over {
            return Some(texts::STEP_BEFORE);
        }
        let needs_connection =
            matches!(step, Step::CarriesTexts | Step::RefusesTooMuch | Step::BearsNonsense | Step::Ends);
        if !needs_connection {
            return None;
        }
        for side in &self.sides {
            let state: Result<u32> = self.desk.reads(side, "State").await;
            if !state.is_ok_and(|state| state == State::Connected.number()) {
                return Some(texts::NOT_CONNECTED);
            }
        }
        None
    }

    /// A sentence where it turns out that it cannot be tried.
    async fn take(&mut self, step: Step) -> Result<Option<&'static str>> {
        match step {
            Step::HandsOver => self.is_handed(self.wait).await?,
            Step::WaitsForBoth => self.waits_for_both().await?,
            Step::Connects => self.connects().await?,
            Step::SaysWhoIsWho => self.says_who_is_who().await?,
            Step::RefusesStrangers => self.refuses_strangers().await?,
            Step::RefusesOtherUsers => return self.refuses_other_users().await,
            Step::CarriesTexts => self.carries_texts().await?,
            Step::RefusesTooMuch => self.refuses_too_much().await?,
            Step::BearsNonsense => self.bears_nonsense().await?,
            Step::Ends => self.ends().await?,
            Step::EndsOnce => self.ends_once().await?,
        }
        Ok(None)
    }

    async fn is_handed(&mut self, within: Duration) -> Result<()> {
        let offered = self.desk.is_handed(within).await?;
        for (name, wanted) in [("Network", "s"), ("LocalUser", "s"), ("Expiry", "t"), ("RemoteKey", "s")] {
            let value = offered.options.get(name);
            if value.is_some_and(|value| value.value_signature().to_string() != wanted) {
                bail!(texts::wrong_option(name, wanted));
            }
        }
        if offered.options.contains_key("Code") {
            bail!(texts::CODE_ON_BUS);
        }
        self.sides.push(offered);
        Ok(())
    }

    /// The first has attached, the other not yet.
    async fn waits_for_both(&mut self) -> Result<()> {
        self.desk.takes(&self.sides[0]).await?;
        self.is_handed(OTHER_SIDE).await?;
        let state: u32 = self.desk.reads(&self.sides[0], "State").await?;
        let early = ("too early",);
        let sent = self.desk.calls(&self.sides[0], SESSION_INTERFACE, "SendContextData", &early).await?;
        if state != State::Accepted.number() || sent.is_ok() {
            bail!(texts::CONNECTED_TOO_EARLY);
        }
        Ok(())
    }

    async fn connects(&mut self) -> Result<()> {
        self.desk.takes(&self.sides[1]).await?;
        for side in &self.sides {
            self.desk.becomes(side, State::Connected).await?;
        }
        Ok(())
    }

    async fn says_who_is_who(&mut self) -> Result<()> {
        let mut names = Vec::new();
        let mut flags = 0;
        for side in &self.sides {
            let user: String = self.desk.reads(side, "RemoteUser").await?;
            let application: String = self.desk.reads(side, "Application").await?;
            let name: String = self.desk.reads(side, "SessionId").await?;
            if user.is_empty() || !application.parse().is_ok_and(|id: ApplicationId| id == CHECK) {
                bail!(texts::WRONG_NAMES);
            }
            names.push(name.parse::<SessionId>().map_err(|_| anyhow!(texts::WRONG_NAMES))?);
            let own: u32 = self.desk.reads(side, "Flags").await?;
            flags = flags << 2 | own & 0b11;
        }
        if !matches!(flags, 0b0110 | 0b1001) {
            bail!(texts::WRONG_FLAGS);
        }
        if names[0] != names[1] {
            bail!(texts::WRONG_NAMES);
        }
        Ok(())
    }

    async fn refuses_strangers(&mut self) -> Result<()> {
        let stranger = self.desk.stranger().await?;
        self.denies_everything_to(&stranger).await
    }

    async fn refuses_other_users(&mut self) -> Result<Option<&'static str>> {
        match self.desk.another_user().await {
            Ok(nobody) => self.denies_everything_to(&nobody).await.map(|()| None),
            Err(why) => Ok(Some(why)),
        }
    }

    async fn denies_everything_to(&mut self, stranger: &Desk) -> Result<()> {
        for side in &self.sides {
            let text = ("from a stranger",);
            let answers = [
                ("SendContextData", stranger.calls(side, SESSION_INTERFACE, "SendContextData", &text).await?),
                ("Terminate", stranger.calls(side, SESSION_INTERFACE, "Terminate", &(1_u32, "")).await?),
                ("Get", stranger.calls(side, PROPERTIES, "Get", &(SESSION_INTERFACE, "State")).await?),
                ("GetAll", stranger.calls(side, PROPERTIES, "GetAll", &(SESSION_INTERFACE,)).await?),
                ("Introspect", stranger.calls(side, INTROSPECTABLE, "Introspect", &()).await?),
                ("Ping", stranger.calls(side, PEER, "Ping", &()).await?),
            ];
            for (member, answer) in answers {
                let error = answer.err().and_then(|error| name_of(&error)).unwrap_or_default();
                if error != ACCESS_DENIED {
                    bail!(texts::stranger_not_denied(member, &error));
                }
            }
        }
        self.nothing_comes(texts::STRANGER_HEARD).await
    }

    async fn carries_texts(&mut self) -> Result<()> {
        let long = "ü".repeat(MAX_CONTEXT / 2);
        for (from, to) in [(0, 1), (1, 0)] {
            for text in ["", "\u{1b}\u{202e}\"'<&>\\\u{10ffff}", &long] {
                self.desk.does(&self.sides[from], "SendContextData", &(text,)).await?;
                self.arrives(to, text).await?;
            }
        }
        for number in 0..MANY {
            self.desk.does(&self.sides[0], "SendContextData", &(number.to_string(),)).await?;
        }
        for number in 0..MANY {
            self.arrives(1, &number.to_string()).await?;
        }
        Ok(())
    }

    async fn arrives(&mut self, side: usize, text: &str) -> Result<()> {
        let came = self.desk.hears_this(&self.sides[side], "ContextData").await;
        let (found,): (String,) = came.with_context(|| texts::of_a_text(text))?;
        if found != text {
            bail!(texts::other_text(text.len(), found.len()));
        }
        Ok(())
    }

    async fn refuses_too_much(&mut self) -> Result<()> {
        let (text, data) = ("x".repeat(MAX_CONTEXT + 1), "x".repeat(MAX_DATA + 1));
        for side in &self.sides {
            self.desk.is_refused(side, "SendContextData", &(&text,)).await?;
            self.desk.is_refused(side, "Terminate", &(0_u32, &data)).await?;
        }
        self.nothing_comes(texts::REFUSED_YET_DONE).await
    }

    async fn bears_nonsense(&mut self) -> Result<()> {
        for side in &self.sides {
            self.desk.is_refused(side, "SendContextData", &(7_u32,)).await?;
            self.desk.is_refused(side, "Terminate", &("now",)).await?;
            self.desk.is_refused(side, "Accept", &()).await?;
            let nothing = self.desk.calls(side, PROPERTIES, "Get", &(SESSION_INTERFACE, "Nothing")).await?;
            if nothing.is_ok() {
                bail!(texts::not_refused("Get"));
            }
        }
        self.nothing_comes(texts::REFUSED_YET_DONE).await
    }

    async fn ends(&mut self) -> Result<()> {
        self.desk.does(&self.sides[0], "Terminate", &(0_u32, "goodbye")).await?;
        let [here, there] = [Code::SessionCancelledLocal, Code::SessionCancelledRemote].map(Code::number);
        for (side, wanted) in self.sides.iter().zip([here, there]) {
            let (_, state): (u32, u32) = self.desk.hears_this(side, "StateChanged").await?;
            if state != State::Cancelled.number() {
                bail!(texts::other_state(State::Cancelled.number(), state));
            }
            let (result, data): (u32, String) = self.desk.hears_this(side, "Ended").await?;
            if result != wanted {
                bail!(texts::other_result(wanted, result));
            }
            if wanted == there && data != "goodbye" {
                bail!(texts::NO_GOODBYE);
            }
        }
        self.is_over = true;
        Ok(())
    }

    async fn ends_once(&mut self) -> Result<()> {
        for side in &self.sides {
            // Whether the object is gone, or its program, or it says no: all of them are errors.
            self.desk.is_refused(side, "SendContextData", &("too late",)).await?;
            self.desk.is_refused(side, "Terminate", &(1_u32, "")).await?;
        }
        self.nothing_comes(texts::AFTER_ENDED).await
    }

    async fn nothing_comes(&mut self, otherwise: &'static str) -> Result<()> {
        for side in &self.sides {
            if self.desk.hears(side, SILENCE).await.is_some() {
                bail!(otherwise);
            }
        }
        Ok(())
    }
}
