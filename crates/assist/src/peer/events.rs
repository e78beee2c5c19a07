//! What the WebRTC stack tells.

use str0m::bwe::Bitrate;
use str0m::channel::{ChannelData, ChannelId};
use str0m::stats::PeerStats;
use str0m::{Event, IceConnectionState};

use super::flow::Estimated;
use super::{Peer, PeerEvent};
use crate::input;

/// How it stands with the way to the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// Not connected yet.
    New,
    /// Connected.
    Up,
    /// Was connected, and may be again.
    Lost,
    /// Final.
    Over,
}

impl Peer {
    pub(super) fn handle_event(&mut self, event: Event) {
        match event {
            Event::Connected => self.set_link(Link::Up),
            Event::IceConnectionStateChange(state) => match (self.link, state) {
                (Link::Up, IceConnectionState::Disconnected) => self.set_link(Link::Lost),
                (Link::Lost, IceConnectionState::Connected | IceConnectionState::Completed) => {
                    self.set_link(Link::Up);
                }
                _ => {}
            },
            Event::Closed => self.set_link(Link::Over),
            Event::KeyframeRequest(_) if self.flow.wants_key(self.clock.now) => {
                self.events.push_back(PeerEvent::KeyframeWanted);
            }
            Event::PeerStats(stats) => self.measured(&stats),
            Event::ChannelOpen(id, label) => self.channel_opened(id, &label),
            Event::ChannelClose(id) => self.channel_closed(id),
            Event::ChannelData(data) => self.message(data),
            _ => {}
        }
    }

    /// What the stack's events tell of the estimate is an average over three seconds, which a path that is flooded does not
    /// have.
    fn measured(&mut self, stats: &PeerStats) {
        if let Some(time) = stats.rtt {
            self.flow.went_round(time);
        }
        if let Some(loss) = stats.egress_loss_fraction {
            self.flow.lost(loss);
        }
        let Some(estimate) = stats.bwe_tx else { return };
        let kbps = u32::try_from(estimate.as_u64() / 1000).unwrap_or(u32::MAX);
        let Estimated { news, anew } = self.flow.estimated(self.clock.now, kbps);
        if let Some(kbps) = anew {
            self.rtc.bwe().reset(Bitrate::kbps(u64::from(kbps)));
        }
        if self.video.state == super::Wakefulness::Awake {
            self.desire();
        }
        if let Some(kbps) = news {
            self.events.push_back(PeerEvent::Bitrate(kbps));
        }
    }

    pub(super) fn set_link(&mut self, link: Link) {
        let before = std::mem::replace(&mut self.link, link);
        match (before, link) {
            (Link::Over, _) => self.link = Link::Over,
            (Link::New | Link::Lost, Link::Up) => {
                self.begin();
                self.events.push_back(PeerEvent::Connected);
            }
            (Link::Up, Link::Lost) | (Link::New | Link::Up, Link::Over) => {
                self.events.push_back(PeerEvent::Disconnected);
            }
            _ => {}
        }
    }

    /// Channels are told apart by their label; the first of a label counts, every other is closed.
    fn channel_opened(&mut self, id: ChannelId, label: &str) {
        match label {
            "input" if self.input.is_none() => self.input = Some(id),
            "cursor" if self.cursor.is_none() => {
                self.cursor = Some(id);
                self.events.push_back(PeerEvent::CursorOpen);
            }
            _ => match self.asides.open(id, label) {
                Some(aside) => self.events.push_back(PeerEvent::AsideOpen(aside, true)),
                None => self.rtc.direct_api().close_data_channel(id),
            },
        }
    }

    /// Without the input channel nobody could let go of a held key, so its end is the end.
    fn channel_closed(&mut self, id: ChannelId) {
        if self.input == Some(id) {
            self.fail();
        } else if self.cursor == Some(id) {
            self.cursor = None;
        } else if let Some(aside) = self.asides.close(id) {
            self.events.push_back(PeerEvent::AsideOpen(aside, false));
        }
    }

    fn message(&mut self, data: ChannelData) {
        let Some(data) = self.aside_came(data) else { return };
        let taken = self.input == Some(data.id) && !data.binary && data.data.len() <= input::MAX_BATCH;
        match String::from_utf8(data.data) {
            Ok(text) if taken => self.events.push_back(PeerEvent::Input(text)),
            _ => self.dropped.messages = self.dropped.messages.saturating_add(1),
        }
    }
}
