//! The metrics against scikit-learn, scipy and plain numpy, on the numbers of `fixtures/golden/metrics/make.py`,
//! and the invariances that no golden number shows.

use std::path::PathBuf;

use ndarray::{Array2, Axis};
use persona_eval::metrics::{
    Agreement, KMeans, Labels, Points, Scale, calinski_harabasz, davies_bouldin, energy_distance,
    energy_table, group_identification, identification, k_nearest, principal_components, silhouette_cosine,
    silhouette_samples,
};
use persona_eval::seed::Seed;
use persona_eval::stats::{
    Bootstrap, Method, ReliabilityBin, Resampling, benjamini_hochberg, detectable_loss, holm,
    normal_quantile, quantile, ranks, reliability, roc_auc, sign_flip_below, spearman, student_quantile,
    student_upper_tail, wilson,
};
use proptest::prelude::*;
use serde_json::Value;

/// One golden case: vectors, labels and what they should give.
struct Case {
    name: String,
    points: Points,
    personas: Labels,
    prompts: Labels,
    groups: Labels,
    expected: Value,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden/metrics")
}

fn golden() -> Value {
    let text = std::fs::read_to_string(folder().join("expected.json")).expect("committed beside make.py");
    serde_json::from_str(&text).expect("JSON")
}

fn cases() -> Vec<Case> {
    let golden = golden();
    let cases = golden["cases"].as_object().expect("an object of cases");
    cases.iter().map(|(name, expected)| read_case(name, expected.clone())).collect()
}

fn case(name: &str) -> Case {
    read_case(name, golden()["cases"][name].clone())
}

fn read_case(name: &str, expected: Value) -> Case {
    let matrix: Array2<f32> =
        ndarray_npy::read_npy(folder().join(format!("{name}.npy"))).expect("an n x d matrix");
    let mut reader = csv::Reader::from_path(folder().join(format!("{name}.csv"))).expect("a table of labels");
    let rows: Vec<Vec<String>> =
        reader.records().map(|r| r.expect("a row").iter().map(str::to_owned).collect()).collect();
    let column = |what, i: usize| {
        let values: Vec<&str> = rows.iter().map(|row| row[i].as_str()).collect();
        Labels::new(what, &values).expect("two labels or more")
    };
    Case {
        name: name.to_owned(),
        points: Points::new(matrix).expect("finite"),
        personas: column("persona", 0),
        prompts: column("prompt", 1),
        groups: column("group", 2),
        expected,
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number")).collect()
}

fn indices(value: &Value) -> Vec<usize> {
    numbers(value).into_iter().map(|v| v as usize).collect()
}

#[track_caller]
fn close(what: &str, found: f64, expected: &Value, tolerance: f64) {
    let expected = expected.as_f64().unwrap_or_else(|| panic!("{what}: no golden number"));
    let allowed = tolerance * (1.0 + expected.abs());
    assert!((found - expected).abs() <= allowed, "{what}: found {found}, expected {expected}");
}

#[track_caller]
fn all_close(what: &str, found: &[f64], expected: &Value, tolerance: f64) {
    let list = expected.as_array().unwrap_or_else(|| panic!("{what}: no golden list"));
    assert_eq!(found.len(), list.len(), "{what}");
    for (i, (value, golden)) in found.iter().zip(list).enumerate() {
        close(&format!("{what}[{i}]"), *value, golden, tolerance);
    }
}

fn few() -> Resampling {
    Resampling { permutations: 99, resamples: 500, level: 0.95, seed: 1 }
}

fn check_clusters(what: &str, points: &Points, labels: &Labels, expected: &Value, tolerance: f64) {
    let samples = silhouette_samples(points, labels).expect("defined");
    all_close(&format!("{what} silhouette"), &samples, &expected["silhouette_samples"], tolerance);
    let mean = silhouette_cosine(points, labels).expect("defined");
    close(what, mean, &expected["silhouette_cosine"], tolerance);
    let index = davies_bouldin(points, labels).expect("defined");
    close(&format!("{what} Davies-Bouldin"), index, &expected["davies_bouldin"], tolerance);
    let index = calinski_harabasz(points, labels).expect("defined");
    close(&format!("{what} Calinski-Harabasz"), index, &expected["calinski_harabasz"], tolerance);
}

#[test]
fn cluster_metrics_of_raw_vectors_equal_scikit_learns() {
    for case in cases() {
        // 1 − cosine of directions 1e-3 apart loses digits on both sides.
        let tolerance = if case.name == "tight" { 1e-7 } else { 1e-9 };
        check_clusters(&case.name, &case.points, &case.personas, &case.expected["raw"], tolerance);
    }
}

#[test]
fn cluster_metrics_of_centred_vectors_equal_scikit_learns() {
    for case in cases().iter().filter(|c| !c.expected["centred"].is_null()) {
        let unit = case.points.centred_unit(&case.prompts).expect("directions");
        // The vectors are f32 on both sides and may differ in the last bit.
        check_clusters(&case.name, &unit, &case.personas, &case.expected["centred"], 1e-6);
    }
}

#[test]
fn identification_equals_the_plain_numpy_cross_validation() {
    for case in cases().iter().filter(|c| !c.expected["identification"].is_null()) {
        let unit = case.points.centred_unit(&case.prompts).expect("directions");
        let found = identification(&unit, &case.personas, &case.prompts, &few()).expect("crossed");
        let expected = &case.expected["identification"];
        close(&case.name, found.balanced_accuracy.point, &expected["balanced_accuracy"], 1e-9);
        close(&case.name, found.confusion.balanced_accuracy(), &expected["sklearn_balanced_accuracy"], 1e-9);
        assert_eq!(found.predicted, indices(&expected["predicted"]), "{}", case.name);
        all_close(&case.name, &found.margins, &expected["margins"], 1e-6);
        assert_eq!(found.others, indices(&expected["others"]), "{}", case.name);
        all_close(&case.name, &found.prompt_scores, &expected["prompt_scores"], 1e-9);
        let rows = expected["confusion"].as_array().expect("a matrix");
        let matrix: Vec<Vec<usize>> = rows.iter().map(indices).collect();
        assert_eq!(found.confusion.counts, matrix, "{}", case.name);
    }
}

#[test]
fn two_halves_joined_in_a_scale_of_other_rows_equal_scikit_learns_scaler_and_numpy() {
    for case in cases().iter().filter(|c| !c.expected["joined"].is_null()) {
        let matrix = case.points.view();
        let half = matrix.ncols() / 2;
        let cut = |rows: usize, columns: std::ops::Range<usize>| {
            Points::new(matrix.slice(ndarray::s![..rows, columns]).to_owned()).expect("finite")
        };
        let (rows, columns) = matrix.dim();
        let scale = Scale::of(&cut(rows / 2, half..columns));
        let scaled = scale.apply(&cut(rows, half..columns)).expect("the same columns");
        let directions = |p: &Points| p.centred_directions(&case.prompts).expect("prompts").0;
        let (both, without) =
            directions(&cut(rows, 0..half)).evenly_joined(&directions(&scaled)).expect("the same rows");
        assert!(without.is_empty(), "{}", case.name);
        let found = identification(&both, &case.personas, &case.prompts, &few()).expect("crossed");
        let expected = &case.expected["joined"];
        close(&case.name, found.balanced_accuracy.point, &expected["balanced_accuracy"], 1e-9);
        all_close(&case.name, &found.margins, &expected["margins"], 1e-6);
    }
}

#[test]
fn group_identification_equals_the_plain_numpy_cross_validation() {
    let mut checked = 0;
    for case in cases().iter().filter(|c| !c.expected["group"].is_null()) {
        let unit = case.points.centred_unit(&case.prompts).expect("directions");
        let found = group_identification(&unit, &case.personas, &case.prompts, &case.groups, &few());
        let found = found.expect("nested");
        let figures =
            [("group", Some(found.leave_prompt_out)), ("leave_persona_out", found.leave_persona_out)];
        for (key, figure) in figures {
            let figure = figure.expect("two personas a group");
            let expected = &case.expected[key]["balanced_accuracy"];
            close(&case.name, figure.balanced_accuracy.point, expected, 1e-9);
            checked += 1;
        }
    }
    assert!(checked >= 6, "only {checked} figures were checked");
}

#[test]
fn nearest_neighbours_equal_the_plain_numpy_vote_and_scikit_learn_for_one_neighbour() {
    for case in cases() {
        if !case.expected["k_nearest"].is_null() {
            let unit = case.points.centred_unit(&case.prompts).expect("directions");
            let found = k_nearest(&unit, &case.personas, Some(&case.prompts), 5).expect("enough rows");
            assert_eq!(found.predicted, indices(&case.expected["k_nearest"]), "{}", case.name);
        }
        if !case.expected["one_nearest_raw"].is_null() && case.name != "duplicates" {
            let unit = case.points.normalised().expect("directions");
            let found = k_nearest(&unit, &case.personas, Some(&case.prompts), 1).expect("enough rows");
            close(&case.name, found.accuracy, &case.expected["one_nearest_raw"], 1e-9);
        }
    }
}

#[test]
fn k_means_reaches_scikit_learns_inertia_and_then_its_agreement() {
    let mut same = 0;
    for case in cases() {
        let kmeans = KMeans { restarts: 20, ..KMeans::new(case.personas.count(), Seed(3)) };
        let found = kmeans.fit(&case.points).expect("enough rows");
        let expected = &case.expected["kmeans"];
        let inertia = expected["inertia"].as_f64().expect("a number");
        assert!(found.inertia <= 1.03 * inertia, "{}: {} against {inertia}", case.name, found.inertia);
        if (found.inertia / inertia - 1.0).abs() < 1e-6 {
            let agreement = Agreement::between(case.personas.index(), &found.clusters).expect("same rows");
            close(&case.name, agreement.ari, &expected["ari"], 1e-9);
            close(&case.name, agreement.nmi, &expected["nmi"], 1e-9);
            close(&case.name, agreement.v_measure, &expected["v_measure"], 1e-9);
            same += 1;
        }
    }
    assert!(same >= 3, "only {same} cases reached the same clustering");
}

#[test]
fn principal_components_equal_scikit_learns_up_to_their_sign() {
    for case in cases() {
        let map = principal_components(&case.points);
        let expected = &case.expected["pca"];
        all_close(&case.name, &map.explained, &expected["explained"], 1e-6);
        for axis in 0..2 {
            let golden: Vec<f64> =
                expected["coordinates"].as_array().expect("rows").iter().map(|r| numbers(r)[axis]).collect();
            let along: f64 = map.coordinates.iter().zip(&golden).map(|(c, g)| c[axis] * g).sum();
            for (found, golden) in map.coordinates.iter().zip(&golden) {
                let difference = found[axis] - golden * along.signum();
                assert!(
                    difference.abs() < 1e-4 * (1.0 + golden.abs()),
                    "{} axis {axis}: {difference}",
                    case.name
                );
            }
        }
    }
}

#[test]
fn areas_under_the_roc_curve_and_reliability_equal_scikit_learns() {
    for case in golden()["stats"]["roc"].as_array().expect("cases") {
        let scores = numbers(&case["scores"]);
        let labels: Vec<bool> =
            case["labels"].as_array().expect("labels").iter().map(|label| label == true).collect();
        let side = |with| -> Vec<f64> {
            scores.iter().zip(&labels).filter(|(_, label)| **label == with).map(|(score, _)| *score).collect()
        };
        close("ROC", roc_auc(&side(true), &side(false)).expect("two sides"), &case["auc"], 1e-12);
        let bins = reliability(&scores, &labels, 10).expect("scores");
        let of = |value: fn(&ReliabilityBin) -> f64| bins.iter().map(value).collect::<Vec<_>>();
        all_close("share", &of(|bin| bin.share), &case["share"], 1e-12);
        all_close("score", &of(|bin| bin.score), &case["score"], 1e-12);
    }
}

#[test]
fn energy_distances_equal_scipys_distances_put_together_by_hand() {
    for case in cases().iter().filter(|c| !c.expected["energy"].is_null()) {
        let unit = case.points.centred_unit(&case.prompts).expect("directions");
        let table = energy_table(&unit, &case.personas, &case.prompts, &few()).expect("crossed");
        let expected = case.expected["energy"].as_object().expect("pairs");
        assert_eq!(table.len(), expected.len());
        for pair in &table {
            close(&case.name, pair.energy, &expected[&format!("{} {}", pair.a, pair.b)], 1e-6);
        }
    }
    let one_dimension = &golden()["stats"]["energy_1d"];
    let column = |i: usize| {
        let values: Vec<f32> = numbers(&one_dimension[i]).into_iter().map(|v| v as f32).collect();
        Points::new(Array2::from_shape_vec((values.len(), 1), values).expect("a column")).expect("finite")
    };
    let found = energy_distance(&column(0), &column(1)).expect("one dimension");
    close("scipy.stats.energy_distance squared", found, &one_dimension[2], 1e-6);
}

#[test]
fn agreement_of_partitions_equals_scikit_learns_on_trivial_ones_too() {
    let golden = golden();
    for (name, expected) in golden["stats"]["partitions"].as_object().expect("partitions") {
        let found = Agreement::between(&indices(&expected["labels"]), &indices(&expected["clusters"]));
        let found = found.expect("same rows");
        close(name, found.ari, &expected["ari"], 1e-12);
        close(name, found.nmi, &expected["nmi"], 1e-12);
        close(name, found.homogeneity, &expected["homogeneity"], 1e-12);
        close(name, found.completeness, &expected["completeness"], 1e-12);
        close(name, found.v_measure, &expected["v_measure"], 1e-12);
    }
}

#[test]
fn corrections_intervals_ranks_and_quantiles_equal_scipys() {
    let golden = golden();
    let stats = &golden["stats"];
    let p_values = numbers(&stats["p_values"]);
    all_close("Holm", &holm(&p_values).expect("p-values"), &stats["holm"], 1e-12);
    let q = benjamini_hochberg(&p_values).expect("p-values");
    all_close("Benjamini-Hochberg", &q, &stats["benjamini_hochberg"], 1e-12);
    let (x, y) = (numbers(&stats["spearman"]["x"]), numbers(&stats["spearman"]["y"]));
    close("Spearman", spearman(&x, &y).expect("defined"), &stats["spearman"]["rho"], 1e-12);
    all_close("ranks", &ranks(&x), &stats["ranks"], 0.0);
    for row in stats["wilson"].as_array().expect("rows") {
        let [successes, trials, level, ..] = numbers(row)[..] else { panic!("five numbers") };
        let interval = wilson(successes as usize, trials as usize, level).expect("a proportion");
        close("Wilson low", interval.low, &row[3], 1e-12);
        close("Wilson high", interval.high, &row[4], 1e-12);
    }
    for row in stats["normal"].as_array().expect("rows") {
        close("normal quantile", normal_quantile(numbers(row)[0]), &row[1], 1e-11);
    }
    for row in stats["student"].as_array().expect("rows") {
        let numbers = numbers(row);
        close("Student quantile", student_quantile(numbers[0], numbers[1]), &row[2], 1e-9);
    }
    for row in stats["student_tail"].as_array().expect("rows") {
        let numbers = numbers(row);
        close("Student tail", student_upper_tail(numbers[0], numbers[1]), &row[2], 1e-12);
    }
    for case in stats["sign_flip_below"].as_array().expect("cases") {
        let (differences, bound) = (numbers(&case["differences"]), case["bound"].as_f64().expect("a number"));
        let p = sign_flip_below(&differences, bound, Seed(0)).expect("finite");
        close("sign flips", p, &case["p"], 1e-12);
    }
    for row in stats["detectable_loss"].as_array().expect("rows") {
        let [margin, error, n, power, _] = numbers(row)[..] else { panic!("five numbers") };
        close("detectable loss", detectable_loss(margin, error, n as usize - 1, 0.025, power), &row[4], 1e-9);
    }
    for row in stats["quantile"].as_array().expect("rows") {
        close("quantile", quantile(&y, numbers(row)[0]).expect("defined"), &row[1], 1e-9);
    }
}

#[test]
fn the_studentized_bootstrap_equals_numpys_up_to_resampling_noise() {
    for expected in golden()["stats"]["bootstrap_t"].as_array().expect("rows") {
        let level = expected["level"].as_f64().expect("a level");
        let bootstrap = Bootstrap { resamples: 100_000, level, ..Bootstrap::new(Seed(5)) };
        let found = bootstrap.mean(&numbers(&expected["scores"])).expect("spread");
        assert_eq!(found.method, Method::StudentizedBootstrap);
        let golden = numbers(&expected["interval"]);
        let width = golden[1] - golden[0];
        assert!((found.low - golden[0]).abs() < 0.02 * width, "{found:?} against {golden:?}");
        assert!((found.high - golden[1]).abs() < 0.02 * width, "{found:?} against {golden:?}");
    }
}

#[test]
fn hard_input_is_an_error_that_says_where() {
    let case = case("clusters");
    let mut matrix = case.points.view().to_owned();
    matrix[[5, 3]] = f32::NAN;
    assert!(Points::new(matrix).expect_err("NaN").to_string().contains("vector 5 has NaN in column 3"));
    assert!(Labels::new("persona", &vec!["only"; 56]).is_err(), "one label");
    let singletons = self::case("singletons");
    let unit = singletons.points.normalised().expect("directions");
    let error =
        identification(&unit, &singletons.personas, &singletons.prompts, &few()).expect_err("lone rows");
    assert!(error.to_string().contains("`lone_a` is seen on one prompt"), "{error}");
}

fn select(labels: &Labels, order: &[usize]) -> Labels {
    let rows: Vec<&str> = order.iter().map(|&i| labels.name_of(i)).collect();
    Labels::new(labels.what(), &rows).expect("the same labels")
}

/// A rotation by plane rotations of seeded angles.
fn rotated(points: &Points, angle: f32) -> Points {
    let mut matrix = points.view().to_owned();
    let d = matrix.ncols();
    for i in 0..d {
        let (j, (sin, cos)) = ((i + 1) % d, (angle * (i + 1) as f32).sin_cos());
        for mut row in matrix.rows_mut() {
            (row[i], row[j]) = (cos * row[i] - sin * row[j], sin * row[i] + cos * row[j]);
        }
    }
    Points::new(matrix).expect("finite")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_rows_changes_nothing(seed in 0u64..1_000) {
        use rand::seq::SliceRandom;
        let case = case("missing");
        let mut order: Vec<usize> = (0..case.points.rows()).collect();
        order.shuffle(&mut Seed(seed).rng());
        let points = Points::new(case.points.view().select(Axis(0), &order)).expect("finite");
        let (personas, prompts) = (select(&case.personas, &order), select(&case.prompts, &order));
        let find = |points: &Points, personas: &Labels, prompts: &Labels| {
            let unit = points.centred_unit(prompts).expect("directions");
            let found = identification(&unit, personas, prompts, &few()).expect("crossed");
            let silhouette = silhouette_cosine(points, personas).expect("defined");
            let index = davies_bouldin(points, personas).expect("defined");
            (found.balanced_accuracy.point, found.prompt_scores, silhouette, index)
        };
        let (one, two) = (find(&case.points, &case.personas, &case.prompts), find(&points, &personas, &prompts));
        prop_assert!((one.0 - two.0).abs() < 1e-9);
        prop_assert!(one.1.iter().zip(&two.1).all(|(a, b)| (a - b).abs() < 1e-9));
        prop_assert!((one.2 - two.2).abs() < 1e-9 && (one.3 - two.3).abs() < 1e-9);
    }

    #[test]
    fn rotating_the_space_changes_nothing(angle in 0.1f32..3.0) {
        let case = case("clusters");
        let turned = rotated(&case.points, angle);
        let find = |points: &Points| {
            let unit = points.centred_unit(&case.prompts).expect("directions");
            let found = identification(&unit, &case.personas, &case.prompts, &few()).expect("crossed");
            let silhouette = silhouette_cosine(points, &case.personas).expect("defined");
            (found.balanced_accuracy.point, silhouette, calinski_harabasz(points, &case.personas).expect("defined"))
        };
        let (one, two) = (find(&case.points), find(&turned));
        prop_assert!((one.0 - two.0).abs() < 1e-9);
        prop_assert!((one.1 - two.1).abs() < 1e-5 && (one.2 - two.2).abs() < 1e-3 * one.2);
    }

    #[test]
    fn renaming_labels_changes_nothing(prefix in "[a-z]{1,3}") {
        let case = case("samples");
        // Reversing the order of names as well: sorted position must not matter.
        let count = case.personas.count();
        let rows: Vec<String> =
            case.personas.index().iter().map(|i| format!("{prefix}{:03}", count - i)).collect();
        let renamed = Labels::new("persona", &rows).expect("labels");
        let unit = case.points.centred_unit(&case.prompts).expect("directions");
        let one = identification(&unit, &case.personas, &case.prompts, &few()).expect("crossed");
        let two = identification(&unit, &renamed, &case.prompts, &few()).expect("crossed");
        prop_assert!((one.balanced_accuracy.point - two.balanced_accuracy.point).abs() < 1e-9);
        prop_assert!(one.margins.iter().zip(&two.margins).all(|(a, b)| (a - b).abs() < 1e-9));
        let (a, b) = (silhouette_cosine(&unit, &case.personas), silhouette_cosine(&unit, &renamed));
        prop_assert!((a.expect("defined") - b.expect("defined")).abs() < 1e-12);
        let agreement = Agreement::between(case.personas.index(), renamed.index()).expect("same rows");
        prop_assert!((agreement.ari - 1.0).abs() < 1e-12);
    }
}
