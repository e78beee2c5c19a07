//! Keeps OpenH264 from writing to the terminal.
//!
//! It writes warnings about settings that we chose on purpose to the standard error output, in the middle of what a
//! person reads there. The safe interface silences it only after these have been written.
#![expect(unsafe_code, reason = "OpenH264 takes its log level through a C function with an untyped pointer")]

use std::ffi::c_int;

use openh264::encoder::Encoder;

/// `ENCODER_OPTION_TRACE_LEVEL` of OpenH264's `codec_app_def.h`; its value is a C `int`.
const TRACE_LEVEL: c_int = 25;

/// `WELS_LOG_QUIET` of the same file.
const QUIET: c_int = 0;

/// Silences an encoder before its first frame.
pub(super) fn silence(encoder: &mut Encoder) {
    let mut level = QUIET;
    // SAFETY: this option is allowed before the encoder is initialised, and it reads one `int` through the pointer
    // before it returns. It changes the log level only, of which the safe interface assumes nothing.
    unsafe {
        // It fails for null pointers and unknown options only, and a talking encoder would still be an encoder.
        let _ = encoder.raw_api().set_option(TRACE_LEVEL, (&raw mut level).cast());
    }
}
