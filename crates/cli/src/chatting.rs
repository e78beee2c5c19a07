//! What the two people write to each other, in a window, where the person here has no terminal.
//!
//! It is an ordinary window beside what is shared, and part of the picture like any other: what is in it is between the two
//! anyway. Nobody writes in it in the person's place: what is played back counts only while nobody else could do that, and the
//! other's pointer and keys rest while the person writes. When the other one writes first it comes without the keyboard, so
//! that nothing that was meant for elsewhere is sent to them.

#[cfg(not(feature = "windows"))]
#[path = "chatting/nowhere.rs"]
mod chat;
#[cfg(feature = "windows")]
#[path = "chatting/windows.rs"]
mod chat;

pub(crate) use chat::Chatting;

/// What the person did there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "windows"), expect(dead_code, reason = "without windows nobody writes in one"))]
pub(crate) enum Wrote {
    /// So far they have written this; nothing, when they have taken it away again.
    Draft(String),
    /// This is to be sent.
    Sent(String),
    /// They closed the window. What they had begun to write is there when it is opened again.
    Closed,
    /// There are no windows any more.
    Gone,
}

/// What they do next; never, where there is no window for it.
pub(crate) async fn next(chat: &mut Option<Chatting>) -> Wrote {
    match chat {
        Some(chat) => chat.next().await,
        None => std::future::pending().await,
    }
}
