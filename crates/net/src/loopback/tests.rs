use super::*;
use rendezvous_core::{Address, Body, Message, SessionId};

const MILLISECOND: Duration = Duration::from_millis(1);

fn endpoint(contact: &str, device: &str) -> Endpoint {
    Endpoint { contact: Address::new(contact).expect("an address"), device: device.into() }
}

fn parcel(sequence: u32) -> Parcel {
    Parcel::plain(Message { session: SessionId([1; 16]), sequence, body: Body::Ringing })
}

fn token(sequence: u32) -> Token {
    Token { session: SessionId([1; 16]), link: 0, sequence: Some(sequence) }
}

async fn soon(device: &mut Loopback) -> Option<NetworkEvent> {
    tokio::time::timeout(Duration::from_secs(60), device.next()).await.ok()
}

async fn all(device: &mut Loopback) -> Vec<NetworkEvent> {
    let mut events = Vec::new();
    while let Some(event) = soon(device).await {
        events.push(event);
    }
    events
}

fn sequences(events: &[NetworkEvent]) -> Vec<u32> {
    let sequence = |event: &NetworkEvent| match event {
        NetworkEvent::Received { parcel, .. } => Some(parcel.message.sequence),
        _ => None,
    };
    events.iter().filter_map(sequence).collect()
}

fn reports(events: &[NetworkEvent]) -> Vec<(u32, Delivery)> {
    let report = |event: &NetworkEvent| match event {
        NetworkEvent::Delivery { token, outcome } => Some((token.sequence?, *outcome)),
        _ => None,
    };
    events.iter().filter_map(report).collect()
}

#[tokio::test(start_paused = true)]
async fn in_fair_weather_everything_arrives_at_once_and_in_order() {
    let hub = Hub::new(0, Weather::FAIR);
    let (mut ann, mut bob) = (hub.join(endpoint("ann", "desk")), hub.join(endpoint("bob", "desk")));
    for n in 0..10 {
        ann.send(token(n), To::Endpoint(bob.endpoint().clone()), parcel(n));
    }
    let heard = all(&mut bob).await;
    assert_eq!(heard[..2], [NetworkEvent::Online, NetworkEvent::Appeared(endpoint("ann", "desk"))]);
    assert_eq!(sequences(&heard), (0..10).collect::<Vec<_>>());
    let delivered: Vec<_> = (0..10).map(|n| (n, Delivery::Delivered)).collect();
    assert_eq!(reports(&all(&mut ann).await), delivered);
}

#[tokio::test(start_paused = true)]
async fn a_contact_is_every_device_and_its_best_outcome_counts() {
    let hub = Hub::new(0, Weather::FAIR);
    let mut ann = hub.join(endpoint("ann", "desk"));
    let (mut desk, mut phone) = (hub.join(endpoint("bob", "desk")), hub.join(endpoint("bob", "phone")));
    hub.cut(desk.endpoint());
    let to_bob = To::Contact(endpoint("bob", "").contact);
    ann.send(token(0), to_bob.clone(), parcel(0));
    assert_eq!(sequences(&all(&mut phone).await), [0]);
    assert!(sequences(&all(&mut desk).await).is_empty());
    assert_eq!(reports(&all(&mut ann).await), [(0, Delivery::Delivered)]);
    drop((desk, phone));
    ann.send(token(1), to_bob, parcel(1));
    assert_eq!(reports(&all(&mut ann).await), [(1, Delivery::Failed)], "nobody is there");
}

#[tokio::test(start_paused = true)]
async fn a_cut_loses_what_is_under_way_and_nobody_knows() {
    let hub = Hub::new(0, Weather { delay: 100 * MILLISECOND, ..Weather::FAIR });
    let (mut ann, mut bob) = (hub.join(endpoint("ann", "desk")), hub.join(endpoint("bob", "desk")));
    ann.send(token(0), To::Endpoint(bob.endpoint().clone()), parcel(0));
    hub.cut(ann.endpoint());
    ann.send(token(1), To::Endpoint(bob.endpoint().clone()), parcel(1));
    let heard = all(&mut bob).await;
    assert!(sequences(&heard).is_empty());
    assert_eq!(heard.last(), Some(&NetworkEvent::Disappeared(endpoint("ann", "desk"))));
    let mut told = reports(&all(&mut ann).await);
    told.sort_unstable();
    assert_eq!(told, [(0, Delivery::Unknown), (1, Delivery::Unknown)]);
    hub.mend(ann.endpoint());
    let back = [NetworkEvent::Online, NetworkEvent::Appeared(endpoint("bob", "desk"))];
    assert_eq!(all(&mut ann).await, back);
    assert_eq!(all(&mut bob).await, [NetworkEvent::Appeared(endpoint("ann", "desk"))]);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_begins_anew_hears_nothing_of_its_last_life() {
    let hub = Hub::new(0, Weather { delay: 100 * MILLISECOND, ..Weather::FAIR });
    let (mut ann, bob) = (hub.join(endpoint("ann", "desk")), hub.join(endpoint("bob", "desk")));
    ann.send(token(0), To::Endpoint(bob.endpoint().clone()), parcel(0));
    let mut anew = hub.join(endpoint("ann", "desk"));
    let heard = tokio::time::timeout(Duration::from_secs(60), ann.next()).await;
    assert!(heard.is_err(), "{heard:?}: another device has the place");
    drop(ann);
    assert!(reports(&all(&mut anew).await).is_empty());
    drop(bob);
    anew.send(token(1), To::Endpoint(endpoint("bob", "desk")), parcel(1));
    assert_eq!(reports(&all(&mut anew).await), [(1, Delivery::Failed)]);
}

/// What two devices hear who send a hundred messages each, with the moments.
async fn a_bad_day(seed: u64) -> Vec<(Duration, NetworkEvent)> {
    let start = Instant::now();
    let hub = Hub::new(seed, Weather { refused: 200, ..Weather::BAD });
    let (mut ann, mut bob) = (hub.join(endpoint("ann", "desk")), hub.join(endpoint("bob", "desk")));
    for n in 0..100 {
        ann.send(token(n), To::Endpoint(bob.endpoint().clone()), parcel(n));
        bob.send(token(n), To::Endpoint(ann.endpoint().clone()), parcel(n));
        tokio::time::sleep(50 * MILLISECOND).await;
    }
    let mut heard = Vec::new();
    // What Bob takes is reported to Ann, so she is heard twice.
    for is_ann in [true, false, true] {
        let device = if is_ann { &mut ann } else { &mut bob };
        while let Some(event) = soon(device).await {
            heard.push((start.elapsed(), event));
        }
    }
    heard
}

#[tokio::test(start_paused = true)]
async fn a_seed_is_the_same_day_every_time() {
    let day = a_bad_day(7).await;
    assert_eq!(day, a_bad_day(7).await);
    assert_ne!(day, a_bad_day(8).await);
    let events: Vec<_> = day.into_iter().map(|(_, event)| event).collect();
    let arrived = sequences(&events);
    assert!(arrived.windows(2).any(|two| two[0] > two[1]), "some overtake others");
    let told = reports(&events);
    assert_eq!(told.len(), 200, "every message has exactly one outcome");
    for outcome in [Delivery::Delivered, Delivery::Unknown, Delivery::Failed] {
        assert!(told.iter().any(|(_, o)| *o == outcome), "{outcome:?}");
    }
    assert!(
        events.contains(&NetworkEvent::Online)
            && events.contains(&NetworkEvent::Offline("the link broke".into()))
    );
}
