//! What runs there: the crate's trials and tests with Rust's own target, the trials in C with mingw.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rendezvous_testkit::process::{Launch, find_program};

use super::desktop;
use super::wine::Wine;
use crate::{repo, say};

/// How the compiler calls it.
const TARGET: &str = "x86_64-pc-windows-gnu";
const C_COMPILER: &str = "x86_64-w64-mingw32-gcc";
const CPP_COMPILER: &str = "x86_64-w64-mingw32-g++";
/// The page for authors, which has a whole program in it.
const PAGE: &str = "docs/for-windows-authors.md";
pub(super) const IN_C: &str = "crates/com/tests/c";
/// Longer than any of these builds takes.
const LONG: Duration = Duration::from_mins(20);

/// Whether the compiler can build for Windows.
pub(crate) enum Target {
    There,
    /// With the reason.
    Missing(String),
}

/// What was built.
pub(super) struct Programs {
    /// Where cargo has put the trials in Rust.
    pub(super) rust: PathBuf,
    /// Where those in C are.
    pub(super) c: PathBuf,
}

/// Sees to the part of the compiler that Windows needs, and fetches it where it may.
pub(crate) fn prepare(no_install: bool) -> Result<Target> {
    if is_there()? {
        return Ok(Target::There);
    }
    let missing = |why: &str| Ok(Target::Missing(format!("the compiler has no {TARGET}: {why}")));
    if no_install {
        return missing("you asked to install nothing");
    }
    if find_program("rustup").is_none() {
        return missing("and there is no rustup to fetch it");
    }
    say::line(format_args!("Fetching the compiler's part for {TARGET} (30 MB)."));
    match repo::run(&Launch::new("rustup").args(["target", "add", TARGET]), LONG) {
        Ok(()) => Ok(Target::There),
        Err(_) => missing("rustup could not fetch it"),
    }
}

fn is_there() -> Result<bool> {
    let place = repo::read(&Launch::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))?;
    Ok(Path::new(place.trim()).is_dir())
}

pub(super) fn programs(deadline: Instant) -> Result<Programs> {
    let directory = repo::output("windows")?;
    let rust = directory.join(TARGET).join("debug").join("examples");
    if !rust.exists() {
        say::line("The first build for Windows takes 1 to 3 minutes on two cores. Later ones take seconds.");
    }
    let build = cargo()?.args(["build", "--target", TARGET, "--package", "rendezvous-com", "--examples"]);
    repo::run(&build.arg("--locked"), left(deadline))?;
    let c = repo::output("windows/c")?;
    let com = |source: &str| format!("{IN_C}/{source}");
    let im = [com("im.c"), com("session.c"), com("bad.c")];
    compile(&im, &[], &c.join("im.exe"), deadline)?;
    compile(&[com("application.c")], &[], &c.join("application.exe"), deadline)?;
    compile(&[com("late.c")], &[], &c.join("late.exe"), deadline)?;
    compile(&[com("pair.c"), com("session.c")], &[], &c.join("pair.exe"), deadline)?;
    compile_page(&c, deadline)?;
    let shim = c.join("bcryptprimitives.dll");
    compile(&[com("bcryptprimitives.c")], &["-shared", "-ladvapi32"], &shim, deadline)?;
    Ok(Programs { rust, c })
}

/// The program that the tests of the desktop start.
pub(super) fn window(deadline: Instant) -> Result<PathBuf> {
    let c = fs::canonicalize(repo::output("windows/c")?)?;
    let window = c.join("window.exe");
    compile(&[format!("{}/window.c", desktop::IN_C)], &["-lgdi32", "-luser32"], &window, deadline)?;
    Ok(window)
}

fn compile(sources: &[String], more: &[&str], output: &Path, deadline: Instant) -> Result<()> {
    let strict = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O1"];
    let launch = Launch::new(C_COMPILER)
        .args(strict)
        .arg("-o")
        .arg(output)
        .args(sources)
        .args(["-lole32", "-loleaut32", "-luuid"])
        .args(more);
    repo::run(&launch, left(deadline))
}

/// The small IM program of the page for authors, as it stands there.
fn compile_page(c: &Path, deadline: Instant) -> Result<()> {
    let page = fs::read_to_string(PAGE).with_context(|| format!("cannot read {PAGE}"))?;
    let source = c.join("small.cpp");
    fs::write(&source, program_of(&page)?).context("cannot write the page's program")?;
    let strict = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-O1", "-static"];
    let launch = Launch::new(CPP_COMPILER)
        .args(strict)
        .arg("-o")
        .arg(c.join("small.exe"))
        .arg(&source)
        .args(["-lole32", "-loleaut32", "-luuid"]);
    repo::run(&launch, left(deadline))
}

/// What stands between the fences of C++.
fn program_of(page: &str) -> Result<&str> {
    let begin = page.find("```cpp\n").with_context(|| format!("{PAGE} has no program in C++"))?;
    let program = &page[begin + "```cpp\n".len()..];
    let end = program.find("\n```").with_context(|| format!("the program in {PAGE} has no end"))?;
    Ok(&program[..=end])
}

/// The tests of what a session is made of, as they are, on the other system.
pub(super) fn test_crates(system: &Wine, deadline: Instant) -> Result<()> {
    for (package, what) in [
        ("rendezvous-com", &["--lib"][..]),
        ("rendezvous-core", &["--lib", "--tests"]),
        ("rendezvous-trust", &["--lib", "--tests"]),
    ] {
        repo::run(&system.environment(test(package)?.args(what)), left(deadline))?;
    }
    Ok(())
}

/// The whole program, with what can be built for Windows: H.264 from its sources, no windows of X11.
pub(super) fn program(deadline: Instant) -> Result<PathBuf> {
    let build = with_video(cargo()?)?
        .args(["build", "--locked", "--target", TARGET, "--package", "rendezvous"])
        .args(VIDEO);
    repo::run(&build, left(deadline))?;
    Ok(fs::canonicalize(repo::output("windows")?)?.join(TARGET).join("debug/rendezvous.exe"))
}

/// The tests of the desktop's crate, with the same.
pub(super) fn desktop_tests() -> Result<Launch> {
    let test = ["test", "--quiet", "--target", TARGET, "--package", "rendezvous-desktop"];
    Ok(with_video(cargo()?)?.args(test).args(VIDEO))
}

/// Which of the two encoders there is.
const VIDEO: [&str; 3] = ["--no-default-features", "--features", "h264"];

/// The encoder is written in C++, whose library is put into what is built, since Windows has none. Nothing is measured there, so what
/// others wrote in Rust is compiled quickly and not for speed.
fn with_video(cargo: Launch) -> Result<Launch> {
    let library = repo::read(&Launch::new(CPP_COMPILER).arg("-print-file-name=libstdc++.a"))?;
    let libraries = Path::new(library.trim()).parent().map_or_else(Default::default, Path::to_path_buf);
    let mut cargo = cargo
        .env("CXXSTDLIB_x86_64_pc_windows_gnu", "static=stdc++")
        .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUSTFLAGS", format!("-Lnative={}", libraries.display()));
    for setting in [
        "profile.dev.package.\"*\".opt-level=0",
        "profile.dev.package.aws-lc-sys.opt-level=2",
        "profile.dev.package.openh264-sys2.opt-level=2",
    ] {
        cargo = cargo.args(["--config", setting]);
    }
    Ok(cargo)
}

/// Tests of one crate.
fn test(package: &str) -> Result<Launch> {
    Ok(cargo()?.args(["test", "--quiet", "--target", TARGET, "--package", package]))
}

fn cargo() -> Result<Launch> {
    Ok(repo::cargo()
        .env("CARGO_TARGET_DIR", repo::output("windows")?)
        .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", C_COMPILER)
        .env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", "wine"))
}

pub(super) fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now()).min(LONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_of_a_page_is_what_stands_between_the_fences() {
        assert_eq!(program_of("a\n```cpp\nint x;\n```\nb").unwrap(), "int x;\n");
        assert!(program_of("a\n```c\nint x;\n```\n").is_err());
        assert!(program_of("```cpp\nint x;\n").is_err());
    }
}
