//! `junit.xml`: one test case a gate.

use super::gates::word;
use super::number::estimate;
use crate::error::{Error, Result};
use crate::record::{GateVerdict, Record, Verdict};
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
    let found = gate.estimate.as_ref().map_or("not judged".to_owned(), estimate);
    let details = format!("{}: {found}; threshold: {}; because: {}", gate.metric, gate.bound, gate.because);
    let status = match gate.verdict {
        Verdict::Pass => TestCaseStatus::success(),
        Verdict::Fail => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status
                .set_message(gate.because.as_str())
                .set_type(word(gate.verdict))
                .set_description(details.as_str());
            status
        }
        Verdict::Inconclusive => {
            let mut status = TestCaseStatus::skipped();
            status
                .set_message(gate.because.as_str())
                .set_type(word(gate.verdict))
                .set_description(details.as_str());
            status
        }
    };
    let mut case = TestCase::new(gate.name.as_str(), status);
    case.set_classname(gate.metric.as_str()).set_system_out(details);
    case
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
