//! A person whose agent, if there is one, runs in the background.

use std::fs;

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::Launch;
use rendezvous_testkit::wait;
use rustix::process::Signal;
use serde_json::Value;

use crate::house::{Desk, SOON, processes_of, program, run, send};

/// One person. Whatever runs for them is ended with this.
pub(crate) struct Someone {
    name: &'static str,
    home: Home,
    surroundings: Vec<(&'static str, String)>,
}

impl Someone {
    /// A person who is reached at a port of their own, as their configuration says.
    pub(crate) fn new(name: &'static str) -> Result<Self> {
        Self::with(name, Vec::new())
    }

    pub(crate) fn with(name: &'static str, surroundings: Vec<(&'static str, String)>) -> Result<Self> {
        let home = Home::new(name)?;
        fs::write(home.join("config.toml"), "[nearby]\nlisten = \"127.0.0.1:0\"\nmulticast = false\n")?;
        Ok(Self { name, home, surroundings })
    }

    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    pub(crate) fn launch(&self, arguments: &[&str]) -> Launch {
        program(&self.home, &self.surroundings).args(arguments)
    }

    /// A command at a terminal.
    pub(crate) fn types(&self, arguments: &[&str]) -> Result<Desk> {
        Desk::start(self.name, &self.launch(arguments))
    }

    /// A command without a terminal: its exit code and everything that it wrote.
    pub(crate) fn runs(&self, arguments: &[&str]) -> Result<(i32, String)> {
        run(&self.launch(arguments), &self.home)
    }

    /// The same, for a command that must succeed.
    pub(crate) fn does(&self, arguments: &[&str]) -> Result<String> {
        let (code, said) = self.runs(arguments)?;
        ensure!(code == 0, "{arguments:?} of {} ended with {code}: {said}", self.name);
        Ok(said)
    }

    /// What a command says to programs.
    pub(crate) fn json(&self, arguments: &[&str]) -> Result<Value> {
        let (_, said) = self.runs(arguments)?;
        serde_json::from_str(&said).with_context(|| format!("{arguments:?} is not JSON: {said}"))
    }

    /// Where others reach this person; starts the agent.
    pub(crate) fn is_reached_at(&self) -> Result<String> {
        self.does(&["agent"])?;
        let status = self.json(&["agent", "status", "--json"])?;
        Ok(status["accounts"][0]["text"].as_str().with_context(|| format!("{status}"))?.to_owned())
    }

    /// As whom others see this person; starts the agent.
    pub(crate) fn who(&self) -> Result<String> {
        self.does(&["agent"])?;
        let status = self.json(&["agent", "status", "--json"])?;
        Ok(status["accounts"][0]["address"].as_str().with_context(|| format!("{status}"))?.to_owned())
    }

    /// The agents that run, by process.
    pub(crate) fn agents(&self) -> Result<Vec<u32>> {
        let all = processes_of(&self.home)?;
        Ok(all
            .into_iter()
            .filter(|(_, line)| line.contains(" agent --foreground"))
            .map(|(id, _)| id)
            .collect())
    }

    /// The one agent that runs.
    pub(crate) fn agent(&self) -> Result<u32> {
        match self.agents()?.as_slice() {
            [one] => Ok(*one),
            others => anyhow::bail!("expected one agent of {}, found {others:?}", self.name),
        }
    }

    /// Ends the agent as its person would, and makes sure that nothing stays behind.
    pub(crate) fn leaves(&self) -> Result<()> {
        self.does(&["agent", "stop"])?;
        self.is_gone()
    }

    /// Nothing of this person's runs.
    pub(crate) fn is_gone(&self) -> Result<()> {
        wait::until(format_args!("everything of {} to be gone", self.name), SOON, || {
            Ok(processes_of(&self.home)?.is_empty().then_some(()))
        })
        .with_context(|| format!("still there: {:?}", processes_of(&self.home)))?;
        ensure!(!self.home.join("agent.sock").exists(), "the socket stays behind");
        Ok(())
    }

    /// What the agent has logged, for failures.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.home.join("agent.log")).unwrap_or_default()
    }
}

impl Drop for Someone {
    fn drop(&mut self) {
        for (id, _) in processes_of(&self.home).unwrap_or_default() {
            // It may have ended meanwhile.
            _ = send(id, Signal::KILL);
        }
    }
}
