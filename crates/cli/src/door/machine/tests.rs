//! The door in every situation, without a display and without an agent.

use super::*;
use crate::door::facts::Tongue;
use crate::door::samples::{NOW, anna, door, help, people};
use crate::texts::door::view;
use rendezvous_desktop::windows::Block;

const SOON: Duration = Duration::from_secs(1001);

fn fresh() -> Door {
    door(Tongue::English)
}

const CODE_TIME: Duration = Duration::from_secs(300);

fn code() -> (Zeroizing<String>, Duration) {
    (Zeroizing::new("7-apple-river".to_owned()), CODE_TIME)
}

fn outputs(door: &mut Door) -> Vec<Output> {
    std::iter::from_fn(|| door.poll_output()).collect()
}

fn press(door: &mut Door, button: ButtonId) -> Vec<Output> {
    door.handle_input(SOON, Input::Pressed(button));
    outputs(door)
}

fn row(door: &Door, title: &str) -> ButtonId {
    let view = view(door);
    let rows = view.body.iter().flat_map(|block| match block {
        Block::Rows(rows) | Block::Tiles(rows) => rows.clone(),
        _ => Vec::new(),
    });
    let all: Vec<_> = rows.collect();
    all.iter().find(|row| row.title.contains(title)).unwrap_or_else(|| panic!("{title}: {all:?}")).id
}

fn heading(door: &Door) -> String {
    match &view(door).body[0] {
        Block::Heading(text) => text.clone(),
        other => panic!("{other:?}"),
    }
}

fn called(door: &mut Door) -> u32 {
    press(door, ids::ASK);
    let anna_row = row(door, "Anna");
    match press(door, anna_row).as_slice() {
        [Output::Call { number, whom, application: ApplicationId::ASK }] if *whom == anna().whom => *number,
        other => panic!("{other:?}"),
    }
}

fn progress(door: &mut Door, session: &str, progress: Progress) {
    door.handle_input(SOON, Input::Progress { session: session.to_owned(), progress });
}

#[test]
fn two_presses_ask_a_contact_and_the_outcome_is_said() {
    let mut door = fresh();
    let number = called(&mut door);
    assert!(door.is_busy() && heading(&door).contains("Asking Anna"));
    door.handle_input(SOON, Input::Called { number, called: Ok("/1".to_owned()) });
    progress(&mut door, "/1", Progress::Ringing { device: "laptop".to_owned() });
    let said = format!("{:?}", view(&door).body);
    assert!(said.contains("It rings on laptop · 0:01") || said.contains("It rings on laptop"), "{said}");
    progress(&mut door, "/1", Progress::Declined(DeclinedBy::Person));
    progress(&mut door, "/1", Progress::Ended { result: Code::InvitationDeclined.into() });
    assert_eq!(heading(&door), "Anna said: not now.");
    assert!(!door.is_busy());
    let again = press(&mut door, ids::AGAIN);
    assert!(matches!(again.as_slice(), [Output::Call { .. }]), "{again:?}");
}

#[test]
fn what_happens_before_the_call_has_its_name_is_not_lost() {
    let mut door = fresh();
    let number = called(&mut door);
    progress(&mut door, "/1", Progress::Ended { result: Code::InvitationSendFailure.into() });
    progress(&mut door, "/2", Progress::Ended { result: Code::SessionTimeout.into() });
    assert!(door.is_busy());
    door.handle_input(SOON, Input::Called { number, called: Ok("/1".to_owned()) });
    assert_eq!(heading(&door), "Anna could not be reached.");
}

#[test]
fn what_was_given_up_before_it_had_a_name_is_called_off_when_it_has() {
    let mut door = fresh();
    let first = called(&mut door);
    assert_eq!(press(&mut door, ids::CANCEL), []);
    assert_eq!(heading(&door), "You withdrew it.");
    let second = called(&mut door);
    door.handle_input(SOON, Input::Called { number: first, called: Ok("/1".to_owned()) });
    assert_eq!(outputs(&mut door), [Output::Cancel("/1".to_owned())]);
    door.handle_input(SOON, Input::Called { number: second, called: Ok("/2".to_owned()) });
    assert_eq!(press(&mut door, ids::CANCEL), [Output::Cancel("/2".to_owned())]);
    progress(&mut door, "/2", Progress::Ended { result: Code::SessionCancelledLocal.into() });
    assert_eq!(heading(&door), "You withdrew it.");
}

#[test]
fn a_row_means_whom_it_meant_however_the_list_changes() {
    let mut door = fresh();
    press(&mut door, ids::ASK);
    let anna_row = row(&door, "Anna");
    let mut others = people();
    others.rotate_left(1);
    others.insert(
        0,
        Contact {
            whom: crate::door::samples::whom("xmpp", "eve@example.org"),
            name: "Aaron".into(),
            ..anna()
        },
    );
    door.handle_input(SOON, Input::People(others));
    let pressed = press(&mut door, anna_row);
    assert!(matches!(pressed.as_slice(), [Output::Call { whom, .. }] if *whom == anna().whom), "{pressed:?}");
}

#[test]
fn a_name_is_found_by_typing_and_enter_calls_the_only_one() {
    let mut door = fresh();
    press(&mut door, ids::HELP);
    door.handle_input(SOON, Input::Typed("mül".to_owned()));
    door.handle_input(SOON, Input::Entered);
    let given = outputs(&mut door);
    assert!(
        matches!(given.as_slice(), [Output::Call { whom, application: ApplicationId::OFFER, .. }] if *whom == people()[1].whom),
        "{given:?}"
    );
    let mut door = fresh();
    press(&mut door, ids::HELP);
    door.handle_input(SOON, Input::Typed("x".to_owned()));
    door.handle_input(SOON, Input::Entered);
    assert_eq!(outputs(&mut door), [], "nobody is not called");
}

#[test]
fn a_code_is_shown_and_given_up_and_goes_when_it_is_too_old() {
    let mut door = fresh();
    press(&mut door, ids::ASK);
    assert_eq!(press(&mut door, ids::MAKE_CODE), [Output::MakeCode]);
    door.handle_input(SOON, Input::Code(Ok(code())));
    assert!(view(&door).body.contains(&Block::Large("7-apple-river".to_owned())));
    door.handle_input(SOON + CODE_TIME - Duration::from_secs(1), Input::Tick);
    assert_eq!(outputs(&mut door), []);
    door.handle_input(SOON + CODE_TIME, Input::Tick);
    assert_eq!(outputs(&mut door), [Output::LeaveCode]);
    assert_eq!(heading(&door), "Nobody has typed the code.");
    // One that is made when nobody wants it any more is given up.
    press(&mut door, ids::BACK);
    door.handle_input(SOON, Input::Code(Ok(code())));
    assert_eq!(outputs(&mut door), [Output::LeaveCode]);
}

#[test]
fn whoever_answers_the_code_becomes_a_call() {
    let mut door = fresh();
    press(&mut door, ids::MAKE_CODE);
    door.handle_input(SOON, Input::Code(Ok(code())));
    progress(&mut door, "/9", Progress::StateChanged(State::Accepted));
    progress(&mut door, "/9", Progress::StateChanged(State::Connected));
    assert!(heading(&door).contains("is there"), "{}", heading(&door));
    door.handle_input(SOON, Input::CodeOver);
    progress(&mut door, "/9", Progress::Ended { result: Code::SessionCancelledRemote.into() });
    assert_eq!(heading(&door), "The help is over.");
}

#[test]
fn a_slip_in_a_code_is_found_before_anything_is_sent() {
    let mut door = fresh();
    press(&mut door, ids::TYPE_CODE);
    for wrong in ["", "7", "apple river", "x-apple-river"] {
        door.handle_input(SOON, Input::Typed(wrong.to_owned()));
        door.handle_input(SOON, Input::Entered);
        assert_eq!(outputs(&mut door), [], "{wrong}");
    }
    let code = rendezvous_trust::code::Code::new(7, rendezvous_trust::words::Language::English, [1, 2, 3]);
    let code = code.expect("a code").spoken().to_string();
    door.handle_input(SOON, Input::Typed(code));
    let given = press(&mut door, ids::SEARCH);
    let [Output::TypeCode { number, .. }] = given.as_slice() else { panic!("{given:?}") };
    assert!(door.is_busy());
    door.handle_input(SOON, Input::Called { number: *number, called: Err("Nobody has it.".to_owned()) });
    assert!(format!("{:?}", view(&door).body).contains("Nobody was found"), "and it can be corrected");
}

#[test]
fn a_window_that_is_closed_ends_nothing() {
    let mut door = fresh();
    let number = called(&mut door);
    door.handle_input(SOON, Input::Called { number, called: Ok("/1".to_owned()) });
    door.handle_input(SOON, Input::Closed);
    assert_eq!(outputs(&mut door), [Output::Close], "nothing is withdrawn");
    assert!(door.is_busy() && !door.is_open);
    door.handle_input(SOON, Input::Opened);
    assert!(heading(&door).contains("Asking Anna"));
    let mut idle = fresh();
    idle.handle_input(SOON, Input::Closed);
    assert!(!idle.is_busy());
}

#[test]
fn what_goes_on_is_shown_and_can_be_ended_whoever_began_it() {
    let mut door = fresh();
    door.handle_input(SOON, Input::Going(vec![help()]));
    let view = view(&door);
    let row = view.body.iter().find_map(|block| match block {
        Block::Rows(rows) => rows.iter().find(|row| row.line == "helps you"),
        _ => None,
    });
    let id = row.expect("it is shown").id;
    press(&mut door, id);
    assert_eq!(heading(&door), "Anna helps you.");
    assert_eq!(press(&mut door, ids::CANCEL), [Output::Cancel("/1".to_owned())]);
    door.handle_input(SOON, Input::Pressed(id));
    door.handle_input(SOON, Input::Going(Vec::new()));
    assert_eq!(door.page, Page::Home, "what is over is not shown");
}

#[test]
fn a_background_that_is_gone_is_said_and_comes_back() {
    let mut door = fresh();
    let number = called(&mut door);
    door.handle_input(SOON, Input::Called { number, called: Ok("/1".to_owned()) });
    door.handle_input(SOON, Input::AgentGone("It has stopped.".to_owned()));
    assert!(!door.is_busy() && format!("{:?}", view(&door).body).contains("It has stopped."));
    door.handle_input(SOON, Input::People(people()));
    assert_eq!(door.trouble, None);
}

#[test]
fn whoever_comes_first_is_led_through_and_only_once() {
    let mut door = Door::new(NOW, Settings::default());
    assert_eq!(door.page, Page::Welcome);
    let kept = press(&mut door, ids::NO_ACCOUNT);
    assert!(matches!(kept.as_slice(), [Output::Keep(Settings { is_welcomed: true, .. })]), "{kept:?}");
    assert_eq!(door.page, Page::Home);
}

#[test]
fn an_account_is_signed_in_to_with_its_address_and_then_its_password() {
    let mut door = fresh();
    press(&mut door, ids::SIGN_IN);
    door.handle_input(SOON, Input::Typed("maria".to_owned()));
    door.handle_input(SOON, Input::Entered);
    assert!(format!("{:?}", view(&door).body).contains("not an address of an account"));
    door.handle_input(SOON, Input::Typed(" maria@example.org ".to_owned()));
    door.handle_input(SOON, Input::Entered);
    door.handle_input(SOON, Input::Entered);
    assert_eq!(outputs(&mut door), [], "nobody signs in without a password");
    door.handle_input(SOON, Input::Typed("secret".to_owned()));
    door.handle_input(SOON, Input::Entered);
    let given = outputs(&mut door);
    assert!(
        matches!(given.as_slice(), [Output::SignIn { jid, password }] if jid == "maria@example.org" && **password == "secret"),
        "it is signed in"
    );
    door.handle_input(SOON, Input::SignedIn(Err("Wrong.".to_owned())));
    assert!(matches!(&door.page, Page::SignIn { password: Some(password), .. } if password.is_empty()));
    door.handle_input(SOON, Input::Typed("right".to_owned()));
    door.handle_input(SOON, Input::Entered);
    door.handle_input(SOON, Input::SignedIn(Ok(())));
    assert_eq!(heading(&door), "You are signed in.");
}

#[test]
fn nothing_that_is_pressed_on_any_page_does_more_than_it_says() {
    // Every number on every page: no panic, and nobody is called who has no row.
    for (name, door) in crate::door::samples::all(Tongue::English) {
        for number in 0..160 {
            let mut door = door.clone();
            door.handle_input(SOON, Input::Pressed(ButtonId(number)));
            for output in outputs(&mut door) {
                if let Output::Call { whom, .. } = output {
                    assert!(people().iter().any(|contact| contact.whom == whom), "{name} {number}");
                }
            }
        }
    }
}

#[test]
fn whoever_has_no_name_is_given_one() {
    let mut door = fresh();
    let mut met = people();
    met[1].name = met[1].whom.address.clone();
    door.handle_input(SOON, Input::People(met.clone()));
    let nameless = row(&door, "without a name");
    press(&mut door, nameless);
    press(&mut door, ids::NAME);
    door.handle_input(SOON, Input::Typed("  ".to_owned()));
    door.handle_input(SOON, Input::Entered);
    assert_eq!(outputs(&mut door), []);
    door.handle_input(SOON, Input::Typed(" Bernd ".to_owned()));
    let whom = met[1].whom.clone();
    assert_eq!(
        press(&mut door, ids::SEARCH),
        [Output::Name { whom: whom.clone(), name: "Bernd".to_owned() }]
    );
    door.handle_input(SOON, Input::Named(Err("Bernd is somebody else.".to_owned())));
    assert!(format!("{:?}", view(&door).body).contains("Take another one."));
    door.handle_input(SOON, Input::Named(Ok(())));
    assert_eq!(door.page, Page::Person(whom));
}

fn settings(door: &mut Door) -> Setting {
    match &door.page {
        Page::Settings(setting) => setting.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nearby_is_switched_one_step_after_the_other() {
    let mut door = fresh();
    press(&mut door, ids::SETTINGS);
    assert_eq!(press(&mut door, ids::NEARBY), [Output::Nearby(false)]);
    assert_eq!(settings(&mut door), Setting::Changes);
    assert_eq!(press(&mut door, ids::NEARBY), [], "it is under way");
    door.handle_input(SOON, Input::Set(Ok(false)));
    assert_eq!(settings(&mut door), Setting::Later);
    let accounts = door.accounts.iter().filter(|account| !account.is_nearby).cloned().collect();
    door.handle_input(SOON, Input::Status { accounts, visible: 0 });
    assert_eq!(press(&mut door, ids::NEARBY), [Output::Nearby(true)]);
    door.handle_input(SOON, Input::Set(Err("no room".to_owned())));
    assert_eq!(settings(&mut door), Setting::Failed("no room".to_owned()));
    // Whoever has left the page meanwhile is not brought back to it.
    assert_eq!(press(&mut door, ids::NEARBY), [Output::Nearby(true)]);
    press(&mut door, ids::BACK);
    door.handle_input(SOON, Input::Set(Ok(true)));
    assert_eq!(door.page, Page::Home);
}

#[test]
fn the_last_way_to_be_reached_stays() {
    let mut door = fresh();
    let (nearby, account): (Vec<_>, Vec<_>) =
        door.accounts.clone().into_iter().partition(|account| account.is_nearby);
    for (accounts, jid) in [(nearby, None), (account, Some("maria@example.org"))] {
        door.handle_input(SOON, Input::Status { accounts, visible: 0 });
        press(&mut door, ids::SETTINGS);
        let button = match jid {
            None => ids::NEARBY,
            Some(jid) => row(&door, jid),
        };
        assert_eq!(press(&mut door, button), []);
        assert_eq!(settings(&mut door), Setting::NothingLeft);
        press(&mut door, ids::BACK);
    }
}

#[test]
fn an_account_is_signed_out_of_after_it_was_asked() {
    let mut door = fresh();
    press(&mut door, ids::SETTINGS);
    let out = row(&door, "maria@example.org");
    assert_eq!(press(&mut door, out), []);
    assert!(heading(&door).contains("Sign out of maria@example.org?"));
    press(&mut door, ids::BACK);
    assert_eq!(settings(&mut door), Setting::Rests);
    press(&mut door, out);
    assert_eq!(press(&mut door, ids::SIGN_OUT), [Output::SignOut("maria@example.org".to_owned())]);
    assert_eq!(settings(&mut door), Setting::Changes);
    assert_eq!(press(&mut door, ids::SIGN_OUT), [], "once");
}

#[test]
fn who_is_blocked_is_called_by_nobody_and_let_in_again() {
    let mut door = fresh();
    let anna_row = row(&door, "Anna");
    press(&mut door, anna_row);
    let whom = anna().whom;
    let block = Output::Block { whom: whom.clone(), blocked: true };
    assert_eq!(press(&mut door, ids::BLOCK), [block]);
    let all = people().into_iter().map(|one| Contact { is_blocked: one.whom == whom, ..one }).collect();
    door.handle_input(SOON, Input::People(all));
    for page in [ids::BACK, ids::ASK] {
        press(&mut door, page);
        assert!(!format!("{:?}", view(&door)).contains("Anna"), "{:?}", door.page);
    }
    door.handle_input(SOON, Input::Typed("ann".to_owned()));
    door.handle_input(SOON, Input::Entered);
    assert_eq!(outputs(&mut door), []);
    press(&mut door, ids::BACK);
    press(&mut door, ids::SETTINGS);
    press(&mut door, ids::BLOCKED);
    let again = row(&door, "Anna");
    assert_eq!(press(&mut door, again), [Output::Block { whom, blocked: false }]);
}

#[test]
fn whoever_is_quicker_than_the_list_is_understood_when_it_comes() {
    let hurry = || {
        let mut door = fresh();
        door.people = None;
        press(&mut door, ids::ASK);
        door.handle_input(SOON, Input::Typed("ann".to_owned()));
        door.handle_input(SOON, Input::Entered);
        assert_eq!(outputs(&mut door), []);
        door
    };
    let mut door = hurry();
    door.handle_input(SOON, Input::People(people()));
    assert!(matches!(outputs(&mut door).as_slice(), [Output::Call { whom, .. }] if *whom == anna().whom));
    // Who has thought of something else meanwhile calls nobody.
    for other in [Input::Typed("an".to_owned()), Input::Pressed(ids::BACK)] {
        let mut door = hurry();
        door.handle_input(SOON, other);
        door.handle_input(SOON, Input::People(people()));
        assert_eq!(outputs(&mut door), []);
    }
}
