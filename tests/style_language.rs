//! The language flag: English for the corpus but for its JSON, another for texts in other languages.

use std::path::PathBuf;

use persona_eval::style::{Language, Markup, Text, language};
use serde_json::Value;

/// Short answers in other languages, written for this test.
const OTHERS: [(&str, [&str; 3]); 16] = [
    (
        "German",
        [
            "Starte den Rechner neu und schließe alle Programme, die du gerade nicht brauchst.",
            "Ich würde zuerst prüfen, ob die Festplatte voll ist. Danach sehen wir weiter.",
            "Das klingt anstrengend! Möchtest du mir erzählen, was dich am meisten stört?",
        ],
    ),
    (
        "French",
        [
            "Redémarrez l'ordinateur et fermez les programmes dont vous n'avez pas besoin.",
            "Je vérifierais d'abord si le disque est plein. Ensuite, nous verrons.",
            "Quelle belle question ! La lune tourne autour de la Terre en un mois environ.",
        ],
    ),
    (
        "Spanish",
        [
            "Reinicia el ordenador y cierra los programas que no necesitas ahora.",
            "Primero miraría si el disco está lleno. Después ya veremos qué hacer.",
            "Eso suena muy cansado. ¿Quieres contarme qué es lo que más te molesta?",
        ],
    ),
    (
        "Italian",
        [
            "Riavvia il computer e chiudi tutti i programmi che non ti servono.",
            "Per prima cosa guarderei se il disco è pieno. Poi vediamo che cosa fare.",
            "Che bella domanda! La luna gira intorno alla Terra in circa un mese.",
        ],
    ),
    (
        "Portuguese",
        [
            "Reinicie o computador e feche os programas de que não precisa agora.",
            "Primeiro eu veria se o disco está cheio. Depois pensamos no resto.",
            "Isso parece muito cansativo. Você quer me contar o que mais incomoda?",
        ],
    ),
    (
        "Dutch",
        [
            "Start de computer opnieuw op en sluit de programma's die je niet nodig hebt.",
            "Ik zou eerst kijken of de schijf vol is. Daarna zien we wel verder.",
            "Dat klinkt vermoeiend! Wil je me vertellen wat je het meest stoort?",
        ],
    ),
    (
        "Swedish",
        [
            "Starta om datorn och stäng alla program som du inte behöver just nu.",
            "Jag skulle först se efter om disken är full. Sedan får vi se.",
            "Vilken fin fråga! Månen går ett varv runt jorden på ungefär en månad.",
        ],
    ),
    (
        "Norwegian",
        [
            "Start maskinen på nytt og lukk alle programmer som du ikke trenger nå.",
            "Jeg ville først se om disken er full. Så får vi se hva vi gjør.",
            "For et fint spørsmål! Månen går rundt jorden på omtrent en måned.",
        ],
    ),
    (
        "Polish",
        [
            "Uruchom komputer ponownie i zamknij programy, których teraz nie potrzebujesz.",
            "Najpierw sprawdziłbym, czy dysk nie jest pełny. Potem zobaczymy, co dalej.",
            "To brzmi męcząco. Czy chcesz mi powiedzieć, co ci najbardziej przeszkadza?",
        ],
    ),
    (
        "Czech",
        [
            "Restartujte počítač a zavřete programy, které teď nepotřebujete.",
            "Nejdřív bych se podíval, jestli není plný disk. Pak se uvidí, co dál.",
            "To zní únavně. Chcete mi říct, co vám nejvíc vadí a od kdy to trvá?",
        ],
    ),
    (
        "Turkish",
        [
            "Bilgisayarı yeniden başlat ve şu anda gerek duymadığın programları kapat.",
            "Önce diskin dolu olup olmadığına bakardım. Sonra ne yapacağımızı görürüz.",
            "Bu çok yorucu olmalı. Seni en çok neyin üzdüğünü bana anlatmak ister misin?",
        ],
    ),
    (
        "Finnish",
        [
            "Käynnistä tietokone uudelleen ja sulje ohjelmat, joita et nyt tarvitse.",
            "Katsoisin ensin, onko levy täynnä. Sitten mietitään, mitä tehdään.",
            "Kuulostaa raskaalta. Haluatko kertoa minulle, mikä sinua eniten häiritsee?",
        ],
    ),
    (
        "Indonesian",
        [
            "Nyalakan ulang komputer dan tutup program yang tidak kamu perlukan saat ini.",
            "Pertama saya akan melihat apakah disknya penuh. Setelah itu kita lihat lagi.",
            "Itu terdengar melelahkan. Apa yang paling mengganggu kamu dalam hal ini?",
        ],
    ),
    (
        "Russian",
        [
            "Перезагрузите компьютер и закройте программы, которые вам сейчас не нужны.",
            "Сначала я бы посмотрел, не заполнен ли диск. Потом решим, что делать.",
            "Какой хороший вопрос! Луна обходит Землю примерно за месяц.",
        ],
    ),
    (
        "Japanese",
        [
            "パソコンを再起動して、使っていないプログラムを閉じてください。",
            "まずディスクがいっぱいかどうかを確かめます。それから考えましょう。",
            "いい質問ですね。月はおよそ一か月で地球のまわりを回ります。",
        ],
    ),
    (
        "Arabic",
        [
            "أعد تشغيل الحاسوب وأغلق البرامج التي لا تحتاج إليها الآن.",
            "سأنظر أولا هل القرص ممتلئ. ثم نرى ما يمكن فعله.",
            "يا له من سؤال جميل! يدور القمر حول الأرض في نحو شهر.",
        ],
    ),
];

fn of(text: &str) -> Option<Language> {
    language(&Text::new(text), &Markup::of(text))
}

#[test]
fn texts_of_other_languages_are_flagged() {
    for (name, texts) in OTHERS {
        for text in texts {
            assert_eq!(of(text), Some(Language::Other), "{name}: {text}");
        }
    }
}

#[test]
fn the_corpus_is_english_but_for_answers_that_are_json_alone() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus");
    let (mut texts, mut right) = (0, 0);
    for split in ["train", "heldout"] {
        for file in std::fs::read_dir(folder.join(split)).expect("the corpus") {
            let lines = std::fs::read_to_string(file.expect("a file").path()).expect("UTF-8");
            for line in lines.lines() {
                let line: Value = serde_json::from_str(line).expect("JSON");
                let text = line["output"].as_str().expect("a text");
                let json = serde_json::from_str::<Value>(text).is_ok();
                texts += 1;
                right += usize::from(of(text) == (!json).then_some(Language::English));
            }
        }
    }
    assert!(right * 100 >= texts * 99, "{right} of {texts}");
}

#[test]
fn short_english_answers_are_english() {
    for text in ["Yes.", "No, thank you.", "It depends.", "Try it.", "OK, let's go!", "I don't know"] {
        assert_eq!(of(text), Some(Language::English), "{text}");
    }
}
