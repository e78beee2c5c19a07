//! Just enough of Rust's grammar to count lines and find words: no parser, because none is needed.

/// The code of a source text with comments, strings and characters blanked out. Lines and columns stay where they
/// were.
pub(super) fn code_only(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(character) = rest.chars().next() {
        let before_is_word = code.chars().next_back().is_some_and(is_word);
        let length = blank_length(rest, before_is_word);
        if length == 0 {
            code.push(character);
            rest = &rest[character.len_utf8()..];
        } else {
            code.extend(rest[..length].chars().map(|hidden| if hidden == '\n' { '\n' } else { ' ' }));
            rest = &rest[length..];
        }
    }
    code
}

/// How many bytes at the beginning of `text` are not code; zero when it begins with code.
fn blank_length(text: &str, before_is_word: bool) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return block_comment(text);
    }
    // A prefix belongs to the string only where no word goes on: `br"…"`, but not the end of `for"`.
    let prefix = if before_is_word {
        ""
    } else {
        ["br", "cr", "r", "b", "c"].into_iter().find(|prefix| is_string(text, prefix)).unwrap_or("")
    };
    let body = &text[prefix.len()..];
    if prefix.ends_with('r') {
        return prefix.len() + raw_string(body);
    }
    match body.chars().next() {
        Some('"') => prefix.len() + quoted(body, '"'),
        Some('\'') if is_character(body) => prefix.len() + quoted(body, '\''),
        _ => 0,
    }
}

fn is_string(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|body| {
        if prefix.ends_with('r') {
            body.trim_start_matches('#').starts_with('"')
        } else {
            body.starts_with('"') || (prefix == "b" && body.starts_with('\''))
        }
    })
}

/// `'a'` and `'\n'` are characters, `'a` is a lifetime.
fn is_character(text: &str) -> bool {
    let mut characters = text.chars().skip(1);
    match characters.next() {
        Some('\\') => true,
        Some(_) => characters.next() == Some('\''),
        None => false,
    }
}

fn quoted(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn raw_string(text: &str) -> usize {
    let hashes = text.len() - text.trim_start_matches('#').len();
    let end = format!("\"{}", "#".repeat(hashes));
    let begin = hashes + 1;
    text[begin..].find(&end).map_or(text.len(), |at| begin + at + end.len())
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Whether a character can be part of a name.
pub(super) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The places where a word stands by itself.
pub(super) fn find_words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let before = code[..at].chars().next_back().is_some_and(is_word);
        let after = code[at + word.len()..].chars().next().is_some_and(is_word);
        !before && !after
    })
}

/// The number of the line at this place, from one.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// A function: its name, where it begins and how many lines it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) lines: usize,
}

/// All functions with a body, in code as [`code_only`] gives it.
pub(super) fn functions(code: &str) -> Vec<Function> {
    find_words(code, "fn").filter_map(|at| function(code, at)).collect()
}

fn function(code: &str, at: usize) -> Option<Function> {
    let name: String =
        code[at + 2..].trim_start().chars().take_while(|&character| is_word(character)).collect();
    // A type `fn(…)` has no name, and a declaration in a trait ends before any brace.
    let body = at + code[at..].find(['{', ';'])?;
    if name.is_empty() || code[body..].starts_with(';') {
        return None;
    }
    let end = block_end(code, body)?;
    let line = line_of(code, at);
    Some(Function { name, line, lines: line_of(code, end) - line + 1 })
}

/// The closing brace of the block that opens at `open`.
fn block_end(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, character) in code[open..].char_indices() {
        match character {
            '{' => depth += 1,
            '}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(open + at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The code without its `#[cfg(test)]` modules.
pub(super) fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(MARK) {
        kept.push_str(&rest[..at]);
        let open = rest[at..].find(['{', ';']).map(|length| at + length);
        let end = match open {
            Some(open) if rest[open..].starts_with('{') => block_end(rest, open).map(|end| end + 1),
            Some(open) => Some(open + 1),
            None => None,
        };
        let end = end.unwrap_or(rest.len());
        kept.extend(rest[at..end].chars().filter(|&character| character == '\n'));
        rest = &rest[end..];
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_strings_are_no_code() {
        for (source, expected) in [
            ("a // {\nb", "a     \nb"),
            ("a /* { /* } */ */ b", "a                 b"),
            (r#"f("{", '{', b'{')"#, "f(   ,    ,     )"),
            (r##"f(r#"{""#, x)"##, "f(       , x)"),
            (r#"f("\"{")"#, "f(     )"),
            ("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}"),
            ("f('\\'', '\\\\')", "f(    ,     )"),
        ] {
            assert_eq!(code_only(source), expected, "{source}");
        }
    }

    #[test]
    fn functions_are_measured_to_their_last_brace() {
        let code =
            "trait T { fn none(&self); }\nfn one() {}\nfn three() {\n    if x { y }\n}\nlet f: fn(u8) = g;\n";
        let expected = [("one", 2, 1), ("three", 3, 3)].map(|(name, line, lines)| Function {
            name: name.into(),
            line,
            lines,
        });
        assert_eq!(functions(code), expected);
    }

    #[test]
    fn words_stand_by_themselves() {
        assert_eq!(find_words("unsafe unsafe_code (unsafe)", "unsafe").collect::<Vec<_>>(), [0, 20]);
    }

    #[test]
    fn tests_are_left_out_and_lines_stay() {
        let code = "a\n#[cfg(test)]\nmod tests {\n    b {}\n}\nc\n";
        assert_eq!(without_tests(code), "a\n\n\n\n\nc\n");
        assert_eq!(without_tests("#[cfg(test)]\nmod tests;\nc"), "\n\nc");
    }
}
