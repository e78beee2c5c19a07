//! Two people write to each other in a window: nobody else writes there in the person's place.

use std::time::{Duration, Instant};

use rendezvous_desktop::windows::{
    Act, Block, Button, ButtonId, ButtonKind, Field, Refusals, Remark, Shape, Told, Tone, View,
};
use rendezvous_desktop::x11::X11Injector;
use x11rb::protocol::xproto::{ConnectionExt as _, MapState};

use crate::needs_xephyr_questions::Stage;
use crate::person::Person;
use crate::server::until;

const A: u8 = 38;
const B: u8 = 56;
const C: u8 = 54;
const ENTER: u8 = 36;
const SOON: Duration = Duration::from_secs(10);

fn talk(remarks: u32) -> View {
    let remark = |number| Remark { number, who: "Anna".into(), text: "Hello".into(), is_own: false };
    let button = |id, label: &str, kind| Button { id: ButtonId(id), label: label.to_owned(), kind };
    View {
        title: "Chat".to_owned(),
        shape: Shape::Page,
        tone: Tone::Calm,
        body: vec![
            Block::Heading("Chat".to_owned()),
            Block::Talk((0..remarks).map(remark).collect()),
            Block::Field(Field { label: "Write:".into(), text: String::new(), is_secret: false }),
        ],
        buttons: vec![button(0, "Close", ButtonKind::Safe), button(1, "Send", ButtonKind::Plain)],
        refusals: Refusals::default(),
    }
}

impl Stage {
    fn hears_act(&self) -> Act {
        match self.told.recv_timeout(SOON) {
            Ok(Told::Did(_, act)) => act,
            other => panic!("nothing was done: {other:?}"),
        }
    }
}

#[test]
fn only_fingers_write_while_somebody_else_could_press_keys_and_theirs_rest_meanwhile() {
    let stage = Stage::set();
    stage.windows.show(talk(2));
    stage.appears();
    // Nobody else is there: a keyboard on the screen is the person's.
    stage.key(&stage.inner, A);
    assert_eq!(stage.hears_act(), Act::Typed("a".into()));
    assert!(!stage.suspension.is_on());

    let mut person = Person::who_shows_the_screen();
    let injector = X11Injector::open_guarded(
        person.gives_control(),
        stage.servers.1.at(),
        std::io::sink(),
        &stage.suspension,
    )
    .unwrap();
    stage.key(&stage.inner, B);
    stage.key(&stage.inner, ENTER);
    stage.key(&stage.outer, C);
    assert_eq!(stage.hears_act(), Act::Typed("ac".into()), "what was played back is not in it");
    assert!(stage.suspension.is_on(), "who writes is not interrupted");
    stage.key(&stage.inner, B);
    stage.key(&stage.outer, ENTER);
    assert_eq!(stage.hears_act(), Act::Entered);
    until("the other one goes on", || !stage.suspension.is_on());
    // It is empty again, and who writes no more holds nobody up.
    stage.key(&stage.outer, C);
    assert_eq!(stage.hears_act(), Act::Typed("c".into()));
    assert!(stage.suspension.is_on());
    let begun = Instant::now();
    while stage.suspension.is_on() {
        assert!(begun.elapsed() < SOON * 4, "the other one goes on by themselves");
        std::thread::sleep(Duration::from_millis(20));
    }

    // What was played may still be on its way when nobody plays any more.
    drop(injector);
    stage.key(&stage.inner, B);
    stage.key(&stage.outer, A);
    assert_eq!(stage.hears_act(), Act::Typed("ca".into()));
}

#[test]
fn what_comes_by_itself_takes_the_keyboard_from_nobody() {
    let stage = Stage::set();
    let (conn, _) = &stage.inner;
    let before = conn.get_input_focus().unwrap().reply().unwrap().focus;
    let id = stage.windows.show_aside(talk(1));
    let mut window = None;
    until("it is there", || {
        window = stage.find();
        window.is_some_and(|window| {
            let attributes = conn.get_window_attributes(window).unwrap().reply();
            attributes.is_ok_and(|attributes| attributes.map_state == MapState::VIEWABLE)
        })
    });
    stage.windows.change(id, talk(2));
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(500) {
        assert_eq!(conn.get_input_focus().unwrap().reply().unwrap().focus, before);
    }
    stage.windows.close(id);
    assert_eq!(stage.find(), None);
}
