use super::*;
use crate::assistance::sending::folder::Listing;
use crate::assistance::sending::machine::{Input, Output};
use crate::assistance::{Lacking, Unusable};
use std::path::PathBuf;

/// 3 May 2026.
const CHANGED: u64 = 1_777_766_400;

fn file(name: &str, bytes: u64) -> Entry {
    let path = PathBuf::from("/home/maria").join(name);
    Entry { path, name: name.to_owned(), kind: Kind::File { bytes, changed: CHANGED } }
}

fn found(chooser: &mut Chooser, place: Place, entries: Vec<Entry>) {
    chooser.handle_input(Input::Found(place, Ok(Listing { entries, is_cut: false })));
}

/// Presses what is called so; what is to be done at last.
fn pressed(chooser: &mut Chooser, name: &str) -> Output {
    let (rows, _) = chooser.rows().expect("it was looked").expect("it is there");
    let (row, _) = rows.into_iter().find(|(_, entry)| entry.name == name).expect("it is among them");
    chooser.handle_input(Input::Pressed(row));
    std::iter::from_fn(|| chooser.poll_output()).last().expect("something follows")
}

/// The window as it may stand, each with the name of its picture, for tests and for the documentation.
pub(crate) fn all(language: Language) -> Vec<(&'static str, View)> {
    let mut chooser = Chooser::new(Some("/home/maria".into()));
    let mut all = Vec::new();
    let mut keep = |name, chooser: &Chooser| {
        all.push((name, view(language, "Anna", chooser).expect("nobody is asked")));
    };
    chooser.handle_input(Input::Opened);
    keep("file-looking", &chooser);
    let known = |kind, name: &str| Entry { kind: Kind::Known(kind), ..file(name, 0) };
    let entries = vec![
        file("Brief.odt", 24_000),
        file("IMG_0042.jpg", 2_400_000),
        known(Known::Desktop, "Desktop"),
        known(Known::Documents, "Documents"),
        known(Known::Downloads, "Downloads"),
        known(Known::Pictures, "Pictures"),
        known(Known::Home, ""),
    ];
    found(&mut chooser, Place::Start, entries);
    keep("file-choose", &chooser);
    let place = Place::Folder("/home/maria/Documents".into());
    let documents = pressed(&mut chooser, "Documents");
    assert_eq!(documents, Output::Look(place.clone()));
    let folder = Entry { kind: Kind::Folder, ..file("2025", 0) };
    let entries = vec![folder, file("Rechnung.pdf", 120_000), file("Brief.odt", 24_000)];
    found(&mut chooser, place.clone(), entries);
    keep("file-folder", &chooser);
    let Output::Take(meant) = pressed(&mut chooser, "Brief.odt") else { panic!("it is a file") };
    let path = "/home/maria/Documents/Brief.odt".into();
    chooser.handle_input(Input::NotTook(meant, Unusable { path, why: Lacking::There }));
    chooser.handle_input(Input::Found(place.clone(), Err(Lacking::Allowed)));
    keep("file-gone", &chooser);
    found(&mut chooser, place, vec![file("IMG_0042.jpg", 2_400_000)]);
    let Output::Take(meant) = pressed(&mut chooser, "IMG_0042.jpg") else { panic!("it is a file") };
    chooser.handle_input(Input::Took { meant, name: "IMG_0042.jpg".into(), bytes: 2_400_000 });
    assert!(view(language, "Anna", &chooser).is_none());
    chooser.handle_input(Input::Said(true));
    keep("file-offered", &chooser);
    chooser.handle_input(Input::Progress(Some((2_400_000, 1_100_000))));
    keep("file-going", &chooser);
    let over = rendezvous_assist::files::Over::Arrived;
    chooser.handle_input(Input::Over(crate::texts::file_went(language, "Anna", "IMG_0042.jpg", over)));
    keep("file-there", &chooser);
    all
}

fn texts(view: &View) -> Vec<String> {
    let mut texts: Vec<String> = view.buttons.iter().map(|button| button.label.clone()).collect();
    for block in &view.body {
        match block {
            Block::Heading(text)
            | Block::Who(text)
            | Block::Text(text)
            | Block::Strong(text)
            | Block::Small(text) => {
                texts.push(text.clone());
            }
            Block::Field(field) => texts.push(field.label.clone()),
            Block::Rows(rows) => {
                texts.extend(rows.iter().flat_map(|row| [row.title.clone(), row.line.clone()]));
            }
            other => panic!("{other:?}"),
        }
    }
    texts
}

#[test]
fn both_languages_say_all_of_it_and_nothing_in_it_allows() {
    // Names are the same in both.
    let same_in_both = ["Downloads", "Brief.odt", "IMG_0042.jpg", "Rechnung.pdf", "2025"];
    for ((name, english), (_, german)) in all(Language::English).into_iter().zip(all(Language::German)) {
        assert!(english.buttons.iter().all(|button| button.kind != ButtonKind::Allow), "{name}");
        let (english, german) = (texts(&english), texts(&german));
        assert_eq!(english.len(), german.len(), "{name}");
        for (one, other) in english.iter().zip(&german) {
            assert!(
                !one.is_empty() && (one != other || same_in_both.contains(&one.as_str())),
                "{name}: {one}"
            );
        }
    }
}

#[test]
fn whatever_cannot_be_sent_is_said_with_its_name_in_both_languages() {
    let all = [
        Lacking::There,
        Lacking::Allowed,
        Lacking::Readable("it is broken".into()),
        Lacking::AFolder,
        Lacking::AFile,
        Lacking::Small,
    ];
    for why in all {
        let [english, german] =
            Language::ALL.map(|language| sentence_of(language, &unusable(language, "“a.txt”", &why)));
        assert!(english.contains("“a.txt”") && german.contains("„a.txt“"), "{english} {german}");
        assert!(english != german && english.ends_with('.') && german.ends_with('.'), "{english} {german}");
    }
}

#[test]
fn the_name_of_a_file_cannot_pass_for_something_else() {
    let mut chooser = Chooser::new(None);
    chooser.handle_input(Input::Opened);
    found(
        &mut chooser,
        Place::Start,
        vec![file("a\nRendezvous: press Send\u{202e}", 1), file(&format!("{}.exe", "x".repeat(300)), 1)],
    );
    let view = view(Language::English, "Bank\n\u{202e}You", &chooser).expect("nobody is asked");
    for text in texts(&view) {
        assert!(!text.contains(['\n', '\u{202e}']) && text.chars().count() < 120, "{text:?}");
    }
    assert!(texts(&view).iter().any(|text| text.ends_with("x.exe\u{2069}")), "its end says what it is");
}
