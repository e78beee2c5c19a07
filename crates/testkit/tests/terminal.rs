//! The person at the terminal, in front of small shell programs.

use std::fs;
use std::time::{Duration, Instant};

use rendezvous_testkit::process::Launch;
use rendezvous_testkit::terminal::{Person, WIDE};

const SOON: Duration = Duration::from_secs(10);
/// Long enough to be sure that the text is not there, for texts that never come.
const BRIEFLY: Duration = Duration::from_millis(200);

fn shell(script: &str) -> Launch {
    Launch::new("sh").args(["-c", script])
}

#[test]
fn a_question_is_answered_and_the_answer_is_read() {
    let script = r#"printf 'Show your screen? [y/N] '; read answer; echo "You said $answer."; exit 3"#;
    let mut person = Person::start("the novice", &shell(script), WIDE).unwrap();
    let question = person.expect("[y/N]", SOON).unwrap();
    assert_eq!(question, "Show your screen? [y/N]");
    person.type_line("y").unwrap();
    person.expect("You said y.", SOON).unwrap();
    assert_eq!(person.wait_exit(SOON).unwrap().exit_code(), 3);
}

#[test]
fn what_was_read_is_not_found_again() {
    let mut person = Person::start("the novice", &shell("echo once; exec cat"), WIDE).unwrap();
    person.expect("once", SOON).unwrap();
    let failure = person.expect("once", BRIEFLY).unwrap_err();
    assert!(format!("{failure:#}").contains("once"), "{failure:#}");
    person.type_line("once").unwrap();
    person.expect("once", SOON).unwrap();
}

#[test]
fn of_several_texts_the_first_on_the_screen_counts() {
    let mut person = Person::start("the novice", &shell("echo 'no, then yes'; exec cat"), WIDE).unwrap();
    let (which, read) = person.expect_one_of(&["yes", "no"], SOON).unwrap();
    assert_eq!((which, read.as_str()), (1, "no"));
    assert_eq!(person.expect_one_of(&["yes", "no"], SOON).unwrap().0, 0);
}

#[test]
fn a_failure_shows_the_whole_screen() {
    let mut person =
        Person::start("the expert", &shell(r"printf '\033[31mNobody answers.\033[0m\n'; exec cat"), WIDE)
            .unwrap();
    person.expect("Nobody", SOON).unwrap();
    let failure = format!("{:#}", person.expect("has answered", BRIEFLY).unwrap_err());
    assert!(failure.contains("the expert (`sh`)"), "{failure}");
    assert!(failure.contains("-----\nNobody answers.\n-----"), "{failure}");
    assert!(failure.contains("has answered"), "{failure}");
}

#[test]
fn a_program_that_ends_fails_the_wait_at_once() {
    let mut person = Person::start("the expert", &shell("echo 'cannot start'; exit 1"), WIDE).unwrap();
    let start = Instant::now();
    let failure = format!("{:#}", person.expect("Ready", Duration::from_secs(60)).unwrap_err());
    assert!(start.elapsed() < SOON, "did not wait for the deadline");
    assert!(failure.contains("ended before") && failure.contains("cannot start"), "{failure}");
}

#[test]
fn ctrl_c_reaches_the_program() {
    let script = "trap 'echo Withdrawn.; exit 130' INT; echo Calling; while :; do sleep 0.05; done";
    let mut person = Person::start("the novice", &shell(script), WIDE).unwrap();
    person.expect("Calling", SOON).unwrap();
    person.interrupt().unwrap();
    person.expect("Withdrawn.", SOON).unwrap();
    assert_eq!(person.wait_exit(SOON).unwrap().exit_code(), 130);
}

#[test]
fn the_program_and_its_children_end_with_the_person() {
    let script = "sleep 1000 & echo child $!; wait";
    let mut person = Person::start("the novice", &shell(script), WIDE).unwrap();
    person.expect("child ", SOON).unwrap();
    person.expect("\n", SOON).unwrap();
    let child: u32 = person.screen().trim().rsplit(' ').next().unwrap().parse().unwrap();
    let parent = person.process_id().unwrap();
    assert!(is_running(child) && is_running(parent));
    drop(person);
    assert!(!is_running(parent), "the program is gone");
    rendezvous_testkit::wait::until("its child to be gone", SOON, || Ok((!is_running(child)).then_some(())))
        .unwrap();
}

fn is_running(id: u32) -> bool {
    // A zombie that waits to be collected by the system's first process does not run.
    fs::read_to_string(format!("/proc/{id}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}
