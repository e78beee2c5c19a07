//! What a person typed, and which word of a list they meant.

use super::Language;

/// Beyond this nobody typed it, and comparing is no longer cheap.
const MAX_TYPED: usize = 256;

/// A word may be cut off after these letters; they are different for every word of a list.
const ENOUGH_LETTERS: usize = 4;

/// The words in a typed text: small letters without accents, divided by anything else. Nothing for an endless text.
pub(crate) fn split(text: &str) -> Vec<String> {
    if text.len() > MAX_TYPED {
        return Vec::new();
    }
    let folded: String = text.chars().flat_map(char::to_lowercase).flat_map(fold).collect();
    folded
        .split(|c: char| !c.is_ascii_lowercase())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The one word of the language that this piece means: the word itself, its beginning, or one slip away from it.
pub(crate) fn resolve(language: Language, piece: &str) -> Option<u8> {
    let words = language.words();
    let index = |place: usize| u8::try_from(place).ok();
    if let Ok(place) = words.binary_search(&piece) {
        return index(place);
    }
    let means = |word: &&str| {
        (piece.len() >= ENOUGH_LETTERS && word.starts_with(piece))
            || is_one_slip(word.as_bytes(), piece.as_bytes())
    };
    let mut places = words.iter().enumerate().filter(|(_, word)| means(word)).map(|(place, _)| place);
    match (places.next(), places.next()) {
        (Some(place), None) => index(place),
        _ => None,
    }
}

/// Whether one letter is wrong, missing or too many, or two neighbours are exchanged.
fn is_one_slip(word: &[u8], typed: &[u8]) -> bool {
    let same = word.iter().zip(typed).take_while(|(a, b)| a == b).count();
    let (word, typed) = (&word[same..], &typed[same..]);
    match (word, typed) {
        ([a, b, rest @ ..], [c, d, typed_rest @ ..]) if a == d && b == c && rest == typed_rest => true,
        ([_, rest @ ..], [_, typed_rest @ ..]) if rest == typed_rest => true,
        ([_, rest @ ..], typed) if rest == typed => true,
        (word, [_, typed_rest @ ..]) => word == typed_rest,
        _ => false,
    }
}

/// A small letter without its accent. Umlauts lose their dots: no word of ours has one.
fn fold(letter: char) -> impl Iterator<Item = char> {
    let plain = match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
        'ç' | 'ć' | 'č' => "c",
        'ď' | 'đ' => "d",
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
        'ì'..='ï' | 'ī' | 'į' | 'ı' => "i",
        'ł' => "l",
        'ñ' | 'ń' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
        'ř' => "r",
        'ś' | 'š' | 'ş' => "s",
        'ß' => "ss",
        'ť' => "t",
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => "u",
        'ý' | 'ÿ' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'æ' => "ae",
        'œ' => "oe",
        // Combining marks, for keyboards that send letter and accent apart.
        '\u{300}'..='\u{36F}' => "",
        _ => return Folded::One(Some(letter)),
    };
    Folded::Many(plain.chars())
}

enum Folded {
    One(Option<char>),
    Many(std::str::Chars<'static>),
}

impl Iterator for Folded {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self {
            Self::One(letter) => letter.take(),
            Self::Many(letters) => letters.next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place(language: Language, word: &str) -> Option<u8> {
        language.words().iter().position(|other| *other == word).and_then(|place| u8::try_from(place).ok())
    }

    #[test]
    fn capitals_accents_and_what_stands_between_do_not_matter() {
        assert_eq!(split("  ÉLÉPHANT -- Umbrella_3; vögel "), ["elephant", "umbrella", "vogel"]);
        assert_eq!(split("e\u{301}cole STRASSE Straße"), ["ecole", "strasse", "strasse"]);
        assert_eq!(split("İstanbul"), ["istanbul"]);
        assert_eq!(split(&"a".repeat(257)), Vec::<String>::new());
    }

    #[test]
    fn one_slip_is_forgiven_and_two_are_not() {
        let elephant = place(Language::English, "elephant");
        assert!(elephant.is_some());
        for typed in
            ["elephant", "elefhant", "elphant", "eleephant", "eelphant", "elephnat", "elephants", "elep"]
        {
            assert_eq!(resolve(Language::English, typed), elephant, "{typed}");
        }
        for typed in ["elefant!", "elefan", "ele", "", "lephan", "xlephanty"] {
            assert_eq!(resolve(Language::English, typed), None, "{typed}");
        }
    }

    #[test]
    fn what_could_be_two_words_is_none() {
        // Four letters of one, and a slip away from another.
        for (language, typed, one, other) in [
            (Language::English, "corn", "corner", "acorn"),
            (Language::German, "scho", "schokolade", "echo"),
            (Language::German, "heide", "heidelbeere", "weide"),
        ] {
            assert!(place(language, one).is_some() && place(language, other).is_some());
            assert_eq!(resolve(language, typed), None, "{typed}");
        }
    }

    proptest! {
        /// Whatever is typed means at most one word, and a word of the list means itself.
        #[test]
        fn a_word_with_one_slip_means_that_word_or_none(
            word in 0..256_usize, at in 0..12_usize, letter in b'a'..=b'z', kind in 0..4,
        ) {
            for language in Language::ALL {
                let exact = language.words()[word];
                let mut typed = exact.as_bytes().to_vec();
                let at = at % typed.len();
                match kind {
                    0 => typed[at] = letter,
                    1 => { typed.remove(at); }
                    2 => typed.insert(at, letter),
                    _ => typed.swap(at, (at + 1).min(exact.len() - 1)),
                }
                let typed = String::from_utf8(typed).unwrap();
                let found = resolve(language, &typed);
                prop_assert!(found == place(language, exact) || found.is_none(), "{} {}", exact, typed);
            }
        }
    }
}
