//! Every case, and over which networks it is not run and why.

use crate::crowd;
use crate::servers::{Kind, Served, server};
use rendezvous_testkit::xmpp::{Ejabberd, Prosody};
use std::time::Instant;

mod context;
mod crossing;
mod expiry;
mod forking;
mod hostile;
mod limits;
mod path;
mod presence;
mod refusing;
mod restarting;

/// The columns of the suite.
pub(crate) const NETWORKS: [&str; 6] = [
    "loopback",
    "loopback without presence",
    "loopback in bad weather",
    "nearby",
    "xmpp on Prosody",
    "xmpp on ejabberd",
];

macro_rules! reason {
    () => {
        None
    };
    ($reason:literal $($more:literal)?) => {
        Some($reason)
    };
}

/// One module of tests for each network, with every case in it.
macro_rules! cases {
    ($($file:ident::$case:ident $({
        $(fair: $fair:literal $(,)?)?
        $(blind: $blind:literal $(,)?)?
        $(bad: $bad:literal $(,)?)?
        $(nearby: $nearby:literal $(,)?)?
        $(xmpp: $xmpp:literal $(,)?)?
        $(ejabberd: $ejabberd:literal $(,)?)?
    })?;)*) => {
        /// Every case: its file, its name, and for each network why it is left out.
        pub(crate) const CASES: &[(&str, &str, [Option<&str>; NETWORKS.len()])] = &[
            $((stringify!($file), stringify!($case), [
                reason!($($($fair)?)?), reason!($($($blind)?)?), reason!($($($bad)?)?), reason!($($($nearby)?)?),
                reason!($($($xmpp)?)?), reason!($($($ejabberd)?)? $($($xmpp)?)?),
            ]),)*
        ];
        mod loopback {
            $(#[test] $($(#[ignore = $fair])?)? fn $case() {
                crate::over(super::$file::$case::<crate::world::Fair>);
            })*
        }
        mod loopback_without_presence {
            $(#[test] $($(#[ignore = $blind])?)? fn $case() {
                crate::over(super::$file::$case::<crate::world::Blind>);
            })*
        }
        mod loopback_in_bad_weather {
            $(#[test] $($(#[ignore = $bad])?)? fn $case() {
                crate::over(super::$file::$case::<crate::world::Bad>);
            })*
        }
        /// All of it, over accounts on a server; in the same order.
        fn over_a_server<K: Kind>() -> Vec<fn()> {
            vec![$((|| crate::over($file::$case::<Served<K>>)) as fn()),*]
        }
        mod nearby {
            $(#[test] $($(#[ignore = $nearby])?)? fn $case() {
                crate::over(super::$file::$case::<crate::links::Links>);
            })*
        }
    };
}

cases! {
    path::a_session_goes_the_whole_way;
    path::both_sides_see_the_same_session;
    path::only_both_applications_connect_it_and_ann_may_be_first;
    path::only_both_applications_connect_it_and_bob_may_be_first;
    path::events_come_in_their_order_with_the_previous_state;
    path::the_inviters_application_ends_it;
    path::an_applications_result_travels_verbatim;
    path::an_end_before_it_is_connected_says_so_there;
    path::an_invitee_ends_it_before_it_is_connected;
    path::an_application_that_is_gone_ends_it_on_both_sides;
    path::an_invitation_is_withdrawn;
    path::after_the_end_they_can_begin_again;
    path::two_sessions_with_one_contact_do_not_mix;
    context::a_text_of_64_kib_arrives_whole_and_one_byte_more_is_refused;
    context::texts_of_every_kind_arrive_in_order_and_once;
    context::what_cannot_be_delivered_is_reported_and_the_session_stays_open {
        bad: "bad weather loses; it does not refuse",
        nearby: "a stream refuses no single message: it breaks, and the session with it",
        xmpp: "a server refuses no single message to a contact who is there",
    };
    context::there_is_a_limit_to_what_is_under_way {
        blind: "nobody sees a device come back, so what is sent to one that is gone fails",
        bad: "what is lost by the weather is under way too, so the count differs",
        ejabberd: "256 KiB take two minutes at what it lets through",
    };
    forking::every_device_rings_and_the_first_answer_wins { nearby: "a person is one device there" };
    forking::of_two_who_accept_at_once_exactly_one_wins { nearby: "a person is one device there" };
    forking::a_persons_no_ends_it_on_all_devices { nearby: "a person is one device there" };
    forking::a_rules_no_drops_one_device_and_the_last_ends_it { nearby: "a person is one device there" };
    forking::after_a_rules_no_another_device_can_say_yes { nearby: "a person is one device there" };
    forking::a_device_that_comes_while_it_rings_rings_too {
        blind: "nobody sees it come",
        nearby: "a person is one device there",
    };
    forking::a_withdrawal_reaches_every_device { nearby: "a person is one device there" };
    forking::sixteen_devices_ring_and_the_next_does_not {
        bad: "messages overtake each other, so nothing comes before or after",
        nearby: "a person is one device there",
        ejabberd: "an account has ten devices there at most",
    };
    crossing::of_two_that_cross_the_lower_survives_and_it_is_anns;
    crossing::of_two_that_cross_the_lower_survives_and_it_is_bobs;
    crossing::accepting_the_ask_cancels_the_offer;
    crossing::accepting_the_offer_cancels_the_ask;
    crossing::accepting_both_at_once_leaves_at_most_one;
    crossing::a_cancel_and_an_accept_that_cross_end_it_on_both_sides;
    crossing::of_a_cancel_and_a_decline_that_cross_each_keeps_its_own_end;
    refusing::the_person_says_no_and_why;
    refusing::what_is_not_installed_is_declined_and_the_person_sees_what_it_was { bad: "an automatic answer is said once, and bad weather may lose it" };
    refusing::whoever_is_in_a_session_for_the_same_is_busy { bad: "what a script says is not said again when it is lost" };
    refusing::nobody_is_there { bad: "whether it failed is not known while the link is down" };
    refusing::oneself_cannot_be_invited;
    refusing::a_device_that_is_too_old_ends_it { bad: "what a script says is not said again when it is lost" };
    refusing::an_invitation_in_a_version_of_the_future_is_declined_as_such { bad: "an automatic answer is said once, and bad weather may lose it" };
    limits::data_of_512_bytes_travels_and_one_more_is_refused;
    limits::one_invitation_of_a_contact_rings_and_the_next_is_busy { bad: "what a script says is not said again when it is lost" };
    limits::three_invitations_ring_and_the_fourth_is_busy { bad: "what a script says is not said again when it is lost" };
    limits::so_many_invitations_a_minute_are_looked_at { bad: "what a script says is not said again when it is lost" };
    limits::sixteen_sessions_with_a_contact_are_possible_and_no_more { bad: "who is offline is told that, not the limit" };
    limits::thirty_two_messages_wait_for_their_turn_and_one_more_ends_it { bad: "what a script says is not said again when it is lost" };
    limits::pieces_without_end_end_it { bad: "what a script says is not said again when it is lost" };
    limits::a_message_that_carries_too_much_changes_nothing { bad: "what a script says is not said again when it is lost" };
    expiry::an_invitation_that_nobody_answers_runs_out_on_both_sides;
    expiry::an_inviter_who_says_no_more_does_not_ring_for_ever { bad: "what a script says is not said again when it is lost" };
    expiry::a_yes_that_is_not_confirmed_runs_out { bad: "what a script says is not said again when it is lost" };
    expiry::applications_that_do_not_attach_end_it;
    expiry::an_application_that_waits_for_the_other_times_out { bad: "what a script says is not said again when it is lost" };
    expiry::silence_ends_what_stands_between_two_devices { bad: "what a script says is not said again when it is lost" };
    expiry::a_session_that_is_quiet_for_hours_stands {
        bad: "in hours of it three signs of life in a row get lost", nearby: "hours cannot be waited for in real time",
        xmpp: "hours cannot be waited for in real time",
    };
    expiry::a_gap_that_nobody_closes_ends_it { bad: "what a script says is not said again when it is lost" };
    expiry::what_is_made_and_never_sent_runs_out;
    hostile::nothing_that_an_inviter_says_accepts { bad: "what a script says is not said again when it is lost" };
    hostile::nothing_that_an_invitee_says_but_its_signed_yes_accepts { bad: "what a script says is not said again when it is lost" };
    hostile::who_is_not_part_of_a_session_changes_nothing_in_it { bad: "what a script says is not said again when it is lost" };
    hostile::an_invitation_whose_signature_does_not_hold_never_rings { bad: "what a script says is not said again when it is lost" };
    hostile::a_recorded_invitation_rings_once_and_not_after_its_end { bad: "what a script says is not said again when it is lost" };
    hostile::a_recorded_invitation_does_not_ring_for_another_contact { bad: "what a script says is not said again when it is lost" };
    hostile::a_yes_that_comes_late_is_told_so { bad: "what a script says is not said again when it is lost" };
    hostile::words_for_a_session_that_nobody_knows_are_answered_so { bad: "what a script says is not said again when it is lost" };
    hostile::an_inviter_can_ring_only_once_for_each_device { bad: "what a script says is not said again when it is lost" };
    restarting::who_loses_power_and_comes_back_leaves_nothing_hanging { bad: "bounds hold for a link that works" };
    restarting::who_loses_power_for_good_leaves_nothing_hanging;
    restarting::a_link_that_comes_back_lets_it_go_on {
        blind: "nobody sees a device come back, so what was lost is not sent again",
        bad: "the weather has links of its own that break",
    };
    restarting::a_link_that_is_gone_for_good_leaves_nothing_hanging;
    restarting::both_lose_power_at_once_and_begin_anew;
    presence::devices_are_seen_while_they_are_there {
        blind: "nobody sees anybody there",
        nearby: "a person is one device there, seen by multicast: the tests on two machines see it come and go",
    };
    presence::who_is_offline_sees_nobody_and_invites_nobody {
        blind: "nobody sees anybody there",
        bad: "the weather has links of its own that break",
        nearby: "nobody is signed in there, so nobody is offline",
    };
    presence::clocks_may_differ_by_two_minutes {
        bad: "the weather takes its share of the time",
    };
}

/// Lives through all cases over accounts on one server, many at once: they wait for the server's limits most of the time.
fn on<K: Kind>(column: usize) {
    let (start, running) = (Instant::now(), server::<K>());
    let only = std::env::var(ONLY).unwrap_or_default();
    let chosen = CASES.iter().zip(over_a_server::<K>()).filter(|((_, case, _), _)| case.contains(&only));
    let (left_out, mut cases): (Vec<_>, Vec<_>) = chosen.partition(|((_, _, why), _)| why[column].is_some());
    // Those that wait longest begin.
    cases.sort_by_key(|((file, _, _), _)| !matches!(*file, "context" | "restarting"));
    let count = cases.len();
    let jobs = cases.into_iter().map(|((file, case, _), live)| {
        let name = format!("{file}::{case}");
        let timed = move || {
            let start = Instant::now();
            live();
            eprintln!("{:6.1} s  {file}::{case}", start.elapsed().as_secs_f32());
        };
        (name, Box::new(timed) as Box<dyn FnOnce() + Send>)
    });
    let failed = crowd::all(jobs.collect());
    drop(running);
    let time = start.elapsed().as_secs();
    eprintln!("{}: {count} cases, {} left out, {time} s", K::NAME, left_out.len());
    assert!(failed.is_empty(), "over {} went wrong: {failed:#?}", K::NAME);
    assert!(count > 0, "no case was lived through");
}

/// Only the cases with this in their names.
const ONLY: &str = "RENDEZVOUS_CASES";

#[test]
fn needs_prosody_every_case_over_accounts() {
    on::<Prosody>(4);
}

#[test]
fn needs_ejabberd_every_case_over_accounts() {
    on::<Ejabberd>(5);
}
