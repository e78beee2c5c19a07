//! Manifests: every crate inherits what the workspace says, and every dependency has a reason.

use anyhow::{Context as _, Result};
use rendezvous_testkit::process::Launch;
use toml::Table;

use super::{Findings, Text};
use crate::repo;

/// What each crate takes from the workspace and must not say for itself.
const INHERITED: [&str; 5] = ["version", "edition", "rust-version", "license", "publish"];

/// The only places that packages come from.
const CRATES: &str = "registry+https://github.com/rust-lang/crates.io-index";
const MODULES: &str = "https://registry.npmjs.org/";

pub(super) fn check(texts: &[Text], findings: &mut Findings) -> Result<()> {
    for text in texts {
        match text.path.file_name().and_then(|name| name.to_str()) {
            Some("Cargo.toml") if text.path.iter().count() > 1 => {
                member(text, findings)?;
                own_workspace(text, texts, findings)?;
            }
            Some("Cargo.toml") => workspace(text, findings)?,
            Some("Cargo.lock") => lock(text, findings)?,
            Some("package-lock.json") => package_lock(text, findings)?,
            _ => {}
        }
    }
    Ok(())
}

fn member(text: &Text, findings: &mut Findings) -> Result<()> {
    let (name, manifest) = (text.name(), parse(text)?);
    let inherits = |table: &Table, key: &str| {
        table.get(key).and_then(|value| value.get("workspace")).and_then(toml::Value::as_bool) == Some(true)
    };
    let package = manifest
        .get("package")
        .and_then(toml::Value::as_table)
        .with_context(|| format!("{name} has no [package]"))?;
    for key in INHERITED {
        if !inherits(package, key) {
            findings.fault(format!("{name}: `{key}.workspace = true` is missing"));
        }
    }
    if package.get("description").is_none() {
        findings.fault(format!("{name}: a crate says in one line what it is (`description`)"));
    }
    if manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool)
        != Some(true)
    {
        findings.fault(format!("{name}: `[lints] workspace = true` is missing"));
    }
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let Some(dependencies) = manifest.get(section).and_then(toml::Value::as_table) else { continue };
        for key in dependencies.keys().filter(|key| !inherits(dependencies, key)) {
            findings.fault(format!("{name}: `{key}` belongs to [workspace.dependencies], with its reason"));
        }
    }
    Ok(())
}

fn workspace(text: &Text, findings: &mut Findings) -> Result<()> {
    let manifest = parse(text)?;
    for (line, name) in dependencies_without_reason(&text.text) {
        findings.fault(format!("Cargo.toml:{line}: a comment above `{name}` says what it is for"));
    }
    let wanted = manifest
        .get("workspace")
        .and_then(|workspace| workspace.get("package")?.get("rust-version")?.as_str())
        .context("Cargo.toml does not say workspace.package.rust-version")?;
    let compiler = repo::read(&Launch::new("rustc").arg("--version"))?;
    let running = compiler.split(' ').nth(1).with_context(|| format!("{compiler:?} names no version"))?;
    if version(running) < version(wanted) {
        findings.fault(format!("rustc is {running}, older than the {wanted} that Cargo.toml declares"));
    }
    Ok(())
}

/// A crate that is a workspace of its own says for itself what others inherit: the same as the main one.
fn own_workspace(text: &Text, texts: &[Text], findings: &mut Findings) -> Result<()> {
    let (name, manifest) = (text.name(), parse(text)?);
    let Some(own) = manifest.get("workspace") else { return Ok(()) };
    let root = texts.iter().find(|text| text.name() == "Cargo.toml").context("there is no Cargo.toml")?;
    let root = parse(root)?;
    for section in ["package", "lints"] {
        if own.get(section) != root.get("workspace").and_then(|main| main.get(section)) {
            findings.fault(format!("{name}: [workspace.{section}] differs from that of the main workspace"));
        }
    }
    for (line, dependency) in dependencies_without_reason(&text.text) {
        findings.fault(format!("{name}:{line}: a comment above `{dependency}` says what it is for"));
    }
    Ok(())
}

/// Dependencies of the workspace, crates of ours apart, without a comment directly above.
fn dependencies_without_reason(manifest: &str) -> Vec<(usize, &str)> {
    let mut is_inside = false;
    let mut is_commented = false;
    let mut found = Vec::new();
    for (number, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            is_inside = line.trim() == "[workspace.dependencies]";
        }
        if let Some((name, value)) = line.split_once('=')
            && is_inside
            && !is_commented
            && !line.starts_with('#')
            && !value.contains("path =")
        {
            found.push((number + 1, name.trim()));
        }
        is_commented = line.starts_with('#');
    }
    found
}

/// Major and minor; what is not a number counts as zero.
fn version(text: &str) -> (u32, u32) {
    let mut parts = text.split(['.', '-']).map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

fn lock(text: &Text, findings: &mut Findings) -> Result<()> {
    let lock = parse(text)?;
    let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    for package in packages {
        let field = |key| package.get(key).and_then(toml::Value::as_str);
        if let (Some(name), Some(source)) = (field("name"), field("source"))
            && source != CRATES
        {
            findings
                .fault(format!("{}: `{name}` comes from {source}; only crates.io is a source", text.name()));
        }
    }
    Ok(())
}

fn package_lock(text: &Text, findings: &mut Findings) -> Result<()> {
    let lock: serde_json::Value =
        serde_json::from_str(&text.text).with_context(|| format!("{} is not JSON", text.name()))?;
    for (name, package) in lock["packages"].as_object().into_iter().flatten() {
        if let Some(from) = package["resolved"].as_str().filter(|from| !from.starts_with(MODULES)) {
            findings.fault(format!(
                "{}: `{name}` comes from {from}; only the npm registry is a source",
                text.name()
            ));
        }
    }
    Ok(())
}

fn parse(text: &Text) -> Result<Table> {
    text.text.parse().with_context(|| format!("{} is not TOML", text.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(check: fn(&Text, &mut Findings) -> Result<()>, text: &str) -> Vec<String> {
        let mut findings = Findings::default();
        check(&Text { path: "crates/a/Cargo.toml".into(), text: text.into() }, &mut findings).unwrap();
        findings.faults
    }

    #[test]
    fn a_crate_inherits() {
        let good = "[package]\ndescription = \"a\"\nversion.workspace = true\nedition.workspace = true\n\
            rust-version.workspace = true\nlicense.workspace = true\npublish.workspace = true\n\
            [lints]\nworkspace = true\n[dependencies]\nserde.workspace = true\n";
        assert_eq!(faults(member, good), Vec::<String>::new());
        for (from, to, expected) in [
            ("edition.workspace = true", "edition = \"2021\"", "`edition.workspace = true`"),
            ("[lints]\nworkspace = true", "", "`[lints] workspace = true`"),
            ("serde.workspace = true", "serde = \"1\"", "`serde` belongs to"),
            ("description = \"a\"\n", "", "says in one line"),
        ] {
            let found = faults(member, &good.replace(from, to));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains(expected), "{found:?}");
        }
    }

    #[test]
    fn a_workspace_of_its_own_says_the_same() {
        let text = |path: &str, text: &str| Text { path: path.into(), text: text.into() };
        let root = text("Cargo.toml", "[workspace.package]\nedition = \"2024\"\n");
        let faults = |manifest: &str| {
            let mut findings = Findings::default();
            let own = text("fuzz/Cargo.toml", manifest);
            own_workspace(&own, std::slice::from_ref(&root), &mut findings).unwrap();
            findings.faults
        };
        assert_eq!(faults(&root.text), Vec::<String>::new());
        assert_eq!(faults("[package]\n"), Vec::<String>::new(), "a member");
        assert!(faults("[workspace.package]\nedition = \"2021\"\n")[0].contains("[workspace.package]"));
        let lints = format!("{}[workspace.lints.rust]\nunsafe_code = \"allow\"\n", root.text);
        assert!(faults(&lints)[0].contains("[workspace.lints]"));
    }

    #[test]
    fn every_dependency_has_a_reason() {
        let manifest = "[workspace.dependencies]\nours = { path = \"a\" }\n\n# For this.\none = \"1\"\ntwo = \"2\"\n[profile.dev]\ndebug = 1\n";
        assert_eq!(dependencies_without_reason(manifest), [(6, "two")]);
    }

    #[test]
    fn packages_come_from_the_public_registries() {
        let git = "[[package]]\nname = \"a\"\nsource = \"git+https://example.org/a\"\n";
        assert!(faults(lock, git)[0].contains("git+https"));
        assert_eq!(
            faults(lock, &format!("[[package]]\nname = \"a\"\nsource = \"{CRATES}\"\n")),
            Vec::<String>::new()
        );
        let elsewhere = r#"{"packages":{"node_modules/a":{"resolved":"https://mirror.example.org/a.tgz"}}}"#;
        assert!(faults(package_lock, elsewhere)[0].contains("mirror.example.org"));
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(version("1.95.0") > version("1.9"));
        assert_eq!(version("1.95.0-nightly"), version("1.95"));
    }
}
