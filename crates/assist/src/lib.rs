//! Remote assistance without I/O.
//!
//! This crate decides; it never touches a screen, a socket, a clock or a thread, and what must be random is passed in.
//! It does not know the session either: a session carries opaque text, and helping is one use of it.
//!
//! In the order in which a help session meets them:
//!
//! 1. [`secure`] finds out who is at the other end, before anything else: nothing is asked, opened or gathered until it
//!    has handed out a [`link::Link`], through which every later message goes, signed.
//! 2. [`signal`] is what the two applications say to each other over the session's context data, and [`description`]
//!    is the part of it that tells how to connect: checked values, never SDP.
//! 3. [`consent`] asks the person at this machine what the expert may do, and hands out the [`grant`] values without
//!    which no capturer and no injector can be built. Nothing that came over a wire can make it say yes.
//!    [`brakes`] holds up what looks like fraud, whatever the person says.
//! 4. [`peer`] is the novice's WebRTC endpoint, packets in and packets out, built only after the view is granted and
//!    both sides have signed the certificates. [`paths`] finds the ways by which it is reached, with the help of the servers
//!    that [`ice`] names, over the kinds of addresses in [`families`].
//! 5. [`pace`] decides when a picture is encoded; [`screen`] names what the desktop produces, and [`screens`]
//!    what there is to choose from.
//! 6. [`input`] is what the expert's page may send once control is granted, bounded and checked.
//! 7. [`chat`] is what the two people write to each other beside the picture.
//! 8. [`terminal`] is what is shared where it is not a screen: cells, keys, and what reaches the terminals of both.
//! 9. [`policy`] is what this computer's administrator and its person allow beforehand, and [`record`] is what is written
//!    down of all this.
//!
//! Time is [`Time`], in milliseconds from an epoch that the caller chose, and always the first argument. Machines here
//! follow one contract: after every input, drain `poll_output` until it returns `Timeout`.
#![forbid(unsafe_code)]

pub mod brakes;
pub mod chat;
pub mod consent;
pub mod description;
pub mod families;
pub mod files;
pub mod grant;
pub mod ice;
pub mod input;
pub mod link;
#[doc(hidden)]
pub mod mutant;
pub mod pace;
pub mod paths;
pub mod peer;
pub mod policy;
pub mod record;
pub mod screen;
pub mod screens;
pub mod secure;
pub mod signal;
pub mod terminal;

mod sdp;
mod time;
#[doc(hidden)]
pub use sdp::page_offer;
pub use time::Time;
