//! What both encoders promise, on pictures that are made here.

use rendezvous_assist::description::Codec;
use rendezvous_assist::pace::Purpose;
use rendezvous_assist::screen::{EncodedFrame, Size};
use rendezvous_desktop::{CODECS, Encode, EncodeError, I420, Rect, encoder};

use crate::decode::{Decoded, Decoder};

const SIZE: Size = Size { width: 640, height: 368 };

/// Microseconds between two pictures, thirty a second.
const STEP_US: u64 = 33_333;

/// Something like lines of dense text, which goes on for ever; the view begins at line `top`.
fn text(size: Size, top: usize) -> I420 {
    let mut picture = I420::black(size);
    picture.update(Rect::whole(size), &pixels(size, top));
    picture
}

fn pixels(size: Size, top: usize) -> Vec<u8> {
    let mut pixels = Vec::new();
    for row in 0..usize::from(size.height) {
        let (line, in_line) = ((row + top) / 14, (row + top) % 14);
        for column in 0..usize::from(size.width) {
            let (letter, in_letter) = (column / 7, column % 7);
            let seed = (line * 1031 + letter * 613).wrapping_mul(2_654_435_761);
            let stroke = (seed >> ((in_line / 2 * 3 + in_letter / 2) % 30)) & 1 == 1;
            let ink = in_line < 11 && in_letter < 6 && stroke;
            let grey = if ink { 230 } else { 20 };
            pixels.extend([grey, grey, grey, 0]);
        }
    }
    pixels
}

/// The same picture with one letter more.
fn with_letter(picture: &I420, at: Rect) -> I420 {
    let mut picture = picture.clone();
    let pixels = usize::from(at.width) * usize::from(at.height);
    picture.update(at, &[40, 200, 250, 0].repeat(pixels));
    picture
}

/// An encoder, the viewer's decoder, and how many pictures went through them.
struct Stream {
    codec: Codec,
    encoder: Box<dyn Encode>,
    decoder: Decoder,
    pictures: u64,
}

impl Stream {
    fn new(codec: Codec, size: Size, kbps: u32) -> Self {
        let encoder = encoder(codec, size, kbps).unwrap();
        Self { codec, encoder, decoder: Decoder::new(codec), pictures: 0 }
    }

    /// The frame and what the viewer sees of it, if there is one.
    fn try_send(
        &mut self,
        picture: &I420,
        damage: &[Rect],
        purpose: Purpose,
    ) -> Option<(EncodedFrame, Decoded)> {
        self.pictures += 1;
        let frame = self.encoder.encode(picture, damage, purpose, self.pictures * STEP_US).unwrap()?;
        let seen = self.decoder.decode(&frame.data).expect("each frame gives a picture");
        Some((frame, seen))
    }

    fn send(&mut self, picture: &I420, damage: &[Rect], purpose: Purpose) -> (EncodedFrame, Decoded) {
        self.try_send(picture, damage, purpose).unwrap_or_else(|| panic!("{}: no frame", self.codec))
    }

    /// Scrolls a part of the screen for so many pictures; how many bytes that took, and how the last of them is seen.
    fn scroll(&mut self, pictures: usize) -> (usize, f64) {
        let (mut bytes, mut likeness) = (0, 0.0);
        for _ in 0..pictures {
            let picture = self.scrolled();
            let (frame, seen) = self.send(&picture, &[PART], Purpose::Change);
            assert_eq!(frame.key, self.pictures == 1, "{}", self.codec);
            bytes += frame.data.len();
            likeness = seen.psnr(&picture);
        }
        (bytes, likeness)
    }

    /// The next picture of that: not by whole lines, and a little faster each time, which no encoder finds at once.
    fn scrolled(&self) -> I420 {
        let mut picture = text(SIZE, 0);
        let top = usize::try_from(self.pictures * self.pictures).unwrap() * 5;
        let part = Size { width: PART.width, height: PART.height };
        picture.update(PART, &pixels(part, top));
        picture
    }
}

/// The part of the screen that scrolls.
const PART: Rect = Rect { x: 160, y: 112, width: 160, height: 112 };

/// The blocks of 16 × 16 pixels in which two pictures differ.
fn changed_blocks(a: &Decoded, b: &Decoded) -> Vec<(usize, usize)> {
    let mut blocks = Vec::new();
    for (row, (a, b)) in a.y.chunks(a.width * 16).zip(b.y.chunks(b.width * 16)).enumerate() {
        for column in 0..SIZE.width.div_ceil(16).into() {
            let differs =
                |(at, (a, b)): (usize, (&u8, &u8))| at % usize::from(SIZE.width) / 16 == column && a != b;
            if a.iter().zip(b).enumerate().any(differs) {
                blocks.push((column, row));
            }
        }
    }
    blocks
}

#[test]
fn one_letter_costs_little_and_is_seen() {
    for codec in CODECS {
        let mut stream = Stream::new(*codec, SIZE, 4_000);
        let before = text(SIZE, 0);
        let (key, _) = stream.send(&before, &[], Purpose::Key);
        let letter = Rect { x: 322, y: 162, width: 8, height: 12 };
        let after = with_letter(&before, letter);
        let (frame, seen) = stream.send(&after, &[letter], Purpose::Change);
        assert!(!frame.key, "{codec}");
        assert!(
            frame.data.len() * 10 < key.data.len(),
            "{codec}: {} of {}",
            frame.data.len(),
            key.data.len()
        );
        let (row, column) = (usize::from(letter.y) + 6, usize::from(letter.x) + 4);
        let at = row * usize::from(SIZE.width) + column;
        assert!(seen.y[at].abs_diff(after.y()[at]) < 24, "{codec}: {} for {}", seen.y[at], after.y()[at]);
    }
}

/// The promise of the map: whatever is not in it stays as the viewer has it, bit for bit.
#[test]
fn vp9_leaves_what_did_not_change_as_it_is() {
    let mut stream = Stream::new(Codec::Vp9, SIZE, 4_000);
    let mut picture = text(SIZE, 0);
    let (_, mut before) = stream.send(&picture, &[], Purpose::Key);
    // Until all of it is sharp, a change takes soft blocks along.
    while let Some((_, seen)) = stream.try_send(&picture, &[], Purpose::Sharpen) {
        before = seen;
    }
    for (x, y) in [(322, 162), (0, 0), (632, 356), (100, 50)] {
        let letter = Rect { x, y, width: 8, height: 12 };
        picture = with_letter(&picture, letter);
        let (frame, after) = stream.send(&picture, &[letter], Purpose::Change);
        let changed = changed_blocks(&before, &after);
        let (left, top) = (usize::from(x / 16), usize::from(y / 16));
        let (right, bottom) = (usize::from((x + 7) / 16), usize::from((y + 11) / 16));
        assert!(!changed.is_empty(), "the letter is seen");
        // Smoothing reaches over the edge of a block into its neighbours by some pixels.
        let around =
            |at: usize, first: usize, last: usize| (first.saturating_sub(1)..=last + 1).contains(&at);
        for (column, row) in changed {
            assert!(around(column, left, right) && around(row, top, bottom), "block {column}, {row} changed");
        }
        assert!(frame.data.len() < 1000, "{} bytes", frame.data.len());
        before = after;
        while let Some((_, seen)) = stream.try_send(&picture, &[], Purpose::Sharpen) {
            before = seen;
        }
    }
}

#[test]
fn a_sign_of_life_is_small_and_changes_nothing() {
    for codec in CODECS {
        let mut stream = Stream::new(*codec, SIZE, 4_000);
        let picture = text(SIZE, 0);
        let (_, mut before) = stream.send(&picture, &[], Purpose::Key);
        while let Some((_, seen)) = stream.try_send(&picture, &[], Purpose::Sharpen) {
            before = seen;
        }
        for _ in 0..5 {
            let (frame, seen) = stream.send(&picture, &[], Purpose::KeepAlive);
            assert!(frame.data.len() < 200 && !frame.key, "{codec}: {} bytes", frame.data.len());
            assert!(seen == before, "{codec}: the picture changed");
        }
    }
}

#[test]
fn a_screen_at_rest_becomes_sharp_and_then_nothing_more_is_said() {
    for codec in CODECS {
        // So few bits that what moves is coarse.
        let mut stream = Stream::new(*codec, SIZE, 300);
        let (_, moving) = stream.scroll(40);
        let picture = stream.scrolled();
        let (_, seen) = stream.send(&picture, &[PART], Purpose::Change);
        let (first, mut last, mut frames) = (seen.psnr(&picture), 0.0, 0);
        while let Some((frame, seen)) = stream.try_send(&picture, &[], Purpose::Sharpen) {
            assert!(!frame.key, "{codec}");
            last = seen.psnr(&picture);
            frames += 1;
            assert!(frames <= 20, "{codec}: it never has enough");
        }
        assert!(last > first + 3.0 && last > 34.0, "{codec}: {moving:.1}, {first:.1}, then {last:.1} dB");
        assert_eq!(
            stream.try_send(&picture, &[], Purpose::Sharpen).map(|_| ()),
            None,
            "{codec}: it stays so"
        );
        // What changes then is sharpened again, and is no key frame.
        let letter = Rect { x: 64, y: 64, width: 16, height: 16 };
        let picture = with_letter(&picture, letter);
        let (frame, _) = stream.send(&picture, &[letter], Purpose::Change);
        assert!(!frame.key, "{codec}");
        assert!(
            stream.try_send(&picture, &[], Purpose::Sharpen).is_some(),
            "{codec}: what changed is looked at"
        );
    }
}

#[test]
fn the_bitrate_is_followed_without_a_key_frame() {
    for codec in CODECS {
        let mut stream = Stream::new(*codec, SIZE, 3_000);
        stream.scroll(20);
        let (rich, sharp) = stream.scroll(40);
        stream.encoder.set_bitrate(300).unwrap();
        stream.scroll(20);
        let (poor, coarse) = stream.scroll(40);
        stream.encoder.set_bitrate(3_000).unwrap();
        // Upwards encoders go by small steps.
        stream.scroll(40);
        let (again, sharp_again) = stream.scroll(40);
        assert!(poor * 2 < rich && poor * 2 < again, "{codec}: {rich}, {poor}, {again} bytes");
        assert!(coarse < sharp && coarse < sharp_again, "{codec}: {sharp}, {coarse}, {sharp_again} dB");
    }
}

#[cfg(feature = "h264")]
#[test]
fn a_narrow_path_begins_with_a_small_key_frame_and_one_that_turns_out_wide_gets_a_fine_one() {
    let picture = text(SIZE, 0);
    let whole = [Rect::whole(SIZE)];
    let (fine, _) = Stream::new(Codec::H264, SIZE, 4_000).send(&picture, &whole, Purpose::Key);
    let mut narrow = Stream::new(Codec::H264, SIZE, 800);
    let (coarse, _) = narrow.send(&picture, &whole, Purpose::Key);
    assert!(
        coarse.data.len() * 3 < fine.data.len() * 2,
        "{} and {} bytes",
        coarse.data.len(),
        fine.data.len()
    );
    narrow.encoder.set_bitrate(4_000).unwrap();
    let (again, _) = narrow.send(&picture, &whole, Purpose::Change);
    assert!(again.key && again.data.len() * 4 > fine.data.len() * 3, "{} bytes", again.data.len());
}

#[test]
fn any_bitrate_is_taken_at_any_time() {
    for codec in CODECS {
        let mut stream = Stream::new(*codec, SIZE, 3_000);
        let picture = text(SIZE, 0);
        for kbps in [0, 1, 100, u32::MAX, 5, 12_000, 400, 4_000_000, 300] {
            stream.encoder.set_bitrate(kbps).unwrap();
            let purpose = if stream.pictures == 0 { Purpose::Key } else { Purpose::Change };
            let (frame, _) = stream.send(&picture, &[Rect::whole(SIZE)], purpose);
            assert_eq!(frame.key, stream.pictures == 1, "{codec}, {kbps} kbit/s");
        }
    }
}

#[test]
fn damage_that_is_not_on_the_screen_does_no_harm() {
    let far = Rect { x: u16::MAX, y: u16::MAX, width: u16::MAX, height: u16::MAX };
    let wide = Rect { x: 600, y: 300, width: 5000, height: 5000 };
    let nothing = Rect { x: 5, y: 5, width: 0, height: 0 };
    for codec in CODECS {
        let mut stream = Stream::new(*codec, SIZE, 4_000);
        let picture = text(SIZE, 0);
        for damage in [&[][..], &[far], &[wide], &[nothing], &[far, wide, nothing]] {
            let (_, seen) = stream.send(&picture, damage, Purpose::Change);
            assert!(seen.psnr(&picture) > 30.0, "{codec}: {damage:?}");
        }
    }
}

#[test]
fn sizes_that_cannot_be_encoded_are_refused_with_a_sentence() {
    for codec in CODECS {
        for (width, height) in
            [(0, 0), (15, 480), (640, 15), (3841, 2160), (3840, 2161), (2161, 3840), (65535, 65535)]
        {
            let size = Size { width, height };
            assert_eq!(encoder(*codec, size, 4_000).err(), Some(EncodeError::Size(size)), "{codec}");
        }
        for (width, height) in [(16, 16), (17, 17), (3840, 2160), (2160, 3840)] {
            let size = Size { width, height };
            let mut stream = Stream::new(*codec, size, 4_000);
            assert!(stream.send(&I420::black(size), &[], Purpose::Key).0.key, "{codec}: {width}x{height}");
        }
    }
    let message = EncodeError::Size(Size { width: 5120, height: 2880 }).to_string();
    assert!(message.contains("5120 by 2880") && message.contains("change the resolution"), "{message}");
}

#[test]
fn a_picture_of_another_size_is_refused() {
    let (expected, got) = (Size { width: 320, height: 200 }, Size { width: 322, height: 200 });
    for codec in CODECS {
        let mut encoder = encoder(*codec, expected, 4_000).unwrap();
        let error = encoder.encode(&I420::black(got), &[], Purpose::Key, 0);
        assert_eq!(error, Err(EncodeError::WrongSize { expected, got }), "{codec}");
    }
}
