//! From the permission to the picture: the certificates that both sides sign, the screen, and the way to the page.

use super::Novice;
use crate::assistance::clock;
use crate::assistance::media::{Broken, Lack, Media, MediaEvent, Plan, Signed};
use crate::assistance::opening::Screen;
use crate::assistance::sharing::{Link, Offered, Sharing};
use crate::texts;
use rendezvous_assist::consent::{Input, Right};
use rendezvous_assist::description::Description;
use rendezvous_assist::grant::ViewGrant;
use rendezvous_assist::peer::{Certificate, PeerError};
use rendezvous_assist::signal::NoviceSays;
use rendezvous_core::Code;
use rendezvous_trust::AuthenticationError;
use rendezvous_trust::bind::Media as SignedMedia;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// A page that describes itself again and again is answered no more often than this.
const DESCRIBE_EVERY: Duration = Duration::from_secs(1);

/// Our certificate. It is made while nobody waits for it: the first time that a program wants randomness for a key may take
/// some tens of milliseconds.
pub(super) enum Own {
    Coming(JoinHandle<Result<Certificate, PeerError>>),
    Made(Arc<Certificate>),
}

impl Own {
    pub(super) fn begin() -> Self {
        Self::Coming(tokio::task::spawn_blocking(Certificate::generate))
    }

    async fn get(&mut self) -> Result<Arc<Certificate>, PeerError> {
        let made = match self {
            Self::Made(made) => return Ok(Arc::clone(made)),
            // A thread that came to nothing is no reason to do without.
            Self::Coming(coming) => coming.await.unwrap_or_else(|_| Certificate::generate()),
        };
        let made = match made {
            Ok(made) => Arc::new(made),
            Err(error) => {
                *self = Self::begin();
                return Err(error);
            }
        };
        *self = Self::Made(Arc::clone(&made));
        Ok(made)
    }

    fn made(&self) -> Option<&Arc<Certificate>> {
        match self {
            Self::Made(made) => Some(made),
            Self::Coming(_) => None,
        }
    }
}

impl Novice {
    /// The expert's page shows its certificate: sign it together with ours. No socket is opened for that. A page that
    /// was connected before is gone.
    pub(super) async fn certificate(&mut self, page: SignedMedia) {
        tracing::info!(setup = ?page.setup, "The page shows its certificate");
        self.bound = None;
        if let Some(sharing) = &mut self.sharing {
            sharing.link = Link::None;
            sharing.later = None;
            self.give(Input::Disconnected);
        }
        let certificate = match self.certificate.get().await {
            Ok(certificate) => certificate,
            Err(error) => return self.fail(&error.to_string(), Code::ApplicationLaunchFailed).await,
        };
        if let Err(error) = self.session.answer(certificate.media()).await {
            self.distrust(error).await;
        }
    }

    /// The person allowed the view, at first or again after a pause: now, and not before, the screen is opened.
    pub(super) async fn share(&mut self, grant: ViewGrant) {
        let before = self.sharing.take();
        let screen = match &before {
            None => Screen::new(grant.clone(), self.shared.clone(), self.suspension.clone()),
            // What was shared before the pause, and nothing else.
            Some(before) => before.screen.again(grant.clone()),
        };
        // First the bar, and only then the screen: the page connects while the bar comes into view, and pictures are taken
        // when it is there.
        let guarded = self.guard(&grant).map_err(|e| Broken::Failed(e.to_string()));
        let screen = screen.behind(self.bar.as_ref().map(|(bar, _)| bar.pulse()));
        let opened = guarded
            .and_then(|()| tokio::task::block_in_place(|| screen.open().map_err(|e| Broken::from(&e))));
        match opened {
            Ok(capturer) => {
                let screens = capturer.scene().screens.clone();
                let change = match &before {
                    None => Some(texts::is_shown(&screens)),
                    Some(before) => texts::shown_changed(&before.screens, &screens),
                };
                if let Some(change) = change {
                    self.terminal.say(&change);
                }
                let opened = Some(capturer);
                let since = before.as_ref().map_or_else(Instant::now, |before| before.since);
                self.sharing = Some(Sharing {
                    grant,
                    since,
                    screen,
                    screens,
                    switched: Instant::now(),
                    wanted: false,
                    opened,
                    link: Link::None,
                    described: None,
                    later: None,
                    was_up: before.as_ref().is_some_and(|before| before.was_up),
                    troubles: before.as_ref().map_or_else(Vec::new, |before| before.troubles.clone()),
                    control: None,
                    controlled: before.is_some_and(|before| before.controlled),
                });
            }
            Err(why) => {
                self.sharing = before;
                // Whoever hid or stopped it at this moment is heard of next.
                if grant.is_live() {
                    self.broken(why).await;
                }
            }
        }
    }

    /// The expert's page described itself: answer it.
    pub(super) async fn connect(&mut self, offer: Description) {
        let Some(signed) = self.may_answer(&offer).await else { return };
        let offer = offer.in_codecs(&self.codec.allowed());
        if offer.video().is_empty() {
            let sentence = texts::no_codec(&self.who, &self.codec.allowed());
            return self.fail_with(&sentence, Code::ApplicationLaunchFailed).await;
        }
        let (families, servers) = (self.families, self.servers.clone());
        let most_kbps = self.ruled.most_kbps();
        let Some(sharing) = &mut self.sharing else { return };
        if sharing.described.is_some_and(|at| at.elapsed() < DESCRIBE_EVERY) {
            sharing.later = Some(Offered::New(offer));
            return;
        }
        sharing.described = Some(Instant::now());
        sharing.later = None;
        // A page that keeps describing itself does not get more time.
        let since = match sharing.link {
            Link::Opening(_, since) | Link::Failed(since) | Link::Lost(_, since) => since,
            _ => Instant::now(),
        };
        sharing.link = Link::None;
        let (hints, open) = (self.hints.clone(), self.open.clone());
        let plan = Plan { families, servers, hints, most_kbps, lines: self.asides.clone(), open };
        let (screen, opened) = (sharing.screen.clone(), sharing.opened.take());
        match Media::start(&sharing.grant, signed, offer, plan, screen, opened) {
            Ok(media) => {
                sharing.link = Link::Opening(media, since);
                // A new page does not inherit control.
                self.give(Input::Disconnected);
            }
            // By a key that is heard of next; there is no other reason.
            Err(error) => tracing::info!(%error, "Hidden or stopped meanwhile"),
        }
    }

    /// The page that was connected looks for another way. Control is asked for again.
    pub(super) async fn restart(&mut self, offer: Description) {
        if self.may_answer(&offer).await.is_none() {
            return;
        }
        let Some(sharing) = &mut self.sharing else { return };
        if sharing.described.is_some_and(|at| at.elapsed() < DESCRIBE_EVERY) {
            sharing.later = Some(Offered::Restart(offer));
            return;
        }
        sharing.described = Some(Instant::now());
        sharing.later = None;
        let (media, since) = match std::mem::replace(&mut sharing.link, Link::None) {
            Link::Up(media) => (media, Instant::now()),
            Link::Lost(media, since) => (media, since),
            other => {
                sharing.link = other;
                return self.send(NoviceSays::Again).await;
            }
        };
        media.restart(offer.in_codecs(&self.codec.allowed()));
        sharing.link = Link::Lost(media, since);
        self.give(Input::Disconnected);
    }

    /// What a page described is only answered while the screen may be seen, with the certificates that both sides have
    /// signed, and where it can be reached at all.
    async fn may_answer(&mut self, offer: &Description) -> Option<Signed> {
        if self.sharing.is_none() || !self.consent.state().may_view() {
            tracing::warn!("Refused a description while the screen may not be seen");
            return None;
        }
        let (Some(bound), Some(certificate)) = (&self.bound, self.certificate.made()) else {
            tracing::warn!("Refused a description before both sides have signed the certificates");
            return None;
        };
        if offer.media() != bound.expert() {
            self.distrust(AuthenticationError::Media).await;
            return None;
        }
        if !offer.may_be_reached_by(self.families) {
            self.lacks(&Lack::InCommon(self.who.clone())).await;
            return None;
        }
        Some(Signed { bound: bound.clone(), certificate: certificate.clone() })
    }

    pub(super) async fn media_event(&mut self, event: MediaEvent) {
        if self.notice_sleep() && matches!(event, MediaEvent::Input(_)) {
            return;
        }
        let Some(sharing) = &mut self.sharing else { return };
        match event {
            MediaEvent::Answered(answer) => self.send(NoviceSays::Answer(answer)).await,
            MediaEvent::Again => self.send(NoviceSays::Again).await,
            MediaEvent::Lacks(lack) if sharing.was_up => {
                // The network may be about to come back; the page tries again, and patience has an end of its own.
                tracing::info!(?lack, "There is no way for now");
                sharing.link = match sharing.link {
                    Link::Opening(_, since) | Link::Lost(_, since) => Link::Failed(since),
                    _ => Link::None,
                };
            }
            MediaEvent::Lacks(lack) => self.lacks(&lack).await,
            MediaEvent::Troubled(trouble) => {
                if !sharing.troubles.contains(&trouble) {
                    sharing.troubles.push(trouble);
                    self.terminal.say(&texts::server_trouble(trouble));
                }
            }
            MediaEvent::Connected => {
                sharing.was_up = true;
                sharing.link = match std::mem::replace(&mut sharing.link, Link::None) {
                    Link::Opening(media, _) | Link::Lost(media, _) => Link::Up(media),
                    other => other,
                };
            }
            MediaEvent::Disconnected => {
                sharing.link = match std::mem::replace(&mut sharing.link, Link::None) {
                    Link::Up(media) => Link::Lost(media, Instant::now()),
                    other => other,
                };
                self.give(Input::Disconnected);
            }
            MediaEvent::Over => {
                sharing.link = match sharing.link {
                    Link::Opening(_, since) | Link::Lost(_, since) => Link::Failed(since),
                    _ => Link::None,
                };
                self.give(Input::Disconnected);
            }
            MediaEvent::Input(input) => {
                // A permission that ran out while the machine slept is told so before anything is played.
                if self.due.is_some_and(|due| due <= clock::now()) {
                    return self.give(Input::Timeout);
                }
                if sharing.control.as_ref().is_some_and(|control| !control.hands.play(input)) {
                    // The display does not take what is played; nothing may stay pressed on it.
                    self.give(Input::TakeBack(Right::Control));
                }
            }
            MediaEvent::Screens(screens) => self.screens_are(screens).await,
            // By a key that is heard of next.
            MediaEvent::Broken(why) if !sharing.grant.is_live() => {
                tracing::info!(?why, "Hidden or stopped meanwhile");
            }
            MediaEvent::Broken(why) => self.broken(why).await,
        }
    }
}
