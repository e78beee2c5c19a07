//! The person at this machine, who answers the question of the consent machine. There is no other way to a grant.

use rendezvous_assist::Time;
use rendezvous_assist::consent::{Consent, Input, Output};
use rendezvous_assist::grant::ViewGrant;

/// Somebody who is being helped.
pub(super) struct Person(Consent);

impl Person {
    /// Somebody who was asked whether the expert may see what they share, and said yes.
    pub(super) fn who_shows() -> (Self, ViewGrant) {
        let mut consent = Consent::new();
        consent.handle_input(Time(0), Input::Connected).expect("the first connection");
        let Output::Ask(question) = consent.poll_output() else { panic!("the person is asked") };
        let yes = Input::Answer { question: question.id, yes: true };
        consent.handle_input(Time(0), yes).expect("in time");
        loop {
            match consent.poll_output() {
                Output::ViewGranted(grant) => return (Self(consent), grant),
                Output::Timeout(_) => panic!("a yes gives the view"),
                _ => {}
            }
        }
    }

    /// Stops everything.
    pub(super) fn stops(&mut self) {
        self.0.handle_input(Time(1), Input::Stop).expect("there is something to stop");
    }
}
