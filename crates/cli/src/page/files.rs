//! The files of the page, built into the program: this table is all that can be served.

use std::sync::LazyLock;

use super::bundle::bundle;

/// One file.
pub(super) struct PageFile {
    /// The path in the URL.
    pub(super) path: &'static str,
    /// The media type.
    pub(super) media_type: &'static str,
    /// The content.
    pub(super) body: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The module that the page begins with.
const MAIN: &str = "main.js";

macro_rules! viewer {
    ($name:literal) => {
        include_str!(concat!("../../../../viewer/", $name))
    };
}

macro_rules! modules {
    ($($name:literal),* $(,)?) => { &[$(($name, viewer!($name))),*] };
}

/// Every module of `viewer/`.
const MODULES: &[(&str, &str)] = modules![
    "main.js",
    "chat.js",
    "chords.js",
    "clipboard.js",
    "cursor.js",
    "drawing.js",
    "filepanel.js",
    "files.js",
    "input.js",
    "keys.js",
    "layout.js",
    "link.js",
    "menu.js",
    "outbox.js",
    "peer.js",
    "quality.js",
    "sdp.js",
    "shortcuts.js",
    "static.js",
    "view.js",
    "words.de.js",
    "words.en.js",
    "words.js",
    "zoom.js",
];

/// Every file that a browser needs.
pub(super) static FILES: LazyLock<[PageFile; 5]> = LazyLock::new(|| {
    let module = |name: &str| MODULES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
    let script = bundle(&module, MAIN).expect("a test makes the same script of the same modules");
    let file = |path, media_type, body| PageFile { path, media_type, body };
    [
        file("/", HTML, viewer!("index.html")),
        file("/style.css", CSS, viewer!("style.css")),
        file("/chat.css", CSS, viewer!("chat.css")),
        file("/files.css", CSS, viewer!("files.css")),
        // Made once, and needed for as long as the program runs.
        file("/main.js", SCRIPT, Box::leak(script.into_boxed_str())),
    ]
});

#[cfg(test)]
mod tests {
    use super::*;

    /// Each is a way to the server and back before the page begins.
    #[test]
    fn the_page_asks_for_what_is_served_and_for_nothing_else() {
        let html = FILES[0].body;
        let asked: Vec<_> = ["href=\"", "src=\""]
            .iter()
            .flat_map(|attribute| html.split(attribute).skip(1))
            .map(|rest| rest.split('"').next().unwrap())
            .filter(|name| !name.starts_with("data:"))
            .collect();
        let served: Vec<_> = FILES[1..].iter().map(|file| &file.path[1..]).collect();
        assert_eq!(asked, served);
    }

    #[test]
    fn every_module_is_in_the_script_and_nothing_of_the_language_of_modules_is_left() {
        let script = FILES.iter().find(|file| file.media_type == SCRIPT).unwrap().body;
        for (name, _) in MODULES {
            assert_eq!(
                script.matches(&format!("\n// {name}\nconst $")).count()
                    + usize::from(script.starts_with(&format!("// {name}\n"))),
                1,
                "{name}"
            );
        }
        assert!(!script.lines().any(|line| line.starts_with("import ") || line.starts_with("export ")));
    }

    #[test]
    fn every_script_and_style_of_the_viewer_is_in_the_table() {
        let viewer = concat!(env!("CARGO_MANIFEST_DIR"), "/../../viewer");
        for entry in std::fs::read_dir(viewer).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let known = match name.rsplit_once('.') {
                Some((_, "js")) => MODULES.iter().any(|(module, _)| *module == name),
                Some((_, "css")) => FILES.iter().any(|file| file.path[1..] == name),
                _ => true,
            };
            assert!(known, "{name} is not served");
        }
    }

    #[test]
    fn the_page_runs_nothing_that_the_policy_forbids() {
        let html = FILES[0].body;
        for forbidden in ["<style", " style=", " onclick=", " onload=", "javascript:", "http://", "https://"]
        {
            assert!(!html.contains(forbidden), "index.html has {forbidden}");
        }
        let scripts = FILES.iter().filter(|f| f.media_type == SCRIPT);
        for (file, forbidden) in scripts.flat_map(|f| {
            [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "localStorage",
                "cookie",
            ]
            .map(|w| (f, w))
        }) {
            assert!(!file.body.contains(forbidden), "{} has {forbidden}", file.path);
        }
    }
}
