//! What was chosen, and what goes under which name.

use super::*;
use rendezvous_assist::Time;
use rendezvous_assist::brakes::Facts;
use rendezvous_assist::consent::{Consent, Input, Lifetime, Limits, Output, Right};
use rendezvous_testkit::home::Home;

/// Somebody who allowed files. The permission lasts as long as they are there.
fn who_allows_files() -> (Consent, FilesGrant) {
    let limits = Limits::default().with(Right::Files, Lifetime::Session);
    let mut consent = Consent::with_limits(limits, &Facts::default());
    consent.handle_input(Time(0), Input::Connected).expect("the first connection");
    says_yes(&mut consent, Time(1));
    consent.handle_input(Time(20_000), Input::Request(Right::Files)).expect("the screen is seen");
    let grant = says_yes(&mut consent, Time(20_001)).expect("a yes gives files");
    (consent, grant)
}

fn says_yes(consent: &mut Consent, now: Time) -> Option<FilesGrant> {
    loop {
        match consent.poll_output() {
            Output::Ask(question) => {
                let yes = Input::Answer { question: question.id, yes: true };
                consent.handle_input(now, yes).expect("in time");
            }
            Output::FilesGranted(grant) => return Some(grant),
            Output::Timeout(_) => return None,
            _ => {}
        }
    }
}

fn choose(desk: &mut Desk, home: &Home, name: &str) {
    let path = home.join(name);
    std::fs::write(&path, name).unwrap();
    desk.told(Told::Chosen(Box::new(Chosen::open(path.to_str().unwrap()).unwrap())));
}

fn went(told: &mut mpsc::UnboundedReceiver<News>) -> Vec<(String, Over)> {
    let news = std::iter::from_fn(|| told.try_recv().ok());
    news.map(|news| match news {
        News::Went(name, over) => (name.as_str().to_owned(), over),
        other => panic!("{other:?}"),
    })
    .collect()
}

#[test]
fn a_file_too_many_takes_no_other_ones_place_while_the_page_takes_nothing() {
    let home = Home::new("chosen").unwrap();
    let ((reports, _), (news, mut told)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
    let mut desk = Desk::new(home.join("drop"), reports, news, watch::channel(Progress::default()).0);
    let (to_page, mut page) = mpsc::channel(1);
    desk.page_says(FromPage::Opened(to_page));
    for _ in 0..2 {
        desk.send(Packet::Text("in the way".into()));
    }
    // One is offered, eight wait, and J is one too many.
    for name in ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"] {
        choose(&mut desk, &home, name);
        desk.work();
    }
    desk.told(Told::Stop);
    choose(&mut desk, &home, "K");
    for _ in 0..20 {
        while page.try_recv().is_ok() {
            desk.outbox.forget();
        }
        desk.work();
    }
    let names: String = desk.chosen.iter().map(|chosen| chosen.name().as_str()).collect();
    assert_eq!(names, "BCDEFGHIK");
    let expected = [("J".to_owned(), Over::NotOffered(Refusal::Busy)), ("A".to_owned(), Over::Stopped)];
    assert_eq!(went(&mut told), expected);
}

#[test]
fn what_is_stopped_before_the_page_is_there_is_the_file_that_would_have_gone_first() {
    let home = Home::new("early").unwrap();
    let ((reports, _), (news, mut told)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
    let mut desk = Desk::new(home.join("drop"), reports, news, watch::channel(Progress::default()).0);
    for name in ["A", "B"] {
        choose(&mut desk, &home, name);
        desk.work();
    }
    desk.told(Told::Stop);
    desk.work();
    assert_eq!(went(&mut told), [("A".to_owned(), Over::Stopped)]);
    let (to_page, mut page) = mpsc::channel(8);
    desk.page_says(FromPage::Opened(to_page));
    desk.work();
    let offered = Message::Offer { id: 2, name: FileName::cleaned("B"), size: 1 };
    assert_eq!(page.try_recv(), Ok(Packet::Text(offered.to_text())));
    let names: String = desk.chosen.iter().map(|chosen| chosen.name().as_str()).collect();
    assert_eq!(names, "B", "what is read is what was offered");
}

#[test]
fn whoever_does_not_send_their_file_still_gets_the_one_that_comes() {
    let home = Home::new("both-ways").unwrap();
    let ((reports, _), (news, mut told)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
    let mut desk = Desk::new(home.join("drop"), reports, news, watch::channel(Progress::default()).0);
    let (to_page, _page) = mpsc::channel(8);
    desk.page_says(FromPage::Opened(to_page));
    let (_person, grant) = who_allows_files();
    desk.told(Told::Allowed(grant));
    let photo = Message::Offer { id: 7, name: FileName::cleaned("photo.jpg"), size: 5 };
    desk.page_says(FromPage::Came(Packet::Text(photo.to_text())));
    choose(&mut desk, &home, "A");
    desk.work();
    assert!(matches!(told.try_recv(), Ok(News::Ask(Offered { id: 7, .. }, _))));
    desk.told(Told::StopSending);
    desk.work();
    assert_eq!(went(&mut told), [("A".to_owned(), Over::Stopped)], "and nothing else");
    // The one key of the terminal means both.
    desk.told(Told::Stop);
    desk.work();
    assert!(matches!(told.try_recv(), Ok(News::Withdraw(7))));
    assert!(matches!(told.try_recv(), Ok(News::NotCame(..))));
}
