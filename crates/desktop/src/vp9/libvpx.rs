//! The one place where libvpx is called.
#![expect(unsafe_code, reason = "libvpx is a C library: it takes raw pointers, and options of many types")]

use std::ffi::{CStr, c_int, c_uint, c_ulong};
use std::mem::MaybeUninit;
use std::ptr;

use rendezvous_assist::screen::Size;
use vpx_sys as vpx;
use vpx_sys::vp8e_enc_control_id as control;

use super::map::BlockMap;
use crate::{EncodeError, I420};

/// What is asked of every frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order<'a> {
    /// Only these blocks may change; `None`: all.
    pub(super) active: Option<&'a BlockMap>,
    /// A decoder must be able to start here.
    pub(super) key: bool,
    /// Milliseconds of the stream's own clock, which goes up from frame to frame.
    pub(super) time: i64,
    /// Milliseconds until the next frame, as far as the encoder must know.
    pub(super) duration: u32,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) data: Vec<u8>,
    pub(super) key: bool,
}

/// The bits that it may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Budget {
    pub(super) kbps: u32,
    /// The finest quantizer, 0 (nearly lossless) to 63.
    pub(super) finest: u32,
    /// The coarsest one; no finer than the finest.
    pub(super) coarsest: u32,
}

/// An encoder of libvpx for VP9, profile 0.
pub(super) struct Libvpx {
    /// In a box, because the context points at the configuration: neither may move while the encoder lives.
    inner: Box<Inner>,
    size: Size,
    budget: Budget,
}

struct Inner {
    context: vpx::vpx_codec_ctx_t,
    config: vpx::vpx_codec_enc_cfg_t,
}

// SAFETY: an encoder of libvpx belongs to no thread. Its own threads work only during a call, and every call needs
// `&mut` here.
unsafe impl Send for Libvpx {}

impl Libvpx {
    pub(super) fn new(size: Size, budget: Budget, threads: u32) -> Result<Self, EncodeError> {
        let config = configuration(size, budget, threads)?;
        // SAFETY: a C structure of pointers, integers and one enumeration, of each of which zero is a value.
        let context = unsafe { MaybeUninit::<vpx::vpx_codec_ctx_t>::zeroed().assume_init() };
        let mut inner = Box::new(Inner { context, config });
        let version = c_int::try_from(vpx::VPX_ENCODER_ABI_VERSION).unwrap_or(c_int::MAX);
        // SAFETY: both pointers are to an allocation that stays where it is until the context is destroyed, and the
        // version is the one of the structures in it.
        let result = unsafe {
            let (context, config) = (&raw mut inner.context, &raw const inner.config);
            vpx::vpx_codec_enc_init_ver(context, vpx::vpx_codec_vp9_cx(), config, 0, version)
        };
        // After a failure nothing is left to destroy: libvpx has done so.
        check(result, "it does not begin")?;
        let mut encoder = Self { inner, size, budget };
        encoder.tune()?;
        Ok(encoder)
    }

    /// What suits a screen, live: measured in `docs/benchmarks.md`.
    fn tune(&mut self) -> Result<(), EncodeError> {
        for (option, value) in [
            // The fastest of real-time's speeds: a quarter less work than the next one, and no worse to look at.
            (control::VP8E_SET_CPUUSED, 9),
            // Screens, not cameras.
            (control::VP9E_SET_TUNE_CONTENT, 1),
            // What is sharpened is decided here, not by a cycle through the picture.
            (control::VP9E_SET_AQ_MODE, 0),
            // Two columns that two threads, here and in the decoder, can work on.
            (control::VP9E_SET_TILE_COLUMNS, 1),
            (control::VP9E_SET_ROW_MT, 1),
            (control::VP9E_SET_FRAME_PARALLEL_DECODING, 0),
            // A key frame of a whole screen needs many times the bits of another one.
            (control::VP8E_SET_MAX_INTRA_BITRATE_PCT, 1500),
            // BT.709, as the pictures are.
            (control::VP9E_SET_COLOR_SPACE, 2),
        ] {
            self.control(option, value)?;
        }
        Ok(())
    }

    fn control(&mut self, option: vpx::vp8e_enc_control_id, value: c_int) -> Result<(), EncodeError> {
        // SAFETY: the context is initialised, and every option that is passed here takes one `int`.
        let result = unsafe { vpx::vpx_codec_control_(self.context(), option as c_int, value) };
        check(result, "it refuses an option")
    }

    /// Changes what the frames from the next one on may cost.
    pub(super) fn set_budget(&mut self, budget: Budget) -> Result<(), EncodeError> {
        if budget == self.budget {
            return Ok(());
        }
        let inner = &mut *self.inner;
        inner.config.rc_target_bitrate = budget.kbps;
        inner.config.rc_min_quantizer = budget.finest;
        inner.config.rc_max_quantizer = budget.coarsest;
        // SAFETY: the context is initialised, and the configuration is the one that it was made with but for these
        // three numbers.
        let result =
            unsafe { vpx::vpx_codec_enc_config_set(&raw mut inner.context, &raw const inner.config) };
        check(result, "it refuses a bitrate")?;
        self.budget = budget;
        Ok(())
    }

    /// Encodes one picture, which must have the size that the encoder was made for.
    pub(super) fn encode(&mut self, picture: &I420, order: Order<'_>) -> Result<Option<Frame>, EncodeError> {
        if picture.size() != self.size {
            return Err(EncodeError::WrongSize { expected: self.size, got: picture.size() });
        }
        self.set_active(order.active)?;
        let image = image(picture);
        let flags = if order.key { vpx::VPX_EFLAG_FORCE_KF } else { 0 };
        // SAFETY: the image points into `picture`, which is borrowed until after the call and has all rows of the size
        // that the image and the encoder have; libvpx copies it and only reads it.
        let result = unsafe {
            vpx::vpx_codec_encode(
                self.context(),
                &raw const image,
                order.time,
                c_ulong::from(order.duration.max(1)),
                flags.into(),
                vpx::VPX_DL_REALTIME.into(),
            )
        };
        check(result, "it does not take a picture")?;
        Ok(self.take_frame())
    }

    /// Says which blocks may change in the next frame.
    fn set_active(&mut self, active: Option<&BlockMap>) -> Result<(), EncodeError> {
        let (columns, rows) = BlockMap::dimensions(self.size);
        let cells = match active {
            Some(map) => {
                assert_eq!(map.cells().len(), columns * rows, "a map covers the screen");
                map.cells().as_ptr().cast_mut()
            }
            // Libvpx takes this as: all of them.
            None => ptr::null_mut(),
        };
        let side = |cells: usize| c_uint::try_from(cells).unwrap_or(c_uint::MAX);
        let mut map = vpx::vpx_active_map { active_map: cells, rows: side(rows), cols: side(columns) };
        // SAFETY: this option takes a pointer to such a structure. It and the cells, of which there are rows times
        // columns, live until after the call, in which libvpx copies them without writing.
        let result = unsafe {
            let option = control::VP8E_SET_ACTIVEMAP as c_int;
            vpx::vpx_codec_control_(self.context(), option, &raw mut map)
        };
        check(result, "it refuses a map of what changed")
    }

    fn take_frame(&mut self) -> Option<Frame> {
        let mut iterator: vpx::vpx_codec_iter_t = ptr::null();
        let mut whole: Option<Frame> = None;
        loop {
            // SAFETY: the context is initialised, and the iterator was null before the first call.
            let packet = unsafe { vpx::vpx_codec_get_cx_data(self.context(), &raw mut iterator) };
            // SAFETY: the packet is null or lives until the next call to the encoder, which this borrow excludes.
            let Some(packet) = (unsafe { packet.as_ref() }) else { return whole };
            if packet.kind != vpx::vpx_codec_cx_pkt_kind::VPX_CODEC_CX_FRAME_PKT {
                continue;
            }
            // SAFETY: the kind says which part of the union is meant.
            let frame = unsafe { packet.data.frame };
            let length = usize::try_from(frame.sz).unwrap_or(0);
            if frame.buf.is_null() || length == 0 {
                continue;
            }
            // SAFETY: libvpx hands out this many bytes, which it leaves alone until the next call.
            let bytes = unsafe { std::slice::from_raw_parts(frame.buf.cast::<u8>(), length) };
            let key = frame.flags & vpx::VPX_FRAME_IS_KEY != 0;
            let frame = whole.get_or_insert_with(|| Frame { data: Vec::with_capacity(length), key });
            frame.data.extend_from_slice(bytes);
        }
    }

    fn context(&mut self) -> *mut vpx::vpx_codec_ctx_t {
        &raw mut self.inner.context
    }
}

impl Drop for Libvpx {
    fn drop(&mut self) {
        // SAFETY: the context is initialised, and nobody uses it after this.
        unsafe {
            vpx::vpx_codec_destroy(self.context());
        }
    }
}

fn configuration(size: Size, budget: Budget, threads: u32) -> Result<vpx::vpx_codec_enc_cfg_t, EncodeError> {
    let mut config = MaybeUninit::<vpx::vpx_codec_enc_cfg_t>::zeroed();
    // SAFETY: the interface is libvpx's own, and it fills the structure that the pointer is to.
    let result =
        unsafe { vpx::vpx_codec_enc_config_default(vpx::vpx_codec_vp9_cx(), config.as_mut_ptr(), 0) };
    check(result, "it has no configuration")?;
    // SAFETY: it has said that it filled all of it.
    let mut config = unsafe { config.assume_init() };
    config.g_w = size.width.into();
    config.g_h = size.height.into();
    config.g_timebase = vpx::vpx_rational { num: 1, den: 1000 };
    config.g_threads = threads;
    config.g_lag_in_frames = 0;
    config.g_error_resilient = 0;
    config.rc_end_usage = vpx::vpx_rc_mode::VPX_CBR;
    config.rc_target_bitrate = budget.kbps;
    config.rc_min_quantizer = budget.finest;
    config.rc_max_quantizer = budget.coarsest;
    config.rc_undershoot_pct = 50;
    config.rc_overshoot_pct = 50;
    config.rc_buf_sz = 1000;
    config.rc_buf_initial_sz = 600;
    config.rc_buf_optimal_sz = 600;
    // A frame that is left out is a delayed one.
    config.rc_dropframe_thresh = 0;
    config.rc_resize_allowed = 0;
    // Key frames come when they are asked for.
    config.kf_mode = vpx::vpx_kf_mode::VPX_KF_DISABLED;
    Ok(config)
}

fn image(picture: &I420) -> vpx::vpx_image_t {
    let size = picture.size();
    // SAFETY: a C structure of integers, pointers and enumerations, of each of which zero is a value.
    let mut image = unsafe { MaybeUninit::<vpx::vpx_image_t>::zeroed().assume_init() };
    let format = vpx::vpx_img_fmt::VPX_IMG_FMT_I420;
    let luma = picture.y().as_ptr().cast_mut();
    // SAFETY: the pointer is to a live structure, which is only filled. The planes are set below: those that this
    // function works out would be of one buffer.
    unsafe {
        vpx::vpx_img_wrap(&raw mut image, format, size.width.into(), size.height.into(), 1, luma);
    }
    let chroma = c_int::try_from(picture.chroma_stride()).unwrap_or(0);
    image.planes = [luma, picture.u().as_ptr().cast_mut(), picture.v().as_ptr().cast_mut(), ptr::null_mut()];
    image.stride = [size.width.into(), chroma, chroma, 0];
    image
}

fn check(result: vpx::vpx_codec_err_t, what: &str) -> Result<(), EncodeError> {
    if result == vpx::vpx_codec_err_t::VPX_CODEC_OK {
        return Ok(());
    }
    // SAFETY: the text is a constant of libvpx for every value.
    let why = unsafe { CStr::from_ptr(vpx::vpx_codec_err_to_string(result)) };
    Err(EncodeError::Codec(format!("{what}: {}", why.to_string_lossy())))
}
