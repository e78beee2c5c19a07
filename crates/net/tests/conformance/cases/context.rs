//! Context data: order, size, and what becomes of a text that cannot be delivered (rule 3).

use crate::two::Two;
use crate::world::World;
use rendezvous_core::*;

pub(crate) async fn a_text_of_64_kib_arrives_whole_and_one_byte_more_is_refused<W: World>(world: W) {
    let mut two = Two::connected(world).await;
    let session = two.session;
    // Characters of three bytes, so that pieces are cut beside them.
    let text = "€".repeat(MAX_CONTEXT / 3);
    let longest = format!("{text}x");
    assert_eq!(longest.len(), MAX_CONTEXT);
    let refused = two.ann.call(session, Command::SendContext(format!("{longest}x"))).await;
    assert_eq!(refused, Err(SessionError::Refused(Code::ContextDataOverLimit).into()));
    two.ann.say(session, &longest).await;
    two.bob.hears(session, &longest).await;
}

pub(crate) async fn texts_of_every_kind_arrive_in_order_and_once<W: World>(world: W) {
    let mut two = Two::connected(world).await;
    let session = two.session;
    let mut sent = Vec::new();
    for n in 0..30 {
        let text = match n % 3 {
            0 => String::new(),
            1 => format!("{n} \u{0}\r\n\t<&>\"'\u{1F600}\u{FFFD}"),
            _ => format!("{n} {}", "x".repeat(CONTEXT_CHUNK - 3 + n)),
        };
        two.ann.say(session, &text).await;
        two.bob.say(session, &text).await;
        sent.push(text);
        if n % 10 == 9 {
            // So that less is under way than may be.
            two.ann.until_texts(session, sent.len()).await;
            two.bob.until_texts(session, sent.len()).await;
        }
    }
    for person in [&mut two.ann, &mut two.bob] {
        let heard: Vec<String> = person
            .story(session)
            .into_iter()
            .filter_map(|event| match event {
                Event::ContextData(text) => Some(text),
                _ => None,
            })
            .collect();
        assert!(heard == sent, "all texts, in order");
    }
}

pub(crate) async fn what_cannot_be_delivered_is_reported_and_the_session_stays_open<W: World>(world: W) {
    let mut two = Two::connected(world).await;
    let session = two.session;
    two.world.refuse(true);
    two.ann.say(session, &"lost".repeat(5000)).await;
    two.ann.until(session, |e| *e == Event::SendError(Code::ContextDataSendFailure)).await;
    two.world.refuse(false);
    two.ann.say(session, "found").await;
    two.bob.hears(session, "found").await;
    assert!(!two.bob.was_told(|e| matches!(e, Event::ContextData(text) if text.starts_with("lost"))));
    let errors = two.ann.story(session).into_iter().filter(|e| matches!(e, Event::SendError(_))).count();
    assert_eq!(errors, 1, "once for each text");
    two.bob.terminate(session, 0).await;
    two.ann.ends(session).await;
    two.clear().await;
}

pub(crate) async fn there_is_a_limit_to_what_is_under_way<W: World>(world: W) {
    let mut two = Two::connected(world).await;
    let session = two.session;
    two.world.cut(&two.bob.endpoint.clone());
    for _ in 0..4 {
        two.ann.say(session, &"x".repeat(MAX_CONTEXT)).await;
    }
    let refused = two.ann.call(session, Command::SendContext("x".into())).await;
    assert_eq!(refused, Err(SessionError::TooMuchInFlight(4 * MAX_CONTEXT).into()));
    two.world.mend(&two.bob.endpoint.clone());
    two.bob.until_texts(session, 4).await;
    two.ann.say(session, "more").await;
    two.bob.hears(session, "more").await;
}
