//! What of a program's output is seen at the other end, and what is not.

use super::hostile::unlisted;
use super::{CHORD, OVER, shared};
use crate::house::two_people;
use anyhow::ensure;
use rendezvous_testkit::wait;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(20);

#[test]
fn colours_and_letters_of_every_script_look_the_same_at_the_other_end() {
    two_people(|two| {
        let ends = shared(two)?;
        let styles = ["38;5;208", "48;2;1;22;233", "1", "3", "4", "9", "94"];
        for (number, style) in styles.iter().enumerate() {
            // Written in two parts, so that what was typed is not taken for what was printed.
            ends.sharer.presses(&format!("printf '\\033[{style}mlo''ok{number}\\033[m\\n'\r"))?;
            ends.viewer.reads(&format!("look{number}"))?;
        }
        for desk in [&ends.sharer, &ends.viewer] {
            let written = String::from_utf8_lossy(&desk.written()).into_owned();
            for (number, style) in styles.iter().enumerate() {
                ensure!(written.contains(&format!("\u{1b}[0;{style}mlook{number}")), "{style}");
            }
        }
        // Wide letters, marks on letters, right to left, lines of boxes; typed as numbers, so that what is seen was printed.
        for text in ["世界", "e\u{301}a\u{308}", "שלום", "مرحبا", "┌─┐│└┘", "ελλ", "👍"]
        {
            // As numbers: not every shell takes letters of every script from a keyboard in every place.
            let typed: String = text.bytes().map(|byte| format!("\\{byte:03o}")).collect();
            ends.sharer.presses(&format!("printf '<{typed}>\\n'\r"))?;
            let is_there = |written: &[u8]| letters(written).contains(&format!("<{text}>"));
            for desk in [&ends.sharer, &ends.viewer] {
                wait::until(format_args!("{text} to be seen"), SOON, || {
                    Ok(is_there(&desk.written()).then_some(()))
                })?;
            }
        }
        ends.sharer.presses(&CHORD.repeat(3))?;
        ends.sharer.reads(OVER)?;
        two.call_ends_with(0)
    });
}

/// What was written, without the places and styles between letters.
fn letters(written: &[u8]) -> String {
    let text = String::from_utf8_lossy(written);
    let mut left = String::new();
    let mut parts = text.split("\u{1b}[");
    left.extend(parts.next());
    for part in parts {
        let end = part.find(|c: char| ('\u{40}'..='\u{7e}').contains(&c)).map_or(part.len(), |at| at + 1);
        left.push_str(&part[end..]);
    }
    left
}

/// What a program addresses to the terminal itself, and what would make a terminal answer.
const HOSTILE: [&str; 24] = [
    "]0;title\\007",
    "]2;title\\033\\\\",
    "]52;c;aGVsbG8=\\007",
    "]52;c;?\\007",
    "]8;;http://example.org\\007link",
    "]10;?\\007",
    "]4;1;#ffffff\\007",
    "]9;note\\007",
    "]777;notify;a;b\\007",
    "]1337;File=:AA==\\007",
    "[6n",
    "[c",
    "[>q",
    "[5n",
    "[18t",
    "[21t",
    "Z",
    "P$qm\\033\\\\",
    "Pq#0;2;0;0;0~-\\033\\\\",
    "_Gf=24;AAAA\\033\\\\",
    "^private\\033\\\\",
    "[?1003h\\033[?1006h\\033[?1004h",
    "[>1u",
    "[201~",
];

#[test]
fn nothing_that_a_program_writes_reaches_a_terminal_as_it_was() {
    two_people(|two| {
        let mut ends = shared(two)?;
        for sequence in HOSTILE {
            ends.sharer.presses(&format!("printf '\\033{sequence}'\r"))?;
        }
        // The same in one byte, and what is no sequence at all.
        ends.sharer.presses("printf '\\2335n\\2350;t\\234\\220q~\\234\\005\\007\\016\\017'\r")?;
        ends.sharer
            .presses("printf '\\302\\2335n\\302\\2350;t\\302\\234\\342\\200\\256\\363\\240\\201\\201'\r")?;
        // What the emulator answered was typed into the shell, as by any terminal.
        ends.sharer.presses("\u{3}")?;
        ends.both_see(false, "6*7", "42")?;
        for (name, desk) in [("sharer", &ends.sharer), ("viewer", &ends.viewer)] {
            let unlisted = unlisted(&desk.written());
            ensure!(unlisted.is_empty(), "{unlisted:?} reached the terminal of the {name}");
        }
        ends.sharer.presses(&CHORD.repeat(3))?;
        ends.sharer.reads(OVER)?;
        two.call_ends_with(0)
    });
}

#[test]
fn what_is_pasted_is_one_piece_for_a_program_that_asks_for_that_and_cannot_end_it() {
    two_people(|two| {
        let mut ends = shared(two)?;
        ends.allows_typing()?;
        // A program that wants brackets, and shows what it reads.
        ends.sharer.presses("printf '\\033[?2004h'; stty -icanon -echo; echo =$((2+3))=; cat -v\r")?;
        ends.viewer.reads("=5=")?;
        ends.sharer.reads("=5=")?;
        for by in ["viewer", "sharer"] {
            let pasted = format!("\u{1b}[200~{by}\u{1b}[201\u{7}~two\u{3}\u{1d}\u{1d}\u{1d}three\u{1b}[201~");
            let typist = if by == "viewer" { &mut *ends.viewer } else { &mut *ends.sharer };
            typist.presses(&pasted)?;
            for desk in [&mut *ends.viewer, &mut *ends.sharer] {
                desk.reads(&format!("^[[200~{by}[201~twothree^[[201~"))?;
            }
        }
        ends.sharer.presses("\u{3}stty sane\r")?;
        ends.both_see(false, "6*7", "42")?;
        ends.sharer.presses(&CHORD.repeat(3))?;
        ends.sharer.reads(OVER)?;
        two.call_ends_with(0)
    });
}

#[test]
fn the_alternate_screen_has_nothing_above_it_and_leaves_what_was_there_before() {
    // The alternate screen has no lines above it, and leaving it brings back those of before.
    two_people(|two| {
        let mut ends = shared(two)?;
        ends.sharer.presses("seq -f 'row %g.' 1 200; printf '\\033[?1049h\\033[2J\\033[HAL''T'\r")?;
        ends.viewer.reads("ALT")?;
        ends.viewer.presses("\u{1b}[5~")?;
        ends.sharer.presses("printf '\\033[?1049l'\r")?;
        ends.both_see(false, "6*7", "42")?;
        for _ in 0..12 {
            ends.viewer.presses("\u{1b}[5~")?;
        }
        ends.viewer.reads("row 1.")?;
        ends.viewer.presses("q")?;
        ends.sharer.reads(OVER)?;
        two.call_ends_with(0)
    });
}
