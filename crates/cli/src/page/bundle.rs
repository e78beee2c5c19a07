//! The page's modules as one script: a browser asks for two dozen files one after the other, and the first picture
//! would wait for that (docs/benchmarks.md).
//!
//! Each module becomes a function that gives what the module exports, and each import takes that. The modules are our own and all
//! written in one way, so this understands that way alone; whatever else stands there is refused, and a test sees it.

use std::fmt::Write as _;

/// The modules that `entry` needs, and itself at the end. Names are those of files.
///
/// # Errors
///
/// What a module says that is not understood, a module that is missing, or some that need each other.
pub(super) fn bundle<'a>(find: &impl Fn(&str) -> Option<&'a str>, entry: &'a str) -> Result<String, String> {
    let mut bundle = Bundle { find, begun: Vec::new(), done: Vec::new(), script: String::new() };
    bundle.add(entry)?;
    Ok(bundle.script)
}

struct Bundle<'f, F> {
    find: &'f F,
    /// Modules whose own needs are being looked after.
    begun: Vec<String>,
    done: Vec<String>,
    script: String,
}

impl<'a, F: Fn(&str) -> Option<&'a str>> Bundle<'_, F> {
    fn add(&mut self, name: &str) -> Result<(), String> {
        if self.done.iter().any(|done| done == name) {
            return Ok(());
        }
        if self.begun.iter().any(|begun| begun == name) {
            return Err(format!("{name} needs itself, by way of others"));
        }
        self.begun.push(name.to_owned());
        let text = (self.find)(name).ok_or_else(|| format!("there is no {name}"))?;
        let (mut body, mut exports) = (String::with_capacity(text.len()), Vec::new());
        for line in text.lines() {
            match Line::read(line).map_err(|why| format!("{name}: {why}: {line}"))? {
                Line::Plain(line) => body.push_str(line),
                Line::Import { what, from } => {
                    self.add(from)?;
                    let from = variable(from);
                    match what.strip_prefix("* as ") {
                        Some(whole) => write!(body, "const {whole} = {from};"),
                        None => write!(body, "const {} = {from};", what.replace(" as ", ": ")),
                    }
                    .expect("a string takes everything");
                }
                Line::Export { name, line } => {
                    exports.push(name.to_owned());
                    body.push_str(line);
                }
                Line::PassOn { names, from } => {
                    self.add(from)?;
                    let from = variable(from);
                    exports.extend(names.split(',').map(|name| format!("{0}: {from}.{0}", name.trim())));
                }
            }
            body.push('\n');
        }
        let (variable, exports) = (variable(name), exports.join(", "));
        write!(
            self.script,
            "// {name}\nconst {variable} = (() => {{\n{body}return {{ {exports} }};\n}})();\n"
        )
        .expect("a string takes everything");
        self.begun.pop();
        self.done.push(name.to_owned());
        Ok(())
    }
}

/// What a line of a module means to the others.
enum Line<'a> {
    Plain(&'a str),
    /// `import { a, b as c } from "./d.js";` or `import * as a from "./d.js";`
    Import {
        what: &'a str,
        from: &'a str,
    },
    /// `export const`, `class` or `function`, and the line without the first word.
    Export {
        name: &'a str,
        line: &'a str,
    },
    /// `export { a, b } from "./c.js";`
    PassOn {
        names: &'a str,
        from: &'a str,
    },
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Result<Self, &'static str> {
        let from = |rest: &'a str| -> Option<(&'a str, &'a str)> {
            let (what, from) = rest.strip_suffix("\";")?.split_once(" from \"./")?;
            Some((what, from))
        };
        if let Some(rest) = line.strip_prefix("import ") {
            let (what, from) = from(rest).ok_or("an import of another kind")?;
            return Ok(Self::Import { what, from });
        }
        let Some(rest) = line.strip_prefix("export ") else { return Ok(Self::Plain(line)) };
        if let Some((names, from)) = from(rest) {
            let names = names.strip_prefix("{ ").and_then(|names| names.strip_suffix(" }"));
            let names = names.filter(|names| !names.contains(" as ")).ok_or("an export of another kind")?;
            return Ok(Self::PassOn { names, from });
        }
        // What can change later would have to be seen to change.
        let name = ["const ", "class ", "function ", "async function "]
            .iter()
            .find_map(|kind| rest.strip_prefix(kind))
            .ok_or("an export of another kind")?;
        let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
        Ok(Self::Export { name: &name[..end], line: rest })
    }
}

/// What holds the exports of a module.
fn variable(file: &str) -> String {
    format!("${}", file.trim_end_matches(".js").replace('.', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(modules: &[(&'static str, &'static str)]) -> Result<String, String> {
        let find = |name: &str| modules.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
        bundle(&find, "main.js")
    }

    #[test]
    fn every_module_stands_once_behind_what_it_needs() {
        let main = "import { a as b, c } from \"./one.js\";\nimport * as words from \"./words.js\";\nb(c, words.TITLE);\n";
        let one = "import { TITLE } from \"./words.js\";\nexport { TITLE, other } from \"./words.js\";\nexport function a() {}\nexport const c = TITLE;\n";
        let words = "export const TITLE = \"export nothing\";\nexport async function other() {}\nexport class More {}\n";
        let script = made(&[("main.js", main), ("one.js", one), ("words.js", words)]).unwrap();
        let expected = "\
// words.js
const $words = (() => {
const TITLE = \"export nothing\";
async function other() {}
class More {}
return { TITLE, other, More };
})();
// one.js
const $one = (() => {
const { TITLE } = $words;

function a() {}
const c = TITLE;
return { TITLE: $words.TITLE, other: $words.other, a, c };
})();
// main.js
const $main = (() => {
const { a: b, c } = $one;
const words = $words;
b(c, words.TITLE);
return {  };
})();
";
        assert_eq!(script, expected);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (text, why) in [
            ("import \"./one.js\";", "import of another kind"),
            ("import one from 'one';", "import of another kind"),
            ("export let count = 0;", "export of another kind"),
            ("export default 1;", "export of another kind"),
            ("export { a as b } from \"./one.js\";", "export of another kind"),
            ("import { a } from \"./none.js\";", "there is no none.js"),
            ("import { a } from \"./one.js\";", "main.js needs itself"),
        ] {
            let error =
                made(&[("main.js", text), ("one.js", "import { b } from \"./main.js\";")]).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
