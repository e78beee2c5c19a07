//! What was chosen, and what goes under which name.

use super::*;
use rendezvous_testkit::home::Home;

fn choose(desk: &mut Desk, home: &Home, name: &str) {
    let path = home.join(name);
    std::fs::write(&path, name).unwrap();
    desk.told(Told::Chosen(Box::new(Chosen::open(path.to_str().unwrap()).unwrap())));
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
    let mut went = std::iter::from_fn(|| told.try_recv().ok()).map(|news| match news {
        News::Went(name, over) => (name.as_str().to_owned(), over),
        other => panic!("{other:?}"),
    });
    assert_eq!(went.next(), Some(("J".to_owned(), Over::NotOffered(Refusal::Busy))));
    assert_eq!(went.next(), Some(("A".to_owned(), Over::Stopped)));
    assert_eq!(went.next(), None);
}
