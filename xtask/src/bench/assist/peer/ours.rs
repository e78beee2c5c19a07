//! This program: two people, each at a machine of their own, who know each other.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use rendezvous_testkit::terminal::Person;

use crate::bench::assist::stage::{EXPERT, NOVICE, SOON, Stage, now};
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
}

/// How long the first picture takes, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(in crate::bench::assist) struct FirstPicture {
    /// From the expert's yes to the call.
    pub(in crate::bench::assist) after_accept: f64,
    /// From the novice's yes to showing the screen.
    pub(in crate::bench::assist) after_allow: f64,
}

impl Ours {
    /// Both agents, on a stage.
    pub(in crate::bench::assist) fn start(stage: &Stage) -> Result<Self> {
        let place = |name, machine| Place::at_machine(name, &stage.program, &stage.machines, machine);
        let (novice_place, expert_place) = (place("novice", NOVICE)?, place("expert", EXPERT)?);
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
        browser.open(&people::page_address(&mut self.expert_agent, SOON)?)?;
        browser.wait("the page to begin", "document.querySelector('#picture') !== null", SOON)?;
        browser.evaluate("observer.watch('#picture')")?;
        novice.expect("has answered.", SOON)?;
        novice.expect(QUESTION, SOON)?;
        let allowed = now();
        novice.type_line("y")?;
        browser.wait("the first picture", "observer.frames > 0", SOON)?;
        let first = browser.number("observer.firstFrame")?;
        Ok(FirstPicture { after_accept: first - accepted, after_allow: first - allowed })
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
