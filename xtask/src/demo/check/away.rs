//! The network goes away and comes back.

use anyhow::{Result, ensure};

use super::{Play, SOON, first, step};
use crate::demo::meeting::NOVICES;
use crate::demo::people::QUESTION;
use crate::say;

impl Play {
    pub(super) fn lose_the_network(&mut self) -> Result<()> {
        step("the novice's network goes away and comes back");
        let machines = match &self.machines {
            Ok(machines) => machines.clone(),
            Err(why) => {
                say::line(format_args!("     left out, as both are on this machine: {why}"));
                return Ok(());
            }
        };
        let asked = self.novice()?.screen().matches(QUESTION).count();
        machines.plug(NOVICES, false)?;
        self.await_state("link", "lost")?;
        self.novice()?.expect("connecting again…", SOON)?;
        let counts = "parseInt(document.querySelector('#lost-time').textContent) >= 2";
        self.browser.wait("the page to count the seconds", counts, SOON)?;
        self.save("lost")?;
        machines.plug(NOVICES, true)?;
        self.await_state("link", "connected")?;
        self.await_pictures(5)?;
        self.await_likeness(first())?;
        let asked_since = self.novice()?.screen().matches(QUESTION).count() - asked;
        ensure!(asked_since == 0, "nobody is asked again because of a cable");
        Ok(())
    }
}
