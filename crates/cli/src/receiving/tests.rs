//! What is left when a layer is taken away: names as hostile as they come, straight to the directory, and a process that tries
//! everything.

use super::confined;
use super::place::Downloads;
use rendezvous_assist::files::FileName;
use rendezvous_testkit::home::Home;
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A directory for what comes, with everything in it that leads elsewhere, and what must stay as it is beside it.
struct Ground {
    home: Home,
}

impl Ground {
    fn new() -> Self {
        let ground = Self { home: Home::new("receiving").unwrap() };
        let (drop, outside) = (ground.drop(), ground.outside());
        for directory in [drop.join("sub"), outside.join(".ssh"), outside.join("autostart")] {
            fs::create_dir_all(directory).unwrap();
        }
        for file in [".ssh/authorized_keys", ".bashrc", "victim", "autostart/x.desktop"] {
            fs::write(outside.join(file), "mine").unwrap();
        }
        symlink(&outside, drop.join("absolute")).unwrap();
        symlink("../outside", drop.join("link")).unwrap();
        symlink("../outside/new", drop.join("dangling")).unwrap();
        symlink("../outside/victim", drop.join("direct")).unwrap();
        symlink("/proc/self/cwd", drop.join("magic")).unwrap();
        fs::hard_link(outside.join("victim"), drop.join("hard")).unwrap();
        ground
    }

    fn drop(&self) -> PathBuf {
        self.home.join("drop")
    }

    fn outside(&self) -> PathBuf {
        self.home.join("outside")
    }

    /// Everything that is not in the directory for what comes.
    fn elsewhere(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut directories = vec![self.home.path().to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                let about = fs::symlink_metadata(&path).unwrap();
                if path == self.drop() || about.is_symlink() {
                    continue;
                }
                if about.is_dir() {
                    found.insert(path.clone(), Vec::new());
                    directories.push(path);
                } else {
                    found.insert(path.clone(), fs::read(&path).unwrap());
                }
            }
        }
        found
    }

    /// A whole file that goes to this very name, whatever that is. The name that it got, if it got one.
    fn place_without_checks(&self, downloads: &Downloads, name: &str) -> Option<FileName> {
        let unnamed = downloads.unnamed().unwrap();
        unnamed.file().unwrap().write_all(b"evil").unwrap();
        let (first, raw) = (FileName::cleaned("first"), name.to_owned());
        let written = move |name: &FileName| match name == &FileName::cleaned("first") {
            true => raw.clone(),
            false => format!("{raw}{}", name.as_str()),
        };
        unnamed.try_names(&first, written).ok()
    }
}

/// More than 500.
fn hostile_names() -> Vec<String> {
    let ways = [
        "",
        "../",
        "../../",
        "../../../../../../../",
        "..//",
        "./../",
        "sub/../../",
        "a/../../",
        "/",
        "//",
        "/proc/self/cwd/",
        "/proc/self/root/",
        "/proc/self/fd/3/",
        "/dev/fd/1/",
        "link/",
        "link/../",
        "link/.ssh/../",
        "absolute/",
        "magic/",
        "magic/../",
        "sub/../link/",
        "hard/../../",
        "..\\",
        "%2e%2e%2f",
        "..%c0%af",
        "\u{202e}../",
        "\u{200b}../",
        "~/",
        "direct/../",
    ];
    let ends = [
        "outside/victim",
        "outside/new",
        "outside/.ssh/authorized_keys",
        "outside/.bashrc",
        "outside/autostart/y.desktop",
        "victim",
        ".ssh/authorized_keys",
        ".bashrc",
        "new",
        ".",
        "..",
        "",
        "sub",
        "link",
        "dangling",
        "direct",
        "hard/",
        "CON",
        "a\nb",
        "-rf",
        "\u{1b}]0;x\u{7}",
    ];
    let long = "x".repeat(5000);
    let mut names: Vec<String> =
        ways.iter().flat_map(|way| ends.iter().map(move |end| format!("{way}{end}"))).collect();
    names.extend([
        long.clone(),
        format!("../{long}"),
        format!("{}victim", "../".repeat(1000)),
        "nul\0victim".to_owned(),
    ]);
    names
}

#[test]
fn hostile_names_straight_to_the_directory_change_nothing_elsewhere() {
    let ground = Ground::new();
    let downloads = Downloads::open(&ground.drop()).unwrap();
    let (before, names) = (ground.elsewhere(), hostile_names());
    assert!(names.len() > 500, "{}", names.len());
    let placed = names.iter().filter(|name| ground.place_without_checks(&downloads, name).is_some()).count();
    assert_eq!(ground.elsewhere(), before);
    assert!(
        placed > 10 && placed < names.len() / 2,
        "{placed} of {} were names of this directory",
        names.len()
    );
    // What was there is as it was, links included.
    assert_eq!(fs::read_link(ground.drop().join("dangling")).unwrap(), Path::new("../outside/new"));
    assert_eq!(fs::read(ground.drop().join("hard")).unwrap(), b"mine");
}

#[test]
fn with_the_checks_every_hostile_name_is_one_new_file_that_nobody_can_start() {
    let ground = Ground::new();
    let downloads = Downloads::open(&ground.drop()).unwrap();
    let (before, names) = (ground.elsewhere(), hostile_names());
    let known: Vec<_> =
        fs::read_dir(ground.drop()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    for name in &names {
        let unnamed = downloads.unnamed().unwrap();
        unnamed.file().unwrap().write_all(b"evil").unwrap();
        let name = unnamed.name(&FileName::cleaned(name)).unwrap();
        let placed = ground.drop().join(name.as_str());
        let about = fs::symlink_metadata(&placed).unwrap();
        assert!(about.is_file() && about.permissions().mode() & 0o777 == 0o600, "{placed:?}");
        assert!(!known.contains(&placed.file_name().unwrap().to_owned()), "{placed:?} was there before");
    }
    assert_eq!(ground.elsewhere(), before);
    assert_eq!(fs::read_dir(ground.drop()).unwrap().count(), known.len() + names.len());
}

#[test]
fn links_that_come_and_go_meanwhile_lead_nowhere() {
    let ground = Ground::new();
    let downloads = Downloads::open(&ground.drop()).unwrap();
    let before = ground.elsewhere();
    let over = Arc::new(AtomicBool::new(false));
    let (drop, outside, is_over) = (ground.drop(), ground.outside(), over.clone());
    let racing = std::thread::spawn(move || {
        let (real, link, name) = (drop.join("real"), drop.join("to-outside"), drop.join("race"));
        fs::create_dir(&real).unwrap();
        symlink(&outside, &link).unwrap();
        let mut turns = 0_u64;
        while !is_over.load(Ordering::SeqCst) {
            _ = fs::rename(&real, &name);
            _ = fs::rename(&name, &real);
            _ = fs::rename(&link, &name);
            _ = fs::rename(&name, &link);
            turns += 1;
        }
        turns
    });
    let placed = (0..500)
        .filter(|number| ground.place_without_checks(&downloads, &format!("race/{number}")).is_some());
    let placed = placed.count();
    over.store(true, Ordering::SeqCst);
    let turns = racing.join().unwrap();
    assert!(turns > 100, "{turns} turns");
    assert_eq!(ground.elsewhere(), before, "{placed} found a real directory");
    // And the directory itself: what was opened is where files go, whatever has its name now.
    fs::rename(ground.drop(), ground.home.join("moved")).unwrap();
    symlink(ground.outside(), ground.drop()).unwrap();
    let unnamed = downloads.unnamed().unwrap();
    assert_eq!(unnamed.name(&FileName::cleaned("late")).unwrap().as_str(), "late");
    assert!(ground.home.join("moved/late").exists() && !ground.outside().join("late").exists());
}

#[test]
fn nothing_is_replaced_and_what_has_no_name_leaves_nothing() {
    let ground = Ground::new();
    let downloads = Downloads::open(&ground.drop()).unwrap();
    let place = || downloads.unnamed().unwrap().name(&FileName::cleaned("letter.txt")).unwrap();
    let names: Vec<_> = (0..3).map(|_| place().as_str().to_owned()).collect();
    assert_eq!(names, ["letter.txt", "letter (2).txt", "letter (3).txt"]);
    let count = || fs::read_dir(ground.drop()).unwrap().count();
    let before = count();
    let unnamed = downloads.unnamed().unwrap();
    unnamed.file().unwrap().write_all(b"half").unwrap();
    drop(unnamed);
    assert_eq!(count(), before);
    assert!(downloads.has_room(1) && !downloads.has_room(u64::MAX));
}

/// What it means for a call to be refused by the filter.
fn refused<T>(what: &str, result: std::io::Result<T>) {
    match result {
        Ok(_) => panic!("{what} was possible"),
        Err(error) => assert!(
            matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::InvalidInput | ErrorKind::InvalidFilename
            ),
            "{what}: {error}"
        ),
    }
}

#[test]
fn the_receiving_process_can_open_make_move_remove_start_and_reach_nothing() {
    let ground = Ground::new();
    let (before, outside) = (ground.elsewhere(), ground.outside());
    let paths: Vec<PathBuf> = hostile_names().into_iter().map(|name| ground.drop().join(name)).collect();
    let victim = outside.join("victim");
    // The filter is for the thread that asks for it; this one dies with it.
    let confined = std::thread::spawn(move || {
        confined::to_its_pipes().unwrap();
        for path in &paths {
            refused("to make a file", OpenOptions::new().write(true).create(true).truncate(true).open(path));
            refused("to read a file", File::open(path));
            refused("to link a file", fs::hard_link(&victim, path));
            refused("to make a link", symlink(&victim, path));
            refused("to make a directory", fs::create_dir(path));
            refused("to move a file", fs::rename(&victim, path));
            refused("to remove a file", fs::remove_file(path));
            refused("to change a mode", fs::set_permissions(path, fs::Permissions::from_mode(0o777)));
        }
        refused("a socket", std::net::TcpStream::connect("127.0.0.1:9"));
        refused("a socket of this machine", std::os::unix::net::UnixStream::connect("/nowhere"));
        refused("another program", std::process::Command::new("/bin/true").status());
        refused(
            "another file's bytes",
            rustix::fs::ftruncate(rustix::stdio::stdout(), 0).map_err(Into::into),
        );
    });
    confined.join().unwrap();
    assert_eq!(ground.elsewhere(), before);
}

#[test]
fn the_thread_that_gives_names_can_link_and_do_nothing_else() {
    let ground = Ground::new();
    let (before, directory) = (ground.elsewhere(), File::open(ground.drop()).unwrap());
    let (victim, drop) = (ground.outside().join("victim"), ground.drop());
    let confined = std::thread::spawn(move || {
        let mut victim_of_ours = OpenOptions::new().write(true).open(&victim).unwrap();
        confined::to_links_in(&directory).unwrap();
        refused("to write", victim_of_ours.write_all(b"x"));
        refused("to read a file", File::open(&victim));
        refused("to make a file", File::create(drop.join("made")));
        refused("to make a link to elsewhere", symlink(&victim, drop.join("made")));
        refused("to make a directory", fs::create_dir(drop.join("made")));
        refused("to move a file", fs::rename(&victim, drop.join("made")));
        refused("to remove a file", fs::remove_file(&victim));
        refused("to change a mode", fs::set_permissions(&victim, fs::Permissions::from_mode(0o777)));
        refused("to cut a file", victim_of_ours.set_len(0));
        refused("a socket", std::net::TcpStream::connect("127.0.0.1:9"));
        refused("another program", std::process::Command::new("/bin/true").status());
    });
    confined.join().unwrap();
    assert_eq!(ground.elsewhere(), before);
    assert!(!ground.drop().join("made").exists());
}

#[test]
fn landlock_keeps_the_thread_that_gives_names_to_its_directory_where_there_is_one() {
    let ground = Ground::new();
    let directory = File::open(ground.drop()).unwrap();
    let victim = ground.outside().join("victim");
    let confined = std::thread::spawn(move || {
        let status = confined::to_directory(&directory).unwrap();
        (status, File::open(&victim).map(|_| ()))
    });
    match confined.join().unwrap() {
        (landlock::RulesetStatus::NotEnforced, Ok(())) => rendezvous_testkit::machines::skip(
            "landlock_keeps_the_thread_that_gives_names_to_its_directory_where_there_is_one",
            "this kernel has no Landlock, so only seccomp is there",
        ),
        (_, opened) => assert_eq!(opened.unwrap_err().kind(), ErrorKind::PermissionDenied),
    }
}
