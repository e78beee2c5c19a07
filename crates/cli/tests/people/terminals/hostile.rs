//! Whoever looks, or shares, with a program that is not ours: verified, and meaning ill. The other side is the whole program.
//!
//! What a viewer could do mad things with besides is not on the wire: a viewer's size is its own affair.

use super::wire::Wire;
use super::{LOOK, LOOKS, MAY_TYPE, OVER, YOU_LOOK};
use crate::house::{ANSWER, SOON, Side, Two, two_people};
use crate::watching::expert::Expert;
use anyhow::{Context as _, Result, ensure};
use rendezvous_assist::consent::Right;
use rendezvous_assist::peer::Certificate;
use rendezvous_assist::screen::Size;
use rendezvous_assist::signal::{ExpertSays, NoviceSays, Program, View};
use rendezvous_assist::terminal::wire::{MAX_KEYS, MAX_MESSAGE, MAX_PASTE};
use rendezvous_core::ApplicationId;
use rendezvous_testkit::home::Home;
use rendezvous_testkit::wait;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::runtime::Runtime;

const SHARES: ApplicationId = ApplicationId::SHARE_TERMINAL;
const LOOKS_AT: ApplicationId = ApplicationId::VIEW_TERMINAL;

/// Somebody whose program is this test.
struct Stranger {
    runtime: Runtime,
    expert: Expert,
    certificate: Certificate,
}

impl Stranger {
    /// Somebody whom this person has verified, and who invites them to this; they said yes.
    fn invites(side: &mut Side, application: ApplicationId) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let mut expert = runtime.block_on(Expert::befriends(side, "127.0.0.1"))?.inviting_to(application);
        runtime.block_on(expert.offers())?;
        side.agent.reads(ANSWER)?;
        side.agent.says("y")?;
        runtime.block_on(expert.is_connected())?;
        runtime.block_on(expert.meets())?;
        Ok(Self { runtime, expert, certificate: Certificate::generate()? })
    }

    fn says(&mut self, body: &str) -> Result<()> {
        ensure!(self.runtime.block_on(self.expert.says(body))?, "the session is over");
        Ok(())
    }

    /// Waits for a message of the other program of which `read` makes something.
    fn hears<T>(&mut self, what: &str, read: impl Fn(&str) -> Option<T>) -> Result<T> {
        let found =
            |call: &crate::watching::expert::Call| call.bodies.iter().any(|body| read(body).is_some());
        self.runtime.block_on(self.expert.until(what, found))?;
        loop {
            let body = self.expert.call()?.bodies.pop_front().context("it is there")?;
            if let Some(read) = read(&body) {
                return Ok(read);
            }
        }
    }

    /// As one that looks: is let look, and connects.
    fn looks(side: &mut Side) -> Result<(Self, Wire)> {
        let mut stranger = Self::is_let_look(side)?;
        let wire = stranger.connects()?;
        side.agent.reads(LOOKS)?;
        Ok((stranger, wire))
    }

    fn is_let_look(side: &mut Side) -> Result<Self> {
        let mut stranger = Self::invites(side, LOOKS_AT)?;
        stranger.says(&ExpertSays::Hello(Program::this()).to_text())?;
        side.agent.reads(LOOK)?;
        side.agent.says("y")?;
        stranger.hears("the view", |body| is_granted(body).then_some(()))?;
        Ok(stranger)
    }

    /// A connection, at first or instead of another.
    fn connects(&mut self) -> Result<Wire> {
        self.expert.call()?.agreed = None;
        let offered = self.certificate.offered();
        self.runtime.block_on(self.expert.shows(offered))?;
        self.runtime.block_on(self.expert.until("both to sign", |call| call.agreed.is_some()))?;
        let bound = self.expert.call()?.agreed.clone().context("both have signed")?;
        let (wire, offer) = Wire::offers(&self.certificate)?;
        self.says(&ExpertSays::DataOffer(offer).to_text())?;
        let answer = self.hears("an answer", |body| match NoviceSays::parse(body) {
            Ok(NoviceSays::DataAnswer(answer)) => Some(answer),
            _ => None,
        })?;
        wire.accepts(bound, answer)?;
        wire.is_open()?;
        Ok(wire)
    }

    /// As one that shares: says that it may be looked at.
    fn lets_look(side: &mut Side) -> Result<Self> {
        let mut stranger = Self::invites(side, SHARES)?;
        let screen = Size { width: 40, height: 5 };
        for said in [NoviceSays::Hello(Program::this()), NoviceSays::View(View::Granted { screen })] {
            stranger.says(&said.to_text())?;
        }
        stranger.runtime.block_on(stranger.expert.until("a certificate", |call| call.shown.is_some()))?;
        Ok(stranger)
    }

    fn signs(&mut self) -> Result<()> {
        let media = self.certificate.media();
        self.runtime.block_on(self.expert.answers(media))?;
        self.runtime.block_on(self.expert.until("both to sign", |call| call.agreed.is_some()))
    }

    fn is_connected_to(&mut self) -> Result<Wire> {
        self.signs()?;
        let bound = self.expert.call()?.agreed.clone().context("both have signed")?;
        let offer = self.hears("an offer", |body| match ExpertSays::parse(body) {
            Ok(ExpertSays::DataOffer(offer)) => Some(offer),
            _ => None,
        })?;
        let (wire, answer) = Wire::answers(&bound, &self.certificate, &offer)?;
        self.says(&NoviceSays::DataAnswer(answer).to_text())?;
        wire.is_open()?;
        Ok(wire)
    }

    fn has_ended(&mut self) -> Result<()> {
        self.runtime.block_on(self.expert.has_ended())
    }
}

fn is_granted(body: &str) -> bool {
    matches!(NoviceSays::parse(body), Ok(NoviceSays::View(View::Granted { .. })))
}

fn keys(bytes: &[u8]) -> Vec<u8> {
    [&[2], bytes].concat()
}

fn paste(text: &str) -> Vec<u8> {
    [&[3], text.as_bytes()].concat()
}

fn number(kind: u8, number: u32) -> Vec<u8> {
    [&[kind][..], &number.to_be_bytes()].concat()
}

/// What would do something if it were typed: commands, answers to what programs ask a terminal, the sharer's own chord, the
/// answer to a question; and looks far above, as fast as it goes.
fn flood(command: &str) -> Vec<Vec<u8>> {
    let one = |at: u32| match at % 8 {
        0 => keys(command.as_bytes()),
        1 => paste(command),
        2 => keys(b"\x1b[24;80R\x1b[?62;c\x1bP>|x\x1b\\"),
        3 => keys(b"\x1d\x1d\x1d"),
        4 => keys(b"y\r"),
        5 => paste("\u{1b}[201~y\n"),
        6 => number(4, u32::MAX - at),
        _ => keys(&[b'x'; MAX_KEYS]),
    };
    (0..2_000).map(one).collect()
}

/// The sharer has their shell work something out, and sees what.
fn works_out(side: &mut Side, sum: &str, result: &str) -> Result<()> {
    // What is typed just after a question is thrown away with what was typed before it.
    wait::until("the shell to work it out", SOON, || {
        works_out_within(side, sum, result, Duration::from_secs(5)).map(Some).or(Ok(None))
    })
}

fn works_out_within(side: &mut Side, sum: &str, result: &str, within: Duration) -> Result<()> {
    side.agent.presses(&format!("echo =$(({sum}))=\r"))?;
    side.agent.reads_within(&format!("={result}="), within).map(drop)
}

/// A file that is there as soon as somebody has typed what makes it.
struct Bait {
    home: Home,
    command: String,
}

impl Bait {
    fn new() -> Result<Self> {
        let home = Home::new("touched")?;
        let command = format!("touch {}\r", home.join("touched").display());
        Ok(Self { home, command })
    }

    fn is_untouched(&self, side: &Side) -> Result<()> {
        let is_typed = self.home.join("touched").exists() || side.agent.screen().contains("touch");
        ensure!(!is_typed, "it was typed");
        Ok(())
    }
}

#[test]
fn a_viewer_that_means_ill_types_nothing_before_a_yes_and_answers_no_question() {
    two_people(|two: &mut Two| {
        let (bait, side) = (Bait::new()?, &mut two.novice);
        let (mut stranger, wire) = Stranger::looks(side)?;
        wire.says(flood(&bait.command));
        wire.has_said_all()?;
        works_out(side, "6*7", "42")?;
        bait.is_untouched(side)?;
        // Nor while the question for it stands, which it would answer itself.
        stranger.says(&ExpertSays::Request(Right::Control).to_text())?;
        side.agent.reads("30 minutes? [y/N]")?;
        wire.says(flood(&bait.command));
        wire.has_said_all()?;
        side.agent.says("n")?;
        side.agent.reads("No. They still look, and cannot type.")?;
        works_out(side, "6*8", "48")?;
        bait.is_untouched(side)?;
        ensure!(!side.agent.screen().contains(MAY_TYPE), "nobody has allowed that");
        ensure!(wire.is_up(), "all of it was said in words that there are");
        side.agent.presses(&super::CHORD.repeat(3))?;
        side.agent.reads(OVER)?;
        stranger.has_ended()
    });
}

#[test]
fn a_viewer_that_means_ill_types_into_the_shell_and_nowhere_else_and_not_after_it_was_taken_back() {
    two_people(|two: &mut Two| {
        let (bait, side) = (Bait::new()?, &mut two.novice);
        let (mut stranger, wire) = Stranger::looks(side)?;
        stranger.says(&ExpertSays::Request(Right::Control).to_text())?;
        side.agent.reads("30 minutes? [y/N]")?;
        side.agent.says("y")?;
        side.agent.reads(MAY_TYPE)?;
        // The sharer's chord is for the sharer's fingers, and the last line for what we say.
        wire.says(vec![keys(b"\x1d\x1d\x1d\x15"), keys(b"echo =$((7*8))=\r")]);
        side.agent.reads("=56=")?;
        wire.says(vec![keys(b"printf '\\033[999;1HMINE\\033[r\\033c\\033[999;1H'; echo =$((7*9))=\r")]);
        side.agent.reads("=63=")?;
        ensure!(last_line(side).contains(MAY_TYPE.trim_end()), "the last line is ours: {}", last_line(side));
        wire.says(vec![keys(b"cat > /dev/null\r")]);
        wire.says((0..2_000).map(|_| keys(&[[b'x'; 99].as_slice(), b"\r"].concat())).collect());
        // In the middle of it.
        side.agent.presses(&super::CHORD.repeat(2))?;
        side.agent.reads("Nobody but you types")?;
        wire.says(vec![keys(b"\x03\x15"), keys(bait.command.as_bytes()), paste(&bait.command)]);
        wire.has_said_all()?;
        // The program reads on; whoever shares ends it, and what was typed before with it.
        side.agent.presses("\u{3}")?;
        wait::until("the shell to be there again", SOON, || {
            works_out_within(side, "6*9", "54", Duration::from_secs(2)).map(Some).or(Ok(None))
        })?;
        bait.is_untouched(side)?;
        ensure!(wire.is_up(), "all of it was said in words that there are");
        side.agent.presses(&super::CHORD.repeat(3))?;
        side.agent.reads(OVER)?;
        stranger.has_ended()
    });
}

/// What stands in the last line of this person's terminal.
fn last_line(side: &Side) -> String {
    use rendezvous_assist::terminal::Size;
    let wide = rendezvous_testkit::terminal::WIDE;
    let mut emulator = rendezvous_desktop::terminal::Emulator::new(Size::nearest(wide.columns, wide.rows));
    emulator.write(&side.agent.written());
    emulator.screen(0).text().lines().last().unwrap_or_default().to_owned()
}

/// Messages that no viewer of this version sends.
fn odd() -> Vec<Vec<u8>> {
    vec![
        vec![0],
        vec![9; 5],
        vec![1, 0, 0],
        [number(1, 1), vec![0]].concat(),
        number(1, u32::MAX),
        keys(b""),
        keys(&[b'x'; MAX_KEYS + 1]),
        paste(&"x".repeat(MAX_PASTE + 1)),
        [vec![3], vec![0xff; 9]].concat(),
        number(4, 0)[..3].to_vec(),
        vec![2; MAX_MESSAGE],
    ]
}

#[test]
fn a_viewer_that_says_what_no_viewer_says_loses_its_connection_and_the_shell_goes_on() {
    two_people(|two: &mut Two| {
        let side = &mut two.novice;
        let (mut stranger, mut wire) = Stranger::looks(side)?;
        for (round, message) in (1..).zip(odd()) {
            if round > 1 {
                wire = stranger.connects()?;
                side.agent.reads(LOOKS)?;
            }
            let shown = format!("{} bytes, {:?}", message.len(), &message[..message.len().min(5)]);
            wire.says(vec![message]);
            wire.is_cut().with_context(|| shown.clone())?;
            side.agent.reads("sees nothing new").with_context(|| shown)?;
            works_out(side, &format!("{round}+100"), &(round + 100).to_string())?;
        }
        // What is longer than any message is not even looked at.
        let wire = stranger.connects()?;
        side.agent.reads(LOOKS)?;
        wire.says(vec![vec![2; MAX_MESSAGE + 1]]);
        wire.has_said_all()?;
        works_out(side, "6*7", "42")?;
        ensure!(wire.is_up(), "it is the same connection");
        side.agent.presses(&super::CHORD.repeat(3))?;
        side.agent.reads(OVER)?;
        stranger.has_ended()
    });
}

/// A picture of one line, whose letters are what nobody's emulator would have let through.
fn picture(number: u32, (columns, rows): (u16, u16), letters: &str) -> Vec<u8> {
    let mut message = vec![1];
    message.extend(number.to_be_bytes());
    message.extend([0; 4]);
    message.extend(columns.to_be_bytes());
    message.extend(rows.to_be_bytes());
    // Whatever can be said of a cursor and of keyboards; nothing above; one line.
    message.push(if number.is_multiple_of(2) { 6 } else { 0 });
    message.extend([0; 8]);
    message.extend([0, 1, 0, 0]);
    let letters: Vec<char> = letters.chars().chain(std::iter::repeat(' ')).take(columns.into()).collect();
    message.extend(columns.to_be_bytes());
    message.extend([0, 0, 0]);
    for letter in letters {
        message.push(0x80);
        message.extend(&u32::from(letter).to_be_bytes()[1..]);
    }
    message
}

/// What is addressed to a terminal itself, asks it something, or ends what it takes for pasted.
const TRICKS: [&str; 20] = [
    "\u{1b}]0;title\u{7}",
    "\u{1b}]52;c;aGVsbG8=\u{7}",
    "\u{1b}]8;;http://example.org\u{1b}\\link",
    "\u{1b}]10;?\u{7}",
    "\u{1b}]1337;File=:AA==\u{7}",
    "\u{9d}0;title\u{9c}",
    "\u{1b}Pq#0;2;0;0;0~-\u{1b}\\",
    "\u{1b}P$qm\u{1b}\\",
    "\u{90}q~\u{9c}",
    "\u{1b}_Gf=24;AAAA\u{1b}\\",
    "\u{1b}^message\u{1b}\\",
    "\u{1b}[6n\u{1b}[c\u{1b}[>q\u{1b}[21t",
    "\u{9b}6n\u{9b}c",
    "\u{5}\u{1b}Z\u{1b}[5n",
    "\u{1b}[?1003h\u{1b}[?1004h\u{1b}[>1u",
    "\u{1b}[201~rm -rf\r",
    "\u{1b}c\u{1b}#8\u{1b}[r\u{1b}[?1049l",
    "\u{7}\u{8}\r\n\u{b}\u{c}\u{e}\u{f}\u{18}\u{7f}",
    "\u{202e}\u{2066}\u{200e}\u{e0041}\u{feff}\u{2028}",
    "a\u{301}\u{301}\u{301}\u{301}",
];

/// Everything on a terminal that is no letter, numbers left out: `docs/terminal.md` says that this is all.
const WRITTEN: [&str; 13] = [
    "\r",
    "\n",
    "\u{1b}[H",
    "\u{1b}[m",
    "\u{1b}[J",
    "\u{1b}[?25h",
    "\u{1b}[?25l",
    "\u{1b}[?1h",
    "\u{1b}[?1l",
    "\u{1b}[?7h",
    "\u{1b}[?7l",
    "\u{1b}[?1049h",
    "\u{1b}[?1049l",
];

/// What was written to a terminal while it was taken over for that.
pub(super) fn while_shared(written: &[u8]) -> &[u8] {
    let at = |mark: &[u8]| written.windows(mark.len()).position(|window| window == mark);
    let begun = at(b"\x1b[?1049h").unwrap_or(written.len());
    let end = at(b"\x1b[?1049l").filter(|end| *end > begun).unwrap_or(written.len());
    &written[begun..end]
}

/// What was written to a terminal that is neither a letter nor on that list.
pub(super) fn unlisted(written: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(written);
    let mut found = BTreeSet::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_plain = !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}');
        if is_plain {
            continue;
        }
        let mut sequence = c.to_string();
        if c == '\u{1b}' && rest.peek() == Some(&'[') {
            sequence.extend(rest.next());
            let is_private = rest.peek() == Some(&'?');
            for c in rest.by_ref() {
                if is_private || !(c.is_ascii_digit() || c == ';') {
                    sequence.push(c);
                }
                if ('\u{40}'..='\u{7e}').contains(&c) {
                    break;
                }
            }
        } else if c == '\u{1b}' {
            sequence.extend(rest.next());
        }
        found.insert(sequence);
    }
    let pasting = ["\u{1b}[?2004h".to_owned(), "\u{1b}[?2004l".to_owned()];
    found.retain(|sequence| !WRITTEN.contains(&&**sequence) && !pasting.contains(sequence));
    found
}

#[test]
fn the_list_of_what_is_written_knows_what_is_not_on_it() {
    for trick in &TRICKS[..19] {
        assert!(!unlisted(trick.as_bytes()).is_empty(), "{trick:?}");
    }
    let written =
        "\u{1b}[?1049h\u{1b}[?2004h\u{1b}[0m\u{1b}[2J\u{1b}[1;1H\u{1b}[0;1;38;5;208mä世\u{1b}[0m\r\n";
    assert_eq!(unlisted(written.as_bytes()), BTreeSet::new());
}

#[test]
fn a_sharer_that_means_ill_writes_nothing_but_letters_to_the_viewers_terminal() {
    two_people(|two: &mut Two| {
        let side = &mut two.expert;
        let mut stranger = Stranger::lets_look(side)?;
        let wire = stranger.is_connected_to()?;
        let mut pictures = 0;
        let mut next = |size, letters: &str| {
            pictures += 1;
            picture(pictures, size, letters)
        };
        wire.says(vec![next((40, 5), "=HERE=")]);
        side.agent.reads("=HERE=")?;
        side.agent.reads(YOU_LOOK)?;
        // Every trick, and sizes as mad as there can be.
        let sizes = [(1, 1), (500, 200), (2, 200), (500, 1), (80, 24)];
        for size in sizes {
            let all = TRICKS.iter().map(|trick| next(size, trick)).collect();
            wire.says(all);
        }
        wire.says(vec![next((40, 5), "=THERE=")]);
        side.agent.reads("=THERE=")?;
        // As a terminal would answer what it was asked; and a key that is no command.
        side.agent.presses("\u{1b}[24;80R\u{1b}[?62;cx\u{1b}P>|xterm\u{1b}\\")?;
        // Without waiting for anybody.
        let many = (0..3_000).map(|at| next(sizes[at % 5], TRICKS[at % 20])).collect();
        wire.says(many);
        wire.says(vec![next((40, 5), "=LAST=")]);
        wire.has_said_all()?;
        side.agent.reads("=LAST=")?;
        let heard = wire.heard();
        let is_taken = |message: &Vec<u8>| message.len() == 5 && message[0] == 1;
        ensure!(
            heard.len() > 2 && heard.iter().all(is_taken),
            "it says that it has seen them, and nothing else"
        );
        let unlisted = unlisted(while_shared(&side.agent.written()));
        ensure!(unlisted.is_empty(), "{unlisted:?} reached the viewer's terminal");
        // A picture that is none ends it, and the terminal is as it was.
        wire.says(vec![vec![1, 0xff, 0xff]]);
        side.agent.reads("is no picture of a terminal, so this has ended.")?;
        stranger.has_ended()
    });
}

/// Longer than either side waits.
const LATE: Duration = Duration::from_secs(200);

#[test]
fn a_viewer_that_never_shows_its_certificate_is_not_waited_for() {
    two_people(|two: &mut Two| {
        let side = &mut two.novice;
        let mut stranger = Stranger::is_let_look(side)?;
        side.agent.reads("connecting…")?;
        side.agent.reads_within("the other side's program did not say where it is", LATE)?;
        side.agent.reads(OVER)?;
        stranger.has_ended()
    });
}

#[test]
fn a_sharer_that_swallows_the_certificate_is_not_waited_for() {
    two_people(|two: &mut Two| {
        let side = &mut two.expert;
        let mut stranger = Stranger::lets_look(side)?;
        side.agent.reads("lets you look. Connecting…")?;
        side.agent.reads_within("(SESSION_TIMEOUT (0x81000609))", LATE)?;
        stranger.has_ended()
    });
}

#[test]
fn a_sharer_that_signs_and_never_answers_is_not_waited_for() {
    two_people(|two: &mut Two| {
        let side = &mut two.expert;
        let mut stranger = Stranger::lets_look(side)?;
        stranger.signs()?;
        side.agent.reads("lets you look. Connecting…")?;
        side.agent.reads_within("(SESSION_TIMEOUT (0x81000609))", LATE)?;
        stranger.has_ended()
    });
}
