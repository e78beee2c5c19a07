//! The person's trusted contact, if they named one: told when somebody new helps, and when somebody controls for the first
//! time. Nothing waits for it, and nothing is allowed or forbidden by it; the person hears what became of it.

use crate::home::Home;
use crate::texts::language::Language;
use crate::texts::{self, TrustedNews};
use std::time::Duration;
use tokio::sync::mpsc;

/// An agent that does not answer by then has not told anybody.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who is told, and what became of it.
#[derive(Debug)]
pub(super) struct Trusted {
    home: Home,
    contact: Option<String>,
    say: mpsc::UnboundedSender<String>,
    said: mpsc::UnboundedReceiver<String>,
}

impl Trusted {
    pub(super) fn new(home: &Home, contact: Option<String>) -> Self {
        let (say, said) = mpsc::unbounded_channel();
        Self { home: home.clone(), contact, say, said }
    }

    /// Who would be told.
    pub(super) fn contact(&self) -> Option<&str> {
        self.contact.as_deref()
    }

    /// Tells them, in a task of its own.
    pub(super) fn tell(&self, language: Language, news: TrustedNews, who: &str, address: &str) {
        let Some(contact) = self.contact.clone() else { return };
        let (home, say, who) = (self.home.clone(), self.say.clone(), who.to_owned());
        let text = texts::for_trusted(language, news, &who, address);
        tokio::spawn(async move {
            let told = tokio::time::timeout(PATIENCE, tell(&home, &text)).await;
            let sentence = match told {
                Ok(Ok(())) => texts::trusted_was_told(&contact, news, &who),
                Ok(Err(why)) => texts::trusted_was_not_told(&contact, &why),
                Err(_) => texts::trusted_was_not_told(&contact, texts::NO_ACCOUNT_FOR_TRUSTED),
            };
            // Whoever is gone does not need to hear it.
            _ = say.send(sentence);
        });
    }

    /// What the person should hear next.
    pub(super) async fn next(&mut self) -> String {
        // It lives as long as we do.
        self.said.recv().await.unwrap_or_default()
    }
}

/// By the person's agent, which has their accounts.
async fn tell(home: &Home, text: &str) -> Result<(), String> {
    let agent = crate::client::running(home).await.map_err(|error| format!("{error:#}"))?;
    let agent = agent.ok_or_else(|| texts::NO_ACCOUNT_FOR_TRUSTED.to_owned())?;
    agent.tell_trusted(text).await.map(drop).map_err(|error| error.to_string())
}
