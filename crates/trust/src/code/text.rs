//! A code as people write it.

use std::fmt;

use zeroize::{Zeroize as _, Zeroizing};

use crate::words::{Language, resolve, split};

/// The highest nameplate. They begin at 1.
pub const MAX_NAMEPLATE: u16 = 9999;

/// A one-time code. It does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Code {
    nameplate: u16,
    /// Three words of one language, exactly as in its list, with dashes: what SPAKE2 takes as the password.
    secret: String,
}

/// Why a text is not a code. Nothing was sent and nothing is used up: correct it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CodeTextError {
    /// A code is a number and three words.
    Shape,
    /// The number is not from 1 to [`MAX_NAMEPLATE`].
    Nameplate,
    /// This word, 1 to 3, is in no list, or is not the one word that it could be.
    Word(u8),
}

impl Code {
    /// Makes a code from three random bytes; the network gives the nameplate.
    ///
    /// # Errors
    ///
    /// [`CodeTextError::Nameplate`].
    pub fn new(nameplate: u16, language: Language, random: [u8; 3]) -> Result<Self, CodeTextError> {
        if !(1..=MAX_NAMEPLATE).contains(&nameplate) {
            return Err(CodeTextError::Nameplate);
        }
        let secret = random.map(|index| language.words()[usize::from(index)]).join("-");
        Ok(Self { nameplate, secret })
    }

    /// Reads what a person typed, as forgiving as for words: in any language of the lists, with blanks or dashes.
    ///
    /// # Errors
    ///
    /// The text is not a code.
    pub fn read(typed: &str) -> Result<Self, CodeTextError> {
        let typed = typed.trim();
        let digits = typed.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = typed.split_at(digits);
        let pieces = split(rest);
        let pieces: &[String; 3] = pieces.as_slice().try_into().map_err(|_| CodeTextError::Shape)?;
        if number.is_empty() || rest.bytes().any(|byte| byte.is_ascii_digit()) {
            return Err(CodeTextError::Shape);
        }
        let nameplate = number.parse().ok().filter(|number| (1..=MAX_NAMEPLATE).contains(number));
        let nameplate = nameplate.ok_or(CodeTextError::Nameplate)?;
        Ok(Self { nameplate, secret: secret(pieces)? })
    }

    /// The public part, by which the network finds the other side.
    #[must_use]
    pub const fn nameplate(&self) -> u16 {
        self.nameplate
    }

    /// The code as a person reads it out: `7-apple-river-tiger`. It goes to the novice's own screen, and nowhere else.
    #[must_use]
    pub fn spoken(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}-{}", self.nameplate, self.secret))
    }

    pub(super) fn secret(&self) -> &str {
        &self.secret
    }
}

/// The words, exactly as in the list of the one language in which all three can be meant.
fn secret(pieces: &[String; 3]) -> Result<String, CodeTextError> {
    let readings = Language::ALL.map(|language| {
        pieces
            .each_ref()
            .map(|piece| resolve(language, piece).map(|index| language.words()[usize::from(index)]))
    });
    let exact = |words: &[&str; 3]| words.iter().zip(pieces).all(|(word, piece)| word == piece);
    let whole: Vec<[&str; 3]> = readings
        .iter()
        .filter_map(|reading| match reading {
            [Some(a), Some(b), Some(c)] => Some([*a, *b, *c]),
            _ => None,
        })
        .collect();
    if let Some(words) = whole.iter().copied().find(exact) {
        return Ok(words.join("-"));
    }
    match whole.as_slice() {
        [words] => Ok(words.join("-")),
        [one, other] if one == other => Ok(one.join("-")),
        // All three can be meant in several languages: the first that is not the same in all of them is in doubt.
        [one, other, ..] => Err(word_error(|place| one[place] == other[place])),
        // No language has all three. The one with the most decides which word to point at.
        [] => {
            let known = |reading: &&[Option<&str>; 3]| reading.iter().flatten().count();
            let best = readings.iter().max_by_key(known).unwrap_or(&readings[0]);
            Err(word_error(|place| best[place].is_some()))
        }
    }
}

fn word_error(is_sound: impl Fn(usize) -> bool) -> CodeTextError {
    match (0..3).find(|place| !is_sound(*place)) {
        Some(0) => CodeTextError::Word(1),
        Some(1) => CodeTextError::Word(2),
        _ => CodeTextError::Word(3),
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({}-…)", self.nameplate)
    }
}

impl fmt::Display for CodeTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape => {
                f.write_str("that is not a code: expected a number and three words, like 7-apple-river-tiger")
            }
            Self::Nameplate => write!(f, "the number of a code is from 1 to {MAX_NAMEPLATE}"),
            Self::Word(place) => {
                let which = ["first", "second", "third"][usize::from(place.saturating_sub(1).min(2))];
                write!(
                    f,
                    "the {which} word is not one that a code can have; listen again, or check its spelling"
                )
            }
        }
    }
}

impl std::error::Error for CodeTextError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words() -> [&'static str; 3] {
        ["umbrella", "elephant", "window"]
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let expected = "7-umbrella-elephant-window";
        for typed in [
            "7-umbrella-elephant-window",
            " 7 Umbrella  ELEPHANT window ",
            "7umbrella,elephant,window.",
            "7-umbrela-elehpant-wind",
        ] {
            assert_eq!(Code::read(typed).unwrap().spoken().as_str(), expected, "{typed}");
        }
    }

    #[test]
    fn other_texts_are_one_clear_error() {
        let [a, b, c] = words();
        for (typed, expected) in [
            (String::new(), CodeTextError::Shape),
            (format!("{a}-{b}-{c}"), CodeTextError::Shape),
            (format!("7-{a}-{b}"), CodeTextError::Shape),
            (format!("7-{a}-{b}-{c}-{c}"), CodeTextError::Shape),
            (format!("7-{a}-{b}-{c}-7"), CodeTextError::Shape),
            (format!("0-{a}-{b}-{c}"), CodeTextError::Nameplate),
            (format!("10000-{a}-{b}-{c}"), CodeTextError::Nameplate),
            (format!("99999999999999999999-{a}-{b}-{c}"), CodeTextError::Nameplate),
            (format!("7-qqqqq-{b}-{c}"), CodeTextError::Word(1)),
            (format!("7-{a}-qqqqq-{c}"), CodeTextError::Word(2)),
            (format!("7-{a}-{b}-qqqqq"), CodeTextError::Word(3)),
        ] {
            assert_eq!(Code::read(&typed), Err(expected), "{typed}");
        }
    }

    #[test]
    fn what_could_be_two_codes_is_none() {
        // English: diamond, elephant, circus. German: Diamant, Elefant, Zirkus.
        assert_eq!(Code::read("7-diamand-elepant-cirkus"), Err(CodeTextError::Word(1)));
        assert_eq!(
            Code::read("7-diamond-elepant-cirkus").unwrap().spoken().as_str(),
            "7-diamond-elephant-circus"
        );
    }

    #[test]
    fn a_code_does_not_print_itself() {
        let code = Code::new(7, Language::English, [1, 2, 3]).unwrap();
        assert_eq!(format!("{code:?}"), "Code(7-…)");
        assert_eq!(Code::new(0, Language::English, [1, 2, 3]), Err(CodeTextError::Nameplate));
    }

    proptest! {
        #[test]
        fn every_code_survives_being_read_out(nameplate in 1..=MAX_NAMEPLATE, random: [u8; 3]) {
            for language in Language::ALL {
                let code = Code::new(nameplate, language, random).unwrap();
                prop_assert_eq!(Code::read(&code.spoken()), Ok(code));
            }
        }

        #[test]
        fn no_text_panics(text in ".{0,300}") {
            let _ = Code::read(&text);
        }
    }
}
