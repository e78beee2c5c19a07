//! The other way to install it: a Flatpak manifest, and the list of sources that its build without a network needs.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use rendezvous_testkit::process::Launch;
use serde_json::{Value, json};

use super::sbom;
use super::tree::ID;
use crate::repo;

/// Writes the manifest and the sources of all crates into this directory, and asks `flatpak-builder` whether it can read them.
///
/// # Errors
///
/// When a file cannot be written, or the manifest is not valid.
pub(super) fn write(into: &Path) -> Result<()> {
    fs::create_dir_all(into)?;
    let manifest = into.join(format!("{ID}.yml"));
    let template = format!("dist/flatpak/{ID}.yml");
    fs::copy(&template, &manifest).with_context(|| format!("cannot copy {template}"))?;
    let lock = fs::read_to_string("Cargo.lock").context("cannot read Cargo.lock")?;
    fs::write(into.join("cargo-sources.json"), serde_json::to_string_pretty(&sources(&lock)?)?)?;
    repo::read(&Launch::new("flatpak-builder").arg("--show-manifest").arg(&manifest)).map(|_| ())
}

/// Each crate as an archive with its hash, unpacked to where cargo looks for vendored sources.
fn sources(lock: &str) -> Result<Value> {
    let mut sources = Vec::new();
    for ((name, version), hash) in sbom::checksums(lock)? {
        let vendored = format!("cargo/vendor/{name}-{version}");
        sources.push(json!({
            "type": "archive",
            "archive-type": "tar-gzip",
            "url": format!("https://static.crates.io/crates/{name}/{name}-{version}.crate"),
            "sha256": hash,
            "dest": vendored,
        }));
        sources.push(json!({
            "type": "inline",
            "contents": json!({ "package": hash, "files": {} }).to_string(),
            "dest": vendored,
            "dest-filename": ".cargo-checksum.json",
        }));
    }
    sources.push(json!({
        "type": "inline",
        "contents": VENDORED,
        "dest": "cargo",
        "dest-filename": "config.toml",
    }));
    Ok(Value::Array(sources))
}

const VENDORED: &str = "[source.vendored-sources]
directory = \"cargo/vendor\"

[source.crates-io]
replace-with = \"vendored-sources\"
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crate_of_the_registry_is_a_source_with_its_hash() {
        let lock = fs::read_to_string(repo::root().join("Cargo.lock")).unwrap();
        let sources = sources(&lock).unwrap();
        let archives: Vec<&Value> =
            sources.as_array().unwrap().iter().filter(|source| source["type"] == "archive").collect();
        assert_eq!(archives.len(), lock.matches("\nchecksum = ").count());
        assert!(
            archives.iter().all(|archive| archive["sha256"].as_str().is_some_and(|hash| hash.len() == 64))
        );
    }
}
