//! The vectors in `vectors/` are what this crate makes of the same fixed values today.

use serde_json::Value;

use crate::vectors_made;

#[test]
fn the_vectors_hold() {
    for (name, made) in vectors_made::all() {
        let path = format!("{}/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
        let kept = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let kept: Value = serde_json::from_str(&kept).unwrap();
        assert!(
            kept == made,
            "{name} differs. If the protocol changed on purpose: `cargo run -p rendezvous-trust --example vectors`"
        );
    }
}

#[test]
fn there_are_enough_of_them() {
    let refused = vectors_made::all().into_iter().find(|(name, _)| *name == "refused.json").unwrap().1;
    let cases = refused["cases"].as_array().unwrap();
    assert!(cases.len() >= 100, "{}", cases.len());
    // Every kind of refusal that a single message can meet is among them.
    for error in [
        "Missing",
        "NotJson",
        "Value",
        "Unknown",
        "Type",
        "Version",
        "Differs",
        "Key(",
        "Commitment",
        "Transcript",
        "Signature",
    ] {
        let has = |case: &Value| case["error"].as_str().unwrap().contains(error);
        assert!(cases.iter().any(has), "{error}");
    }
}
