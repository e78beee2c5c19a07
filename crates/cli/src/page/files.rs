//! The files of the page, built into the program: this table is all that can be served.

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

macro_rules! file {
    ($path:literal, $media_type:expr, $name:literal) => {
        PageFile {
            path: $path,
            media_type: $media_type,
            body: include_str!(concat!("../../../../viewer/", $name)),
        }
    };
}

/// Every file of `viewer/` that a browser needs.
pub(super) const FILES: &[PageFile] = &[
    file!("/", HTML, "index.html"),
    file!("/style.css", CSS, "style.css"),
    file!("/chat.css", CSS, "chat.css"),
    file!("/files.css", CSS, "files.css"),
    file!("/main.js", SCRIPT, "main.js"),
    file!("/chat.js", SCRIPT, "chat.js"),
    file!("/chords.js", SCRIPT, "chords.js"),
    file!("/clipboard.js", SCRIPT, "clipboard.js"),
    file!("/cursor.js", SCRIPT, "cursor.js"),
    file!("/drawing.js", SCRIPT, "drawing.js"),
    file!("/filepanel.js", SCRIPT, "filepanel.js"),
    file!("/files.js", SCRIPT, "files.js"),
    file!("/input.js", SCRIPT, "input.js"),
    file!("/keys.js", SCRIPT, "keys.js"),
    file!("/layout.js", SCRIPT, "layout.js"),
    file!("/link.js", SCRIPT, "link.js"),
    file!("/menu.js", SCRIPT, "menu.js"),
    file!("/outbox.js", SCRIPT, "outbox.js"),
    file!("/peer.js", SCRIPT, "peer.js"),
    file!("/quality.js", SCRIPT, "quality.js"),
    file!("/sdp.js", SCRIPT, "sdp.js"),
    file!("/shortcuts.js", SCRIPT, "shortcuts.js"),
    file!("/static.js", SCRIPT, "static.js"),
    file!("/view.js", SCRIPT, "view.js"),
    file!("/words.de.js", SCRIPT, "words.de.js"),
    file!("/words.en.js", SCRIPT, "words.en.js"),
    file!("/words.js", SCRIPT, "words.js"),
    file!("/zoom.js", SCRIPT, "zoom.js"),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Else one is only asked for when another that needs it has been read, and the page begins that much later.
    #[test]
    fn every_module_is_asked_for_at_once() {
        let page = FILES.iter().find(|file| file.path == "/").unwrap();
        for file in FILES.iter().filter(|file| file.media_type == SCRIPT && file.path != "/main.js") {
            let link = format!(r#"<link rel="modulepreload" href="{}">"#, &file.path[1..]);
            assert!(page.body.contains(&link), "{link}");
        }
    }

    #[test]
    fn every_module_that_is_imported_is_in_the_table() {
        for file in FILES {
            for import in file.body.split(" from \"./").skip(1) {
                let name = import.split('"').next().unwrap();
                assert!(FILES.iter().any(|f| f.path == format!("/{name}")), "{} needs {name}", file.path);
            }
        }
    }

    #[test]
    fn every_script_and_style_of_the_viewer_is_in_the_table() {
        let viewer = concat!(env!("CARGO_MANIFEST_DIR"), "/../../viewer");
        for entry in std::fs::read_dir(viewer).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".js") || name.ends_with(".css") {
                assert!(FILES.iter().any(|f| f.path == format!("/{name}")), "{name} is not served");
            }
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
