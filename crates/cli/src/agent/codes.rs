//! One-time codes: the novice makes one, the expert types it, and neither has to know the other's address.

use super::accounts::{NEARBY, Which};
use super::open::Open;
use super::{Agent, launch};
use crate::application::code;
use crate::identity::unix_now;
use crate::standing::Caller;
use crate::{private, surroundings, texts};
use anyhow::{Context, Result, bail};
use rendezvous_core::{Address, ApplicationId, Invite, Role, SessionId};
use rendezvous_dbus::agent::{Commander, Surroundings};
use rendezvous_trust::code::{Code, MAX_OFFER, Offer};
use rendezvous_trust::words::Language;
use std::sync::Arc;
use zeroize::Zeroizing;

/// What stands before the number in the data of an invitation that answers a code.
const MARK: &str = "code:";
/// Numbers up to this are tried first: they are said faster.
const SHORT: u16 = 99;

impl Agent {
    /// Makes a code; one that was open before is of no use any more.
    pub(super) fn make_code(
        &mut self,
        commander: Arc<Commander>,
        surroundings: Surroundings,
    ) -> Result<String> {
        let control = self.accounts.nearby().context(texts::CODES_NEED_NEARBY)?.clone();
        if self.inboxes.iter().any(|inbox| inbox.code.is_some()) {
            bail!(texts::ONE_CODE);
        }
        let mut random = [0; 5];
        getrandom::fill(&mut random).context("the system gave no random numbers")?;
        let [a, b, words @ ..] = random;
        let drawn = u16::from_le_bytes([a, b]);
        let short = drawn % SHORT + 1;
        let nameplate = if control.find_code(short).is_empty() {
            short
        } else {
            drawn % rendezvous_trust::code::MAX_NAMEPLATE + 1
        };
        let code = Code::new(nameplate, Language::English, words)?;
        let spoken = code.spoken().to_string();
        let text = Zeroizing::new(Offer::new(unix_now(), code).to_text());
        self.environment = surroundings::known(surroundings.environment.clone());
        self.take_inbox(commander, surroundings, true, Some(nameplate))?;
        private::replace(&code::file(&self.home), text.as_bytes())?;
        control.offer_code(Some(nameplate));
        Ok(spoken)
    }

    /// A code is of no use any more: it was used, or its person left.
    pub(super) fn withdraw_code(&self, nameplate: Option<u16>) {
        if nameplate.is_none() {
            return;
        }
        if let Some(control) = self.accounts.nearby() {
            control.offer_code(None);
        }
        // Gone already, if an application has burned it.
        _ = std::fs::remove_file(code::file(&self.home));
    }

    /// Whether an invitation answers the code that is open here. It only says so: the applications find out.
    pub(super) fn answers_code(&self, invite: &Invite) -> bool {
        let number = invite.data.strip_prefix(MARK).and_then(|number| number.parse::<u16>().ok());
        let waits = |nameplate| self.inboxes.iter().any(|inbox| inbox.code == Some(nameplate));
        let is_live = || {
            let text = private::read(&code::file(&self.home), MAX_OFFER as u64).ok().flatten();
            text.and_then(|text| Offer::from_text(&text).ok()).is_some_and(|offer| offer.is_live(unix_now()))
        };
        invite.application == ApplicationId::OFFER && number.is_some_and(waits) && is_live()
    }

    /// Offers help to whoever made a code. Nothing when nobody with that number is found yet.
    pub(super) async fn type_code(
        &mut self,
        commander: Arc<Commander>,
        typed: &str,
        place: &str,
        surroundings: Surroundings,
    ) -> Result<Option<SessionId>> {
        let code = Code::read(typed)?;
        let Some((which, contact)) = self.who_has(code.nameplate(), place).await? else { return Ok(None) };
        self.environment = surroundings::known(surroundings.environment.clone());
        let place = launch::Place::handed_over(surroundings, true)?;
        let caller = Caller::look_up(&self.home, &self.identity, NEARBY, contact.as_str(), None);
        let data = format!("{MARK}{}", code.nameplate());
        let session = self.accounts.invite(which, contact, ApplicationId::OFFER, data).await?;
        let open = Open::new(unix_now(), which, ApplicationId::OFFER, Role::Inviter, caller);
        let typed_code = Some(Zeroizing::new(typed.to_owned()));
        self.began(session, Open { commander: Some(commander), place: Some(place), typed_code, ..open });
        Ok(Some(session))
    }

    async fn who_has(&self, nameplate: u16, place: &str) -> Result<Option<(Which, Address)>> {
        let address = if place.is_empty() {
            let control = self.accounts.nearby().context(texts::CODES_NEED_NEARBY)?;
            let mut found = control.find_code(nameplate);
            match found.len() {
                0 => return Ok(None),
                1 => found.remove(0),
                _ => bail!(texts::SEVERAL_WITH_CODE),
            }
        } else {
            place.parse().context("not a place")?
        };
        Ok(Some(self.accounts.reach(NEARBY, &address).await?))
    }
}
