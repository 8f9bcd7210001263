//! Colours and marker shapes that colour-blind readers can tell apart (after Okabe & Ito 2008).

/// A colour as red, green, blue.
pub(super) type Rgb = (u8, u8, u8);

/// Colours of groups on white; repeated when there are more groups.
pub(super) const GROUP_COLOURS: [Rgb; 7] =
    [(0, 104, 170), (196, 84, 0), (0, 135, 98), (176, 72, 138), (112, 98, 20), (72, 160, 214), (96, 96, 96)];

/// What a drawing's part means; each output gives it a colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ink {
    /// Text and axes.
    Text,
    /// Text of second rank.
    Muted,
    /// Grid lines and frames.
    Grid,
    /// Empty cells.
    Paper,
    /// A group, by its place in the run's order.
    Group(usize),
    /// Named right.
    Right,
    /// Named wrong.
    Wrong,
    /// A gate that passed.
    Pass,
    /// A gate that failed.
    Fail,
    /// A gate that is inconclusive.
    Unsure,
}

impl Ink {
    /// The colour on white.
    pub(super) fn on_white(self) -> Rgb {
        match self {
            Ink::Text => (28, 32, 38),
            Ink::Muted => (92, 100, 110),
            Ink::Grid => (216, 221, 227),
            Ink::Paper => (246, 247, 249),
            Ink::Group(i) => GROUP_COLOURS[i % GROUP_COLOURS.len()],
            Ink::Right => (0, 90, 156),
            Ink::Wrong => (196, 84, 0),
            Ink::Pass => (0, 112, 80),
            Ink::Fail => (178, 34, 34),
            Ink::Unsure => (128, 92, 0),
        }
    }

    /// The class that `style.css` gives a colour to, light and dark.
    pub(super) fn class(self) -> String {
        match self {
            Ink::Text => "ink-text".to_owned(),
            Ink::Muted => "ink-muted".to_owned(),
            Ink::Grid => "ink-grid".to_owned(),
            Ink::Paper => "ink-paper".to_owned(),
            Ink::Group(i) => format!("g{}", i % GROUP_COLOURS.len()),
            Ink::Right => "ink-right".to_owned(),
            Ink::Wrong => "ink-wrong".to_owned(),
            Ink::Pass => "ink-pass".to_owned(),
            Ink::Fail => "ink-fail".to_owned(),
            Ink::Unsure => "ink-unsure".to_owned(),
        }
    }
}

/// Shape of a marker: tells categories apart without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    /// ●
    Circle,
    /// ■
    Square,
    /// ◆
    Diamond,
    /// ▲
    Up,
    /// ▼
    Down,
    /// ✚
    Plus,
    /// ✖
    Cross,
    /// ★
    Star,
}

impl Marker {
    /// All shapes, most different first.
    pub(super) const ALL: [Marker; 8] = [
        Marker::Circle,
        Marker::Square,
        Marker::Up,
        Marker::Diamond,
        Marker::Plus,
        Marker::Down,
        Marker::Cross,
        Marker::Star,
    ];

    /// The shape of the `i`-th category; repeated when there are more.
    pub(super) fn nth(i: usize) -> Marker {
        Self::ALL[i % Self::ALL.len()]
    }

    /// Corners around the origin, of about the area of a circle of radius 1.
    pub(super) fn outline(self) -> Vec<(f64, f64)> {
        let ring = |n: usize, radius: f64, turn: f64| -> Vec<(f64, f64)> {
            let angle = |i: usize| std::f64::consts::TAU * (i as f64 / n as f64) + turn;
            (0..n).map(|i| (radius * angle(i).sin(), -radius * angle(i).cos())).collect()
        };
        let eighth = std::f64::consts::TAU / 8.0;
        let plus = |long: f64, thick: f64| {
            let (l, t) = (long, thick);
            vec![
                (-t, -l),
                (t, -l),
                (t, -t),
                (l, -t),
                (l, t),
                (t, t),
                (t, l),
                (-t, l),
                (-t, t),
                (-l, t),
                (-l, -t),
                (-t, -t),
            ]
        };
        match self {
            Marker::Circle => ring(28, 1.0, 0.0),
            Marker::Square => ring(4, 1.25, eighth),
            Marker::Diamond => ring(4, 1.3, 0.0),
            Marker::Up => ring(3, 1.4, 0.0),
            Marker::Down => ring(3, 1.4, 4.0 * eighth),
            Marker::Plus => plus(1.2, 0.42),
            Marker::Cross => {
                let half = std::f64::consts::FRAC_1_SQRT_2;
                plus(1.2, 0.42).into_iter().map(|(x, y)| (half * (x - y), half * (x + y))).collect()
            }
            Marker::Star => {
                let (outer, inner) = (ring(5, 1.45, 0.0), ring(5, 0.62, 0.8 * eighth));
                outer.into_iter().zip(inner).flat_map(|(o, i)| [o, i]).collect()
            }
        }
    }
}
