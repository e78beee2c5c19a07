use super::super::link::End;
use super::*;
use rendezvous_trust::DeviceKey;

fn key(number: u8) -> DeviceKey {
    let mut seed = [3; 32];
    seed[0] = number;
    DeviceKey::from_seed(&seed).unwrap()
}

fn own() -> (Arc<Own>, mpsc::Receiver<LinkEvent>) {
    let (events, receiver) = mpsc::channel(64);
    let own = Own {
        address: nearby_address(&key(1).public()),
        tls: Tls::new(Arc::new(key(1))).unwrap(),
        hello: Hello::new(1, [1; 16]),
        welcome: Mutex::new(HashSet::new()),
        events,
        seats: Seats::default(),
        numbers: AtomicU64::new(1),
    };
    (Arc::new(own), receiver)
}

/// Its seat is none of those for strangers: our person wanted to know who is there, or it was a contact's.
#[tokio::test(start_paused = true)]
async fn a_link_on_which_nothing_is_said_stays_only_while_its_device_is_welcome() {
    for is_welcome in [false, true] {
        let (own, mut events) = own();
        let key = key(2).public();
        let place = Place { at: ([127, 0, 0, 1], 9).into(), sure: true };
        let party = Party { id: 1, key, address: nearby_address(&key), instance: "a".into(), place };
        own.set_welcome(&party.address, is_welcome);
        let (stream, _theirs) = tokio::io::duplex(1024);
        let greeted = Greeted { party, stream, seat: own.seats.take().unwrap() };
        greeted.start(own.clone()).await;
        let Some(LinkEvent::Opened { link: _link }) = events.recv().await else { panic!("a link opens") };
        let ended = timeout(Duration::from_mins(10), events.recv()).await;
        let is_closed = matches!(ended, Ok(Some(LinkEvent::Closed { end: End::Idle, .. })));
        assert_eq!(is_closed, !is_welcome, "{ended:?}");
    }
}
