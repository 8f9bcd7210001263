//! `junit.xml`: one test case a gate.

use super::gates::{found, says, told};
use super::number::{change, estimate, figure};
use crate::error::{Error, Result};
use crate::record::{GatePart, GateVerdict, Record, Verdict};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// The gates as JUnit: fail is a failure, inconclusive is skipped with its reason.
///
/// # Errors
/// When the XML cannot be written, which needs a broken text.
pub fn junit(record: &Record) -> Result<String> {
    let mut suite = TestSuite::new(record.suite.as_str());
    let mut report = Report::new("persona-eval");
    if let Ok(started) = chrono::DateTime::parse_from_rfc3339(&record.started) {
        suite.set_timestamp(started);
        report.set_timestamp(started);
    }
    if let Ok(took) = std::time::Duration::try_from_secs_f64(record.seconds) {
        suite.set_time(took);
        report.set_time(took);
    }
    suite.add_test_cases(record.gates.iter().map(test_case));
    report.add_test_suite(suite);
    report.to_string().map_err(|e| Error::cannot_run("junit.xml cannot be written").because(e))
}

fn test_case(gate: &GateVerdict) -> TestCase {
    let details =
        format!("{}: {}; threshold: {}; because: {}", gate.metric, found(gate), gate.bound, gate.because);
    let status = match gate.verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Fail => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(gate.because.as_str()).set_type(says(gate)).set_description(details.as_str());
            status
        }
        Verdict::Inconclusive => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(gate.because.as_str()).set_type(says(gate)).set_description(details.as_str());
            status
        }
    };
    let mut case = TestCase::new(gate.name.as_str(), status);
    case.set_classname(gate.metric.as_str()).set_system_out(output(gate, details));
    case
}

/// The details, and a line for every persona or group that was judged by itself, the worst first.
fn output(gate: &GateVerdict, details: String) -> String {
    let line = |part: &GatePart| {
        let says = told(part.verdict, part.against.is_some());
        let found = match (&part.estimate, &part.against) {
            (None, _) => "not measured".to_owned(),
            (Some(e), None) => estimate(e),
            (Some(e), Some(a)) => format!("{} → {}: {}", figure(a.before), figure(a.after), change(e)),
        };
        format!("{says:<12} {}: {found}", part.name)
    };
    std::iter::once(details).chain(gate.parts.iter().map(line)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn a_failure_fails_and_what_is_inconclusive_is_skipped_with_its_reason() {
        let record = sample::record();
        let xml = junit(&record).expect("XML");
        assert!(xml.contains(r#"tests="7" skipped="1" errors="0" failures="1""#), "{xml}");
        assert!(xml.contains("<skipped message=\"the interval [0.490, 0.610] holds 0.5"), "{xml}");
        assert!(!xml.contains("<script>"), "names are escaped");
    }

    #[test]
    fn no_gates_make_an_empty_suite() {
        let xml = junit(&sample::bare()).expect("XML");
        assert!(xml.contains(r#"tests="0" skipped="0" errors="0" failures="0""#), "{xml}");
    }
}
