//! A judge's opinion of the answers, in figures.

use super::paired::{Opponent, Pair, Said, opponents, said};
use crate::baseline::Baseline;
use crate::error::{Kind, Result};
use crate::judge::{Choice, Cost, Criterion, Judge, Opinion};
use crate::persona::Registry;
use crate::progress::Progress;
use crate::record::{
    JudgeComparison, JudgeCriterion, JudgeExample, JudgeFigures, JudgeVerdict, JudgedCriterion,
    JudgedPersona, Warning,
};
use crate::response::Response;
use crate::stats::{Estimate, Resampling, balanced_scores, cluster_scores, mean};
use crate::suite::Suite;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Share of pairs without a readable verdict from which the rest stands for nothing that a gate may judge.
const MOST_UNREAD: f64 = 0.1;
/// Examples of each kind that a record keeps.
const EXAMPLES: usize = 3;
/// Characters of a reply, of an answer and of a reason that an example keeps.
const KEPT: (usize, usize) = (600, 300);

/// Figures, the estimates that gates may judge, and what a reader must know.
pub(super) struct Judged {
    pub figures: JudgeFigures,
    pub estimates: BTreeMap<String, Estimate>,
    pub warnings: Vec<Warning>,
}

impl Judged {
    /// What was done, for the list of stages.
    pub(super) fn note(&self) -> String {
        let f = &self.figures;
        let pairs: usize = f.comparisons.iter().map(|c| c.pairs).sum();
        format!("{pairs} pairs judged by {}; {} requests sent, {} known", f.model, f.sent, f.known)
    }
}

/// Asks the judge about the answers. An endpoint that fails leaves everything else as it is: the figures then say why there
/// are none.
///
/// # Errors
/// When the user stops, or a persona is unknown.
pub(super) fn measure(
    judge: &Judge,
    (suite, registry): (&Suite, &Registry),
    (trained, floor): (&[Response], &[Response]),
    baseline: Option<&Baseline>,
    (folder, progress): (&Path, &dyn Progress),
    resampling: &Resampling,
) -> Result<Judged> {
    let (own, floor): (Said<'_>, Said<'_>) = (said(trained), said(floor));
    let found = opponents(judge, (suite, registry), (&own, &floor), baseline, resampling.seed)?;
    let asked = |p: &&Pair<'_>| p.own != p.other;
    let bodies: Vec<String> =
        found.iter().flat_map(|o| &o.pairs).filter(asked).flat_map(|p| p.bodies(judge)).collect();
    progress.note(&format!("judge: {}", Cost::of(&bodies, 0, &judge.rubric)));
    let criterion =
        |c: &Criterion| JudgeCriterion { name: c.name.clone(), ask: c.ask.clone(), weight: c.weight };
    let mut judged = Judged {
        figures: JudgeFigures {
            model: judge.model.clone(),
            rubric: judge.rubric.sha256.clone(),
            criteria: judge.rubric.criteria.iter().map(criterion).collect(),
            sent: 0,
            known: 0,
            not_measured: None,
            comparisons: Vec::new(),
        },
        estimates: BTreeMap::new(),
        warnings: Vec::new(),
    };
    let replies = match judge.replies(&bodies, folder, progress) {
        Err(e) if e.kind() == Kind::Interrupted => return Err(e),
        Err(e) => {
            judged.failed(e.what());
            return Ok(judged);
        }
        Ok(replies) => replies,
    };
    (judged.figures.sent, judged.figures.known) = (replies.sent, replies.known);
    if found.is_empty() {
        judged.failed("no reply has another one to be held against");
    }
    let mut replies = replies.replies.iter().map(String::as_str);
    for opponent in &found {
        judged.add(opponent, &judge.rubric.criteria, &mut replies, resampling)?;
    }
    Ok(judged)
}

impl Judged {
    fn failed(&mut self, why: &str) {
        self.warnings.push(Warning {
            what: format!("the judge's opinion is not measured: {why}"),
            help: "all else stands, and its gates are inconclusive; ask again, without what is answered already: \
                   persona-eval score SUITE RUN/responses.jsonl --judge RUBRIC"
                .to_owned(),
        });
        self.figures.not_measured = Some(why.to_owned());
    }

    /// The figures against one opponent; `replies` gives two for each of its pairs that was asked.
    fn add<'r>(
        &mut self,
        opponent: &Opponent<'_>,
        criteria: &[Criterion],
        replies: &mut impl Iterator<Item = &'r str>,
        resampling: &Resampling,
    ) -> Result<()> {
        let (mut rows, mut unread, mut unread_replies) = (Vec::new(), 0, Vec::new());
        for pair in &opponent.pairs {
            if pair.own == pair.other {
                rows.push(Row { pair, opinions: None });
                continue;
            }
            let texts = [replies.next().unwrap_or_default(), replies.next().unwrap_or_default()];
            let read = texts.map(|text| Opinion::read(text, criteria));
            unread_replies.extend(texts.iter().zip(&read).filter(|(_, o)| o.is_none()).map(|(t, _)| *t));
            match read {
                [Some(first), Some(second)] => rows.push(Row { pair, opinions: Some([first, second]) }),
                _ => unread += 1,
            }
        }
        let trusted = unread as f64 <= MOST_UNREAD * opponent.pairs.len() as f64;
        let against = opponent.baseline.map_or("the floor".to_owned(), |id| format!("the baseline {id}"));
        if !unread_replies.is_empty() {
            self.warnings.push(Warning {
                what: format!(
                    "{} of the judge's replies on pairs with {against} do not have the demanded form; {unread} of {} pairs are left out",
                    unread_replies.len(),
                    opponent.pairs.len()
                ),
                help: format!(
                    "they are counted and shown, not guessed at{}; another model, or a larger `max_tokens`, may do better",
                    if trusted { "" } else { ", and no gate judges the rest" }
                ),
            });
        }
        if rows.is_empty() {
            self.failed(&format!("no reply on pairs with {against} has the demanded form"));
            return Ok(());
        }
        let table = Table { rows, criteria, resampling, name: &against };
        let mut found = table.comparison()?;
        found.baseline = opponent.baseline.map(str::to_owned);
        (found.unread, found.unread_replies) = (unread, unread_replies.len());
        found.unread_examples = unread_replies.iter().take(EXAMPLES).map(|t| clipped(t, KEPT.1)).collect();
        if opponent.baseline.is_none() && trusted {
            self.estimates.insert("judge.win_rate".to_owned(), found.win_rate.clone());
            self.estimates.extend(found.consistency.clone().map(|e| ("judge.consistency".to_owned(), e)));
        }
        self.figures.comparisons.push(found);
        Ok(())
    }
}

/// One pair with what the judge said of it: with the run's reply first, and second; none where the replies are the same.
struct Row<'a> {
    pair: &'a Pair<'a>,
    opinions: Option<[Opinion; 2]>,
}

impl Row<'_> {
    /// Who is preferred in both orders, as if the run's reply had stood first in both.
    fn choices(&self, criterion: usize) -> Option<[Choice; 2]> {
        let [first, second] = self.opinions.as_ref()?;
        Some([first.choices[criterion], second.choices[criterion].swapped()])
    }

    /// Whether both orders agree; none where nothing was asked.
    fn agrees(&self, criterion: usize) -> Option<bool> {
        self.choices(criterion).map(|[a, b]| a == b)
    }

    /// 1 where the run's reply is preferred in both orders, 0 where the other's is, else ½.
    fn score(&self, criterion: usize) -> f64 {
        match self.choices(criterion) {
            Some([Choice::First, Choice::First]) => 1.0,
            Some([Choice::Second, Choice::Second]) => 0.0,
            _ => 0.5,
        }
    }
}

/// All pairs with one opponent.
struct Table<'a> {
    rows: Vec<Row<'a>>,
    criteria: &'a [Criterion],
    resampling: &'a Resampling,
    name: &'a str,
}

impl Table<'_> {
    fn comparison(&self) -> Result<JudgeComparison> {
        let all = 0..self.criteria.len();
        let scores: Vec<f64> = self.rows.iter().map(|r| self.weighted(|c| r.score(c))).collect();
        let criterion = |c: usize| {
            let scores: Vec<f64> = self.rows.iter().map(|r| r.score(c)).collect();
            let count = |value: f64| scores.iter().filter(|s| **s == value).count();
            let name = &self.criteria[c].name;
            Ok(JudgedCriterion {
                name: name.clone(),
                win_rate: self.over_personas(&format!("win {name}"), &scores)?,
                consistency: self.over_pairs(&format!("consistency {name}"), |r| {
                    r.agrees(c).map(share).into_iter().collect()
                })?,
                won_tied_lost: [count(1.0), count(0.5), count(0.0)],
            })
        };
        let agreed = |r: &&Row<'_>| r.opinions.is_some() && all.clone().all(|c| r.agrees(c) == Some(true));
        let swapped = |r: &&Row<'_>| all.clone().any(|c| r.agrees(c) == Some(false));
        Ok(JudgeComparison {
            baseline: None,
            pairs: self.rows.len(),
            same: self.rows.iter().filter(|r| r.opinions.is_none()).count(),
            unread: 0,
            unread_replies: 0,
            unread_examples: Vec::new(),
            win_rate: self.over_personas("win", &scores)?,
            consistency: self.over_pairs("consistency", |r| {
                let asked = r.opinions.is_some();
                asked.then(|| self.weighted(|c| r.agrees(c).map_or(0.0, share))).into_iter().collect()
            })?,
            position: self.over_pairs("position", |r| {
                let choices = r.opinions.iter().flatten().flat_map(|o| &o.choices);
                choices.filter(|c| **c != Choice::Tie).map(|c| share(*c == Choice::First)).collect()
            })?,
            criteria: all.clone().map(criterion).collect::<Result<_>>()?,
            personas: self.by_persona(&scores)?,
            agreed: self.rows.iter().filter(agreed).take(EXAMPLES).filter_map(|r| self.example(r)).collect(),
            swapped: self
                .rows
                .iter()
                .filter(swapped)
                .take(EXAMPLES)
                .filter_map(|r| self.example(r))
                .collect(),
        })
    }

    /// Mean over the criteria by their weights.
    fn weighted(&self, value: impl Fn(usize) -> f64) -> f64 {
        let weights: f64 = self.criteria.iter().map(|c| c.weight).sum();
        self.criteria.iter().enumerate().map(|(i, c)| c.weight * value(i)).sum::<f64>() / weights
    }

    /// The mean of one value a pair, personas alike, with its interval over prompts.
    fn over_personas(&self, name: &str, values: &[f64]) -> Result<Estimate> {
        let (personas, labels) = numbered(self.rows.iter().map(|r| r.pair.persona.id.as_str()));
        let (prompts, clusters) = numbered(self.rows.iter().map(|r| r.pair.prompt.id.as_str()));
        let scores = balanced_scores(values, &labels, personas, &clusters, prompts);
        self.estimate(name, &scores)
    }

    /// The mean of any number of values a pair with its interval over prompts; none where there are no values.
    fn over_pairs(&self, name: &str, values: impl Fn(&Row<'_>) -> Vec<f64>) -> Result<Option<Estimate>> {
        let mut all = Vec::new();
        for row in &self.rows {
            all.extend(values(row).into_iter().map(|value| (row.pair.prompt.id.as_str(), value)));
        }
        if all.is_empty() {
            return Ok(None);
        }
        let (prompts, clusters) = numbered(all.iter().map(|(prompt, _)| *prompt));
        let values: Vec<f64> = all.iter().map(|(_, value)| *value).collect();
        self.estimate(name, &cluster_scores(&values, &clusters, prompts)?).map(Some)
    }

    fn by_persona(&self, scores: &[f64]) -> Result<Vec<JudgedPersona>> {
        let mut of: BTreeMap<&str, BTreeMap<&str, Vec<f64>>> = BTreeMap::new();
        for (row, score) in self.rows.iter().zip(scores) {
            let prompts = of.entry(&row.pair.persona.id).or_default();
            prompts.entry(&row.pair.prompt.id).or_default().push(*score);
        }
        let one = |(persona, prompts): (&str, BTreeMap<&str, Vec<f64>>)| {
            let means: Vec<f64> = prompts.values().map(|scores| mean(scores)).collect();
            Ok(JudgedPersona {
                persona: persona.to_owned(),
                pairs: prompts.values().map(Vec::len).sum(),
                win_rate: self.estimate(&format!("win {persona}"), &means)?,
            })
        };
        of.into_iter().map(one).collect()
    }

    fn estimate(&self, name: &str, scores: &[f64]) -> Result<Estimate> {
        let bootstrap = self.resampling.bootstrap(&format!("judge {} {name}", self.name));
        bootstrap.within(0.0, 1.0).estimate(scores, "share", true)
    }

    fn example(&self, row: &Row<'_>) -> Option<JudgeExample> {
        let told = |choice: Choice| match choice {
            Choice::First => "own".to_owned(),
            Choice::Second => "other".to_owned(),
            Choice::Tie => "tie".to_owned(),
        };
        let (pair, opinions) = (row.pair, row.opinions.as_ref()?);
        let verdict = |(i, c): (usize, &Criterion)| {
            Some(JudgeVerdict { criterion: c.name.clone(), orders: row.choices(i)?.map(told) })
        };
        Some(JudgeExample {
            persona: pair.persona.id.clone(),
            prompt_id: pair.prompt.id.clone(),
            prompt: pair.prompt.text.clone(),
            own: clipped(pair.own, KEPT.0),
            other: clipped(pair.other, KEPT.0),
            verdicts: self.criteria.iter().enumerate().filter_map(verdict).collect(),
            reasons: [clipped(&opinions[0].reason, KEPT.1), clipped(&opinions[1].reason, KEPT.1)],
        })
    }
}

fn share(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

/// How many different names there are, and each one's number.
fn numbered<'a>(names: impl Iterator<Item = &'a str>) -> (usize, Vec<usize>) {
    let names: Vec<&str> = names.collect();
    let different: Vec<&str> = BTreeSet::from_iter(names.iter().copied()).into_iter().collect();
    let number = |name: &&str| different.binary_search(name).ok();
    (different.len(), names.iter().filter_map(number).collect())
}

fn clipped(text: &str, most: usize) -> String {
    let mut start: String = text.chars().take(most).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    start
}
