//! The methods, by the names that PEFT's `add_weighted_adapter` gives them.

/// How adapters are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Factors stacked: no error, ranks add (PEFT's `cat`).
    Exact,
    /// The exact blend cut to a rank by singular values: the best there is of that rank (Eckart and Young 1936).
    Svd,
    /// Factors added, each with the root of its weight: every A also meets every other B.
    Linear,
    /// Each adapter's largest numbers; of these the ones whose sign the majority has, averaged (Yadav et al. 2023, arXiv 2306.01708).
    Ties,
    /// Numbers dropped at random and the others scaled up (Yu et al. 2024, arXiv 2311.03099), then added.
    DareLinear,
    /// Numbers dropped at random, then as [`Method::Ties`].
    DareTies,
    /// Each adapter's largest numbers, added.
    MagnitudePrune,
    /// As [`Method::Ties`], on `ΔW` instead of the factors, and cut to a rank.
    TiesSvd,
    /// As [`Method::DareLinear`], on `ΔW`.
    DareLinearSvd,
    /// As [`Method::DareTies`], on `ΔW`.
    DareTiesSvd,
    /// As [`Method::MagnitudePrune`], on `ΔW`.
    MagnitudePruneSvd,
}

/// How the sign of the majority is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Majority {
    /// By the sum of the numbers.
    #[default]
    Total,
    /// By how many there are of each sign.
    Frequency,
}

/// Whose rules the methods follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rules {
    /// PEFT's: signs are elected by the numbers as they are, sums divided by how many agree; what is drawn is divided by the density.
    #[default]
    Peft,
    /// mergekit's: signs are elected by the weighted numbers; what is drawn keeps the sum of magnitudes that all had; one number at
    /// least is kept.
    Mergekit {
        /// Whether sums are divided by the weights that went into them, as its `normalize`.
        normalize: bool,
    },
}

impl Rules {
    /// mergekit's for `method`, with its own `normalize` where none is given.
    pub fn mergekit(method: Method, normalize: Option<bool>) -> Self {
        Self::Mergekit { normalize: normalize.unwrap_or(method == Method::TiesSvd) }
    }
}

impl Method {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Exact,
        Self::Svd,
        Self::Linear,
        Self::Ties,
        Self::DareLinear,
        Self::DareTies,
        Self::MagnitudePrune,
        Self::TiesSvd,
        Self::DareLinearSvd,
        Self::DareTiesSvd,
        Self::MagnitudePruneSvd,
    ];

    /// Its name.
    pub fn id(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Svd => "svd",
            Self::Linear => "linear",
            Self::Ties => "ties",
            Self::DareLinear => "dare_linear",
            Self::DareTies => "dare_ties",
            Self::MagnitudePrune => "magnitude_prune",
            Self::TiesSvd => "ties_svd",
            Self::DareLinearSvd => "dare_linear_svd",
            Self::DareTiesSvd => "dare_ties_svd",
            Self::MagnitudePruneSvd => "magnitude_prune_svd",
        }
    }

    /// Whether it works on `ΔW` and needs the result cut to a rank.
    pub fn works_on_weights(self) -> bool {
        matches!(self, Self::TiesSvd | Self::DareLinearSvd | Self::DareTiesSvd | Self::MagnitudePruneSvd)
    }

    /// Whether it works on the factors number by number, so that all must have one rank.
    pub fn works_on_factors(self) -> bool {
        matches!(self, Self::Linear | Self::Ties | Self::DareLinear | Self::DareTies | Self::MagnitudePrune)
    }

    /// Whether a density says how many numbers it keeps.
    pub fn prunes(self) -> bool {
        !matches!(self, Self::Exact | Self::Svd | Self::Linear)
    }

    /// Whether signs are elected.
    pub fn elects(self) -> bool {
        matches!(self, Self::Ties | Self::TiesSvd | Self::DareTies | Self::DareTiesSvd)
    }

    /// Whether what is kept is drawn.
    pub fn draws(self) -> bool {
        matches!(self, Self::DareLinear | Self::DareTies | Self::DareLinearSvd | Self::DareTiesSvd)
    }
}
