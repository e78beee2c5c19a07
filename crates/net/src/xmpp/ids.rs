//! Names for our stanzas that nobody else can guess.

use sha2::{Digest as _, Sha256};

/// Draws names from a seed. Whoever has seen some of them cannot tell the next.
pub(super) struct Ids {
    seed: [u8; 32],
    count: u64,
}

impl Ids {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self { seed, count: 0 }
    }

    pub(super) fn next(&mut self) -> String {
        self.count += 1;
        let digest = Sha256::new().chain_update(self.seed).chain_update(self.count.to_be_bytes()).finalize();
        digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
