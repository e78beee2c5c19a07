//! Bytes as decisions: what a fuzzer finds by changing bytes, an oracle reads as a course of events.

/// What is left of the bytes. When they run out, the course is over.
#[derive(Clone, Debug)]
pub(crate) struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next decision; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// The next decision within one that has begun: zero at the end, so that every course can be finished.
    pub(crate) fn byte(&mut self) -> u8 {
        self.next().unwrap_or(0)
    }

    /// One of these.
    pub(crate) fn choose<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    /// True for odd bytes.
    pub(crate) fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// Two bytes as a number.
    pub(crate) fn short(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    /// Four bytes as a number.
    pub(crate) fn number(&mut self) -> u32 {
        u32::from(self.short()) << 16 | u32::from(self.short())
    }

    /// A text of up to `most` bytes and a few more, made of few bytes: around every limit, seldom between.
    pub(crate) fn text(&mut self, most: usize) -> String {
        const LETTERS: [&str; 4] = ["x", "é", "\u{0}", "😀"];
        let letter = self.choose(&LETTERS);
        let length = match self.byte() {
            small @ 0..=63 => usize::from(small),
            near @ 64..=127 => most.saturating_sub(usize::from(near - 64) % 8),
            over @ 128..=191 => most + usize::from(over - 127),
            part => most / 64 * usize::from(part - 191),
        };
        letter.repeat(length / letter.len())
    }
}

/// The bytes as a text, as far as they are one.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_ends_with_its_bytes_and_can_always_be_finished() {
        let mut script = Script::new(&[7, 1, 2]);
        assert_eq!(script.next(), Some(7));
        assert_eq!(script.number(), 0x0102_0000);
        assert_eq!((script.next(), script.byte()), (None, 0));
    }

    #[test]
    fn texts_reach_both_sides_of_a_limit() {
        let length = |byte| Script::new(&[0, byte]).text(512).len();
        assert_eq!((length(0), length(63), length(64), length(128), length(255)), (0, 63, 512, 513, 512));
    }
}
