//! Passwords in a desktop's keyring: kept there and nowhere else, locked, gone, and taken out again.

use crate::accounts::{begins_login, ended, is_online, jid};
use crate::alone::Someone;
use crate::house::{Desk, SOON};
use crate::secrets::Hidden;
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::keyring::Keyring;
use rendezvous_testkit::wait;
use rendezvous_testkit::xmpp::{Certificate, Prosody, Setup, password};
use std::collections::HashMap;
use std::fs;
use tokio::runtime::Runtime;

const USER: &str = "maria";
const SECRETS: &str = "org.freedesktop.secrets";

/// Maria, her server, and the keyring of her desktop.
struct Scene {
    maria: Someone,
    server: Prosody,
    keyring: Keyring,
    runtime: Runtime,
}

fn scene(play: impl FnOnce(&mut Scene) -> Result<()>) {
    let mut scene = Scene::new().expect("server and keyring start");
    let played = play(&mut scene).and_then(|()| {
        scene.maria.leaves()?;
        scene.holds_no_secret()
    });
    if let Err(error) = played {
        panic!("{error:#}\n----- Maria's log:\n{}", scene.maria.log());
    }
}

impl Scene {
    fn new() -> Result<Self> {
        let keyring = Keyring::start()?;
        let all = ("RENDEZVOUS_LOG", "trace".to_owned());
        let maria = Someone::with("maria", vec![keyring.environment(), all])?;
        let setup =
            Setup { users: vec![USER], friends: Vec::new(), certificate: Certificate::Good, keeps: None };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let scene = Self { maria, server: Prosody::start(&setup)?, keyring, runtime };
        scene.is_there()?;
        Ok(scene)
    }

    fn bus(&self) -> Result<zbus::Connection> {
        let (_, address) = self.keyring.environment();
        Ok(self.runtime.block_on(async {
            zbus::connection::Builder::address(address.as_str()).method_timeout(SOON).build().await
        })?)
    }

    /// Waits until the bus knows the keyring.
    fn is_there(&self) -> Result<()> {
        let (bus, at) = (self.bus()?, "org.freedesktop.DBus");
        wait::until("the keyring to be on the bus", SOON, || {
            let answer = self.runtime.block_on(async {
                bus.call_method(Some(at), "/org/freedesktop/DBus", Some(at), "NameHasOwner", &(SECRETS,))
                    .await
            })?;
            Ok(answer.body().deserialize::<bool>()?.then_some(()))
        })
    }

    fn is_open_again(&mut self) -> Result<()> {
        self.keyring.opens()?;
        self.is_there()
    }

    fn is_locked(&mut self) -> Result<()> {
        self.keyring.stays_locked()?;
        self.is_there()
    }

    /// How many passwords of hers are in the keyring, as any program of hers can ask.
    fn kept(&self) -> Result<usize> {
        let bus = self.bus()?;
        let wanted = HashMap::from([("application", "im.rendezvous"), ("account", "maria@rendezvous.test")]);
        let interface = "org.freedesktop.Secret.Service";
        let answer = self.runtime.block_on(async {
            let path = "/org/freedesktop/secrets";
            bus.call_method(Some(SECRETS), path, Some(interface), "SearchItems", &(wanted,)).await
        })?;
        let (open, locked): (Vec<zbus::OwnedObjectPath>, Vec<zbus::OwnedObjectPath>) =
            answer.body().deserialize()?;
        Ok(open.len() + locked.len())
    }

    fn begins_login(&self) -> Result<Desk> {
        begins_login(self.server.place(), &self.maria, USER, &[])
    }

    fn signs_in(&self) -> Result<()> {
        let mut login = self.begins_login()?;
        login.says(&password(USER))?;
        login.reads("is signed in. The password is in your keyring.")?;
        ended(&mut login, 0)?;
        is_online(&self.maria, USER)
    }

    /// What the doctor says of the keyring: whether it is well, and the sentence.
    fn finding(&self) -> Result<(bool, String)> {
        let findings = self.maria.json(&["doctor", "--json"])?;
        let all = findings.as_array().context("a list")?;
        let found = all.iter().find(|f| f["what"] == "keyring").context("the keyring is looked at")?;
        Ok((found["ok"] == true, found["text"].as_str().unwrap_or_default().to_owned()))
    }

    /// What the agent says of the account, once it has begun.
    fn account(&self) -> Result<String> {
        self.maria.does(&["agent"])?;
        let accounts = self.maria.does(&["accounts"])?;
        let line = accounts.lines().find(|line| line.contains(&jid(USER)));
        Ok(line.context("the account is there")?.to_owned())
    }

    /// No file of hers has the password, the file for passwords included, and no program of hers shows it.
    fn holds_no_secret(&self) -> Result<()> {
        let hidden = Hidden::default().password(USER);
        hidden.are_not_shown(self.maria.home())?;
        hidden.are_not_in(self.maria.home(), &[])
    }
}

#[test]
fn needs_keyring_needs_prosody_a_password_is_in_the_keyring_and_nowhere_else_until_logout() {
    scene(|scene| {
        ensure!(scene.finding()? == (true, "open; passwords are kept in it".to_owned()));
        scene.signs_in()?;
        ensure!(scene.kept()? == 1);
        ensure!(!scene.maria.home().join("passwords.toml").exists(), "there is no file for it");
        scene.holds_no_secret()?;
        // Signing in again replaces it, and the next agent finds it.
        scene.signs_in()?;
        ensure!(scene.kept()? == 1);
        scene.maria.leaves()?;
        is_online(&scene.maria, USER)?;

        let said = scene.maria.does(&["logout", &jid(USER)])?;
        ensure!(said.contains("is not used any more, and its password is forgotten here."), "{said}");
        ensure!(scene.kept()? == 0);
        scene.maria.does(&["agent"]).map(|_| ())
    });
}

#[test]
fn needs_keyring_needs_prosody_a_password_moves_from_the_file_into_the_keyring() {
    scene(|scene| {
        scene.keyring.goes();
        ensure!(scene.finding()?.1.starts_with("there is none here; passwords are kept in a file"));
        let file = scene.maria.home().join("passwords.toml");
        let mut login = scene.begins_login()?;
        login.says(&password(USER))?;
        login.reads("There is no keyring here, so the password is in ")?;
        login.reads("which only you can read; it is not encrypted.")?;
        ended(&mut login, 0)?;
        ensure!(fs::read_to_string(&file)?.contains(&password(USER)));

        scene.is_open_again()?;
        scene.signs_in()?;
        ensure!(scene.kept()? == 1 && !fs::read_to_string(&file)?.contains(&password(USER)));
        scene.maria.leaves()?;
        is_online(&scene.maria, USER)
    });
}

#[test]
fn needs_keyring_needs_prosody_a_locked_keyring_is_said_to_be_and_nothing_is_lost() {
    scene(|scene| {
        let settings = |scene: &Scene| fs::read_to_string(scene.maria.home().join("config.toml"));
        let before = settings(scene)?;
        scene.is_locked()?;
        let (ok, said) = scene.finding()?;
        ensure!(
            !ok && said.starts_with("Your keyring is locked, so passwords can neither be read nor kept.")
        );
        // Nobody opens it, so nothing is kept; above all not in a file.
        let mut login = scene.begins_login()?;
        login.says(&password(USER))?;
        login
            .reads("Your keyring is locked, so the password of maria@rendezvous.test was not put into it")?;
        login.reads("and nothing was changed. Unlock it, then try again.")?;
        ended(&mut login, 1)?;
        ensure!(settings(scene)? == before && !scene.maria.home().join("passwords.toml").exists());

        scene.is_open_again()?;
        scene.signs_in()?;
        scene.maria.leaves()?;
        scene.is_locked()?;
        let account = scene.account()?;
        ensure!(account.contains("refused · Your keyring is locked, so the password of"), "{account}");
        let before = settings(scene)?;
        let (code, said) = scene.maria.runs(&["logout", &jid(USER)])?;
        ensure!(code == 1 && said.contains("cannot be taken out of it, and nothing was changed."), "{said}");
        ensure!(settings(scene)? == before);

        scene.is_open_again()?;
        scene.maria.leaves()?;
        is_online(&scene.maria, USER)
    });
}

#[test]
fn needs_keyring_needs_prosody_a_keyring_that_is_gone_is_said_to_be_and_comes_back() {
    scene(|scene| {
        scene.signs_in()?;
        scene.maria.leaves()?;
        scene.keyring.goes();
        let account = scene.account()?;
        ensure!(account.contains("refused · The password of maria@rendezvous.test is not here"), "{account}");
        ensure!(account.contains("Give it with \"rendezvous login maria@rendezvous.test\"."), "{account}");
        scene.maria.leaves()?;
        scene.is_open_again()?;
        is_online(&scene.maria, USER)?;

        // Whoever signs out while it is gone is told what may be left in it.
        scene.keyring.goes();
        let said = scene.maria.does(&["logout", &jid(USER)])?;
        ensure!(said.contains("Its password was not found here; if you kept it in the keyring"), "{said}");
        scene.maria.does(&["agent"]).map(|_| ())
    });
}
