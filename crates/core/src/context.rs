//! Context texts in pieces.

use crate::{CONTEXT_CHUNK, Chunk, MAX_CONTEXT};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Cuts a text into pieces of at most [`CONTEXT_CHUNK`] bytes, never inside a character. An empty text is one piece.
pub(crate) fn cut(text: &str) -> Vec<Chunk> {
    let mut chunks = Vec::with_capacity(text.len() / CONTEXT_CHUNK + 1);
    let mut rest = text;
    while rest.len() > CONTEXT_CHUNK {
        let mut at = CONTEXT_CHUNK;
        while !rest.is_char_boundary(at) {
            at -= 1;
        }
        let (head, tail) = rest.split_at(at);
        chunks.push(Chunk { text: head.to_string(), last: false });
        rest = tail;
    }
    chunks.push(Chunk { text: rest.to_string(), last: true });
    chunks
}

/// Puts pieces together again and never holds more than [`MAX_CONTEXT`] bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Assembly(String);

/// The pieces are longer than a context text may be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

impl Assembly {
    /// Takes the next piece; the whole text when it was the last one.
    pub(crate) fn add(&mut self, chunk: Chunk) -> Result<Option<String>, TooLong> {
        if chunk.text.len() > CONTEXT_CHUNK || self.0.len() + chunk.text.len() > MAX_CONTEXT {
            return Err(TooLong);
        }
        self.0.push_str(&chunk.text);
        Ok(chunk.last.then(|| core::mem::take(&mut self.0)))
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
        let piece = Chunk { text: "x".repeat(CONTEXT_CHUNK), last: false };
        for _ in 0..MAX_CONTEXT / CONTEXT_CHUNK {
            assert_eq!(assembly.add(piece.clone()), Ok(None));
        }
        assert_eq!(assembly.add(Chunk { text: "x".into(), last: true }), Err(TooLong));
    }
}
