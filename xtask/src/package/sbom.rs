//! What the program is made of: every crate that is built in or builds it, as CycloneDX 1.5.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::process::Launch;
use serde_json::{Value, json};

use crate::repo;

/// The list, as JSON. It names no time and no machine, so that it is the same from the same sources.
///
/// # Errors
///
/// When cargo cannot say what the program depends on.
pub(super) fn of_program() -> Result<String> {
    let host = repo::read(&Launch::new("rustc").args(["--print", "host-tuple"]))?;
    let metadata = repo::read(&repo::cargo().args([
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--filter-platform",
        host.trim(),
    ]))?;
    let lock = fs::read_to_string("Cargo.lock").context("cannot read Cargo.lock")?;
    let list = list(&serde_json::from_str(&metadata)?, &checksums(&lock)?)?;
    Ok(serde_json::to_string_pretty(&list)? + "\n")
}

/// The hash of each crate from the registry, by name and version.
pub(super) fn checksums(lock: &str) -> Result<BTreeMap<(String, String), String>> {
    let lock: toml::Table = toml::from_str(lock).context("Cargo.lock is not what it was")?;
    let packages = lock.get("package").and_then(toml::Value::as_array).context("Cargo.lock has packages")?;
    let text = |package: &toml::Value, key: &str| Some(package.get(key)?.as_str()?.to_owned());
    Ok(packages
        .iter()
        .filter_map(|package| {
            Some(((text(package, "name")?, text(package, "version")?), text(package, "checksum")?))
        })
        .collect())
}

fn list(metadata: &Value, checksums: &BTreeMap<(String, String), String>) -> Result<Value> {
    let packages: BTreeMap<&str, &Value> = array(&metadata["packages"])
        .iter()
        .filter_map(|package| Some((package["id"].as_str()?, package)))
        .collect();
    let nodes: BTreeMap<&str, &Value> = array(&metadata["resolve"]["nodes"])
        .iter()
        .filter_map(|node| Some((node["id"].as_str()?, node)))
        .collect();
    let program = packages
        .values()
        .find(|package| package["name"] == "rendezvous")
        .and_then(|package| package["id"].as_str())
        .context("cargo knows no package rendezvous")?;
    let inside = inside(program, &nodes);
    ensure!(inside.len() > 100, "cargo names only {} crates", inside.len());

    let mut components = Vec::new();
    let mut dependencies = Vec::new();
    for id in &inside {
        let package = packages.get(id).context("cargo describes every crate that it names")?;
        if *id != program {
            components.push(component(package, checksums)?);
        }
        let needs: BTreeSet<String> = needs(nodes.get(id).copied().unwrap_or(&Value::Null))
            .filter_map(|id| packages.get(id).copied())
            .map(reference)
            .collect();
        dependencies.push(json!({ "ref": reference(package), "dependsOn": needs }));
    }
    let program = packages[program];
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": {
            "type": "application",
            "bom-ref": reference(program),
            "name": program["name"],
            "version": program["version"],
            "licenses": [{ "expression": program["license"] }],
        }},
        "components": components,
        "dependencies": dependencies,
    }))
}

/// Everything that the program is built of, from the program on.
fn inside<'a>(program: &'a str, nodes: &BTreeMap<&'a str, &'a Value>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut next = vec![program];
    while let Some(id) = next.pop() {
        if found.insert(id) {
            next.extend(nodes.get(id).into_iter().flat_map(|node| needs(node)));
        }
    }
    found
}

/// What a crate is built of or with, and not only tested with.
fn needs(node: &Value) -> impl Iterator<Item = &str> {
    let is_for_building = |need: &&Value| array(&need["dep_kinds"]).iter().any(|kind| kind["kind"] != "dev");
    array(&node["deps"]).iter().filter(is_for_building).filter_map(|need| need["pkg"].as_str())
}

fn component(package: &Value, checksums: &BTreeMap<(String, String), String>) -> Result<Value> {
    let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
    let mut component = json!({
        "type": "library",
        "bom-ref": reference(package),
        "name": text("name"),
        "version": text("version"),
    });
    if let Some(licence) = package["license"].as_str() {
        // Old manifests separate alternatives by a stroke, which is no expression.
        component["licenses"] = json!([{ "expression": licence.replace('/', " OR ") }]);
    }
    if package["source"].is_null() {
        return Ok(component);
    }
    let hash = checksums
        .get(&(text("name"), text("version")))
        .with_context(|| format!("Cargo.lock has no hash of {} {}", text("name"), text("version")))?;
    component["purl"] = reference(package).into();
    component["hashes"] = json!([{ "alg": "SHA-256", "content": hash }]);
    Ok(component)
}

/// A name that no other crate here has.
fn reference(package: &Value) -> String {
    format!(
        "pkg:cargo/{}@{}",
        package["name"].as_str().unwrap_or_default(),
        package["version"].as_str().unwrap_or_default()
    )
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_what_is_built_in_and_nothing_twice() {
        std::env::set_current_dir(repo::root()).unwrap();
        let list: Value = serde_json::from_str(&of_program().unwrap()).unwrap();
        let references: Vec<&str> =
            array(&list["components"]).iter().filter_map(|component| component["bom-ref"].as_str()).collect();
        let once: BTreeSet<&str> = references.iter().copied().collect();
        assert_eq!(once.len(), references.len());
        assert!(references.iter().any(|name| name.starts_with("pkg:cargo/str0m@")));
        assert!(references.iter().any(|name| name.starts_with("pkg:cargo/rendezvous-trust@")));
        // What only tests and proofs need is not in what is shipped.
        assert!(!references.iter().any(|name| name.starts_with("pkg:cargo/stateright@")));
        assert!(!references.iter().any(|name| name.starts_with("pkg:cargo/rendezvous-testkit@")));
        for dependency in array(&list["dependencies"]) {
            for need in array(&dependency["dependsOn"]) {
                assert!(once.contains(need.as_str().unwrap()), "{need} is needed and not listed");
            }
        }
    }

    #[test]
    fn everything_from_the_registry_has_its_hash_and_its_licence() {
        std::env::set_current_dir(repo::root()).unwrap();
        let list: Value = serde_json::from_str(&of_program().unwrap()).unwrap();
        for component in array(&list["components"]) {
            let is_ours = component["name"].as_str().unwrap().starts_with("rendezvous-");
            assert!(
                is_ours || component["hashes"][0]["content"].as_str().is_some_and(|hash| hash.len() == 64)
            );
            assert!(component["licenses"][0]["expression"].is_string(), "{component}");
        }
    }
}
