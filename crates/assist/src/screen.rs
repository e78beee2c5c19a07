//! What the desktop produces: pictures, already encoded, and the cursor as data.

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Size {
    /// Pixels from left to right, 1 to 65535.
    pub width: u16,
    /// Pixels from top to bottom, 1 to 65535.
    pub height: u16,
}

/// One encoded picture of the shared screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedFrame {
    /// An access unit of H.264 in Annex B form, or a frame of VP9.
    pub data: Vec<u8>,
    /// Whether a decoder can start here.
    pub key: bool,
    /// When the picture was taken, in microseconds from the epoch of the capturer; never falls.
    pub taken_us: u64,
}

/// What the pointer looks like. The picture carries no cursor; the viewer draws this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorShape {
    /// Size of the image, at most 256 × 256.
    pub size: Size,
    /// The pixel of the image that points, from its top left corner.
    pub hot: (u16, u16),
    /// The image as a PNG with alpha.
    pub png: Vec<u8>,
}

/// Something about the cursor changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CursorEvent {
    /// It looks different.
    Shape(CursorShape),
    /// It is elsewhere: pixels from the top left corner of what is shared.
    Moved(u16, u16),
    /// It is not on what is shared, and is not to be drawn until it has moved there.
    Gone,
}
