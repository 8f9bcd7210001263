//! Learning rate over the steps of a training.

/// Linear warm-up, then a cosine down to a tenth of the peak.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    /// Highest learning rate.
    pub peak: f64,
    /// Steps of warm-up.
    pub warmup: usize,
    /// Steps in all.
    pub steps: usize,
}

/// Share of the peak that is left at the last step.
const FLOOR: f64 = 0.1;

impl Schedule {
    /// The learning rate of a step, counted from 0.
    pub fn rate(&self, step: usize) -> f64 {
        if step < self.warmup {
            return self.peak * (step + 1) as f64 / self.warmup as f64;
        }
        let left = self.steps.saturating_sub(self.warmup).max(1) as f64;
        let done = ((step - self.warmup) as f64 / left).min(1.0);
        self.peak * (FLOOR + (1.0 - FLOOR) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_then_falls_to_a_tenth() {
        let s = Schedule { peak: 1.0, warmup: 10, steps: 110 };
        assert!((s.rate(0) - 0.1).abs() < 1e-12);
        assert!((s.rate(9) - 1.0).abs() < 1e-12);
        assert!((s.rate(10) - 1.0).abs() < 1e-12);
        assert!((s.rate(60) - 0.55).abs() < 1e-12);
        assert!((s.rate(110) - 0.1).abs() < 1e-12);
        assert!((1..110).filter(|i| *i > 10).all(|i| s.rate(i) <= s.rate(i - 1)));
    }
}
