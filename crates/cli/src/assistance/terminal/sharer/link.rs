//! The way to the viewer, and what happens while somebody may look.

use super::Sharer;
use super::showing::{Happened, Link, Showing};
use crate::assistance::asides::Lines;
use crate::assistance::logind;
use crate::assistance::media::Lack;
use crate::assistance::media::ways::Plan;
use crate::assistance::terminal::line::{Begin, Line, LineEvent};
use crate::texts;
use rendezvous_assist::consent::{Input, Right};
use rendezvous_assist::description::Description;
use rendezvous_assist::grant::{ControlGrant, ViewGrant};
use rendezvous_assist::peer::Certificate;
use rendezvous_assist::signal::NoviceSays;
use rendezvous_assist::terminal::keys::Act;
use rendezvous_core::Code;
use rendezvous_desktop::Suspension;
use rendezvous_trust::AuthenticationError;
use rendezvous_trust::bind::Media as SignedMedia;
use std::sync::Arc;
use tokio::sync::mpsc;

/// The shell of a person who has set none.
const SHELL: &str = "/bin/sh";

impl Sharer {
    /// The viewer shows its certificate: sign it together with ours. No socket is opened for that. A connection that there
    /// was is gone.
    pub(super) async fn certificate(&mut self, viewer: SignedMedia) {
        tracing::info!(setup = ?viewer.setup, "The viewer shows its certificate");
        self.bound = None;
        if let Some(showing) = &mut self.showing {
            showing.disconnect();
            self.give(Input::Disconnected);
        }
        let made = self.certificate.take().map_or_else(|| Certificate::generate().map(Arc::new), Ok);
        let certificate = match made {
            Ok(certificate) => self.certificate.insert(certificate),
            Err(error) => return self.fail(&error.to_string(), Code::ApplicationLaunchFailed).await,
        };
        if let Err(error) = self.session.answer(certificate.media()).await {
            self.distrust(error).await;
        }
    }

    /// The person allowed the view, at first or again: now, and not before, there is a shell.
    pub(super) async fn share(&mut self, grant: ViewGrant) {
        if let Some(showing) = &mut self.showing {
            showing.go_on(grant);
            return self.say_news(texts::NOT_TAKEN.to_owned());
        }
        let shell = std::env::var("SHELL").ok().filter(|shell| shell.starts_with('/'));
        match Showing::start(grant, &self.terminal, shell.as_deref().unwrap_or(SHELL)) {
            Ok(mut showing) => {
                showing.take_over(&self.terminal, &self.consent);
                self.showing = Some(showing);
                self.listen_to_the_system();
            }
            Err(error) => self.fail(&error.to_string(), Code::ApplicationLaunchFailed).await,
        }
    }

    /// A computer without a screen has no session that is locked; where there is one, as beside a desktop, the system says so.
    fn listen_to_the_system(&mut self) {
        let (tell, heard) = mpsc::channel(8);
        logind::listen(Suspension::default(), tell);
        self.system = Some(heard);
    }

    pub(super) fn let_type(&mut self, grant: ControlGrant) {
        if let Some(showing) = &mut self.showing {
            showing.allow_typing(grant);
            self.ruled.remember_control(&self.session.peer().contact);
        }
    }

    /// The viewer described itself: answer it. Only while somebody may look, and with what both sides have signed.
    pub(super) async fn connect(&mut self, offer: Description) {
        let Some(showing) = &mut self.showing else {
            return tracing::warn!("Refused a description while nobody may look");
        };
        if !self.consent.state().may_view() {
            return tracing::warn!("Refused a description while nobody may look");
        }
        let (Some(bound), Some(certificate)) = (&self.bound, &self.certificate) else {
            return tracing::warn!("Refused a description before both sides have signed the certificates");
        };
        if offer.media() != bound.expert() {
            return self.distrust(AuthenticationError::Media).await;
        }
        if !offer.may_be_reached_by(self.families) {
            return self.lacks(&Lack::InCommon(self.who.clone())).await;
        }
        let plan = Plan {
            families: self.families,
            servers: self.servers.clone(),
            hints: self.hints.clone(),
            most_kbps: self.ruled.most_kbps(),
            lines: Lines::none(),
            open: self.open.clone(),
        };
        let grant = showing.grant().clone();
        let begin = Begin::Answer(Box::new((bound.clone(), offer.within(self.families))));
        let line = Line::begin(begin, certificate.clone(), plan, Box::new(move || grant.is_live()));
        showing.connect(line);
        // Another connection does not inherit typing.
        self.give(Input::Disconnected);
    }

    pub(super) async fn happened(&mut self, happened: Happened) {
        let Some(showing) = &mut self.showing else { return };
        match happened {
            Happened::Written(bytes) if bytes.is_empty() => {
                self.terminal_says(texts::SHELL_ENDED);
                self.give(Input::Stop);
            }
            Happened::Written(bytes) => showing.wrote(&bytes),
            Happened::Drawn((screen, _)) => showing.has_drawn(screen),
            Happened::Pressed(None) => self.give(Input::Stop),
            Happened::Pressed(Some(pressed)) => {
                showing.pressed(pressed.strokes);
                match pressed.act {
                    Some(Act::Stop) => self.give(Input::Stop),
                    Some(Act::TakeBack) => self.give(Input::TakeBack(Right::Control)),
                    None => {}
                }
            }
            Happened::Line(event) => return self.line_event(event).await,
            Happened::Due => {}
        }
    }

    async fn line_event(&mut self, event: LineEvent) {
        let Some(showing) = &mut self.showing else { return };
        match event {
            LineEvent::Described(answer) => self.send(NoviceSays::DataAnswer(answer)).await,
            LineEvent::Lacks(lack) if showing.was_up() => {
                // The network may be about to come back; the viewer tries again.
                tracing::info!(?lack, "There is no way for now");
            }
            LineEvent::Lacks(lack) => self.lacks(&lack).await,
            LineEvent::Troubled(trouble) => self.say_news(texts::server_trouble(trouble)),
            LineEvent::Open => showing.is_up(),
            LineEvent::Lost => {
                showing.is_lost();
                self.give(Input::Disconnected);
            }
            LineEvent::Over => {
                showing.disconnect();
                self.give(Input::Disconnected);
            }
            LineEvent::Message(message) => {
                // A permission that ran out while the machine slept is told so before anything is typed.
                let is_due = self.due.is_some_and(|due| due <= crate::assistance::clock::now());
                if is_due || self.awake.has_slept() {
                    self.give(if is_due { Input::Timeout } else { Input::Suspended });
                } else if !showing.hears(&message) {
                    showing.disconnect();
                    self.give(Input::Disconnected);
                }
            }
        }
    }

    /// Whether the viewer sees something at this moment.
    pub(super) fn is_seen(&self) -> bool {
        self.showing.as_ref().is_some_and(|showing| matches!(showing.link, Link::Up(..)))
    }
}
