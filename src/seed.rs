//! One root seed, named child generators: the same name gives the same stream, whatever else ran before.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// A seed from which named child seeds and generators are derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// The child seed named `name`: the first 8 bytes of SHA-256(seed ‖ name).
    pub fn child(self, name: &str) -> Seed {
        let mut hash = Sha256::new();
        hash.update(self.0.to_le_bytes());
        hash.update(name.as_bytes());
        let digest = hash.finalize();
        let mut first = [0u8; 8];
        first.copy_from_slice(&digest[..8]);
        Seed(u64::from_le_bytes(first))
    }

    /// A generator for this seed; ChaCha8, so the stream is the same on every machine.
    pub fn rng(self) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn children_are_reproducible_and_differ_by_name() {
        let root = Seed(7);
        assert_eq!(root.child("bootstrap"), root.child("bootstrap"));
        assert_ne!(root.child("bootstrap"), root.child("permutation"));
        let draw = |s: Seed| s.rng().random::<u64>();
        assert_eq!(draw(root.child("a")), draw(root.child("a")));
    }
}
