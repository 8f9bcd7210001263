//! The factors of one module, and how far one pair is from another.

use ndarray::{Array2, Axis, concatenate};

/// One adapter's part of a module: `weight · scale · B·A` is what it adds.
#[derive(Debug, Clone)]
pub struct Part {
    /// `(r, k)`.
    pub a: Array2<f64>,
    /// `(n, r)`.
    pub b: Array2<f64>,
    /// α/r or α/√r.
    pub scale: f64,
    /// Its weight in the blend.
    pub weight: f64,
}

/// A merged module: `B·A` is what it adds.
#[derive(Debug, Clone, PartialEq)]
pub struct Factors {
    /// `(r, k)`.
    pub a: Array2<f64>,
    /// `(n, r)`.
    pub b: Array2<f64>,
}

/// Squared norms that add up over modules.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Error2 {
    /// `‖ΔW_method − ΔW_exact‖²`.
    pub difference: f64,
    /// `‖ΔW_exact‖²`.
    pub exact: f64,
}

impl Error2 {
    /// `‖ΔW_method − ΔW_exact‖/‖ΔW_exact‖`; 0 where nothing is there.
    pub fn relative(self) -> f64 {
        if self.exact > 0.0 { (self.difference / self.exact).sqrt() } else { 0.0 }
    }
}

impl std::ops::AddAssign for Error2 {
    fn add_assign(&mut self, other: Self) {
        self.difference += other.difference;
        self.exact += other.exact;
    }
}

impl Factors {
    /// The exact blend: ranks stacked, weights and scales in A, as PEFT's `cat` has them.
    pub fn exact(parts: &[Part]) -> Self {
        let scaled: Vec<Array2<f64>> = parts.iter().map(|p| &p.a * (p.weight * p.scale)).collect();
        let a: Vec<_> = scaled.iter().map(Array2::view).collect();
        let b: Vec<_> = parts.iter().map(|p| p.b.view()).collect();
        // Parts of one module have the same inputs and outputs.
        Self {
            a: concatenate(Axis(0), &a).unwrap_or_default(),
            b: concatenate(Axis(1), &b).unwrap_or_default(),
        }
    }

    /// What this pair is away from the exact blend of the parts, without making either `ΔW`.
    pub fn error(&self, parts: &[Part]) -> Error2 {
        let exact = Self::exact(parts);
        let less = Self {
            a: concatenate(Axis(0), &[self.a.view(), exact.a.view()]).unwrap_or_default(),
            b: concatenate(Axis(1), &[self.b.view(), (-&exact.b).view()]).unwrap_or_default(),
        };
        Error2 { difference: less.squared_norm(), exact: exact.squared_norm() }
    }

    /// As they are read again from a file of bf16.
    pub fn in_bf16(&self) -> Self {
        let rounded = |values: &Array2<f64>| values.mapv(|v| half::bf16::from_f64(v).to_f64());
        Self { a: rounded(&self.a), b: rounded(&self.b) }
    }

    /// `‖B·A‖² = tr((BᵀB)(AAᵀ))`.
    fn squared_norm(&self) -> f64 {
        let (of_b, of_a) = (self.b.t().dot(&self.b), self.a.dot(&self.a.t()));
        (&of_b * &of_a.t()).sum().max(0.0)
    }

    /// `B·A`.
    pub fn product(&self) -> Array2<f64> {
        self.b.dot(&self.a)
    }

    /// The rank.
    pub fn rank(&self) -> usize {
        self.a.nrows()
    }

    /// The same with rows of zeros up to a rank, for files that have one rank for all modules.
    pub fn padded(&self, rank: usize) -> Self {
        let more = rank.saturating_sub(self.rank());
        let (a, b) = (Array2::zeros((more, self.a.ncols())), Array2::zeros((self.b.nrows(), more)));
        Self {
            a: concatenate(Axis(0), &[self.a.view(), a.view()]).unwrap_or_default(),
            b: concatenate(Axis(1), &[self.b.view(), b.view()]).unwrap_or_default(),
        }
    }
}
