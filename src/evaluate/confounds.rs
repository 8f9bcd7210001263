//! Controls on the answers: told apart by their voices, or by length or subject alone?

use super::bare::NamedBare;
use super::qualify::SIGNIFICANT;
use crate::error::Result;
use crate::metrics::Identification;
use crate::record::{ANSWERS_NOT_CONTENT, ANSWERS_NOT_LENGTH, Qualification, SeparabilityFigures, Warning};
use crate::stats::Estimate;

/// What could be taken for a voice: the control's name, what a classifier sees, what helps.
struct Confound {
    control: &'static str,
    sees: &'static str,
    help: &'static str,
}

const LENGTH: Confound = Confound {
    control: ANSWERS_NOT_LENGTH,
    sees: "the length",
    help: "the gates on separability do not pass on length; look whether the training texts of a persona are simply \
           longer than others'",
};
const CONTENT: Confound = Confound {
    control: ANSWERS_NOT_CONTENT,
    sees: "the content words",
    help: "the gates on separability do not pass on subjects; look whether the personas' training texts keep to a \
           subject, or a pet word, whatever the prompt",
};

/// The two controls on the answers, and a warning for each cause that was found.
///
/// The headline, less what the confound alone tells, must lie above 0 with its whole interval; where the confound is
/// `unbeatable`, what is named of the `bare` answers decides (none where too little is left of them). They are asked for
/// once at most. A cause is named only where the confound tells the personas apart by itself: of answers that nothing tells
/// apart, nothing is the cause.
///
/// # Errors
/// Those of `unbeatable` and `bare`.
pub(super) fn confounds(
    figures: &SeparabilityFigures,
    minus_length: &Estimate,
    minus_content: &Estimate,
    unbeatable: &dyn Fn(&Identification) -> Result<bool>,
    bare: &dyn Fn() -> Result<Option<NamedBare>>,
) -> Result<(Vec<Qualification>, Vec<Warning>)> {
    let headline = &figures.persona.balanced_accuracy;
    let (mut controls, mut warnings) = (Vec::new(), Vec::new());
    // Named for the first control that needs it, known to the second.
    let mut named: Option<Option<NamedBare>> = None;
    let both = [
        (LENGTH, minus_length, Some(&figures.length_only)),
        (CONTENT, minus_content, figures.content_only.as_ref()),
    ];
    for (confound, less, alone) in both {
        let Some(alone) = alone else { continue };
        let by_itself = &alone.balanced_accuracy;
        let passed = less.low > 0.0;
        let finding = format!(
            "the answers are named right {:.3} of the time, by {} alone {:.3}; the difference is {:.3} [{:.3}, {:.3}]",
            headline.point, confound.sees, by_itself.point, less.point, less.low, less.high
        );
        let mut control = Qualification { name: confound.control.to_owned(), finding, passed };
        if !passed && unbeatable(alone)? {
            if named.is_none() {
                named = Some(bare()?);
            }
            control.judge_bare(named.as_ref().and_then(Option::as_ref));
        }
        if let (false, Some(means)) = (control.passed, control.means())
            && by_itself.low > alone.chance
            && alone.p <= SIGNIFICANT
        {
            control.finding = format!("{means}, as far as can be shown: {}", control.finding);
            warnings.push(Warning { what: control.finding.clone(), help: confound.help.to_owned() });
        }
        controls.push(control);
    }
    Ok((controls, warnings))
}

#[cfg(test)]
mod tests {
    use super::super::bare::testing::named_bare;
    use super::*;

    #[test]
    fn bare_answers_are_named_once_for_both_controls() {
        let figures = crate::report::sample::record().separability.expect("a full sample");
        let less = Estimate { low: -0.04, ..figures.persona.balanced_accuracy.clone() };
        let asked = std::cell::Cell::new(0);
        let bare = || {
            asked.set(asked.get() + 1);
            Ok(Some(named_bare(0.6, 0.5, 0.001, [0.1, 0.2])))
        };
        let figures = SeparabilityFigures { content_only: Some(figures.persona.clone()), ..figures };
        let (controls, _) = confounds(&figures, &less, &less, &|_| Ok(true), &bare).expect("judged");
        assert_eq!((controls.iter().filter(|c| c.passed).count(), asked.get()), (2, 1));
    }

    #[test]
    fn a_cause_is_named_only_where_it_tells_the_personas_apart_by_itself() {
        let mut figures = crate::report::sample::record().separability.expect("a full sample");
        let less =
            |low: f64| Estimate { point: low + 0.05, low, ..figures.persona.balanced_accuracy.clone() };
        let (enough, too_little) = (less(0.1), less(-0.04));
        for (p, warned) in [(0.005, 1), (0.3, 0)] {
            figures.content_only = Some(crate::metrics::Identification { p, ..figures.persona.clone() });
            let judged = |unbeatable, bare: &dyn Fn() -> Result<Option<NamedBare>>| {
                confounds(&figures, &enough, &too_little, &|_| Ok(unbeatable), bare).expect("judged")
            };
            let (controls, warnings) = judged(false, &|| unreachable!("no second way is open"));
            assert_eq!(controls.iter().map(|c| c.passed).collect::<Vec<_>>(), [true, false]);
            assert_eq!(warnings.len(), warned);
            assert_eq!(
                controls[1].finding.starts_with("personas differ in what they talk about"),
                warned == 1
            );
            let (controls, warnings) = judged(true, &|| Ok(Some(named_bare(0.6, 0.5, 0.001, [0.1, 0.2]))));
            assert!(controls[1].passed && warnings.is_empty(), "{}", controls[1].finding);
            let (controls, _) = judged(true, &|| Ok(None));
            assert!(!controls[1].passed, "{}", controls[1].finding);
        }
    }
}
