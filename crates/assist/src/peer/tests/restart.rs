//! The way to the page is lost, and found again on the same connection.

use super::*;

const ELSEWHERE: &str = "198.51.100.7:4100";
const PAGE_ELSEWHERE: &str = "203.0.113.9:5100";

/// The page looks for another way, and both sides do what follows.
fn restart(call: &mut Call, local: &str, random: u8) -> Description {
    let offer = call.page.restart();
    let answer = call.peer.restart(call.now, &offer, &hosts(&[address(local)]), [random; 32]).unwrap();
    call.page.accept(&answer);
    answer
}

fn picture_comes(call: &mut Call, taken_us: u64) -> bool {
    let before = call.page.pictures().len();
    call.send_picture(taken_us);
    call.drive(1_000, |call| call.page.pictures().len() > before)
}

fn is_up_again(call: &mut Call, times: usize) -> bool {
    call.drive(3_000, |call| call.count(&PeerEvent::Connected) == times)
}

#[test]
fn after_any_time_without_a_network_the_same_connection_goes_on() {
    for seconds in [5_u64, 15, 29, 31, 60, 110] {
        let mut call = Call::connected();
        assert!(picture_comes(&mut call, 0));
        call.cut = true;
        call.drive(seconds * 1_000, |_| false);
        // What was said meanwhile may be lost: the next batch says it again.
        call.page.send("input", "meanwhile");
        call.cut = false;
        let answer = restart(&mut call, NOVICE, 9);
        assert_eq!(answer.check_answer(), Ok(()));
        assert!(is_up_again(&mut call, 2), "{seconds} s: {:?} {:?}", call.events, call.peer);
        assert!(picture_comes(&mut call, seconds * 1_000_000), "{seconds} s");
        call.page.send("input", "after");
        assert!(
            call.drive(5_000, |call| call.inputs().contains(&"after")),
            "{seconds} s: {:?}",
            call.inputs()
        );
        assert_eq!(call.count(&PeerEvent::Disconnected), 1, "{seconds} s");
        assert!(call.peer.is_alive());
    }
}

#[test]
fn either_side_may_be_elsewhere_afterwards() {
    let mut call = Call::connected();
    call.cut = true;
    call.drive(10_000, |_| false);
    call.cut = false;
    restart(&mut call, ELSEWHERE, 9);
    assert!(is_up_again(&mut call, 2));
    assert!(picture_comes(&mut call, 0));

    call.page.move_to(address(PAGE_ELSEWHERE));
    restart(&mut call, ELSEWHERE, 10);
    assert!(is_up_again(&mut call, 3), "{:?}", call.events);
    assert!(picture_comes(&mut call, 33_333));
    call.page.send("input", "from elsewhere");
    assert!(call.drive(5_000, |call| call.inputs() == ["from elsewhere"]));
    let old = call.flying.iter().any(|(_, packet)| packet.source == address(NOVICE));
    assert!(!old, "nothing is sent from where nobody is any more");
}

#[test]
fn the_answer_says_which_offer_it_answers_and_has_names_of_its_own() {
    let mut call = Call::connected();
    let offer = call.page.restart();
    let answer = call.peer.restart(call.now, &offer, &hosts(&[address(NOVICE)]), [9; 32]).unwrap();
    assert_eq!(answer.answers.as_deref(), Some(offer.way()));
    let expected = ice_credentials([9; 32]);
    assert_eq!((answer.ufrag.as_str(), answer.pwd.as_str()), (&*expected.ufrag, &*expected.pass));
    let text = crate::signal::NoviceSays::Answer(answer.clone()).to_text();
    assert_eq!(crate::signal::NoviceSays::parse(&text), Ok(crate::signal::NoviceSays::Answer(answer)));
    // An answer is no offer, whatever else it says.
    let mut forged = offer;
    forged.answers = Some("aB3+".to_owned());
    assert_eq!(forged.check_offer(), Err(DescriptionError::NotAnOffer));
}

#[test]
fn control_ends_with_the_way_also_when_the_loss_was_not_noticed_yet() {
    let mut call = Call::connected();
    restart(&mut call, NOVICE, 9);
    call.drive(0, |_| true);
    let first = call.drive(3_000, |call| call.count(&PeerEvent::Connected) == 2);
    assert!(first && call.count(&PeerEvent::Disconnected) == 1, "{:?}", call.events);
    let lost = call.events.iter().position(|event| *event == PeerEvent::Disconnected);
    let found = call.events.iter().rposition(|event| *event == PeerEvent::Connected);
    assert!(lost < found, "{:?}", call.events);
}

#[test]
fn only_the_same_page_with_another_name_restarts() {
    let mut call = Call::connected();
    let (_, stranger) = Page::new(Instant::now(), address(PAGE));
    let offer = call.page.restart();
    let local = hosts(&[address(NOVICE)]);
    let refused = |call: &mut Call, change: fn(&mut Description)| {
        let mut forged = offer.clone();
        change(&mut forged);
        call.peer.restart(call.now, &forged, &local, [9; 32]).unwrap_err()
    };
    let mut other = |offer: &Description| call.peer.restart(call.now, offer, &local, [9; 32]).unwrap_err();
    assert_eq!(other(&stranger), PeerError::NotARestart);
    assert_eq!(refused(&mut call, |offer| offer.fingerprint.0[0] ^= 1), PeerError::NotARestart);
    assert_eq!(refused(&mut call, |offer| offer.extensions.clear()), PeerError::NotARestart);
    assert_eq!(refused(&mut call, |offer| offer.video[0].pt = 99), PeerError::NotARestart);
    assert_eq!(
        refused(&mut call, |offer| offer.setup = Setup::Passive),
        PeerError::Offer(DescriptionError::NotAnOffer)
    );
    let nowhere = call.peer.restart(call.now, &offer, &[], [9; 32]).unwrap_err();
    assert_eq!(nowhere, PeerError::LocalAddresses(0));
    // Nothing of that has disturbed anything.
    assert!(picture_comes(&mut call, 0));
    assert_eq!(call.count(&PeerEvent::Disconnected), 0);
    // The same offer twice is one.
    call.peer.restart(call.now, &offer, &local, [9; 32]).unwrap();
    assert_eq!(call.peer.restart(call.now, &offer, &local, [10; 32]).unwrap_err(), PeerError::NotARestart);
}

#[test]
fn a_page_that_restarts_for_ever_is_refused_in_the_end() {
    let mut call = Call::connected();
    for i in 0..MAX_RESTARTS {
        restart(&mut call, NOVICE, u8::try_from(i).unwrap());
    }
    let offer = call.page.restart();
    let again = call.peer.restart(call.now, &offer, &hosts(&[address(NOVICE)]), [99; 32]);
    assert_eq!(again.unwrap_err(), PeerError::NotARestart);
}

#[test]
fn what_is_over_stays_over() {
    let mut call = Call::connected();
    let offer = call.page.restart();
    call.peer.close(call.now);
    let again = call.peer.restart(call.now, &offer, &hosts(&[address(NOVICE)]), [9; 32]);
    assert_eq!(again.unwrap_err(), PeerError::NotARestart);
}

#[test]
fn a_screen_that_rested_stays_quiet_after_a_restart() {
    let mut call = Call::connected();
    assert!(picture_comes(&mut call, 0));
    call.drive(1_000, |_| false);
    restart(&mut call, NOVICE, 9);
    assert!(is_up_again(&mut call, 2));
    assert!(picture_comes(&mut call, 33_333));
    call.drive(1_000, |_| false);
    let before = call.rtp_sent;
    call.drive(20_000, |_| false);
    assert!(call.rtp_sent - before <= 5, "{} packets for nothing", call.rtp_sent - before);
}
