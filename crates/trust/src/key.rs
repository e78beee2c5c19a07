//! Device keys: Ed25519 (RFC 8032), one per device and user.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::encode::{Domain, Statement};

/// The secret key of this device. Wiped from memory when dropped; never shown, not even by `Debug`.
pub struct DeviceKey(SigningKey);

/// The public key of a device: in canonical form, of full order, so that it has exactly one holder.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// A signature over a statement of this crate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

/// Why a key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyError {
    /// The text is not `ed25519:` and 43 characters of unpadded base64 for URLs.
    NotAKey,
    /// The bytes are no point of the curve, or not in its only canonical form.
    NotCanonical,
    /// A point of small or mixed order: signatures could verify that its holder never made.
    SmallOrder,
    /// Thirty-two equal bytes are not random.
    NotRandom,
    /// These bytes are not what TLS 1.3 has a certificate's holder sign.
    NotCertificateVerify,
}

impl DeviceKey {
    /// Makes the key from 32 random bytes, or from those that [`DeviceKey::seed`] gave.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotRandom`] for equal bytes, which is what a source of randomness that does not work gives.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        if seed.iter().all(|byte| *byte == seed[0]) {
            return Err(KeyError::NotRandom);
        }
        Ok(Self(SigningKey::from_bytes(seed)))
    }

    /// The bytes to keep: in the keyring, or in a file that only this user can read.
    #[must_use]
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// What others know it by.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Signs the *CertificateVerify* of a TLS 1.3 handshake (RFC 8446, 4.4.3) in which this key is presented, and no
    /// other bytes. They begin with 64 blanks, a statement of this crate with the length of its domain, so neither
    /// stands for the other.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotCertificateVerify`].
    pub fn sign_certificate_verify(&self, input: &[u8]) -> Result<Signature, KeyError> {
        if !is_certificate_verify(input) {
            return Err(KeyError::NotCertificateVerify);
        }
        Ok(Signature(self.0.sign(input).to_bytes()))
    }

    /// Statements only: each begins with its domain, so that nothing signed here means anything elsewhere.
    pub(crate) fn sign(&self, statement: &Statement) -> Signature {
        Signature(self.0.sign(statement.as_bytes()).to_bytes())
    }
}

/// 64 blanks, the context of a server or a client, a zero, and a SHA-256 or SHA-384 of the handshake.
fn is_certificate_verify(input: &[u8]) -> bool {
    let Some((blanks, rest)) = input.split_first_chunk::<64>() else { return false };
    let contexts = [&b"TLS 1.3, server CertificateVerify\0"[..], b"TLS 1.3, client CertificateVerify\0"];
    let hash = contexts.iter().find_map(|context| rest.strip_prefix(*context));
    blanks.iter().all(|byte| *byte == b' ') && hash.is_some_and(|hash| matches!(hash.len(), 32 | 48))
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceKey(of {})", self.public())
    }
}

impl PublicKey {
    const PREFIX: &str = "ed25519:";

    /// Takes a key that came from elsewhere.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotCanonical`] and [`KeyError::SmallOrder`]. A key that has a second spelling could be pinned as one
    /// and shown as another; one of small order has no holder.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotCanonical)?;
        let point = key.to_edwards();
        if point.is_small_order() || !point.is_torsion_free() {
            return Err(KeyError::SmallOrder);
        }
        // No point of full order has a second spelling: a test tries all that could be one. This does not rely on it.
        if point.compress().as_bytes() != bytes {
            return Err(KeyError::NotCanonical);
        }
        Ok(Self(key))
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The text form, for files and options: `ed25519:` and the bytes in unpadded base64 for URLs.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}{}", Self::PREFIX, URL_SAFE_NO_PAD.encode(self.as_bytes()))
    }

    /// Reads the text form.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotAKey`], and those of [`PublicKey::from_bytes`].
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let encoded =
            text.strip_prefix(Self::PREFIX).filter(|encoded| encoded.len() == 43).ok_or(KeyError::NotAKey)?;
        let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| KeyError::NotAKey)?;
        Self::from_bytes(&bytes.try_into().map_err(|_| KeyError::NotAKey)?)
    }

    /// The key as people can compare it: eight groups of four letters and digits, 160 bits of a hash. None of them is
    /// `0`, `1`, `l` or `o`, which look alike.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        const SYMBOLS: &[u8; 32] = b"23456789abcdefghijkmnpqrstuvwxyz";
        let hash = Statement::new(Domain::Fingerprint).bytes(self.as_bytes()).hash();
        let mut text = String::with_capacity(39);
        for (group, five_bytes) in hash[..20].chunks(5).enumerate() {
            let bits = five_bytes.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
            for place in 0..8 {
                if place == 4 || (place == 0 && group > 0) {
                    text.push(' ');
                }
                let symbol = (bits >> (35 - 5 * place)) & 31;
                text.push(char::from(SYMBOLS[symbol as usize]));
            }
        }
        text
    }

    /// Whether the holder of this key signed the statement. Strict (RFC 8032 without the cofactor, no small-order `R`).
    pub(crate) fn has_signed(&self, statement: &Statement, signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        self.0.verify_strict(statement.as_bytes(), &signature).is_ok()
    }
}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl std::hash::Hash for PublicKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl Signature {
    /// Takes a signature that came from elsewhere. Any 64 bytes are one; most verify nothing.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// The 64 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signature(…)")
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAKey => "not a key: expected \"ed25519:\" and 43 characters of base64",
            Self::NotCanonical => "the key is not a point of the curve in canonical form",
            Self::SmallOrder => "the key is a point of small order, which nobody can hold",
            Self::NotRandom => "a device key needs 32 random bytes, and these are all the same",
            Self::NotCertificateVerify => "a device key signs in TLS only what TLS 1.3 defines for it",
        })
    }
}

impl std::error::Error for KeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> DeviceKey {
        let mut bytes = [seed; 32];
        bytes[0] = !seed;
        DeviceKey::from_seed(&bytes).unwrap()
    }

    #[test]
    fn a_public_key_survives_its_text_form() {
        let public = key(1).public();
        assert_eq!(PublicKey::from_text(&public.to_text()), Ok(public));
        assert_eq!(public.to_text().len(), 51);
        for bad in ["", "ed25519:", &public.to_text()[8..], &format!("{public}="), &format!("{public}A")] {
            assert_eq!(PublicKey::from_text(bad), Err(KeyError::NotAKey), "{bad}");
        }
    }

    #[test]
    fn a_fingerprint_has_eight_groups_that_look_unlike_each_other() {
        let text = key(1).public().fingerprint();
        assert_eq!(text.len(), 39);
        assert_eq!(text.split(' ').map(str::len).collect::<Vec<_>>(), [4; 8]);
        assert!(!text.contains(['0', '1', 'l', 'o']), "{text}");
        assert_ne!(text, key(2).public().fingerprint());
    }

    /// The eight points of small order in canonical form, and spellings of them and of others that are not canonical.
    #[test]
    fn points_without_a_holder_are_refused() {
        let hex = |text: &str| -> [u8; 32] {
            std::array::from_fn(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
        };
        let small = [
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000080",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        ];
        for text in small {
            assert_eq!(PublicKey::from_bytes(&hex(text)), Err(KeyError::SmallOrder), "{text}");
        }
        // y = p, p + 1 (both of small order), and every other y that fits 255 bits and is not below p.
        let mut refused = 0;
        for low in 0xED..=0xFF_u8 {
            for high in [0x7F, 0xFF] {
                let mut bytes = [0xFF; 32];
                (bytes[0], bytes[31]) = (low, high);
                assert!(PublicKey::from_bytes(&bytes).is_err(), "{low:x} {high:x}");
                refused += 1;
            }
        }
        assert_eq!(refused, 38);
    }

    #[test]
    fn a_point_of_mixed_order_is_refused() {
        // The sum of an honest key and the point of order two (0, -1): the encoding of (-x, -y).
        let honest = key(3).public();
        let mut negated_y = [0u8; 32];
        let prime: [u8; 32] = std::array::from_fn(|i| {
            if i == 0 {
                0xED
            } else if i == 31 {
                0x7F
            } else {
                0xFF
            }
        });
        let (mut borrow, y) = (0i16, honest.as_bytes());
        for i in 0..32 {
            let byte = if i == 31 { y[i] & 0x7F } else { y[i] };
            let difference = i16::from(prime[i]) - i16::from(byte) - borrow;
            borrow = i16::from(difference < 0);
            negated_y[i] = difference.rem_euclid(256) as u8;
        }
        negated_y[31] |= !y[31] & 0x80;
        assert_eq!(PublicKey::from_bytes(&negated_y), Err(KeyError::SmallOrder));
    }

    #[test]
    fn randomness_that_does_not_work_makes_no_key() {
        assert_eq!(DeviceKey::from_seed(&[0; 32]).map(|_| ()), Err(KeyError::NotRandom));
        assert_eq!(DeviceKey::from_seed(&[7; 32]).map(|_| ()), Err(KeyError::NotRandom));
    }

    #[test]
    fn a_signature_is_for_one_key_and_one_statement() {
        let statement = |text| Statement::new(Domain::Proof).text(text);
        let signature = key(1).sign(&statement("a"));
        assert!(key(1).public().has_signed(&statement("a"), &signature));
        assert!(!key(1).public().has_signed(&statement("b"), &signature));
        assert!(!key(2).public().has_signed(&statement("a"), &signature));
        assert!(
            !key(1).public().has_signed(&Statement::new(Domain::Bind).text("a"), &signature),
            "another domain"
        );
    }

    #[test]
    fn only_what_tls_defines_is_signed_for_tls() {
        let input = |context: &str, hash: usize| {
            [&[b' '; 64][..], b"TLS 1.3, ", context.as_bytes(), b" CertificateVerify\0", &vec![7; hash]]
                .concat()
        };
        for (context, hash) in [("server", 32), ("client", 48)] {
            let good = input(context, hash);
            let signature = key(1).sign_certificate_verify(&good).unwrap();
            let signature = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
            assert!(key(1).public().0.verify_strict(&good, &signature).is_ok());
        }
        let statement = Statement::new(Domain::Invite).text("a");
        let mut tabs = input("client", 32);
        tabs[63] = b'\t';
        let wrong =
            [Vec::new(), statement.as_bytes().to_vec(), input("other", 32), input("client", 33), tabs];
        for bytes in wrong.into_iter().chain([input("server", 32)[1..].to_vec(), input("client", 0)]) {
            let refused = key(1).sign_certificate_verify(&bytes);
            assert_eq!(refused, Err(KeyError::NotCertificateVerify), "{bytes:?}");
        }
    }

    #[test]
    fn a_secret_key_does_not_print_itself() {
        let shown = format!("{:?}", key(1));
        assert!(shown.starts_with("DeviceKey(of ed25519:"), "{shown}");
        assert!(!shown.contains("254, 1, 1"));
    }
}
