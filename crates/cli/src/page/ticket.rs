//! The secret that makes a browser tab the page: random, used once, compared in constant time.

use std::fmt;
use std::hint::black_box;

use anyhow::{Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

const LENGTH: usize = 32;

/// 32 random bytes. It can be neither cloned nor shown by accident.
pub(super) struct Ticket([u8; LENGTH]);

impl Ticket {
    /// A fresh one.
    ///
    /// # Errors
    ///
    /// If the system has no randomness.
    pub(super) fn random() -> Result<Self> {
        let mut bytes = [0; LENGTH];
        getrandom::fill(&mut bytes).map_err(|e| anyhow!("the system gives no random numbers: {e}"))?;
        Ok(Self(bytes))
    }

    /// As it stands in the fragment of the page's address: 43 characters of the URL-safe base64 alphabet.
    pub(super) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Whether `text` is this ticket. The time that it takes says nothing about how much of it was right.
    pub(super) fn is(&self, text: &str) -> bool {
        let Ok(given) = URL_SAFE_NO_PAD.decode(text) else { return false };
        let Ok(given) = <[u8; LENGTH]>::try_from(given) else { return false };
        let difference = self.0.iter().zip(given).fold(0, |sum, (a, b)| sum | (a ^ b));
        black_box(difference) == 0
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_text_is_the_ticket() {
        let ticket = Ticket::random().unwrap();
        let text = ticket.text();
        assert!(ticket.is(&text));
        assert!(!ticket.is(&Ticket::random().unwrap().text()));
        assert!(!ticket.is(&text[..42]));
        assert!(!ticket.is(&format!("{text}A")));
        assert!(!ticket.is(&format!("{text}=")));
        assert!(!ticket.is(""));
        assert!(!ticket.is("not base64 at all \u{1f600}"));
        let flipped = if text.starts_with('A') { "B" } else { "A" };
        assert!(!ticket.is(&format!("{flipped}{}", &text[1..])));
    }

    #[test]
    fn it_is_never_shown() {
        let ticket = Ticket::random().unwrap();
        assert_eq!(format!("{ticket:?}"), "Ticket(..)");
    }
}
