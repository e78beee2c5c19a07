//! The applications that are registered here, kept up to date while the agent runs; and what the person is told of one
//! that is not.

use super::Agent;
use super::accounts::Which;
use crate::apps::{self, Entry, NAME_WIDTH, is_plain, shown};
use crate::clock;
use crate::contacts::Contacts;
use crate::identity::unix_now;
use crate::record::{self, Direction, Entry as Record};
use crate::standing::{Caller, Circumstances, Standing, Verdict, may_call};
use crate::texts;
use rendezvous_core::{Address, Application, ApplicationId, Code, DeclinedBy, SessionResult};
use rendezvous_dbus::agent::Startable;
use std::collections::VecDeque;
use std::time::Duration;

/// Registrations come and go as files; what no command tells is noticed within this time.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// So often at most, in milliseconds, the person hears from one contact what is not installed here…
const ONE_CONTACT: u64 = 10 * 60 * 1000;
/// …and this often a minute from all of them.
const MOST_A_MINUTE: usize = 3;
const MINUTE: u64 = 60 * 1000;

/// Of whom the person has heard lately that something is not installed here, and when. The words are the caller's.
#[derive(Debug, Default)]
pub(super) struct Lately(VecDeque<(u64, String)>);

impl Lately {
    /// Whether the person hears of this contact now; if so, it counts.
    fn may_hear(&mut self, now: u64, contact: &str) -> bool {
        self.0.retain(|(at, _)| now.saturating_sub(*at) < ONE_CONTACT);
        let in_this_minute = self.0.iter().filter(|(at, _)| now.saturating_sub(*at) < MINUTE).count();
        let may = in_this_minute < MOST_A_MINUTE && !self.0.iter().any(|(_, of)| of == contact);
        if may {
            self.0.push_back((now, contact.to_owned()));
        }
        may
    }
}

impl Agent {
    /// Takes up what is registered now, if that has changed.
    pub(super) async fn look_at_applications(&mut self) {
        let stamp = apps::stamp(&self.home);
        if self.stamp.as_ref() == Some(&stamp) {
            return;
        }
        let installed = apps::installed(&self.home);
        for skipped in &installed.skipped {
            tracing::warn!(%skipped, "Passed over a registration");
        }
        let all: Vec<Application> =
            installed.applications.values().map(|entry| entry.application().clone()).collect();
        tracing::info!(count = all.len(), "The applications that can be started");
        self.accounts.install(&all).await;
        (self.installed, self.stamp) = (installed, Some(stamp));
    }

    /// What can be started with somebody.
    pub(super) fn startable(&self) -> Vec<Startable> {
        let row = |entry: &Entry| {
            let (id, name) = (entry.application().id.to_string(), entry.application().name.clone());
            match entry {
                Entry::BuiltIn(_) => Startable {
                    id,
                    name,
                    description: String::new(),
                    icon: String::new(),
                    without_terminal: false,
                },
                Entry::File(_, manifest) => Startable {
                    id,
                    name,
                    description: manifest.description.clone(),
                    icon: manifest.icon.clone(),
                    without_terminal: true,
                },
            }
        };
        self.installed.applications.values().map(row).collect()
    }

    /// What an application that others registered is called here, for the person. The name that travels is its sender's.
    pub(super) fn name_of(&self, application: ApplicationId) -> Option<String> {
        match self.installed.applications.get(&application) {
            Some(Entry::File(_, manifest)) => Some(shown(&manifest.application.name, NAME_WIDTH)),
            Some(Entry::BuiltIn(_)) | None => None,
        }
    }

    /// Somebody invited to something that is not installed here, which was declined by that. The person hears what it
    /// was, if whoever called may call; whether they get it is theirs to decide, and nothing is opened.
    pub(super) async fn not_installed(
        &mut self,
        which: Which,
        from: &Address,
        application: ApplicationId,
        name: &str,
        url: &str,
    ) {
        let network = self.accounts.network(which).to_owned();
        let caller = Caller::look_up(&self.home, &self.identity, &network, from.as_str(), None);
        let circumstances = Circumstances {
            blocked: Contacts::load(&self.home).map_or(true, |c| c.is_blocked(&network, from.as_str())),
            // Whose key it was is not known any more; that the contact has one that is verified is enough to be told.
            mutual: caller.standing != Standing::NeverChecked || self.accounts.is_mutual(which, from).await,
            visible: self.visible_for() > 0,
            answers_code: false,
        };
        let verdict = may_call(Standing::NeverChecked, circumstances);
        tracing::info!(%application, ?verdict, "Declined: not installed");
        if verdict == Verdict::Decline || self.ending {
            return;
        }
        if !self.lately.may_hear(clock::boottime(), &format!("{network} {}", caller.address)) {
            return tracing::info!("The person has heard of enough that is not installed");
        }
        let record = Record {
            at: unix_now().0,
            network,
            contact: caller.address.clone(),
            name: (caller.who != caller.address).then(|| caller.who.clone()),
            application: application.to_string(),
            direction: Direction::In,
            verified: false,
            result: SessionResult::from(Code::InvitationDeclined).0,
            declined: Some(record::declined_name(DeclinedBy::NotInstalled).to_owned()),
            seconds: None,
            session: None,
            head: None,
        };
        if let Err(error) = record::append(&self.home, &record) {
            tracing::warn!(error = format!("{error:#}"), "The record cannot be written");
        }
        let (title, body) =
            texts::not_installed(&caller.who, &shown(name, NAME_WIDTH), &application.to_string(), link(url));
        self.tell_somewhere(&title, &body);
    }

    /// Says something that asks nothing: at the agent's own terminal if nobody is being asked there, else on those that
    /// were handed over, else on the desktop.
    fn tell_somewhere(&self, title: &str, body: &str) {
        let handed_over = self.inboxes.iter().filter(|inbox| inbox.code.is_none());
        let terminals = self.terminal.iter().chain(handed_over.map(|inbox| &inbox.terminal));
        let mut said = false;
        for terminal in terminals {
            if let Ok(free) = terminal.try_lock() {
                free.say(&format!("\n{title}\n{body}"));
                said = true;
            }
        }
        if !said {
            self.notices.tell(title.to_owned(), body.to_owned(), self.environment.clone());
        }
    }
}

/// A link that a person can judge: plain letters to the end, and a page, not a command.
fn link(url: &str) -> Option<&str> {
    let is_one = url.starts_with("https://") && url.bytes().all(|b| b.is_ascii_graphic()) && is_plain(url);
    is_one.then_some(url)
}

#[cfg(test)]
mod tests {
    use super::{Lately, MINUTE, ONE_CONTACT, link};

    #[test]
    fn nobody_makes_the_person_hear_without_end_of_what_is_not_installed() {
        let mut lately = Lately::default();
        let told = |lately: &mut Lately, now, contact: &str| lately.may_hear(now, contact);
        assert!(told(&mut lately, 0, "nearby a"));
        assert!(!told(&mut lately, 1, "nearby a"), "the same again");
        assert!(told(&mut lately, 1, "xmpp a") && told(&mut lately, 2, "nearby c"));
        assert!(!told(&mut lately, MINUTE - 1, "nearby d"), "many of them");
        assert!(told(&mut lately, MINUTE, "nearby d"), "a minute later");
        assert!(!told(&mut lately, ONE_CONTACT - 1, "nearby a"), "what was refused does not count");
        assert!(told(&mut lately, ONE_CONTACT, "nearby a"));
        let heard = (0..100_000).filter(|n| told(&mut lately, ONE_CONTACT + n * 100, &n.to_string())).count();
        assert!((480..=510).contains(&heard), "three a minute for 167 minutes: {heard}");
        assert!(lately.0.len() <= 33, "{}", lately.0.len());
    }

    #[test]
    fn only_a_page_in_plain_letters_is_a_link() {
        assert_eq!(link("https://example.org/chess?a=b"), Some("https://example.org/chess?a=b"));
        for other in [
            "",
            "http://example.org",
            "javascript:alert(1)",
            "https://exämple.org",
            "https://a b",
            "file:///etc",
        ] {
            assert_eq!(link(other), None, "{other}");
        }
    }
}
