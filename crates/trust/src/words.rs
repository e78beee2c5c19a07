//! Words that people say to each other.
//!
//! Each language has 256 words, so that three of them carry 24 bits. They were chosen for the ear and a bad telephone
//! line, by a distance between how they sound in which `f` and `s`, or `m` and `n`, count half, vowels next to each other
//! half, and weak vowels that vanish half: any two words of a language are at least three whole sounds apart. They have
//! two syllables or more, are known to everybody, need nothing but the letters a to z, differ within their first four
//! letters, and by three letters or more. Tests hold all of this.
//!
//! The position of a word in its list is part of the protocol; its language is not. Each side shows the words in its own
//! person's language, and what is typed is understood in any.

mod english;
mod german;
mod typed;

use std::fmt;

use subtle::ConstantTimeEq as _;

use crate::encode::{Domain, Hash, Statement};

pub(crate) use typed::{resolve, split};

/// A language that the words exist in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its words, in alphabetical order, in small letters.
    #[must_use]
    pub const fn words(self) -> &'static [&'static str; 256] {
        match self {
            Self::English => &english::ENGLISH,
            Self::German => &german::GERMAN,
        }
    }

    /// The word that a person meant: capitals, accents and one slip are forgiven where only one word is possible, and
    /// four letters are enough. For a mark beside what is being typed; it says nothing about whether the word is right.
    #[must_use]
    pub fn meant(self, typed: &str) -> Option<&'static str> {
        let pieces = split(typed);
        match pieces.as_slice() {
            [piece] => resolve(self, piece).map(|index| self.words()[usize::from(index)]),
            _ => None,
        }
    }
}

/// Three words. They do not print themselves, and are compared in constant time.
#[derive(Clone, Copy)]
pub(crate) struct Words(pub(crate) [u8; 3]);

impl Words {
    /// 24 bits of SHA-256("rv1 sas" ‖ th).
    pub(crate) fn from_transcript(th: &Hash) -> Self {
        let hash = Statement::new(Domain::Words).bytes(th).hash();
        Self([hash[0], hash[1], hash[2]])
    }

    pub(crate) fn in_language(self, language: Language) -> [&'static str; 3] {
        self.0.map(|index| language.words()[usize::from(index)])
    }

    /// Whether the typed text is these words, all three in one language. A text means at most one triple a language, so
    /// forgiving a slip makes no wrong triple right.
    pub(crate) fn are(self, typed: &str) -> bool {
        let pieces = split(typed);
        let Ok(pieces): Result<&[String; 3], _> = pieces.as_slice().try_into() else { return false };
        let mut found = false;
        for language in Language::ALL {
            let [a, b, c] = pieces.each_ref().map(|piece| resolve(language, piece));
            if let (Some(a), Some(b), Some(c)) = (a, b, c) {
                found |= bool::from([a, b, c].ct_eq(&self.0));
            }
        }
        found
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_understood_in_any_language() {
        let words = Words([0, 17, 255]);
        for language in Language::ALL {
            assert!(words.are(&words.in_language(language).join(" ")));
        }
        let [a, b, _] = words.in_language(Language::English);
        let [_, _, c] = words.in_language(Language::German);
        assert!(!words.are(&format!("{a} {b} {c}")), "all three in one language");
    }

    #[test]
    fn order_and_number_count() {
        let words = Words([1, 2, 3]);
        let [a, b, c] = words.in_language(Language::English);
        for wrong in [
            format!("{b} {a} {c}"),
            format!("{a} {b}"),
            format!("{a} {b} {c} {c}"),
            format!("{a}{b}{c}"),
            String::new(),
        ] {
            assert!(!words.are(&wrong), "{wrong}");
        }
        assert!(words.are(&format!("{a}-{b}, {c}.")));
    }

    #[test]
    fn every_word_counts() {
        let words = Words([1, 2, 3]);
        for place in 0..3 {
            for other in (0..=255).filter(|other| *other != words.0[place]) {
                let mut typed = words;
                typed.0[place] = other;
                for language in Language::ALL {
                    assert!(!words.are(&typed.in_language(language).join(" ")), "{place} {other}");
                }
            }
        }
    }

    #[test]
    fn words_do_not_print_themselves() {
        let words = Words([1, 2, 3]);
        assert_eq!(format!("{words:?}"), "Words(…)");
    }

    #[test]
    fn a_mark_beside_the_field_knows_what_was_meant() {
        assert_eq!(Language::English.meant(" Umbrela "), Some("umbrella"));
        assert_eq!(Language::German.meant("Königin"), None);
        assert_eq!(Language::English.meant("umbrella elephant"), None);
    }

    proptest! {
        /// The bits stay: whoever types three words of the list exactly is understood as these and no others.
        #[test]
        fn exact_words_mean_themselves_only(shown: [u8; 3], typed: [u8; 3]) {
            for language in Language::ALL {
                let text = Words(typed).in_language(language).join(" ");
                prop_assert_eq!(Words(shown).are(&text), shown == typed);
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,400}") {
            prop_assert!(!(Words([1, 2, 3]).are(&text) && Words([1, 2, 4]).are(&text) && Words([1, 2, 5]).are(&text)));
        }
    }
}
