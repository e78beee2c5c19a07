//! The Debian package, made by Debian's own tools, the same from the same files whenever it is made.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::process::Launch;

use super::tree;
use crate::repo;

/// A package that was made.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) path: PathBuf,
    /// SHA-256, in hexadecimal digits.
    pub(super) hash: String,
}

/// For packing some 30 MB.
const LONG: Duration = Duration::from_mins(5);

/// Packs the program and all that belongs to it into a `.deb` in this directory.
///
/// # Errors
///
/// When something is missing or not valid, or one of Debian's tools fails.
pub(super) fn pack(program: &Path, into: &Path) -> Result<Package> {
    let root = into.join("root");
    if root.exists() {
        fs::remove_dir_all(&root).context("cannot take away the tree of before")?;
    }
    fs::create_dir_all(&root)?;
    let epoch = epoch()?;
    tree::lay_out(program, &epoch, &root)?;
    tree::set_modes(&root)?;
    let control = root.join("DEBIAN");
    fs::create_dir_all(&control)?;
    let architecture = repo::read(&Launch::new("dpkg").arg("--print-architecture"))?.trim().to_owned();
    let version = env!("CARGO_PKG_VERSION");
    fs::write(control.join("control"), control_text(&root, version, &architecture)?)?;
    fs::write(control.join("md5sums"), sums(&root)?)?;
    tree::set_modes(&control)?;

    let path = into.join(format!("rendezvous_{version}_{architecture}.deb"));
    let build = Launch::new("dpkg-deb")
        .args(["--root-owner-group", "-Zxz", "--build"])
        .arg(&root)
        .arg(&path)
        // Packed files are as old as the last change of the source, not as this run.
        .env("SOURCE_DATE_EPOCH", epoch);
    repo::run(&build, LONG)?;
    Ok(Package { hash: hash(&path)?, path })
}

/// When the source was last changed, in seconds since 1970: of the commit, or of the list of changes where there is none.
fn epoch() -> Result<String> {
    if let Ok(seconds) = repo::read(&Launch::new("git").args(["log", "-1", "--format=%ct"])) {
        return Ok(seconds.trim().to_owned());
    }
    let changed = fs::metadata("CHANGELOG.md")?.modified()?;
    Ok(changed.duration_since(std::time::UNIX_EPOCH)?.as_secs().to_string())
}

fn control_text(root: &Path, version: &str, architecture: &str) -> Result<String> {
    let depends = dependencies(root)?;
    let kilobytes = size(root)?.div_ceil(1024);
    Ok(format!(
        "Package: rendezvous
Version: {version}
Architecture: {architecture}
Maintainer: {}
Installed-Size: {kilobytes}
Depends: {depends}, fonts-dejavu-core | fonts-freefont-ttf | fonts-noto-core
Recommends: chromium | firefox-esr | www-browser, xdg-utils, dbus-user-session
Suggests: gnome-keyring, at-spi2-core
Section: net
Priority: optional
Description: ask somebody you know for help, or help somebody
 Pick somebody in your contact list and start something together. With Remote
 Assistance a friend sees your screen, and with a further yes of yours moves
 your mouse and types. Nothing happens that you did not allow.
 .
 It uses the chat account that you have (XMPP), or none at all for people in
 the same house and those who tell each other a code.
",
        tree::MAINTAINER
    ))
}

/// The libraries that the program is linked with, as packages with versions.
fn dependencies(root: &Path) -> Result<String> {
    // The tool wants to stand in the source of a Debian package.
    let source = root.with_file_name("source");
    fs::create_dir_all(source.join("debian"))?;
    let stanzas = "Source: rendezvous\n\nPackage: rendezvous\nArchitecture: any\n";
    fs::write(source.join("debian/control"), stanzas)?;
    let program = fs::canonicalize(root.join("usr/bin/rendezvous"))?;
    let ask = Launch::new("dpkg-shlibdeps").arg("-O").arg("-e").arg(program);
    let ask = Launch::new("env").arg("--chdir").arg(&source).args(ask.words());
    let said = repo::read(&ask)?;
    let depends = said.trim().strip_prefix("shlibs:Depends=").context("dpkg-shlibdeps named no libraries")?;
    ensure!(depends.contains("libc6"), "the program needs the C library, and dpkg-shlibdeps says: {depends}");
    Ok(depends.to_owned())
}

/// What dpkg later checks installed files against.
fn sums(root: &Path) -> Result<String> {
    let mut lines = String::new();
    for file in files(root)? {
        let relative = file.strip_prefix(root)?.display().to_string();
        if !relative.starts_with("DEBIAN") {
            let said = repo::read(&Launch::new("md5sum").arg(&file))?;
            let sum = said.split_whitespace().next().context("md5sum printed a sum")?;
            lines.push_str(&format!("{sum}  {relative}\n"));
        }
    }
    Ok(lines)
}

fn size(root: &Path) -> Result<u64> {
    let mut total = 0;
    for file in files(root)? {
        total += fs::metadata(file)?.len();
    }
    Ok(total)
}

/// All files below a directory, in order.
fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The SHA-256 of a file.
pub(super) fn hash(path: &Path) -> Result<String> {
    let said = repo::read(&Launch::new("sha256sum").arg(path))?;
    Ok(said.split_whitespace().next().context("sha256sum printed a sum")?.to_owned())
}

/// Whether two files are the same, and if not, from which byte on they differ.
pub(super) fn first_difference(one: &Path, other: &Path) -> Result<Option<usize>> {
    let read = |path: &Path| -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let (one, other) = (read(one)?, read(other)?);
    let differs = one.iter().zip(&other).position(|(one, other)| one != other);
    Ok(differs.or_else(|| (one.len() != other.len()).then(|| one.len().min(other.len()))))
}
