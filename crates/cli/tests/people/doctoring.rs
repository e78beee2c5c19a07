//! The doctor against real servers, networks and clocks: what is well, and what is wrong with what is not.

use crate::accounts::{begins_login, ended, is_online, jid};
use crate::alone::Someone;
use crate::house::{on_machine, on_machine_of, run};
use anyhow::{Context as _, Result, bail, ensure};
use rendezvous_testkit::dns::{Dns, Service, resolving};
use rendezvous_testkit::machines::Machines;
use rendezvous_testkit::process::Launch;
use rendezvous_testkit::turn::{PASSWORD, Turn, USER};
use rendezvous_testkit::xmpp::{Certificate, DOMAIN, GUESTS, Place, Prosody, ROOMS, Setup, password};
use serde_json::Value;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, SystemTime};

/// What the doctor says of these, in its order: whether it is well, and the sentence.
fn findings(launch: Launch, of: &Someone, what: &str) -> Result<Vec<(bool, String)>> {
    let (_, said) = run(&launch.args(["doctor", "--json"]), of.home())?;
    let rows: Value = serde_json::from_str(&said).with_context(|| said.clone())?;
    let rows = rows.as_array().context("a list")?.iter().filter(|row| row["what"] == what);
    Ok(rows.map(|row| (row["ok"] == true, row["text"].as_str().unwrap_or_default().to_owned())).collect())
}

fn finding(launch: Launch, of: &Someone, what: &str) -> Result<(bool, String)> {
    let all = findings(launch, of, what)?;
    all.first().cloned().with_context(|| format!("{what} is not looked at"))
}

fn play(scene: impl FnOnce(&Someone) -> Result<()>) {
    let maria = Someone::new("maria").expect("a home");
    if let Err(error) = scene(&maria) {
        panic!("{error:#}");
    }
}

/// Maria's configuration has an account, at this port here or wherever the records say.
fn has_an_account(maria: &Someone, port: Option<u16>, place: Option<&Place>) -> Result<()> {
    let mut text = format!("[[account]]\ntype = \"xmpp\"\njid = \"{}\"\n", jid("maria"));
    if let Some(port) = port {
        text += &format!("server = \"127.0.0.1:{port}\"\n");
    }
    if let Some(place) = place {
        text += &format!("certificate-authority = {:?}\n", place.authority.display().to_string());
    }
    Ok(fs::write(maria.home().join("config.toml"), text)?)
}

#[test]
fn needs_prosody_the_doctor_holds_a_server_to_its_certificate() {
    play(|maria| {
        for (certificate, expected) in [
            (Certificate::Good, "proves that it is rendezvous.test"),
            (
                Certificate::Expired,
                "The certificate of rendezvous.test ran out on 1 January 2021, and this computer's clock says",
            ),
            (
                Certificate::Early,
                "The certificate of rendezvous.test holds from 1 January 2089 on, and this computer's clock says",
            ),
            (Certificate::WrongName, "another.test"),
            (Certificate::UnknownAuthority, "was issued by an authority that this computer does not know"),
        ] {
            let server =
                Prosody::start(&Setup { users: vec!["maria"], friends: vec![], certificate, keeps: None })?;
            for port in [server.place().start_tls, server.place().direct_tls] {
                has_an_account(maria, Some(port), Some(server.place()))?;
                if port == server.place().direct_tls {
                    let path = maria.home().join("config.toml");
                    let text = fs::read_to_string(&path)? + "security = \"direct-tls\"\n";
                    fs::write(path, text)?;
                }
                let (ok, said) = finding(maria.launch(&[]), maria, "tls")?;
                ensure!(ok == (certificate == Certificate::Good) && said.contains(expected), "{said}");
                let (ok, said) = finding(maria.launch(&[]), maria, "dns")?;
                ensure!(
                    ok && said
                        == format!("not needed for {DOMAIN}: your configuration says 127.0.0.1:{port}")
                );
            }
            ensure!(!server.log()?.contains("Authenticated as"), "nobody signs in for that");
        }
        ensure!(!maria.home().join("device.key").exists(), "and nothing is made for it");
        Ok(())
    });
}

/// Maria's configuration names this place for one-time codes.
fn has_a_place_for_codes(maria: &Someone, domain: &str, port: u16, place: &Place) -> Result<()> {
    let text = format!(
        "[codes]\nserver = \"{domain}\"\nrooms = \"{ROOMS}\"\naddress = \"127.0.0.1:{port}\"\nsecurity = \"starttls\"\n\
         certificate-authority = {:?}\n",
        place.authority.display().to_string()
    );
    Ok(fs::write(maria.home().join("config.toml"), text)?)
}

#[test]
fn needs_prosody_the_doctor_looks_at_the_place_for_codes() {
    play(|maria| {
        ensure!(findings(maria.launch(&[]), maria, "codes")?.is_empty(), "none is named");
        let certificate = Certificate::Good;
        let server = Prosody::start(&Setup { users: vec![], friends: vec![], certificate, keeps: None })?;
        let place = server.place();
        has_a_place_for_codes(maria, GUESTS, place.start_tls, place)?;
        let (ok, said) = finding(maria.launch(&[]), maria, "codes")?;
        ensure!(
            ok && said == format!("{GUESTS} lets guests in, who meet by one-time codes in rooms of {ROOMS}")
        );
        // One that is there, and lets in only who has an account.
        has_a_place_for_codes(maria, DOMAIN, place.start_tls, place)?;
        let (ok, said) = finding(maria.launch(&[]), maria, "codes")?;
        let begin = format!("Nobody can meet by a one-time code at {DOMAIN}. ");
        ensure!(!ok && said.starts_with(&begin) && said.contains("whether it lets guests in"), "{said}");
        // And one where nothing is.
        has_a_place_for_codes(maria, GUESTS, rendezvous_testkit::ports::free()?, place)?;
        let (ok, said) = finding(maria.launch(&[]), maria, "codes")?;
        ensure!(!ok && said.contains("nothing listens there"), "{said}");
        ensure!(!maria.home().join("device.key").exists(), "and nothing is made for it");
        Ok(())
    });
}

#[test]
fn the_doctor_says_why_a_server_is_not_reached_and_never_hangs() {
    play(|maria| {
        let port = rendezvous_testkit::ports::free()?;
        has_an_account(maria, Some(port), None)?;
        let (ok, said) = finding(maria.launch(&[]), maria, "tls")?;
        ensure!(
            !ok && said == format!("Cannot reach the server at 127.0.0.1:{port}: nothing listens there.")
        );
        // One that takes the call and says nothing.
        let silent = TcpListener::bind("127.0.0.1:0")?;
        has_an_account(maria, Some(silent.local_addr()?.port()), None)?;
        let (ok, said) = finding(maria.launch(&[]), maria, "tls")?;
        ensure!(!ok && said == "The server did not answer in time.", "{said}");
        Ok(())
    });
}

#[test]
fn needs_coturn_the_doctor_asks_the_servers_that_help_to_find_a_way() {
    play(|maria| {
        let relay = Turn::start(Ipv4Addr::LOCALHOST.into())?;
        let secret = maria.home().join("relay.toml");
        let configure = |url: &str, password: &str, mode: u32| -> Result<()> {
            fs::write(&secret, password)?;
            fs::set_permissions(&secret, fs::Permissions::from_mode(mode))?;
            let stun = relay.url().replace("turn:", "stun:");
            let text = format!(
                "[ice]\nstun = [{stun:?}]\n[[ice.turn]]\nurl = {url:?}\nusername = {USER:?}\npassword-file = {:?}\n",
                secret.display().to_string()
            );
            Ok(fs::write(maria.home().join("config.toml"), text)?)
        };
        let look = || findings(maria.launch(&[]), maria, "ice");

        configure(&relay.url(), PASSWORD, 0o600)?;
        let [(sees, seen), (serves, served)] = &look()?[..] else { bail!("two servers") };
        ensure!(*sees && seen.contains("answers: from outside you are at 127.0.0.1:"), "{seen}");
        ensure!(*serves && served.contains("passes on for you what comes to 127.0.0.1:"), "{served}");

        rendezvous_testkit::wait::until("the relay to have everything back", crate::house::SOON, || {
            Ok(relay.log()?.contains(": delete: realm=").then_some(()))
        })?;

        configure(&relay.url(), "wrong", 0o600)?;
        let [_, (ok, said)] = &look()?[..] else { bail!("two servers") };
        ensure!(!ok && said.contains("did not accept your name and password"), "{said}");

        let nobody = rendezvous_testkit::ports::free()?;
        configure(&format!("turn:127.0.0.1:{nobody}"), PASSWORD, 0o600)?;
        let [_, (ok, said)] = &look()?[..] else { bail!("two servers") };
        ensure!(!ok && said.contains(&format!("The server at 127.0.0.1:{nobody} does not answer")), "{said}");

        configure("turn:nobody.invalid", PASSWORD, 0o600)?;
        let [_, (ok, said)] = &look()?[..] else { bail!("two servers") };
        ensure!(!ok && said.contains("Nobody knows where nobody.invalid is."), "{said}");

        configure("turns:127.0.0.1", PASSWORD, 0o600)?;
        let [_, (ok, said)] = &look()?[..] else { bail!("two servers") };
        ensure!(*ok && said.contains("is for the page of whoever helps only"), "{said}");

        // A password that others can read is no secret.
        configure(&relay.url(), PASSWORD, 0o644)?;
        let [(ok, said)] = &look()?[..] else { bail!("nothing is asked") };
        ensure!(!ok && said.contains("must belong to you alone") && !said.contains(PASSWORD), "{said}");
        Ok(fs::remove_file(&secret)?)
    });
}

#[test]
fn needs_coturn_needs_prosody_the_doctor_asks_the_relay_that_an_account_offers() {
    play(|maria| {
        let relay = Turn::start_with_secret(Ipv4Addr::LOCALHOST.into())?;
        let setup =
            Setup { users: vec!["maria"], friends: vec![], certificate: Certificate::Good, keeps: None };
        let server = Prosody::start_naming(&setup, &relay)?;
        let mut login = begins_login(server.place(), maria, "maria", &[])?;
        login.says(&password("maria"))?;
        login.reads("is signed in.")?;
        ended(&mut login, 0)?;
        is_online(maria, "maria")?;
        // The list comes a moment after the account is there.
        let found = rendezvous_testkit::wait::until("what the account offers", crate::house::SOON, || {
            let found = findings(maria.launch(&[]), maria, "ice")?;
            Ok((found.len() == 2).then_some(found))
        })?;
        let offered = "(offered by your account's server)";
        for part in
            ["answers: from outside you are at 127.0.0.1:", "passes on for you what comes to 127.0.0.1:"]
        {
            let fits = |(ok, said): &(bool, String)| *ok && said.contains(part) && said.ends_with(offered);
            ensure!(found.iter().any(fits), "{part}: {found:?}");
        }
        let said = format!("{found:?}");
        ensure!(!said.contains(relay.secret().context("it shares one")?), "{said}");

        // A relay that is gone is said to be of no use; and without an agent nobody knows.
        drop(relay);
        let found = findings(maria.launch(&[]), maria, "ice")?;
        let gone = |(ok, said): &(bool, String)| {
            !ok && said.starts_with(
                "Your account's server offers a server that is of no use: The server at 127.0.0.1:",
            )
        };
        ensure!(found.len() == 2 && found.iter().all(gone), "{found:?}");
        maria.leaves()?;
        let found = findings(maria.launch(&[]), maria, "ice")?;
        ensure!(
            found.len() == 1 && found[0].0 && found[0].1.ends_with("the agent does not run"),
            "{found:?}"
        );
        Ok(())
    });
}

#[test]
fn a_configuration_that_is_broken_is_said_to_be_and_the_rest_is_looked_at() {
    play(|maria| {
        fs::write(maria.home().join("config.toml"), "[nearby]\nmulticats = true\n")?;
        let (ok, said) = finding(maria.launch(&[]), maria, "settings")?;
        ensure!(
            !ok && said
                .contains("line 2: \"multicats\" is not a key of [nearby]. Did you mean \"multicast\"?")
        );
        ensure!(finding(maria.launch(&[]), maria, "clock")?.0);
        Ok(())
    });
}

#[test]
fn a_clock_that_is_slow_is_found_by_what_was_written_later() {
    play(|maria| {
        ensure!(finding(maria.launch(&[]), maria, "clock")?.0);
        let key = fs::File::create(maria.home().join("device.key"))?;
        key.set_modified(SystemTime::now() + Duration::from_secs(40 * 24 * 3600))?;
        let (ok, said) = finding(maria.launch(&[]), maria, "clock")?;
        ensure!(!ok && said.contains("the clock is slow. Set it") && !said.contains("1970"), "{said}");
        Ok(())
    });
}

/// A name server that says: the service of `domain` for XMPP clients is at this port of a host of it, which is here.
fn names_of(domain: &str, port: u16) -> Result<Dns> {
    let (name, host) = (format!("_xmpp-client._tcp.{domain}"), format!("server.{domain}"));
    Dns::for_programs(&[Service { name: &name, target: Some((&host, port)), priority: 0, weight: 0 }])
}

#[test]
fn needs_ip_needs_prosody_needs_dnsmasq_the_records_of_a_domain_lead_to_its_server() {
    let test = "needs_ip_needs_prosody_needs_dnsmasq_the_records_of_a_domain_lead_to_its_server";
    on_machine(test, || {
        play(|maria| {
            let setup =
                Setup { users: vec!["maria"], friends: vec![], certificate: Certificate::Good, keeps: None };
            let server = Prosody::start(&setup)?;
            let port = server.place().start_tls;
            has_an_account(maria, None, Some(server.place()))?;
            let asks = |text: &str| resolving(maria.home(), text, &maria.launch(&[]));

            let names = names_of(DOMAIN, port)?;
            let here = "nameserver 127.0.0.1\n";
            let (ok, said) = finding(asks(here)?, maria, "dns")?;
            ensure!(ok && said == format!("the records of {DOMAIN} name server.{DOMAIN}:{port}"), "{said}");
            let (ok, said) = finding(asks(here)?, maria, "tls")?;
            let expected = format!("the server at server.{DOMAIN}:{port} proves that it is {DOMAIN}");
            ensure!(ok && said == expected, "{said}");
            drop(names);

            // A name server that knows nothing of it; and then nobody who could be asked.
            let names = names_of("another.test", port)?;
            let (ok, said) = finding(asks(here)?, maria, "dns")?;
            ensure!(!ok || said.contains("has no records for this"), "{said}");
            drop(names);
            for nobody in [here, "nameserver 10.77.0.2\n", "# none\n"] {
                let (ok, said) = finding(asks(nobody)?, maria, "dns")?;
                let expected = format!("The records of {DOMAIN} could not be asked for: ");
                ensure!(!ok && said.starts_with(&expected), "{nobody}: {said}");
                ensure!(
                    said.contains("Check your network and its name servers (/etc/resolv.conf)"),
                    "{said}"
                );
            }
            Ok(())
        });
    });
}

/// The program as it is started on the first machine, where it sees that machine's interfaces.
fn on(machines: &Machines, maria: &Someone) -> Launch {
    machines.on(0, &maria.launch(&[]))
}

#[test]
fn needs_ip_the_doctor_asks_the_network_for_others_and_says_why_it_cannot() {
    let test = "needs_ip_the_doctor_asks_the_network_for_others_and_says_why_it_cannot";
    on_machine_of(test, |machines| {
        play(|maria| {
            fs::remove_file(maria.home().join("config.toml"))?;
            let (ok, said) = finding(on(machines, maria), maria, "multicast")?;
            ensure!(ok && said == "others nearby can be found on wire", "{said}");

            // Somebody on the other machine answers.
            let karl = Someone::new("karl")?;
            fs::write(karl.home().join("config.toml"), "[nearby]\nlisten = \"[::]:0\"\n")?;
            let (code, said) = run(&machines.on(1, &karl.launch(&["agent"])), karl.home())?;
            ensure!(code == 0, "{said}");
            rendezvous_testkit::wait::until("an answer", crate::house::SOON, || {
                let (ok, said) = finding(on(machines, maria), maria, "multicast")?;
                ensure!(ok, "{said}");
                Ok((said == "others nearby can be found on wire (1 answers)").then_some(()))
            })?;
            karl.leaves()?;

            machines.multicast(0, false)?;
            let (ok, said) = finding(on(machines, maria), maria, "multicast")?;
            ensure!(!ok && said.contains("on wire, multicast is switched off."), "{said}");
            ensure!(said.contains("\"ip link set wire multicast on\""), "{said}");
            machines.multicast(0, true)?;

            machines.groups(0, 0)?;
            let (ok, said) = finding(on(machines, maria), maria, "multicast")?;
            ensure!(!ok && said.contains("the system lets nobody join the group"), "{said}");
            machines.groups(0, 20)?;
            ensure!(finding(on(machines, maria), maria, "multicast")?.0);

            // Without a cable the question goes nowhere, or there is nowhere to ask.
            machines.plug(0, false)?;
            let (ok, said) = finding(on(machines, maria), maria, "multicast")?;
            ensure!(!ok, "{said}");

            fs::write(maria.home().join("config.toml"), "[nearby]\nmulticast = false\n")?;
            let (ok, said) = finding(on(machines, maria), maria, "multicast")?;
            ensure!(ok && said.starts_with("not looked at: your configuration"), "{said}");
            Ok(())
        });
    });
}
