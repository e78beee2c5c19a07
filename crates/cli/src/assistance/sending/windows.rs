//! The window itself.

use super::folder::{self, Listing, Place};
use super::looks::Looks;
use super::machine::{Chooser, Input, Meant, Output};
use super::turning::Turning;
use super::{Chosen, Wanted};
use crate::asking;
use crate::assistance::{Lacking, Unusable};
use crate::surroundings::x11_display;
use crate::texts::language::Language;
use crate::texts::sending::view;
use rendezvous_desktop::Suspension;
use rendezvous_desktop::windows::{Act, Told, View, WindowId, Windows};
use std::path::PathBuf;
use std::time::Instant;
use tokio::sync::mpsc;

/// What is chosen in it, and how it stands with what was chosen.
#[derive(Debug)]
pub(in crate::assistance) struct Sending {
    display: String,
    suspension: Suspension,
    language: Language,
    who: String,
    chooser: Chooser,
    looks: Looks,
    /// Opened when the person first wants it.
    windows: Option<(Windows, Ear)>,
    shown: Option<(WindowId, View)>,
    turning: Turning,
    is_gone: bool,
    /// What was opened last, until it is known whether they are asked about it.
    opened: Option<Box<Chosen>>,
    finds: mpsc::UnboundedSender<Found>,
    found: mpsc::UnboundedReceiver<Found>,
}

/// What is heard of the windows, and when it was done: it may lie here for a while.
type Ear = mpsc::UnboundedReceiver<(Instant, Told)>;

/// What came of looking at disks.
#[derive(Debug)]
enum Found {
    Listing(Place, Result<Listing, Lacking>),
    File(Meant, Result<Box<Chosen>, Unusable>),
}

impl Sending {
    /// Where this desktop can show windows, and the person has not chosen their terminal.
    pub(in crate::assistance) fn here(suspension: &Suspension, who: &str) -> Option<Self> {
        if !asking::can_ask_in(|name| std::env::var(name).ok()) {
            return None;
        }
        let (finds, found) = mpsc::unbounded_channel();
        Some(Self {
            display: x11_display().ok()?,
            suspension: suspension.clone(),
            language: Language::here(),
            who: who.to_owned(),
            chooser: Chooser::new(std::env::var_os("HOME").map(PathBuf::from)),
            looks: Looks::default(),
            windows: None,
            shown: None,
            turning: Turning::default(),
            is_gone: false,
            opened: None,
            finds,
            found,
        })
    }

    /// The person wants to send a file: the window comes, or comes to the front, with the keyboard in it.
    pub(in crate::assistance) fn open(&mut self) {
        self.hide();
        self.tell(Instant::now(), Input::Opened);
    }

    /// Whether it is on the screen, and so what it says is seen.
    pub(in crate::assistance) fn is_shown(&self) -> bool {
        self.shown.is_some()
    }

    /// The person said whether what they chose is to be sent.
    pub(in crate::assistance) fn answered(&mut self, yes: bool) {
        self.tell(Instant::now(), Input::Said(yes));
    }

    /// How far it is with what is on its way: its bytes, and how many of them are there.
    pub(in crate::assistance) fn progress(&mut self, progress: Option<(u64, u64)>) {
        self.tell(Instant::now(), Input::Progress(progress));
    }

    /// It is over with what was on its way.
    pub(in crate::assistance) fn over(&mut self, sentence: &str) {
        self.tell(Instant::now(), Input::Over(sentence.to_owned()));
    }

    /// What the person wants next.
    pub(super) async fn next(&mut self) -> Wanted {
        loop {
            let wanted = tokio::select! {
                told = told(&mut self.windows) => match told {
                    // What was done in a window that is gone meanwhile was done all the same.
                    Some((at, Told::Did(_, act))) => self.did(Instant::now(), (at, act)),
                    Some((_, Told::Lost(_))) | None => {
                        (self.windows, self.shown, self.is_gone) = (None, None, true);
                        return Wanted::Gone;
                    }
                },
                Some(found) = self.found.recv() => self.found(Instant::now(), found),
            };
            if let Some(wanted) = wanted {
                return wanted;
            }
        }
    }

    /// What the person did in the window, and when.
    fn did(&mut self, now: Instant, (at, act): (Instant, Act)) -> Option<Wanted> {
        match act {
            Act::Pressed(button, _) if !self.turning.hears(at, button) => None,
            Act::Pressed(button, _) => self.tell(now, Input::Pressed(button)),
            Act::Typed(text) => self.tell(now, Input::Typed(text)),
            Act::Entered => self.tell(now, Input::Entered),
            Act::Closed => self.tell(now, Input::Closed),
        }
    }

    fn found(&mut self, now: Instant, found: Found) -> Option<Wanted> {
        match found {
            Found::Listing(place, listing) => {
                self.looks.ended(&place);
                self.tell(now, Input::Found(place, listing))
            }
            Found::File(meant, Ok(chosen)) => {
                let (name, bytes) = (chosen.name().as_str().to_owned(), chosen.bytes());
                self.opened = Some(chosen);
                let wanted = self.tell(now, Input::Took { meant, name, bytes });
                // What came too late is closed.
                self.opened = None;
                wanted
            }
            Found::File(meant, Err(unusable)) => self.tell(now, Input::NotTook(meant, unusable)),
        }
    }

    /// Gives this to the chooser, does what follows, and shows how it stands.
    fn tell(&mut self, now: Instant, input: Input) -> Option<Wanted> {
        self.chooser.handle_input(input);
        let mut wanted = None;
        while let Some(output) = self.chooser.poll_output() {
            match output {
                Output::Look(place) => self.looks.want(place),
                Output::Take(meant) => self.open_it(meant),
                Output::Ask => wanted = self.opened.take().map(Wanted::Send),
                Output::Stop => wanted = Some(Wanted::Stop),
            }
        }
        self.look_on(now);
        self.show(now);
        wanted
    }

    /// Whatever happens leads here, if only that a second has passed: so a disk that does not answer is given up.
    fn look_on(&mut self, now: Instant) {
        if let Some(place) = self.looks.begin(now) {
            let lacking = place.clone();
            let look = move || Found::Listing(place.clone(), folder::look(&place));
            self.find(look, |why| Found::Listing(lacking, Err(why)));
        }
    }

    fn open_it(&self, meant: Meant) {
        let lacking = meant.clone();
        let work = move || Found::File(meant.clone(), open(meant));
        self.find(work, |why| {
            let path = match &lacking {
                Meant::At(path) => path.clone(),
                Meant::Typed(typed) => PathBuf::from(typed),
            };
            Found::File(lacking, Err(Unusable { path, why }))
        });
    }

    /// On a thread of its own, which nobody waits for: not when the help is over either. Where there can be none, this is what
    /// is found.
    fn find(&self, find: impl FnOnce() -> Found + Send + 'static, lacking: impl FnOnce(Lacking) -> Found) {
        let finds = self.finds.clone();
        let begun = std::thread::Builder::new().name("files".to_owned()).spawn(move || finds.send(find()));
        if let Err(error) = begun {
            tracing::warn!(%error, "The system has no room to look at files");
            _ = self.finds.send(lacking(Lacking::Readable(error.to_string())));
        }
    }

    fn show(&mut self, now: Instant) {
        if !self.chooser.is_open {
            return self.hide();
        }
        let view = view(self.language, &self.who, &self.chooser);
        let Some(view) = view else { return self.hide() };
        self.turning.shows(now, &view);
        match &mut self.shown {
            Some((_, shown)) if *shown == view => {}
            Some((window, shown)) => {
                if let Some((windows, _)) = &self.windows {
                    windows.change(*window, view.clone());
                }
                *shown = view;
            }
            None => self.show_anew(view),
        }
    }

    fn show_anew(&mut self, view: View) {
        if self.windows.is_none() && !self.is_gone {
            self.windows = self.begin();
        }
        if let Some((windows, _)) = &self.windows {
            self.shown = Some((windows.show(view.clone()), view));
        }
    }

    fn begin(&mut self) -> Option<(Windows, Ear)> {
        let (tell, told) = mpsc::unbounded_channel();
        let tell = move |news| _ = tell.send((Instant::now(), news));
        let opened = tokio::task::block_in_place(|| {
            Windows::open(Some(&self.display), None, self.suspension.clone(), tell)
        });
        match opened {
            Ok(windows) => Some((windows, told)),
            Err(error) => {
                tracing::warn!(%error, "There is no window for files");
                self.is_gone = true;
                None
            }
        }
    }

    fn hide(&mut self) {
        self.turning.hides();
        if let (Some((windows, _)), Some((window, _))) = (&self.windows, self.shown.take()) {
            windows.dismiss(window);
        }
    }
}

fn open(meant: Meant) -> Result<Box<Chosen>, Unusable> {
    let opened = match meant {
        Meant::At(path) => Chosen::at(path),
        Meant::Typed(typed) => Chosen::open(&typed),
    };
    opened.map(Box::new)
}

async fn told(windows: &mut Option<(Windows, Ear)>) -> Option<(Instant, Told)> {
    match windows {
        Some((_, told)) => told.recv().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assistance::sending::folder::{Entry, Kind};
    use crate::assistance::sending::machine::BACK;
    use rendezvous_desktop::windows::Answers;
    use rendezvous_testkit::home::Home;
    use std::os::unix::fs::symlink;
    use std::time::Duration;

    /// Of somebody whose windows are nowhere, so that nothing is drawn.
    fn sending() -> Sending {
        let (finds, found) = mpsc::unbounded_channel();
        Sending {
            display: String::new(),
            suspension: Suspension::default(),
            language: Language::English,
            who: "Anna".to_owned(),
            chooser: Chooser::new(None),
            looks: Looks::default(),
            windows: None,
            shown: None,
            turning: Turning::default(),
            is_gone: true,
            opened: None,
            finds,
            found,
        }
    }

    fn row(sending: &Sending, name: &str) -> Act {
        let (rows, _) = sending.chooser.rows().expect("it was looked").expect("it is there");
        let (row, _) = rows.iter().find(|(_, entry)| entry.name == name).expect("it is among them");
        Act::Pressed(*row, Answers::default())
    }

    fn found(place: Place, entries: &[(&str, Kind)]) -> Found {
        let entry = |(path, kind): &(&str, Kind)| {
            let path = PathBuf::from(path);
            Entry {
                name: path.file_name().expect("a name").to_string_lossy().into_owned(),
                path,
                kind: kind.clone(),
            }
        };
        let entries = entries.iter().map(entry).collect();
        Found::Listing(place, Ok(Listing { entries, is_cut: false }))
    }

    #[test]
    fn a_folder_that_is_pressed_twice_opens_no_file_that_came_under_the_pointer_meanwhile() {
        let (mut sending, mut now) = (sending(), Instant::now());
        let a_while = Duration::from_secs(60);
        sending.tell(now, Input::Opened);
        sending.found(now, found(Place::Start, &[("/nowhere/folder", Kind::Folder)]));
        let folder = row(&sending, "folder");
        sending.did(now, (now, folder.clone()));
        assert_eq!(sending.chooser.place, Place::Start, "it has only just come");
        now += a_while;
        sending.did(now, (now, folder));
        let place = Place::Folder("/nowhere/folder".into());
        assert_eq!(sending.chooser.place, place);
        let file = Kind::File { bytes: 1, changed: 1 };
        let files = [("/nowhere/folder/one", file.clone()), ("/nowhere/folder/other", file)];
        sending.found(now, found(place, &files));
        sending.did(now, (now, row(&sending, "one")));
        now += a_while;
        sending.did(now, (now, row(&sending, "other")));
        // One at a time is opened: had the first been heard, it would be that one. Neither is there.
        while sending.chooser.wrong.is_none() {
            let came = sending.found.blocking_recv().expect("whoever looks tells what they found");
            sending.found(now, came);
        }
        assert_eq!(sending.chooser.wrong, Some(("other".to_owned(), Lacking::There)));
        // Another sentence stands there now, but the way back is open.
        sending.did(now, (now, Act::Pressed(BACK, Answers::default())));
        assert_eq!(sending.chooser.place, Place::Start);
    }

    #[test]
    fn what_a_link_leads_to_is_not_said_to_lie_where_the_link_is() {
        let home = Home::new("link").expect("a place for a test");
        let place = home.path().canonicalize().expect("it is there");
        std::fs::write(home.join("key"), "x").expect("it is ours");
        symlink("key", home.join("letter")).expect("it is ours");
        let [key, letter] = ["key", "letter"].map(|name| open(Meant::At(home.join(name))).expect("a file"));
        assert_eq!(key.place(), place);
        assert_eq!((letter.place(), letter.name().as_str()), (&*place.join("key"), "letter"));
    }
}
