//! Which file of ours goes where on a system.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::process::Launch;

use super::sbom;
use crate::repo;

/// The name under which desktops know us.
pub(super) const ID: &str = "im.rendezvous.Rendezvous";

/// Who answers for the package.
pub(super) const MAINTAINER: &str = "The Rendezvous authors <authors@rendezvous.invalid>";

/// For short commands.
const SOON: Duration = Duration::from_mins(2);

/// Lays out everything that is installed below `root`, with the program from `program`. `epoch` is when the sources were last
/// changed, in seconds since 1970.
///
/// # Errors
///
/// When a file cannot be copied, or one of the files that describe us to a desktop is not valid.
pub(super) fn lay_out(program: &Path, epoch: &str, root: &Path) -> Result<()> {
    let tree = Tree { root };
    tree.program(program)?;
    for (from, to) in FILES {
        tree.copy(Path::new(from), to)?;
    }
    for (from, ending, to) in DIRECTORIES {
        tree.copy_all(Path::new(from), ending, to)?;
    }
    tree.manual()?;
    tree.completions()?;
    tree.documentation(epoch)?;
    tree.validate()
}

/// Single files: from where in this repository, and to where.
const FILES: &[(&str, &str)] = &[
    ("dist/applications/im.rendezvous.Rendezvous.desktop", "usr/share/applications"),
    (
        "dist/icons/hicolor/scalable/apps/im.rendezvous.Rendezvous.svg",
        "usr/share/icons/hicolor/scalable/apps",
    ),
    ("dist/metainfo/im.rendezvous.Rendezvous.metainfo.xml", "usr/share/metainfo"),
    // An example, not a rule: nothing of ours stands in /etc, so what an administrator writes there is theirs.
    ("dist/policy/policy.toml", "usr/share/doc/rendezvous/examples"),
    ("README.md", "usr/share/doc/rendezvous"),
    ("SECURITY.md", "usr/share/doc/rendezvous"),
];

/// Everything with an ending in a directory.
const DIRECTORIES: &[(&str, &str, &str)] = &[
    ("dist/systemd", "service", "usr/lib/systemd/user"),
    ("dist/systemd", "socket", "usr/lib/systemd/user"),
    ("dist/dbus-1/services", "service", "usr/share/dbus-1/services"),
    ("docs/dbus", "xml", "usr/share/dbus-1/interfaces"),
    ("dist/apps", "toml", "usr/share/rendezvous/apps"),
    ("docs", "md", "usr/share/doc/rendezvous/docs"),
    ("docs/pictures", "png", "usr/share/doc/rendezvous/docs/pictures"),
    ("docs/pictures", "svg", "usr/share/doc/rendezvous/docs/pictures"),
];

/// What a shell needs to complete our commands: its name for `completions`, and where it looks.
const SHELLS: &[(&str, &str)] = &[
    ("bash", "usr/share/bash-completion/completions/rendezvous"),
    ("zsh", "usr/share/zsh/vendor-completions/_rendezvous"),
    ("fish", "usr/share/fish/vendor_completions.d/rendezvous.fish"),
];

struct Tree<'a> {
    root: &'a Path,
}

impl Tree<'_> {
    /// The program without its table of symbols, which is for who takes it apart.
    fn program(&self, program: &Path) -> Result<()> {
        let installed = self.place("usr/bin/rendezvous")?;
        repo::run(&Launch::new("strip").args(["--strip-unneeded", "-o"]).arg(&installed).arg(program), SOON)?;
        fs::set_permissions(&installed, fs::Permissions::from_mode(0o755))?;
        Ok(())
    }

    fn manual(&self) -> Result<()> {
        let pages = self.place("usr/share/man/man1/rendezvous.1")?.with_file_name("");
        repo::run(&self.installed().arg("man").arg("--directory").arg(&pages), SOON)?;
        let mut pages: Vec<PathBuf> =
            fs::read_dir(&pages)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        pages.sort();
        ensure!(pages.len() > 10, "only {} manual pages were written", pages.len());
        repo::run(&Launch::new("gzip").args(["-9", "--no-name"]).args(pages), SOON)
    }

    fn completions(&self) -> Result<()> {
        for (shell, to) in SHELLS {
            let text = repo::read(&self.installed().args(["completions", shell]))?;
            fs::write(self.place(to)?, text)?;
        }
        Ok(())
    }

    /// What Debian wants to be told of every package: the licence, and what has changed. And what is inside.
    fn documentation(&self, epoch: &str) -> Result<()> {
        let copyright = self.place("usr/share/doc/rendezvous/copyright")?;
        let licence = fs::read_to_string("LICENSE-MIT").context("cannot read LICENSE-MIT")?;
        fs::write(copyright, copyright_text(&licence))?;
        let when =
            repo::read(&Launch::new("date").args(["--utc", "--rfc-email", &format!("--date=@{epoch}")]))?;
        let changes = self.place("usr/share/doc/rendezvous/changelog")?;
        fs::write(&changes, changelog_text(when.trim()))?;
        let ours = self.place("usr/share/doc/rendezvous/CHANGELOG.md")?;
        fs::copy("CHANGELOG.md", &ours).context("cannot copy CHANGELOG.md")?;
        repo::run(&Launch::new("gzip").args(["-9", "--no-name"]).arg(&changes).arg(&ours), SOON)?;
        fs::write(self.place("usr/share/doc/rendezvous/rendezvous.cdx.json")?, sbom::of_program()?)?;
        Ok(())
    }

    /// What others read of us is valid for them.
    fn validate(&self) -> Result<()> {
        let share = self.root.join("usr/share");
        let entry = share.join("applications").join(format!("{ID}.desktop"));
        repo::run(&Launch::new("desktop-file-validate").arg(entry), SOON)?;
        let metainfo = share.join("metainfo").join(format!("{ID}.metainfo.xml"));
        // Hints are for the shop's shelf; warnings and errors are not let through.
        repo::run(&Launch::new("appstreamcli").args(["validate", "--no-net"]).arg(metainfo), SOON)
    }

    fn installed(&self) -> Launch {
        Launch::new(self.root.join("usr/bin/rendezvous"))
    }

    fn copy_all(&self, from: &Path, ending: &str, to: &str) -> Result<()> {
        let entries = fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))?;
        let mut found = 0;
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == ending) {
                self.copy(&path, to)?;
                found += 1;
            }
        }
        ensure!(found > 0, "there is no .{ending} file in {}", from.display());
        Ok(())
    }

    fn copy(&self, from: &Path, to: &str) -> Result<()> {
        let name = from.file_name().and_then(|name| name.to_str()).context("a file of ours has a name")?;
        let to = self.place(&format!("{to}/{name}"))?;
        fs::copy(from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
        Ok(())
    }

    /// The path below the root, with the directories above it made.
    fn place(&self, path: &str) -> Result<PathBuf> {
        let path = self.root.join(path);
        let above = path.parent().context("a place of ours has a directory above it")?;
        fs::create_dir_all(above).with_context(|| format!("cannot make {}", above.display()))?;
        Ok(path)
    }
}

/// In Debian's form (DEP-5).
fn copyright_text(mit: &str) -> String {
    // An empty line inside a field is written as a dot.
    let indented: Vec<String> = mit
        .lines()
        .map(|line| if line.trim().is_empty() { " .".to_owned() } else { format!(" {line}") })
        .collect();
    format!(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Rendezvous
Comment: The crates that are built in, each with its licence, stand in rendezvous.cdx.json beside this file.

Files: *
Copyright: The Rendezvous authors
License: Expat or Apache-2.0

License: Expat
{}

License: Apache-2.0
 On Debian systems the text of the Apache License, version 2.0, is in /usr/share/common-licenses/Apache-2.0.
",
        indented.join("\n")
    )
}

/// In Debian's form, for who looks there; what has changed stands in our own list.
fn changelog_text(when: &str) -> String {
    format!(
        "rendezvous ({}) unstable; urgency=medium

  * See CHANGELOG.md.gz.

 -- {MAINTAINER}  {when}
",
        env!("CARGO_PKG_VERSION")
    )
}

/// Sets who may do what, whatever the mask of the person was: directories and programs 755, files 644.
///
/// # Errors
///
/// When something cannot be read or changed.
pub(super) fn set_modes(root: &Path) -> Result<()> {
    for entry in fs::read_dir(root)? {
        let path = entry?.path();
        let is_directory = path.is_dir();
        let is_program = path.parent().is_some_and(|above| above.ends_with("usr/bin"));
        let mode = if is_directory || is_program { 0o755 } else { 0o644 };
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
        if is_directory {
            set_modes(&path)?;
        }
    }
    Ok(())
}
