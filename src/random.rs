//! Repeatable random numbers: SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
//!
//! Seeds are written into reports and tests, so that a seed has to give the same numbers for ever, whatever crates do.

/// The generator's increment, 2^64 divided by the golden ratio.
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// Advances a generator whose state is one word, and returns its next number.
pub fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(GAMMA);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A hash of one word: every bit of the result depends on every bit of the input.
pub fn mix(mut x: u64) -> u64 {
    next(&mut x)
}

/// The generator as a value.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator that gives the numbers of this seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next number.
    #[expect(clippy::should_implement_trait, reason = "an endless source, not a sequence to adapt")]
    pub fn next(&mut self) -> u64 {
        next(&mut self.0)
    }

    /// A number below `n`.
    ///
    /// # Panics
    /// If `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_give_the_numbers_of_the_published_algorithm() {
        let mut random = Random::new(1_234_567);
        let expected =
            [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821];
        assert_eq!(expected.map(|_| random.next()), expected);
        assert_eq!(mix(1_234_567), expected[0]);
    }
}
