//! Whether a text is English: by its function words, against those of other languages.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use super::function_words::is_function_word;
use super::markup::Markup;
use super::text::Text;

/// Share of function words from which a text in a language is taken for one; running English has about a half.
const LEAST_SHARE: f64 = 0.08;

/// What a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    English,
    /// Another language.
    Other,
}

/// The language of a text, code and JSON left aside; none where too little is left to tell.
///
/// A text whose letters are mostly not Latin is in another language. Else its function words decide: those of English
/// against those of the other language that has the most, and against letters that English does not write. Function words
/// are a half of running text in any of these languages and hardly shared between them (stop words as a language's mark:
/// Grefenstette 1995, *Comparing two language identification schemes*).
pub fn language(text: &Text<'_>, markup: &Markup) -> Option<Language> {
    if text.words().is_empty() {
        return None;
    }
    let json = text.json_spans();
    if markup.code.is_empty() && json.is_empty() {
        return of_words(text.words().iter().map(String::as_str));
    }
    let mut hidden: Vec<_> = markup.code.iter().chain(json).cloned().collect();
    hidden.sort_by_key(|range| range.start);
    let (mut words, mut at) = (Vec::new(), 0);
    for range in hidden {
        if range.start > at {
            words.extend(text.raw()[at..range.start].unicode_words());
        }
        at = at.max(range.end);
    }
    words.extend(text.raw()[at..].unicode_words());
    let words: Vec<String> = words.into_iter().map(|w| w.to_lowercase().replace('’', "'")).collect();
    of_words(words.iter().map(String::as_str))
}

fn of_words<'a>(words: impl Iterator<Item = &'a str>) -> Option<Language> {
    let (mut latin, mut other_letters, mut all, mut english, mut accented) =
        (0usize, 0usize, 0usize, 0usize, 0usize);
    let mut others = [0usize; OTHERS.len()];
    for word in words {
        let (mut foreign_letter, mut letters) = (false, 0);
        for c in word.chars().filter(|c| c.is_alphabetic()) {
            letters += 1;
            match c {
                'a'..='z' | 'A'..='Z' => latin += 1,
                '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => {
                    latin += 1;
                    foreign_letter = true;
                }
                _ => other_letters += 1,
            }
        }
        if letters == 0 {
            continue;
        }
        all += 1;
        accented += usize::from(foreign_letter);
        let single = letters == 1 && word != "a" && word != "i";
        english += usize::from(!single && is_function_word(word));
        if let Some(languages) = OTHER_WORDS.get(word) {
            others
                .iter_mut()
                .enumerate()
                .for_each(|(i, count)| *count += usize::from(languages >> i & 1 == 1));
        }
    }
    if all == 0 {
        return None;
    }
    if other_letters > latin {
        return Some(Language::Other);
    }
    let most = others.into_iter().max().unwrap_or(0).max(accented);
    let enough = |count: usize| count as f64 >= LEAST_SHARE * all as f64 && count > 0;
    match () {
        () if enough(english) && english >= most => Some(Language::English),
        () if enough(most) && most > english => Some(Language::Other),
        () => None,
    }
}

/// Word → the languages of [`OTHERS`] that have it, a bit each.
static OTHER_WORDS: LazyLock<HashMap<&'static str, u32>> = LazyLock::new(|| {
    let mut words = HashMap::new();
    for (i, list) in OTHERS.iter().enumerate() {
        list.split_whitespace().for_each(|word| *words.entry(word).or_default() |= 1u32 << i);
    }
    words
});

/// Frequent function words of other languages in Latin letters.
const OTHERS: [&str; 16] = [
    // German
    "der die das den dem des ein eine einen einem einer und oder aber nicht kein ist sind war wird werden hat haben ich du \
     er sie es wir ihr mich mir dich sich zu zum zur von vom mit für auf aus bei nach im in an am um über unter wie was wenn \
     dass weil auch noch nur schon so man mehr dann hier sein seine ihre doch bitte ja nein",
    // French
    "le la les un une des du de et ou mais ne pas non est sont était être avoir a ont je tu il elle nous vous ils elles on me \
     te se ce cette ces mon ma ton ta son sa ses leur leurs à au aux en dans par pour sur avec sans sous qui que quoi dont où \
     si plus moins très bien comme quand aussi oui y c'est n'est j'ai",
    // Spanish
    "el la los las un una unos unas de del y o pero no es son era fue ser estar está están ha han yo tú él ella nosotros \
     ellos me te se lo le les mi tu su sus a al en con por para sin sobre entre que qué quien como cuando donde si más muy \
     también ya esto este esta eso hay sí porque nos",
    // Italian
    "il lo la i gli le un uno una di del della dei delle dello da dal dalla in nel nella e ed o ma non è sono era essere ha \
     hanno ho io tu lui lei noi voi loro mi ti si ci vi me te che chi cosa come quando dove se più molto anche già questo \
     questa quello con per su sul sulla tra fra al alla ai perché sì c'è",
    // Portuguese
    "o a os as um uma uns de do da dos das em no na nos nas por para com sem e ou mas não é são era foi ser estar está há eu \
     tu ele ela nós eles elas você me te se lhe meu minha seu sua que quem como quando onde mais muito também já isso isto \
     este esta ao aos à pelo pela sim porque",
    // Dutch
    "de het een en of maar niet geen is zijn was wordt worden heeft hebben had ik je jij hij zij ze we wij jullie u mij me \
     jou hem haar ons te van voor met op in aan bij naar uit over om door als dat die dit deze wat wie waar hoe er ook nog \
     al wel dan zo meer kan moet ja nee",
    // Swedish
    "och eller men inte är var vara har hade jag du han hon den det vi ni de mig dig sig en ett att som på i av för med till \
     från om under över vid så när där här vad hur kan ska skulle också bara mycket mer än ja nej min din sin",
    // Danish and Norwegian
    "og eller men ikke er var være har havde hadde jeg du han hun den det vi dere de mig meg dig deg sig seg en et ei at som på \
     i av af for med til fra om under over ved så når der her hva hvad hvordan kan skal ville også bare meget mye mer end enn \
     ja nei nej min din sin",
    // Polish
    "i w z na do o od po za przez dla bez pod nad przy się nie jest są był była było być ma mam to ten ta te tego że żeby \
     czy co jak kto gdzie kiedy ale lub albo oraz już tylko też tak bardzo może ja ty on ona my wy oni mnie cię go jej ich \
     jego mi",
    // Czech and Slovak
    "a i v ve na do z ze od po za pro bez pod nad při se si je jsou byl byla bylo být má to ten ta ty že aby co jak kdo kde \
     kdy ale nebo už jen také tak velmi může já on ona my vy oni mě tě ho jí ich nie sa som sú bol alebo ako ktorý který není",
    // Turkish
    "ve veya ama değil bir bu şu o ben sen biz siz onlar için ile gibi kadar daha çok en ne nasıl neden kim nerede var yok \
     mı mi mu mü da de ki olarak olan her şey sonra önce ise eğer çünkü evet hayır beni seni bana sana",
    // Finnish
    "ja tai mutta ei on ovat oli olla minä sinä hän me te he se ne tämä että kun jos kuin niin myös vain jo vielä mitä mikä \
     kuka missä miten en et eivät sen hänen minun sinun joka jotka hyvin kyllä nyt ole",
    // Romanian
    "și sau dar nu este sunt era fi are au eu tu el ea noi voi ei ele mă te se îl o un unei unui al a ai ale în la de cu pe \
     pentru din prin fără care ce cine cum când unde dacă mai foarte deja acest această da că să lui",
    // Hungarian
    "a az egy és vagy de nem van volt lesz én te ő mi ti ők engem ez azt ezt hogy mert ha mint is csak már még nagyon itt ott \
     ki mit hol mikor milyen igen lehet kell fel le be meg nincs vannak minden",
    // Indonesian and Malay
    "yang dan atau tetapi tapi tidak bukan adalah ini itu di ke dari untuk dengan pada dalam oleh akan sudah telah bisa dapat \
     saya aku kamu anda dia kami kita mereka ada juga lebih sangat seperti apa siapa bagaimana kapan karena jika saat ya",
    // Vietnamese
    "và hoặc nhưng không là có được của cho với từ trong trên dưới này đó tôi bạn anh chị nó chúng ta họ một các những gì ai \
     như thế nào khi nếu vì cũng rất đã đang sẽ thì mà ở",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(raw: &str) -> Option<Language> {
        language(&Text::new(raw), &Markup::of(raw))
    }

    #[test]
    fn words_between_code_decide_and_code_alone_has_no_language() {
        assert_eq!(of("{\"name\": \"set_alarm\", \"arguments\": {\"for\": \"the morning\"}}"), None);
        assert_eq!(of("```python\nfor a in the_list:\n    print(a)\n```"), None);
        assert_eq!(of("Call `schliesse(das, die, der)` and wait for it."), Some(Language::English));
        assert_eq!(
            of("Ruf `close(the, of, and)` auf und warte dann auf die Antwort."),
            Some(Language::Other)
        );
        assert_eq!(of(""), None);
        assert_eq!(of("42 × 17"), None);
    }

    #[test]
    fn other_scripts_are_other_languages() {
        for raw in ["Привет, как дела?", "今日はいい天気ですね。", "مرحبا كيف حالك", "안녕하세요"]
        {
            assert_eq!(of(raw), Some(Language::Other), "{raw}");
        }
    }
}
