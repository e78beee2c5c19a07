use super::super::address::nearby_address;
use super::*;
use rendezvous_core::{Body, Message, SessionId};
use rendezvous_trust::DeviceKey;
use tokio::io::DuplexStream;
use tokio::task::JoinHandle;
use tokio::time::sleep;

fn message(number: u32) -> Outgoing {
    let session = SessionId([7; 16]);
    let parcel = Box::new(Parcel::plain(Message { session, sequence: number, body: Body::Ringing }));
    Outgoing { token: Token { session, link: 0, sequence: Some(number) }, waits: false, parcel }
}

/// A link, its other end, and what it tells the network.
struct Both {
    link: Option<Link>,
    work: Option<Work>,
    ours: Option<DuplexStream>,
    theirs: DuplexStream,
    party: Party,
    sender: mpsc::Sender<LinkEvent>,
    events: mpsc::Receiver<LinkEvent>,
}

impl Both {
    async fn new() -> Self {
        let mut seed = [5; 32];
        seed[0] = 1;
        let key = DeviceKey::from_seed(&seed).unwrap().public();
        let place = Place { at: ([127, 0, 0, 1], 9).into(), sure: true };
        let party = Party { id: 1, key, address: nearby_address(&key), instance: "a".into(), place };
        let (sender, mut events) = mpsc::channel(8192);
        let work = announce(&party, &sender).await;
        let Some(LinkEvent::Opened { link }) = events.recv().await else { panic!("a link opens") };
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        Self { link: Some(link), work, ours: Some(ours), theirs, party, sender, events }
    }

    fn run(&mut self, is_kept: bool) -> JoinHandle<()> {
        let (stream, work) = (self.ours.take().unwrap(), self.work.take().unwrap());
        let (party, events) = (self.party.clone(), self.sender.clone());
        tokio::spawn(async move { run(party, stream, work, events, move || is_kept).await })
    }

    /// Reads and confirms everything that comes until the end; whether a goodbye was in it, and how many messages.
    async fn hears_out(&mut self) -> (bool, u64) {
        let (mut bye, mut messages) = (false, 0);
        while let Ok(frame) = frame::read(&mut self.theirs).await {
            match frame {
                Frame::Bye => bye = true,
                Frame::Message { number, .. } => {
                    messages = number;
                    // Whoever has closed does not want to know.
                    _ = frame::write(&mut self.theirs, &Frame::Taken { number }).await;
                }
                _ => {}
            }
        }
        (bye, messages)
    }

    /// How the link ended, and how many messages came back.
    async fn closed(&mut self) -> (End, usize) {
        loop {
            if let LinkEvent::Closed { unsent, end, .. } = self.events.recv().await.unwrap() {
                return (end, unsent.len());
            }
        }
    }
}

/// The other side would take a goodbye for the end of our program, and of all sessions.
#[tokio::test]
async fn a_link_that_is_retired_says_no_goodbye_however_much_waits_for_it() {
    let mut both = Both::new().await;
    let link = both.link.take().unwrap();
    let mut queued = 0;
    while link.send(message(queued)).is_ok() {
        queued += 1;
    }
    assert!(queued >= 2048, "{queued}");
    let running = both.run(true);
    link.retire();
    let (bye, sent) = both.hears_out().await;
    assert!(!bye, "after {sent} messages");
    let (end, unsent) = both.closed().await;
    assert_eq!(end, End::Broken);
    assert!(unsent + usize::try_from(sent).unwrap() >= usize::try_from(queued).unwrap(), "nothing is lost");
    running.await.unwrap();
}

#[tokio::test]
async fn a_link_whose_network_is_gone_says_everything_and_then_goodbye() {
    let mut both = Both::new().await;
    let link = both.link.take().unwrap();
    for number in 0..500 {
        link.send(message(number)).unwrap();
    }
    both.run(true);
    drop(link);
    assert_eq!(both.hears_out().await, (true, 500));
}

/// How long a link stands on which a message comes every so often, so many times.
async fn stands(is_kept: bool, every: Duration, times: u64) -> Option<Duration> {
    let mut both = Both::new().await;
    let _link = both.link.take();
    both.run(is_kept);
    let begun = tokio::time::Instant::now();
    for number in 1..=times {
        sleep(every).await;
        let message = map::to_wire(*message(0).parcel).unwrap();
        frame::write(&mut both.theirs, &Frame::Message { number, message }).await.ok()?;
    }
    let end = timeout(Duration::from_secs(3600), both.closed()).await.ok()?;
    assert_eq!(end.0, End::Idle);
    Some(begun.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_strangers_link_stands_as_long_as_something_is_said_on_it() {
    let minute = Duration::from_secs(60);
    assert_eq!(stands(false, minute, 0).await, Some(minute));
    // A word keeps it for minutes, not for ever.
    let stood = stands(false, minute / 2, 1).await.unwrap();
    assert!(stood > minute * 5 && stood <= minute * 11, "{stood:?}");
    let stood = stands(false, minute / 2, 20).await.unwrap();
    assert!(stood > minute * 15 && stood <= minute * 20, "{stood:?}");
}

#[tokio::test(start_paused = true)]
async fn a_link_that_is_kept_stands_in_silence() {
    assert_eq!(stands(true, Duration::from_secs(30), 1).await, None);
}

/// So many frames are read in so many seconds, of somebody who always has one more.
fn read_in(seconds: u64, is_welcome: bool) -> u64 {
    let start = Instant::now();
    let (end, mut now) = (start + Duration::from_secs(seconds), start);
    let mut pace = Pace { ahead: start, is_welcome: move || is_welcome };
    let mut frames = 0;
    while now < end {
        now = pace.pauses_until(now).unwrap_or(now);
        frames += 1;
    }
    frames
}

#[test]
fn strangers_are_read_slowly_and_whoever_is_welcome_fast_enough_for_two_applications() {
    // A second's worth may come ahead.
    let (strangers, welcome) = (read_in(10, false), read_in(10, true));
    assert!((11_000..=11_002).contains(&strangers), "{strangers}");
    assert!((110_000..=110_002).contains(&welcome), "{welcome}");
}
