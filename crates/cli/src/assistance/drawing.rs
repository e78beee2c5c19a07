//! What the expert draws, from their page to the novice's screen.

use super::asides::{Ear, FromPage, Line, line};
use rendezvous_assist::drawing::Stroke;
use rendezvous_assist::grant::DrawingGrant;
use rendezvous_assist::peer::Packet;
use rendezvous_desktop::x11::drawing::X11Drawing;
use rendezvous_desktop::{Stage, Suspension};
use tokio::sync::mpsc;

/// The person allowed it on this display, or not any more.
type Told = Option<(DrawingGrant, String, Stage)>;

/// The task, for as long as the help lasts.
#[derive(Debug)]
pub(super) struct Drawing {
    told: mpsc::UnboundedSender<Told>,
    pub(super) line: Line,
}

impl Drawing {
    /// While `suspension` holds the expert back there is nothing of it on the screen.
    pub(super) fn begin(suspension: Suspension) -> Self {
        let (line, ear) = line();
        let (told, to_desk) = mpsc::unbounded_channel();
        tokio::spawn(run(ear, to_desk, suspension));
        Self { told, line }
    }

    pub(super) fn allow(&self, grant: DrawingGrant, display: String, stage: Stage) {
        _ = self.told.send(Some((grant, display, stage)));
    }

    pub(super) fn forbid(&self) {
        _ = self.told.send(None);
    }
}

async fn run(mut ear: Ear, mut told: mpsc::UnboundedReceiver<Told>, suspension: Suspension) {
    let mut drawing: Option<(DrawingGrant, X11Drawing)> = None;
    loop {
        tokio::select! {
            biased;
            told = told.recv() => match told {
                // The help is over.
                None => return,
                Some(None) => drawing = None,
                Some(Some((grant, display, stage))) => {
                    let open = || X11Drawing::open(grant.clone(), Some(&display), stage, suspension.clone());
                    match tokio::task::block_in_place(open) {
                        Ok(opened) => drawing = Some((grant, opened)),
                        Err(error) => tracing::warn!(%error, "Nothing can be drawn"),
                    }
                }
            },
            from_page = ear.next() => {
                let stroke = match from_page {
                    FromPage::Came(Packet::Text(text)) => Stroke::parse(&text),
                    FromPage::Came(Packet::Bytes(_)) | FromPage::Opened(_) => None,
                };
                if let (Some(stroke), Some((grant, drawing))) = (stroke, &drawing)
                    && grant.is_live()
                {
                    drawing.draw(stroke);
                }
            }
        }
    }
}
