use super::*;
use rendezvous_core::Versions;

const NOW: UnixTime = UnixTime(1_790_000_000);
const SESSION: SessionId = SessionId([7; 16]);

fn key(n: u8) -> Arc<DeviceKey> {
    let mut seed = [n; 32];
    seed[0] = 99;
    Arc::new(DeviceKey::from_seed(&seed).expect("these are not equal bytes"))
}

fn address(name: &str) -> Address {
    Address::new(name).expect("an address")
}

fn account(name: &str, n: u8) -> Vouching {
    Vouching::new(Account { network: "loopback".into(), me: address(name), key: key(n) })
}

fn endpoint(name: &str, device: &str) -> Endpoint {
    Endpoint { contact: address(name), device: device.into() }
}

fn invite() -> Message {
    let invite = Invite {
        application: ApplicationId::ASK,
        name: "Ask".into(),
        url: "https://example.org".into(),
        data: "data".into(),
        lifetime: Duration::from_millis(119_001),
        versions: Versions::OURS,
        app_invite: false,
        from: address("anna"),
    };
    Message { session: SESSION, sequence: 0, body: Body::Invite(Arc::new(invite)) }
}

fn accept() -> Message {
    Message { session: SESSION, sequence: 1, body: Body::Accept { version: 1, data: "yes".into() } }
}

fn edit(parcel: &Parcel, change: impl FnOnce(&mut Invite)) -> Parcel {
    let mut parcel = parcel.clone();
    if let Body::Invite(invite) = &mut parcel.message.body {
        change(Arc::make_mut(invite));
    }
    parcel
}

/// Anna invites Bert; his side has taken it.
fn invited() -> (Vouching, Vouching, Parcel) {
    let (mut anna, mut bert) = (account("anna", 1), account("bert", 2));
    let parcel = anna.seal(NOW, &To::Contact(address("bert")), invite()).expect("it can be signed");
    let (_, claim) = bert.open(NOW, &endpoint("anna", "a"), parcel.clone()).expect("it verifies");
    bert.keep(claim.expect("an invitation claims a key"));
    (anna, bert, parcel)
}

#[test]
fn an_invitation_and_its_answer_carry_the_keys_to_the_other_side() {
    let (mut anna, mut bert, _) = invited();
    assert_eq!(bert.peer(SESSION, None), Some(key(1).public()));
    let to_anna = To::Endpoint(endpoint("anna", "a"));
    let answer = bert.seal(NOW, &to_anna, accept()).expect("it can be signed");
    let from = endpoint("bert", "b");
    let (message, claim) = anna.open(NOW, &from, answer).expect("it verifies");
    assert_eq!((message, claim.is_none()), (accept(), true));
    assert_eq!(anna.peer(SESSION, Some(&from)), Some(key(2).public()));
    assert_eq!(anna.peer(SESSION, Some(&endpoint("bert", "other"))), None, "that device signed nothing");
    assert_eq!(anna.expiry(SESSION), bert.expiry(SESSION));
}

#[test]
fn an_invitation_that_is_sent_again_later_runs_out_at_the_same_moment() {
    let (mut anna, _, first) = invited();
    let again = anna.seal(NOW.after(Duration::from_secs(60)), &To::Endpoint(endpoint("bert", "c")), invite());
    assert_eq!(again.expect("it can be signed").seal, first.seal);
}

#[test]
fn the_lifetime_is_what_is_left_of_it() {
    let (_, mut bert, parcel) = invited();
    let (message, _) =
        bert.open(NOW.after(Duration::from_secs(100)), &endpoint("anna", "a"), parcel).expect("it stands");
    let Body::Invite(invite) = message.body else { panic!("an invitation") };
    assert_eq!(invite.lifetime, Duration::from_secs(20) + SKEW);
}

#[test]
fn every_field_is_signed() {
    let (_, mut bert, good) = invited();
    let from = endpoint("anna", "a");
    let mut wrong = vec![
        edit(&good, |i| i.application = ApplicationId::OFFER),
        edit(&good, |i| i.name.push('x')),
        edit(&good, |i| i.url.clear()),
        edit(&good, |i| i.data.push('x')),
        edit(&good, |i| i.versions.highest = 2),
        edit(&good, |i| i.app_invite = true),
        Parcel { message: Message { session: SessionId([8; 16]), ..good.message.clone() }, ..good.clone() },
    ];
    let Seal::Invite { expiry, proof } = good.seal.clone() else { panic!("a seal of an invitation") };
    let other = Proof { key: key(3).public(), ..proof.clone() };
    wrong.push(Parcel { seal: Seal::Invite { expiry: UnixTime(expiry.0 + 1), proof }, ..good.clone() });
    wrong.push(Parcel { seal: Seal::Invite { expiry, proof: other }, ..good.clone() });
    for parcel in wrong {
        let refused = bert.open(NOW, &from, parcel.clone()).map(|_| ());
        assert_eq!(refused, Err(VouchError::Refused(InviteError::Signature)), "{parcel:?}");
    }
    assert!(bert.open(NOW, &endpoint("mallory", "a"), good.clone()).is_err(), "who sends it is signed");
    assert!(account("carl", 4).open(NOW, &from, good).is_err(), "whom it is for is signed");
}

#[test]
fn what_must_be_signed_does_not_come_unsigned_and_nothing_else_comes_signed() {
    let (mut anna, mut bert, good) = invited();
    let bare = Parcel::plain(good.message.clone());
    assert_eq!(bert.open(NOW, &endpoint("anna", "a"), bare).map(|_| ()), Err(VouchError::Unsigned));
    let bare = Parcel::plain(accept());
    assert_eq!(anna.open(NOW, &endpoint("bert", "b"), bare).map(|_| ()), Err(VouchError::Unsigned));
    let dressed =
        Parcel { message: Message { session: SESSION, sequence: 1, body: Body::Ringing }, seal: good.seal };
    assert_eq!(anna.open(NOW, &endpoint("bert", "b"), dressed).map(|_| ()), Err(VouchError::Unsigned));
}

#[test]
fn an_answer_stands_for_one_invitation_and_one_key() {
    let (mut anna, mut bert, _) = invited();
    let to_anna = To::Endpoint(endpoint("anna", "a"));
    let answer = bert.seal(NOW, &to_anna, accept()).expect("it can be signed");
    let from = endpoint("bert", "b");
    let mut changed = answer.clone();
    changed.message.body = Body::Accept { version: 1, data: "no".into() };
    assert_eq!(anna.open(NOW, &from, changed).map(|_| ()), Err(VouchError::Refused(InviteError::Signature)));
    let by_another = anna.open(NOW, &endpoint("mallory", "b"), answer.clone()).map(|_| ());
    assert_eq!(by_another, Err(VouchError::Refused(InviteError::OtherInvite)));
    assert_eq!(anna.peer(SESSION, Some(&endpoint("mallory", "b"))), None);
    anna.open(NOW, &from, answer.clone()).expect("it verifies");

    // Another device of Bert's cannot speak as this one.
    let (_, mut other, _) = invited();
    other.account.key = key(5);
    let second = other.seal(NOW, &to_anna, accept()).expect("it can be signed");
    assert_eq!(anna.open(NOW, &from, second.clone()).map(|_| ()), Err(VouchError::OtherKey));
    anna.open(NOW, &endpoint("bert", "c"), second).expect("it may as itself");
    assert_eq!(anna.peer(SESSION, Some(&from)), Some(key(2).public()));

    // Nor does it answer the invitation of somebody else.
    let mut elsewhere = account("anna", 6);
    elsewhere.seal(NOW, &To::Contact(address("bert")), invite()).expect("it can be signed");
    assert_eq!(
        elsewhere.open(NOW, &from, answer).map(|_| ()),
        Err(VouchError::Refused(InviteError::Signature))
    );
}

#[test]
fn an_answer_cannot_be_made_one_in_another_version() {
    let (mut anna, mut bert, _) = invited();
    let answer = bert.seal(NOW, &To::Endpoint(endpoint("anna", "a")), accept()).expect("it can be signed");
    for other in [0, 2, u16::MAX] {
        let mut changed = answer.clone();
        changed.message.body = Body::Accept { version: other, data: "yes".into() };
        let refused = anna.open(NOW, &endpoint("bert", "b"), changed).map(|_| ());
        assert_eq!(refused, Err(VouchError::Refused(InviteError::Field("version"))));
    }
    assert_eq!(anna.peer(SESSION, Some(&endpoint("bert", "b"))), None);

    // Nor in another one of those that were offered.
    let (mut anna, mut bert) = (account("anna", 1), account("bert", 2));
    let mut offers = invite();
    if let Body::Invite(invite) = &mut offers.body {
        Arc::make_mut(invite).versions = Versions { lowest: 1, highest: 2 };
    }
    let parcel = anna.seal(NOW, &To::Contact(address("bert")), offers).expect("it can be signed");
    let (_, claim) = bert.open(NOW, &endpoint("anna", "a"), parcel).expect("it verifies");
    bert.keep(claim.expect("an invitation claims a key"));
    let mut answer =
        bert.seal(NOW, &To::Endpoint(endpoint("anna", "a")), accept()).expect("it can be signed");
    answer.message.body = Body::Accept { version: 2, data: "yes".into() };
    let refused = anna.open(NOW, &endpoint("bert", "b"), answer).map(|_| ());
    assert_eq!(refused, Err(VouchError::Refused(InviteError::Signature)));
}

#[test]
fn an_invitation_in_no_version_of_ours_passes_and_claims_nothing() {
    let (_, mut bert, good) = invited();
    let newer = edit(&good, |i| i.versions = Versions { lowest: 2, highest: 3 });
    let (message, claim) = bert.open(NOW, &endpoint("anna", "a"), newer).expect("the table declines it");
    let Body::Invite(invite) = message.body else { panic!("an invitation") };
    assert_eq!((invite.versions.common(), claim.is_none()), (None, true));
}

#[test]
fn our_own_invitation_played_back_is_refused() {
    let (mut anna, _, good) = invited();
    assert!(anna.open(NOW, &endpoint("anna", "a"), good.clone()).is_err());
    assert!(anna.open(NOW, &endpoint("bert", "b"), good).is_err());
}

#[test]
fn an_invitation_that_ran_out_is_refused() {
    let (_, mut bert, good) = invited();
    let late = NOW.after(Duration::from_secs(120) + SKEW);
    let refused = bert.open(late, &endpoint("anna", "a"), good).map(|_| ());
    assert_eq!(refused, Err(VouchError::Refused(InviteError::Expired)));
}

#[test]
fn nothing_is_kept_of_a_session_that_is_over() {
    let (mut anna, mut bert, _) = invited();
    anna.forget(SESSION);
    bert.forget(SESSION);
    assert!(anna.sessions.is_empty() && bert.sessions.is_empty());
    let to_anna = To::Endpoint(endpoint("anna", "a"));
    assert_eq!(bert.seal(NOW, &to_anna, accept()).map(|_| ()), Err(VouchError::Unsigned));
}
