//! What happens between a person and the window in which they choose a file: pure. What they do and what was found comes in, what is
//! to be done goes out, and what the window shows follows from the state (`texts::sending`).

mod numbers;

use self::numbers::Numbers;
use super::folder::{Entry, Kind, Listing, Place};
use crate::assistance::{Lacking, Unusable};
use rendezvous_desktop::windows::ButtonId;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// More rows than these are not shown: whoever looks for something in so many types.
pub(crate) const MOST_ROWS: usize = 60;

pub(crate) const BACK: ButtonId = ButtonId(0);
pub(crate) const CANCEL: ButtonId = ButtonId(1);
pub(crate) const STOP: ButtonId = ButtonId(2);
pub(crate) const ANOTHER: ButtonId = ButtonId(3);

/// What comes in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// The person wants to send a file, or to see how it stands with one.
    Opened,
    /// They pressed something.
    Pressed(ButtonId),
    /// This stands in the field now.
    Typed(String),
    /// They are done with the field.
    Entered,
    /// They closed the window.
    Closed,
    /// This is there.
    Found(Place, Result<Listing, Lacking>),
    /// This is open.
    Took { meant: Meant, name: String, bytes: u64 },
    /// It could not be opened.
    NotTook(Meant, Unusable),
    /// They said whether they want to send it.
    Said(bool),
    /// So many bytes of the file that is on its way are there, of so many; nothing while the other one is asked.
    Progress(Option<(u64, u64)>),
    /// It is over, with this sentence.
    Over(String),
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Look what is there.
    Look(Place),
    /// Open this file.
    Take(Meant),
    /// Ask about the one that was opened last.
    Ask,
    /// What is on its way is not to arrive.
    Stop,
}

/// The file that the person means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meant {
    /// What is here.
    At(PathBuf),
    /// What is called so, as people type and drop it.
    Typed(String),
}

/// What the window shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// The person looks for a file.
    Looking,
    /// They are asked about the one that they chose, elsewhere.
    Asked {
        name: String,
        bytes: u64,
    },
    /// It goes over: so many of its bytes are there. `None` while the other one is asked.
    Going {
        name: String,
        bytes: u64,
        done: Option<u64>,
    },
    Over(String),
}

/// What can be pressed, and whether there is more.
pub(crate) type Rows<'a> = (Vec<(ButtonId, &'a Entry)>, bool);

/// The window.
#[derive(Clone, Debug)]
pub(crate) struct Chooser {
    pub(crate) page: Page,
    pub(crate) place: Place,
    /// What stands in the field.
    pub(crate) typed: String,
    /// Why the last one could not be chosen.
    pub(crate) wrong: Option<(String, Lacking)>,
    pub(crate) is_open: bool,
    /// What was found last, and where.
    found: Option<(Place, Result<Listing, Lacking>)>,
    /// The person has said what they mean before it was known what is there.
    is_hurried: bool,
    /// What is being opened, for as long as they wait for it; what is told of any other file is late.
    taking: Option<Meant>,
    /// Where it was looked last; what is told of any other place is old.
    asked: Option<Place>,
    /// The places before this one.
    before: Vec<Place>,
    numbers: Numbers,
    home: Option<PathBuf>,
    outputs: VecDeque<Output>,
}

impl Chooser {
    /// A path that begins with `~/` is meant from `home`.
    pub(crate) fn new(home: Option<PathBuf>) -> Self {
        Self {
            page: Page::Looking,
            place: Place::Start,
            typed: String::new(),
            wrong: None,
            is_open: false,
            found: None,
            is_hurried: false,
            taking: None,
            asked: None,
            before: Vec::new(),
            numbers: Numbers::default(),
            home,
            outputs: VecDeque::new(),
        }
    }

    /// What is to be done next.
    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Takes what happened.
    pub(crate) fn handle_input(&mut self, input: Input) {
        match input {
            Input::Opened => self.open(),
            Input::Pressed(BACK) => self.back(),
            Input::Pressed(CANCEL) | Input::Closed => self.close(),
            Input::Pressed(button) => self.pressed(button),
            Input::Typed(typed) => self.typed(typed),
            Input::Entered => self.entered(),
            Input::Found(place, found) => {
                if self.asked.as_ref() == Some(&place) {
                    self.found = Some((place, found));
                    self.number_rows();
                    if std::mem::take(&mut self.is_hurried) {
                        self.entered();
                    }
                }
            }
            Input::Took { meant, name, bytes } => {
                if self.waited_for(&meant) {
                    self.page = Page::Asked { name, bytes };
                    self.outputs.push_back(Output::Ask);
                }
            }
            Input::NotTook(meant, unusable) => {
                if self.waited_for(&meant) {
                    self.not_took(unusable);
                }
            }
            Input::Said(yes) => self.answered(yes),
            Input::Progress(progress) => self.progress(progress),
            Input::Over(sentence) => {
                if matches!(self.page, Page::Going { .. }) {
                    self.page = Page::Over(sentence);
                }
            }
        }
        self.number_rows();
    }

    /// What can be pressed of what is there, by what is typed; and whether there is more. `None` until it was looked.
    pub(crate) fn rows(&self) -> Option<Result<Rows<'_>, &Lacking>> {
        let listing = match self.listing()? {
            Ok(listing) => listing,
            Err(why) => return Some(Err(why)),
        };
        let mut meant = self.meant_of(listing);
        let shown = meant.by_ref().take(MOST_ROWS);
        let rows = shown.filter_map(|entry| Some((self.numbers.of(&entry.path)?, entry))).collect();
        let is_more = listing.is_cut || meant.next().is_some();
        Some(Ok((rows, is_more)))
    }

    /// What is shown in full, as people write where things are.
    pub(crate) fn shown(&self, path: &Path) -> String {
        match self.home.as_ref().and_then(|home| path.strip_prefix(home).ok()) {
            Some(below) if below.as_os_str().is_empty() => "~".to_owned(),
            Some(below) => format!("~/{}", below.display()),
            None => path.display().to_string(),
        }
    }

    fn open(&mut self) {
        let was_open = std::mem::replace(&mut self.is_open, true);
        match self.page {
            // What they have typed stays where they see it.
            Page::Looking if was_open => self.look(),
            Page::Over(_) | Page::Looking => self.begin(),
            Page::Asked { .. } | Page::Going { .. } => {}
        }
    }

    /// From the beginning, at the same place.
    fn begin(&mut self) {
        (self.page, self.taking) = (Page::Looking, None);
        self.typed.clear();
        self.wrong = None;
        self.look();
    }

    fn close(&mut self) {
        (self.is_open, self.taking) = (false, None);
        if matches!(self.page, Page::Looking | Page::Over(_)) {
            (self.page, self.place) = (Page::Looking, Place::Start);
            self.before.clear();
        }
    }

    fn back(&mut self) {
        match (&self.page, self.before.pop()) {
            (Page::Looking, Some(place)) => {
                self.place = place;
                self.begin();
            }
            _ => self.close(),
        }
    }

    fn go(&mut self, place: Place) {
        self.taking = None;
        if place != self.place {
            let before = std::mem::replace(&mut self.place, place);
            self.before.push(before);
            self.typed.clear();
        }
        self.wrong = None;
        self.look();
    }

    fn typed(&mut self, typed: String) {
        let wanted = self.wanted();
        if typed != self.typed {
            // Whoever types on means another one.
            self.taking = None;
        }
        (self.typed, self.is_hurried) = (typed, false);
        self.wrong = None;
        if self.wanted() != wanted {
            self.look();
        }
    }

    fn entered(&mut self) {
        let typed = self.typed.trim().to_owned();
        if self.page != Page::Looking || typed.is_empty() {
            return;
        }
        if typed.starts_with(['\'', '"']) || typed.starts_with("file://") {
            // As desktops drop it.
            return self.take(Meant::Typed(typed));
        }
        let meant = self.rows().and_then(Result::ok).and_then(|(rows, is_more)| {
            let exactly = rows.iter().find(|(_, entry)| entry.name == self.sought());
            let only = rows.first().filter(|_| rows.len() == 1 && !is_more);
            exactly.or(only).map(|(number, _)| *number)
        });
        match (meant, path_typed(&typed, self.home.as_deref())) {
            (Some(number), _) => self.pressed(number),
            (None, None) if self.rows().is_none() => self.is_hurried = true,
            (None, Some(path)) => self.take(Meant::At(path)),
            // Several may be meant; whoever typed the name of none is told so.
            (None, None) if matches!(self.rows(), Some(Ok((rows, _))) if rows.is_empty()) => {
                self.wrong = Some((typed, Lacking::There));
            }
            (None, None) => {}
        }
    }

    /// Each button counts on its own page only: it may have been pressed when another one was there already.
    fn pressed(&mut self, button: ButtonId) {
        match (&self.page, button) {
            (Page::Going { .. }, STOP) => self.outputs.push_back(Output::Stop),
            (Page::Over(_), ANOTHER) => self.begin(),
            (Page::Looking, row) => self.pressed_row(row),
            (Page::Asked { .. } | Page::Going { .. } | Page::Over(_), _) => {}
        }
    }

    fn pressed_row(&mut self, row: ButtonId) {
        let Some(path) = self.numbers.path(row).map(Path::to_owned) else { return };
        let entries = self.found.iter().filter_map(|(_, found)| found.as_ref().ok());
        let mut entries = entries.flat_map(|listing| &listing.entries);
        match entries.find(|entry| entry.path == path).map(|entry| &entry.kind) {
            Some(Kind::Folder | Kind::Known(_)) => self.go(Place::Folder(path)),
            // What is not there any more is said so by whoever opens it.
            Some(Kind::File { .. }) | None => self.take(Meant::At(path)),
        }
    }

    /// One at a time, so that nobody is asked about one file when they think of another. Who waits for a disk in vain goes
    /// elsewhere, or types on.
    fn take(&mut self, meant: Meant) {
        if self.taking.is_none() {
            self.taking = Some(meant.clone());
            self.outputs.push_back(Output::Take(meant));
        }
    }

    /// Whether they still waited for this one. They do so only while they look.
    fn waited_for(&mut self, meant: &Meant) -> bool {
        self.taking.take_if(|taking| taking == meant).is_some()
    }

    fn not_took(&mut self, Unusable { path, why }: Unusable) {
        if why == Lacking::AFolder {
            return self.go(Place::Folder(path));
        }
        self.wrong = Some((name(&path), why));
        // What was there may be gone.
        self.look();
    }

    fn answered(&mut self, yes: bool) {
        let Page::Asked { name, bytes } = &self.page else { return };
        if yes {
            self.page = Page::Going { name: name.clone(), bytes: *bytes, done: None };
        } else {
            self.begin();
        }
        self.is_open = true;
    }

    fn progress(&mut self, progress: Option<(u64, u64)>) {
        if let (Page::Going { bytes, done, .. }, Some((all, arrived))) = (&mut self.page, progress) {
            (*bytes, *done) = (all, Some(arrived));
        }
    }

    fn look(&mut self) {
        let place = self.wanted();
        self.is_hurried = false;
        self.asked = Some(place.clone());
        self.outputs.push_back(Output::Look(place));
    }

    /// Where is to be looked: where the person is, or at what they type the path of.
    fn wanted(&self) -> Place {
        match path_typed(&self.typed, self.home.as_deref()) {
            Some(path) if self.typed.ends_with('/') => Place::Folder(path),
            Some(path) => path.parent().map_or(Place::Start, |above| Place::Folder(above.to_owned())),
            None => self.place.clone(),
        }
    }

    /// The part of what is typed that is looked for there.
    fn sought(&self) -> &str {
        match path_typed(&self.typed, self.home.as_deref()) {
            Some(_) => self.typed.rsplit('/').next().unwrap_or_default(),
            None => self.typed.trim(),
        }
    }

    /// What was found where they look; `None` until it was looked.
    fn listing(&self) -> Option<Result<&Listing, &Lacking>> {
        let (place, found) = self.found.as_ref()?;
        (*place == self.wanted()).then_some(found.as_ref())
    }

    /// What may be meant by what is typed.
    fn meant_of<'a>(&'a self, listing: &'a Listing) -> impl Iterator<Item = &'a Entry> {
        let sought = self.sought().to_lowercase();
        let is_path = path_typed(&self.typed, self.home.as_deref()).is_some();
        listing.entries.iter().filter(move |entry| {
            // What begins with a dot was hidden from people by those who named it.
            let is_hidden = entry.name.starts_with('.') && !sought.starts_with('.');
            let called = entry.name.to_lowercase();
            !is_hidden && if is_path { called.starts_with(&sought) } else { called.contains(&sought) }
        })
    }

    /// What is shown gets its numbers, and nothing else of a folder, which may have thousands.
    fn number_rows(&mut self) {
        if self.page != Page::Looking {
            return;
        }
        let Some(Ok(listing)) = self.listing() else { return };
        let shown = self.meant_of(listing).take(MOST_ROWS);
        let shown: Vec<Arc<Path>> = shown.map(|entry| Arc::from(entry.path.as_path())).collect();
        for path in shown {
            self.numbers.learn(path);
        }
    }
}

/// The path that is typed, where it is one.
fn path_typed(typed: &str, home: Option<&Path>) -> Option<PathBuf> {
    let typed = typed.trim_start();
    match typed.strip_prefix("~/") {
        Some(rest) => home.map(|home| home.join(rest)),
        None => typed.starts_with('/').then(|| PathBuf::from(typed)),
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests;
