//! Takes the strings out that programs address to the terminal itself: titles, colours, clipboards, links.
//!
//! None of them has an effect here ([`super::confined`]). They are taken out before the parser, since it would keep them until
//! they end, and a program may never end one.

/// Where we are in what a program writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Strings {
    /// In what is to be shown.
    #[default]
    Outside,
    /// After an Escape.
    Escape,
    /// In a string.
    Inside,
    /// After an Escape in a string.
    Ending,
}

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;
/// These end whatever has begun.
const CANCEL: [u8; 2] = [0x18, 0x1a];

/// What is left of a byte.
enum Left {
    Nothing,
    It,
    /// It, and the Escape before it.
    Both,
}

impl Strings {
    /// What is left without them. An Escape at the end is left when it is known what it begins.
    pub(super) fn take_out(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut left = Vec::with_capacity(bytes.len() + 1);
        for byte in bytes {
            let (next, what) = self.step(*byte);
            *self = next;
            match what {
                Left::Nothing => {}
                Left::It => left.push(*byte),
                Left::Both => left.extend([ESCAPE, *byte]),
            }
        }
        left
    }

    fn step(self, byte: u8) -> (Self, Left) {
        match (self, byte) {
            (Self::Outside | Self::Escape, ESCAPE) => (Self::Escape, Left::Nothing),
            (Self::Inside | Self::Ending, ESCAPE) => (Self::Ending, Left::Nothing),
            (Self::Inside, BELL) | (Self::Ending, b'\\') => (Self::Outside, Left::Nothing),
            (Self::Inside, _) if CANCEL.contains(&byte) => (Self::Outside, Left::Nothing),
            (Self::Inside, _) => (Self::Inside, Left::Nothing),
            // OSC, DCS, SOS, PM and APC. An Escape ends what has begun before it.
            (Self::Escape | Self::Ending, b']' | b'P' | b'X' | b'^' | b'_') => (Self::Inside, Left::Nothing),
            (Self::Escape | Self::Ending, _) if CANCEL.contains(&byte) => (Self::Outside, Left::It),
            // Controls are obeyed in the middle of a sequence, and leave it as it was.
            (Self::Escape | Self::Ending, 0..0x20 | 0x7f) => (Self::Escape, Left::It),
            (Self::Escape | Self::Ending, _) => (Self::Outside, Left::Both),
            (Self::Outside, _) => (Self::Outside, Left::It),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str) -> String {
        let whole = Strings::default().take_out(text.as_bytes());
        // Wherever it is cut, the same is left.
        for cut in 0..text.len() {
            let mut strings = Strings::default();
            let parts =
                [strings.take_out(&text.as_bytes()[..cut]), strings.take_out(&text.as_bytes()[cut..])];
            assert_eq!(parts.concat(), whole, "cut at {cut}");
        }
        String::from_utf8(whole).expect("what is left is text")
    }

    #[test]
    fn strings_go_and_all_else_stays() {
        assert_eq!(left("a\u{1b}[1mb\u{1b}(0c"), "a\u{1b}[1mb\u{1b}(0c");
        for string in [
            "]0;title\u{7}",
            "]52;c;aGk=\u{1b}\\",
            "]8;;http://x\u{7}",
            "P+q544e\u{1b}\\",
            "_Gx\u{1b}\\",
            "^x\u{1b}\\",
        ] {
            assert_eq!(left(&format!("a\u{1b}{string}b")), "ab", "{string:?}");
            assert_eq!(
                left(&format!("a\u{1b}{string}c")),
                "ac",
                "no Escape is left that the letter would complete"
            );
        }
        assert_eq!(left("a\u{1b}]0;t\u{18}b"), "ab");
        assert_eq!(left("a\u{1b}]0;t\u{1b}[1mb"), "a\u{1b}[1mb", "another sequence ends a string");
        assert_eq!(left("a\u{1b}\n]0;t\u{7}b"), "a\nb", "a control does not end an Escape");
    }

    #[test]
    fn one_that_never_ends_takes_no_room() {
        let mut strings = Strings::default();
        strings.take_out(b"\x1b]0;");
        for _ in 0..1000 {
            assert!(strings.take_out(&[b'x'; 1000]).is_empty());
        }
    }
}
