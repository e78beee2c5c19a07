//! Whoever runs the proof reads its exit code: it is not zero when anything falls short.

use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_rendezvous-proof"));
    program.args(arguments).output().expect("the program is built beside its tests")
}

#[track_caller]
fn check(arguments: &[&str], is_success: bool, said: &[&str]) {
    let output = run(arguments);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.success(), is_success, "{text}");
    for said in said {
        assert!(text.contains(said), "{said:?} is not in\n{text}");
    }
}

#[test]
fn a_configuration_that_is_exhausted_and_holds_is_a_success() {
    check(&["check", "made"], true, &["exhausted", "unique states: 4"]);
}

#[test]
fn one_that_is_left_before_its_end_is_none() {
    let said = ["NOT EXHAUSTED", "FALLS SHORT: two was not exhausted"];
    check(&["check", "two", "--at-most", "2000"], false, &said);
}

#[test]
fn too_few_states_are_none() {
    check(&["check", "made", "--at-least", "5"], false, &["FALLS SHORT: 4 unique states"]);
}

#[test]
fn a_name_that_does_not_exist_proves_nothing() {
    check(&["check", "tow"], false, &["FALLS SHORT: no configuration was run"]);
}

/// With `--features mutants`, as `cargo xtask test --only faults` runs it.
#[cfg(feature = "mutants")]
mod faults {
    use super::check;
    use rendezvous_core::mutant::Mutant;
    use rendezvous_proof::model::Requirement;

    #[test]
    fn every_fault_is_noticed_by_some_requirement_and_every_requirement_notices_one() {
        let faults = format!("mutants killed: {0}/{0}", Mutant::ALL.len());
        let requirements = format!("{0} of {0} requirements noticed", Requirement::ALL.len());
        check(&["mutants", "--at-least", "25"], true, &[&requirements, &faults]);
    }

    #[test]
    fn every_fault_of_consent_is_noticed_and_every_requirement_of_consent_notices_one() {
        let faults =
            format!("{0} of {0} mutants of consent killed", rendezvous_assist::mutant::Mutant::ALL.len());
        let all = rendezvous_proof::consent::Requirement::ALL.len();
        check(
            &["consent-mutants", "--at-least", "15"],
            true,
            &[&format!("{all} of {all} requirements"), &faults],
        );
    }

    #[test]
    fn the_dialogue_about_a_fault_of_consent_can_be_read() {
        let said = [
            "killed in",
            "    THE EXPERT: Connected",
            "    the person: Answer { question: QuestionId(1), yes: true }",
            "    THE EXPERT: Request(Control)",
            "        Grant(Control)",
        ];
        check(&["consent-mutants", "RequestGrants", "--tell"], true, &said);
    }

    #[test]
    fn one_that_nobody_notices_is_no_success() {
        let said = ["SURVIVES", "mutants killed: 0/1", "FALLS SHORT: NoTimerReady survives"];
        check(&["mutants", "NoTimerReady", "--in", "fork"], false, &said);
    }

    #[test]
    fn too_few_are_no_success() {
        check(
            &["mutants", "NoTimerReady", "--at-least", "2"],
            false,
            &["killed: 1/1", "FALLS SHORT: 1 faults"],
        );
    }

    #[test]
    fn the_dialogue_is_a_shortest_one_and_can_be_read() {
        let said = [
            "killed in",
            " 3 steps, hostile-peer",
            "    ann/desk invites bob",
            "    FORGED as ann/desk → bob/desk: Confirm (session 2, number 1)",
            "        bob/desk: StateChanged { previous: Invitation, current: Accepted }",
        ];
        check(&["mutants", "ConfirmWhileRinging", "--tell"], true, &said);
    }
}
