//! This program: two people who know each other, each at a machine of their own or both at this one, with accounts.

use std::collections::BTreeSet;
use std::thread;

use anyhow::{Context as _, Result};
use rendezvous_testkit::terminal::Person;
use rendezvous_testkit::xmpp::Prosody;

use crate::bench::assist::stage::{EXPERT, NOVICE, SOON, Stage, now};
use crate::demo::meeting::{Meeting, Way};
use crate::demo::people::{self, HOME, Place, QUESTION};
use crate::processes;

/// Two people and their agents.
pub(in crate::bench::assist) struct Ours {
    // People leave their terminals before the places that they live in go.
    novice: Option<Person>,
    novice_agent: Person,
    expert_agent: Person,
    novice_place: Place,
    expert_place: Place,
    /// The novice was asked how it began; nobody is asked twice.
    has_lent_control: bool,
    /// Of their accounts, where they have some. It ends after them.
    _server: Option<Prosody>,
}

/// How long the first picture takes, in milliseconds.
#[derive(Clone, Debug)]
pub(in crate::bench::assist) struct FirstPicture {
    /// From the expert's yes to the call.
    pub(in crate::bench::assist) after_accept: f64,
    /// From the novice's yes to showing the screen.
    pub(in crate::bench::assist) after_allow: f64,
    /// What the page did on its way there: when, after the novice's yes, and what.
    pub(in crate::bench::assist) steps: Vec<(f64, String)>,
}

impl Ours {
    /// Both agents, on a stage.
    pub(in crate::bench::assist) fn start(stage: &Stage) -> Result<Self> {
        let place = |name, machine| Place::at_machine(name, &stage.program, &stage.machines, machine);
        Self::begin(stage, (place("novice", NOVICE)?, place("expert", EXPERT)?), None)
    }

    /// Both agents at this very machine, with accounts on a server that runs there too.
    pub(in crate::bench::assist) fn start_over_xmpp(stage: &Stage) -> Result<Self> {
        let Meeting { novice, expert, server } = Meeting::arrange(Way::Xmpp, &stage.program)?;
        Self::begin(stage, (novice, expert), server)
    }

    fn begin(
        stage: &Stage,
        (novice_place, expert_place): (Place, Place),
        server: Option<Prosody>,
    ) -> Result<Self> {
        if let Some(codec) = &stage.codec {
            novice_place.configure(&format!("[assist]\ncodec = \"{codec}\"\n"))?;
        }
        let novice_agent = people::start_novice(&novice_place, &stage.screen)?;
        let mut expert_agent = people::start_expert(&expert_place)?;
        people::get_acquainted((&novice_place, &expert_place), &mut expert_agent, SOON)?;
        Ok(Self {
            novice: None,
            novice_agent,
            expert_agent,
            novice_place,
            expert_place,
            has_lent_control: false,
            _server: server,
        })
    }

    /// Ends both agents and starts them again.
    pub(in crate::bench::assist) fn restart(&mut self, stage: &Stage) -> Result<()> {
        self.end_agents()?;
        self.novice_agent = people::start_novice(&self.novice_place, &stage.screen)?;
        self.expert_agent = people::start_expert(&self.expert_place)?;
        Ok(())
    }

    /// The novice asks; both say yes as soon as they are asked; until the first picture is seen.
    pub(in crate::bench::assist) fn call(&mut self, stage: &mut Stage) -> Result<FirstPicture> {
        let novice = people::ask(&self.novice_place, &self.expert_place, &stage.screen)?;
        let novice = self.novice.insert(novice);
        let browser = &mut stage.browser;
        self.expert_agent.expect(QUESTION, SOON)?;
        let accepted = now();
        self.expert_agent.type_line("y")?;
        // Two people, who do not wait for each other.
        let expert_agent = &mut self.expert_agent;
        let allowed = thread::scope(|scope| {
            let answering = scope.spawn(|| -> Result<f64> {
                novice.expect("has answered.", SOON)?;
                novice.expect(QUESTION, SOON)?;
                let allowed = now();
                novice.type_line("y")?;
                Ok(allowed)
            });
            browser.open(&people::page_address(expert_agent, SOON)?)?;
            browser.wait("the page to begin", "document.querySelector('#picture') !== null", SOON)?;
            browser.evaluate("observer.watch('#picture')")?;
            answering.join().expect("whoever answers does not panic")
        })?;
        browser.wait("the first picture", "observer.frames > 0", SOON)?;
        let first = browser.number("observer.firstFrame")?;
        let steps = browser.evaluate("observer.steps")?;
        let mut steps: Vec<_> = steps
            .as_object()
            .context("the steps have names")?
            .iter()
            .filter_map(|(name, at)| Some((at.as_f64()? - allowed, name.clone())))
            .collect();
        steps.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        Ok(FirstPicture { after_accept: first - accepted, after_allow: first - allowed, steps })
    }

    /// The expert asks for control and gets it.
    pub(in crate::bench::assist) fn take_control(&mut self, stage: &mut Stage) -> Result<()> {
        let novice = self.novice.as_mut().context("nobody has asked yet")?;
        let is_first = !std::mem::replace(&mut self.has_lent_control, true);
        // A button that has just changed its meaning takes no click for a moment.
        let asked = "(() => { const ask = document.querySelector('#ask-control'); \
                     if (ask?.getAttribute('aria-disabled') === 'false') ask.click(); \
                     return document.body.dataset.control === 'pending'; })()";
        stage.browser.wait("control to be asked for", asked, SOON)?;
        if is_first {
            people::say_how_it_began(novice, SOON)?;
        }
        novice.expect(QUESTION, SOON)?;
        novice.type_line("y")?;
        stage.browser.wait("control", "document.body.dataset.control === 'granted'", SOON)
    }

    /// The novice ends it.
    pub(in crate::bench::assist) fn hang_up(&mut self, stage: &mut Stage) -> Result<()> {
        let mut novice = self.novice.take().context("nobody has asked yet")?;
        novice.expect("[s] Stop", SOON)?;
        novice.press("s")?;
        novice.expect("The help is over.", SOON)?;
        novice.wait_exit(SOON)?;
        stage.browser.open("about:blank")
    }

    /// Both agents go.
    pub(in crate::bench::assist) fn leave(mut self) -> Result<()> {
        self.end_agents()
    }

    fn end_agents(&mut self) -> Result<()> {
        for agent in [&mut self.novice_agent, &mut self.expert_agent] {
            agent.interrupt()?;
            agent.wait_exit(SOON)?;
        }
        Ok(())
    }

    /// Everything that runs for the novice: agent, application, command.
    pub(in crate::bench::assist) fn novice_processes(&self) -> Result<BTreeSet<u32>> {
        processes::with_environment(HOME, &self.novice_place.home())
    }

    /// Everything that runs for the expert, the browser apart.
    pub(in crate::bench::assist) fn expert_processes(&self) -> Result<BTreeSet<u32>> {
        processes::with_environment(HOME, &self.expert_place.home())
    }
}
