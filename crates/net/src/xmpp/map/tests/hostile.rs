//! Forged stanzas, through the map, the signatures and the table: none changes anything.
//!
//! Each begins as a stanza that *would* be obeyed at its moment. So each case says two things: the forgery changed
//! nothing, and what it was made from still did what it should.

mod cases;
mod world;

use super::samples::key;
use rendezvous_core::{Command, State};
use world::{MOMENTS, Moment, Stop, scene};

#[test]
fn what_a_forgery_is_made_from_is_obeyed() {
    for moment in MOMENTS {
        for (name, text) in scene(moment).next {
            let mut victim = scene(moment).victim;
            let before = victim.look();
            assert_eq!(victim.receive(&text), Stop::Taken, "{moment:?}: {name}");
            assert_ne!(victim.look(), before, "{moment:?}: {name}");
        }
    }
}

#[test]
fn no_forgery_changes_anything() {
    let cases = cases::all();
    let mut stopped = [0u32; 4];
    for case in &cases {
        let mut scene = scene(case.moment);
        let before = scene.victim.look();
        let dropped = scene.victim.dropped().total();
        let stop = scene.victim.receive(&case.stanza);
        assert!(case.stops.contains(&stop), "{}: {stop:?}\n{}", case.name, case.stanza);
        assert_eq!(scene.victim.look(), before, "{} changed something\n{}", case.name, case.stanza);
        let counted = u64::from(stop == Stop::Table);
        assert_eq!(scene.victim.dropped().total(), dropped + counted, "{}", case.name);
        stopped[stop as usize] += 1;
        // And it goes on as if nothing had been.
        if let Some((next, text)) = scene.next.first() {
            assert_eq!(scene.victim.receive(text), Stop::Taken, "{}, then {next}", case.name);
        }
    }
    let [not_ours, map, vouch, table] = stopped;
    eprintln!(
        "{} forged stanzas, 0 state changes: {not_ours} not ours, {map} refused by the map, {vouch} not signed, {table} dropped by the table",
        cases.len()
    );
    assert!(cases.len() >= 200 && stopped.iter().all(|n| *n >= 20), "{stopped:?}");
    let mut names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), cases.len(), "two cases have one name");
}

#[test]
fn what_is_said_in_one_session_is_not_heard_in_another() {
    let (mut scene, cases) = cases::crossed();
    let before = scene.victim.look();
    assert_eq!(before.sessions.len(), 2, "two sessions");
    for (name, text) in &cases {
        assert_eq!(scene.victim.receive(text), Stop::Table, "{name}");
        assert_eq!(scene.victim.look(), before, "{name}");
    }
    eprintln!("{} stanzas in the session of another, 0 state changes", cases.len());
}

#[test]
fn a_recorded_session_played_again_whole_starts_nothing() {
    for moment in [Moment::InviteeEnded, Moment::InviterEnded] {
        let mut scene = scene(moment);
        let before = scene.victim.look();
        for text in scene.past.iter().chain(scene.past.iter().rev()) {
            assert_eq!(scene.victim.receive(text), Stop::Table);
        }
        assert_eq!(scene.victim.look(), before);
        // When everything is forgotten, the invitation has run out.
        scene.victim.later(24 * 60 * 60);
        for text in &scene.past {
            assert!(matches!(scene.victim.receive(text), Stop::Vouch | Stop::Table));
        }
        assert_eq!(scene.victim.sessions.len(), 0);
    }
}

#[test]
fn every_pair_of_recorded_stanzas_played_again_changes_nothing() {
    for moment in MOMENTS {
        let past = scene(moment).past;
        let mut scene = scene(moment);
        let before = scene.victim.look();
        for (first, second) in past.iter().flat_map(|first| past.iter().map(move |second| (first, second))) {
            assert_eq!([scene.victim.receive(first), scene.victim.receive(second)], [Stop::Table; 2]);
        }
        assert_eq!(scene.victim.look(), before, "{moment:?}");
    }
}

#[test]
fn nothing_that_comes_in_accepts() {
    // Everything that was ever said and every forgery, to somebody whose telephone rings.
    let texts = MOMENTS.into_iter().flat_map(|m| {
        let scene = scene(m);
        scene.past.into_iter().chain(scene.next.into_iter().map(|(_, text)| text))
    });
    for text in texts.chain(cases::all().into_iter().map(|case| case.stanza)) {
        let mut victim = scene(Moment::Ringing).victim;
        victim.receive(&text);
        let accepted = |s: State| matches!(s, State::Accepted | State::Connected);
        assert!(!victim.sessions.iter().any(|s| accepted(s.state())), "{text}");
    }
    let mut victim = scene(Moment::Ringing).victim;
    victim.command(Command::Accept { data: String::new() });
    assert!(victim.sessions.iter().any(|s| s.state() == State::Accepted), "the person can");
}
