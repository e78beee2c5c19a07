//! Texts of others on a person's screen. A name may be of any script, but it must not move, hide or imitate what stands
//! around it.

/// Whether a text has nothing in it that a person would not see as itself.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.chars().any(is_strange)
}

/// The text with a mark in the place of everything that a person would not see as itself, and cut to so many characters.
pub(crate) fn shown(text: &str, most: usize) -> String {
    let mut out: String = text
        .chars()
        .take(most)
        .map(|c| if is_strange(c) { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    if text.chars().nth(most).is_some() {
        out.push('…');
    }
    out
}

/// Controls, and the characters of Unicode that have no picture: direction marks, joiners, fillers, tags, private ones.
fn is_strange(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{E000}'..='\u{F8FF}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}' | '\u{F0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_script_stay_as_they_are() {
        for name in ["Chess", "Schach für zwei", "囲碁", "شطرنج", "שחמט", "♟ 1.0"] {
            assert_eq!((shown(name, 40).as_str(), is_plain(name)), (name, true));
        }
    }

    #[test]
    fn what_cannot_be_seen_is_marked_and_what_is_long_is_cut() {
        assert_eq!(shown("a\u{202E}b\u{1b}[2Jc\nd\u{200B}", 40), "a\u{FFFD}b\u{FFFD}[2Jc\u{FFFD}d\u{FFFD}");
        assert_eq!(shown("abcdef", 3), "abc…");
        assert_eq!(shown("abc", 3), "abc");
    }
}
