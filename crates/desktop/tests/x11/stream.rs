//! From the screen through the encoder to a decoder's picture.

use rendezvous_assist::description::Codec;
use rendezvous_assist::pace::Purpose;
use rendezvous_assist::screen::{EncodedFrame, Size};
use rendezvous_desktop::x11::X11Capturer;
use rendezvous_desktop::{CODECS, Capture, Encode, H264Encoder, I420, Rect, encoder};

use crate::decode::Decoder;
use crate::needs_xvfb_capture::{settle, wait_for_picture};
use crate::paint::Painter;
use crate::person::Person;
use crate::server::Server;

/// Microseconds between two pictures, thirty a second.
const STEP_US: u64 = 33_333;

/// Encodes a picture of which everything may have changed, which must give a frame.
pub(crate) fn encode(encoder: &mut dyn Encode, picture: &I420, n: u64, purpose: Purpose) -> EncodedFrame {
    let all = [Rect::whole(picture.size())];
    let frame = encoder
        .encode(picture, &all, purpose, n * STEP_US)
        .expect("it is encoded")
        .expect("there is a frame");
    assert_eq!(frame.taken_us, n * STEP_US);
    frame
}

/// The kinds of units in a frame, in order: 7 and 8 are parameter sets, 5 is a key picture, 1 any other.
fn units(frame: &EncodedFrame) -> Vec<u8> {
    frame.data.windows(4).filter(|w| w[..3] == [0, 0, 1]).map(|w| w[3] & 0x1f).collect()
}

/// Profile, constraint flags and level, as the first parameter set says them.
fn profile_level_id(frame: &EncodedFrame) -> [u8; 3] {
    let start =
        frame.data.windows(4).position(|w| w[..3] == [0, 0, 1] && w[3] & 0x1f == 7).expect("a set") + 4;
    [frame.data[start], frame.data[start + 1], frame.data[start + 2]]
}

fn the_stream_shows_the_screen(screen: &str) {
    for codec in CODECS {
        let server = Server::xvfb(screen);
        let person = Person::who_shows_the_screen();
        let mut painter = Painter::new(&server);
        painter.pattern();
        let mut capturer = X11Capturer::open(person.view(), server.at()).unwrap();
        let mut encoder = encoder(*codec, capturer.size(), 4_000).unwrap();
        let mut decoder = Decoder::new(*codec);
        for n in 0..12_u16 {
            wait_for_picture(&mut capturer);
            let damage = capturer.grab().unwrap().expect("something changed");
            let picture = capturer.frame().unwrap();
            let frame =
                encoder.encode(picture, &[damage], Purpose::Change, u64::from(n) * STEP_US).unwrap().unwrap();
            assert_eq!(frame.key, n == 0, "{codec}, frame {n}");
            let decoded = decoder.decode(&frame.data).expect("each frame gives a picture");
            let size = picture.size();
            // H.264 leaves out an odd last column and row.
            let whole = |length: u16| usize::from(if *codec == Codec::H264 { length & !1 } else { length });
            assert_eq!((decoded.width, decoded.height), (whole(size.width), whole(size.height)), "{codec}");
            let likeness = decoded.psnr(picture);
            assert!(likeness > 30.0, "{codec}, frame {n}: {likeness:.1} dB");
            painter.fill(Rect { x: n * 20, y: n * 11, width: 31, height: 17 }, (255, 255, 255));
        }
    }
}

#[test]
fn a_decoder_sees_the_screen() {
    the_stream_shows_the_screen("640x480x24");
}

#[test]
fn a_decoder_sees_an_odd_screen() {
    the_stream_shows_the_screen("413x317x24");
}

#[test]
fn a_viewer_can_join_at_every_key_frame_and_only_there() {
    let server = Server::xvfb("640x480x24");
    let person = Person::who_shows_the_screen();
    let mut painter = Painter::new(&server);
    painter.pattern();
    let mut capturer = X11Capturer::open(person.view(), server.at()).unwrap();
    settle(&mut capturer);
    let picture = capturer.frame().unwrap();
    for codec in CODECS {
        let mut encoder = encoder(*codec, capturer.size(), 4_000).unwrap();
        for n in 0..20 {
            let asked = matches!(n, 0 | 7 | 8 | 15);
            let purpose = if asked && n > 0 { Purpose::Key } else { Purpose::Change };
            let frame = encode(&mut *encoder, picture, n, purpose);
            assert_eq!(frame.key, asked, "{codec}, frame {n}");
            if *codec == Codec::H264 {
                let wanted = if asked { &[7, 8, 5][..] } else { &[1] };
                assert_eq!(units(&frame), wanted, "parameter sets and one key picture, or one other picture");
            }
            let late = Decoder::new(*codec).decode(&frame.data);
            if asked {
                assert!(late.expect("a decoder can start here").psnr(picture) > 30.0, "{codec}, frame {n}");
            } else {
                assert!(late.is_none_or(|late| late.psnr(picture) < 30.0), "{codec}, frame {n}");
            }
        }
    }
}

#[test]
fn browsers_are_told_what_they_can_decode() {
    for (width, height, level) in [(640, 480, 31), (1280, 720, 32), (1920, 1080, 42), (3840, 2160, 52)] {
        let size = Size { width, height };
        let mut encoder = H264Encoder::new(size, 4_000).unwrap();
        let [profile, constraints, got] =
            profile_level_id(&encode(&mut encoder, &I420::black(size), 0, Purpose::Key));
        assert_eq!(profile, 0x42, "baseline");
        assert_eq!(constraints & 0xc0, 0xc0, "constrained, which is what every browser decodes");
        assert_eq!(got, level, "{width}x{height}");
    }
}

#[test]
fn a_new_scene_is_seen_as_well_as_an_old_one() {
    for codec in CODECS {
        let server = Server::xvfb("640x480x24");
        let person = Person::who_shows_the_screen();
        let mut painter = Painter::new(&server);
        let mut capturer = X11Capturer::open(person.view(), server.at()).unwrap();
        let mut encoder = encoder(*codec, capturer.size(), 4_000).unwrap();
        let mut decoder = Decoder::new(*codec);
        for n in 0..10 {
            match n {
                4 => painter.pattern(),
                7 => painter.fill(Rect::whole(capturer.size()), (90, 160, 70)),
                _ => {}
            }
            let damage = capturer.grab().unwrap();
            let picture = capturer.frame().unwrap();
            let frame =
                encoder.encode(picture, damage.as_slice(), Purpose::Change, n * STEP_US).unwrap().unwrap();
            if *codec == Codec::H264 {
                assert_eq!(frame.key, units(&frame).contains(&5), "frame {n} says what it is");
                assert_eq!(frame.key, units(&frame).contains(&7), "frame {n} brings its parameter sets");
            }
            let decoded = decoder.decode(&frame.data).expect("each frame gives a picture");
            let likeness = decoded.psnr(picture);
            assert!(likeness > 30.0, "{codec}, frame {n}: {likeness:.1} dB");
        }
    }
}

#[test]
fn the_encoder_writes_nothing_to_the_terminal() {
    let this = std::env::current_exe().unwrap();
    let one = "needs_xvfb_stream::browsers_are_told_what_they_can_decode";
    let ran = std::process::Command::new(this).args(["--exact", one, "--nocapture"]).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success() && out.contains("1 passed"), "{out}{err}");
    assert!(!out.contains("OpenH264") && !err.contains("OpenH264"), "{out}{err}");
}
