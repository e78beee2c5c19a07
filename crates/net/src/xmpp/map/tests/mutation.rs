//! Properties: whatever can travel arrives as it was; whatever is changed on the way is refused, or is another message
//! that, where it must be signed, is not.

use super::samples::*;
use super::tree::{Child, Tree};
use crate::vouch::{Account, Vouching};
use crate::xmpp::map::{error, from_stanza, is_ours, result, sender};
use crate::{Parcel, Seal};
use minidom::Element;
use proptest::prelude::*;
use rendezvous_core::{
    ApplicationId, Body, CONTEXT_CHUNK, CancelReason, Chunk, DeclinedBy, Invite, MAX_DATA, MAX_LABEL,
    Message, Role, SessionId, SessionResult, To, Versions,
};
use rendezvous_trust::UnixTime;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const NOW: UnixTime = UnixTime(1_795_000_000);

/// A text of at most `limit` bytes, often exactly so many.
fn text(limit: usize) -> impl Strategy<Value = String> {
    let some = proptest::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter);
    prop_oneof![
        some.prop_map(move |s| {
            let end = (0..=s.len().min(limit)).rev().find(|i| s.is_char_boundary(*i)).unwrap_or(0);
            s[..end].to_owned()
        }),
        Just("x".repeat(limit)),
        Just("é".repeat(limit / 2)),
    ]
}

fn guid() -> impl Strategy<Value = [u8; 16]> {
    any::<[u8; 16]>().prop_filter("a session has a name", |id| *id != [0; 16])
}

fn an_invite() -> impl Strategy<Value = Body> {
    let texts = (text(MAX_LABEL), text(MAX_LABEL), text(MAX_DATA));
    (guid(), texts, any::<(u16, u16)>(), any::<bool>()).prop_map(
        |(application, (name, url, data), (lowest, highest), app_invite)| {
            Body::Invite(Arc::new(Invite {
                application: ApplicationId(application),
                name,
                url,
                data,
                lifetime: Duration::ZERO,
                versions: Versions { lowest, highest },
                app_invite,
                from: bare(MARIA),
            }))
        },
    )
}

fn something_signed() -> impl Strategy<Value = Body> {
    let accept = (any::<u16>(), text(MAX_DATA)).prop_map(|(version, data)| Body::Accept { version, data });
    prop_oneof![an_invite(), accept]
}

fn a_parcel() -> impl Strategy<Value = Parcel> {
    use {CancelReason as C, DeclinedBy as D};
    let by = proptest::sample::select(vec![
        D::Person,
        D::NotInstalled,
        D::Busy,
        D::Policy,
        D::Version,
        D::Crossed,
    ]);
    let reason = proptest::sample::select(vec![C::Withdrawn, C::Timeout, C::AnsweredElsewhere, C::Crossed]);
    let result = prop_oneof![0x8100_0600u32..0x8100_0630, any::<u32>()].prop_map(SessionResult);
    let body = prop_oneof![
        an_invite(),
        Just(Body::Ringing),
        Just(Body::Confirm),
        Just(Body::Attached),
        (any::<u16>(), text(MAX_DATA)).prop_map(|(version, data)| Body::Accept { version, data }),
        (by, text(MAX_DATA)).prop_map(|(by, data)| Body::Decline { by, data }),
        (reason, text(MAX_DATA)).prop_map(|(reason, data)| Body::Cancel { reason, data }),
        (text(CONTEXT_CHUNK), any::<bool>(), any::<bool>())
            .prop_map(|(text, last, abandoned)| Body::Context(Chunk { text, last, abandoned })),
        (any::<bool>(), result, text(MAX_DATA)).prop_map(|(failed, result, data)| Body::Terminate {
            failed,
            result,
            data
        }),
    ];
    let sessions = proptest::collection::btree_set(guid().prop_map(SessionId), 1..=64);
    let alive = |sessions: BTreeSet<SessionId>| Body::Alive { sessions: sessions.into_iter().collect() };
    prop_oneof![
        12 => (guid(), any::<u32>(), body).prop_map(|(id, n, body)| sealed(SessionId(id), n, body)),
        1 => sessions.prop_map(move |sessions| sealed(SessionId::NIL, 0, alive(sessions))),
        1 => guid().prop_map(|id| sealed(SessionId(id), 0, Body::UnknownSession)),
    ]
}

/// One change of one element.
#[derive(Clone, Copy, Debug)]
enum Change {
    RemoveAttribute(usize),
    DoubleAttribute(usize),
    RenameAttribute(usize),
    Append(usize, char),
    Front(usize, char),
    Cut(usize),
    Replace(usize, usize, char),
    Swap(usize, usize),
    AddAttribute,
    AddPrefixed,
    RemoveChild(usize),
    DoubleChild(usize),
    WrapChild(usize),
    SwapChildren(usize, usize),
    AddChild,
    AddText(char),
    Rename,
    Namespace,
}

fn a_change() -> impl Strategy<Value = Change> {
    let n = any::<prop::sample::Index>().prop_map(|i| i.index(64));
    let c = prop_oneof![
        proptest::char::range(' ', '~'),
        Just('é'),
        Just('A'),
        Just('='),
        Just('0'),
        Just('\u{10ffff}')
    ];
    use Change as X;
    prop_oneof![
        n.clone().prop_map(X::RemoveAttribute),
        n.clone().prop_map(X::DoubleAttribute),
        n.clone().prop_map(X::RenameAttribute),
        (n.clone(), c.clone()).prop_map(|(n, c)| X::Append(n, c)),
        (n.clone(), c.clone()).prop_map(|(n, c)| X::Front(n, c)),
        n.clone().prop_map(X::Cut),
        (n.clone(), n.clone(), c.clone()).prop_map(|(n, at, c)| X::Replace(n, at, c)),
        (n.clone(), n.clone()).prop_map(|(a, b)| X::Swap(a, b)),
        Just(X::AddAttribute),
        Just(X::AddPrefixed),
        n.clone().prop_map(X::RemoveChild),
        n.clone().prop_map(X::DoubleChild),
        n.clone().prop_map(X::WrapChild),
        (n.clone(), n).prop_map(|(a, b)| X::SwapChildren(a, b)),
        Just(X::AddChild),
        c.prop_map(X::AddText),
        Just(X::Rename),
        Just(X::Namespace),
    ]
}

fn change(tree: &mut Tree, what: Change) {
    let (attributes, children) = (tree.attributes.len().max(1), tree.children.len().max(1));
    match what {
        Change::RemoveAttribute(n) if !tree.attributes.is_empty() => {
            _ = tree.attributes.remove(n % attributes)
        }
        Change::DoubleAttribute(n) if !tree.attributes.is_empty() => {
            let double = tree.attributes[n % attributes].clone();
            tree.attributes.push(double);
        }
        Change::RenameAttribute(n) if !tree.attributes.is_empty() => {
            tree.attributes[n % attributes].0.push('x')
        }
        Change::Append(n, c) => value(tree, n).push(c),
        Change::Front(n, c) => value(tree, n).insert(0, c),
        Change::Cut(n) => _ = value(tree, n).pop(),
        Change::Replace(n, at, c) => {
            let old: Vec<char> = value(tree, n).chars().collect();
            let at = at % old.len().max(1);
            *value(tree, n) = old.iter().enumerate().map(|(i, o)| if i == at { c } else { *o }).collect();
        }
        Change::Swap(a, b) if tree.attributes.len() > 1 => {
            let (a, b) = (a % attributes, b % attributes);
            let old = tree.attributes[a].1.clone();
            tree.attributes[a].1 = std::mem::replace(&mut tree.attributes[b].1, old);
        }
        Change::AddAttribute => tree.attributes.push(("extra".into(), "1".into())),
        Change::AddPrefixed => tree.attributes.push(("xml:lang".into(), "en".into())),
        Change::RemoveChild(n) if !tree.children.is_empty() => _ = tree.children.remove(n % children),
        Change::DoubleChild(n) if !tree.children.is_empty() => {
            let double = tree.children[n % children].clone();
            tree.children.push(double);
        }
        Change::WrapChild(n) if !tree.children.is_empty() => {
            let inner = tree.children[n % children].clone();
            let wrap =
                Tree { children: vec![inner], ..Tree::around("wrap", "urn:example:wrap", tree.clone()) };
            tree.children[n % children] = Child::Tree(wrap);
        }
        Change::SwapChildren(a, b) if !tree.children.is_empty() => {
            tree.children.swap(a % children, b % children);
        }
        Change::AddChild => {
            let extra = Tree { name: "extra".into(), attributes: vec![], children: vec![], ..tree.clone() };
            tree.children.push(Child::Tree(extra));
        }
        Change::AddText(c) => tree.children.push(Child::Text(c.into())),
        Change::Rename => tree.name.push('x'),
        Change::Namespace => tree.ns.push('0'),
        _ => {}
    }
}

/// A value of an element that can be changed: an attribute, or its text.
fn value(tree: &mut Tree, n: usize) -> &mut String {
    let texts = tree.children.iter().filter(|c| matches!(c, Child::Text(_))).count();
    let all = tree.attributes.len() + texts;
    if all == 0 {
        tree.children.push(Child::Text(String::new()));
    }
    let n = n % all.max(1);
    if n < tree.attributes.len() {
        return &mut tree.attributes[n].1;
    }
    let text = tree.children.iter_mut().find_map(|c| if let Child::Text(t) = c { Some(t) } else { None });
    text.expect("a text")
}

/// Whether two messages differ in nothing that is signed. A server can change these; the standard says what follows.
fn same_but_for_what_is_not_signed(one: &Parcel, other: &Parcel) -> bool {
    let plain = |parcel: &Parcel| {
        let mut parcel = parcel.clone();
        parcel.message.sequence = 0;
        parcel
    };
    plain(one) == plain(other)
}

fn account(name: &str, n: u8) -> Vouching {
    Vouching::new(Account { network: "xmpp".into(), me: bare(name), key: key(n) })
}

/// Maria invites Jonas, and he answers: what each has signed, and who can check it.
fn signed(session: SessionId, body: &Body) -> (Parcel, Vouching, &'static str) {
    let (mut maria, mut jonas) = (account(MARIA, 1), account(JONAS, 2));
    let mut invitation = invite();
    if let Body::Invite(other) = body {
        invitation = Invite { versions: Versions::OURS, ..(**other).clone() };
    }
    invitation.lifetime = Duration::from_secs(120);
    let invitation = Message { session, sequence: 0, body: Body::Invite(Arc::new(invitation)) };
    let mut invitation = maria.seal(NOW, &To::Contact(bare(JONAS)), invitation).unwrap();
    if let Body::Invite(sent) = &mut invitation.message.body {
        Arc::make_mut(sent).lifetime = Duration::ZERO;
    }
    let Body::Accept { .. } = body else { return (invitation, jonas, MARIA) };
    let from = super::super::endpoint(&full(MARIA)).unwrap();
    let (_, claim) = jonas.open(NOW, &from, invitation).unwrap();
    jonas.keep(claim.unwrap());
    let answer = Message { session, sequence: 1, body: body.clone() };
    (jonas.seal(NOW, &To::Endpoint(from), answer).unwrap(), maria, JONAS)
}

fn stanza(parcel: &Parcel, from: &str) -> Element {
    let mut tree = Tree::of(&arrives(parcel, Role::Invitee).unwrap());
    *tree.value("from") = from.into();
    parse(&tree.text())
}

/// Applies a change somewhere below, or to the stanza's own type or sender.
fn mutate(stanza: &Element, place: usize, what: Change) -> String {
    let mut tree = Tree::of(stanza);
    tree.attributes.retain(|(name, _)| name != "to" && name != "id");
    let n = place % tree.count();
    change(tree.nth(n), what);
    if !tree.attributes.iter().any(|(name, _)| name == "id") {
        tree.attributes.push(("id".into(), "x1".into()));
    }
    tree.text()
}

proptest! {
    #[test]
    fn what_can_travel_arrives_as_it_was(parcel in a_parcel(), inviter in any::<bool>()) {
        let role = if inviter { Role::Inviter } else { Role::Invitee };
        let stanza = arrives(&parcel, role).expect("it can travel");
        prop_assert!(is_ours(&stanza));
        prop_assert_eq!(from_stanza(&stanza), Ok(parcel));
    }

    #[test]
    fn one_change_is_refused_or_makes_another_message(
        parcel in a_parcel(), place in 0usize..400, what in a_change()
    ) {
        let stanza = stanza(&parcel, MARIA);
        let text = mutate(&stanza, place, what);
        let Some(changed) = read(&text) else { return Ok(()) };
        let same = changed == parse(&mutate(&stanza, 0, Change::Swap(0, 0)));
        match from_stanza(&changed) {
            Ok(read) if same => prop_assert_eq!(read, parcel),
            Ok(read) => {
                let differs = (sender(&changed), &read) != (sender(&stanza), &parcel);
                // Blanks between elements say nothing, nor does what a server writes on the stanza itself.
                let blank =
                    matches!(what, Change::AddText(' ') | Change::Append(_, ' ') | Change::Front(_, ' '));
                let outside = place % Tree::of(&stanza).count() == 0;
                prop_assert!(differs || blank || outside, "{}", text);
            }
            Err(why) => {
                let answer = String::from(&error(&changed, &why));
                prop_assert!(answer.contains("type='error'"));
            }
        }
        prop_assert!(String::from(&result(&changed)).contains("type='result'"));
    }

    #[test]
    fn one_change_of_what_is_signed_is_refused_or_is_not_signed_any_more(
        id in guid(), body in something_signed(), place in 0usize..8, what in a_change()
    ) {
        let (parcel, mut checks, from) = signed(SessionId(id), &body);
        let stanza = stanza(&parcel, from);
        prop_assert_eq!(from_stanza(&stanza), Ok(parcel.clone()));
        let Some(changed) = read(&mutate(&stanza, place, what)) else { return Ok(()) };
        let Ok(read) = from_stanza(&changed) else { return Ok(()) };
        if !same_but_for_what_is_not_signed(&read, &parcel) {
            prop_assert_ne!(&read.seal, &Seal::Plain);
            let opened = checks.open(NOW, &sender(&changed).unwrap(), read);
            // The table drops an answer for a session that is not there, and declines what is of no version of ours.
            let harmless = |message: &Message| match &message.body {
                Body::Invite(invite) => invite.versions.common().is_none(),
                _ => message.session != parcel.message.session,
            };
            let harmless = matches!(&opened, Ok((message, None)) if harmless(message));
            prop_assert!(opened.is_err() || harmless, "{:?}", opened);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "<(iq|message|presence) xmlns='jabber:client'( (type|id|from)='[a-z@/]{0,8}'){0,3}>(<(invite|jingle|alive) xmlns='urn:(rendezvous:session|xmpp:jingle):1'( (sid|action|sequence)='[a-z0-9-]{0,8}'){0,3}/>){0,2}</(iq|message|presence)>") {
        if let Some(stanza) = read(&text) {
            prop_assert!(from_stanza(&stanza).is_err());
            _ = (is_ours(&stanza), sender(&stanza), result(&stanza));
        }
    }
}
