//! The hash that says whether all of a file arrived.
//!
//! It is SHA-256 over the SHA-256 of every mebibyte of the file, one after the other; the last one may be shorter. A browser
//! hashes what it is given at once and no stream, so the page hashes mebibytes; this is what follows from that.

use sha2::{Digest as _, Sha256};

/// What is hashed at once, in bytes.
const PIECE: usize = 1 << 20;

/// The hash of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileHash(pub [u8; 32]);

impl FileHash {
    /// Reads 64 hexadecimal digits in lower case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// The 64 digits.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Hashes a file as it comes.
#[derive(Clone, Debug, Default)]
pub struct PieceHasher {
    all: Sha256,
    piece: Sha256,
    /// Bytes in the piece that is not full yet.
    within: usize,
    hashed: u64,
}

impl PieceHasher {
    /// The next bytes.
    pub fn update(&mut self, mut data: &[u8]) {
        self.hashed += data.len() as u64;
        while !data.is_empty() {
            let (now, later) = data.split_at(data.len().min(PIECE - self.within));
            self.piece.update(now);
            self.within += now.len();
            if self.within == PIECE {
                self.end_piece();
            }
            data = later;
        }
    }

    /// Bytes that were sent again are hashed once. `false`: there is a gap before them, and nothing was hashed.
    #[must_use]
    pub fn update_at(&mut self, offset: u64, data: &[u8]) -> bool {
        let Some(known) = self.hashed.checked_sub(offset) else { return false };
        let known = usize::try_from(known).unwrap_or(usize::MAX).min(data.len());
        self.update(&data[known..]);
        true
    }

    /// How many bytes were hashed.
    #[must_use]
    pub fn hashed(&self) -> u64 {
        self.hashed
    }

    /// The hash of everything.
    #[must_use]
    pub fn finish(mut self) -> FileHash {
        if self.within > 0 {
            self.end_piece();
        }
        FileHash(self.all.finalize().into())
    }

    fn end_piece(&mut self) {
        self.all.update(std::mem::take(&mut self.piece).finalize());
        self.within = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(data: &[u8]) -> FileHash {
        let mut hasher = PieceHasher::default();
        hasher.update(data);
        hasher.finish()
    }

    #[test]
    fn it_is_the_hash_of_the_hashes_of_all_mebibytes() {
        assert_eq!(of(b""), FileHash(Sha256::digest(b"").into()));
        assert_eq!(of(b"abc"), FileHash(Sha256::digest(Sha256::digest(b"abc")).into()));
        let data = vec![7; PIECE + 5];
        let both = [Sha256::digest(&data[..PIECE]), Sha256::digest(&data[PIECE..])].concat();
        assert_eq!(of(&data), FileHash(Sha256::digest(&both).into()));
        let text = of(b"abc").to_text();
        assert_eq!(FileHash::parse(&text), Some(of(b"abc")));
        for wrong in [&text[1..], &text.to_uppercase(), &format!("+{}", &text[1..]), ""] {
            assert_eq!(FileHash::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn it_is_the_same_however_the_bytes_come_and_how_often() {
        let data: Vec<u8> = (0..PIECE * 2 + 77).map(|at| (at * 31 % 251) as u8).collect();
        let mut hasher = PieceHasher::default();
        let mut at = 0;
        for length in [1, PIECE - 1, 5, 60_000, PIECE].into_iter().cycle() {
            let end = data.len().min(at + length);
            // As after a connection that was lost: some of it once more.
            let from = at.saturating_sub(100);
            assert!(hasher.update_at(from as u64, &data[from..end]));
            at = end;
            if at == data.len() {
                break;
            }
        }
        assert!(!hasher.update_at(data.len() as u64 + 1, b"x"), "a gap");
        assert_eq!(hasher.hashed(), data.len() as u64);
        assert_eq!(hasher.finish(), of(&data));
    }
}
