//! A shared terminal: looked at, typed into, taken back, and over; with a real shell, on the real terminals of both.

use crate::house::{ANSWER, Desk, Two, two_people};
use anyhow::{Result, ensure};

/// The question for the view.
const LOOK: &str = "Let them look? [y/N]";
/// What stands in the sharer's last line while somebody looks.
const LOOKS: &str = " looks · ";
const MAY_TYPE: &str = " MAY TYPE · ";
/// And in the viewer's.
const YOU_LOOK: &str = "'s terminal · you look";
const YOU_TYPE: &str = "'s terminal · YOU TYPE";
const OVER: &str = "It is over. Nobody sees your terminal any more, and its shell has ended.";
/// Ctrl-].
const CHORD: &str = "\u{1d}";

/// Who shares and who looks, by their terminals.
struct Ends<'a> {
    sharer: &'a mut Desk,
    viewer: &'a mut Desk,
    /// As whom the sharer sees the viewer.
    who: String,
}

/// The novice shares a terminal, and the expert sees it.
fn shared(two: &mut Two) -> Result<Ends<'_>> {
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
        ends.viewer.reads(" ended the help")?;
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
        ends.viewer.reads("You ended the help")?;
        ends.sharer.reads(&format!("{} ended it.", ends.who))?;
        ends.sharer.reads(OVER)?;
        ends.sharer.reads(" · allowed: looking at your terminal, typing\n")?;
        two.call_ends_with(0)
    });
}
