//! Two applications that make sure who is there, with texts from anybody and a person who does anything.

use rendezvous_assist::secure::{Input, Output, Random, Securing, Start};
use rendezvous_trust::AUTHENTICATION_FAILED;
use rendezvous_trust::code::{Code, Offer};
use rendezvous_trust::handshake::Role;
use rendezvous_trust::pins::Pins;
use rendezvous_trust::words::Language;

use super::people::{JONAS, MARIA, NOW, bytes, device, party};
use crate::Seed;
use crate::script::text_of;

/// The first line says which end this is. Of each other line the first letter says what happens: `t` a text comes, `w`
/// words are typed, `y` and `n` the expert has heard it or not, `o` a code is open here, `b` it is burned.
///
/// Nobody is known here, so nobody is met unless the person here has done their part; whoever is met is the other one of
/// the two; and after an error nothing happens any more.
pub(crate) fn meeting(data: &[u8]) {
    let text = text_of(data);
    let mut lines = text.split('\n');
    let role = if lines.next() == Some("invitee") { Role::Invitee } else { Role::Inviter };
    let mut machine = begin(role);
    let (mut is_over, mut has_acted) = (false, false);
    for line in lines.take(64) {
        let Some(input) = input(line) else { continue };
        has_acted |= !matches!(input, Input::Text(_));
        let handled = machine.handle_input(NOW, input);
        assert!(!is_over || handled.is_err(), "it goes on after its end");
        if let Err(error) = handled {
            assert_eq!(error.result(), AUTHENTICATION_FAILED);
            is_over = true;
            assert!(machine.poll_output().is_none(), "there is something to do after the end");
        }
        while let Some(output) = machine.poll_output() {
            if let Output::Met(met) = output {
                assert!(has_acted, "somebody was met by texts alone");
                let verified = met.evidence.to_pin().expect("nobody is known from before");
                let other = if role == Role::Inviter { JONAS } else { MARIA };
                assert_eq!(*verified.peer(), device(other).public());
                is_over = true;
            }
        }
    }
}

fn begin(role: Role) -> Securing {
    let random = Random { handshake: bytes(if role == Role::Inviter { 20 } else { 21 }), code: bytes(22) };
    let start = Start {
        party: party(role),
        role,
        pins: Pins::new(),
        code: None,
        language: Language::English,
        random,
    };
    Securing::begin(start).expect("the parameters are good")
}

fn input(line: &str) -> Option<Input> {
    let (kind, rest) = line.split_at_checked(1)?;
    Some(match kind {
        "t" => Input::Text(rest.to_owned()),
        "w" => Input::Typed(rest.to_owned()),
        "y" => Input::Heard(true),
        "n" => Input::Heard(false),
        "o" => {
            let code = Code::new(7, Language::English, [1, 2, 3]).expect("a good nameplate");
            Input::Code(Some(Offer::new(NOW, code)))
        }
        "b" => Input::Burned,
        _ => return None,
    })
}

/// What each end has heard when two strangers have compared words, and that end's own act.
pub(crate) fn meeting_seeds() -> Vec<Seed> {
    let mut ends = [begin(Role::Inviter), begin(Role::Invitee)];
    let mut heard = [vec!["inviter".to_owned()], vec!["invitee".to_owned()]];
    let mut words = String::new();
    let mut is_moving = true;
    while std::mem::take(&mut is_moving) {
        for at in 0..2 {
            while let Some(output) = ends[at].poll_output() {
                match output {
                    Output::Send(text) => {
                        heard[1 - at].push(format!("t{text}"));
                        let taken = ends[1 - at].handle_input(NOW, Input::Text(text));
                        taken.expect("an honest text is taken");
                        is_moving = true;
                    }
                    Output::Read(read, _) => words = read.join(" "),
                    _ => {}
                }
            }
        }
    }
    let [inviter, invitee] = heard;
    let seed = |name, lines: Vec<String>| Seed::new(name, lines.join("\n").as_bytes());
    let with = |lines: &[String], more: &[&str]| {
        lines.iter().cloned().chain(more.iter().map(|line| (*line).to_owned())).collect::<Vec<_>>()
    };
    let code = r#"t{"v":1,"type":"standing","standing":"code"}"#;
    let mut typed = inviter.clone();
    typed.pop();
    typed.extend([code, "o", "t{}", "b"].map(str::to_owned));
    vec![
        seed("typed", with(&inviter, &[&format!("w{words}"), "tearly"])),
        seed("wrong", with(&inviter, &["wone", "w", "wtwo", "wthree"])),
        seed("heard", with(&invitee, &["tearly", "y"])),
        seed("not-heard", with(&invitee, &["n", "y"])),
        seed("code", typed),
    ]
}
