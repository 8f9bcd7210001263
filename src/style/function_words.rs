//! The closed classes of English words: what holds a sentence together, whatever it is about.
//!
//! Lower case, apostrophes straight. Written for this project by word class, after the classes of Quirk et al., *A
//! Comprehensive Grammar of the English Language* (1985), §2.35; besides them what opens or fills a turn without
//! naming a subject (interjections, discourse markers, clipped forms of talk).

use std::collections::HashSet;
use std::sync::LazyLock;

/// Whether a lower-cased word belongs to a closed class; contractions do by their part before the apostrophe.
pub fn is_function_word(word: &str) -> bool {
    FUNCTION_WORDS.contains(word)
        || word.split_once('\'').is_some_and(|(stem, _)| {
            // `don't` is do + n't, `isn't` is is + n't; `cat's` stays a word about cats.
            FUNCTION_WORDS.contains(stem) || FUNCTION_WORDS.contains(stem.strip_suffix('n').unwrap_or(stem))
        })
}

static FUNCTION_WORDS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| CLASSES.iter().flat_map(|class| class.split_whitespace()).collect());

const CLASSES: [&str; 12] = [
    // Articles, demonstratives, quantifiers.
    "the a an this that these those each every either neither all both half some any no none much many more most few \
     fewer fewest little less least several enough such same other others another own",
    // Numerals.
    "one ones two three four five six seven eight nine ten eleven twelve dozen hundred thousand million first second \
     third fourth fifth last next once twice",
    // Personal, possessive and reflexive pronouns, old and clipped ones with them.
    "i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers \
     herself it its itself they them their theirs themselves thou thee thy thine ye u ur ya y'all",
    // Indefinite pronouns and adverbs.
    "somebody someone something anybody anyone anything everybody everyone everything nobody nothing somewhere \
     anywhere everywhere nowhere somehow anyhow anyway sometime sometimes",
    // Questions and relatives.
    "who whom whose which what when where why how whoever whichever whatever whenever wherever however whence wherein \
     whereby",
    // Be, have, do and the modals, with the negated and the clipped.
    "be am is are was were been being have has had having hath do does did done doing doth can could may might must \
     shall should will would ought need dare used shalt art cannot can't won't shan't ain't gonna wanna gotta let \
     let's get gets got getting",
    // Prepositions.
    "of in on at by for with from to into onto unto upon over under above below through throughout between among \
     amongst amid about against before after behind beside besides beneath beyond during without within across along \
     around round near off out up down past since till until toward towards per via despite except like unlike than \
     as inside outside opposite regarding concerning notwithstanding",
    // Conjunctions and the adverbs that join sentences.
    "and or but nor so yet if unless because though although while whilst whereas whether lest therefore thus hence \
     then else otherwise instead rather moreover furthermore nevertheless nonetheless consequently accordingly \
     meanwhile finally besides also too either firstly secondly thirdly namely",
    // Negation and answers.
    "not never no yes yeah yep nope nah nay aye n't",
    // Adverbs of place, time and degree that no topic owns.
    "here there now today again ever always often usually seldom rarely already still just only even quite very really \
     almost nearly perhaps maybe possibly probably likely apparently presumably certainly surely indeed actually \
     basically simply merely mostly mainly partly largely roughly approximately away back forth together apart soon \
     later earlier ago far well somewhat altogether exactly especially generally typically naturally honestly \
     frankly obviously clearly definitely absolutely totally literally kinda sorta",
    // Interjections and markers of talk.
    "oh ah aha hey hi hello well okay ok right alas hush wow ha haha hmm huh uh um oops ugh lo lol lmao ngl tbh omg \
     btw fr rn idk imo please thanks thank sure behold verily dear lowkey",
    // Letters that stand alone after an apostrophe or a list mark.
    "s t d m re ve ll b c e f g h j k l n o p q r v w x y z",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_classes_are_function_words_and_subjects_are_not() {
        for word in
            ["the", "don't", "isn't", "won't", "can't", "you're", "it's", "whereas", "therefore", "oh"]
        {
            assert!(is_function_word(word), "{word}");
        }
        for word in ["soup", "cat's", "laptop", "premise", "river", "walk", "green", "cannon", ""] {
            assert!(!is_function_word(word), "{word}");
        }
    }

    #[test]
    fn words_of_the_list_are_single_and_lower_case() {
        for word in CLASSES.iter().flat_map(|class| class.split_whitespace()) {
            assert_eq!(word, word.to_lowercase());
        }
    }
}
