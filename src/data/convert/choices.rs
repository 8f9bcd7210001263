//! A question with options to choose from.

use super::field::Why;

/// Options and what they are called, in the order of the record.
pub(super) struct Choices {
    labels: Vec<String>,
    texts: Vec<String>,
}

impl Choices {
    /// Options with labels of their own.
    pub(super) fn new(labels: Vec<String>, texts: Vec<String>) -> Why<Self> {
        if labels.len() != texts.len() {
            return Err(format!("the choices do not fit: {} labels, {} texts", labels.len(), texts.len()));
        }
        if let Some(i) = texts.iter().position(|text| text.trim().is_empty()) {
            return Err(format!("a choice is blank: number {}", i + 1));
        }
        Ok(Self { labels, texts })
    }

    /// Options that are called A, B and so on.
    pub(super) fn lettered(texts: Vec<String>) -> Why<Self> {
        Self::new(('A'..='Z').take(texts.len()).map(String::from).collect(), texts)
    }

    /// The question with an option a line below it.
    pub(super) fn ask(&self, question: &str) -> String {
        let mut asked = question.trim().to_owned();
        for i in 0..self.labels.len() {
            asked.push('\n');
            asked.push_str(&self.option(i));
        }
        asked
    }

    /// The option that is called so.
    pub(super) fn labelled(&self, label: &str) -> Why<String> {
        let found = self.labels.iter().position(|l| l == label.trim());
        found.map(|i| self.option(i)).ok_or_else(|| {
            format!("the answer is no choice: `{label}`, known are {}", self.labels.join(", "))
        })
    }

    /// The option at a place, from 0, or the one that is called so.
    pub(super) fn at(&self, answer: &str) -> Why<String> {
        match answer.trim().parse::<usize>() {
            Ok(i) if i < self.labels.len() => Ok(self.option(i)),
            Ok(_) => Err(format!("the answer is no choice: {answer}, the last is {}", self.labels.len() - 1)),
            Err(_) => self.labelled(answer),
        }
    }

    fn option(&self, i: usize) -> String {
        format!("({}) {}", self.labels[i], self.texts[i].trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(all: &[&str]) -> Vec<String> {
        all.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn an_answer_is_found_by_letter_or_place() {
        let choices = Choices::lettered(texts(&["x", " y"])).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(choices.ask("Which? "), "Which?\n(A) x\n(B) y");
        assert_eq!(choices.at("1"), Ok("(B) y".to_owned()));
        assert_eq!(choices.at(" A"), Ok("(A) x".to_owned()));
        assert_eq!(choices.at("2").unwrap_err(), "the answer is no choice: 2, the last is 1");
        assert_eq!(choices.at("-1").unwrap_err(), "the answer is no choice: `-1`, known are A, B");
    }

    #[test]
    fn labels_of_their_own_are_no_places() {
        let choices = Choices::new(texts(&["1", "2"]), texts(&["x", "y"])).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(choices.labelled("2"), Ok("(2) y".to_owned()));
        assert!(choices.labelled("0").is_err() && choices.labelled("").is_err());
        assert_eq!(
            Choices::new(texts(&["1"]), Vec::new()).err().unwrap_or_default(),
            "the choices do not fit: 1 labels, 0 texts"
        );
        assert_eq!(
            Choices::lettered(texts(&["x", " "])).err().unwrap_or_default(),
            "a choice is blank: number 2"
        );
    }
}
