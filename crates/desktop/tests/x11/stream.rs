//! From the screen through the encoder to a decoder's picture.

use openh264::decoder::Decoder;
use openh264::formats::YUVSource;
use rendezvous_assist::screen::{EncodedFrame, Size};
use rendezvous_desktop::x11::X11Capturer;
use rendezvous_desktop::{Capture, Encode, EncodeError, H264Encoder, I420, Rect};

use crate::needs_xvfb_capture::{settle, wait_for_picture};
use crate::paint::Painter;
use crate::person::Person;
use crate::server::Server;

/// Microseconds between two pictures, thirty a second.
const STEP_US: u64 = 33_333;

/// Encodes a picture, which must give a frame.
fn encode(encoder: &mut H264Encoder, picture: &I420, n: u64, force_key: bool) -> EncodedFrame {
    let frame =
        encoder.encode(picture, n * STEP_US, force_key).expect("it is encoded").expect("there is a frame");
    assert_eq!(frame.taken_us, n * STEP_US);
    frame
}

/// How like the original the brightness of a decoded picture is, in decibels; over its even part.
fn psnr(original: &I420, decoded: &impl YUVSource) -> f64 {
    let (width, height) = decoded.dimensions();
    assert_eq!(width, usize::from(original.size().width) & !1);
    assert_eq!(height, usize::from(original.size().height) & !1);
    let rows = (0..height).flat_map(|row| {
        let ours = &original.y()[row * usize::from(original.size().width)..][..width];
        let theirs = &decoded.y()[row * decoded.strides().0..][..width];
        ours.iter().zip(theirs)
    });
    let squares: f64 = rows.map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
    10.0 * (255.0_f64.powi(2) / (squares / (width * height) as f64).max(1e-9)).log10()
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
    let server = Server::xvfb(screen);
    let person = Person::who_shows_the_screen();
    let mut painter = Painter::new(&server);
    painter.pattern();
    let mut capturer = X11Capturer::open(person.view(), server.at()).unwrap();
    let mut encoder = H264Encoder::new(capturer.size(), 4_000).unwrap();
    let mut decoder = Decoder::new().unwrap();
    for n in 0..12_u16 {
        wait_for_picture(&mut capturer);
        capturer.grab().unwrap().expect("something changed");
        let picture = capturer.frame().unwrap();
        let frame = encode(&mut encoder, picture, u64::from(n), false);
        assert_eq!(frame.key, n == 0, "frame {n}");
        let decoded = decoder.decode(&frame.data).unwrap().expect("each frame gives a picture");
        let likeness = psnr(picture, &decoded);
        assert!(likeness > 30.0, "frame {n}: {likeness:.1} dB");
        painter.fill(Rect { x: n * 20, y: n * 11, width: 31, height: 17 }, (255, 255, 255));
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
    let mut encoder = H264Encoder::new(capturer.size(), 4_000).unwrap();
    for n in 0..20 {
        let asked = matches!(n, 0 | 7 | 8 | 15);
        let frame = encode(&mut encoder, picture, n, asked);
        assert_eq!(frame.key, asked, "frame {n}");
        if asked {
            assert_eq!(units(&frame), [7, 8, 5], "parameter sets, then one key picture");
            let mut late = Decoder::new().unwrap();
            let decoded = late.decode(&frame.data).unwrap().expect("a decoder can start here");
            assert!(psnr(picture, &decoded) > 30.0);
        } else {
            assert_eq!(units(&frame), [1]);
        }
    }
}

#[test]
fn browsers_are_told_what_they_can_decode() {
    for (width, height, level) in [(640, 480, 30), (1280, 720, 31), (1920, 1080, 40), (3840, 2160, 51)] {
        let size = Size { width, height };
        let mut encoder = H264Encoder::new(size, 4_000).unwrap();
        let [profile, constraints, got] =
            profile_level_id(&encode(&mut encoder, &I420::black(size), 0, false));
        assert_eq!(profile, 0x42, "baseline");
        assert_eq!(constraints & 0xc0, 0xc0, "constrained, which is what every browser decodes");
        assert_eq!(got, level, "{width}x{height}");
    }
}

#[test]
fn sizes_that_cannot_be_encoded_are_refused_with_a_sentence() {
    for (width, height) in [(15, 480), (640, 15), (3841, 2160), (3840, 2161), (2161, 3840), (65535, 65535)] {
        let size = Size { width, height };
        let error = H264Encoder::new(size, 4_000).err();
        assert_eq!(error, Some(EncodeError::Size(size)));
    }
    for (width, height) in [(16, 16), (17, 17), (3840, 2160), (2160, 3840)] {
        let size = Size { width, height };
        let mut encoder = H264Encoder::new(size, 4_000).unwrap();
        assert!(encode(&mut encoder, &I420::black(size), 0, true).key, "{width}x{height}");
    }
    let message = EncodeError::Size(Size { width: 5120, height: 2880 }).to_string();
    assert!(message.contains("5120 by 2880") && message.contains("change the resolution"), "{message}");
}

#[test]
fn a_picture_of_another_size_is_refused() {
    let (expected, got) = (Size { width: 320, height: 200 }, Size { width: 322, height: 200 });
    let mut encoder = H264Encoder::new(expected, 4_000).unwrap();
    let error = encoder.encode(&I420::black(got), 0, false);
    assert_eq!(error, Err(EncodeError::WrongSize { expected, got }));
}

#[test]
fn a_new_scene_is_seen_as_well_as_an_old_one() {
    let server = Server::xvfb("640x480x24");
    let person = Person::who_shows_the_screen();
    let mut painter = Painter::new(&server);
    let mut capturer = X11Capturer::open(person.view(), server.at()).unwrap();
    let mut encoder = H264Encoder::new(capturer.size(), 4_000).unwrap();
    let mut decoder = Decoder::new().unwrap();
    for n in 0..10 {
        match n {
            4 => painter.pattern(),
            7 => painter.fill(Rect::whole(capturer.size()), (90, 160, 70)),
            _ => {}
        }
        capturer.grab().unwrap();
        let picture = capturer.frame().unwrap();
        let frame = encode(&mut encoder, picture, n, false);
        assert_eq!(frame.key, units(&frame).contains(&5), "frame {n} says what it is");
        assert_eq!(frame.key, units(&frame).contains(&7), "frame {n} brings its parameter sets");
        let decoded = decoder.decode(&frame.data).unwrap().expect("each frame gives a picture");
        let likeness = psnr(picture, &decoded);
        assert!(likeness > 30.0, "frame {n}: {likeness:.1} dB");
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
