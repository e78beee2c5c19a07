//! *Share a terminal*: the second application inside this program.
//!
//! The sharer ([`sharer`]) has a shell on a terminal of its own, sees it on theirs, and lets the viewer ([`viewer`]) see it,
//! and type into it, by the same consent, brakes, rules and record as a screen. [`mod@line`] is the connection of the two,
//! [`canvas`] what paints on a person's terminal. What travels and what reaches a terminal is decided in
//! `rendezvous_assist::terminal`; `docs/terminal.md` says it for people and for authors.

mod canvas;
mod line;
mod sharer;
mod viewer;

pub(super) use sharer::run as share;
pub(super) use viewer::run as view;
