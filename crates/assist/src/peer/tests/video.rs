//! Pictures in both codecs, on links that lose packets.

use super::*;
use crate::description::Codec;

/// The link is up, and the novice's side encodes only this.
fn connected_in(codec: Codec) -> Call {
    let mut call = Call::forged(|offer| *offer = offer.clone().in_codecs(&[codec]), |_| {});
    assert!(call.drive(5_000, |call| call.page.is_open()));
    call
}

/// A frame of this codec; the bytes hold no start code of H.264.
fn frame(codec: Codec, key: bool, length: usize) -> Vec<u8> {
    match codec {
        Codec::H264 => picture(length),
        Codec::Vp9 => {
            // Frame marker, profile 0, and whether it is a key frame.
            let mut data = vec![if key { 0x82 } else { 0x86 }];
            data.extend((0..length).map(|i| u8::try_from(i % 251).unwrap()));
            data
        }
    }
}

fn send(call: &mut Call, codec: Codec, number: u64, length: usize) -> Vec<u8> {
    let key = number == 0;
    let data = frame(codec, key, length);
    let sent = EncodedFrame { data: data.clone(), key, taken_us: number * 16_667 };
    assert!(call.peer.send_frame(call.now, sent));
    data
}

#[test]
fn the_answer_has_one_format_of_the_codec_that_stands_first() {
    let (_, offer) = Page::new(Instant::now(), address(PAGE));
    let chosen = |codecs: &[Codec]| {
        let answered = answer_to(&offer.clone().in_codecs(codecs), &[address(NOVICE)]);
        answered.map(|(_, answer)| answer.video().iter().map(|format| format.codec()).collect::<Vec<_>>())
    };
    assert_eq!(chosen(&[Codec::H264, Codec::Vp9]), Ok(vec![Codec::H264]));
    assert_eq!(chosen(&[Codec::Vp9, Codec::H264]), Ok(vec![Codec::Vp9]));
    assert_eq!(chosen(&[Codec::Vp9]), Ok(vec![Codec::Vp9]));
    assert_eq!(chosen(&[]), Err(PeerError::NoCodec));
}

#[test]
fn pictures_of_both_codecs_arrive_as_they_were_sent_and_are_shown_at_once() {
    for codec in [Codec::H264, Codec::Vp9] {
        let mut call = connected_in(codec);
        let mut sent = Vec::new();
        for number in 0..20 {
            sent.push(send(&mut call, codec, number, 3_000));
            call.drive(16, |_| false);
        }
        assert!(call.drive(1_000, |call| call.page.pictures().len() == sent.len()), "{codec}");
        for (got, sent) in call.page.pictures().iter().zip(&sent) {
            assert_eq!(got.data, *sent, "{codec}");
            assert_eq!(got.playout_delay, Some((MediaTime::ZERO, MediaTime::ZERO)), "{codec}");
        }
    }
}

/// Sixty pictures a second for five seconds, of which one packet in twenty is lost, sometimes again when it is sent again.
#[test]
fn what_is_lost_is_sent_again_until_every_picture_is_there() {
    for codec in [Codec::H264, Codec::Vp9] {
        let mut call = connected_in(codec);
        call.lossy = Some(Chance::one_in(20));
        let mut sent = Vec::new();
        for number in 0..300 {
            sent.push(send(&mut call, codec, number, 2_500));
            call.drive(16, |_| false);
        }
        // A page only knows that the end of a picture is missing when something comes after it.
        sent.push(send(&mut call, codec, 300, 100));
        let all = call.drive(3_000, |call| call.page.pictures().len() >= 300);
        assert!(all, "{codec}: {} of {}", call.page.pictures().len(), sent.len());
        assert!(call.page.pictures().iter().zip(&sent).all(|(got, sent)| got.data == *sent), "{codec}");
        let lost = call.rtp_sent / 20;
        assert!(lost > 30, "{codec}: enough was lost to mean something: about {lost}");
    }
}

#[test]
fn a_viewer_that_floods_requests_for_key_frames_gets_few() {
    use crate::pace::{Encoded, Pace, Pacer, Purpose};
    let mut call = connected_in(Codec::H264);
    let mut pacer = Pacer::new(60, 100_000);
    let (mut keys, mut number) = (0, 0);
    for _ in 0..5_000 {
        call.page.request_key_frame();
        call.drive(1, |_| false);
        if call.events.contains(&PeerEvent::KeyframeWanted) {
            call.events.clear();
            pacer.key_wanted(call.now);
        }
        if let Pace::Encode(purpose) = pacer.next(call.now) {
            let key = purpose == Purpose::Key;
            let bytes = send(&mut call, Codec::H264, number, 500).len();
            pacer.encoded(call.now, Encoded::Frame { key, bytes });
            (keys, number) = (keys + u32::from(key), number + 1);
        }
    }
    assert!((2..=11).contains(&keys), "in five seconds: {keys}");
}

/// A key frame of a full screen, as long as that of the benchmark's desktop.
#[test]
fn a_first_picture_nearby_is_there_soon() {
    let mut call = Call::forged(|offer| *offer = offer.clone().in_codecs(&[Codec::H264]), |_| {});
    assert!(call.drive(5_000, |call| call.events.contains(&PeerEvent::Connected)));
    let connected = call.now;
    send(&mut call, Codec::H264, 0, 97_000);
    assert!(call.drive(1_000, |call| call.page.pictures().len() == 1));
    let took = call.now.since(connected);
    println!("{took:?}, {} packets", call.rtp_sent);
    assert!(took <= Duration::from_millis(75), "{took:?}");
}
