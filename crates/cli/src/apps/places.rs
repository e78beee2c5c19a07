//! Where applications are registered: `apps/*.toml` of the person, then of the system, then the registry where there is one.

use super::manifest::{MAX_MANIFEST, Manifest, Start};
use super::shown::is_plain;
use crate::application::source;
use crate::com;
use crate::home::Home;
use crate::os::{self, Rights};
use rendezvous_core::{Application, ApplicationId};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What the applications inside this program are called on a bus.
const OURS: [&str; 3] = [source::ASSIST, source::HELLO, source::TERMINAL];
/// More files than this in one place are not looked at.
const MAX_FILES: usize = 256;

/// Every application that is registered, and every file that is not good for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Installed {
    /// By their names for programs.
    pub(crate) applications: BTreeMap<ApplicationId, Entry>,
    /// What was passed over.
    pub(crate) skipped: Vec<Skipped>,
}

/// One application.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// Inside this program.
    BuiltIn(Application),
    /// From a file, or where Windows has it, a key of the registry.
    File(PathBuf, Manifest),
}

/// A file that was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// Which.
    pub(crate) file: PathBuf,
    /// In which line, where there is one.
    pub(crate) line: Option<usize>,
    /// Why, in words.
    pub(crate) reason: String,
}

impl Entry {
    /// What the sessions need to know of it.
    pub(crate) fn application(&self) -> &Application {
        match self {
            Self::BuiltIn(application) => application,
            Self::File(_, manifest) => &manifest.application,
        }
    }

    /// How it is started; `None` for one inside this program.
    pub(crate) fn start(&self) -> Option<&Start> {
        match self {
            Self::BuiltIn(_) => None,
            Self::File(_, manifest) => Some(&manifest.start),
        }
    }
}

impl std::fmt::Display for Skipped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, "{line}:")?;
        }
        write!(f, " {}", self.reason)
    }
}

impl Installed {
    /// Looks at all places. The first file that has a name for programs keeps it, the person's own before the system's,
    /// and what is inside this program before all others.
    pub(crate) fn look(built_in: impl IntoIterator<Item = Application>, places: &[PathBuf]) -> Self {
        let built_in = built_in.into_iter().map(|a| (a.id, Entry::BuiltIn(a)));
        let mut installed = Self { applications: built_in.collect(), skipped: Vec::new() };
        for place in places {
            for file in files(place, &mut installed.skipped) {
                if let Err(skipped) = installed.take(&file) {
                    installed.skipped.push(skipped);
                }
            }
        }
        installed
    }

    /// Takes up what programs have registered as COM objects, after all files. What is in this program already, or in a file,
    /// stays what it is.
    pub(crate) fn and_objects(mut self, objects: Vec<(PathBuf, Application, com::Class)>) -> Self {
        for (key, mut application, class) in objects {
            // As for files: whoever lacks it may be shown this.
            if !application.url.starts_with("https://") || !is_plain(&application.url) {
                application.url.clear();
            }
            if application.name.trim().is_empty() || !is_plain(&application.name) {
                self.skipped.push(Skipped { file: key, line: None, reason: NAMELESS.to_owned() });
                continue;
            }
            let start = Start::Com(class);
            let manifest = Manifest { application, description: String::new(), icon: String::new(), start };
            let entry = || Entry::File(key, manifest.clone());
            self.applications.entry(manifest.application.id).or_insert_with(entry);
        }
        self
    }

    fn take(&mut self, file: &Path) -> Result<(), Skipped> {
        let skip = |line, reason: String| Skipped { file: file.to_owned(), line, reason };
        let text = read(file).map_err(|reason| skip(None, reason))?;
        let manifest = Manifest::read(&text).map_err(|e| skip(Some(e.line), e.reason))?;
        let id = manifest.application.id;
        match self.applications.get(&id) {
            // Our own files, by which other IM programs find what is inside this one.
            Some(Entry::BuiltIn(_)) if matches!(&manifest.start, Start::Bus(name) if OURS.contains(&name.as_str())) => {
                Ok(())
            }
            Some(Entry::BuiltIn(_)) => Err(skip(
                None,
                format!("{id} is an application of Rendezvous itself; draw a GUID of your own"),
            )),
            Some(Entry::File(first, _)) => {
                Err(skip(None, format!("{id} is registered already, by {}", first.display())))
            }
            None => {
                self.applications.insert(id, Entry::File(file.to_owned(), manifest));
                Ok(())
            }
        }
    }
}

/// What files look like from outside. Two that are equal hold the same registrations, and may be changed by the same people.
pub(crate) type Stamp = Vec<(PathBuf, Option<Look>)>;

/// What one file looks like; of a link, what it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    size: u64,
    rights: Rights,
    modified: Option<SystemTime>,
}

impl Look {
    fn at(path: &Path) -> Option<Self> {
        let about = std::fs::metadata(path).ok()?;
        Some(Self { size: about.len(), rights: Rights::of(&about), modified: about.modified().ok() })
    }
}

/// How the files of these places look now.
pub(crate) fn stamp(places: &[PathBuf]) -> Stamp {
    let all = places.iter().flat_map(|place| files(place, &mut Vec::new()));
    all.map(|path| (path.clone(), Look::at(&path))).collect()
}

/// The same of what is registered as COM objects. Keys do not say when they were written, so each says what is in it.
pub(crate) fn stamp_of_objects(objects: &[(PathBuf, Application, com::Class)]) -> Stamp {
    let text = |(key, application, class): &(PathBuf, Application, com::Class)| {
        let said = format!("{} {class} {}", application.name, application.url);
        (key.join(said), None)
    };
    objects.iter().map(text).collect()
}

/// The places in the order in which they count.
pub(crate) fn places(home: &Home) -> Vec<PathBuf> {
    let mut places = vec![own_place(home)];
    let system = std::env::var_os("XDG_DATA_DIRS").filter(|dirs| !dirs.is_empty());
    let system = system.unwrap_or_else(|| OsString::from("/usr/local/share:/usr/share"));
    let absolute = std::env::split_paths(&system).filter(|dir| dir.is_absolute());
    places.extend(absolute.map(|dir| dir.join("rendezvous/apps")));
    places
}

/// The place of the person's own registrations.
pub(crate) fn own_place(home: &Home) -> PathBuf {
    home.data_file("apps")
}

fn files(place: &Path, skipped: &mut Vec<Skipped>) -> Vec<PathBuf> {
    // A place that does not exist has nothing in it.
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let is_manifest = |path: &PathBuf| path.extension().is_some_and(|e| e == "toml");
    let mut files: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(is_manifest).collect();
    files.sort();
    for file in files.drain(MAX_FILES.min(files.len())..) {
        skipped.push(Skipped { file, line: None, reason: format!("more than {MAX_FILES} files are here") });
    }
    files
}

fn read(file: &Path) -> Result<String, String> {
    // Opening a pipe would wait for its writer.
    match std::fs::metadata(file) {
        Ok(about) if about.is_file() && !os::is_foreign(&about) => {}
        Ok(about) if about.is_file() => return Err(FOREIGN.to_owned()),
        Ok(_) => return Err("not a file".to_owned()),
        Err(error) => return Err(format!("cannot be read: {error}")),
    }
    let open = File::open(file).map_err(|e| format!("cannot be read: {e}"))?;
    let mut text = String::new();
    match open.take(MAX_MANIFEST + 1).read_to_string(&mut text) {
        Ok(_) if text.len() as u64 > MAX_MANIFEST => Err(format!("larger than {MAX_MANIFEST} bytes")),
        Ok(_) => Ok(text),
        Err(error) => Err(format!("cannot be read: {error}")),
    }
}

/// Nobody could tell what they say yes to.
const NAMELESS: &str = "it has no name, or one with invisible or control characters";

/// Whoever can write it decides what is started here.
const FOREIGN: &str = "others than you and the system's administrator may change it; \"chmod go-w\" ends that where it is yours";

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_testkit::home::Home as Place;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn manifest(number: u8, name: &str) -> String {
        format!(
            "id = \"{{0D1E0F10-0000-4000-8000-0000000000{number:02X}}}\"\nname = \"{name}\"\nexec = [\"/bin/true\"]\n"
        )
    }

    #[test]
    fn the_first_registration_counts_and_the_rest_is_said() {
        let (own, system) = (Place::new("own").expect("a place"), Place::new("system").expect("a place"));
        let write =
            |place: &Place, name: &str, text: &str| fs::write(place.join(name), text).expect("it is ours");
        write(&own, "a.toml", &manifest(1, "Mine"));
        write(&own, "broken.toml", "id = 3\n");
        write(&own, "readme.txt", "not looked at");
        write(&own, "open.toml", &manifest(9, "Anybody's"));
        fs::set_permissions(own.join("open.toml"), fs::Permissions::from_mode(0o666)).expect("it is ours");
        write(&own, "shared.toml", &manifest(10, "A group's"));
        fs::set_permissions(own.join("shared.toml"), fs::Permissions::from_mode(0o664)).expect("it is ours");
        write(&own, "huge.toml", &"#".repeat(70_000));
        fs::create_dir(own.join("directory.toml")).expect("it is ours");
        write(&system, "b.toml", &manifest(1, "Theirs"));
        write(&system, "c.toml", &manifest(2, "Other"));
        write(
            &system,
            "d.toml",
            &manifest(3, "x")
                .replace("0D1E0F10-0000-4000-8000-000000000003", "56B994A7-380F-410B-9985-C809D78C1BDC"),
        );
        let ask = Application::new(ApplicationId::ASK, "Ask");
        let places = [own.path().to_owned(), system.path().to_owned(), own.join("missing")];
        let found = Installed::look([ask], &places);
        let names: Vec<_> = found.applications.values().map(|e| e.application().name.as_str()).collect();
        assert_eq!(names, ["Mine", "Other", "Ask"]);
        let said: Vec<String> = found.skipped.iter().map(Skipped::to_string).collect();
        for wanted in [
            "broken.toml:1: ",
            "huge.toml: larger than",
            "directory.toml: not a file",
            "open.toml: others than you",
            "shared.toml: others than you",
            "b.toml: {0D1E0F10",
            "d.toml: {56B994A7",
        ] {
            assert!(said.iter().any(|s| s.contains(wanted)), "{wanted} in {said:?}");
        }
        assert_eq!(said.len(), 7);
    }

    #[test]
    fn a_file_whose_rights_change_is_looked_at_again() {
        let place = Place::new("rights").expect("a place");
        let file = place.join("a.toml");
        fs::write(&file, manifest(1, "Mine")).expect("it is ours");
        let look = || stamp(&[place.path().to_owned()]);
        let before = look();
        assert_eq!(look(), before);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).expect("it is ours");
        assert_ne!(look(), before);
        assert_eq!(Installed::look([], &[place.path().to_owned()]).applications.len(), 0);
    }

    #[test]
    fn the_files_that_we_give_to_others_are_good_and_change_nothing_here() {
        let place = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../dist/apps"));
        let mut skipped = Vec::new();
        let all = files(&place, &mut skipped);
        let ids: Vec<_> = all
            .iter()
            .map(|file| fs::read_to_string(file).expect("it is there"))
            .map(|text| Manifest::read(&text).expect("it is good").application)
            .collect();
        for ours in crate::apps::built_in() {
            assert!(ids.iter().any(|a| (a.id, &a.name) == (ours.id, &ours.name)), "{ours:?}");
        }
        // As a package installs them; a checkout may be a group's.
        let installed = Place::new("installed").expect("a place");
        for file in &all {
            let copy = installed.join(file.file_name().expect("a name").to_str().expect("letters"));
            fs::write(&copy, fs::read(file).expect("it is there")).expect("it is ours");
            fs::set_permissions(&copy, fs::Permissions::from_mode(0o644)).expect("it is ours");
        }
        let found = Installed::look(crate::apps::built_in(), &[installed.path().to_owned()]);
        assert_eq!((found.applications.len(), found.skipped), (all.len(), Vec::new()));
    }
}
