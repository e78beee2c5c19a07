//! What the two people write to each other, as it stands on a terminal.

pub(crate) const YOU: &str = "You";

/// The longest name before a message.
const LONGEST_NAME: usize = 24;

/// A message, every row of it with the name of whoever wrote it: rows that the terminal breaks by itself would have none
/// and could pass for words of this program.
pub(crate) fn wrote(who: &str, text: &str, columns: usize) -> String {
    let name = match who.chars().count() {
        ..=LONGEST_NAME => who.to_owned(),
        _ => who.chars().take(LONGEST_NAME - 1).chain(['…']).collect(),
    };
    let prefix = format!("  {name}: ");
    let room = columns.saturating_sub(wide(&prefix) + 1).max(10);
    let mut rows = Vec::new();
    for line in text.lines() {
        let (mut row, mut taken) = (String::new(), 0);
        for c in line.chars() {
            if taken + width(c) > room {
                rows.push(std::mem::take(&mut row));
                taken = 0;
            }
            row.push(c);
            taken += width(c);
        }
        rows.push(row);
    }
    rows.iter().map(|row| format!("{prefix}{row}")).collect::<Vec<_>>().join("\n")
}

/// The line that the person here is writing, or the end of it where there is no room for more.
pub(crate) fn writing(who: &str, draft: &str, columns: usize) -> String {
    let prefix = "● You: ";
    let hint = format!("   (Enter sends it to {who}; empty: nothing)");
    let room = columns.saturating_sub(wide(prefix) + 2);
    if wide(draft) + wide(&hint) < room {
        return format!("{prefix}{draft}▏{hint}");
    }
    let mut taken = 0;
    let tail: Vec<char> = draft
        .chars()
        .rev()
        .take_while(|c| {
            taken += width(*c);
            taken < room
        })
        .collect();
    format!("{prefix}{}▏", tail.into_iter().rev().collect::<String>())
}

/// How many columns a letter takes at most.
fn width(c: char) -> usize {
    if c.is_ascii() { 1 } else { 2 }
}

fn wide(text: &str) -> usize {
    text.chars().map(width).sum()
}

pub(crate) fn missed_messages(who: &str, count: u64) -> String {
    let messages = if count == 1 { "One message".to_owned() } else { format!("{count} messages") };
    format!(
        "{messages} of {who} came too fast to be read and {} left out.",
        if count == 1 { "was" } else { "were" }
    )
}

/// The expert asked for something while the person here was writing.
pub(crate) fn question_waits(who: &str) -> String {
    format!("{who} asks you something. Finish your line first: then you are asked.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_a_message_says_whose_it_is() {
        assert_eq!(wrote("Karl", "Hello", 80), "  Karl: Hello");
        assert_eq!(wrote("Karl", "one\ntwo", 80), "  Karl: one\n  Karl: two");
        let rows = wrote("Karl", &format!("hi{}● Ann sees nothing", " ".repeat(70)), 80);
        assert!(rows.lines().count() > 1);
        for row in rows.lines() {
            assert!(row.starts_with("  Karl: ") && row.chars().count() < 80, "{row}");
        }
        let rows = wrote("Karl", &"漢".repeat(100), 80);
        assert!(rows.lines().all(|row| wide(row) < 80), "{rows}");
        assert!(wrote(&"x".repeat(300), "a", 80).starts_with(&format!("  {}…: a", "x".repeat(23))));
    }

    #[test]
    fn the_line_that_is_written_stays_in_one_row() {
        for draft in ["", "short", &"long ".repeat(50), &"漢".repeat(300)] {
            for columns in [20, 40, 80, 200] {
                let line = writing("Karl", draft, columns);
                assert!(wide(&line) <= columns + 6, "{line}");
            }
        }
        assert!(writing("Karl", &format!("{}end", "x".repeat(200)), 80).ends_with("end▏"));
    }
}
