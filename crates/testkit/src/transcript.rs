//! What a program wrote to a terminal, as text.

/// Everything that was written, in order, without control sequences. Nothing is ever taken back: a line that is
/// written over (progress) appears once for every time it was written, each on its own line, so that a position in
/// the text stays what it was.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    text: String,
    /// The bytes, as they came.
    written: Vec<u8>,
    /// Bytes of a character that is not complete yet.
    partial: Vec<u8>,
    state: State,
}

/// Where the reader is in a control sequence (ECMA-48).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Plain,
    /// After a carriage return: a line feed makes it a line end, anything else begins the line again.
    Return,
    /// After ESC.
    Escape,
    /// In `ESC [ … final`.
    Control,
    /// In `ESC ] … BEL` or `ESC ] … ESC \`, and the other strings.
    String,
    /// After an ESC inside such a string.
    StringEnd,
    /// After `ESC (` and the like, which take one more byte.
    Designate,
}

impl Transcript {
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn written(&self) -> &[u8] {
        &self.written
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.written.extend_from_slice(bytes);
        for &byte in bytes {
            self.byte(byte);
        }
    }

    fn byte(&mut self, byte: u8) {
        self.state = match (self.state, byte) {
            (State::Plain, 0x1b) => State::Escape,
            (State::Plain | State::Return, b'\r') => State::Return,
            (State::Return, b'\n') => self.line_end(),
            (State::Return, _) => {
                self.begin_again();
                return self.byte(byte);
            }
            (State::Plain, b'\n') => self.line_end(),
            (State::Plain, byte) => self.character(byte),
            (State::Escape, b'[') => State::Control,
            (State::Escape, b']' | b'P' | b'X' | b'^' | b'_') => State::String,
            (State::Escape, b'(' | b')' | b'*' | b'+' | b'#' | b' ') => State::Designate,
            (State::Escape | State::Designate, _) => State::Plain,
            (State::Control, 0x40..=0x7e) => State::Plain,
            (State::Control, _) => State::Control,
            (State::String, 0x07) => State::Plain,
            (State::String, 0x1b) => State::StringEnd,
            (State::String, _) => State::String,
            (State::StringEnd, b'\\') => State::Plain,
            (State::StringEnd, _) => State::String,
        };
    }

    fn line_end(&mut self) -> State {
        self.partial.clear();
        self.text.push('\n');
        State::Plain
    }

    /// The line is about to be written over. A line that is still empty needs no other.
    fn begin_again(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.line_end();
        }
        self.state = State::Plain;
    }

    fn character(&mut self, byte: u8) -> State {
        match byte {
            // Backspace, bell and the other controls have no place in a text that only grows.
            0x00..=0x08 | 0x0b..=0x1f | 0x7f => {}
            byte => {
                self.partial.push(byte);
                match str::from_utf8(&self.partial) {
                    Ok(character) => self.text.push_str(character),
                    Err(error) if error.error_len().is_none() => return State::Plain,
                    Err(_) => self.text.push(char::REPLACEMENT_CHARACTER),
                }
                self.partial.clear();
            }
        }
        State::Plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &[u8], expected: &str) {
        let mut whole = Transcript::default();
        whole.write(written);
        assert_eq!(whole.text(), expected);

        let mut in_pieces = Transcript::default();
        for byte in written {
            in_pieces.write(&[*byte]);
        }
        assert_eq!(in_pieces.text(), expected, "the same bytes one at a time");
    }

    #[test]
    fn text_is_kept_and_control_sequences_are_not() {
        check(b"plain", "plain");
        check(b"a\r\nb\r\n", "a\nb\n");
        check(b"a\n\r\nb", "a\n\nb");
        check(b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07text", "red text");
        check(b"\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\", "link");
        check(b"\x1b(Bline", "line");
        check("Zo\u{eb} \u{b7} \u{25cf}".as_bytes(), "Zo\u{eb} \u{b7} \u{25cf}");
        check(b"bad \xff byte", "bad \u{fffd} byte");
    }

    #[test]
    fn a_line_that_is_written_over_stays_in_the_text() {
        check(b"0:01\r\x1b[K0:02\r\x1b[K0:03\r\n", "0:01\n0:02\n0:03\n");
        check(b"\r\x1b[Kfirst\r\n\r\x1b[Ksecond", "first\nsecond");
    }
}
