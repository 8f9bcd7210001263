//! An adapter's learning rate over its steps.

use crate::curriculum::Decay;

/// A linear warm-up, then a fall to a tenth, over the steps that one adapter makes.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// How it falls.
    pub decay: Decay,
    /// Steps of warm-up.
    pub warmup: usize,
    /// Steps in all.
    pub steps: usize,
}

/// Share of the rate that is left at the last step.
const FLOOR: f64 = 0.1;

impl Schedule {
    /// A schedule whose rate rises in a share of the steps, and in one at least where the share is not 0.
    pub fn new(decay: Decay, warmup: f64, steps: usize) -> Self {
        Self { decay, warmup: (warmup * steps as f64).ceil() as usize, steps }
    }

    /// What the phase's learning rate is multiplied by at a step, counted from 0.
    pub fn share(&self, step: usize) -> f64 {
        if step < self.warmup {
            return (step + 1) as f64 / self.warmup as f64;
        }
        let left = self.steps.saturating_sub(self.warmup).max(1) as f64;
        let done = ((step - self.warmup) as f64 / left).min(1.0);
        match self.decay {
            Decay::Constant => 1.0,
            Decay::Linear => FLOOR + (1.0 - FLOOR) * (1.0 - done),
            Decay::Cosine => FLOOR + (1.0 - FLOOR) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_then_falls_to_a_tenth() {
        let s = Schedule::new(Decay::Cosine, 0.1, 100);
        assert_eq!(s.warmup, 10);
        let near = |step: usize, wanted: f64| assert!((s.share(step) - wanted).abs() < 1e-12, "{step}");
        near(0, 0.1);
        near(9, 1.0);
        near(10, 1.0);
        near(55, 0.55);
        near(100, 0.1);
        assert!((11..100).all(|i| s.share(i) <= s.share(i - 1)));
        let line = Schedule { decay: Decay::Linear, ..s };
        assert!((line.share(55) - 0.55).abs() < 1e-12 && (line.share(32) - 0.78).abs() < 1e-12);
        let level = Schedule { decay: Decay::Constant, ..s };
        assert_eq!((level.share(4), level.share(10), level.share(99)), (0.5, 1.0, 1.0));
        assert_eq!(Schedule::new(Decay::Constant, 0.0, 5).share(0), 1.0);
    }
}
