//! Why there is no connection.

use std::fmt;
use std::net::SocketAddr;

use crate::description::{DescriptionError, MAX_CANDIDATES};

/// Why there is no connection to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerError {
    /// The description is not an offer.
    Offer(DescriptionError),
    /// The description, or our certificate, is not what both sides have signed.
    NotBound,
    /// This is not the offer of a page that looks for another way: it has another certificate, another video or the
    /// same ICE name as before; or the connection is over, or found its way too often. A new connection is needed.
    NotARestart,
    /// No local address was given, or more than [`MAX_CANDIDATES`].
    LocalAddresses(usize),
    /// This local address cannot be used: it is unspecified, say, or for many receivers.
    LocalAddress(SocketAddr),
    /// The offer has no video format that we know, or none is left of them.
    NoCodec,
    /// The WebRTC stack refused what we made of the offer.
    Stack(&'static str),
}

impl fmt::Display for PeerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offer(error) => write!(f, "the page's description is refused: {error}"),
            Self::NotBound => f.write_str("the certificates are not the ones that both sides have signed"),
            Self::NotARestart => f.write_str("this connection cannot look for another way to that page"),
            Self::LocalAddresses(count) => {
                write!(f, "{count} local addresses were given, 1 to {MAX_CANDIDATES} are needed")
            }
            Self::LocalAddress(_) => f.write_str("a local address cannot be used to receive"),
            Self::NoCodec => f.write_str("the page decodes nothing that can be encoded here"),
            Self::Stack(what) => write!(f, "the WebRTC stack: {what}"),
        }
    }
}

impl std::error::Error for PeerError {}
