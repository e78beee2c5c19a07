//! A shared terminal: looked at, typed into, taken back, and over; with a real shell, on the real terminals of both.

mod hostile;
mod locked;
mod looks;
mod panes;
mod wire;

use crate::house::{ANSWER, Desk, NO_SUCH_SCREEN, Side, Two, on_machine_of, these_two, two_people};
use anyhow::{Result, ensure};
use std::time::Duration;

/// The question for the view.
const LOOK: &str = "Let them look? [y/N]";
/// What stands in the sharer's last line while somebody looks.
const LOOKS: &str = " looks · ";
const MAY_TYPE: &str = " MAY TYPE · ";
/// And in the viewer's.
const YOU_LOOK: &str = "○ you look · ";
const YOU_TYPE: &str = "● YOU TYPE · ";
const OVER: &str = "It is over. Nobody sees your terminal any more, and its shell has ended.";
/// Ctrl-].
const CHORD: &str = "\u{1d}";

/// Who shares and who looks, by their terminals.
pub(crate) struct Ends<'a> {
    pub(crate) sharer: &'a mut Desk,
    pub(crate) viewer: &'a mut Desk,
    /// As whom the sharer sees the viewer.
    who: String,
}

/// The novice shares a terminal, and the expert sees it.
pub(crate) fn shared(two: &mut Two) -> Result<Ends<'_>> {
    let (from, to) = (two.novice.who.clone(), two.expert.address.clone());
    crate::meeting::have_met(&two.novice, &two.expert)?;
    two.call = Some(two.novice.types(&["share-terminal", &to])?);
    let question = two.expert.agent.reads(ANSWER)?;
    ensure!(question.contains(&format!("{from} wants to share a terminal with you.\n")), "{question}");
    two.expert.agent.says("y")?;
    let who = two.expert.who.clone();
    let ends = Ends { sharer: two.call.as_mut().expect("it was called"), viewer: &mut two.expert.agent, who };
    ends.sharer.reads(LOOK)?;
    ends.sharer.says("y")?;
    ends.sharer.reads(LOOKS)?;
    ends.viewer.reads(YOU_LOOK)?;
    Ok(ends)
}

impl Ends<'_> {
    /// The person at one of the terminals has the shell work something out, and both see what.
    fn both_see(&mut self, by_viewer: bool, sum: &str, result: &str) -> Result<()> {
        let typist = if by_viewer { &mut *self.viewer } else { &mut *self.sharer };
        typist.presses(&format!("echo =$(({sum}))=\r"))?;
        let result = format!("={result}=");
        self.sharer.reads(&result)?;
        self.viewer.reads(&result)?;
        Ok(())
    }

    /// The viewer asks to type, and the sharer allows it.
    fn allows_typing(&mut self) -> Result<()> {
        self.viewer.presses("t")?;
        self.sharer.reads(&format!("{} asks to type into your terminal.", self.who))?;
        self.viewer.reads("you asked to type")?;
        self.sharer.reads(&format!("Let {} type, 30 minutes? [y/N]", self.who))?;
        self.sharer.says("y")?;
        self.sharer.reads(MAY_TYPE)?;
        self.viewer.reads(YOU_TYPE)?;
        Ok(())
    }
}

#[test]
fn a_terminal_is_shared_and_looked_at() {
    two_people(|two| {
        let mut ends = shared(two)?;
        ends.both_see(false, "6*7", "42")?;
        // Nothing that the viewer types reaches the shell.
        ends.viewer.presses("echo =$((5*5))=\r")?;
        ends.both_see(false, "6*8", "48")?;
        ensure!(!ends.sharer.screen().contains("=25="), "it was typed");
        ends.sharer.presses(&CHORD.repeat(3))?;
        ends.sharer.reads(OVER)?;
        ends.sharer.reads(" · allowed: looking at your terminal\n")?;
        ends.viewer.reads(" ended the help. Nothing of their terminal reaches you any more.")?;
        two.call_ends_with(0)
    });
}

#[test]
fn typing_is_allowed_and_taken_back_at_once() {
    two_people(|two| {
        let mut ends = shared(two)?;
        ends.allows_typing()?;
        ends.both_see(true, "7*8", "56")?;
        ends.sharer.presses(&CHORD.repeat(2))?;
        ends.sharer.reads("Nobody but you types")?;
        ends.viewer.reads("Typing was taken back")?;
        ends.viewer.presses("echo =$((5*5))=\r")?;
        ends.both_see(false, "6*8", "48")?;
        ensure!(!ends.sharer.screen().contains("=25="), "it was typed");
        ends.viewer.presses("q")?;
        ends.viewer.reads("You ended the help. Nothing of their terminal reaches you any more.")?;
        ends.sharer.reads(&format!("{} ended it.", ends.who))?;
        ends.sharer.reads(OVER)?;
        ends.sharer.reads(" · allowed: looking at your terminal, typing\n")?;
        two.call_ends_with(0)
    });
}

#[test]
fn who_asks_to_look_looks_at_the_other_ones_terminal() {
    two_people(|two| {
        crate::meeting::have_met(&two.novice, &two.expert)?;
        let (from, to) = (two.expert.who.clone(), two.novice.address.clone());
        let mut viewer = two.expert.types(&["view-terminal", &to])?;
        let question = two.novice.agent.reads(ANSWER)?;
        ensure!(question.contains(&format!("{from} asks to look at a terminal of yours.\n")), "{question}");
        two.novice.agent.says("y")?;
        two.novice.agent.reads(LOOK)?;
        two.novice.agent.says("y")?;
        two.novice.agent.reads(LOOKS)?;
        viewer.reads(YOU_LOOK)?;
        let who = two.expert.who.clone();
        let mut ends = Ends { sharer: &mut two.novice.agent, viewer: &mut viewer, who };
        ends.both_see(false, "6*7", "42")?;
        ends.allows_typing()?;
        ends.both_see(true, "7*8", "56")?;
        ends.sharer.presses("exit\r")?;
        ends.sharer.reads("The shell has ended")?;
        ends.sharer.reads(OVER)?;
        ends.viewer.reads(" ended the help")?;
        let code = viewer.ends()?;
        ensure!(code == 0, "exit code {code}");
        viewer.is_as_found()
    });
}

#[test]
fn a_no_shows_nothing() {
    two_people(|two| {
        crate::meeting::have_met(&two.novice, &two.expert)?;
        two.call = Some(two.novice.types(&["share-terminal", &two.expert.address.clone()])?);
        two.expert.agent.reads(ANSWER)?;
        two.expert.agent.says("y")?;
        two.call().reads(LOOK)?;
        two.call().says("no")?;
        two.call().reads("Not now. Nothing was shared.")?;
        two.expert.agent.reads("did not")?;
        two.call_ends_with(3)
    });
}

#[test]
fn a_flood_delays_nobody_and_only_its_end_is_seen() {
    two_people(|two| {
        let mut ends = shared(two)?;
        ends.allows_typing()?;
        // It would go on for ever.
        ends.viewer.presses("yes flood\r")?;
        ends.viewer.reads("flood")?;
        ends.viewer.presses("\u{3}")?;
        ends.both_see(true, "6*7", "42")?;
        ends.sharer.presses("yes flood\r")?;
        ends.sharer.presses(&CHORD.repeat(3))?;
        ends.sharer.reads(OVER)?;
        two.call_ends_with(0)
    });
}

#[test]
fn what_has_left_the_screen_is_scrolled_back_to() {
    two_people(|two| {
        let mut ends = shared(two)?;
        ends.sharer.presses("seq -f 'line %g.' 1000 1400\r")?;
        ends.both_see(false, "6*7", "42")?;
        for _ in 0..9 {
            ends.viewer.presses("\u{1b}[5~")?;
        }
        ends.viewer.reads("line 1000.")?;
        ends.viewer.reads(" lines back")?;
        for _ in 0..9 {
            ends.viewer.presses("\u{1b}[6~")?;
        }
        ends.viewer.reads("=42=")?;
        ends.viewer.presses("q")?;
        ends.sharer.reads(OVER)?;
        two.call_ends_with(0)
    });
}

#[test]
fn full_screen_programs_sizes_and_pasted_text() {
    two_people(|two| {
        let mut ends = shared(two)?;
        ends.sharer.presses("printf '\\033[?1049h\\033[2J\\033[5;10H=FU''LL='\r")?;
        ends.viewer.reads("=FULL=")?;
        ends.sharer.presses("printf '\\033[?1049l'\r")?;
        ends.both_see(false, "6*7", "42")?;

        // The shell has the sharer's terminal but for the last line, whatever the viewer has.
        ends.sharer.resizes(100, 30)?;
        let is_there = "while ! stty size | grep -q '29 100'; do sleep .1; done";
        ends.sharer.presses(&format!("{is_there}; echo =$((3*3))=\r"))?;
        ends.viewer.reads("=9=")?;
        ends.viewer.resizes(40, 10)?;
        ends.both_see(false, "4*4", "16")?;

        ends.allows_typing()?;
        ends.viewer.presses("\u{1b}[200~echo =$((9*9))=\u{1b}[201~\r")?;
        ends.sharer.reads("=81=")?;
        ends.viewer.reads("=81=")?;
        ends.sharer.presses(&CHORD.repeat(3))?;
        ends.sharer.reads(OVER)?;
        two.call_ends_with(0)
    });
}

/// Both agents look for each other first, and then another connection is made.
const BACK: Duration = Duration::from_secs(90);

#[test]
fn needs_ip_a_terminal_comes_back_after_a_time_without_a_network_and_typing_does_not() {
    let test = "needs_ip_a_terminal_comes_back_after_a_time_without_a_network_and_typing_does_not";
    on_machine_of(test, |machines| {
        let display = || vec![("DISPLAY", NO_SUCH_SCREEN.to_owned())];
        let sharer = Side::start_at("novice", display(), "10.77.0.2:0", |agent| machines.on(1, &agent));
        let viewer = Side::start_at("expert", display(), "10.77.0.1:0", |agent| agent);
        let two = Two {
            novice: sharer.expect("the sharer's agent"),
            expert: viewer.expect("the viewer's agent"),
            call: None,
            screen: None,
            are_acquainted: true,
        };
        these_two(two, |two| {
            let mut ends = shared(two)?;
            ends.allows_typing()?;
            ends.both_see(true, "7*8", "56")?;
            machines.plug(1, false)?;
            ends.sharer.reads_within("sees nothing new", BACK)?;
            ends.viewer.reads_within("not reached", BACK)?;
            // Whoever shares goes on meanwhile.
            ends.sharer.presses("echo =$((6*7))=\r")?;
            ends.sharer.reads("=42=")?;
            machines.plug(1, true)?;
            ends.sharer.reads_within(LOOKS, BACK)?;
            ends.viewer.reads_within(YOU_LOOK, BACK)?;
            ends.viewer.presses("echo =$((5*5))=\r")?;
            ends.both_see(false, "6*8", "48")?;
            ensure!(!ends.sharer.screen().contains("=25="), "typing came back by itself");
            ensure!(ends.sharer.screen().contains("=42="), "the shell went on");
            ends.sharer.presses(&CHORD.repeat(3))?;
            ends.sharer.reads(OVER)?;
            two.call_ends_with(0)
        });
    });
}
