//! What goes on beside the picture: the two write to each other, change screens, and the novice pauses.

use anyhow::{Result, ensure};

use super::{Play, SOON, first, step};
use crate::demo::desktop::MONITORS;

/// What each writes to the other.
const ASKED: &str = "Which window is it?";
const ANSWERED: &str = "The white one, on the right.";

impl Play {
    pub(super) fn write_to_each_other(&mut self) -> Result<()> {
        step("both write to each other");
        self.browser.click("#chat-open")?;
        self.browser.type_text(ASKED)?;
        self.novice()?.expect(" · writes…", SOON)?;
        self.browser.press("Enter")?;
        self.novice()?.expect(&format!(": {ASKED}"), SOON)?;
        self.novice()?.press("c")?;
        self.novice()?.expect("You: ▏", SOON)?;
        self.novice()?.press(ANSWERED)?;
        let writes = "document.querySelector('#chat-typing').textContent.endsWith('is writing…')";
        self.browser.wait("the page to say that the novice writes", writes, SOON)?;
        self.novice()?.press("\r")?;
        self.novice()?.expect(&format!("  You: {ANSWERED}"), SOON)?;
        let lines = "[...document.querySelectorAll('#chat-lines .text')].map((line) => line.textContent)";
        self.browser.wait("the answer to be on the page", &format!("{lines}.length === 2"), SOON)?;
        let said = self.browser.evaluate(lines)?;
        ensure!(said == serde_json::json!([ASKED, ANSWERED]), "the chat is {said}");
        self.save("chat")?;
        self.save_narrow("chat-narrow")?;
        self.browser.click("#chat-close")
    }

    pub(super) fn change_screens(&mut self) -> Result<()> {
        let [(one, _), (other, area)] = MONITORS;
        step("the expert looks at the novice's other screen, the novice shows the first one again");
        self.browser.click("#screens")?;
        self.save("screens")?;
        self.browser.click("#screens-menu [role=menuitemradio]:nth-child(2)")?;
        self.novice()?.expect(&format!("They see your whole screen {other} now."), SOON)?;
        self.await_likeness(area)?;
        self.novice()?.expect("[m] Next screen", SOON)?;
        self.novice()?.press("m")?;
        self.novice()?.expect(&format!("They see your whole screen {one} now."), SOON)?;
        self.await_likeness(first()).map(drop)
    }

    pub(super) fn pause_and_go_on(&mut self) -> Result<()> {
        step("the novice pauses: nothing is seen; and goes on");
        self.novice()?.expect("[p] Pause", SOON)?;
        self.novice()?.press("p")?;
        self.novice()?.expect("They see nothing of your screen", SOON)?;
        self.await_state("paused", "true")?;
        let kept = "document.querySelector('#picture').srcObject !== null \
            || document.querySelector('#still').width > 1 \
            || document.querySelector('#frame').checkVisibility({ visibilityProperty: true })";
        let kept = self.browser.evaluate(kept)?;
        ensure!(kept == serde_json::json!(false), "the page keeps a picture in the pause");
        self.save("paused")?;
        self.novice()?.expect("[p] Go on", SOON)?;
        self.novice()?.press("p")?;
        self.novice()?.expect("They see your screen again.", SOON)?;
        self.await_state("paused", "false")?;
        self.await_state("link", "connected")?;
        self.await_likeness(first()).map(drop)
    }
}
