use proptest::prelude::*;

use super::*;

/// A path on which nothing waits.
const WIDE: u32 = 1_000_000;

/// What encoders of the tests make of a picture: a thousand bytes, a key frame when one is wanted.
fn frame(purpose: Purpose) -> Encoded {
    Encoded::Frame { key: purpose == Purpose::Key, bytes: 1000 }
}

/// Runs the pacer over virtual time; `happens` may tell it something each millisecond. Returns when it encoded.
fn run(
    pacer: &mut Pacer,
    from: u64,
    to: u64,
    mut happens: impl FnMut(u64, &mut Pacer),
) -> Vec<(u64, Purpose)> {
    let mut pictures = Vec::new();
    for now in from..to {
        happens(now, pacer);
        if let Pace::Encode(purpose) = pacer.next(Time(now)) {
            pacer.encoded(Time(now), frame(purpose));
            pictures.push((now, purpose));
        }
    }
    pictures
}

fn nothing(_: u64, _: &mut Pacer) {}

fn times(pictures: &[(u64, Purpose)], purpose: Purpose) -> Vec<u64> {
    pictures.iter().filter(|(_, p)| *p == purpose).map(|(now, _)| *now).collect()
}

#[test]
fn the_first_picture_is_a_key_frame_at_once() {
    let pacer = Pacer::new(30, WIDE);
    assert_eq!(pacer.next(Time(0)), Pace::Encode(Purpose::Key));
    assert_eq!(pacer.next(Time(5)), Pace::Encode(Purpose::Key));
}

#[test]
fn a_still_screen_is_sharpened_and_said_to_be_so_ever_more_rarely() {
    let pictures = run(&mut Pacer::new(30, WIDE), 0, 200_000, nothing);
    assert_eq!(times(&pictures, Purpose::Key), [0]);
    assert_eq!(times(&pictures, Purpose::Sharpen), [300, 400, 500, 600, 700, 800, 900, 1000]);
    assert_eq!(
        times(&pictures, Purpose::KeepAlive),
        [3_000, 7_000, 15_000, 31_000, 63_000, 123_000, 183_000]
    );
}

#[test]
fn a_screen_that_is_sharp_is_left_alone() {
    let mut pacer = Pacer::new(30, WIDE);
    pacer.encoded(Time(0), frame(Purpose::Key));
    assert_eq!(pacer.next(Time(300)), Pace::Encode(Purpose::Sharpen));
    pacer.encoded(Time(300), frame(Purpose::Sharpen));
    assert_eq!(pacer.next(Time(400)), Pace::Encode(Purpose::Sharpen));
    pacer.encoded(Time(400), Encoded::Nothing);
    assert_eq!(pacer.next(Time(410)), Pace::Wait(Time(2400)), "only the sign that nothing was lost is left");
    pacer.damaged();
    assert_eq!(pacer.next(Time(500)), Pace::Encode(Purpose::Change));
    pacer.encoded(Time(500), frame(Purpose::Change));
    assert_eq!(pacer.next(Time(800)), Pace::Encode(Purpose::Sharpen), "what changed is sharpened again");
}

#[test]
fn a_changing_screen_has_the_frame_rate() {
    for (rate, interval) in [(30, 33), (60, 16)] {
        let pictures = run(&mut Pacer::new(rate, WIDE), 0, 10_000, |_, pacer| pacer.damaged());
        assert!(pictures.windows(2).all(|pair| pair[1].0 - pair[0].0 == interval), "{rate}");
    }
}

#[test]
fn a_person_who_types_costs_one_picture_a_key() {
    let pictures = run(&mut Pacer::new(60, WIDE), 0, 10_000, |now, pacer| {
        if now % 200 == 0 {
            pacer.damaged();
        }
    });
    assert_eq!(pictures.len(), 50, "{pictures:?}");
}

#[test]
fn change_after_rest_is_shown_at_once() {
    let mut pacer = Pacer::new(30, WIDE);
    run(&mut pacer, 0, 5000, nothing);
    assert!(matches!(pacer.next(Time(5000)), Pace::Wait(_)));
    pacer.damaged();
    assert_eq!(pacer.next(Time(5000)), Pace::Encode(Purpose::Change));
}

#[test]
fn the_wait_ends_when_the_next_picture_is_due() {
    let mut pacer = Pacer::new(30, WIDE);
    pacer.encoded(Time(0), frame(Purpose::Key));
    assert_eq!(pacer.next(Time(20)), Pace::Wait(Time(300)), "the first of the sharpening ones");
    pacer.damaged();
    assert_eq!(pacer.next(Time(20)), Pace::Wait(Time(33)), "the frame rate");
    assert_eq!(pacer.next(Time(33)), Pace::Encode(Purpose::Change));
}

#[test]
fn key_frames_come_when_asked_for_but_not_too_often() {
    let pictures = run(&mut Pacer::new(30, WIDE), 0, 5000, |now, pacer| {
        pacer.damaged();
        pacer.key_wanted(Time(now));
    });
    let keys = times(&pictures, Purpose::Key);
    assert!(keys.windows(2).all(|pair| (500..540).contains(&(pair[1] - pair[0]))), "{keys:?}");
    assert_eq!(pictures.len(), 152, "the others are ordinary pictures, at the same rate");
}

#[test]
fn a_key_frame_on_a_still_screen_does_not_wait_for_the_keep_alive() {
    let mut pacer = Pacer::new(30, WIDE);
    run(&mut pacer, 0, 2000, nothing);
    pacer.key_wanted(Time(2000));
    assert_eq!(pacer.next(Time(2000)), Pace::Encode(Purpose::Key));
    pacer.encoded(Time(2000), frame(Purpose::Key));
    pacer.key_wanted(Time(2000));
    let pictures = run(&mut pacer, 2001, 2600, nothing);
    assert_eq!(times(&pictures, Purpose::Key), [2500]);
}

#[test]
fn a_receiver_that_wonders_at_the_silence_is_not_answered_and_one_that_insists_is() {
    // Signs are at three, seven and fifteen seconds. Browsers ask three seconds after each.
    let mut pacer = Pacer::new(30, WIDE);
    let pictures = run(&mut pacer, 0, 20_000, |now, pacer| {
        if now == 6_000 || now == 10_000 {
            pacer.key_wanted(Time(now));
        }
    });
    assert_eq!(pictures.last(), Some(&(15_000, Purpose::KeepAlive)), "whoever asks once wonders");
    pacer.key_wanted(Time(20_000));
    assert!(matches!(pacer.next(Time(20_000)), Pace::Wait(_)));
    pacer.key_wanted(Time(20_200));
    assert_eq!(pacer.next(Time(20_200)), Pace::Encode(Purpose::Key), "whoever asks again lost something");
    pacer.encoded(Time(20_200), frame(Purpose::Key));
    let pictures = run(&mut pacer, 20_201, 30_000, nothing);
    assert_eq!(times(&pictures, Purpose::Sharpen).len(), usize::from(SHARPENING), "and gets it sharp");
}

#[test]
fn a_request_soon_after_a_picture_is_answered_at_once() {
    let mut pacer = Pacer::new(30, WIDE);
    run(&mut pacer, 0, 4_000, nothing);
    pacer.key_wanted(Time(4_000));
    assert_eq!(pacer.next(Time(4_000)), Pace::Encode(Purpose::Key), "a second after the last one");
}

#[test]
fn a_key_frame_that_the_encoder_chose_answers_the_request() {
    let mut pacer = Pacer::new(30, WIDE);
    pacer.encoded(Time(0), frame(Purpose::Key));
    pacer.damaged();
    pacer.key_wanted(Time(20));
    assert_eq!(pacer.next(Time(40)), Pace::Encode(Purpose::Change));
    pacer.encoded(Time(40), frame(Purpose::Key));
    assert!(!pacer.key_wanted);
}

#[test]
fn an_encoder_that_made_no_key_frame_is_asked_again() {
    let mut pacer = Pacer::new(30, WIDE);
    assert_eq!(pacer.next(Time(0)), Pace::Encode(Purpose::Key));
    pacer.encoded(Time(0), frame(Purpose::Change));
    pacer.damaged();
    assert_eq!(pacer.next(Time(40)), Pace::Encode(Purpose::Key));
}

#[test]
fn pictures_come_no_faster_than_the_path_carries_them() {
    // A thousand bytes take 80 ms at 100 kbit/s.
    let pictures = run(&mut Pacer::new(60, 100), 0, 8000, |_, pacer| pacer.damaged());
    assert!((98..=103).contains(&pictures.len()), "{}", pictures.len());
    let mut pacer = Pacer::new(60, 100);
    run(&mut pacer, 0, 4000, |_, pacer| pacer.damaged());
    pacer.set_bitrate(1000);
    let pictures = run(&mut pacer, 4000, 8000, |_, pacer| pacer.damaged());
    assert!((240..=260).contains(&pictures.len()), "{}", pictures.len());
}

#[test]
fn sharpening_waits_until_nothing_is_on_its_way() {
    let mut pacer = Pacer::new(30, 1000);
    pacer.encoded(Time(0), Encoded::Frame { key: true, bytes: 100_000 });
    assert_eq!(pacer.next(Time(250)), Pace::Wait(Time(800)));
    pacer.damaged();
    assert_eq!(pacer.next(Time(250)), Pace::Wait(Time(720)), "a change waits until little is");
}

#[test]
fn a_path_that_carries_nothing_still_gets_signs_of_life() {
    let pictures = run(&mut Pacer::new(60, 0), 0, 9000, |_, pacer| pacer.damaged());
    assert_eq!(pictures.iter().map(|(now, _)| *now).collect::<Vec<_>>(), [0, 2000, 4000, 6000, 8000]);
}

proptest! {
    /// Whatever happens, there is never more than the frame rate, and waiting always ends in the future. As long as
    /// there is something to say, there is never less than the keep-alive.
    #[test]
    fn pictures_are_neither_too_many_nor_too_few(
        rate in any::<u8>(),
        kbps in any::<u32>(),
        events in prop::collection::vec((0..3000_u64, any::<bool>(), any::<bool>(), 0..200_000_usize), 0..50),
    ) {
        let mut pacer = Pacer::new(rate, kbps);
        let interval = 1000 / u64::from(rate.clamp(1, 60));
        let (mut now, mut last, mut told) = (0, None, 0);
        for (pause, damage, key, bytes) in events {
            let until = now + pause;
            loop {
                match pacer.next(Time(now)) {
                    Pace::Encode(purpose) => {
                        if let Some(last) = last {
                            prop_assert!(now - last >= interval);
                            let is_sign = purpose == Purpose::KeepAlive && now - last <= 60_000;
                            prop_assert!(now - last <= 2000 || told >= last || is_sign);
                        }
                        pacer.encoded(Time(now), Encoded::Frame { key: purpose == Purpose::Key, bytes });
                        last = Some(now);
                    }
                    Pace::Wait(time) => {
                        prop_assert!(time.0 > now);
                        if time.0 >= until {
                            break;
                        }
                        now = time.0;
                    }
                }
            }
            now = until.max(now);
            // What comes before a picture may have been said just after a long silence.
            told = if damage || key { now } else { told };
            if damage {
                pacer.damaged();
            }
            if key {
                pacer.key_wanted(Time(now));
            }
        }
    }
}

#[test]
fn whoever_sends_knows_better_when_the_path_is_free() {
    let mut pacer = Pacer::new(60, 1_000);
    pacer.encoded(Time(0), Encoded::Frame { key: true, bytes: 1_250 });
    pacer.damaged();
    pacer.leaves(Time(500));
    assert_eq!(pacer.next(Time(100)), Pace::Wait(Time(420)), "more waits than this picture");
    pacer.leaves(Time(0));
    assert_eq!(pacer.next(Time(100)), Pace::Encode(Purpose::Change), "it has left sooner than was thought");
    pacer.encoded(Time(100), Encoded::Frame { key: false, bytes: 25_000 });
    pacer.damaged();
    pacer.leaves(Time(100));
    assert_eq!(pacer.next(Time(150)), Pace::Wait(Time(220)), "the last picture is not there yet");
}
