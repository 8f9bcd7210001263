//! TEMPORARY: until the classifier's branch is merged.
use crate::error::Result;
use crate::persona::Registry;
use crate::style::{TRAITS, Text, trait_scores};
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Rule,
    Classifier,
}
pub struct TagInput<'a> {
    pub instruction: &'a str,
    pub input: &'a str,
    pub output: &'a str,
    pub turns: usize,
}
pub struct Assigned<'a> {
    pub persona: &'a str,
    pub confidence: f32,
    pub by: By,
}
#[derive(Debug)]
pub struct Tagger {
    registry: Registry,
}
impl Tagger {
    pub fn built_in(registry: &Registry) -> Result<Self> {
        Ok(Self { registry: registry.clone() })
    }
    pub fn sha256(&self) -> &str {
        "x"
    }
    pub fn registry_sha256(&self) -> &str {
        self.registry.sha256()
    }
    pub fn knows(&self, id: &str) -> bool {
        self.registry.persona(id).is_ok()
    }
    pub fn persona(&self, text: &TagInput<'_>) -> Assigned<'_> {
        let sure = if text.instruction.len() % 2 == 0 { 0.9 } else { 0.3 };
        let _ = (text.input, text.output, text.turns);
        Assigned { persona: "poet", confidence: sure, by: By::Classifier }
    }
}
pub fn traits_of(text: &str) -> Vec<&'static str> {
    let scores = trait_scores(&Text::new(text));
    TRAITS.iter().zip(scores).filter(|(t, s)| *s >= t.threshold).map(|(t, _)| t.name).collect()
}
