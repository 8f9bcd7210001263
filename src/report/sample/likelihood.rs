//! Made-up likelihoods of real text, and the real figures on them.

use super::QUICK;
use crate::metrics::{HeardText, Likelihoods, RankAgreement};
use crate::record::{LikelihoodDesign, LikelihoodFigures, PersonaRow, TextScore};
use crate::seed::Seed;
use rand::Rng;

/// Others that hear a text.
const OTHERS: usize = 3;

/// Six texts a persona; others of its own group find them a little likelier than strangers do.
pub(super) fn likelihood(rows: &[PersonaRow]) -> (LikelihoodFigures, Vec<TextScore>) {
    let n = rows.len();
    let mut heard = Vec::new();
    for (persona, row) in rows.iter().enumerate() {
        for prompt in 0..6 {
            let mut rng = Seed(21).child(&row.id).child(&prompt.to_string()).rng();
            let own = -2.4 + 0.5 * rng.random::<f64>();
            let other = |k: usize| {
                let listener = (persona + 1 + (k * 19 + prompt * 3) % (n - 1)) % n;
                let near = if rows[listener].group == row.group { 0.25 } else { 0.7 };
                (listener, own - near * (0.4 + rng.random::<f64>()))
            };
            heard.push(HeardText { persona, prompt, own, others: (0..OTHERS).map(other).collect() });
        }
    }
    let labels: Vec<String> = rows.iter().map(|r| r.id.clone()).collect();
    let groups: Vec<String> = rows.iter().map(|r| r.group.clone()).collect();
    let found = Likelihoods::new(&labels, &groups, &heard, &QUICK).expect("six prompts");
    let design = LikelihoodDesign {
        texts: heard.len(),
        others: OTHERS,
        full: false,
        cells: found.matrix.cells.iter().flatten().flatten().count(),
        cells_total: n * n,
        nearest_scored: n,
        nearest_total: n,
    };
    let score = |h: &HeardText| TextScore {
        persona: labels[h.persona].clone(),
        prompt_id: format!("h{}", h.prompt + 1),
        tokens: 68,
        own: h.own,
        margin: h.margin(),
    };
    let agreement = RankAgreement { spearman: 0.42, pairs: n * 18 };
    (LikelihoodFigures::new(found, design, Some(agreement)), heard.iter().map(score).collect())
}
