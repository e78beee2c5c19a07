//! The options of OpenH264 that its safe interface does not reach.
#![expect(unsafe_code, reason = "OpenH264 takes these options through a C function with an untyped pointer")]

use std::ffi::{c_int, c_void};

use openh264::encoder::Encoder;
use openh264_sys2::{
    DEBLOCKING_IDC_1, ENCODER_OPTION_SVC_ENCODE_PARAM_EXT as EVERYTHING, PRO_BASELINE, SEncParamExt,
};

/// `ENCODER_OPTION_BITRATE` of OpenH264's `codec_app_def.h`; its value is a [`BitrateInfo`].
const BITRATE: c_int = 5;

/// `ENCODER_OPTION_MAX_BITRATE` of the same file, with the same type of value.
const MAX_BITRATE: c_int = 6;

/// `ENCODER_OPTION_RC_MODE` of the same file; its value is a C `int`, one of [`RateControl`].
const RC_MODE: c_int = 8;

/// `RC_MODES` of the same file, as far as we use them.
#[derive(Clone, Copy, Debug)]
pub(super) enum RateControl {
    /// `RC_OFF_MODE`: the quantizer is 26, whatever that costs.
    Off = -1,
    /// `RC_BITRATE_MODE`.
    Bitrate = 1,
}

/// `ENCODER_OPTION_TRACE_LEVEL` of the same file; its value is a C `int`.
const TRACE_LEVEL: c_int = 25;

/// `WELS_LOG_QUIET` of the same file.
const QUIET: c_int = 0;

/// `SPATIAL_LAYER_0` and `SPATIAL_LAYER_ALL` of the same file. We encode one layer, but each option looks at its own.
const ONLY_LAYER: c_int = 0;
const ALL_LAYERS: c_int = 4;

/// `SBitrateInfo` of the same file.
#[repr(C)]
struct BitrateInfo {
    layer: c_int,
    bits_per_second: c_int,
}

/// Silences an encoder before its first frame.
///
/// It writes warnings about settings that we chose on purpose to the standard error output, in the middle of what a
/// person reads there. The safe interface silences it only after these have been written.
pub(super) fn silence(encoder: &mut Encoder) {
    // It fails for null pointers and unknown options only, and a talking encoder would still be an encoder.
    let _ = set(encoder, TRACE_LEVEL, QUIET);
}

/// Changes the bitrate of an encoder that has made a frame already; says whether it took it.
pub(super) fn set_bitrate(encoder: &mut Encoder, bits_per_second: u32) -> bool {
    let target = c_int::try_from(bits_per_second).unwrap_or(c_int::MAX);
    let most = |encoder: &mut Encoder| {
        set(encoder, MAX_BITRATE, BitrateInfo { layer: ONLY_LAYER, bits_per_second: target })
    };
    let aim = |encoder: &mut Encoder| {
        set(encoder, BITRATE, BitrateInfo { layer: ALL_LAYERS, bits_per_second: target })
    };
    // It refuses an aim above the most, and a most below the aim. On the way up the most goes first, on the way down
    // the aim, and which way it is shows when the first of them is refused.
    (most(encoder) && aim(encoder)) || (aim(encoder) && most(encoder))
}

/// Changes how an encoder that has made a frame already chooses its quantizer; says whether it took it.
pub(super) fn set_rate_control(encoder: &mut Encoder, mode: RateControl) -> bool {
    set(encoder, RC_MODE, mode as c_int)
}

/// Makes an encoder of another profile, that has made a frame already, one of the baseline profile, which leaves the edges
/// between blocks as they are; says whether it took it. It begins anew by that.
pub(super) fn leave_edges(encoder: &mut Encoder) -> bool {
    let mut all = SEncParamExt::default();
    // SAFETY: the option's value has this type, and is copied to where the pointer points before this returns. An encoder
    // that has made a frame has one.
    let result = unsafe { encoder.raw_api().get_option(EVERYTHING, (&raw mut all).cast::<c_void>()) };
    all.iLoopFilterDisableIdc = DEBLOCKING_IDC_1;
    // It looks at the filter only where it begins anew, as it does for another profile.
    all.sSpatialLayers[0].uiProfileIdc = PRO_BASELINE;
    result == 0 && set(encoder, EVERYTHING, all)
}

/// Sets one option; `value` has the type that the option's documentation names.
fn set<T>(encoder: &mut Encoder, option: c_int, mut value: T) -> bool {
    // SAFETY: the callers above pass each option with a value of its type, which OpenH264 reads through the pointer
    // before it returns. These options change the log level, the rate control, the profile and the filter only, of
    // which the safe interface assumes nothing; before the first frame all but the log level are refused.
    let result = unsafe { encoder.raw_api().set_option(option, (&raw mut value).cast::<c_void>()) };
    result == 0
}
