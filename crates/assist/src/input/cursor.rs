//! The cursor as the page is told of it, over the data channel `cursor`.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::screen::CursorEvent;

/// The most bytes in the image of a cursor: more than any real one, and less than a data channel takes at once.
pub const MAX_CURSOR_PNG: usize = 128 * 1024;

/// One message to the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "t", rename_all = "lowercase")]
pub enum CursorMessage {
    /// The cursor looks different.
    Shape {
        /// Pixels, 1 to 256.
        width: u16,
        /// Pixels, 1 to 256.
        height: u16,
        /// The hot spot from the left edge of the image.
        x: u16,
        /// The hot spot from the top edge of the image.
        y: u16,
        /// The image as a PNG in base64.
        png: String,
    },
    /// The cursor is elsewhere.
    At {
        /// Pixels of the shared screen from its left edge.
        x: u16,
        /// Pixels of the shared screen from its top edge.
        y: u16,
    },
    /// The cursor is not on what is shared.
    Gone,
}

/// Why a cursor cannot be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CursorError {
    /// The image has no pixels, or more than 256 × 256, or more bytes than [`MAX_CURSOR_PNG`].
    Size,
    /// The hot spot is outside the image.
    HotSpot,
}

impl CursorMessage {
    /// What the page is told of this event.
    ///
    /// # Errors
    ///
    /// The shape is not within its bounds; leave the page with the shape that it has.
    pub fn from_event(event: &CursorEvent) -> Result<Self, CursorError> {
        match event {
            CursorEvent::Moved(x, y) => Ok(Self::At { x: *x, y: *y }),
            CursorEvent::Gone => Ok(Self::Gone),
            CursorEvent::Shape(shape) => {
                let (width, height) = (shape.size.width, shape.size.height);
                let fits = |pixels| (1..=256).contains(&pixels);
                if !fits(width) || !fits(height) || shape.png.is_empty() || shape.png.len() > MAX_CURSOR_PNG {
                    return Err(CursorError::Size);
                }
                let (x, y) = shape.hot;
                if x >= width || y >= height {
                    return Err(CursorError::HotSpot);
                }
                Ok(Self::Shape { width, height, x, y, png: STANDARD.encode(&shape.png) })
            }
        }
    }

    /// The message as JSON.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("numbers and text are always JSON")
    }
}

impl fmt::Display for CursorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Size => "the image of the cursor is empty or too large",
            Self::HotSpot => "the hot spot of the cursor is outside its image",
        })
    }
}

impl std::error::Error for CursorError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::{CursorShape, Size};

    fn shape(width: u16, height: u16, hot: (u16, u16), bytes: usize) -> CursorEvent {
        CursorEvent::Shape(CursorShape { size: Size { width, height }, hot, png: vec![b'a'; bytes] })
    }

    #[test]
    fn the_messages() {
        assert_eq!(CursorMessage::from_event(&CursorEvent::Gone).unwrap().to_text(), r#"{"t":"gone"}"#);
        let at = CursorMessage::from_event(&CursorEvent::Moved(12, 34)).unwrap();
        assert_eq!(at.to_text(), r#"{"t":"at","x":12,"y":34}"#);
        let shape = CursorMessage::from_event(&shape(24, 25, (4, 2), 3)).unwrap();
        assert_eq!(shape.to_text(), r#"{"t":"shape","width":24,"height":25,"x":4,"y":2,"png":"YWFh"}"#);
    }

    #[test]
    fn a_shape_is_bounded() {
        for (event, expected) in [
            (shape(0, 1, (0, 0), 3), Err(CursorError::Size)),
            (shape(1, 0, (0, 0), 3), Err(CursorError::Size)),
            (shape(257, 1, (0, 0), 3), Err(CursorError::Size)),
            (shape(1, 257, (0, 0), 3), Err(CursorError::Size)),
            (shape(8, 8, (0, 0), 0), Err(CursorError::Size)),
            (shape(8, 8, (0, 0), MAX_CURSOR_PNG + 1), Err(CursorError::Size)),
            (shape(8, 8, (8, 0), 3), Err(CursorError::HotSpot)),
            (shape(8, 8, (0, 8), 3), Err(CursorError::HotSpot)),
            (shape(256, 256, (255, 255), MAX_CURSOR_PNG), Ok(())),
        ] {
            assert_eq!(CursorMessage::from_event(&event).map(|_| ()), expected);
        }
    }
}
