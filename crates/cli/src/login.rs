//! `login`, `logout`, `accounts`: the person's accounts on servers.

use crate::args::LoginOptions;
use crate::config::{self, Config, Security, XmppAccount};
use crate::home::Home;
use crate::identity::{Identity, unix_now};
use crate::networks::{SIGNING_OFF, device_name, xmpp_config};
use crate::signals::EndSignals;
use crate::terminal::Terminal;
use crate::{client, secrets, texts};
use anyhow::{Context, Result, bail};
use rendezvous_net::xmpp::Xmpp;
use rendezvous_net::xmpp::probe::probe;
use rendezvous_net::{Network as _, NetworkEvent};
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;
use zeroize::Zeroizing;

/// A server that says nothing for so long is not reached.
const PATIENCE: Duration = Duration::from_secs(45);
/// So often may a password be typed wrong.
const TRIES: u32 = 3;

/// What the server said to a password.
enum Answer {
    Right,
    Refused(String),
    NotReached(String),
}

/// Signs in to an account, now and from now on. The password is typed, checked at once, and kept only if it is right.
pub(crate) async fn login(home: &Home, options: &LoginOptions) -> Result<ExitCode> {
    let terminal = Terminal::own()?.context(texts::NEEDS_A_TERMINAL)?;
    let known = Config::load(home)?.accounts.into_iter().find(|account| account.jid == options.jid);
    let is_new = known.is_none();
    let account = wanted(known, options)?;
    let identity = Identity::open(home)?;
    let mut ends = EndSignals::listen()?;
    terminal.status(texts::LOOKING_FOR_SERVER);
    tokio::select! {
        found = is_right_server(&account) => found?,
        () = ends.next() => bail!(texts::NO_PASSWORD),
    }
    for _ in 0..TRIES {
        let question = texts::password_of(&account.jid);
        let asked = tokio::select! {
            password = terminal.secret(&question) => password,
            () = ends.next() => None,
        };
        terminal.restore();
        terminal.say("");
        let Some(password) = asked.filter(|password| !password.is_empty()) else { bail!(texts::NO_PASSWORD) };
        terminal.status(texts::CHECKING);
        let answer = tokio::select! {
            answer = check(&account, &password, &identity) => answer?,
            () = ends.next() => bail!(texts::NO_PASSWORD),
        };
        match answer {
            Answer::Right => return keep(home, &terminal, &account, &password, is_new).await,
            Answer::Refused(why) => terminal.say(&why),
            Answer::NotReached(why) => bail!(texts::not_checked(&account.jid, &why)),
        }
    }
    bail!(texts::login_failed(&account.jid))
}

fn wanted(known: Option<XmppAccount>, options: &LoginOptions) -> Result<XmppAccount> {
    if !config::is_jid(&options.jid) {
        bail!(texts::not_an_account(&options.jid));
    }
    let account = known.unwrap_or_else(|| XmppAccount::new(&options.jid));
    let security = match options.security.as_deref() {
        None => account.security,
        Some(text) => Security::read(text).with_context(|| texts::not_a_security(text))?,
    };
    if let Some(server) = &options.server
        && config::host_and_port(server).is_none()
    {
        bail!(texts::not_a_server(server));
    }
    Ok(XmppAccount {
        server: options.server.clone().or(account.server),
        security,
        authority: options.certificate_authority.clone().or(account.authority),
        channel_binding: account.channel_binding && !options.no_channel_binding,
        ..account
    })
}

/// Nobody types a password for a server that is not there, or not proven to be that of the domain.
async fn is_right_server(account: &XmppAccount) -> Result<()> {
    let look = xmpp_config(account, Zeroizing::default(), "rendezvous-login".to_owned());
    let seen = probe(look).await?;
    match seen.server {
        Ok(_) => Ok(()),
        Err(fault) => {
            let why = texts::server_fault(&seen.domain, &fault, unix_now().0);
            bail!(texts::no_server(&account.jid, &why))
        }
    }
}

/// Signs in once, beside everything else that is signed in.
async fn check(account: &XmppAccount, password: &Zeroizing<String>, identity: &Identity) -> Result<Answer> {
    let device = format!("{}-login", device_name(identity));
    let mut network = Xmpp::start(xmpp_config(account, password.clone(), device))?;
    let answer = async {
        let mut last = None;
        loop {
            match network.next().await {
                NetworkEvent::Online => return Answer::Right,
                NetworkEvent::Refused(why) => return Answer::Refused(why),
                // It goes on trying by itself; a second failure is enough here.
                NetworkEvent::Offline(why) if last.is_some() => return Answer::NotReached(why),
                NetworkEvent::Offline(why) => last = Some(why),
                _ => {}
            }
        }
    };
    let silent = || Answer::NotReached(texts::SERVER_SILENT.to_owned());
    let answer = tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(|_| silent());
    let signed_off = network.signed_off();
    drop(network);
    _ = tokio::time::timeout(SIGNING_OFF, signed_off).await;
    Ok(answer)
}

async fn keep(
    home: &Home,
    terminal: &Terminal,
    account: &XmppAccount,
    password: &str,
    is_new: bool,
) -> Result<ExitCode> {
    let place = put_down(home, account, password, is_new).await?;
    terminal.say(&texts::logged_in(&account.jid, &place));
    if !use_what_is_configured(home).await? {
        terminal.say(texts::NEEDS_RESTART);
    }
    Ok(ExitCode::SUCCESS)
}

/// The same where there is no terminal: with the password that the person has typed in a window. A sentence why not.
#[cfg(feature = "windows")]
pub(crate) async fn sign_in(home: &Home, jid: &str, password: &Zeroizing<String>) -> Result<()> {
    let known = Config::load(home)?.accounts.into_iter().find(|account| account.jid == jid);
    let is_new = known.is_none();
    let account = wanted(known, &LoginOptions::of(jid))?;
    let identity = Identity::open(home)?;
    is_right_server(&account).await?;
    match check(&account, password, &identity).await? {
        Answer::Right => {
            put_down(home, &account, password, is_new).await?;
            use_what_is_configured(home).await.map(|_| ())
        }
        Answer::Refused(why) => bail!(why),
        Answer::NotReached(why) => bail!(texts::not_checked(jid, &why)),
    }
}

async fn put_down(
    home: &Home,
    account: &XmppAccount,
    password: &str,
    is_new: bool,
) -> Result<secrets::Place> {
    let place = secrets::store(home, &account.jid, password).await?;
    if !is_new {
        config::remove_account(home, &account.jid)?;
    }
    config::add_account(home, account)?;
    Ok(place)
}

/// Signs out of an account, and forgets its password.
pub(crate) async fn logout(home: &Home, jid: &str) -> Result<ExitCode> {
    let config = Config::load(home)?;
    if !config.accounts.iter().any(|account| account.jid == jid) {
        let names: Vec<_> = config.accounts.iter().map(|account| account.jid.as_str()).collect();
        bail!(texts::no_such_account(jid, crate::suggest::nearest(jid, names)));
    }
    let (forgotten, used) = sign_out(home, jid).await?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", texts::logged_out(jid, forgotten))?;
    if !used {
        writeln!(out, "{}", texts::NEEDS_RESTART)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The same from a window: whether its password was forgotten with it, and whether it is signed out already.
pub(crate) async fn sign_out(home: &Home, jid: &str) -> Result<(bool, bool)> {
    let forgotten = secrets::forget(home, jid).await?;
    config::remove_account(home, jid)?;
    Ok((forgotten, use_what_is_configured(home).await?))
}

/// An agent that is idle begins anew with what is configured now; one that is busy goes on as it is.
pub(crate) async fn use_what_is_configured(home: &Home) -> Result<bool> {
    let Some(agent) = client::running(home).await? else { return Ok(true) };
    if !agent.hello().await?.is_replaceable {
        return Ok(false);
    }
    client::replace(agent).await?;
    client::connect(home).await?;
    Ok(true)
}

/// `accounts`: all of them, and how it stands with each where an agent runs.
pub(crate) async fn list(home: &Home, json: bool) -> Result<ExitCode> {
    let configured = Config::load(home)?.accounts;
    let mut accounts = match client::running(home).await? {
        Some(agent) => agent.status().await?.accounts,
        None => Vec::new(),
    };
    for account in configured {
        if !accounts.iter().any(|a| a.network == "xmpp" && a.address == account.jid) {
            accounts.push(rendezvous_dbus::agent::AccountStatus {
                network: "xmpp".to_owned(),
                address: account.jid,
                state: "not running".to_owned(),
                sentence: String::new(),
            });
        }
    }
    let mut out = std::io::stdout().lock();
    if json {
        let row = |a: &rendezvous_dbus::agent::AccountStatus| serde_json::json!({ "network": a.network, "address": a.address, "state": a.state, "text": a.sentence });
        let rows: Vec<_> = accounts.iter().map(row).collect();
        writeln!(out, "{}", serde_json::Value::from(rows))?;
    } else if accounts.is_empty() {
        writeln!(out, "{}", texts::NO_ACCOUNTS)?;
    } else {
        for a in &accounts {
            writeln!(out, "{}", texts::account(&a.network, &a.address, &a.state, &a.sentence).trim_start())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
