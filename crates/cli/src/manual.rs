//! `completions` and `man`: written from the command line's own declaration.

use crate::args::Args;
use crate::config;
use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Prints what a shell needs to complete our commands.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<ExitCode> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "rendezvous", &mut text);
    std::io::stdout().lock().write_all(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the main page, or writes all of them to a directory.
pub(crate) fn pages(directory: Option<&Path>) -> Result<ExitCode> {
    let mut root = Args::command();
    // With all names in full: `rendezvous agent status`.
    root.build();
    let Some(directory) = directory else {
        std::io::stdout().lock().write_all(&main_page(&root)?)?;
        return Ok(ExitCode::SUCCESS);
    };
    std::fs::create_dir_all(directory)
        .with_context(|| format!("cannot make the directory {}", directory.display()))?;
    clap_mangen::generate_to(root.clone(), directory)
        .and_then(|()| std::fs::write(directory.join("rendezvous.1"), main_page(&root)?))
        .with_context(|| format!("cannot write the pages to {}", directory.display()))?;
    Ok(ExitCode::SUCCESS)
}

fn main_page(root: &clap::Command) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    Man::new(root.clone()).render(&mut text)?;
    let mut keys = Roff::new();
    keys.control("SH", ["CONFIGURATION"]);
    keys.text([roman("The file config.toml, in $XDG_CONFIG_HOME/rendezvous (usually ~/.config/rendezvous) or in RENDEZVOUS_HOME. Every key may be left out but those that are required; a key that is not known is refused.")]);
    keys.control("nf", []);
    for line in config::documentation().lines() {
        keys.text([roman(line)]);
    }
    keys.control("fi", []);
    keys.to_writer(&mut text)?;
    Ok(text)
}
