//! Published sets by name: whose examples they are, how their files are read, and what reads a record.

use serde_json::Value;

use super::conversation::Spoken;
use super::field::Why;
use super::{
    asked, bfcl, cot, daily_dialog, ecare, empathetic, esconv, ethics, evolved, exam, marked, moral_stories,
    persona_chat, persuasion, sentiment, sharegpt,
};
use crate::data::read::{Container, Encoding};

/// A set of the dataset specification's second phase.
#[derive(Debug)]
pub struct Published {
    /// Its name in a recipe.
    pub id: &'static str,
    /// The persona that the specification's tables have for it.
    pub persona: &'static str,
    /// What its files hold, where their ending says something else.
    pub(in crate::data) container: Option<Container>,
    /// The key whose value consecutive rows of one conversation share.
    pub(in crate::data) grouped_by: Option<&'static str>,
    /// Names of the columns of a table without a head line.
    pub(in crate::data) columns: &'static [&'static str],
    /// How its files write letters.
    pub(in crate::data) encoding: Encoding,
    /// Whether a quotation mark in its tables is nothing but that.
    pub(in crate::data) literal_quotes: bool,
    /// Whether the answers stand in files of their own.
    pub(in crate::data) answers: bool,
    read: fn(&Value) -> Why<Spoken>,
}

/// By its name: functions cannot be compared.
impl PartialEq for Published {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Published {}

impl Published {
    /// All of them, in the order of the specification's tables.
    pub const ALL: &'static [Self] = &[
        // Psychology and emotions.
        Self {
            container: Some(Container::Lines),
            ..set("mental_health_counseling", "empathetic_counselor", asked::counseling)
        },
        Self {
            grouped_by: Some("conv_id"),
            literal_quotes: true,
            ..set("empathetic_dialogues", "empathetic_counselor", empathetic::read)
        },
        set("emotional_support", "supportive", esconv::read),
        set("mental_health_chatbot", "empathetic_counselor", marked::read),
        set("mental_health_faq", "empathetic_counselor", asked::faq),
        Self {
            columns: &sentiment::COLUMNS,
            encoding: Encoding::Latin1,
            ..set("sentiment140", "empathetic_counselor", sentiment::read)
        },
        set("persona_chat", "conversational_agent", persona_chat::read),
        set("daily_dialog", "conversational_agent", daily_dialog::read),
        // Tools.
        Self {
            container: Some(Container::Lines),
            answers: true,
            ..set("berkeley_function_calling", "tool_orchestrator", bfcl::read)
        },
        set("toolbench", "tool_orchestrator", |record| {
            // Its texts begin and end with line feeds.
            Ok(sharegpt::read(record, &sharegpt::SHAREGPT)?.stripped())
        }),
        set("glaive_code_assistant", "tool_orchestrator", asked::glaive),
        set("hermes_function_calling", "tool_orchestrator", talk),
        // Conversations.
        set("wizardlm", "conversational_agent", evolved::read),
        set("sharegpt_cleaned", "conversational_agent", talk),
        set("openorca", "conversational_agent", asked::openorca),
        // Morals.
        set("ethics_commonsense", "critical_debater", ethics::commonsense),
        set("ethics_virtue", "critical_debater", ethics::virtue),
        set("ethics_justice", "critical_debater", ethics::justice),
        set("moral_stories", "critical_debater", moral_stories::read),
        set("persuasion", "critical_debater", persuasion::read),
        // Reasoning.
        set("cot_collection", "analytical_reasoner", cot::read),
        set("causal_reasoning", "analytical_reasoner", ecare::read),
        set("mmlu", "analytical_reasoner", exam::mmlu),
        set("arc_challenge", "analytical_reasoner", exam::arc),
    ];

    pub(super) fn read(&self, record: &Value) -> Why<Spoken> {
        (self.read)(record)
    }
}

const fn set(id: &'static str, persona: &'static str, read: fn(&Value) -> Why<Spoken>) -> Published {
    Published {
        id,
        persona,
        container: None,
        grouped_by: None,
        columns: &[],
        encoding: Encoding::Utf8,
        literal_quotes: false,
        answers: false,
        read,
    }
}

fn talk(record: &Value) -> Why<Spoken> {
    sharegpt::read(record, &sharegpt::SHAREGPT)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::format::testing::told_by;
    use super::*;
    use crate::persona::Registry;

    #[test]
    fn every_set_has_a_name_of_its_own_and_a_persona_of_the_registry() {
        let registry = Registry::built_in().expect("a registry");
        let names: BTreeSet<&str> = Published::ALL.iter().map(|p| p.id).collect();
        assert_eq!((names.len(), Published::ALL.len()), (24, 24));
        for set in Published::ALL {
            assert!(registry.persona(set.persona).is_ok(), "{}", set.persona);
        }
    }

    #[test]
    fn texts_of_toolbench_lose_their_line_feeds() {
        let record = r#"{"conversations": [{"from": "system", "value": "S\n"}, {"from": "user", "value": "\nQ\nBegin!\n"},
            {"from": "assistant", "value": "\nAction: a"}, {"from": "function", "value": "{}"}, {"from": "assistant", "value": "\nb"}]}"#;
        assert_eq!(told_by("toolbench", record), "Q\nBegin! > Action: a || {} | S | b");
    }
}
