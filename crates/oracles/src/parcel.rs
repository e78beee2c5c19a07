//! Parcels for the seeds of every network.

use rendezvous_core::{Body, Message};
use rendezvous_net::{Parcel, Proof, Seal};
use rendezvous_trust::{DeviceKey, Signature, UnixTime};

/// With a seal of the right kind. Nothing here checks what was signed.
pub(crate) fn sealed(message: Message) -> Parcel {
    let mut seed = [7; 32];
    seed[0] = 1;
    let key = DeviceKey::from_seed(&seed).expect("these are not equal bytes").public();
    let proof = Proof { key, signature: Signature::from_bytes([9; 64]) };
    let seal = match &message.body {
        Body::Invite(_) => Seal::Invite { expiry: UnixTime(1_790_000_000), proof },
        Body::Accept { .. } => Seal::Accept { proof },
        _ => Seal::Plain,
    };
    Parcel { message, seal }
}
