//! The person's trusted contact, if they named one: told when somebody new helps or makes contact, and when somebody controls
//! for the first time. Nothing waits for it, and nothing is allowed or forbidden by it; the person hears what became of it,
//! and so does the record.

use crate::home::Home;
use crate::texts::language::Language;
use crate::texts::{self, TrustedNews};
use std::time::Duration;
use tokio::sync::mpsc;

/// An agent that does not answer by then has not told anybody.
const PATIENCE: Duration = Duration::from_secs(20);

/// At the end of a help so long is waited for what is still on its way.
const LAST: Duration = Duration::from_secs(3);

/// Who is told, and what became of it.
#[derive(Debug)]
pub(super) struct Trusted {
    home: Home,
    contact: Option<String>,
    say: mpsc::UnboundedSender<Told>,
    said: mpsc::UnboundedReceiver<Told>,
    /// So many messages have come to nothing yet, neither good nor bad.
    open: usize,
}

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// For whom it was.
    pub(super) contact: String,
    /// Whether it was sent.
    pub(super) reached: bool,
    /// The same for the person here.
    pub(super) sentence: String,
}

impl Trusted {
    pub(super) fn new(home: &Home, contact: Option<String>) -> Self {
        let (say, said) = mpsc::unbounded_channel();
        Self { home: home.clone(), contact, say, said, open: 0 }
    }

    /// Who would be told.
    pub(super) fn contact(&self) -> Option<&str> {
        self.contact.as_deref()
    }

    /// Tells them, in a task of its own.
    pub(super) fn tell(&mut self, language: Language, news: TrustedNews, who: &str, address: &str) {
        let Some(contact) = self.contact.clone() else { return };
        let (home, say, who) = (self.home.clone(), self.say.clone(), who.to_owned());
        let text = texts::for_trusted(language, news, &who, address);
        self.open += 1;
        tokio::spawn(async move {
            let told = tokio::time::timeout(PATIENCE, tell(&home, &text)).await;
            let (reached, sentence) = match told {
                Ok(Ok(())) => (true, texts::trusted_was_told(&contact, news, &who)),
                Ok(Err(why)) => (false, texts::trusted_was_not_told(&contact, &why)),
                Err(_) => (false, texts::trusted_was_not_told(&contact, texts::NO_ACCOUNT_FOR_TRUSTED)),
            };
            // Whoever is gone does not need to hear it.
            _ = say.send(Told { contact, reached, sentence });
        });
    }

    /// What became of the next one.
    pub(super) async fn next(&mut self) -> Told {
        match self.said.recv().await {
            Some(told) => {
                self.open = self.open.saturating_sub(1);
                told
            }
            // Its other end lives as long as we do.
            None => std::future::pending().await,
        }
    }

    /// What became of whatever is still on its way at the end.
    pub(super) async fn rest(&mut self) -> Vec<Told> {
        let mut rest = Vec::new();
        let all = async {
            while self.open > 0 {
                rest.push(self.next().await);
            }
        };
        _ = tokio::time::timeout(LAST, all).await;
        rest
    }
}

/// By the person's agent, which has their accounts.
async fn tell(home: &Home, text: &str) -> Result<(), String> {
    let agent = crate::client::running(home).await.map_err(|error| format!("{error:#}"))?;
    let agent = agent.ok_or_else(|| texts::NO_ACCOUNT_FOR_TRUSTED.to_owned())?;
    agent.tell_trusted(text).await.map(drop).map_err(|error| error.to_string())
}
