//! What follows a confirmation: a Jingle session of our own application and transport (XEP-0166).

use super::own::{sequence, session};
use super::read::{attributes, attributes_or, children, empty, only_child, value};
use super::spell::{self, boolean, read_boolean, read_result, read_text};
use super::{MapError, NS, NS_DESCRIPTION, NS_JINGLE, NS_TRANSPORT, name};
use jid::FullJid;
use minidom::{Element, ElementBuilder};
use rendezvous_core::{Body, CONTEXT_CHUNK, Chunk, Code, MAX_DATA, Message, Role, SessionResult};

/// The name of our one content.
const CONTENT: &str = "session";

/// Whether anything in a Jingle element is of our namespaces, as deep as anything of ours can be.
pub(super) fn is_ours(jingle: &Element) -> bool {
    let ours = |e: &Element| [NS, NS_DESCRIPTION, NS_TRANSPORT].contains(&e.ns().as_str());
    jingle.children().any(|child| ours(child) || child.children().any(ours))
}

pub(super) fn write(message: &Message, role: Role) -> Option<Element> {
    let start = |action: &str| {
        Element::builder("jingle", NS_JINGLE)
            .attr(name("action"), action)
            .attr(name("sid"), spell::guid(&message.session.0))
    };
    let ours = |element: &str| Element::builder(element, NS).attr(name("sequence"), message.sequence);
    let jingle = match (&message.body, role) {
        (Body::Confirm, _) => start("session-initiate").append(content(message.sequence)),
        (Body::Attached, Role::Invitee) => start("session-accept").append(content(message.sequence)),
        (Body::Attached, Role::Inviter) => start("session-info").append(ours("attached")),
        (Body::Context(Chunk { text, last, abandoned }), _) => {
            let context = ours("context")
                .attr(name("last"), boolean(*last))
                .attr(name("abandoned"), boolean(*abandoned));
            start("session-info").append(spell::text(context, text))
        }
        (Body::Terminate { failed, result, data }, _) => {
            let terminate = ours("terminate")
                .attr(name("failed"), boolean(*failed))
                .attr(name("result"), spell::result(*result));
            let terminate = spell::text(terminate, data);
            let condition = Element::bare(reason(*failed, *result), NS_JINGLE);
            let reason = Element::builder("reason", NS_JINGLE).append(condition).append(terminate);
            start("session-terminate").append(reason)
        }
        _ => return None,
    };
    Some(jingle.build())
}

fn content(sequence: u32) -> ElementBuilder {
    Element::builder("content", NS_JINGLE)
        .attr(name("creator"), "initiator")
        .attr(name("name"), CONTENT)
        .append(Element::builder("description", NS_DESCRIPTION).attr(name("sequence"), sequence))
        .append(Element::bare("transport", NS_TRANSPORT))
}

/// What Jingle calls an ending, for programs that know Jingle and not us.
fn reason(failed: bool, result: SessionResult) -> &'static str {
    if !failed {
        return "success";
    }
    match result.code() {
        Some(Code::ApplicationLaunchFailed) => "failed-application",
        Some(Code::AuthenticationFailed) => "security-error",
        Some(Code::SessionTimeout) => "timeout",
        Some(Code::ConnectionFailure | Code::NetworkConfigFailure | Code::FirewallNotSupported) => {
            "connectivity-error"
        }
        Some(Code::NetNotSupported | Code::RemoteNetNotSupported) => "unsupported-transports",
        _ => "general-error",
    }
}

pub(super) fn read(jingle: &Element, from: &FullJid) -> Result<Message, MapError> {
    let action = jingle.attr("action").ok_or(MapError::Attributes)?;
    let party = match action {
        "session-initiate" => "initiator",
        "session-accept" => "responder",
        _ => "",
    };
    attributes_or(jingle, &["action", "sid"], party)?;
    let session = session(jingle)?;
    if !party.is_empty() {
        // Jingle lets a session name another party than its sender, and so be redirected. Ours are not.
        let named = jingle.attr(party).map(FullJid::new);
        if named.is_some_and(|jid| jid.as_ref() != Ok(from)) {
            return Err(MapError::Redirected);
        }
    }
    let (sequence, body) = match action {
        "session-initiate" => (read_content(only_child(jingle)?)?, Body::Confirm),
        "session-accept" => (read_content(only_child(jingle)?)?, Body::Attached),
        "session-info" => read_info(only_child(jingle)?)?,
        "session-terminate" => read_terminate(only_child(jingle)?)?,
        _ => return Err(MapError::Action),
    };
    Ok(Message { session, sequence, body })
}

fn read_content(content: &Element) -> Result<u32, MapError> {
    if !content.is("content", NS_JINGLE) {
        return Err(MapError::Children);
    }
    attributes(content, &["creator", "name"])?;
    value(content, "creator", |text| (text == "initiator").then_some(()))?;
    value(content, "name", |text| (text == CONTENT).then_some(()))?;
    let &[description, transport] = children(content)?.as_slice() else { return Err(MapError::Children) };
    if !description.is("description", NS_DESCRIPTION) || !transport.is("transport", NS_TRANSPORT) {
        return Err(MapError::Children);
    }
    attributes(description, &["sequence"])?;
    empty(description)?;
    attributes(transport, &[])?;
    empty(transport)?;
    sequence(description)
}

fn read_info(info: &Element) -> Result<(u32, Body), MapError> {
    if info.ns() != NS {
        return Err(MapError::Children);
    }
    match info.name() {
        "attached" => {
            attributes(info, &["sequence"])?;
            empty(info)?;
            Ok((sequence(info)?, Body::Attached))
        }
        "context" => {
            attributes(info, &["sequence", "last", "abandoned"])?;
            let chunk = Chunk {
                last: value(info, "last", read_boolean)?,
                abandoned: value(info, "abandoned", read_boolean)?,
                text: read_text(info, CONTEXT_CHUNK, "context")?,
            };
            Ok((sequence(info)?, Body::Context(chunk)))
        }
        _ => Err(MapError::Element),
    }
}

fn read_terminate(element: &Element) -> Result<(u32, Body), MapError> {
    if !element.is("reason", NS_JINGLE) {
        return Err(MapError::Children);
    }
    attributes(element, &[])?;
    let &[condition, terminate] = children(element)?.as_slice() else { return Err(MapError::Children) };
    if !terminate.is("terminate", NS) {
        return Err(MapError::Children);
    }
    attributes(terminate, &["sequence", "failed", "result"])?;
    let failed = value(terminate, "failed", read_boolean)?;
    let result = value(terminate, "result", read_result)?;
    let data = read_text(terminate, MAX_DATA, "data")?;
    attributes(condition, &[])?;
    empty(condition)?;
    if !condition.is(reason(failed, result), NS_JINGLE) {
        return Err(MapError::Reason);
    }
    Ok((sequence(terminate)?, Body::Terminate { failed, result, data }))
}
