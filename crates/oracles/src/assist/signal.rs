//! Signalling: each side reads only what the other may say, and reads its own spelling of it again.

use rendezvous_assist::chat::ChatText;
use rendezvous_assist::consent::{FloorState, Right};
use rendezvous_assist::screen::Size;
use rendezvous_assist::screens::{Kind, Screen, ScreenId, ScreenName, Screens};
use rendezvous_assist::signal::{ExpertSays, MAX_TEXT, NoviceSays, Program, SignalError, View};

use super::description::sample;
use crate::Seed;
use crate::script::text_of;

/// A text as a message of either side.
pub(crate) fn signal(data: &[u8]) {
    let text = text_of(data);
    let (novice, expert) = (NoviceSays::parse(&text), ExpertSays::parse(&text));
    if text.len() > MAX_TEXT {
        assert_eq!(novice, Err(SignalError::TooLong(text.len())));
        assert_eq!(expert, Err(SignalError::TooLong(text.len())));
    }
    let is_of_both = |message: &NoviceSays| matches!(message, NoviceSays::Chat(_) | NoviceSays::Typing(_));
    match (&novice, &expert) {
        (Ok(message), _) if is_of_both(message) => assert!(expert.is_ok(), "only the novice may say {text}"),
        _ => assert!(novice.is_err() || expert.is_err(), "both sides may say {text}"),
    }
    if let Ok(message) = novice {
        let again = message.to_text();
        assert!(again.len() <= MAX_TEXT, "{} bytes of {}", again.len(), text.len());
        assert_eq!(NoviceSays::parse(&again).as_ref(), Ok(&message), "{again}");
        if !is_of_both(&message) {
            assert_eq!(ExpertSays::parse(&again), Err(SignalError::WrongSide), "{again}");
        }
        if let NoviceSays::DataAnswer(description) = &message {
            assert_eq!(description.check_data_answer(), Ok(()));
        }
        if let NoviceSays::Answer(description) = message {
            assert_eq!(description.check_answer(), Ok(()));
        }
    }
    if let Ok(message) = expert {
        let again = message.to_text();
        assert!(again.len() <= MAX_TEXT, "{} bytes of {}", again.len(), text.len());
        assert_eq!(ExpertSays::parse(&again).as_ref(), Ok(&message), "{again}");
        if !matches!(message, ExpertSays::Chat(_) | ExpertSays::Typing(_)) {
            assert_eq!(NoviceSays::parse(&again), Err(SignalError::WrongSide), "{again}");
        }
        if let ExpertSays::DataOffer(description) = &message {
            assert_eq!(description.check_data_offer(), Ok(()));
        }
        if let ExpertSays::Describe(description) | ExpertSays::Restart(description) = message {
            assert_eq!(description.check_offer(), Ok(()));
        }
    }
}

pub(crate) fn signal_seeds() -> Vec<Seed> {
    let screen = Size { width: 1280, height: 720 };
    let program = Program::new("rendezvous 0.1.0").expect("a good name");
    let novice = |name, message: NoviceSays| Seed::new(name, message.to_text().as_bytes());
    let expert = |name, message: ExpertSays| Seed::new(name, message.to_text().as_bytes());
    vec![
        novice("hello-novice", NoviceSays::Hello(program.clone())),
        novice("view-asked", NoviceSays::View(View::Asked)),
        novice("view-granted", NoviceSays::View(View::Granted { screen })),
        novice("control", NoviceSays::Floor(Right::Control, FloorState::Released)),
        novice("floor", NoviceSays::Floor(Right::Files, FloorState::Refused)),
        novice("paused", NoviceSays::Paused(true)),
        novice("held", NoviceSays::Held(true)),
        novice(
            "chat",
            NoviceSays::Chat(ChatText::new("Look:\n\u{201c}here\u{201d} \u{1f600}").expect("a good text")),
        ),
        novice("typing", NoviceSays::Typing(true)),
        novice("answer", NoviceSays::Answer(sample(true))),
        novice("screens", NoviceSays::Screens(two_screens())),
        novice("window", NoviceSays::Screens(a_window())),
        novice("again", NoviceSays::Again),
        novice("ice-novice", NoviceSays::Ice(vec![([192, 0, 2, 1], 3478).into()])),
        expert("hello-expert", ExpertSays::Hello(program)),
        expert("request", ExpertSays::Request(Right::Control)),
        expert("release", ExpertSays::Release(Right::Files)),
        expert("describe", ExpertSays::Describe(sample(false))),
        expert("screen", ExpertSays::Screen(ScreenId(2))),
        expert("restart", ExpertSays::Restart(sample(false))),
        expert("ice-expert", ExpertSays::Ice(vec![([192, 0, 2, 1], 3478).into()])),
    ]
}

fn two_screens() -> Screens {
    let all = vec![one(1, "HDMI-1"), one(2, "DP-2")];
    Screens::new(Kind::Screen, all, ScreenId(1), true).expect("two, one of them shared")
}

fn a_window() -> Screens {
    Screens::only(Kind::Window, one(1, "Text \"editor\" \u{20ac}")).showing(false)
}

fn one(id: u32, name: &str) -> Screen {
    Screen { id: ScreenId(id), name: ScreenName::cleaned(name), size: Size { width: 1280, height: 720 } }
}
