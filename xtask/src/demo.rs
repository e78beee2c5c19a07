//! `cargo xtask demo`: one person helps another, on this machine, with everything real.

mod check;
pub(crate) mod desktop;
pub(crate) mod meeting;
mod panes;
pub(crate) mod people;
mod terminal;
mod window;

use std::env;

use anyhow::{Result, bail};

use crate::packages::{self, Need};
use crate::repo::{self, Profile};
use crate::say;

pub(crate) use check::{check, check_browsers, check_installed, check_questions, fetch_browser_driver};
pub(crate) use meeting::Way;

/// How to run the demo.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Plays both people by itself, in a browser without a window, and checks every step
    #[arg(long)]
    check: bool,
    /// With --check: only looks at the picture, in Chromium and Firefox, as each kind of video and over relays
    #[arg(long, requires = "check", conflicts_with_all = ["save_pictures", "xmpp"])]
    browsers: bool,
    /// With --check: a help in windows over XMPP, with a picture of what is asked at a first contact and before a first control
    #[arg(long, requires = "check", conflicts_with_all = ["browsers", "xmpp"])]
    questions: bool,
    /// With --check or --terminal: puts the pictures into docs/pictures
    #[arg(long, conflicts_with = "browsers")]
    save_pictures: bool,
    /// The two reach each other by accounts on an XMPP server (Prosody) that runs for the demo only
    #[arg(long, conflicts_with = "save_pictures")]
    xmpp: bool,
    /// The person who is helped shows the screen that you are looking at, and not a desktop of their own. Only with
    /// --no-open, since a page on that screen would show itself in itself without end
    #[arg(long, conflicts_with = "check")]
    my_screen: bool,
    /// Opens no window and no browser here: you play both people in this terminal, and it says how to open the page on
    /// another computer
    #[arg(long, conflicts_with = "check")]
    no_open: bool,
    /// A terminal is shared instead of a screen: two of them beside each other, in tmux, and you play both people. With
    /// --save-pictures it is played by itself, and the recording put into docs/pictures
    #[arg(long, conflicts_with_all = ["check", "xmpp", "my_screen", "no_open", "browsers"])]
    terminal: bool,
    /// Installs nothing
    #[arg(long)]
    no_install: bool,
}

/// Where the screenshots of a check go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pictures {
    /// To cargo's target directory, to be looked at when something failed.
    Scratch,
    /// To `docs/pictures`, where the README shows them.
    Documentation,
}

/// What `--check` cannot do without.
pub(crate) const NEEDED_BY_CHECK: &[Need] = &[Need::Build, Need::Page, Need::Desktop, Need::Browser];

/// And what `--check --browsers` needs besides.
pub(crate) const NEEDED_BY_BROWSERS: &[Need] = &[Need::Firefox, Need::Machines, Need::Relay];

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let has_display = env::var_os("DISPLAY").is_some_and(|display| !display.is_empty());
    let stage = stage(arguments, has_display)?;
    let mut needs = stage.needs().to_vec();
    let way = if arguments.xmpp { Way::Xmpp } else { Way::Nearby };
    if way == Way::Xmpp {
        needs.push(Need::Prosody);
    }
    if arguments.browsers {
        needs.extend(NEEDED_BY_BROWSERS);
    }
    if arguments.questions {
        needs.extend([Need::Window, Need::Prosody]);
    }
    packages::ensure(&needs, arguments.no_install)?;
    let missing = packages::missing(&needs);
    if !missing.is_empty() {
        bail!("the demo cannot run without {}", missing.join(", "));
    }
    let program = || repo::build_program(Profile::Debug);
    match stage {
        Stage::Check => {
            let pictures = if arguments.save_pictures { Pictures::Documentation } else { Pictures::Scratch };
            if arguments.browsers {
                check_browsers()?
            } else if arguments.questions {
                check_questions(pictures)?
            } else {
                check(pictures, way)?
            }
            say::line("The demo works.");
            Ok(())
        }
        Stage::Panes if arguments.save_pictures => panes::record(),
        Stage::Panes => panes::run(&program()?),
        Stage::Windows => window::run(&program()?, way),
        Stage::Terminal => terminal::run(&program()?, way, false),
        Stage::MyScreen => terminal::run(&program()?, way, true),
    }
}

/// Where the demo plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// By itself.
    Check,
    /// In two terminals beside each other.
    Panes,
    /// In windows on your display.
    Windows,
    /// In this terminal, with the page elsewhere.
    Terminal,
    /// The same, with the screen that you are looking at.
    MyScreen,
}

impl Stage {
    fn needs(self) -> &'static [Need] {
        match self {
            Self::Check => NEEDED_BY_CHECK,
            Self::Panes => &[Need::Build, Need::Panes],
            Self::Windows => &[Need::Build, Need::Desktop, Need::Browser, Need::Window],
            Self::Terminal => &[Need::Build, Need::Desktop],
            Self::MyScreen => &[Need::Build],
        }
    }
}

fn stage(arguments: &Arguments, has_display: bool) -> Result<Stage> {
    Ok(match arguments {
        Arguments { check: true, .. } => Stage::Check,
        Arguments { terminal: true, .. } => Stage::Panes,
        Arguments { save_pictures: true, .. } => bail!("--save-pictures goes with --check or --terminal"),
        Arguments { my_screen: true, .. } if !has_display => bail!(
            "there is no screen here to show: DISPLAY is not set. Leave out --my-screen, and the demo has a desktop of its own"
        ),
        Arguments { my_screen: true, no_open: false, .. } => bail!(HALL_OF_MIRRORS),
        Arguments { my_screen: true, .. } => Stage::MyScreen,
        Arguments { no_open: true, .. } => Stage::Terminal,
        _ if has_display => Stage::Windows,
        _ => Stage::Terminal,
    })
}

const HALL_OF_MIRRORS: &str =
    "a page on the screen that it shows would show itself in itself without end, so this is not done. Either

  cargo xtask demo --my-screen --no-open    and open the page on another computer: the demo says how
  cargo xtask demo                          the person who is helped has a desktop of their own, in a window
";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn stage_of(options: &[&str], has_display: bool) -> Result<Stage> {
        let line = Line::try_parse_from([&["demo"], options].concat())?;
        stage(&line.arguments, has_display)
    }

    #[test]
    fn your_own_screen_is_never_shown_on_a_page_on_it() {
        let refused = stage_of(&["--my-screen"], true).unwrap_err().to_string();
        assert!(refused.contains("without end") && refused.contains("--my-screen --no-open"), "{refused}");
        assert_eq!(stage_of(&["--my-screen", "--no-open"], true).unwrap(), Stage::MyScreen);
        let refused = stage_of(&["--my-screen", "--no-open"], false).unwrap_err().to_string();
        assert!(refused.contains("DISPLAY is not set"), "{refused}");
        assert!(stage_of(&["--my-screen", "--check"], true).is_err());
    }

    #[test]
    fn windows_open_where_there_is_a_display_for_them() {
        assert_eq!(stage_of(&[], true).unwrap(), Stage::Windows);
        assert_eq!(stage_of(&[], false).unwrap(), Stage::Terminal);
        assert_eq!(stage_of(&["--no-open"], true).unwrap(), Stage::Terminal);
        assert_eq!(stage_of(&["--check", "--save-pictures"], true).unwrap(), Stage::Check);
        assert_eq!(stage_of(&["--terminal"], true).unwrap(), Stage::Panes);
        assert!(
            stage_of(&["--save-pictures"], true).is_err()
                && stage_of(&["--terminal", "--check"], true).is_err()
        );
    }
}
