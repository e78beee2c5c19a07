//! Text as COM carries it: UTF-16, with a length, with anything inside. Ours is UTF-8, and cannot hold half a character.

/// The text has half a surrogate pair, which is no character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HalfACharacter {
    /// Where, in units of 16 bits.
    pub at: usize,
}

/// Reads text of any length, zeros included.
///
/// # Errors
///
/// When a surrogate stands alone: what it means is not known, and whatever it were replaced by would be other text.
pub fn read(units: &[u16]) -> Result<String, HalfACharacter> {
    let mut text = String::with_capacity(units.len());
    let mut at = 0;
    for character in char::decode_utf16(units.iter().copied()) {
        let character = character.map_err(|_| HalfACharacter { at })?;
        at += character.len_utf16();
        text.push(character);
    }
    Ok(text)
}

/// Writes text.
#[must_use]
pub fn write(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_well_formed_comes_back() {
        for text in ["", "a", "a\0b", "ü", "\u{FFFF}", "\u{10FFFF}", "Ann 😀 مرحبا", &"x".repeat(70_000)]
        {
            assert_eq!(read(&write(text)).as_deref(), Ok(text));
        }
    }

    #[test]
    fn half_a_character_is_refused_wherever_it_stands() {
        for (units, at) in [
            (&[0xD800][..], 0),
            (&[0xDC00], 0),
            (&[0x41, 0xD83D], 1),
            (&[0xD83D, 0x41], 0),
            (&[0xDE00, 0xD83D], 0),
            (&[0xD83D, 0xDE00, 0xD83D], 2),
        ] {
            assert_eq!(read(units), Err(HalfACharacter { at }), "{units:x?}");
        }
    }

    #[test]
    fn every_unit_alone_is_read_or_refused() {
        for unit in 0..=u16::MAX {
            assert_eq!(read(&[unit]).is_ok(), !(0xD800..=0xDFFF).contains(&unit), "{unit:#x}");
        }
    }
}
