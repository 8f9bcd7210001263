//! What to do about gaps, in sentences.

use super::gaps::{Gap, Gaps, Status};
use super::targets::Subject;
use crate::list::{few, grouped};

/// Names that a sentence lists.
const NAMED: usize = 8;

impl Gaps {
    /// What to add and what to leave out: a sentence for each that is above its most, one for each way to have all categories
    /// in their ranges at once.
    pub fn advice(&self) -> Vec<String> {
        let mut all: Vec<String> = self.of(Status::Over).filter_map(down).collect();
        if let Some(together) = &self.together {
            if let Some(total) = together.total.filter(|_| !together.add.is_empty() || together.besides > 0) {
                let named: Vec<String> =
                    together.add.iter().map(|(id, n)| format!("{} {id}", grouped(*n))).collect();
                let besides = match together.besides {
                    0 => String::new(),
                    n => format!(", and {} of whatever is below its most", grouped(n)),
                };
                let what = if named.is_empty() { "nothing".to_owned() } else { few(&named, NAMED) };
                all.push(format!(
                    "all categories at once, nothing left out: add {what}{besides}; {} examples then",
                    grouped(total)
                ));
            }
            if let Some(total) = together.total_left {
                let named: Vec<String> =
                    together.keep.iter().map(|(id, n)| format!("{} of {id}", grouped(*n))).collect();
                all.push(format!(
                    "nobody above its most, nothing added: keep {}; {} examples then",
                    few(&named, NAMED),
                    grouped(total)
                ));
            }
        }
        all
    }
}

fn down(gap: &Gap) -> Option<String> {
    let (range, keep, leave_out) = (gap.target?, gap.keep?, gap.leave_out?);
    let kind = match gap.subject {
        Subject::Category(_) => "the category ",
        Subject::Persona(_) => "",
    };
    Some(format!(
        "{kind}{} is {:.1} % of all, at most {} is wanted: keep {} of {}, leave {} out",
        gap.subject,
        100.0 * gap.share,
        range.high,
        grouped(keep),
        grouped(gap.count),
        grouped(leave_out)
    ))
}
