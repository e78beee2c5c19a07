//! People who have never met, have no account and are not on the same network: they meet by a code at a server that lets
//! guests in.

use crate::alone::Someone;
use crate::codes::code as code_of;
use crate::house::{ANSWER, Desk, NO_SUCH_SCREEN, SHOW, SOON};
use anyhow::{Context as _, Result, ensure};
use rendezvous_core::{Application, ApplicationId, DeclinedBy, Event, SessionConfig};
use rendezvous_net::xmpp::codes::{self as rooms, Place};
use rendezvous_net::xmpp::{Config, Security};
use rendezvous_net::{Account, Driver};
use rendezvous_testkit::wait;
use rendezvous_testkit::xmpp::{Certificate, GUESTS, Prosody, ROOMS, Setup};
use rendezvous_trust::DeviceKey;
use std::fs;
use std::sync::Arc;

/// How it ends when the words of the code are others.
const FAILED: &str = "(AUTHENTICATION_FAILED (0x81000604))";
/// A code is shown, and its person waits.
const WAITS: &str = "Ctrl-C ends it.";

/// Two who have no account, and a server that lets them in. Everything that can be logged is.
struct Strangers {
    novice: Someone,
    expert: Someone,
    server: Prosody,
}

fn scene(play: impl FnOnce(&mut Strangers) -> Result<()>) {
    let set_up = || -> Result<Strangers> {
        let (users, friends) = (Vec::new(), Vec::new());
        let setup = Setup { users, friends, certificate: Certificate::Good, keeps: None };
        let server = Prosody::start(&setup)?;
        let person = |name| -> Result<Someone> {
            let all = ("RENDEZVOUS_LOG", "trace".to_owned());
            let someone = Someone::with(name, vec![("DISPLAY", NO_SUCH_SCREEN.to_owned()), all])?;
            fs::write(someone.home().join("config.toml"), configuration(&server))?;
            Ok(someone)
        };
        Ok(Strangers { novice: person("novice")?, expert: person("expert")?, server })
    };
    let mut strangers = set_up().expect("the server starts");
    if let Err(error) = play(&mut strangers) {
        panic!(
            "{error:#}\n----- the novice's log:\n{}\n----- the expert's log:\n{}\n----- the server's log:\n{}",
            strangers.novice.log(),
            strangers.expert.log(),
            strangers.server.log().unwrap_or_default()
        );
    }
}

/// Nobody is found nearby, as where two are far apart.
fn configuration(server: &Prosody) -> String {
    let place = server.place();
    format!(
        "[nearby]\nlisten = \"127.0.0.1:0\"\nmulticast = false\n[codes]\nserver = \"{GUESTS}\"\nrooms = \"{ROOMS}\"\n\
         address = \"127.0.0.1:{}\"\nsecurity = \"starttls\"\ncertificate-authority = {:?}\n",
        place.start_tls,
        place.authority.display().to_string()
    )
}

impl Strangers {
    /// The novice makes a code.
    fn asks(&self) -> Result<(Desk, String)> {
        let mut ask = self.novice.types(&["ask", "--code"])?;
        let code = code_of(&ask.reads(WAITS)?)?;
        Ok((ask, code))
    }

    /// The expert types one.
    fn types(&self, code: &str) -> Result<Desk> {
        let mut offer = self.expert.types(&["offer", "--code"])?;
        offer.reads("The code that you were told:")?;
        offer.says(code)?;
        Ok(offer)
    }

    /// Nobody is signed in any more, though both agents run on.
    fn guests_have_gone(&self) -> Result<()> {
        wait::until("the guests to sign off", SOON, || {
            let log = self.server.log()?;
            let came = log.lines().filter(|line| line.contains("Authenticated as")).count();
            let left = log.lines().filter(|line| line.contains("Client disconnected: closed")).count();
            Ok((came > 0 && came == left).then_some(()))
        })
    }

    fn leave(&self) -> Result<()> {
        self.novice.leaves()?;
        self.expert.leaves()
    }
}

fn ended(desk: &mut Desk, code: u32) -> Result<()> {
    let ended = desk.ends()?;
    ensure!(ended == code, "exit code {ended}, expected {code}: {}", desk.screen());
    desk.is_as_found()
}

/// The same number with other words.
fn wrong(code: &str) -> Result<String> {
    let (number, words) = code.split_once('-').context("a number and words")?;
    let mut words: Vec<&str> = words.split('-').collect();
    words.rotate_left(1);
    ensure!(words.windows(2).any(|two| two[0] != two[1]), "one code in a million cannot be told from itself");
    Ok(format!("{number} {}", words.join(" ")))
}

#[test]
fn needs_prosody_two_without_an_account_verify_each_other_by_a_code() {
    scene(|two| {
        let (mut ask, code) = two.asks()?;
        let accounts = two.novice.does(&["accounts"])?;
        ensure!(!accounts.contains(GUESTS), "a guest is no account of the person's: {accounts}");
        let mut offer = two.types(&code.replace('-', " "))?;
        let question = ask.reads(ANSWER)?;
        ensure!(question.contains("Someone has typed your code."), "{question}");
        ask.says("y")?;
        let question = ask.reads(SHOW)?;
        ensure!(
            question.contains("verified just now") && !ask.screen().contains("three words"),
            "{question}"
        );
        ask.says("n")?;
        offer.reads("said: not now.")?;
        ended(&mut offer, 3)?;
        ended(&mut ask, 3)?;
        two.guests_have_gone()?;

        // The address at which they met is nobody's any more; the devices know each other by one that stays.
        for (someone, other) in [(&two.novice, &two.expert), (&two.expert, &two.novice)] {
            let known = someone.json(&["verify", "--json"])?;
            let pins = known["verified"].as_array().context("a list")?;
            ensure!(pins.len() == 1 && pins[0]["network"] == "nearby", "{known}");
            ensure!(pins[0]["address"] == other.who()?, "{known}");
            let log = someone.does(&["log"])?;
            ensure!(log.lines().count() == 1 && log.contains(" · verified · "), "{log}");
        }
        let words: Vec<&str> = code.split('-').skip(1).collect();
        let mut texts = vec![("the server's log".to_owned(), two.server.log()?)];
        for someone in [&two.novice, &two.expert] {
            for entry in fs::read_dir(someone.home().path())? {
                let path = entry?.path();
                let text = fs::read(&path).unwrap_or_default();
                texts.push((path.display().to_string(), String::from_utf8_lossy(&text).into_owned()));
            }
        }
        let told = texts.iter().find(|(_, text)| words.iter().all(|word| text.contains(word)));
        ensure!(told.is_none(), "{:?} holds the code", told.map(|(name, _)| name));
        two.leave()
    });
}

#[test]
fn needs_prosody_a_code_in_a_room_is_good_for_one_try_and_while_it_is_open() {
    scene(|two| {
        let nobody = format!(
            "Nobody nearby or at {GUESTS} has a code of this number open. Check the number, and whether their code is still open."
        );
        let (mut ask, code) = two.asks()?;
        let mut offer = two.types(&wrong(&code)?)?;
        ask.reads(ANSWER)?;
        ask.says("y")?;
        ask.reads("The code did not bring you together with")?;
        ask.reads(FAILED)?;
        offer.reads(FAILED)?;
        ended(&mut offer, 6)?;
        ended(&mut ask, 6)?;
        let mut offer = two.types(&code)?;
        offer.reads(&nobody)?;
        ended(&mut offer, 1)?;

        // One that is too old rings nowhere, and neither does one that is withdrawn.
        let (mut ask, code) = two.asks()?;
        let file = two.novice.home().join("code.json");
        let mut kept: serde_json::Value = serde_json::from_slice(&fs::read(&file)?)?;
        let made =
            kept["made"].as_u64().with_context(|| format!("{:?}", kept.as_object().map(|o| o.len())))?;
        kept["made"] = (made - 601).into();
        fs::write(&file, kept.to_string())?;
        let mut offer = two.types(&code)?;
        offer.reads("Nobody can be asked at whoever made the code right now.")?;
        ended(&mut offer, 3)?;
        ask.interrupts()?;
        ask.reads("The code is of no use any more. Nothing was shared.")?;
        ended(&mut ask, 130)?;
        let mut offer = two.types(&code)?;
        offer.reads(&nobody)?;
        ended(&mut offer, 1)?;
        two.guests_have_gone()?;
        ensure!(two.novice.json(&["verify", "--json"])?["verified"] == serde_json::json!([]));
        two.leave()
    });
}

#[test]
fn needs_prosody_strangers_in_the_room_can_do_nothing_but_answer() {
    scene(|two| {
        // Also while strangers may call: here they come by the code only.
        two.novice.does(&["visible"])?;
        let (mut ask, code) = two.asks()?;
        let number: u16 = code.split('-').next().context("a number")?.parse()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let declined = runtime.block_on(strangers_calls(&two.server, number))?;
        ensure!(
            declined == [DeclinedBy::NotInstalled, DeclinedBy::Policy, DeclinedBy::Policy],
            "{declined:?}"
        );
        ensure!(!ask.screen().contains(ANSWER), "nobody was asked: {}", ask.screen());
        let log = two.novice.json(&["log", "--json"])?;
        ensure!(log == serde_json::json!([]), "the record is not theirs to fill: {log}");
        ask.interrupts()?;
        ask.reads("The code is of no use any more.")?;
        ended(&mut ask, 130)?;
        two.leave()
    });
}

#[test]
fn needs_prosody_whoever_is_blocked_does_not_ring_through_a_room() {
    scene(|two| {
        let (ask, code) = two.asks()?;
        two.novice.does(&["block", &two.expert.who()?])?;
        let mut offer = two.types(&code)?;
        offer.reads("Nobody can be asked at whoever made the code right now.")?;
        ended(&mut offer, 3)?;
        ensure!(!ask.screen().contains(ANSWER), "nobody was asked: {}", ask.screen());
        ensure!(two.novice.json(&["log", "--json"])? == serde_json::json!([]));

        // The code is as good as before, for anybody else.
        two.novice.does(&["unblock", &two.expert.who()?])?;
        let mut offer = two.types(&code)?;
        let mut ask = ask;
        ask.reads(ANSWER)?;
        ask.says("n")?;
        offer.reads("said no.")?;
        ended(&mut offer, 3)?;
        ended(&mut ask, 3)?;
        two.leave()
    });
}

/// Somebody who knows no more than the number goes into the room, and tries; who declined each time.
async fn strangers_calls(server: &Prosody, number: u16) -> Result<Vec<DeclinedBy>> {
    let place = server.place();
    let config = Config {
        server: Some(("127.0.0.1".into(), place.start_tls)),
        security: Security::StartTls,
        extra_ca: Some(place.authority.clone()),
        ..Config::new(GUESTS, Default::default(), "stranger")
    };
    let (network, others) = rooms::find(&Place { config, rooms: ROOMS.into() }, number).await?;
    let contact = others.first().context("the one who made the code")?.contact.clone();
    let key =
        Arc::new(DeviceKey::from_seed(&std::array::from_fn(|at| u8::try_from(at).unwrap_or_default()))?);
    let account = Account { network: "guest".into(), me: network.address(), key };
    let all = [ApplicationId::ASK, ApplicationId::OFFER].map(|id| Application::new(id, "Help"));
    let (driver, handle, mut happenings) = Driver::new(account, SessionConfig::default(), all, network);
    let driver = tokio::spawn(driver.run());
    let mut declined = Vec::new();
    for (application, data) in
        [(ApplicationId::ASK, ""), (ApplicationId::OFFER, ""), (ApplicationId::OFFER, "code:")]
    {
        handle.invite(contact.clone(), application, data.to_owned()).await?;
        let answer = async {
            loop {
                let happening = happenings.recv().await.context("the driver runs")?;
                if let Event::Declined { by } = happening.event {
                    return anyhow::Ok(by);
                }
            }
        };
        declined.push(tokio::time::timeout(SOON, answer).await??);
    }
    driver.abort();
    Ok(declined)
}

#[test]
fn needs_prosody_a_server_that_is_away_is_said_in_one_sentence() {
    scene(|two| {
        let (mut ask, code) = two.asks()?;
        two.server.kill();
        ask.reads(&format!("Your code cannot be used at {GUESTS} any more. "))?;
        let away = format!(
            "{GUESTS}, where people meet by codes, cannot be used right now. Cannot reach the server at"
        );
        let mut offer = two.types(&code)?;
        offer.reads(&format!("Nobody nearby has a code of this number open. {away}"))?;
        ended(&mut offer, 1)?;
        ask.interrupts()?;
        ended(&mut ask, 130)?;

        // Somebody on the same network, or who types the place, can still come.
        let place = two.novice.is_reached_at()?;
        let mut ask = two.novice.types(&["ask", "--code"])?;
        ask.reads(&away)?;
        ask.reads("So your code is only good for somebody on the same network, or who types your place.")?;
        let code = code_of(&ask.reads(WAITS)?)?;
        let mut offer = two.expert.types(&["offer", "--code", &place])?;
        offer.reads("The code that you were told:")?;
        offer.says(&code)?;
        ask.reads(ANSWER)?;
        ask.says("n")?;
        offer.reads("said no.")?;
        ended(&mut offer, 3)?;
        ended(&mut ask, 3)?;

        // With nothing else to be reached by, there is no code.
        let alone = configuration(&two.server).replace("[nearby]", "[nearby]\nenabled = false");
        fs::write(two.novice.home().join("config.toml"), alone)?;
        two.novice.does(&["agent", "stop"])?;
        let mut ask = two.novice.types(&["ask", "--code"])?;
        ask.reads(&away)?;
        ended(&mut ask, 1)?;
        ensure!(!ask.screen().contains("Your code is"), "{}", ask.screen());
        two.leave()
    });
}
