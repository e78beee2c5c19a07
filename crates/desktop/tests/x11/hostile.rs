//! A helper who means ill, over the wire: everything that a page may send, against a question, the bar and the keys that stop.
//!
//! The person sits outside, at the server in which the helper's one is a window. `RENDEZVOUS_HOSTILE_RUNS` says how often.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use rendezvous_assist::input::InputEvent;
use rendezvous_desktop::windows::{
    Block, Button, ButtonId, ButtonKind, Refusals, Shape, Told, View, Windows,
};
use rendezvous_desktop::x11::bar::{Bar, Contents, Press, Tone};
use rendezvous_desktop::x11::{StopSignal, X11Injector};
use rendezvous_desktop::{Inject, Suspension};

use crate::needs_xephyr_stop::{focus_inner, tap, until_keys_arrive};
use crate::person::Person;
use crate::server::{Server, until};

/// So many unless somebody says otherwise.
const RUNS: u32 = 5;

/// Acts of the helper in one run, before a question, during it and after it.
const ACTS: u32 = 60;

const ESCAPE: u8 = 9;

/// Chance, the same in every run of the test.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    /// Something that a page may send: it points, clicks, drags, turns the wheel, and presses what answers questions. No
    /// modifiers: all of them together with Escape are the chord, which stops whoever presses it.
    fn act(&mut self) -> String {
        let down = self.below(2) == 0;
        match self.below(10) {
            // Where bars are, and where questions are.
            0 | 1 => format!(r#"{{"t":"move","x":{},"y":{}}}"#, self.below(640), self.below(50)),
            2 | 3 => format!(r#"{{"t":"move","x":{},"y":{}}}"#, self.below(640), self.below(480)),
            4 | 5 => format!(r#"{{"t":"button","button":"left","down":{down}}}"#),
            6 => format!(r#"{{"t":"wheel","dx":0,"dy":{}}}"#, self.below(20)),
            _ => {
                let (code, key) = [
                    ("Enter", "Enter"),
                    ("Space", " "),
                    ("Tab", "Tab"),
                    ("Escape", "Escape"),
                    ("ArrowRight", "ArrowRight"),
                    ("KeyY", "y"),
                ][usize::try_from(self.below(6)).unwrap()];
                format!(r#"{{"t":"key","code":"{code}","key":"{key}","down":{down}}}"#)
            }
        }
    }
}

fn question() -> View {
    let button = |id, label: &str, kind| Button { id: ButtonId(id), label: label.into(), kind };
    View {
        title: "Ann asks to use your mouse and keyboard".into(),
        shape: Shape::Question,
        tone: rendezvous_desktop::windows::Tone::Controlled,
        body: vec![Block::Heading("Ann asks to use your mouse and keyboard.".into())],
        buttons: vec![button(0, "No", ButtonKind::Safe), button(1, "Let Ann help", ButtonKind::Allow)],
        refusals: Refusals::default(),
    }
}

#[test]
fn a_helper_who_means_ill_answers_nothing_shows_nothing_again_and_is_stopped_every_time() {
    let runs = std::env::var("RENDEZVOUS_HOSTILE_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(RUNS);
    let outer = Server::xvfb("800x600x24");
    let inner = Server::xephyr(&outer, "640x480");
    let (conn, root) = outer.connect();
    focus_inner(&conn, root);
    until_keys_arrive((&conn, root), &inner);

    let (mut person, suspension) = (Person::who_shows_the_screen(), Suspension::default());
    let (tell, answered) = mpsc::channel();
    let windows =
        Windows::open(inner.at(), None, suspension.clone(), move |told| _ = tell.send(told)).unwrap();
    let (tell, pressed) = mpsc::channel();
    let contents = Contents {
        text: "Paused".into(),
        spoken: "Paused".into(),
        tone: Tone::Calm,
        buttons: vec![(Press::Resume, "Show again".into()), (Press::Stop, "Stop".into())],
    };
    let bar = Bar::show(&person.view(), inner.at(), contents, move |press| _ = tell.send(press)).unwrap();
    until("the bar is in view", || bar.pulse().is_alive());
    let mut keys = person.listens(&inner, &suspension);
    let grant = person.gives_control();
    let mut injector = X11Injector::open_guarded(grant, inner.at(), std::io::sink(), &suspension).unwrap();
    let mut chance = Chance(0x5eed_0007);
    let mut acts = |injector: &mut X11Injector| {
        for _ in 0..ACTS {
            let act = chance.act();
            injector.apply(InputEvent::parse(&act).expect("a page may send it")).unwrap();
        }
    };

    let mut slowest = Duration::ZERO;
    for run in 0..runs {
        acts(&mut injector);
        let window = windows.show(question());
        let begun = Instant::now();
        // Long enough for what allows something to be heard from whoever may press it.
        while begun.elapsed() < Duration::from_millis(1_200) {
            acts(&mut injector);
            std::thread::sleep(Duration::from_millis(20));
        }
        windows.close(window);
        acts(&mut injector);
        let told: Vec<Told> = answered.try_iter().collect();
        assert_eq!(told, [], "run {run}: the question stood and nobody answered it");

        until("the helper's hands are free again", || !suspension.is_on());
        for _ in 0..3 {
            acts(&mut injector);
            tap(&conn, root, ESCAPE);
        }
        let pressed_at = Instant::now();
        assert_eq!(keys.wait(Duration::from_secs(10)), Ok(StopSignal::Stop), "run {run}");
        slowest = slowest.max(pressed_at.elapsed());
    }
    let shown_again = pressed.try_iter().filter(|press| *press == Press::Resume).count();
    assert_eq!(shown_again, 0, "only a real mouse shows the screen again");
    println!("hostile helper: {runs} runs, 0 answers, 0 times shown again, slowest stop {slowest:?}");
}
