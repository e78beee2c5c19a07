use proptest::prelude::*;

use super::*;
use crate::description::tests::any_description;
use crate::screens::{Kind, Screen, ScreenName};

fn novice(text: &str) -> Result<NoviceSays, SignalError> {
    NoviceSays::parse(text)
}

fn expert(text: &str) -> Result<ExpertSays, SignalError> {
    ExpertSays::parse(text)
}

/// The messages as both sides agreed on them, letter by letter.
#[test]
fn the_messages_without_a_description() {
    let program = Program::new("rendezvous 0.1.0").unwrap();
    let screen = Size { width: 1280, height: 720 };
    let written = ChatText::new("a\nb \"c\" ü").unwrap();
    for (text, message) in [
        (
            r#"{"v":1,"type":"hello","role":"novice","program":"rendezvous 0.1.0"}"#,
            NoviceSays::Hello(program.clone()),
        ),
        (r#"{"v":1,"type":"view","state":"asked"}"#, NoviceSays::View(View::Asked)),
        (
            r#"{"v":1,"type":"view","state":"granted","screen":{"width":1280,"height":720}}"#,
            NoviceSays::View(View::Granted { screen }),
        ),
        (r#"{"v":1,"type":"view","state":"denied"}"#, NoviceSays::View(View::Denied)),
        (r#"{"v":1,"type":"view","state":"ended"}"#, NoviceSays::View(View::Ended)),
        (
            r#"{"v":1,"type":"control","state":"pending"}"#,
            NoviceSays::Floor(Right::Control, FloorState::Pending),
        ),
        (
            r#"{"v":1,"type":"control","state":"granted"}"#,
            NoviceSays::Floor(Right::Control, FloorState::Granted),
        ),
        (
            r#"{"v":1,"type":"control","state":"denied"}"#,
            NoviceSays::Floor(Right::Control, FloorState::Denied),
        ),
        (
            r#"{"v":1,"type":"control","state":"released"}"#,
            NoviceSays::Floor(Right::Control, FloorState::Released),
        ),
        (
            r#"{"v":1,"type":"control","state":"revoked"}"#,
            NoviceSays::Floor(Right::Control, FloorState::Revoked),
        ),
        (
            r#"{"v":1,"type":"control","state":"expired"}"#,
            NoviceSays::Floor(Right::Control, FloorState::Expired),
        ),
        (
            r#"{"v":1,"type":"control","state":"denied","by":"machine"}"#,
            NoviceSays::Floor(Right::Control, FloorState::Refused),
        ),
        (
            r#"{"v":1,"type":"floor","floor":"clipboard","state":"granted"}"#,
            NoviceSays::Floor(Right::Clipboard, FloorState::Granted),
        ),
        (
            r#"{"v":1,"type":"floor","floor":"recording","state":"denied","by":"machine"}"#,
            NoviceSays::Floor(Right::Recording, FloorState::Refused),
        ),
        (r#"{"v":1,"type":"paused","paused":true}"#, NoviceSays::Paused(true)),
        (r#"{"v":1,"type":"paused","paused":false}"#, NoviceSays::Paused(false)),
        (r#"{"v":1,"type":"held","held":true}"#, NoviceSays::Held(true)),
        (r#"{"v":1,"type":"held","held":false}"#, NoviceSays::Held(false)),
        (r#"{"v":1,"type":"chat","text":"a\nb \"c\" ü"}"#, NoviceSays::Chat(written.clone())),
        (r#"{"v":1,"type":"typing","typing":true}"#, NoviceSays::Typing(true)),
        (r#"{"v":1,"type":"again"}"#, NoviceSays::Again),
        (
            r#"{"v":1,"type":"ice","role":"novice","servers":["stun:192.0.2.1:3478","stun:[2001:db8::1]:80"]}"#,
            NoviceSays::Ice(vec!["192.0.2.1:3478".parse().unwrap(), "[2001:db8::1]:80".parse().unwrap()]),
        ),
    ] {
        assert_eq!(novice(text), Ok(message.clone()), "{text}");
        assert_same_json(&message.to_text(), text);
    }
    for (text, message) in [
        (
            r#"{"v":1,"type":"hello","role":"expert","program":"rendezvous 0.1.0"}"#,
            ExpertSays::Hello(program),
        ),
        (r#"{"v":1,"type":"request","floor":"control"}"#, ExpertSays::Request(Right::Control)),
        (r#"{"v":1,"type":"release","floor":"control"}"#, ExpertSays::Release(Right::Control)),
        (r#"{"v":1,"type":"request","floor":"files"}"#, ExpertSays::Request(Right::Files)),
        (r#"{"v":1,"type":"release","floor":"drawing"}"#, ExpertSays::Release(Right::Drawing)),
        (r#"{"v":1,"type":"chat","text":"a\nb \"c\" ü"}"#, ExpertSays::Chat(written)),
        (r#"{"v":1,"type":"typing","typing":false}"#, ExpertSays::Typing(false)),
        (r#"{"v":1,"type":"ice","role":"expert","servers":[]}"#, ExpertSays::Ice(vec![])),
    ] {
        assert_eq!(expert(text), Ok(message.clone()), "{text}");
        assert_same_json(&message.to_text(), text);
    }
}

/// The messages about screens, letter by letter.
#[test]
fn the_messages_about_screens() {
    let screen = |id, name: &str, width, height| Screen {
        id: ScreenId(id),
        name: ScreenName::new(name).unwrap(),
        size: Size { width, height },
    };
    let (left, right) = (screen(1, "HDMI-1", 1920, 1080), screen(2, "DP-2", 1280, 1024));
    for (text, screens) in [
        (
            r#"{"v":1,"type":"screens","screens":[{"id":1,"name":"HDMI-1","width":1920,"height":1080},{"id":2,"name":"DP-2","width":1280,"height":1024}],"shared":2}"#,
            Screens::new(Kind::Screen, vec![left.clone(), right], ScreenId(2), true).unwrap(),
        ),
        (
            r#"{"v":1,"type":"screens","screens":[{"id":1,"name":"HDMI-1","width":1920,"height":1080}],"shared":1,"kind":"test"}"#,
            Screens::only(Kind::TestPicture, left),
        ),
        (
            r#"{"v":1,"type":"screens","screens":[{"id":9,"name":"„Ä“","width":7,"height":5}],"shared":9,"kind":"window","shown":false}"#,
            Screens::only(Kind::Window, screen(9, "„Ä“", 7, 5)).showing(false),
        ),
    ] {
        let message = NoviceSays::Screens(screens);
        assert_eq!(novice(text), Ok(message.clone()), "{text}");
        assert_same_json(&message.to_text(), text);
        assert_eq!(expert(text), Err(SignalError::WrongSide), "{text}");
    }
    let wish = r#"{"v":1,"type":"screen","id":2}"#;
    assert_eq!(expert(wish), Ok(ExpertSays::Screen(ScreenId(2))));
    assert_same_json(&ExpertSays::Screen(ScreenId(2)).to_text(), wish);
    assert_eq!(novice(wish), Err(SignalError::WrongSide));
}

#[test]
fn screens_that_cannot_be_are_refused() {
    let one = r#"{"id":1,"name":"a","width":1,"height":1}"#;
    let screens = |all: &str, rest: &str| format!(r#"{{"v":1,"type":"screens","screens":[{all}]{rest}}}"#);
    let many: Vec<String> = (0..17).map(|id| one.replace(":1,", &format!(":{id},"))).collect();
    for (all, rest, field) in [
        ("", r#","shared":1"#, "screens"),
        (one, "", "screens"),
        (one, r#","shared":2"#, "screens"),
        (one, r#","shared":-1"#, "screens"),
        (one, r#","shared":1,"shared":1"#, "screens"),
        (one, r#","shared":1,"kind":"webcam""#, "kind"),
        (one, r#","shared":1,"shown":1"#, "screens"),
        (&format!("{one},{one}"), r#","shared":1"#, "screens"),
        (&many.join(","), r#","shared":1"#, "screens"),
        (r#"{"id":1,"name":"","width":1,"height":1}"#, r#","shared":1"#, "screens"),
        (r#"{"id":1,"name":"a\nb","width":1,"height":1}"#, r#","shared":1"#, "screens"),
        (r#"{"id":1,"name":"a","width":0,"height":1}"#, r#","shared":1"#, "screens"),
        (r#"{"id":1,"name":"a","width":65536,"height":1}"#, r#","shared":1"#, "screens"),
    ] {
        let text = screens(all, rest);
        assert_eq!(novice(&text), Err(SignalError::Field(field)), "{text}");
    }
    for text in [r#"{"v":1,"type":"screen"}"#, r#"{"v":1,"type":"screen","id":"1"}"#] {
        assert_eq!(expert(text), Err(SignalError::Field("id")), "{text}");
    }
}

#[test]
fn the_longest_list_of_screens_fits() {
    let all = (0..16).map(|id| Screen {
        id: ScreenId(u32::MAX - id),
        name: ScreenName::new(&"\u{10ffff}".repeat(80)).unwrap(),
        size: Size { width: u16::MAX, height: u16::MAX },
    });
    let screens = Screens::new(Kind::TestPicture, all.collect(), ScreenId(u32::MAX), false).unwrap();
    let message = NoviceSays::Screens(screens);
    assert!(message.to_text().len() <= MAX_TEXT);
    assert_eq!(novice(&message.to_text()), Ok(message));
}

fn assert_same_json(left: &str, right: &str) {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(parse(left), parse(right));
}

#[test]
fn an_unknown_version_or_type_is_refused() {
    for text in [
        r#"{"type":"request","floor":"control"}"#,
        r#"{"v":2,"type":"request","floor":"control"}"#,
        r#"{"v":"1","type":"request","floor":"control"}"#,
        r#"{"v":1.5,"type":"request","floor":"control"}"#,
        r#"{"v":null,"type":"request","floor":"control"}"#,
    ] {
        assert_eq!(expert(text), Err(SignalError::Version), "{text}");
    }
    for text in
        [r#"{"v":1}"#, r#"{"v":1,"type":5}"#, r#"{"v":1,"type":"grant"}"#, r#"{"v":1,"type":"Request"}"#]
    {
        assert_eq!(expert(text), Err(SignalError::Type), "{text}");
        assert_eq!(novice(text), Err(SignalError::Type), "{text}");
    }
}

#[test]
fn nobody_speaks_for_the_other_side() {
    for text in [
        r#"{"v":1,"type":"view","state":"granted","screen":{"width":1,"height":1}}"#,
        r#"{"v":1,"type":"control","state":"granted"}"#,
        r#"{"v":1,"type":"floor","floor":"files","state":"granted"}"#,
        r#"{"v":1,"type":"answer","description":{}}"#,
        r#"{"v":1,"type":"paused","paused":false}"#,
        r#"{"v":1,"type":"held","held":true}"#,
        r#"{"v":1,"type":"again"}"#,
        r#"{"v":1,"type":"hello","role":"novice","program":"x"}"#,
    ] {
        assert_eq!(expert(text), Err(SignalError::WrongSide), "{text}");
    }
    for text in [
        r#"{"v":1,"type":"request","floor":"control"}"#,
        r#"{"v":1,"type":"release","floor":"control"}"#,
        r#"{"v":1,"type":"describe","description":{}}"#,
        r#"{"v":1,"type":"restart","description":{}}"#,
        r#"{"v":1,"type":"hello","role":"expert","program":"x"}"#,
    ] {
        assert_eq!(novice(text), Err(SignalError::WrongSide), "{text}");
    }
}

#[test]
fn hints_are_addresses_of_single_machines_and_few() {
    let hints =
        |servers: &str| novice(&format!(r#"{{"v":1,"type":"ice","role":"novice","servers":{servers}}}"#));
    let refused = Err(SignalError::Field("servers"));
    for servers in [
        r#"["stun:somebody.example.org"]"#,
        r#"["turn:192.0.2.1"]"#,
        r#"["stun:224.0.0.1"]"#,
        r#"["stun:255.255.255.255"]"#,
        r#"["stun:0.0.0.0"]"#,
        r#"["stun:192.0.2.1:0"]"#,
        r#"["192.0.2.1:3478"]"#,
        r#"[1]"#,
        r#"{}"#,
        r#"["stun:192.0.2.1","stun:192.0.2.2","stun:192.0.2.3","stun:192.0.2.4","stun:192.0.2.5"]"#,
    ] {
        assert_eq!(hints(servers), refused, "{servers}");
    }
    let text = r#"{"v":1,"type":"ice","role":"expert","servers":[]}"#;
    assert_eq!(novice(text), Err(SignalError::WrongSide));
    assert_eq!(expert(&text.replace("expert", "novice")), Err(SignalError::WrongSide));
}

#[test]
fn what_is_not_an_object_is_refused() {
    for text in ["", "null", "5", "\"hello\"", "[1,\"request\"]", "{", "{\"v\":1", "{} {}"] {
        assert_eq!(expert(text), Err(SignalError::NotJson), "{text}");
    }
    let deep = "[".repeat(10_000);
    assert_eq!(expert(&deep), Err(SignalError::NotJson));
}

#[test]
fn a_message_is_bounded() {
    let message = r#"{"v":1,"type":"request","floor":"control"}"#;
    let padded = |length: usize| format!("{message}{}", " ".repeat(length - message.len()));
    assert_eq!(expert(&padded(MAX_TEXT)), Ok(ExpertSays::Request(Right::Control)));
    assert_eq!(expert(&padded(MAX_TEXT + 1)), Err(SignalError::TooLong(MAX_TEXT + 1)));
}

#[test]
fn fields_are_checked() {
    let cases = [
        (r#"{"v":1,"type":"hello","role":"expert"}"#, "program"),
        (r#"{"v":1,"type":"hello","role":"expert","program":""}"#, "program"),
        (r#"{"v":1,"type":"hello","role":"expert","program":"a\nb"}"#, "program"),
        (r#"{"v":1,"type":"hello","role":"both","program":"x"}"#, "role"),
        (r#"{"v":1,"type":"request"}"#, "floor"),
        (r#"{"v":1,"type":"request","floor":"view"}"#, "floor"),
        (r#"{"v":1,"type":"request","floor":"control","floor":"control"}"#, "floor"),
        (r#"{"v":1,"type":"chat"}"#, "text"),
        (r#"{"v":1,"type":"chat","text":""}"#, "text"),
        (r#"{"v":1,"type":"chat","text":"\n \t"}"#, "text"),
        (r#"{"v":1,"type":"chat","text":["a"]}"#, "text"),
        (r#"{"v":1,"type":"chat","text":"a","text":"b"}"#, "text"),
        (r#"{"v":1,"type":"typing"}"#, "typing"),
        (r#"{"v":1,"type":"typing","typing":"true"}"#, "typing"),
    ];
    for (text, field) in cases {
        assert_eq!(expert(text), Err(SignalError::Field(field)), "{text}");
    }
    let cases = [
        (r#"{"v":1,"type":"view","state":"granted"}"#, "screen"),
        (r#"{"v":1,"type":"view","state":"granted","screen":null}"#, "screen"),
        (r#"{"v":1,"type":"view","state":"granted","screen":{"width":0,"height":1}}"#, "screen"),
        (r#"{"v":1,"type":"view","state":"asked","screen":{"width":1,"height":1}}"#, "screen"),
        (r#"{"v":1,"type":"view","state":"granted","screen":{"width":65536,"height":1}}"#, "view"),
        (r#"{"v":1,"type":"view","state":"waiting"}"#, "state"),
        (r#"{"v":1,"type":"view"}"#, "view"),
        (r#"{"v":1,"type":"control","state":"none"}"#, "state"),
        (r#"{"v":1,"type":"control"}"#, "state"),
        (r#"{"v":1,"type":"floor","state":"granted"}"#, "floor"),
        (r#"{"v":1,"type":"floor","floor":"view","state":"granted"}"#, "floor"),
        (r#"{"v":1,"type":"floor","floor":"control","state":"granted"}"#, "floor"),
        (r#"{"v":1,"type":"floor","floor":"files","state":"asked"}"#, "state"),
        (r#"{"v":1,"type":"paused"}"#, "paused"),
        (r#"{"v":1,"type":"paused","paused":1}"#, "paused"),
        (r#"{"v":1,"type":"held"}"#, "held"),
        (r#"{"v":1,"type":"held","held":"true"}"#, "held"),
    ];
    for (text, field) in cases {
        assert_eq!(novice(text), Err(SignalError::Field(field)), "{text}");
    }
}

#[test]
fn what_somebody_writes_is_bounded_and_arrives_harmless() {
    let chat = |text: &str| json!({ "v": 1, "type": "chat", "text": text }).to_string();
    let longest = "\u{1f600}".repeat(crate::chat::MAX_CHARACTERS);
    assert_eq!(expert(&chat(&longest)), Ok(ExpertSays::Chat(ChatText::new(&longest).unwrap())));
    let longer = longest + "a";
    assert_eq!(expert(&chat(&longer)), Err(SignalError::Field("text")));
    let Ok(NoviceSays::Chat(text)) = novice(&chat("a\u{1b}[2J\u{202e}b")) else { panic!("it is read") };
    assert_eq!(text.as_str(), "a·[2J·b");
}

#[test]
fn a_name_of_a_program_is_short_and_plain() {
    assert_eq!(Program::new("x ~").unwrap().as_str(), "x ~");
    assert!(Program::new(&"x".repeat(64)).is_some());
    for bad in ["", "a\tb", "\u{202e}x", "ä", &"x".repeat(65)] {
        assert_eq!(Program::new(bad), None, "{bad:?}");
    }
    assert!(Program::this().as_str().starts_with("rendezvous "));
}

#[test]
fn an_unknown_field_is_ignored() {
    let text = r#"{"v":1,"type":"request","floor":"control","later":{"than":["now"]}}"#;
    assert_eq!(expert(text), Ok(ExpertSays::Request(Right::Control)));
}

#[test]
fn a_broken_description_says_what_is_wrong() {
    assert_eq!(
        expert(r#"{"v":1,"type":"describe"}"#),
        Err(SignalError::Description(DescriptionError::Shape))
    );
    assert_eq!(
        expert(r#"{"v":1,"type":"describe","description":{"ufrag":"x"}}"#),
        Err(SignalError::Description(DescriptionError::Shape))
    );
    let text = SignalError::Description(DescriptionError::Fingerprint).to_string();
    assert!(text.contains("fingerprint"), "{text}");
}

proptest! {
    #[test]
    fn descriptions_go_round(offer in any_description(false), answer in any_description(true)) {
        let describe = ExpertSays::Describe(offer.clone());
        prop_assert!(describe.to_text().len() <= MAX_TEXT);
        prop_assert_eq!(expert(&describe.to_text()), Ok(describe));
        let said = NoviceSays::Answer(answer.clone());
        prop_assert!(said.to_text().len() <= MAX_TEXT);
        prop_assert_eq!(novice(&said.to_text()), Ok(said));

        // And neither passes for the other.
        prop_assert_eq!(
            expert(&ExpertSays::Describe(answer).to_text()),
            Err(SignalError::Description(DescriptionError::NotAnOffer))
        );
        prop_assert_eq!(
            novice(&NoviceSays::Answer(offer).to_text()),
            Err(SignalError::Description(DescriptionError::NotAnAnswer))
        );
    }

    /// Whatever passes as a message fits into one again, however it has to be written.
    #[test]
    fn what_somebody_writes_goes_round(text in "[\\PC\\x00-\\x1f\"\\\\\u{10ffff}]{0,2000}") {
        if let Some(text) = ChatText::new(&text) {
            let message = ExpertSays::Chat(text.clone());
            prop_assert!(message.to_text().len() <= MAX_TEXT);
            prop_assert_eq!(expert(&message.to_text()), Ok(message));
            prop_assert_eq!(novice(&ExpertSays::Chat(text.clone()).to_text()), Ok(NoviceSays::Chat(text)));
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in ".{0,200}") {
        let _ = expert(&text);
        let _ = novice(&text);
    }

    /// Texts that are nearly right: a good message, cut, doubled or with a piece replaced.
    #[test]
    fn damaged_messages_are_read_without_a_panic(
        answer in any_description(true),
        from in 0..4000_usize,
        length in 0..40_usize,
        piece in "[\\PC\r\n]{0,20}",
    ) {
        let text = NoviceSays::Answer(answer).to_text();
        let from = text.floor_char_boundary(from);
        let to = text.floor_char_boundary(from + length);
        let damaged = format!("{}{piece}{}", &text[..from], &text[to.max(from)..]);
        if let Ok(message) = novice(&damaged) {
            // What is still accepted is safe: it goes out again as one line and comes back the same.
            prop_assert!(!message.to_text().contains(['\r', '\n']));
            prop_assert_eq!(novice(&message.to_text()), Ok(message));
        }
    }
}
