//! SPAKE2 with fixed roles, and the confirmation of its key in both directions.

use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use rand_core::{CryptoRng, RngCore};
use sha2::Sha256;
use spake2::{Ed25519Group, Identity, Password, Spake2};
use zeroize::{Zeroize as _, Zeroizing};

use super::{Code, CodeError, MAX_CODE_MESSAGE};
use crate::encode::{Domain, Hash, Statement};
use crate::handshake::Exchanged;
use crate::key::PublicKey;
use crate::wire::{Object, WireError, Writer};

/// What SPAKE2 sends: a letter for the side, and an element.
pub(super) type Element = [u8; 33];

/// Who confirms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Expert,
    Novice,
}

impl Side {
    const fn text(self) -> &'static str {
        match self {
            Self::Expert => "expert",
            Self::Novice => "novice",
        }
    }

    fn identity(self, nameplate: u16, key: &PublicKey) -> Identity {
        let statement = Statement::new(Domain::CodeSide)
            .number(u64::from(nameplate))
            .text(self.text())
            .bytes(key.as_bytes());
        Identity::new(statement.as_bytes())
    }
}

/// An exchange in which our element was computed.
pub(super) struct Exchange {
    side: Side,
    spake: Spake2<Ed25519Group>,
    own: Element,
    nameplate: u16,
    th: Hash,
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange").field("side", &self.side).finish_non_exhaustive()
    }
}

impl Exchange {
    pub(super) fn begin(side: Side, exchanged: &Exchanged, code: &Code, random: [u8; 64]) -> Self {
        let shared = exchanged.shared();
        let (own, peer) = (shared.key.public(), shared.peer);
        let (expert, novice) = match side {
            Side::Expert => (own, peer),
            Side::Novice => (peer, own),
        };
        let expert = Side::Expert.identity(code.nameplate(), &expert);
        let novice = Side::Novice.identity(code.nameplate(), &novice);
        let password = Password::new(code.secret());
        let drawn = Drawn { bytes: random, used: 0 };
        let (spake, own) = match side {
            Side::Expert => Spake2::start_a_with_rng(&password, &expert, &novice, drawn),
            Side::Novice => Spake2::start_b_with_rng(&password, &expert, &novice, drawn),
        };
        let own = own.try_into().expect("SPAKE2 over Ed25519 sends 33 bytes");
        Self { side, spake, own, nameplate: code.nameplate(), th: shared.th }
    }

    pub(super) fn write(&self, kind: &str) -> Writer {
        Writer::message(kind).bytes("element", &self.own)
    }

    /// Computes the key. It is the same on both sides only if the codes are.
    pub(super) fn finish(self, peer: &Element) -> Result<Keyed, CodeError> {
        let (x, y) = match self.side {
            Side::Expert => (self.own, *peer),
            Side::Novice => (*peer, self.own),
        };
        let key = self.spake.finish(peer).map_err(|_| WireError::Value("element"))?;
        let transcript = Statement::new(Domain::CodeConfirm)
            .number(u64::from(self.nameplate))
            .bytes(&self.th)
            .bytes(&x)
            .bytes(&y);
        Ok(Keyed { key: Zeroizing::new(key), transcript })
    }
}

/// An exchange with a key that is not confirmed yet.
pub(super) struct Keyed {
    key: Zeroizing<Vec<u8>>,
    transcript: Statement,
}

impl std::fmt::Debug for Keyed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyed(…)")
    }
}

impl Keyed {
    /// What this side shows the other.
    pub(super) fn mac(&self, side: Side) -> [u8; 32] {
        self.keyed(side).finalize().into_bytes().into()
    }

    /// Whether the other side has the same key, and saw the same. In constant time.
    pub(super) fn check(&self, side: Side, mac: &[u8; 32]) -> Result<(), CodeError> {
        self.keyed(side).verify_slice(mac).map_err(|_| CodeError::Wrong)
    }

    fn keyed(&self, side: Side) -> Hmac<Sha256> {
        let purpose = Statement::new(Domain::CodeKey).text(side.text());
        let mut key = Zeroizing::new([0u8; 32]);
        Hkdf::<Sha256>::new(None, &self.key)
            .expand(purpose.as_bytes(), key.as_mut())
            .expect("HKDF-SHA256 gives far more than 32 bytes");
        let mut mac = Hmac::new_from_slice(key.as_ref()).expect("HMAC takes keys of any length");
        mac.update(self.transcript.as_bytes());
        mac
    }
}

pub(super) fn read_element(c1: &str) -> Result<Element, WireError> {
    let mut object = Object::message(c1, MAX_CODE_MESSAGE, "c1")?;
    let element = object.bytes("element")?;
    object.end()?;
    Ok(element)
}

pub(super) fn read_answer(c2: &str) -> Result<(Element, [u8; 32]), WireError> {
    let mut object = Object::message(c2, MAX_CODE_MESSAGE, "c2")?;
    let answer = (object.bytes("element")?, object.bytes("mac")?);
    object.end()?;
    Ok(answer)
}

pub(super) fn write_confirmation(mac: &[u8; 32]) -> String {
    Writer::message("c3").bytes("mac", mac).finish()
}

pub(super) fn read_confirmation(c3: &str) -> Result<[u8; 32], WireError> {
    let mut object = Object::message(c3, MAX_CODE_MESSAGE, "c3")?;
    let mac = object.bytes("mac")?;
    object.end()?;
    Ok(mac)
}

/// Hands SPAKE2 the 64 random bytes that the caller drew. It takes exactly these; there are no others.
struct Drawn {
    bytes: [u8; 64],
    used: usize,
}

impl RngCore for Drawn {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        let next = self.bytes.get(self.used..self.used + dest.len());
        dest.copy_from_slice(next.expect("SPAKE2 draws one scalar, which is 64 bytes"));
        self.used += dest.len();
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Drawn {}

impl Drop for Drawn {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}
