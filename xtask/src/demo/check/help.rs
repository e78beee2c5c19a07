//! The help itself: asked for and allowed, control asked for and allowed and taken back, the end.

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::hand::{CONTROL, Hand, Watch};
use rendezvous_testkit::screen::Picture;
use rendezvous_testkit::wait;

use super::{Play, SOON, first, step};
use crate::demo::people::{self, QUESTION};
use crate::say;

/// What the expert writes into the novice's editor: letters of both cases, digits, signs with and without Shift.
const SENTENCE: &str = "Hello from far away: 2 + 2 = 4, isn't it?";

impl Play {
    /// They meet, and whoever was met minutes ago gets no control yet.
    pub(super) fn meet(&mut self) -> Result<()> {
        step("the novice asks, the expert says yes");
        self.call()?;
        step("they have never met: the expert reads three words, the novice types them");
        let novice = self.novice.as_mut().context("the novice has asked")?;
        people::compare_words(novice, &mut self.expert_agent, SOON)?;
        self.open_the_page()?;
        self.novice()?.type_line("y")?;
        self.await_view("granted")?;
        step("the expert asks for control: somebody met minutes ago has to wait, and nobody is asked");
        self.await_settled_button()?;
        self.browser.click("#ask-control")?;
        self.await_control("refused")?;
        self.novice()?.expect("You have only just met", SOON)?;
        self.hang_up()?;
        step("two days pass");
        people::two_days_pass(&self.novice_place)?;
        people::two_days_pass(&self.expert_place)
    }

    /// A press of a button that has just got its meaning does not count: somebody may have meant another one.
    pub(super) fn await_settled_button(&mut self) -> Result<()> {
        let settled = "(() => { const works = document.getElementById('ask-control').getAttribute('aria-disabled') === 'false'; \
             if (!works) window.since = 0; else window.since ||= performance.now(); \
             return works && performance.now() - window.since > 500; })()";
        self.browser.wait("the button for control to be one for a while", settled, SOON)
    }

    pub(super) fn ask_and_accept(&mut self) -> Result<()> {
        step("the novice asks again, the expert says yes: they know each other");
        self.call()?;
        self.open_the_page()
    }

    fn call(&mut self) -> Result<()> {
        self.novice = Some(people::ask(&self.novice_place, &self.expert_place, self.desktop.screen())?);
        self.expert_agent.expect(QUESTION, SOON)?;
        self.expert_agent.type_line("y")
    }

    /// Until the novice is asked, and the expert's page says so.
    fn open_the_page(&mut self) -> Result<()> {
        let novice = self.novice.as_mut().context("the novice has asked")?;
        novice.expect("Karl has answered.", SOON)?;
        novice.expect(QUESTION, SOON)?;
        let page = people::page_address(&mut self.expert_agent, SOON)?;
        ensure!(page.starts_with("file:///"), "the page is given as a private file, not as {page:?}");
        self.browser.open(&page)?;
        self.browser.wait("the page to begin", "document.querySelector('#picture') !== null", SOON)?;
        self.await_view("asked")?;
        let who = self.browser.evaluate("document.querySelector('#who').textContent")?;
        ensure!(who == "Maria", "the page calls the novice {who}");
        self.save("waiting")?;
        self.browser.evaluate("observer.watch('#picture')")?;
        ensure!(
            self.browser.number("observer.frames")? == 0.0,
            "a picture was shown before the novice allowed it"
        );
        Ok(())
    }

    pub(super) fn show_the_screen(&mut self) -> Result<()> {
        step("the novice shows the screen, the expert sees it");
        self.novice()?.type_line("y")?;
        self.await_view("granted")?;
        self.browser.wait("five pictures", "observer.frames >= 5", SOON)?;
        let unlike = self.await_likeness(first())?;
        say::line(format_args!("     of 64 x 36 places {unlike} differ, where the terminal scrolls"));
        let desktop = Picture::of(self.desktop.screen())?.part(first())?;
        self.album.keep_desktop(&desktop)
    }

    pub(super) fn ask_for_control(&mut self) -> Result<()> {
        step("the expert asks for control, the novice allows it");
        let mut watch = Watch::on(self.desktop.screen())?;
        let editor = self.desktop.editor().middle();
        self.browser.click_picture(editor)?;
        self.browser.click("#ask-control")?;
        self.await_control("pending")?;
        self.save("asking")?;
        people::say_how_it_began(self.novice()?, SOON)?;
        self.novice()?.expect(QUESTION, SOON)?;
        ensure!(
            watch.seen()? == Default::default(),
            "something was typed or moved before the novice allowed it"
        );
        self.novice()?.type_line("y")?;
        self.await_control("granted")
    }

    pub(super) fn type_into_the_editor(&mut self) -> Result<()> {
        step("the expert types a sentence into the editor");
        let mut watch = Watch::on(self.desktop.screen())?;
        let editor = self.desktop.editor().middle();
        self.browser.click_picture(editor)?;
        self.browser.type_text(SENTENCE)?;
        self.browser.press("Control+A")?;
        self.browser.press("Control+C")?;
        self.await_clipboard()?;
        let seen = watch.seen()?;
        let keys = u32::try_from(SENTENCE.len()).context("a sentence is short")?;
        ensure!(seen.buttons >= 1 && seen.keys >= keys, "the watch saw only {seen:?}");
        say::line(format_args!("     the X server has it: {SENTENCE:?}"));
        self.save("control")
    }

    pub(super) fn take_back(&mut self) -> Result<()> {
        step("the novice takes control back: nothing more gets through");
        self.novice()?.expect("[t] Take back", SOON)?;
        self.novice()?.press("t")?;
        self.await_control("revoked")?;
        let mut watch = Watch::on(self.desktop.screen())?;
        let editor = self.desktop.editor().middle();
        self.browser.click_picture(editor)?;
        self.browser.type_text("This must not arrive.")?;
        self.browser.press("Backspace")?;
        // The picture goes on; what was typed had the time of ten pictures to arrive.
        self.await_pictures(10)?;
        let seen = watch.seen()?;
        ensure!(seen == Default::default(), "after control was taken back, the X server still saw {seen:?}");

        // The novice's own hand copies the text again: it is what it was, and the watch does see hands.
        self.desktop.overwrite_clipboard("something else")?;
        let hand = Hand::on(self.desktop.screen())?;
        hand.chord(&[CONTROL, u32::from(b'a')])?;
        hand.chord(&[CONTROL, u32::from(b'c')])?;
        self.await_clipboard()?;
        ensure!(watch.seen()?.keys >= 4, "the watch is blind");
        Ok(())
    }

    pub(super) fn end(&mut self) -> Result<()> {
        step("the novice ends it, both sides say so");
        self.hang_up()?;
        let ended = "(() => { const ended = document.querySelector('#ended'); \
            return ended?.checkVisibility() && ended.innerText.trim().length > 10; })()";
        self.browser.wait("the page to say that it is over", ended, SOON)?;
        let said = self.browser.evaluate("document.querySelector('#ended').innerText")?;
        say::line(format_args!("     the page says: {said}"));
        self.save("ended")
    }

    fn hang_up(&mut self) -> Result<()> {
        let novice = self.novice()?;
        novice.expect("[s] Stop", SOON)?;
        novice.press("s")?;
        novice.expect("The help is over.", SOON)?;
        let status = novice.wait_exit(SOON)?;
        ensure!(status.success(), "the novice's program ended with {status:?}");
        Ok(())
    }

    fn await_clipboard(&self) -> Result<()> {
        let mut last = None;
        wait::until("the sentence to be in the novice's clipboard", SOON, || {
            last = self.desktop.clipboard()?;
            Ok((last.as_deref() == Some(SENTENCE)).then_some(()))
        })
        .with_context(|| format!("there is {last:?} instead of {SENTENCE:?}"))
    }
}
