//! What was chosen, and what goes under which name.

use super::*;
use rendezvous_testkit::home::Home;

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
