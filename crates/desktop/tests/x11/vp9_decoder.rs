//! Libvpx's decoder for VP9: the other end of the encoder that is tested.
#![expect(unsafe_code, reason = "libvpx is a C library, and takes and gives raw pointers")]

use std::ffi::{c_int, c_uint};
use std::mem::MaybeUninit;
use std::ptr;

use vpx_sys as vpx;

use crate::decode::Decoded;

pub(crate) struct Vp9Decoder {
    context: vpx::vpx_codec_ctx_t,
}

impl Vp9Decoder {
    pub(crate) fn new() -> Self {
        // SAFETY: a C structure of pointers, integers and one enumeration, of each of which zero is a value.
        let mut context = unsafe { MaybeUninit::<vpx::vpx_codec_ctx_t>::zeroed().assume_init() };
        let version = c_int::try_from(vpx::VPX_DECODER_ABI_VERSION).unwrap();
        // SAFETY: the context is live and only filled; without a configuration there is nothing that it points at, so
        // that it may move.
        let result = unsafe {
            let decoder = vpx::vpx_codec_vp9_dx();
            vpx::vpx_codec_dec_init_ver(&raw mut context, decoder, ptr::null(), 0, version)
        };
        assert_eq!(result, vpx::vpx_codec_err_t::VPX_CODEC_OK);
        Self { context }
    }

    /// `None` when the decoder makes nothing of it.
    pub(crate) fn decode(&mut self, data: &[u8]) -> Option<Decoded> {
        let length = c_uint::try_from(data.len()).unwrap();
        // SAFETY: the context is initialised, and the bytes live until after the call, which only reads them.
        let result = unsafe {
            vpx::vpx_codec_decode(&raw mut self.context, data.as_ptr(), length, ptr::null_mut(), 0)
        };
        if result != vpx::vpx_codec_err_t::VPX_CODEC_OK {
            return None;
        }
        let mut iterator: vpx::vpx_codec_iter_t = ptr::null();
        // SAFETY: the context is initialised, and the iterator is null before the first call.
        let image = unsafe { vpx::vpx_codec_get_frame(&raw mut self.context, &raw mut iterator) };
        // SAFETY: it is null, or an image that lives until the next call.
        let image = unsafe { image.as_ref() }?;
        let (width, height) = (image.d_w as usize, image.d_h as usize);
        let plane = |at: usize, width: usize, height: usize| {
            let rows = (0..height).flat_map(|row| {
                let start = image.planes[at].cast_const();
                let stride = usize::try_from(image.stride[at]).unwrap();
                // SAFETY: each plane has this many rows, a stride apart, with this many bytes in each.
                unsafe { std::slice::from_raw_parts(start.add(row * stride), width) }.iter().copied()
            });
            rows.collect()
        };
        let (half_width, half_height) = (width.div_ceil(2), height.div_ceil(2));
        Some(Decoded {
            width,
            height,
            y: plane(0, width, height),
            u: plane(1, half_width, half_height),
            v: plane(2, half_width, half_height),
        })
    }
}

impl Drop for Vp9Decoder {
    fn drop(&mut self) {
        // SAFETY: the context is initialised, and nobody uses it after this.
        unsafe {
            vpx::vpx_codec_destroy(&raw mut self.context);
        }
    }
}
