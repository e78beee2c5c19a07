//! What this device can do, and what others say that they can (XEP-0030, XEP-0115). Pure.

use crate::xmpp::map;
use std::collections::BTreeSet;
use xmpp_parsers::caps::{Caps, compute_disco, hash_caps};
use xmpp_parsers::disco::{DiscoInfoResult, Identity};
use xmpp_parsers::hashes::{Algo, Hash};
use xmpp_parsers::minidom::Element;
use xmpp_parsers::ns;
use xmpp_parsers::presence::{Presence, Show, Type};

/// Names this program among those that speak XMPP.
const NODE: &str = "https://rendezvous.im/xmpp";
/// Below all programs in which a person reads messages: none that is not meant for this very device comes here.
const PRIORITY: i8 = -1;

/// What this device can do.
pub(super) fn ours(node: Option<String>) -> DiscoInfoResult {
    let features = [ns::DISCO_INFO, ns::CAPS, ns::PING].into_iter().chain(map::features());
    DiscoInfoResult {
        node,
        identities: vec![Identity {
            category: "client".into(),
            type_: "pc".into(),
            lang: None,
            name: Some("Rendezvous".into()),
        }],
        features: features.map(str::to_owned).collect(),
        extensions: Vec::new(),
    }
}

/// Whether a question about this node is one about this device.
pub(super) fn is_ours(node: Option<&str>) -> bool {
    node.is_none_or(|node| node == node_of(&our_caps()))
}

/// How this device shows itself: not there to chat.
pub(super) fn presence() -> Presence {
    Presence::new(Type::None).with_show(Show::Xa).with_priority(PRIORITY).with_payload(our_caps())
}

fn our_caps() -> Caps {
    let hash = hash_caps(&compute_disco(&ours(None)), Algo::Sha_1).expect("SHA-1 is known to the library");
    Caps::new(NODE, hash)
}

/// The node at which a device answers for its capabilities.
pub(super) fn node_of(caps: &Caps) -> String {
    use base64::Engine as _;
    format!("{}#{}", caps.node, base64::engine::general_purpose::STANDARD.encode(&caps.ver))
}

/// The capabilities in a presence.
pub(super) fn caps(payloads: &[Element]) -> Option<Caps> {
    let element = payloads.iter().find(|payload| payload.is("c", ns::CAPS))?;
    let caps = Caps::try_from(element.clone()).ok()?;
    (caps.node.len() <= 512 && caps.ver.len() <= 64).then_some(caps)
}

/// Whether a device that says this can take our messages.
pub(super) fn can(info: &DiscoInfoResult) -> bool {
    map::features().into_iter().all(|feature| info.features.contains(feature))
}

/// Whether what a device says is what its presence announced, so that it holds for all that announce the same. The
/// announcement joins texts by `<`, so one that contains it could be read in two ways; and a form in it can stand for
/// features, so what has one holds for the device that said it alone.
pub(super) fn proves(info: &DiscoInfoResult, caps: &Caps) -> bool {
    let identities = info.identities.iter().flat_map(|identity| {
        [Some(&identity.category), Some(&identity.type_), identity.lang.as_ref(), identity.name.as_ref()]
    });
    let texts: BTreeSet<&String> = info.features.iter().chain(identities.flatten()).collect();
    if texts.iter().any(|text| text.contains('<')) || !info.extensions.is_empty() {
        return false;
    }
    let hash = hash_caps(&compute_disco(info), caps.hash.clone());
    hash.is_ok_and(|Hash { hash, .. }| hash == caps.ver)
}
