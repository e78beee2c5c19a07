//! Context texts in pieces.

use crate::{CONTEXT_CHUNK, Chunk, MAX_CONTEXT};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Cuts a text into pieces of at most [`CONTEXT_CHUNK`] bytes, never inside a character. An empty text is one piece.
pub(crate) fn cut(text: &str) -> Vec<Chunk> {
    let piece = |text: &str, last| Chunk { text: text.to_string(), last, abandoned: false };
    let mut chunks = Vec::with_capacity(text.len() / CONTEXT_CHUNK + 1);
    let mut rest = text;
    while rest.len() > CONTEXT_CHUNK {
        let mut at = CONTEXT_CHUNK;
        while !rest.is_char_boundary(at) {
            at -= 1;
        }
        let (head, tail) = rest.split_at(at);
        chunks.push(piece(head, false));
        rest = tail;
    }
    chunks.push(piece(rest, true));
    chunks
}

/// Puts pieces together again and never holds more than [`MAX_CONTEXT`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Assembly {
    /// What came of the current text so far.
    Text(String),
    /// The current text was given up by its sender; its rest is passed over.
    Skipping,
}

/// The pieces are longer than a context text may be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

impl Default for Assembly {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Assembly {
    /// Takes the next piece; the whole text when it was the last one.
    pub(crate) fn add(&mut self, chunk: Chunk) -> Result<Option<String>, TooLong> {
        if chunk.abandoned {
            *self = if chunk.last { Self::default() } else { Self::Skipping };
            return Ok(None);
        }
        match self {
            Self::Skipping => {
                if chunk.last {
                    *self = Self::default();
                }
                Ok(None)
            }
            Self::Text(text) => {
                if text.len() + chunk.text.len() > MAX_CONTEXT {
                    return Err(TooLong);
                }
                if text.is_empty() {
                    *text = chunk.text;
                } else {
                    text.push_str(&chunk.text);
                }
                Ok(chunk.last.then(|| core::mem::take(text)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(text: &str) -> Option<String> {
        let mut assembly = Assembly::default();
        let mut whole = None;
        for chunk in cut(text) {
            whole = assembly.add(chunk).unwrap();
        }
        whole
    }

    fn piece(text: &str, last: bool, abandoned: bool) -> Chunk {
        Chunk { text: text.into(), last, abandoned }
    }

    #[test]
    fn a_text_survives_the_cut() {
        for text in [
            "",
            "a",
            &"x".repeat(CONTEXT_CHUNK),
            &"x".repeat(CONTEXT_CHUNK + 1),
            &"é".repeat(MAX_CONTEXT / 2),
        ] {
            assert_eq!(through(text).as_deref(), Some(text));
        }
    }

    #[test]
    fn endless_pieces_are_refused() {
        let mut assembly = Assembly::default();
        let whole = piece(&"x".repeat(CONTEXT_CHUNK), false, false);
        for _ in 0..MAX_CONTEXT / CONTEXT_CHUNK {
            assert_eq!(assembly.add(whole.clone()), Ok(None));
        }
        assert_eq!(assembly.add(piece("x", true, false)), Err(TooLong));
    }

    #[test]
    fn a_text_with_a_lost_piece_is_given_up_whole_and_the_next_one_arrives() {
        for lost in 0..3 {
            let mut assembly = Assembly::default();
            for n in 0..3 {
                let chunk = if n == lost { piece("", n == 2, true) } else { piece("old", n == 2, false) };
                assert_eq!(assembly.add(chunk), Ok(None));
            }
            assert_eq!(assembly.add(piece("new", true, false)), Ok(Some("new".into())), "lost piece {lost}");
        }
    }
}
