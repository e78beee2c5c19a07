//! What is left of the name that the other side gave to a file.

/// The most characters of a name, and bytes: file systems take 255 of these, and a number may have to fit in.
const MAX_CHARACTERS: usize = 120;
const MAX_BYTES: usize = 200;

/// An ending is not longer than this, in bytes.
const MAX_ENDING: usize = 16;

/// What it is called when nothing is left.
const NAMELESS: &str = "file";

/// Names that stand for devices elsewhere, whatever ending they have.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// The name of a file: one component of a path, short, without anything that steers a terminal or hides what it is. Only
/// [`FileName::cleaned`] makes one, so that no other name of the other side's comes near a directory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileName(String);

impl FileName {
    /// What is left of any text: always a name.
    #[must_use]
    pub fn cleaned(text: &str) -> Self {
        // What stands before the last separator of any system says where it was over there.
        let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
        // A text without end is not looked at to its end.
        let clean: String = last.chars().take(4 * MAX_CHARACTERS).filter_map(harmless).collect();
        // A gap pushes what a file really is out of sight.
        let clean = clean.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        let clean = clean.trim_matches(|c: char| c.is_whitespace() || c == '.');
        let clean = clean.trim_start_matches(['-', '~', '.', ' ']);
        let mut name = shortened(if clean.is_empty() { NAMELESS } else { clean });
        if is_device(&name) {
            name.insert(0, '_');
        }
        Self(name)
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Another name where this one is taken: `letter (2).txt`.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        let (stem, ending) = parts(&self.0);
        Self(format!("{stem} ({number}){ending}"))
    }
}

/// What neither a terminal nor a person must meet in a name is left out; what no file system takes becomes `_`.
fn harmless(c: char) -> Option<char> {
    match c {
        '<' | '>' | ':' | '"' | '|' | '?' | '*' => Some('_'),
        c if c.is_control() || is_invisible(c) => None,
        c if c.is_whitespace() => Some(' '),
        c => Some(c),
    }
}

/// Turns the direction of writing, joins, or is not seen at all.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffd}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

/// The name and its ending, with the dot.
fn parts(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 && name.len() - at <= MAX_ENDING => name.split_at(at),
        _ => (name, ""),
    }
}

/// Of a long name the beginning is kept, and the ending, which says what it is.
fn shortened(name: &str) -> String {
    let (stem, ending) = parts(name);
    let (characters, bytes) = (MAX_CHARACTERS - ending.chars().count(), MAX_BYTES - ending.len());
    let mut short = String::new();
    for c in stem.chars().take(characters) {
        if short.len() + c.len_utf8() > bytes {
            break;
        }
        short.push(c);
    }
    let short = short.trim_end_matches(|c: char| c.is_whitespace() || c == '.');
    format!("{short}{ending}")
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let numbered = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    DEVICES.contains(&stem.as_str())
        || numbered
            .is_some_and(|rest| matches!(rest.as_bytes(), [b'0'..=b'9']) || matches!(rest, "¹" | "²" | "³"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cleaned(text: &str) -> String {
        FileName::cleaned(text).0
    }

    #[test]
    fn ordinary_names_stay_as_they_are() {
        for name in [
            "Brief an Oma.odt",
            "photo_2026-05-03.jpg",
            "счёт.pdf",
            "写真.png",
            "a.tar.gz",
            "it's (1).txt",
            "x",
        ] {
            assert_eq!(cleaned(name), name);
        }
    }

    #[test]
    fn of_a_path_only_its_end_is_a_name() {
        assert_eq!(cleaned("../../.ssh/authorized_keys"), "authorized_keys");
        assert_eq!(cleaned("/etc/passwd"), "passwd");
        assert_eq!(cleaned("C:\\Windows\\x.dll"), "x.dll");
        assert_eq!(cleaned("..\\..\\..\\.bashrc"), "bashrc");
        for nothing in ["", ".", "..", "...", "/", "a/", "//", "\\", "\u{202e}", "\0", " . ", "../", "~", "-"]
        {
            assert_eq!(cleaned(nothing), "file", "{nothing:?}");
        }
    }

    #[test]
    fn nothing_hides_what_a_file_is() {
        assert_eq!(cleaned("invoice\u{202e}fdp.exe"), "invoicefdp.exe");
        assert_eq!(cleaned("a\u{1b}[31m\nb\r.txt"), "a[31mb.txt");
        assert_eq!(cleaned("zero\u{200b}width.txt"), "zerowidth.txt");
        assert_eq!(cleaned("holiday.jpg                              .exe"), "holiday.jpg.exe");
        assert!(cleaned(&format!("{}.exe", "x".repeat(130))).ends_with(".exe"));
        assert_eq!(cleaned("-rf"), "rf");
        assert_eq!(cleaned("CON.txt"), "_CON.txt");
        assert_eq!(cleaned("com7"), "_com7");
        assert_eq!(cleaned("command.txt"), "command.txt");
    }

    #[test]
    fn where_a_name_is_taken_another_number_is_tried() {
        assert_eq!(FileName::cleaned("letter.txt").numbered(2).0, "letter (2).txt");
        assert_eq!(FileName::cleaned("letter").numbered(10).0, "letter (10)");
    }

    proptest! {
        #[test]
        fn whatever_it_was_called_it_is_one_short_component(text in any::<String>()) {
            let name = FileName::cleaned(&text).numbered(u32::MAX);
            for name in [cleaned(&text), name.0] {
                prop_assert!(!name.is_empty() && name.len() <= 255);
                prop_assert!(!name.contains(['/', '\\', '\0', '\n']) && !name.chars().any(char::is_control));
                prop_assert!(!name.starts_with(['.', '-', '~', ' ']) && !name.ends_with(['.', ' ']));
            }
        }

        #[test]
        fn cleaning_again_changes_nothing(text in "\\PC{0,300}") {
            let once = cleaned(&text);
            prop_assert_eq!(cleaned(&once), once);
        }
    }
}
