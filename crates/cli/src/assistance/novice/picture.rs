//! From the permission to the picture: the certificates that both sides sign, the screen, and the way to the page.

use super::Novice;
use crate::assistance::clock;
use crate::assistance::media::{self, Lack, Media, MediaEvent, Signed};
use crate::assistance::screen::Screen;
use crate::assistance::sharing::{Link, Sharing, SharingEvent};
use crate::assistance::stop;
use crate::texts;
use rendezvous_assist::consent::Input;
use rendezvous_assist::description::Description;
use rendezvous_assist::grant::ViewGrant;
use rendezvous_assist::peer::Certificate;
use rendezvous_assist::signal::{NoviceSays, View};
use rendezvous_core::Code;
use rendezvous_desktop::Capture;
use rendezvous_trust::AuthenticationError;
use rendezvous_trust::bind::Media as SignedMedia;
use std::time::{Duration, Instant};

/// A page that describes itself again and again is answered no more often than this.
const DESCRIBE_EVERY: Duration = Duration::from_secs(1);

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
        let certificate = match self.certificate.take().map_or_else(Certificate::generate, Ok) {
            Ok(certificate) => self.certificate.insert(certificate),
            Err(error) => return self.fail(&error.to_string(), Code::ApplicationLaunchFailed).await,
        };
        if let Err(error) = self.session.answer(certificate.media()).await {
            self.distrust(error).await;
        }
    }

    /// The person allowed the view: now, and not before, the screen is opened.
    pub(super) async fn share(&mut self, grant: ViewGrant) {
        let screen = Screen::new(grant.clone(), self.display.clone());
        let opened = tokio::task::block_in_place(|| screen.open().map_err(|e| e.to_string()));
        let stop = stop::listen(grant.clone(), self.display.clone(), self.consent.brake())
            .map_err(|e| e.to_string());
        match (opened, stop) {
            (Ok(capturer), Ok(stop)) => {
                let size = capturer.size();
                let (opened, since) = (Some(capturer), Instant::now());
                self.sharing = Some(Sharing {
                    grant,
                    since,
                    screen,
                    size,
                    opened,
                    stop,
                    link: Link::None,
                    described: None,
                    later: None,
                    control: None,
                    controlled: false,
                });
            }
            (Err(error), _) | (_, Err(error)) => self.fail(&error, Code::ApplicationLaunchFailed).await,
        }
    }

    /// The expert's page described itself: answer it.
    pub(super) async fn connect(&mut self, offer: &Description) {
        let Some(sharing) = &mut self.sharing else {
            return tracing::warn!("Refused a description before the screen may be seen");
        };
        let (Some(bound), Some(certificate)) = (&self.bound, &self.certificate) else {
            return tracing::warn!("Refused a description before both sides have signed the certificates");
        };
        if offer.media() != bound.expert() {
            return self.distrust(AuthenticationError::Media).await;
        }
        if !offer.may_be_reached_by(self.families) {
            return self.lacks(&Lack::InCommon(self.who.clone())).await;
        }
        let offer = offer.clone().in_codecs(&self.codec.allowed());
        if offer.video().is_empty() {
            let sentence = texts::no_codec(&self.who, &self.codec.allowed());
            return self.fail_with(&sentence, Code::ApplicationLaunchFailed).await;
        }
        if sharing.described.is_some_and(|at| at.elapsed() < DESCRIBE_EVERY) {
            sharing.later = Some(offer);
            return;
        }
        sharing.described = Some(Instant::now());
        sharing.later = None;
        // A page that keeps describing itself does not get more time.
        let since = match sharing.link {
            Link::Opening(_, since) | Link::Failed(since) => since,
            _ => Instant::now(),
        };
        sharing.link = Link::None;
        let signed = Signed { bound, certificate };
        let local = match media::open_sockets(self.families).await {
            Ok(local) => local,
            Err(lack) => return self.lacks(&lack).await,
        };
        let answered = Media::answer(
            &sharing.grant,
            signed,
            &offer,
            local,
            sharing.screen.clone(),
            sharing.opened.take(),
        );
        match answered {
            Ok((media, answer)) => {
                sharing.link = Link::Opening(media, since);
                // A new page does not inherit control.
                self.give(Input::Disconnected);
                self.send(NoviceSays::Answer(answer)).await;
            }
            Err(error) => self.fail(&format!("{error:#}"), Code::ApplicationLaunchFailed).await,
        }
    }

    pub(super) async fn sharing_event(&mut self, event: SharingEvent) {
        match event {
            SharingEvent::Stop => self.give(Input::Stop),
            SharingEvent::Media(event) => self.media_event(event).await,
        }
    }

    async fn media_event(&mut self, event: MediaEvent) {
        let Some(sharing) = &mut self.sharing else { return };
        match event {
            MediaEvent::Connected => {
                sharing.link = match std::mem::replace(&mut sharing.link, Link::None) {
                    Link::Opening(media, _) | Link::Lost(media) => Link::Up(media),
                    other => other,
                };
            }
            MediaEvent::Disconnected => {
                sharing.link = match std::mem::replace(&mut sharing.link, Link::None) {
                    Link::Up(media) => Link::Lost(media),
                    other => other,
                };
                self.give(Input::Disconnected);
            }
            MediaEvent::Over => {
                sharing.link = match sharing.link {
                    Link::Opening(_, since) => Link::Failed(since),
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
                    self.give(Input::TakeBack);
                }
            }
            MediaEvent::Resized(size) => {
                sharing.size = size;
                self.send(NoviceSays::View(View::Granted { screen: size })).await;
            }
            MediaEvent::Broken(error) => self.fail(&error, Code::ApplicationLaunchFailed).await,
        }
    }
}
