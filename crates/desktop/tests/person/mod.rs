//! The person at this machine, who answers the questions of the consent machine. There is no other way to a grant.

use rendezvous_assist::Time;
use rendezvous_assist::brakes::{A_DAY, Facts, Met};
use rendezvous_assist::consent::{Consent, Input, Limits, Output, Right};
use rendezvous_assist::grant::{Brake, ControlGrant, ViewGrant};

/// Somebody who is being helped.
pub(crate) struct Person {
    pub(crate) consent: Consent,
    view: ViewGrant,
}

impl Person {
    /// Somebody who was asked whether the expert may see the screen, and said yes.
    pub(crate) fn who_shows_the_screen() -> Self {
        let friend =
            Facts { met: Met::ByWords, known_for: A_DAY, has_had_control: true, blocked_until: None };
        let mut consent = Consent::with_limits(Limits::default(), &friend);
        let granted = say_yes(&mut consent, Input::Connected);
        let Some(Output::ViewGranted(view)) = granted else { panic!("a yes gives the view: {granted:?}") };
        Self { consent, view }
    }

    /// The permission to see the screen.
    pub(crate) fn view(&self) -> ViewGrant {
        self.view.clone()
    }

    /// What stops everything.
    pub(crate) fn brake(&self) -> Brake {
        self.consent.brake()
    }

    /// Is asked whether the expert may use pointer and keyboard, and says yes.
    pub(crate) fn gives_control(&mut self) -> ControlGrant {
        let granted = say_yes(&mut self.consent, Input::Request(Right::Control));
        let Some(Output::ControlGranted(control)) = granted else {
            panic!("a yes gives control: {granted:?}")
        };
        control
    }

    /// Takes pointer and keyboard back.
    pub(crate) fn takes_back(&mut self) {
        self.consent
            .handle_input(Time(2_000), Input::TakeBack(Right::Control))
            .expect("there is something to take back");
    }

    /// Stops everything, as the keys for it do: the brake first.
    pub(crate) fn stops(&mut self) {
        self.brake().pull();
        self.consent.handle_input(Time(3_000), Input::Stop).expect("there is something to stop");
    }
}

/// The permission to see the screen of somebody who then stopped everything.
pub(crate) fn dead_view() -> ViewGrant {
    let mut person = Person::who_shows_the_screen();
    person.stops();
    person.view()
}

/// Gives `cause`, answers the question that it leads to with yes, and returns the grant that follows.
fn say_yes(consent: &mut Consent, cause: Input) -> Option<Output> {
    consent.handle_input(Time(0), cause).expect("this leads to a question");
    let question = drain(consent)
        .into_iter()
        .find_map(|output| match output {
            Output::Ask(question) => Some(question.id),
            _ => None,
        })
        .expect("the person is asked");
    consent.handle_input(Time(1_000), Input::Answer { question, yes: true }).expect("answered in time");
    drain(consent)
        .into_iter()
        .find(|output| matches!(output, Output::ViewGranted(_) | Output::ControlGranted(_)))
}

fn drain(consent: &mut Consent) -> Vec<Output> {
    std::iter::from_fn(|| match consent.poll_output() {
        Output::Timeout(_) => None,
        output => Some(output),
    })
    .collect()
}
