//! How deep the elements of a stream are nested, told from its bytes before anybody builds a tree of them.

use std::fmt;

/// Nothing in XMPP that is meant for us is nested so deeply: a stanza of this protocol has four levels.
const DEEPEST: u32 = 64;

/// Follows the bytes of a stream. A tree is dropped by recursion, one level of the stack for each of its own, so a stanza
/// of 140 kB that is nothing but opening tags ends a program that has read it. Give the bytes to this first.
#[derive(Clone, Debug, Default)]
pub struct Nesting {
    depth: u32,
    state: State,
}

/// The stream is nested too deeply, or has what XMPP forbids; it cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooDeep;

#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// Between tags.
    #[default]
    Text,
    /// Behind `<`.
    Less,
    /// In an opening tag; whether the last byte was `/`.
    Tag { slash: bool },
    /// In a value, up to this quote.
    Quoted(u8),
    /// In a closing tag.
    Closing,
    /// In the declaration; whether the last byte was `?`.
    Declaration { mark: bool },
    /// Behind `<!`, and so many bytes of `[CDATA[`.
    Bang(usize),
    /// In character data that is not marked up, behind so many `]`.
    Data(u8),
}

impl Nesting {
    /// Takes the next bytes of the stream, in any portions.
    ///
    /// # Errors
    ///
    /// End the stream without reading these bytes.
    pub fn follow(&mut self, bytes: &[u8]) -> Result<(), TooDeep> {
        bytes.iter().try_for_each(|byte| self.step(*byte))
    }

    fn step(&mut self, byte: u8) -> Result<(), TooDeep> {
        const DATA: &[u8] = b"[CDATA[";
        self.state = match (self.state, byte) {
            (State::Text, b'<') => State::Less,
            (State::Text, _) => State::Text,
            (State::Less, b'/') => State::Closing,
            (State::Less, b'?') => State::Declaration { mark: false },
            (State::Less, b'!') => State::Bang(0),
            (State::Less, _) => {
                self.depth = self.depth.saturating_add(1);
                if self.depth > DEEPEST {
                    return Err(TooDeep);
                }
                State::Tag { slash: false }
            }
            (State::Tag { slash }, b'>') => {
                self.depth = self.depth.saturating_sub(u32::from(slash));
                State::Text
            }
            (State::Tag { .. }, b'"' | b'\'') => State::Quoted(byte),
            (State::Tag { .. }, _) => State::Tag { slash: byte == b'/' },
            (State::Quoted(quote), _) if byte == quote => State::Tag { slash: false },
            (State::Quoted(quote), _) => State::Quoted(quote),
            (State::Closing, b'>') => {
                self.depth = self.depth.saturating_sub(1);
                State::Text
            }
            (State::Closing, _) => State::Closing,
            (State::Declaration { mark: true }, b'>') => State::Text,
            (State::Declaration { .. }, _) => State::Declaration { mark: byte == b'?' },
            (State::Bang(n), _) if DATA.get(n) == Some(&byte) => {
                if n + 1 == DATA.len() {
                    State::Data(0)
                } else {
                    State::Bang(n + 1)
                }
            }
            // Comments and document types are forbidden in XMPP.
            (State::Bang(_), _) => return Err(TooDeep),
            (State::Data(2..), b'>') => State::Text,
            (State::Data(n), b']') => State::Data(n.saturating_add(1)),
            (State::Data(_), _) => State::Data(0),
        };
        Ok(())
    }
}

impl fmt::Display for TooDeep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server sent elements in elements, more than {DEEPEST} levels, or what XMPP forbids")
    }
}

impl std::error::Error for TooDeep {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A tree as text, whose deepest element is on level `depth`.
    fn tree(depth: u32) -> impl Strategy<Value = String> {
        let filling = prop_oneof![
            Just(String::new()),
            Just("text &lt; ]]".into()),
            Just("<![CDATA[<a><b>]]]]>".into()),
            Just("<e a='>' b=\"/>'\"/>".into()),
            Just("<e a='/'></e>".into()),
        ];
        proptest::collection::vec(filling, usize::try_from(depth).unwrap()).prop_map(|fillings| {
            let mut text = String::new();
            for filling in &fillings[1..] {
                text = format!("<a x='<!--'>{filling}{text}{filling}</a >");
            }
            format!("<?xml version='1.0'?><s>{text}</s>")
        })
    }

    proptest! {
        #[test]
        fn the_level_is_counted_whatever_stands_between(
            text in (1u32..60).prop_flat_map(tree), portion in 1usize..9
        ) {
            let mut nesting = Nesting::default();
            for bytes in text.as_bytes().chunks(portion) {
                prop_assert_eq!(nesting.follow(bytes), Ok(()));
            }
            prop_assert_eq!(nesting.depth, 0, "{}", text);
        }

        #[test]
        fn any_bytes_are_followed(bytes: Vec<u8>) {
            _ = Nesting::default().follow(&bytes);
        }
    }

    #[test]
    fn the_deepest_level_is_allowed_and_the_next_is_not() {
        let opened = |n: u32| Nesting::default().follow("<a>".repeat(usize::try_from(n).unwrap()).as_bytes());
        assert_eq!(opened(DEEPEST), Ok(()));
        assert_eq!(opened(DEEPEST + 1), Err(TooDeep));
        let mut beside = Nesting::default();
        assert_eq!(
            beside.follow("<a><b/></a>".repeat(1000).as_bytes()),
            Ok(()),
            "beside one another is no depth"
        );
    }

    #[test]
    fn what_xmpp_forbids_is_refused() {
        for text in ["<a><!-- x -->", "<!DOCTYPE a>", "<![CDATX["] {
            assert_eq!(Nesting::default().follow(text.as_bytes()), Err(TooDeep), "{text}");
        }
    }
}
