//! The rules of a computer: what its administrator forbids is not asked, and it is said that a rule and not a person said no.
//!
//! The administrator's file is where it always is: the agent gets a view of the system's files in which it is there.

use crate::alone::Someone;
use crate::house::{NO_SUCH_SCREEN, SHOW, Side, Two, these_two};
use crate::page::{self, Page};
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::home::Home;
use rendezvous_testkit::machines::skip;
use rendezvous_testkit::process::Launch;
use rendezvous_testkit::xserver::XServer;
use serde_json::{Value, json};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

const FILE: &str = "/etc/rendezvous/policy.toml";

/// Puts a directory over `/etc`, and goes on there with what follows.
const OVER_ETC: &str = "mount -t overlay overlay -o \"lowerdir=$0:/etc\" /etc && exec \"$@\"";

/// A computer whose administrator has made rules.
struct Ruled(Home);

impl Ruled {
    /// Nothing, with the reason said, where a test may not give itself other files.
    fn new(test: &str, rules: &str) -> Option<Self> {
        let home = Home::new("etc").expect("a place for a test");
        let directory = home.join("etc/rendezvous");
        fs::create_dir_all(&directory).expect("a directory");
        fs::write(directory.join("policy.toml"), rules).expect("a file");
        for (path, mode) in [("etc", 0o755), ("etc/rendezvous", 0o755), ("etc/rendezvous/policy.toml", 0o644)]
        {
            fs::set_permissions(home.join(path), Permissions::from_mode(mode)).expect("it is ours");
        }
        let ruled = Self(home);
        let launch = ruled
            .launch(&Launch::new("sh").args(["-c", "test -O /etc/rendezvous/policy.toml -a $(id -u) = 0"]));
        let can = launch.command().output();
        if !can.is_ok_and(|output| output.status.success()) {
            skip(test, "only root, with namespaces and overlays, can put a file into /etc for one program");
            return None;
        }
        Some(ruled)
    }

    fn launch(&self, launch: &Launch) -> Launch {
        let arguments = ["--mount", "--propagation", "private", "sh", "-c", OVER_ETC];
        Launch::new("unshare").args(arguments).arg(self.0.join("etc")).args(launch.words())
    }

    fn is_open_to_others(&self) {
        let path = self.0.join("etc/rendezvous/policy.toml");
        fs::set_permissions(path, Permissions::from_mode(0o666)).expect("it is ours");
    }
}

/// Two people; the novice's computer has rules.
fn ruled_novice(ruled: &Ruled, screen: Option<XServer>) -> Result<Two> {
    let surroundings = match &screen {
        Some(screen) => screen.environment().to_vec(),
        None => vec![("DISPLAY", NO_SUCH_SCREEN.to_owned())],
    };
    Ok(Two {
        novice: Side::start_with("novice", surroundings, |agent| ruled.launch(&agent))?,
        expert: Side::start("expert", Vec::new())?,
        call: None,
        screen,
        are_acquainted: true,
    })
}

fn nobody_was_asked(side: &Side) -> Result<()> {
    let screen = side.agent.screen();
    ensure!(!screen.contains("asks you") && !screen.contains("offers"), "{screen}");
    Ok(())
}

/// The last line of the log.
fn last(side: &Side) -> Result<Value> {
    let (_, said) = side.runs(&["log", "--json"])?;
    let rows: Value = serde_json::from_str(&said)?;
    rows.as_array().and_then(|rows| rows.last()).cloned().context("something happened")
}

#[test]
fn whoever_may_not_ask_calls_nobody() {
    let rules = "# Ours.\n[asking]\nallowed = false\n";
    let Some(ruled) = Ruled::new("whoever_may_not_ask_calls_nobody", rules) else { return };
    these_two(ruled_novice(&ruled, None).expect("both start"), |two| {
        let to = two.expert.address.clone();
        two.call = Some(two.novice.types(&["ask", &to])?);
        let sentence = format!(
            "By the rules of this computer asking others for help is not allowed here (set by its administrator, line 3 of {FILE}). Nobody was asked."
        );
        two.call().reads(&sentence)?;
        two.call_ends_with(1)?;
        two.call = Some(two.novice.types(&["ask", "--code"])?);
        two.call().reads("asking others for help is not allowed here")?;
        two.call_ends_with(1)?;
        nobody_was_asked(&two.expert)
    });
}

#[test]
fn an_offer_that_a_rule_forbids_is_told_apart_from_one_that_a_person_refuses() {
    let test = "an_offer_that_a_rule_forbids_is_told_apart_from_one_that_a_person_refuses";
    let Some(ruled) = Ruled::new(test, "[offered]\nallowed = false\n") else { return };
    these_two(ruled_novice(&ruled, None).expect("both start"), |two| {
        crate::meeting::have_met(&two.novice, &two.expert)?;
        let to = two.novice.address.clone();
        two.call = Some(two.expert.types(&["offer", &to])?);
        two.call().reads(&format!(
            "Nobody can be asked at {to} right now. Their computer said so, not a person."
        ))?;
        two.call_ends_with(3)?;
        nobody_was_asked(&two.novice)?;
        two.are_idle()?;
        let here = last(&two.novice)?;
        ensure!(here["declined"] == "the rules of this computer" && here["direction"] == "in", "{here}");
        ensure!(last(&two.expert)?["declined"] == "a rule");
        // And what they ask for themselves, they may.
        two.asks()?;
        two.expert.agent.says("n")?;
        two.call().reads("said no.")?;
        two.call_ends_with(3)
    });
}

#[test]
fn rules_that_others_could_have_written_allow_nothing() {
    let Some(ruled) = Ruled::new("rules_that_others_could_have_written_allow_nothing", "") else { return };
    ruled.is_open_to_others();
    these_two(ruled_novice(&ruled, None).expect("both start"), |two| {
        crate::meeting::have_met(&two.novice, &two.expert)?;
        let (novice, expert) = (two.novice.address.clone(), two.expert.address.clone());
        two.call = Some(two.novice.types(&["ask", &expert])?);
        two.call().reads("The administrator's rules for this computer cannot be used: ")?;
        two.call().reads(&format!(
            "others than root can write to {FILE}. Until that is put right nobody can ask"
        ))?;
        two.call_ends_with(1)?;
        two.call = Some(two.expert.types(&["offer", &novice])?);
        two.call().reads("right now. Their computer said so, not a person.")?;
        two.call_ends_with(3)?;
        two.call = Some(two.novice.types(&["offer", &expert])?);
        two.call().reads("cannot be used")?;
        two.call_ends_with(1)?;
        nobody_was_asked(&two.novice)?;
        nobody_was_asked(&two.expert)
    });
}

#[test]
fn needs_xvfb_whoever_may_only_see_is_refused_control_by_the_rules_and_the_warning_comes_before_the_question()
{
    let test = "needs_xvfb_whoever_may_only_see_is_refused_control_by_the_rules";
    let rules = "[asking]\ncontrol = false\n[warnings]\nview = \"Only our own staff helps you.\"\n";
    let Some(ruled) = Ruled::new(test, rules) else { return };
    let screen = XServer::xvfb(320, 200).expect("a screen");
    these_two(ruled_novice(&ruled, Some(screen)).expect("both start"), |two| {
        two.asks()?;
        two.expert.agent.says("y")?;
        two.call().reads("Only our own staff helps you.")?;
        let address = page::address(&mut two.expert.agent)?;
        let mut page = Page::open(&address)?;
        two.call().reads(SHOW)?;
        two.call().says("y")?;
        two.call().reads("may see your screen")?;
        page.says(&json!({"type": "request"}))?;
        let who = two.expert.who.clone();
        two.call().reads(&format!(
            "{who} asked to use your mouse and keyboard. By the rules of this computer they only see"
        ))?;
        let screen = two.call().screen();
        ensure!(!screen.contains("30 minutes? [y/N]"), "nobody is asked: {screen}");
        two.call().presses("s")?;
        two.call_ends_with(0)
    });
}

#[test]
fn a_person_may_only_tighten_and_each_rule_is_explained() {
    let test = "a_person_may_only_tighten_and_each_rule_is_explained";
    let rules = "[asking]\ncontrol = false\n[lifetimes]\ncontrol-minutes = 60\n";
    let Some(ruled) = Ruled::new(test, rules) else { return };
    let maria = Someone::new("maria").expect("a home");
    let own = "[asking]\ncontrol = true\n[lifetimes]\ncontrol-minutes = 45\n";
    let explain = |arguments: &[&str]| -> Result<(i32, String)> {
        crate::house::run(&ruled.launch(&maria.launch(arguments)), maria.home())
    };
    let scene = || -> Result<()> {
        fs::write(maria.home().join("policy.toml"), own)?;
        let (code, said) = explain(&["policy", "explain"])?;
        ensure!(code == 0, "{said}");
        for line in [
            format!("The administrator's rules: {FILE}\n"),
            "  control = false   (by the administrator, line 2)\n      Whom you asked can only see your screen.\n".to_owned(),
            "  control-minutes = 45   (by you, line 4)\n      Your mouse and keyboard are lent for 45 minutes at most.\n".to_owned(),
            "  allowed = true   (nobody has said anything)\n      You may ask others for help.\n".to_owned(),
        ] {
            ensure!(said.contains(&line), "{line:?} is not in {said}");
        }
        let (_, said) = explain(&["policy", "explain", "--json"])?;
        let json: Value = serde_json::from_str(&said)?;
        ensure!(json["usable"] == true && json["keys"][1]["value"] == false, "{json}");
        ensure!(json["keys"][1]["from"] == json!([{"by": "administrator", "line": 2}]), "{json}");
        let (_, said) = explain(&["doctor", "--json"])?;
        ensure!(said.contains("rules of the administrator, and of your own"), "{said}");

        // A slip in one's own rules stops everything as well, and says where it is.
        fs::write(maria.home().join("policy.toml"), "\n[askin]\n")?;
        let (code, said) = explain(&["policy", "explain"])?;
        ensure!(
            code == 1
                && said.contains("Your own rules cannot be used: ")
                && said.contains("line 2: \"askin\" is not a section"),
            "{said}"
        );
        Ok(())
    };
    if let Err(error) = scene() {
        panic!("{error:#}");
    }
}

#[test]
fn no_variable_leads_to_other_rules() {
    // What the commands say of themselves names every variable; what reads the rules knows none.
    let maria = Someone::new("maria").expect("a home");
    let rules = maria.home().join("elsewhere.toml");
    fs::write(&rules, "[asking]\nallowed = false\n").expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_rendezvous"));
    command.args(["policy", "explain", "--json"]).env("RENDEZVOUS_HOME", maria.home().path());
    for name in ["RENDEZVOUS_POLICY", "RENDEZVOUS_ETC", "XDG_CONFIG_DIRS", "SYSCONFDIR", "ETC"] {
        command.env(name, &rules);
    }
    let output = command.output().expect("it runs");
    let json: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(json["keys"][0]["value"], true, "{json}");
}

/// What is asked for beside the picture, each with what the person reads.
const BESIDES: [(&str, &str); 3] = [
    ("files", "asked to hand over files. By the rules of this computer that is not possible"),
    ("clipboard", "asked to share what you both copy. By the rules of this computer that is not possible"),
    ("drawing", "asked to draw on your screen. By the rules of this computer that is not possible"),
];

/// The page asks for it, and hears how it stands then.
fn is_told(page: &mut Page, floor: &str, state: &str) -> Result<()> {
    page.says(&json!({"type": "request", "floor": floor}))?;
    while page.hears("state")?["floors"][floor] != state {}
    Ok(())
}

#[test]
fn needs_xvfb_what_a_rule_keeps_beside_the_picture_is_asked_of_nobody_and_told_apart_from_a_persons_no() {
    for (floor, sentence) in BESIDES {
        let test = "needs_xvfb_what_a_rule_keeps_beside_the_picture_is_asked_of_nobody";
        let Some(ruled) = Ruled::new(test, &format!("[allow]\n{floor} = false\n")) else { return };
        let screen = XServer::xvfb(320, 200).expect("a screen");
        these_two(ruled_novice(&ruled, Some(screen)).expect("both start"), |two| {
            two.asks()?;
            two.expert.agent.says("y")?;
            let address = page::address(&mut two.expert.agent)?;
            let mut page = Page::open(&address)?;
            two.call().reads(SHOW)?;
            two.call().says("y")?;
            two.call().reads("may see your screen")?;
            is_told(&mut page, floor, "refused")?;
            two.call().reads(sentence)?;
            two.call()
                .reads(&format!("(set by its administrator, line 2 of {FILE}), so you were not asked."))?;
            let shown = two.call().screen();
            ensure!(!shown.contains("[y/N]\n") && !shown.contains("30 minutes?"), "nobody is asked: {shown}");

            // Another thing is asked as ever, and a person's no is one.
            let other = BESIDES.into_iter().map(|(other, _)| other).find(|other| *other != floor);
            let other = other.context("there are three")?;
            page.says(&json!({"type": "request", "floor": other}))?;
            two.call().reads("30 minutes? [y/N]")?;
            two.call().says("n")?;
            while page.hears("state")?["floors"][other] != "denied" {}
            two.call().presses("s")?;
            two.call_ends_with(0)?;
            let (_, record) = two.novice.runs(&["log", "show"])?;
            ensure!(record.contains(sentence), "{record}");
            Ok(())
        });
    }
}

#[test]
fn a_terminal_that_a_rule_keeps_is_shared_with_nobody_and_looked_at_elsewhere_as_ever() {
    let test = "a_terminal_that_a_rule_keeps_is_shared_with_nobody";
    let Some(ruled) = Ruled::new(test, "[allow]\nterminal = false\n") else { return };
    these_two(ruled_novice(&ruled, None).expect("both start"), |two| {
        crate::meeting::have_met(&two.novice, &two.expert)?;
        let (novice, expert) = (two.novice.address.clone(), two.expert.address.clone());
        two.call = Some(two.novice.types(&["share-terminal", &expert])?);
        two.call().reads(&format!(
            "By the rules of this computer sharing a terminal is not allowed here (set by its administrator, line 2 of {FILE}). Nobody was asked."
        ))?;
        two.call_ends_with(1)?;
        two.call = Some(two.expert.types(&["view-terminal", &novice])?);
        two.call().reads("right now. Their computer said so, not a person.")?;
        two.call_ends_with(3)?;
        nobody_was_asked(&two.novice)?;
        ensure!(last(&two.novice)?["declined"] == "the rules of this computer");
        // Their terminal is another computer's.
        two.call = Some(two.novice.types(&["view-terminal", &expert])?);
        two.expert.agent.reads("asks to look at a terminal of yours.")?;
        two.expert.agent.says("n")?;
        two.call().reads("said no.")?;
        two.call_ends_with(3)
    });
}

#[test]
fn who_may_only_look_at_a_terminal_is_refused_typing_by_the_rules() {
    let test = "who_may_only_look_at_a_terminal_is_refused_typing_by_the_rules";
    let Some(ruled) = Ruled::new(test, "[asking]\ncontrol = false\n") else { return };
    these_two(ruled_novice(&ruled, None).expect("both start"), |two| {
        let who = two.expert.who.clone();
        let ends = crate::terminals::shared(two)?;
        ends.viewer.presses("t")?;
        ends.sharer.reads(&format!("A rule of this computer keeps {who} from typing. You were not asked"))?;
        ends.viewer.reads("Their computer does not allow typing now")?;
        ends.sharer.presses(&"\u{1d}".repeat(3))?;
        two.call_ends_with(0)?;
        let (_, record) = two.novice.runs(&["log", "show"])?;
        ensure!(record.contains("from typing") && !record.contains("mouse"), "{record}");
        Ok(())
    });
}
