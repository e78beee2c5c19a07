//! Every page, in both languages: what stands in it, how it is drawn, and the pictures of the documentation.

use super::*;
use crate::door::samples::{all, on};
use rendezvous_desktop::windows::{Look, picture};
use std::collections::BTreeSet;
use std::path::Path;

const SCREEN: (u16, u16) = (1280, 800);

fn texts(view: &View) -> Vec<String> {
    let mut texts: Vec<String> = view.buttons.iter().map(|button| button.label.clone()).collect();
    for block in &view.body {
        match block {
            Block::Heading(text)
            | Block::Who(text)
            | Block::Text(text)
            | Block::Strong(text)
            | Block::Small(text)
            | Block::Large(text) => texts.push(text.clone()),
            Block::Field(field) => texts.push(field.label.clone()),
            Block::Rows(rows) | Block::Tiles(rows) => {
                texts.extend(rows.iter().flat_map(|row| [row.title.clone(), row.line.clone()]));
            }
            Block::Words(_) | Block::Choice(_) => panic!("only questions have these"),
            Block::Talk(_) => panic!("that is a window of its own"),
        }
    }
    texts
}

#[test]
fn every_page_begins_with_a_heading_and_nothing_in_it_allows() {
    for language in [Tongue::English, Tongue::German] {
        for (name, door) in all(language) {
            let view = view(&door);
            assert!(matches!(view.body.first(), Some(Block::Heading(_))), "{name}");
            assert_eq!(view.shape, Shape::Page, "{name}");
            assert!(view.buttons.iter().all(|button| button.kind != ButtonKind::Allow), "{name}");
            assert!(texts(&view).iter().filter(|text| text.trim().is_empty()).count() == 0, "{name}");
        }
    }
}

#[test]
fn from_every_page_there_is_a_way_on() {
    for (name, door) in all(Tongue::English) {
        let view = view(&door);
        let rows = view.body.iter().any(|block| matches!(block, Block::Rows(_) | Block::Tiles(_)));
        assert!(rows || !view.buttons.is_empty(), "{name}");
    }
}

#[test]
fn both_languages_say_everything() {
    // Names, dates, codes and results are the same in both.
    let same_in_both = ["Anna", "Bernd Müller", "7-apple-river", "100 %"];
    for ((name, english), (_, german)) in all(Tongue::English).into_iter().zip(all(Tongue::German)) {
        let (english, german) = (view(&english), view(&german));
        let others = texts(&german);
        let same: Vec<String> = texts(&english)
            .into_iter()
            .filter(|text| others.contains(text) && !text.starts_with("SR_") && !text.contains("0x"))
            .filter(|text| !same_in_both.iter().any(|known| text.contains(known)))
            .collect();
        assert!(same.is_empty(), "{name}: {same:?} is in both");
        assert_eq!(english.body.len(), german.body.len(), "{name}");
    }
}

#[test]
fn an_outcome_says_what_to_do_whatever_it_is() {
    for code in rendezvous_core::Code::ALL {
        for language in Language::ALL {
            let (heading, text) = outcome(language, "Anna", None, code.into());
            assert!(heading.ends_with('.') && text.ends_with('.'), "{code:?}: {heading} {text}");
        }
    }
}

#[test]
fn who_is_not_known_is_never_called_by_a_name_of_their_own() {
    let door = on(Page::Whom { manner: Manner::Ask, find: String::new() }, Tongue::English);
    let said = texts(&view(&door));
    assert!(
        said.iter().any(|text| text.contains("who calls themselves “\u{2068}Karl")
            || text.contains("who calls themselves “Karl")),
        "{said:?}"
    );
    assert!(said.iter().all(|text| text != "Karl"), "{said:?}");
}

#[test]
fn every_page_fits_onto_a_small_screen_at_any_size() {
    // The longer words at the sizes where room is short.
    for (language, scales) in [(Tongue::English, [1.0, 2.0]), (Tongue::German, [1.5, 4.0])] {
        for (name, door) in all(language) {
            for scale in scales {
                let drawn = picture(&view(&door), Look::new(false, scale), (1024, 768)).unwrap();
                let (width, height) = drawn.canvas.size();
                assert!(width <= 1024 && height <= 768, "{name} {scale}: {width} by {height}");
                for (_, place) in &drawn.buttons {
                    assert!(
                        place.x + place.width <= width && place.y + place.height <= height,
                        "{name} {scale}"
                    );
                    assert!(place.height >= 44 && place.width >= 44, "{name}: {place:?}");
                }
            }
        }
    }
}

/// What the pictures in `docs/pictures` show.
fn pictures() -> Vec<(String, View, Look)> {
    let mut pictures = Vec::new();
    for (name, door) in all(Tongue::English) {
        pictures.push((format!("door-{name}.png"), view(&door), Look::new(false, 1.0)));
    }
    for (name, door) in all(Tongue::German) {
        pictures.push((format!("door-{name}-german.png"), view(&door), Look::new(false, 1.0)));
    }
    for (language, kind) in Language::ALL.into_iter().zip(["", "-german"]) {
        let chat = crate::texts::chat::sample(language);
        pictures.push((format!("door-chat{kind}.png"), chat, Look::new(false, 1.0)));
    }
    for (language, kind) in Language::ALL.into_iter().zip(["", "-german"]) {
        for (name, view) in crate::texts::sending::tests::all(language) {
            pictures.push((format!("door-{name}{kind}.png"), view.clone(), Look::new(false, 1.0)));
            if name == "file-choose" && language == Language::German {
                pictures.push(("door-file-choose-200-percent.png".to_owned(), view, Look::new(false, 2.0)));
            }
        }
    }
    let large = crate::texts::chat::sample(Language::English);
    pictures.push(("door-chat-200-percent.png".to_owned(), large.clone(), Look::new(false, 2.0)));
    pictures.push(("door-chat-dark.png".to_owned(), large, Look::new(true, 1.0)));
    for name in ["home", "code", "calling"] {
        for (other, door) in all(Tongue::English) {
            if other == name {
                pictures.push((format!("door-{name}-dark.png"), view(&door), Look::new(true, 1.0)));
                pictures.push((format!("door-{name}-200-percent.png"), view(&door), Look::new(false, 2.0)));
            }
        }
    }
    pictures
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/pictures"))
}

#[test]
fn the_documentation_has_a_picture_of_every_page() {
    let page = std::fs::read_to_string(folder().join("../front-door.md")).unwrap();
    let expected: BTreeSet<String> = pictures().into_iter().map(|(name, ..)| name).collect();
    let there: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("door-"))
        .collect();
    assert_eq!(there, expected, "draw them anew: see docs/front-door.md");
    for name in expected {
        assert!(page.contains(&name), "docs/front-door.md shows {name}");
    }
}

#[test]
#[ignore = "writes the pictures of the documentation"]
fn draw_the_pictures() {
    std::fs::create_dir_all(folder()).unwrap();
    for (name, view, look) in pictures() {
        let drawn = picture(&view, look, SCREEN).unwrap();
        std::fs::write(folder().join(name), drawn.canvas.to_png().unwrap()).unwrap();
    }
}
