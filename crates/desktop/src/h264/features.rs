//! Keeps OpenH264 from preparing its search for features.
//!
//! Before each picture that shows a screen OpenH264 sorts the whole picture before it, pixel by pixel, by the brightness
//! of the block that begins there, so that it can look for a block anywhere. That is half of all its work, and it finds
//! little that its search along rows and columns does not find (docs/benchmarks.md). It has no option to leave it out.
//! But the preparation is one function, called from one place, and the encoder is ready for it to have failed: then it
//! goes without. The linker puts [`prepare_features`] in its place (see `build.rs`, here and in `crates/cli`).
//!
//! Now and again the preparation is done all the same, since it also sets from which difference on rows and columns are
//! searched, by the quantizer of the picture before.
#![expect(unsafe_code, reason = "a C++ function is put in the place of another one")]

use std::cell::Cell;
use std::ffi::c_void;

/// Of so many pictures in a row...
const TURN: u32 = 128;

/// ...so many are prepared: the encoder has two buffers for pictures, and each keeps its own limits.
const PREPARED: u32 = 2;

thread_local! {
    /// How often this thread's encoders wanted to prepare a picture.
    static WANTED: Cell<u32> = const { Cell::new(0) };
}

unsafe extern "C" {
    /// `WelsEnc::PerformFMEPreprocess` of OpenH264's `svc_motion_estimate.h`, as the linker calls it that put ours in its
    /// place.
    #[link_name = "__real__ZN7WelsEnc20PerformFMEPreprocessEPNS_22TagWelsFuncPointerListEPNS_10TagPictureEPtPNS_28TagScreenBlockFeatureStorageE"]
    fn openh264_prepares_features(
        functions: *mut c_void,
        before: *mut c_void,
        sums: *mut u16,
        features: *mut c_void,
    );
}

/// An encoder begins on this thread: its first pictures set the limits.
pub(super) fn begin() {
    WANTED.set(0);
}

/// What OpenH264 calls instead.
#[unsafe(export_name = "__wrap__ZN7WelsEnc20PerformFMEPreprocessEPNS_22TagWelsFuncPointerListEPNS_10TagPictureEPtPNS_28TagScreenBlockFeatureStorageE")]
extern "C" fn prepare_features(
    functions: *mut c_void,
    before: *mut c_void,
    sums: *mut u16,
    features: *mut c_void,
) {
    let wanted = WANTED.get();
    WANTED.set(wanted.wrapping_add(1));
    if wanted % TURN < PREPARED {
        // SAFETY: these are the arguments of a call of OpenH264's to this very function, unchanged.
        unsafe { openh264_prepares_features(functions, before, sums, features) }
    }
}

#[cfg(test)]
mod tests {
    use rendezvous_assist::pace::Purpose;
    use rendezvous_assist::screen::Size;

    use super::*;
    use crate::{Encode, H264Encoder, I420, Rect};

    /// Without it all would go on as before, at twice the cost, and nobody would see why.
    #[test]
    fn the_encoder_asks_us_and_not_its_own_function() {
        let size = Size { width: 640, height: 368 };
        let stripes: Vec<u8> = (0..640 * 368).flat_map(|n: usize| [((n * n) >> 4) as u8; 4]).collect();
        let mut picture = I420::black(size);
        picture.update(Rect::whole(size), &stripes);
        let mut encoder = H264Encoder::new(size, 1_000).unwrap();
        for n in 0..10 {
            encoder.encode(&picture, &[Rect::whole(size)], Purpose::Change, n * 16_667).unwrap().unwrap();
        }
        assert_eq!(WANTED.get(), 9, "before each picture but the first");
    }
}
