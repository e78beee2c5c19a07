//! `docs/protocol.md` says what the code does: its examples are read, its tables compared, its schemas applied.

use super::samples::*;
use super::tree::Tree;
use super::vectors::check_signature;
use crate::vectors::{notation, path, published};
use crate::xmpp::map::{
    MapError, NS, NS_DESCRIPTION, NS_JINGLE, NS_TRANSPORT, error, features, from_stanza, is_ours,
};
use minidom::Element;
use rendezvous_core::{Code, MAX_ALIVE, MAX_DATA, MAX_LABEL};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// A fenced block: what stands after the fence, and what is in it.
struct Block {
    kind: String,
    text: String,
}

fn document() -> String {
    let path = path("../protocol.md");
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn blocks(document: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```").filter(|kind| !kind.is_empty()) {
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(Block { kind: kind.into(), text: text.join("\n") });
        }
    }
    blocks
}

/// A stanza as the document writes it: the stream's namespace goes without saying.
fn stanza(block: &Block) -> Element {
    let end = block.text.find([' ', '>']).unwrap();
    let (start, rest) = block.text.split_at(end);
    parse(&format!("{start} xmlns='jabber:client'{rest}"))
}

#[test]
fn every_example_is_read_as_it_says() {
    let document = document();
    let (mut kinds, mut refused) = (BTreeSet::new(), None);
    for block in blocks(&document) {
        match block.kind.as_str() {
            "xml" => {
                let stanza = stanza(&block);
                let is_request = stanza.name() == "iq" && stanza.attr("type") == Some("set");
                assert_eq!(is_ours(&stanza), is_request, "{}", block.text);
                if is_request {
                    let parcel = from_stanza(&stanza).unwrap_or_else(|e| panic!("{e}: {}", block.text));
                    let message = notation(&parcel);
                    check_signature(&published("xmpp.json"), "invite", &message);
                    kinds.insert(message["type"].as_str().unwrap().to_owned());
                }
            }
            "xml refused" => {
                let stanza = stanza(&block);
                let why = from_stanza(&stanza).expect_err("it says that it is refused");
                refused = Some(error(&stanza, &why));
            }
            "xml answer" => {
                let blank = |element: &Element| Tree::of(element).without_blanks().text();
                let answer = refused.take().expect("an answer stands behind what it answers");
                assert_eq!(blank(&stanza(&block)), blank(&answer));
            }
            "text" | "json" => {}
            schema => assert!(schema.starts_with("xsd urn:rendezvous:"), "{schema}"),
        }
    }
    assert!(refused.is_none());
    let all = [
        "accept",
        "alive",
        "attached",
        "cancel",
        "confirm",
        "context",
        "decline",
        "invite",
        "ringing",
        "terminate",
        "unknown-session",
    ];
    assert!(kinds.iter().eq(all.iter()), "{kinds:?}");
}

#[test]
fn examples_are_counted() {
    let document = document();
    let numbers: Vec<usize> = document
        .split("**Example ")
        .skip(1)
        .map(|rest| rest.split('.').next().unwrap().parse().unwrap())
        .collect();
    assert!(numbers.len() >= 20 && numbers.iter().copied().eq(1..=numbers.len()), "{numbers:?}");
}

#[test]
fn discovery_shows_what_is_advertised() {
    let document = document();
    let answer = blocks(&document).into_iter().find(|b| b.text.contains("<feature ")).unwrap();
    let shown: Vec<String> = stanza(&answer)
        .children()
        .flat_map(Element::children)
        .filter_map(|e| e.attr("var").map(str::to_owned))
        .collect();
    let mut ours: Vec<&str> =
        vec!["http://jabber.org/protocol/caps", "http://jabber.org/protocol/disco#info"];
    ours.extend(features());
    ours.push("urn:xmpp:ping");
    assert_eq!(shown, ours);
    assert!(features().is_sorted());
    for namespace in [NS, NS_DESCRIPTION, NS_TRANSPORT] {
        assert!(
            document.lines().any(|l| l.starts_with("| namespaces") && l.contains(namespace)),
            "{namespace}"
        );
    }
    assert!(document.contains(NS_JINGLE));
}

#[test]
fn every_result_and_every_refusal_has_its_line() {
    let document = document();
    let rows: Vec<&str> = document.lines().filter(|line| line.starts_with("| `81000")).collect();
    assert_eq!(rows.len(), Code::ALL.len());
    for (row, code) in rows.iter().zip(Code::ALL) {
        let begins = format!("| `{:08x}` | {} | ", code.number(), code.name());
        assert!(row.starts_with(&begins) && row.len() > begins.len() + 4, "{begins}");
    }
    for why in [
        MapError::Type,
        MapError::Id,
        MapError::Sender,
        MapError::Children,
        MapError::Attributes,
        MapError::Element,
        MapError::Action,
        MapError::Session,
        MapError::Value("…"),
        MapError::Key,
        MapError::Signature,
        MapError::Text("…"),
        MapError::OverLimit("…"),
        MapError::Reason,
        MapError::Redirected,
    ] {
        let (_, condition) = why.condition();
        let row = |line: &&str| line.contains(condition) && line.ends_with(&format!("| `{}` |", why.name()));
        assert_eq!(document.lines().filter(row).count(), 1, "{}", why.name());
    }
}

#[test]
fn limits_are_those_of_the_code() {
    let document = document();
    let pieces = rendezvous_core::CONTEXT_CHUNK;
    for row in [
        format!("| name, URL | {MAX_LABEL} bytes |"),
        format!("| data | {MAX_DATA} bytes |"),
        format!("| a piece of a context | {},{:03} bytes |", pieces / 1000, pieces % 1000),
        format!("| sessions in Alive | {MAX_ALIVE}, at least 1 |"),
    ] {
        assert!(document.contains(&row), "{row}");
    }
    let longest = pieces.div_ceil(3) * 4;
    assert!(document.contains(&format!("{},{:03} characters of base64", longest / 1000, longest % 1000)));
}

/// Every element of our namespaces in a stanza that stands in no other one.
fn ours(element: &Element, found: &mut Vec<Element>) {
    if [NS, NS_DESCRIPTION, NS_TRANSPORT].contains(&element.ns().as_str()) {
        found.push(element.clone());
    } else {
        element.children().for_each(|child| ours(child, found));
    }
}

fn validates(schema: &Path, file: &Path) -> (bool, String) {
    let output = Command::new("xmllint").arg("--noout").arg("--schema").arg(schema).arg(file).output();
    let output = output.expect("xmllint can be started");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn needs_xmllint_the_schemas_know_the_valid_vectors_from_the_others() {
    let directory = std::env::temp_dir().join(format!("rendezvous-schemas-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let mut schemas = Vec::new();
    for block in blocks(&document()) {
        if let Some(namespace) = block.kind.strip_prefix("xsd ") {
            let file = directory.join(format!("{}.xsd", schemas.len()));
            std::fs::write(&file, &block.text).unwrap();
            schemas.push((namespace.to_owned(), file));
        }
    }
    assert_eq!(schemas.len(), 3);
    let vectors = published("xmpp.json");
    let check = |case: &serde_json::Value| {
        let mut elements = Vec::new();
        ours(&parse(case["stanza"].as_str().unwrap()), &mut elements);
        elements.iter().all(|element| {
            let (_, schema) = schemas.iter().find(|(namespace, _)| *namespace == element.ns()).unwrap();
            let file = directory.join("element.xml");
            std::fs::write(&file, String::from(element)).unwrap();
            let (valid, why) = validates(schema, &file);
            let expected = case.get("message").is_some();
            assert!(valid || !expected, "{}: {why}", case["name"]);
            valid
        })
    };
    for case in vectors["valid"].as_array().unwrap() {
        assert!(check(case), "{}", case["name"]);
    }
    // Of what is refused a schema finds what is in one element: every attribute, child, value and limit. It allows blanks
    // around a number and languages everywhere, and xmllint passes over what is not base64.
    let refused = vectors["refused"].as_array().unwrap();
    let by_schema = refused.iter().filter(|case| {
        let why = case["refused"].as_str().unwrap();
        ["attributes", "value sequence", "value by", "over-limit data", "over-limit context"].contains(&why)
            && !case["name"].as_str().unwrap().ends_with("and not base64")
            && case["stanza"].as_str().unwrap().contains(&format!("xmlns='{NS}'"))
            && !case["stanza"].as_str().unwrap().contains("<jingle")
    });
    let mut counted = 0;
    for case in by_schema {
        let blank =
            case["name"] == "sequence \" 1\"" || case["stanza"].as_str().unwrap().contains("xml:lang");
        assert!(!check(case) || blank, "a schema takes what is refused: {}", case["name"]);
        counted += 1;
    }
    std::fs::remove_dir_all(&directory).unwrap();
    assert!(counted >= 40, "{counted}");
}
