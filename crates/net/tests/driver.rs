//! The driver between a network that never rests, callers who never rest, and its own timers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use rendezvous_core::*;
use rendezvous_net::{Account, Clock, Driver, Handle, Network, NetworkEvent, Parcel};
use rendezvous_trust::{DeviceKey, UnixTime};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::mpsc;

/// A network on which something happens all the time, or whenever it is told to.
struct Restless {
    /// So many things have happened.
    count: Arc<AtomicU64>,
    never_rests: bool,
    told: mpsc::UnboundedReceiver<NetworkEvent>,
}

impl Network for Restless {
    fn send(&mut self, _: Token, _: To, _: Parcel) {}

    async fn next(&mut self) -> NetworkEvent {
        let event = if self.never_rests {
            let endpoint = Endpoint { contact: Address::new("bob").unwrap(), device: "desk".into() };
            NetworkEvent::Disappeared(endpoint)
        } else {
            self.told.recv().await.unwrap()
        };
        self.count.fetch_add(1, Ordering::Relaxed);
        event
    }
}

struct Setting {
    handle: Handle,
    count: Arc<AtomicU64>,
    tell: mpsc::UnboundedSender<NetworkEvent>,
    happenings: mpsc::UnboundedReceiver<rendezvous_net::Happening>,
}

fn setting(never_rests: bool) -> Setting {
    let (tell, told) = mpsc::unbounded_channel();
    let count = Arc::new(AtomicU64::new(0));
    let network = Restless { count: count.clone(), never_rests, told };
    let mut seed = [3; 32];
    seed[0] = 1;
    let key = Arc::new(DeviceKey::from_seed(&seed).unwrap());
    let account = Account { network: "loopback".into(), me: Address::new("ann").unwrap(), key };
    let ask = Application::new(ApplicationId::ASK, "Ask");
    let config = SessionConfig { goodbye: Duration::from_millis(200), ..SessionConfig::default() };
    let (driver, handle, happenings) = Driver::new(account, config, [ask], network);
    tokio::spawn(driver.with_clock(Clock::of_the_runtime(UnixTime(1_790_000_000))).run());
    Setting { handle, count, tell, happenings }
}

#[tokio::test]
async fn a_network_that_never_rests_keeps_no_caller_out() {
    let Setting { handle, count, .. } = setting(true);
    for _ in 0..100 {
        let before = count.load(Ordering::Relaxed);
        handle.list().await.unwrap();
        // It is served after at most a few events, however many there are.
        assert!(count.load(Ordering::Relaxed) - before < 200);
    }
}

#[tokio::test]
async fn callers_who_never_rest_keep_no_message_out() {
    let Setting { handle, tell, count, .. } = setting(false);
    for _ in 0..32 {
        let handle = handle.clone();
        tokio::spawn(async move { while handle.list().await.is_ok() {} });
    }
    let end = tokio::time::Instant::now() + Duration::from_secs(20);
    for n in 1..=100 {
        tell.send(NetworkEvent::Online).unwrap();
        while count.load(Ordering::Relaxed) < n {
            assert!(tokio::time::Instant::now() < end, "message {n} waits");
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn what_is_due_is_done_although_nothing_rests() {
    let Setting { handle, mut happenings, .. } = setting(true);
    let other = handle.clone();
    tokio::spawn(async move { while other.list().await.is_ok() {} });
    let session = SessionId([9; 16]);
    handle.invite_as(session, Address::new("bob").unwrap(), ApplicationId::ASK, String::new()).await.unwrap();
    handle.command(session, Command::Cancel { data: String::new() }).await.unwrap();
    // Nobody ever says whether the withdrawal arrived, so only the driver's timer ends this.
    let ended = async { while !matches!(happenings.recv().await.unwrap().event, Event::Ended { .. }) {} };
    tokio::time::timeout(Duration::from_secs(30), ended).await.expect("the timer is not kept out");
}
