//! Files between the novice's computer and the expert's page: a task of its own, so that no disk keeps the picture or the
//! person waiting.
//!
//! What comes is dealt with by [`Incoming`], and lands by `crate::receiving`; what goes, by [`Outgoing`]. The novice's
//! side of the help tells this task what the person decided, and is told what to ask and to say.

mod chosen;
#[cfg(test)]
mod tests;

pub(super) use chosen::Chosen;
pub(crate) use chosen::{Lacking, Unusable};

use super::asides::{Ear, FromPage, Line, Outbox, line};
use crate::home::Home;
use crate::receiving::{Downloads, Landing, Report};
use rendezvous_assist::files::{
    Chunk, FileName, Incoming, IncomingInput, IncomingOutput, Message, Offered, Outgoing, OutgoingInput,
    OutgoingOutput, Over, Refusal,
};
use rendezvous_assist::grant::FilesGrant;
use rendezvous_assist::peer::Packet;
use std::collections::VecDeque;
use std::path::PathBuf;
use tokio::sync::{mpsc, watch};

/// What the novice's side tells.
#[derive(Debug)]
pub(super) enum Told {
    /// The person allowed files.
    Allowed(FilesGrant),
    /// Not any more.
    Forbidden,
    /// The person answered for this file.
    Decided(u32, bool),
    /// The person chose this file to be sent.
    Chosen(Box<Chosen>),
    /// The person wants nothing of it any more, in either direction.
    Stop,
    /// The person does not want to send what they chose; what comes is not meant.
    StopSending,
}

/// What it is told.
#[derive(Debug)]
pub(super) enum News {
    /// The person is to be asked for this file; where it would be.
    Ask(Offered, PathBuf),
    /// Nobody wants to know any more.
    Withdraw(u32),
    /// A file came, and is here; and how large it is, where that is still known.
    Came(PathBuf, Option<u64>),
    /// A file did not come.
    NotCame(FileName, Refusal),
    /// A file that the person chose went over, or did not.
    Went(FileName, Over),
}

/// How far it is with what is on its way: the name, its bytes, and how many of them are done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) coming: Option<(FileName, u64, u64)>,
    pub(crate) going: Option<(FileName, u64, u64)>,
}

/// The task, for as long as the help lasts.
#[derive(Debug)]
pub(super) struct Files {
    told: mpsc::UnboundedSender<Told>,
    news: mpsc::UnboundedReceiver<News>,
    progress: watch::Receiver<Progress>,
    pub(super) line: Line,
}

impl Files {
    pub(super) fn begin(home: &Home) -> Self {
        let (line, ear) = line();
        let (told, to_desk) = mpsc::unbounded_channel();
        let (to_novice, news) = mpsc::unbounded_channel();
        let (shown, progress) = watch::channel(Progress::default());
        let (reports, reported) = mpsc::unbounded_channel();
        let desk = Desk::new(home.downloads(), reports, to_novice, shown);
        tokio::spawn(desk.run(ear, to_desk, reported));
        Self { told, news, progress, line }
    }

    pub(super) fn tell(&self, told: Told) {
        _ = self.told.send(told);
    }

    /// What is to be asked or said next.
    pub(super) async fn next(&mut self) -> News {
        match self.news.recv().await {
            Some(news) => news,
            None => std::future::pending().await,
        }
    }

    pub(super) fn progress(&self) -> Progress {
        self.progress.borrow().clone()
    }
}

/// A report of the file with this number.
type Reported = (u64, Report);

struct Desk {
    downloads: PathBuf,
    /// Opened when the first file is wanted.
    place: Option<Downloads>,
    incoming: Incoming,
    outgoing: Outgoing,
    /// For the moment in which a file gets its name.
    grant: Option<FilesGrant>,
    landing: Option<Landing>,
    /// So many files were begun: by this number the reports of the current one are known.
    begun: u64,
    /// What the person chose; the first one is the current one of `outgoing`, once that has one, and until then the first that
    /// waits there.
    chosen: VecDeque<Chosen>,
    outbox: Outbox,
    reports: mpsc::UnboundedSender<Reported>,
    news: mpsc::UnboundedSender<News>,
    shown: watch::Sender<Progress>,
}

impl Desk {
    fn new(
        downloads: PathBuf,
        reports: mpsc::UnboundedSender<Reported>,
        news: mpsc::UnboundedSender<News>,
        shown: watch::Sender<Progress>,
    ) -> Self {
        Self {
            downloads,
            place: None,
            incoming: Incoming::default(),
            outgoing: Outgoing::default(),
            grant: None,
            landing: None,
            begun: 0,
            chosen: VecDeque::new(),
            outbox: Outbox::default(),
            reports,
            news,
            shown,
        }
    }

    async fn run(
        mut self,
        mut ear: Ear,
        mut told: mpsc::UnboundedReceiver<Told>,
        mut reported: mpsc::UnboundedReceiver<Reported>,
    ) {
        loop {
            self.work();
            tokio::select! {
                biased;
                told = told.recv() => match told {
                    Some(told) => self.told(told),
                    // The help is over.
                    None => return,
                },
                Some((number, report)) = reported.recv() => self.reported(number, report),
                () = self.outbox.wait() => self.outgoing.handle_input(OutgoingInput::Room),
                from_page = ear.next() => self.page_says(from_page),
            }
        }
    }

    fn told(&mut self, told: Told) {
        match told {
            Told::Allowed(grant) => {
                self.grant = Some(grant.clone());
                self.incoming.handle_input(IncomingInput::Allowed(grant));
            }
            Told::Forbidden => {
                self.grant = None;
                self.incoming.handle_input(IncomingInput::Forbidden);
            }
            Told::Decided(id, take) => self.incoming.handle_input(IncomingInput::Decided { id, take }),
            Told::Chosen(chosen) => {
                let (name, size) = (chosen.name().clone(), chosen.bytes());
                // Before it stands among the others: those are known by their order only.
                if let Some(why) = self.outgoing.refuses(size) {
                    _ = self.news.send(News::Went(name, Over::NotOffered(why)));
                    return;
                }
                self.chosen.push_back(*chosen);
                self.outgoing.handle_input(OutgoingInput::Offer { name, size });
            }
            Told::Stop => {
                self.incoming.handle_input(IncomingInput::Stop);
                self.outgoing.handle_input(OutgoingInput::Stop);
            }
            Told::StopSending => self.outgoing.handle_input(OutgoingInput::Stop),
        }
    }

    fn reported(&mut self, number: u64, report: Report) {
        if number != self.begun {
            return;
        }
        if self.landing.is_none() {
            // It was forgotten a moment after it had its name; then it is here, and the person has to know where.
            if let Report::Placed(name) = report {
                _ = self.news.send(News::Came(self.downloads.join(name.as_str()), None));
            }
            return;
        }
        let placed = match report {
            Report::Stored(bytes) => return self.incoming.handle_input(IncomingInput::Stored(bytes)),
            Report::Placed(name) => {
                let bytes = self.incoming.progress().map(|(offered, _)| offered.size);
                _ = self.news.send(News::Came(self.downloads.join(name.as_str()), bytes));
                Ok(())
            }
            Report::Broken => Err(Refusal::Broken),
            Report::Unwanted => Err(Refusal::NotAllowed),
            Report::Failed(error) => {
                tracing::error!(error = format!("{error:#}"), "A file cannot be stored");
                Err(Refusal::NotStored)
            }
        };
        self.landing = None;
        self.incoming.handle_input(IncomingInput::Placed(placed));
    }

    fn page_says(&mut self, from_page: FromPage) {
        match from_page {
            FromPage::Opened(to_page) => {
                self.closed();
                self.outbox.open(to_page);
                self.incoming.handle_input(IncomingInput::Opened);
                self.outgoing.handle_input(OutgoingInput::Opened);
            }
            FromPage::Came(Packet::Bytes(bytes)) => match Chunk::parse(&bytes) {
                Ok(chunk) => self.incoming.handle_input(IncomingInput::Came(chunk)),
                Err(error) => tracing::debug!(%error, "Refused bytes"),
            },
            FromPage::Came(Packet::Text(text)) => match Message::parse(&text) {
                Ok(message @ (Message::Offer { .. } | Message::End { .. } | Message::Withdraw { .. })) => {
                    self.incoming.handle_input(IncomingInput::Heard(message))
                }
                Ok(message) => self.outgoing.handle_input(OutgoingInput::Heard(message)),
                Err(error) => tracing::debug!(%error, "Refused a message"),
            },
        }
    }

    fn closed(&mut self) {
        self.outbox.close();
        self.incoming.handle_input(IncomingInput::Closed);
        self.outgoing.handle_input(OutgoingInput::Closed);
    }

    /// Does whatever follows. Of what goes, only as much as finds room.
    fn work(&mut self) {
        loop {
            if let Some(output) = self.incoming.poll_output() {
                self.comes(output);
            } else if self.outbox.is_empty()
                && let Some(output) = self.outgoing.poll_output()
            {
                self.goes(output);
            } else {
                break;
            }
        }
        let named = |(name, size, done): (&FileName, u64, u64)| (name.clone(), size, done);
        let coming =
            self.incoming.progress().map(|(offered, stored)| named((&offered.name, offered.size, stored)));
        let progress = Progress { coming, going: self.outgoing.progress().map(named) };
        self.shown.send_if_modified(|shown| std::mem::replace(shown, progress.clone()) != progress);
    }

    fn comes(&mut self, output: IncomingOutput) {
        match output {
            IncomingOutput::Say(message) => self.send(Packet::Text(message.to_text())),
            IncomingOutput::Ask(offered) => _ = self.news.send(News::Ask(offered, self.downloads.clone())),
            IncomingOutput::Withdraw(id) => _ = self.news.send(News::Withdraw(id)),
            IncomingOutput::Begin(offered) => {
                let begun = self.begin(&offered);
                self.incoming.handle_input(IncomingInput::Begun(begun));
            }
            IncomingOutput::Store(bytes) => {
                if let Some(landing) = &self.landing {
                    landing.store(bytes);
                }
            }
            IncomingOutput::Place(name, hash) => {
                let grant = self.grant.clone();
                if let Some(landing) = &self.landing {
                    landing.place(name, hash, move || grant.as_ref().is_some_and(FilesGrant::is_live));
                }
            }
            IncomingOutput::Discard => self.landing = None,
            IncomingOutput::Over(_, Ok(())) => {}
            IncomingOutput::Over(offered, Err(why)) => _ = self.news.send(News::NotCame(offered.name, why)),
        }
    }

    /// A place for this file, after the person has said yes to it.
    fn begin(&mut self, offered: &Offered) -> Result<(), Refusal> {
        self.begun += 1;
        let (number, reports) = (self.begun, self.reports.clone());
        let begun = tokio::task::block_in_place(|| {
            let place = match self.place.take() {
                Some(place) => place,
                None => Downloads::open(&self.downloads)?,
            };
            let place = self.place.insert(place);
            if !place.has_room(offered.size) {
                return Ok(None);
            }
            let tell = move |report| _ = reports.send((number, report));
            Landing::begin(place, offered, tell).map(Some)
        });
        match begun {
            Ok(Some(landing)) => {
                self.landing = Some(landing);
                Ok(())
            }
            Ok(None) => Err(Refusal::NoRoom),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "No file can be stored");
                Err(Refusal::NotStored)
            }
        }
    }

    fn goes(&mut self, output: OutgoingOutput) {
        match output {
            OutgoingOutput::Say(message) => self.send(Packet::Text(message.to_text())),
            OutgoingOutput::Read { from, bytes } => {
                let read = self.chosen.front_mut().map(|chosen| chosen.read(from, bytes));
                let data = read.and_then(Result::ok).unwrap_or_default();
                self.outgoing.handle_input(OutgoingInput::Read { from, data });
            }
            OutgoingOutput::Send(chunk) => self.send(Packet::Bytes(chunk.to_bytes())),
            OutgoingOutput::Hash => {
                let hashed = self.chosen.front().map(Chosen::hash);
                self.outgoing.handle_input(match hashed {
                    Some(hash) => OutgoingInput::Hashed(hash),
                    None => OutgoingInput::Stop,
                });
            }
            OutgoingOutput::Over(name, over) => {
                match over {
                    // It was refused before it stood among them.
                    Over::NotOffered(_) => {}
                    Over::Arrived | Over::Refused(_) | Over::Stopped => _ = self.chosen.pop_front(),
                }
                _ = self.news.send(News::Went(name, over));
                self.outgoing.handle_input(OutgoingInput::Room);
            }
        }
    }

    fn send(&mut self, packet: Packet) {
        self.outbox.send(packet);
    }
}
