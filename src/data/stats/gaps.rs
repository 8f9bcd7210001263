//! What a data set has too little and too much of.

use serde::Serialize;

use super::counts::Counts;
use super::inconsistencies::Inconsistency;
use super::share::Range;
use super::shares;
use super::targets::{Subject, Targets};
use super::together::Together;
use crate::persona::{Category, Registry};

/// How a share stands to its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Below the least.
    Under,
    /// In the range.
    Within,
    /// Above the most.
    Over,
}

impl Status {
    /// All of them.
    pub const ALL: [Status; 3] = [Status::Under, Status::Within, Status::Over];

    /// The word for it.
    pub fn id(self) -> &'static str {
        match self {
            Status::Under => "under",
            Status::Within => "within",
            Status::Over => "over",
        }
    }
}

/// One category or persona. Of n examples among T, with the target [l, h]:
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gap {
    /// What it is of.
    pub subject: Subject,
    /// n.
    pub count: u64,
    /// n / T.
    pub share: f64,
    /// l and h; none where no target is set, and then none of what follows.
    pub target: Option<Range>,
    /// Which side of the range the share lies on.
    pub status: Option<Status>,
    /// Examples more that a data set of N examples needs: max(0, ⌈l·N⌉ − n). None without a size N.
    pub needed_at_size: Option<u64>,
    /// Examples to add when everything else stays as it is: the least x with (n + x) / (T + x) ≥ l, ⌈(l·T − n) / (1 − l)⌉.
    pub add: Option<u64>,
    /// Examples to leave out when everything else stays: the least y with (n − y) / (T − y) ≤ h, ⌈(n − h·T) / (1 − h)⌉.
    pub leave_out: Option<u64>,
    /// n − y: what to keep of them.
    pub keep: Option<u64>,
}

/// All gaps of a data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gaps {
    /// N, where one was asked for.
    pub size: Option<u64>,
    /// Every category, in the order of the specification.
    pub categories: Vec<Gap>,
    /// Every persona that has examples or a target, in the order of the registry, then those that stand in no registry.
    pub personas: Vec<Gap>,
    /// What to add to all categories at once; none without targets of categories.
    pub together: Option<Together>,
    /// Why no data set could have all these shares.
    pub impossible: Vec<Inconsistency>,
}

impl Gaps {
    /// Holds counts against targets, at a size N where one is given.
    pub fn new(counts: &Counts, targets: Option<&Targets>, registry: &Registry, size: Option<u64>) -> Self {
        let gap = |subject: Subject, count: u64| gap(subject, count, counts, targets, size);
        let category = |c: Category| gap(Subject::Category(c), counts.of_category(c, registry));
        let categories: Vec<Gap> = Category::ALL.into_iter().map(category).collect();
        let known = registry.ids().map(|id| (id, counts.of_persona(id)));
        let personas = known.chain(counts.unregistered(registry));
        let personas = personas.map(|(id, n)| gap(Subject::Persona(id.to_owned()), n));
        let personas = personas.filter(|g| g.count > 0 || g.target.is_some()).collect();
        let together = categories.iter().any(|g| g.target.is_some());
        Self {
            size,
            together: together.then(|| Together::new(counts.total, &categories)),
            categories,
            personas,
            impossible: targets.map(|t| shares::of_targets(t, registry)).unwrap_or_default(),
        }
    }

    /// Those of a status, the categories first.
    pub fn of(&self, status: Status) -> impl Iterator<Item = &Gap> {
        self.categories.iter().chain(&self.personas).filter(move |g| g.status == Some(status))
    }
}

fn gap(subject: Subject, count: u64, counts: &Counts, targets: Option<&Targets>, size: Option<u64>) -> Gap {
    let total = counts.total;
    let range = targets.and_then(|t| t.of(&subject)).map(|t| t.range);
    let leave_out = range.map(|r| r.high.to_come_down(count, total));
    Gap {
        share: counts.share(count),
        // Of nothing every share is 0.
        status: range.map(|r| match r.compare(count, total.max(1)) {
            std::cmp::Ordering::Less => Status::Under,
            std::cmp::Ordering::Equal => Status::Within,
            std::cmp::Ordering::Greater => Status::Over,
        }),
        needed_at_size: range.zip(size).map(|(r, size)| r.low.of(size).saturating_sub(count)),
        add: range.and_then(|r| r.low.to_reach(count, total)),
        keep: leave_out.map(|y| count - y),
        leave_out,
        target: range,
        subject,
        count,
    }
}

#[cfg(test)]
mod tests {
    use super::super::share::Share;
    use super::super::targets::Target;
    use super::*;

    #[test]
    fn each_gap_is_solved_for_what_stays_and_for_a_size() {
        let registry = Registry::built_in().unwrap();
        let personas = [("code_expert", 60), ("poet", 10), ("bard", 5)];
        let counts = Counts {
            total: 100,
            personas: personas.map(|(id, n)| (id.to_owned(), n)).into(),
            unassigned: 25,
            ..Counts::default()
        };
        let target = |subject, low, high| Target {
            subject,
            range: Range { low: Share::hundredths(low), high: Share::hundredths(high) },
            line: 1,
        };
        let targets = Targets {
            file: "t".to_owned(),
            all: vec![
                target(Subject::Category(Category::Technical), 2500, 3000),
                target(Subject::Persona("poet".to_owned()), 2000, 2500),
                target(Subject::Persona("songwriter".to_owned()), 0, 500),
            ],
        };
        let gaps = Gaps::new(&counts, Some(&targets), &registry, Some(1000));
        let technical = &gaps.categories[0];
        assert_eq!((technical.count, technical.status), (60, Some(Status::Over)));
        // (60 − 30) / 0.7 = 42.9: 17 of 57 is 29.8 %, 18 of 58 would be 31 %.
        assert_eq!((technical.leave_out, technical.keep), (Some(43), Some(17)));
        assert_eq!((technical.needed_at_size, technical.add), (Some(190), Some(0)));
        let ids: Vec<String> = gaps.personas.iter().map(|g| g.subject.to_string()).collect();
        assert_eq!(ids, ["code_expert", "poet", "songwriter", "bard"]);
        let poet = &gaps.personas[1];
        // (20 − 10) / 0.8 = 12.5: 23 of 113 is 20.4 %, 22 of 112 is 19.6 %.
        assert_eq!((poet.status, poet.add, poet.needed_at_size), (Some(Status::Under), Some(13), Some(190)));
        assert_eq!((gaps.personas[2].status, gaps.personas[3].status), (Some(Status::Within), None));
        assert_eq!((gaps.of(Status::Under).count(), gaps.of(Status::Over).count()), (1, 1));
        let empty = Gaps::new(&Counts::default(), Some(&targets), &registry, None);
        assert_eq!(empty.categories[0].status, Some(Status::Under));
        assert!(Gaps::new(&counts, None, &registry, None).together.is_none());
    }
}
