//! Sentences on a terminal that is narrower than they are.

/// Breaks lines between words, so that none is longer than there is room. What follows a break stands as far to the right as the line
/// began. A word that has no room in any line, such as the address of a page, is left whole: whoever copies it needs all of it.
pub(super) fn wrapped(text: &str, columns: usize) -> String {
    // Some terminals begin another line as soon as the last column is written.
    let room = columns.saturating_sub(1);
    let lines = text.split('\n').map(|line| broken(line, room));
    lines.collect::<Vec<_>>().join("\n")
}

fn broken(line: &str, room: usize) -> String {
    if wide(line) <= room {
        return line.to_owned();
    }
    let words = line.trim_start_matches(' ');
    let indent = &line[..line.len() - words.len()];
    // Where the line began so far to the right that nothing has room there, the rest begins at the left.
    let indent = if indent.len() * 2 > room { "" } else { indent };
    let (mut broken, mut taken) = (indent.to_owned(), indent.len());
    let mut is_first = true;
    for word in words.split(' ') {
        let width = wide(word);
        let has_room = taken + 1 + width <= room || indent.len() + width > room;
        if is_first {
            is_first = false;
        } else if has_room {
            broken.push(' ');
            taken += 1;
        } else {
            broken.truncate(broken.trim_end_matches(' ').len());
            broken.push('\n');
            broken.push_str(indent);
            taken = indent.len();
        }
        broken.push_str(word);
        taken += width;
    }
    broken
}

/// Letters of alphabets have one column; of others it is not known here, and they may have two.
fn wide(text: &str) -> usize {
    text.chars().map(|c| if c < '\u{1100}' || ('\u{2000}'..'\u{2600}').contains(&c) { 1 } else { 2 }).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = "Show Anna your screen? They will see everything on it; if you have several, one at a time, and they can change between them.";
    const GERMAN: &str = "Rufen Sie Jürgen an, oder hören Sie die Stimme, die Sie kennen. Übernehmen Sie die Wörter nicht aus einer Nachricht: Verschlüsselungsverfahren schützen davor nicht.";

    #[test]
    fn no_line_is_longer_than_there_is_room_and_no_word_is_broken() {
        for text in [ENGLISH, GERMAN] {
            for columns in [40, 80] {
                let wrapped = wrapped(text, columns);
                assert!(wrapped.lines().all(|line| wide(line) < columns), "{wrapped}");
                assert!(wrapped.lines().count() >= wide(text) / columns, "{wrapped}");
                assert_eq!(wrapped.replace('\n', " "), text, "nothing is lost");
                // As many words as have room.
                let lines: Vec<&str> = wrapped.lines().collect();
                for pair in lines.windows(2) {
                    let next = pair[1].split(' ').next().unwrap_or_default();
                    assert!(wide(pair[0]) + 1 + wide(next) > columns - 1, "{wrapped}");
                }
            }
        }
        assert_eq!(wrapped(GERMAN, 40).lines().next(), Some("Rufen Sie Jürgen an, oder hören Sie die"));
    }

    #[test]
    fn what_has_room_stays_as_it_is() {
        let text = "\n  a    b\n\nc ";
        assert_eq!(wrapped(text, 80), text);
    }

    #[test]
    fn what_follows_stands_below_where_the_line_began() {
        assert_eq!(wrapped("who\n  one two three four", 12), "who\n  one two\n  three\n  four");
        assert_eq!(wrapped("          far right", 12), "far right");
    }

    #[test]
    fn an_address_is_left_whole() {
        let address = "http://127.0.0.1:40933/#Mlw6oSE3xmiXiYP9Eg4BMkC2TT7Dj94Kd8WJUKCjsdw";
        let text = format!("Open this page: {address} once more");
        let wrapped = wrapped(&text, 40);
        assert!(wrapped.contains(address), "{wrapped}");
        assert_eq!(wrapped, format!("Open this page: {address}\nonce more"));
    }
}
