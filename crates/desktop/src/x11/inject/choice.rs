//! Which key types a character.

use super::layout::{Layout, SHIFT};

/// Symbols of the number pad, which programs tell from the other digits.
const KEYPAD: std::ops::RangeInclusive<u32> = 0xff80..=0xffb9;

/// How it stands with the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) group: u8,
    /// What is down, latched or locked.
    pub(super) modifiers: u8,
    /// Those of them that are ours to lift.
    pub(super) ours: u8,
}

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) character: char,
    /// The code of the key at the same place, which is taken where others would do as well.
    pub(super) place: u8,
    /// Whether it came from the number pad.
    pub(super) keypad: bool,
}

/// A key that types what is wanted, and what must be so for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) code: u8,
    pub(super) group: u8,
    pub(super) modifiers: u8,
}

/// Finds the key with the fewest changes to what is down now. Another group counts for more than any modifiers, since the
/// person may see it change.
pub(super) fn choose(layout: &Layout, standing: Standing, wanted: Wanted) -> Option<Choice> {
    (0..layout.groups())
        .filter_map(|group| choose_in(layout, standing, wanted, group))
        .min_by_key(|(cost, choice)| {
            let away = u32::from(choice.group != standing.group) * 64;
            // The group that is nearest in the list, to have one answer.
            (cost + away, choice.group)
        })
        .map(|(_, choice)| choice)
}

fn choose_in(layout: &Layout, standing: Standing, wanted: Wanted, group: u8) -> Option<(u32, Choice)> {
    let mut best: Option<(u32, Choice)> = None;
    for modifiers in combinations(layout, standing) {
        let changes = (modifiers ^ standing.modifiers).count_ones();
        for code in layout.codes() {
            let cost = changes * 2 + u32::from(code != wanted.place);
            if best.is_none_or(|(least, _)| cost < least)
                && types(layout, code, group, modifiers, wanted)
                && !layout.commands_server(code, group, modifiers)
            {
                best = Some((cost, Choice { code, group, modifiers }));
            }
        }
    }
    best
}

fn types(layout: &Layout, code: u8, group: u8, modifiers: u8, wanted: Wanted) -> bool {
    layout.character(code, group, modifiers) == Some(wanted.character)
        && layout.modifiers(code) == 0
        && (wanted.keypad || layout.symbol(code, group, modifiers).is_some_and(|s| !KEYPAD.contains(&s)))
}

/// Every way in which the modifiers that choose a character could be down. What the person holds stays down.
fn combinations(layout: &Layout, standing: Standing) -> Vec<u8> {
    let mut all = vec![standing.modifiers];
    for chooser in &layout.choosers {
        for at in 0..all.len() {
            let with = all[at];
            let held = with & chooser.mask != 0;
            if !held {
                all.push(with | chooser.mask);
            } else if with & chooser.mask & !standing.ours == 0 {
                all.push(with & !chooser.mask);
            }
        }
    }
    all
}

/// The letter of a shortcut, which does not depend on Caps Lock.
pub(super) fn shortcut_letter(character: char, modifiers: u8) -> char {
    use super::layout::{lower, upper};
    if modifiers & SHIFT != 0 { upper(character) } else { lower(character) }
}

#[cfg(test)]
mod tests {
    use super::super::layout::tests::{LEVEL3, small};
    use super::super::layout::{ALT, CONTROL, LOCK};
    use super::*;

    fn standing(modifiers: u8, ours: u8) -> Standing {
        Standing { group: 0, modifiers, ours }
    }

    fn chosen(standing: Standing, character: char, place: u8) -> Option<(u8, u8)> {
        let wanted = Wanted { character, place, keypad: false };
        choose(&small(), standing, wanted).map(|choice| (choice.code, choice.modifiers))
    }

    #[test]
    fn the_key_with_the_fewest_changes_is_taken() {
        assert_eq!(chosen(standing(0, 0), '2', 0), Some((11, 0)));
        assert_eq!(chosen(standing(SHIFT, SHIFT), '2', 0), Some((12, SHIFT)), "Shift is down already");
        assert_eq!(chosen(standing(0, 0), '²', 0), Some((11, LEVEL3)));
        assert_eq!(chosen(standing(SHIFT, SHIFT), '²', 0), Some((11, LEVEL3)), "Shift goes up");
        assert_eq!(chosen(standing(LOCK, 0), 'a', 0), Some((10, SHIFT | LOCK)));
        assert_eq!(chosen(standing(LOCK, 0), 'é', 0), None, "no key types it small now");
        assert_eq!(chosen(standing(0, 0), 'z', 0), None);
    }

    #[test]
    fn what_the_person_holds_stays_down() {
        assert_eq!(chosen(standing(SHIFT, 0), 'a', 0), None);
        assert_eq!(chosen(standing(SHIFT, 0), 'A', 0), Some((10, SHIFT)));
    }

    #[test]
    fn the_number_pad_is_for_the_number_pad() {
        let one = |keypad| choose(&small(), standing(0, 0), Wanted { character: '1', place: 13, keypad });
        assert_eq!(one(true).map(|choice| choice.code), Some(13));
        assert_eq!(one(false), None);
    }

    #[test]
    fn a_shortcut_has_its_case_from_shift_alone() {
        assert_eq!(shortcut_letter('Z', CONTROL | LOCK), 'z');
        assert_eq!(shortcut_letter('z', CONTROL | SHIFT), 'Z');
        assert_eq!(shortcut_letter('+', ALT | SHIFT), '+');
    }
}
