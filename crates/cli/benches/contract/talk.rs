//! How many texts go from one application to the other, through two agents that are linked over 127.0.0.1.

use crate::PROGRAM;
use crate::figures::Figures;
use crate::talker::{HEARD, SIZE};
use anyhow::{Context as _, Result};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::process::Launch;
use rendezvous_testkit::terminal::{Person, WIDE};
use std::fs;
use std::time::Duration;

/// The bar, in texts a second.
const BAR: f64 = 5_000.0;
/// What takes longer than this on a busy machine hangs.
const SOON: Duration = Duration::from_secs(60);
/// A whole run of texts.
const LONG: Duration = Duration::from_secs(300);
const ID: &str = "{3C1F7E52-8B0D-4C1A-9C56-7D0E2B94A611}";

pub(crate) async fn run(figures: &mut Figures, texts: usize, sessions: usize) -> Result<()> {
    // People sit at terminals and wait there.
    let mut rates = tokio::task::spawn_blocking(move || rates(texts, sessions)).await??;
    rates.sort_by(f64::total_cmp);
    let middle = rates.get(rates.len() / 2).copied().unwrap_or(f64::NAN);
    let each: Vec<_> = rates.iter().map(|rate| format!("{rate:.0}")).collect();
    let figure = format!(
        "{middle:.0} /s ({:.1} MiB/s); {} sessions of {texts}: {}",
        middle * SIZE as f64 / (1024.0 * 1024.0),
        rates.len(),
        each.join(", ")
    );
    figures.bar(
        "texts of 1 KiB from application to application, all in order",
        figure,
        "at least 5,000 /s",
        middle >= BAR,
    );
    Ok(())
}

/// Texts a second, for each session.
fn rates(texts: usize, sessions: usize) -> Result<Vec<f64>> {
    let ann = Someone::at_a_terminal("ann", texts)?;
    let mut bob = Someone::at_a_terminal("bob", texts)?;
    bob.lets_strangers_call()?;
    (0..sessions).map(|_| talk(&ann, &mut bob, texts)).collect()
}

fn talk(ann: &Someone, bob: &mut Someone, texts: usize) -> Result<f64> {
    let heard = bob.home.join(HEARD);
    let mut call = Person::start("ann", &ann.launch(&["invite", "--app", "talker", &bob.address]), WIDE)?;
    bob.agent.expect("Answer? [y/N]", SOON)?;
    bob.agent.type_line("y")?;
    call.wait_exit(LONG)?;
    let logs =
        || [ann, &*bob].map(|one| fs::read_to_string(one.home.join("applications.log")).unwrap_or_default());
    let seconds = fs::read_to_string(&heard)
        .with_context(|| format!("nothing was heard\n{}\n{:?}", call.screen(), logs()))?;
    fs::remove_file(&heard)?;
    Ok((texts - 1) as f64 / seconds.parse::<f64>()?)
}

/// A person with an agent that asks at its terminal.
struct Someone {
    agent: Person,
    home: Home,
    address: String,
}

impl Someone {
    fn at_a_terminal(name: &str, texts: usize) -> Result<Self> {
        let home = Home::new(name)?;
        fs::write(home.join("config.toml"), "[nearby]\nlisten = \"127.0.0.1:0\"\nmulticast = false\n")?;
        fs::create_dir(home.join("apps"))?;
        let this = std::env::current_exe()?;
        let place = home.path();
        // The socket as standard input, where a program finds it without taking a bare number for one.
        let script = "exec \"$0\" --texts \"$1\" --talker \"$2\" <&3";
        let exec = format!(
            "{:?}",
            [
                "/bin/sh",
                "-c",
                script,
                &this.display().to_string(),
                &texts.to_string(),
                &place.display().to_string()
            ]
        );
        fs::write(
            home.join("apps/talker.toml"),
            format!("id = \"{ID}\"\nname = \"Talker\"\nexec = {exec}\n"),
        )?;
        let mut agent = Person::start(name, &launch(&home, &["agent", "--foreground"]), WIDE)?;
        agent.expect("Ready. Others reach you at ", SOON)?;
        let address = agent.expect("\n", SOON)?.trim().to_owned();
        agent.expect("Ctrl-C ends it.", SOON)?;
        Ok(Self { agent, home, address })
    }

    fn launch(&self, arguments: &[&str]) -> Launch {
        launch(&self.home, arguments)
    }

    fn lets_strangers_call(&self) -> Result<()> {
        let mut visible = Person::start("visible", &self.launch(&["visible", "60"]), WIDE)?;
        visible.expect("everybody who finds you", SOON)?;
        visible.wait_exit(SOON)?;
        Ok(())
    }
}

fn launch(home: &Home, arguments: &[&str]) -> Launch {
    ["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "RENDEZVOUS_LOG"]
        .into_iter()
        .fold(Launch::new(PROGRAM), Launch::without)
        .env("RENDEZVOUS_HOME", home.path())
        .args(arguments)
}
