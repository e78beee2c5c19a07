//! Processes that are killed, in every phase: the other side and the survivors end in time, with the right result and
//! a sentence, and everything can be used again.

use crate::house::{OVER, Two, two_people, two_people_and_a_screen};
use anyhow::{Result, ensure};
use rustix::process::Signal;

/// How far it had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Ringing,
    Question,
    Sharing,
}

impl Two {
    fn until(&mut self, phase: Phase) -> Result<()> {
        match phase {
            Phase::Ringing => self.asks(),
            Phase::Question => self.ask_until_question(),
            Phase::Sharing => self.ask_until_sharing(),
        }
    }

    /// Another call works as if nothing had happened.
    fn again(&mut self) -> Result<()> {
        self.are_idle()?;
        self.ask_until_question()?;
        self.call().says("n")?;
        self.call().reads("Not now. Nothing was shared.")?;
        self.call_ends_with(3)
    }
}

/// Plays the scene in each of these phases, and then calls again.
fn in_phases(phases: &[Phase], scene: impl Fn(&mut Two, Phase) -> Result<()>) {
    let play = |two: &mut Two| {
        for phase in phases {
            two.until(*phase)?;
            scene(two, *phase)?;
            two.again()?;
        }
        Ok(())
    };
    if phases.contains(&Phase::Sharing) { two_people_and_a_screen(play) } else { two_people(play) }
}

const ALL: [Phase; 3] = [Phase::Ringing, Phase::Question, Phase::Sharing];
/// With an application on both sides.
const BEGUN: [Phase; 2] = [Phase::Question, Phase::Sharing];

#[test]
fn needs_xvfb_the_command() {
    in_phases(&ALL, |two, phase| {
        two.call().kill(Signal::KILL)?;
        two.call().ends()?;
        let who = two.novice.who.clone();
        match phase {
            Phase::Ringing => two.expert.agent.reads(&format!("{who} is not calling any more."))?,
            Phase::Question | Phase::Sharing => two.expert.agent.reads(&format!("{who} ended the help."))?,
        };
        if phase == Phase::Sharing {
            two.call().reads(OVER)?;
        }
        two.call().is_as_found()
    });
}

#[test]
fn needs_xvfb_the_novices_agent() {
    in_phases(&ALL, |two, phase| {
        two.novice.agent.kill(Signal::KILL)?;
        two.novice.agent.ends()?;
        two.call().reads("Rendezvous has stopped in its own terminal, so this is over too.")?;
        two.call_ends_with(1)?;
        let who = two.novice.who.clone();
        match phase {
            Phase::Ringing => two.expert.agent.reads(&format!("{who} is not calling any more."))?,
            Phase::Question | Phase::Sharing => {
                two.expert.agent.reads("The connection to the other person was lost.")?
            }
        };
        if phase == Phase::Sharing {
            ensure!(two.call().screen().contains(OVER), "it says that nothing is shared");
        }
        two.novice.start_again()
    });
}

#[test]
fn needs_xvfb_the_experts_agent() {
    in_phases(&ALL, |two, phase| {
        two.expert.agent.kill(Signal::KILL)?;
        two.expert.agent.ends()?;
        if phase == Phase::Sharing {
            two.call().reads(OVER)?;
        }
        two.call_ends_with(5)?;
        let screen = two.call().screen();
        let lost = "The connection to the other person was lost. Check your network and try again.";
        ensure!(screen.contains("(CONNECTION_FAILURE (0x81000603))"), "{screen}");
        ensure!(screen.matches(lost).count() == 1, "once and not twice: {screen}");
        two.expert.start_again()
    });
}

#[test]
fn needs_xvfb_the_novices_application() {
    in_phases(&BEGUN, |two, _| {
        two.novice.kill_application()?;
        two.call().reads("The program for this could not be started or stopped too early.")?;
        two.call().reads("(APPLICATION_LAUNCH_FAILED (0x81000601))")?;
        two.call_ends_with(1)?;
        two.expert.agent.reads("The program for this could not be started or stopped too early.")?;
        Ok(())
    });
}

#[test]
fn needs_xvfb_the_experts_application() {
    in_phases(&BEGUN, |two, phase| {
        two.expert.kill_application()?;
        if phase == Phase::Sharing {
            two.call().reads(OVER)?;
        }
        two.call_ends_with(1)?;
        let screen = two.call().screen();
        let stopped = "The program for this could not be started or stopped too early.";
        ensure!(screen.matches(stopped).count() == 1, "once and not twice: {screen}");
        two.expert.agent.reads(stopped)?;
        Ok(())
    });
}

#[test]
fn needs_xvfb_the_novices_application_on_the_agents_own_terminal() {
    two_people_and_a_screen(|two| {
        two.offers()?;
        two.novice.agent.says("y")?;
        two.novice.agent.reads("Show my screen? [y/N]")?;
        two.novice.agent.says("y")?;
        two.novice.agent.reads("may see your screen")?;
        ensure!(!two.novice.agent.is_found_mode()?, "single keys are read");
        two.novice.kill_application()?;
        two.call().reads("The program for this could not be started or stopped too early.")?;
        two.call_ends_with(1)?;
        two.novice.agent.is_as_found()?;
        two.novice.agent.reads("The program for this could not be started or stopped too early.")?;
        two.again()
    });
}
