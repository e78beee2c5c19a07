//! Somebody calls.

use super::{
    ApplicationId, Block, Caller, HELLO, LONGEST, LONGEST_SENTENCE, Language, Ring, Standing, Tone, View,
    Who, foreign, question, standing_in,
};

/// Somebody calls: the question is written by the agent.
pub(crate) fn ring(language: Language, ring: &Ring) -> View {
    let text = |text: &str| foreign(text, LONGEST_SENTENCE);
    let body = vec![
        Block::Heading(text(&ring.heading)),
        Block::Who(text(&ring.line)),
        Block::Text(text(&ring.meaning)),
    ];
    question(language, Tone::Calm, body, &text(&ring.no), Some(text(&ring.yes)))
}

/// What the agent writes there.
pub(crate) fn ring_of(
    language: Language,
    caller: &Caller,
    answers_code: bool,
    application: ApplicationId,
    name: Option<&str>,
) -> Ring {
    let known = matches!(caller.standing, Standing::Verified { .. });
    // The address of a device nearby says nothing to anybody; it stands below.
    let is_nameless = caller.who == caller.address && !caller.address.contains('@');
    let called = match (is_nameless, known) {
        (false, _) => caller.who.as_str(),
        (true, true) => language.pick("Somebody whom you have met", "Jemand, den Sie schon kennen,"),
        (true, false) => language
            .pick("Somebody whom this computer does not know", "Jemand, den dieser Computer nicht kennt,"),
    };
    let who = Who::new(called, &caller.address, &standing_in(language, caller.standing));
    let (heading, meaning) = call_of(language, &who.name, (answers_code, known), application, name);
    Ring {
        heading,
        line: who.line,
        meaning,
        no: language.pick("Not now", "Jetzt nicht").to_owned(),
        yes: language.pick("Answer", "Annehmen").to_owned(),
    }
}

/// What somebody wants who calls, and what an answer means.
fn call_of(
    language: Language,
    who: &str,
    (answers_code, known): (bool, bool),
    application: ApplicationId,
    name: Option<&str>,
) -> (String, String) {
    let pick = |english: (String, &str), german: (String, &str)| {
        let (heading, meaning) = language.pick(english, german);
        (heading, meaning.to_owned())
    };
    match application {
        _ if answers_code => pick(
            (
                "Someone has typed your code.".to_owned(),
                "Answer only if you have just told it to somebody. You decide later what they may see.",
            ),
            (
                "Jemand hat Ihren Code eingegeben.".to_owned(),
                "Nehmen Sie nur an, wenn Sie ihn gerade jemandem gesagt haben. Was zu sehen ist, entscheiden Sie danach.",
            ),
        ),
        ApplicationId::OFFER if known => pick(
            (
                format!("{who} offers to help you."),
                "Answer only if you asked for it yourself. You decide later what they may see.",
            ),
            (
                format!("{who} bietet Ihnen Hilfe an."),
                "Nehmen Sie nur an, wenn Sie selbst darum gebeten haben. Was zu sehen ist, entscheiden Sie danach.",
            ),
        ),
        ApplicationId::OFFER => pick(
            (
                format!("{who} wants to make contact with you."),
                "Answer only if you know who this is and asked for it yourself. They see nothing.",
            ),
            (
                format!("{who} möchte mit Ihnen Kontakt aufnehmen."),
                "Nehmen Sie nur an, wenn Sie wissen, wer das ist, und selbst darum gebeten haben. Zu sehen ist nichts.",
            ),
        ),
        ApplicationId::ASK => pick(
            (
                format!("{who} asks you for help."),
                "If you answer, a page opens where you see their screen once they allow it.",
            ),
            (
                format!("{who} bittet Sie um Hilfe."),
                "Wenn Sie annehmen, öffnet sich eine Seite. Dort sehen Sie den anderen Bildschirm, sobald er Ihnen gezeigt wird.",
            ),
        ),
        HELLO => pick(
            (
                format!("{who} says hello."),
                "If you answer, you make sure together that it is really them. Nothing is shared.",
            ),
            (
                format!("{who} sagt Hallo."),
                "Wenn Sie annehmen, vergewissern Sie sich gemeinsam, wer da ist. Es wird nichts gezeigt.",
            ),
        ),
        _ => {
            let named = name.map(|name| foreign(name, LONGEST));
            let english = named.as_ref().map_or_else(
                || format!("{who} invites you."),
                |name| format!("{who} invites you to “{name}”."),
            );
            let german = named.as_ref().map_or_else(
                || format!("{who} lädt Sie ein."),
                |name| format!("{who} lädt Sie zu „{name}“ ein."),
            );
            pick(
                (english, "If you answer, this program starts on both sides."),
                (german, "Wenn Sie annehmen, startet dieses Programm auf beiden Seiten."),
            )
        }
    }
}
