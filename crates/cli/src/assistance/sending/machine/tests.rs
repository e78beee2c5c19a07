use super::numbers::ROWS;
use super::*;
use crate::assistance::sending::folder::Known;

fn file(folder: &str, name: &str) -> Entry {
    let path = Path::new(folder).join(name);
    Entry { path, name: name.to_owned(), kind: Kind::File { bytes: 5, changed: 1 } }
}

fn folder(above: &str, name: &str) -> Entry {
    Entry { kind: Kind::Folder, ..file(above, name) }
}

fn at(path: &str) -> Place {
    Place::Folder(path.into())
}

fn outputs(chooser: &mut Chooser) -> Vec<Output> {
    std::iter::from_fn(|| chooser.poll_output()).collect()
}

fn names(chooser: &Chooser) -> Vec<&str> {
    let (rows, _) = chooser.rows().expect("it was looked").expect("it is there");
    rows.iter().map(|(_, entry)| entry.name.as_str()).collect()
}

fn row(chooser: &Chooser, name: &str) -> ButtonId {
    let (rows, _) = chooser.rows().expect("it was looked").expect("it is there");
    rows.iter().find(|(_, entry)| entry.name == name).expect("it is among them").0
}

fn found(chooser: &mut Chooser, place: Place, entries: Vec<Entry>) {
    chooser.handle_input(Input::Found(place, Ok(Listing { entries, is_cut: false })));
}

fn meant(path: &str) -> Meant {
    Meant::At(path.into())
}

fn take(path: &str) -> Output {
    Output::Take(meant(path))
}

/// This is open, of five bytes.
fn took(path: &str) -> Input {
    Input::Took { meant: meant(path), name: name(Path::new(path)), bytes: 5 }
}

fn not_took(path: &str, why: Lacking) -> Input {
    Input::NotTook(meant(path), Unusable { path: path.into(), why })
}

/// One that shows the documents of somebody at /home/ann.
fn in_documents() -> Chooser {
    let mut chooser = Chooser::new(Some("/home/ann".into()));
    chooser.handle_input(Input::Opened);
    assert_eq!(outputs(&mut chooser), [Output::Look(Place::Start)]);
    assert!(chooser.rows().is_none(), "nobody has looked");
    let known = Entry { kind: Kind::Known(Known::Documents), ..folder("/home/ann", "Documents") };
    found(&mut chooser, Place::Start, vec![known]);
    let documents = row(&chooser, "Documents");
    chooser.handle_input(Input::Pressed(documents));
    assert_eq!(outputs(&mut chooser), [Output::Look(at("/home/ann/Documents"))]);
    let here = "/home/ann/Documents";
    let entries = vec![
        folder(here, "Old letters"),
        file(here, "Letter to Bob.odt"),
        file(here, "Tax.pdf"),
        file(here, ".hidden"),
    ];
    found(&mut chooser, at(here), entries);
    chooser
}

#[test]
fn a_file_is_found_by_typing_a_part_of_its_name_and_asked_about() {
    let mut chooser = in_documents();
    assert_eq!(names(&chooser), ["Old letters", "Letter to Bob.odt", "Tax.pdf"]);
    chooser.handle_input(Input::Typed("letter".into()));
    assert_eq!(names(&chooser), ["Old letters", "Letter to Bob.odt"]);
    chooser.handle_input(Input::Entered);
    assert_eq!(outputs(&mut chooser), [], "either may be meant");
    chooser.handle_input(Input::Typed("bob".into()));
    chooser.handle_input(Input::Entered);
    assert_eq!(outputs(&mut chooser), [take("/home/ann/Documents/Letter to Bob.odt")]);
    chooser.handle_input(took("/home/ann/Documents/Letter to Bob.odt"));
    assert_eq!(outputs(&mut chooser), [Output::Ask]);
    // Nothing that is pressed in it counts while they are asked.
    chooser.handle_input(Input::Entered);
    let tax = ButtonId(ROWS + 3);
    chooser.handle_input(Input::Pressed(tax));
    assert_eq!(outputs(&mut chooser), []);
    chooser.handle_input(Input::Said(true));
    let going = |done| Page::Going { name: "Letter to Bob.odt".into(), bytes: 5, done };
    assert_eq!(chooser.page, going(None));
    chooser.handle_input(Input::Progress(Some((5, 3))));
    assert_eq!(chooser.page, going(Some(3)));
    chooser.handle_input(Input::Progress(None));
    chooser.handle_input(Input::Closed);
    chooser.handle_input(Input::Opened);
    assert_eq!(chooser.page, going(Some(3)), "it goes on, and can be looked at");
    chooser.handle_input(Input::Over("Anna has it.".into()));
    assert_eq!(chooser.page, Page::Over("Anna has it.".into()));
    chooser.handle_input(Input::Pressed(ANOTHER));
    assert_eq!((chooser.page.clone(), chooser.place.clone()), (Page::Looking, at("/home/ann/Documents")));
}

#[test]
fn a_no_goes_back_to_where_they_looked_and_sends_nothing() {
    let mut chooser = in_documents();
    let tax = row(&chooser, "Tax.pdf");
    chooser.handle_input(Input::Pressed(tax));
    assert_eq!(outputs(&mut chooser), [take("/home/ann/Documents/Tax.pdf")]);
    chooser.handle_input(took("/home/ann/Documents/Tax.pdf"));
    assert_eq!(outputs(&mut chooser), [Output::Ask]);
    chooser.handle_input(Input::Said(false));
    assert_eq!(outputs(&mut chooser), [Output::Look(at("/home/ann/Documents"))]);
    assert_eq!((&chooser.page, chooser.is_open), (&Page::Looking, true));
    chooser.handle_input(Input::Said(true));
    assert_eq!(chooser.page, Page::Looking, "what nobody is asked cannot be answered");
    chooser.handle_input(Input::Over("late".into()));
    assert_eq!(chooser.page, Page::Looking);
}

#[test]
fn what_is_opened_late_replaces_no_question_and_is_asked_about_only_by_whoever_waits_for_it() {
    let here = |name: &str| format!("/home/ann/Documents/{name}");
    let (tax, letter) = (here("Tax.pdf"), here("Letter to Bob.odt"));
    let press = |chooser: &mut Chooser, name: &str| {
        let row = row(chooser, name);
        chooser.handle_input(Input::Pressed(row));
        outputs(chooser)
    };
    let mut chooser = in_documents();
    assert_eq!(press(&mut chooser, "Tax.pdf"), [take(&tax)]);
    assert_eq!(press(&mut chooser, "Tax.pdf"), [], "it was pressed twice, and is opened once");
    assert_eq!(press(&mut chooser, "Letter to Bob.odt"), [], "one at a time");
    chooser.handle_input(took(&letter));
    assert_eq!((outputs(&mut chooser), &chooser.page), (vec![], &Page::Looking), "nobody waits for it");
    chooser.handle_input(took(&tax));
    assert_eq!(outputs(&mut chooser), [Output::Ask]);
    // While they read the question.
    let asked = Page::Asked { name: "Tax.pdf".into(), bytes: 5 };
    let late =
        [took(&letter), took(&tax), not_took(&letter, Lacking::AFolder), not_took(&tax, Lacking::There)];
    for late in late.clone() {
        chooser.handle_input(late);
        assert_eq!((outputs(&mut chooser), &chooser.page), (vec![], &asked));
    }
    chooser.handle_input(Input::Said(true));
    for late in late {
        chooser.handle_input(late);
        assert_eq!(outputs(&mut chooser), []);
        assert!(matches!(&chooser.page, Page::Going { name, .. } if name == "Tax.pdf"));
    }
}

#[test]
fn whoever_waits_for_a_disk_in_vain_goes_elsewhere_or_types_on() {
    for elsewhere in [Input::Typed("letter".into()), Input::Pressed(BACK), Input::Closed] {
        let mut chooser = in_documents();
        let tax = row(&chooser, "Tax.pdf");
        chooser.handle_input(Input::Pressed(tax));
        chooser.handle_input(elsewhere.clone());
        outputs(&mut chooser);
        chooser.handle_input(took("/home/ann/Documents/Tax.pdf"));
        assert_eq!((outputs(&mut chooser), &chooser.page), (vec![], &Page::Looking), "{elsewhere:?}");
        chooser.handle_input(Input::Opened);
        chooser.handle_input(Input::Typed("'/tmp/another'".into()));
        outputs(&mut chooser);
        chooser.handle_input(Input::Entered);
        assert_eq!(outputs(&mut chooser), [Output::Take(Meant::Typed("'/tmp/another'".into()))]);
    }
}

#[test]
fn only_what_is_on_its_way_can_be_stopped_and_only_what_is_over_be_followed_by_another() {
    let mut chooser = in_documents();
    let press_both = |chooser: &mut Chooser| {
        for button in [STOP, ANOTHER] {
            chooser.handle_input(Input::Pressed(button));
        }
        outputs(chooser)
    };
    assert_eq!(press_both(&mut chooser), []);
    let tax = row(&chooser, "Tax.pdf");
    chooser.handle_input(Input::Pressed(tax));
    chooser.handle_input(took("/home/ann/Documents/Tax.pdf"));
    outputs(&mut chooser);
    assert_eq!(press_both(&mut chooser), [], "they are being asked");
    chooser.handle_input(Input::Said(true));
    assert_eq!(press_both(&mut chooser), [Output::Stop]);
    chooser.handle_input(Input::Over("It was stopped.".into()));
    chooser.handle_input(Input::Pressed(STOP));
    assert_eq!(outputs(&mut chooser), []);
    assert_eq!(chooser.page, Page::Over("It was stopped.".into()));
    assert_eq!(press_both(&mut chooser), [Output::Look(at("/home/ann/Documents"))]);
}

#[test]
fn escape_goes_back_the_way_they_came_and_then_the_window_goes() {
    let mut chooser = in_documents();
    let old = row(&chooser, "Old letters");
    chooser.handle_input(Input::Pressed(old));
    assert_eq!(chooser.place, at("/home/ann/Documents/Old letters"));
    for place in [at("/home/ann/Documents"), Place::Start] {
        chooser.handle_input(Input::Pressed(BACK));
        assert_eq!((&chooser.place, chooser.is_open), (&place, true));
    }
    chooser.handle_input(Input::Pressed(BACK));
    assert!(!chooser.is_open);
}

#[test]
fn a_path_is_completed_while_it_is_typed_from_wherever_they_are() {
    let mut chooser = in_documents();
    chooser.handle_input(Input::Typed("/m".into()));
    assert_eq!(outputs(&mut chooser), [Output::Look(at("/"))]);
    assert!(chooser.rows().is_none(), "what was there before is not what they look for");
    found(&mut chooser, at("/"), vec![folder("/", "home"), folder("/", "Media"), folder("/", "mnt")]);
    assert_eq!(names(&chooser), ["Media", "mnt"]);
    chooser.handle_input(Input::Typed("/me".into()));
    assert_eq!(outputs(&mut chooser), [], "it is the same place");
    chooser.handle_input(Input::Entered);
    assert_eq!(outputs(&mut chooser), [Output::Look(at("/Media"))]);
    assert_eq!((chooser.typed.as_str(), &chooser.place), ("", &at("/Media")));
    // From the home directory, and where nobody has looked yet.
    chooser.handle_input(Input::Typed("~/a.txt".into()));
    chooser.handle_input(Input::Entered);
    let expected = [Output::Look(at("/home/ann")), take("/home/ann/a.txt")];
    assert_eq!(outputs(&mut chooser), expected);
    // What is old is not shown.
    found(&mut chooser, at("/Media"), vec![file("/Media", "b")]);
    assert!(chooser.rows().is_none());
    // And as a file manager drops it.
    chooser.handle_input(Input::Typed("file:///tmp/a%20b".into()));
    outputs(&mut chooser);
    chooser.handle_input(Input::Entered);
    assert_eq!(outputs(&mut chooser), [Output::Take(Meant::Typed("file:///tmp/a%20b".into()))]);
}

#[test]
fn what_cannot_be_sent_is_said_and_a_folder_is_gone_into() {
    let mut chooser = in_documents();
    let tax = row(&chooser, "Tax.pdf");
    chooser.handle_input(Input::Pressed(tax));
    assert_eq!(outputs(&mut chooser), [take("/home/ann/Documents/Tax.pdf")]);
    chooser.handle_input(not_took("/home/ann/Documents/Tax.pdf", Lacking::There));
    assert_eq!(chooser.wrong, Some(("Tax.pdf".into(), Lacking::There)));
    assert_eq!(
        outputs(&mut chooser),
        [Output::Look(at("/home/ann/Documents"))],
        "the list is not true any more"
    );
    chooser.handle_input(Input::Typed("nothing like it".into()));
    assert_eq!(chooser.wrong, None);
    chooser.handle_input(Input::Entered);
    assert_eq!(chooser.wrong, Some(("nothing like it".into(), Lacking::There)));
    chooser.handle_input(Input::Typed("/mnt".into()));
    chooser.handle_input(Input::Entered);
    assert_eq!(outputs(&mut chooser), [Output::Look(at("/")), take("/mnt")]);
    chooser.handle_input(not_took("/mnt", Lacking::AFolder));
    assert_eq!((&chooser.place, &chooser.wrong), (&at("/mnt"), &None));
}

#[test]
fn a_row_means_the_same_file_for_ever() {
    let mut chooser = in_documents();
    let tax = row(&chooser, "Tax.pdf");
    let here = "/home/ann/Documents";
    found(&mut chooser, at(here), vec![file(here, "evil.sh"), file(here, "Tax.pdf")]);
    assert_eq!(row(&chooser, "Tax.pdf"), tax);
    chooser.handle_input(Input::Pressed(tax));
    assert_eq!(outputs(&mut chooser), [take("/home/ann/Documents/Tax.pdf")]);
    chooser.handle_input(Input::Pressed(ButtonId(u16::MAX)));
    assert_eq!(outputs(&mut chooser), []);
}

#[test]
fn more_than_can_be_read_is_found_by_typing() {
    let mut chooser = in_documents();
    let here = "/home/ann/Documents";
    let many = (0..2 * MOST_ROWS).map(|number| file(here, &format!("{number}.txt"))).collect();
    found(&mut chooser, at(here), many);
    let (rows, is_more) = chooser.rows().expect("it was looked").expect("it is there");
    assert_eq!((rows.len(), is_more), (MOST_ROWS, true));
    chooser.handle_input(Input::Typed(format!("{}.", 2 * MOST_ROWS - 1)));
    assert_eq!(names(&chooser), [format!("{}.txt", 2 * MOST_ROWS - 1)]);
}

#[test]
fn only_what_is_shown_gets_a_number_however_much_there_is() {
    let mut chooser = in_documents();
    let here = "/home/ann/Documents";
    found(&mut chooser, at(here), (0..5000).map(|number| file(here, &format!("{number}.txt"))).collect());
    assert_eq!(names(&chooser).len(), MOST_ROWS);
    // Below every one that is shown, whenever it comes to be shown.
    for name in ["4999.txt", "4321.txt"] {
        chooser.handle_input(Input::Typed(name.into()));
        assert_eq!(names(&chooser), [name]);
        let ButtonId(number) = row(&chooser, name);
        assert!(usize::from(number - ROWS) < 2 * MOST_ROWS, "{number}");
        chooser.handle_input(Input::Pressed(row(&chooser, name)));
        assert_eq!(outputs(&mut chooser), [take(&format!("{here}/{name}"))]);
    }
    // And what is shown again because less is typed has one, too.
    chooser.handle_input(Input::Typed(String::new()));
    assert_eq!(names(&chooser).len(), MOST_ROWS);
}

#[test]
fn whoever_types_before_it_was_looked_is_heard_when_it_was() {
    let mut chooser = Chooser::new(None);
    chooser.handle_input(Input::Opened);
    chooser.handle_input(Input::Typed("tax".into()));
    chooser.handle_input(Input::Entered);
    assert_eq!(outputs(&mut chooser), [Output::Look(Place::Start)]);
    found(&mut chooser, Place::Start, vec![file("/home/ann", "Tax.pdf"), file("/home/ann", "b")]);
    assert_eq!(outputs(&mut chooser), [take("/home/ann/Tax.pdf")]);
    found(&mut chooser, Place::Start, vec![file("/home/ann", "Tax.pdf")]);
    assert_eq!(outputs(&mut chooser), [], "once");
}
