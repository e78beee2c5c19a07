//! Files: offered by the page and taken by the novice's person, or not; chosen by the novice's person and taken by the page.

use crate::house::{OVER, Two, two_people_and_a_screen};
use crate::page;
use crate::viewer::{Aside, Viewer};
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::wait;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

/// A connection, on a busy machine.
const SOON: Duration = Duration::from_secs(30);
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub(crate) const FILES: &str = "files";

/// Bytes in a chunk, and before them.
const CHUNK: usize = 60 * 1024;

/// The page sees the picture.
pub(crate) fn open(two: &mut Two) -> Result<Viewer> {
    two.ask_until_question()?;
    let mut viewer = Viewer::open(&page::address(&mut two.expert.agent)?, LOOPBACK, false)?;
    two.call().says("y")?;
    viewer.sees_the_picture(SOON)?;
    two.call().reads("sees your screen")?;
    Ok(viewer)
}

/// And the person has allowed files.
fn open_for_files(two: &mut Two) -> Result<Viewer> {
    let mut viewer = open(two)?;
    allows_files(two, &mut viewer)?;
    Ok(viewer)
}

/// The person allows this, when it is asked for in these words.
pub(crate) fn allows(two: &mut Two, viewer: &mut Viewer, floor: &str, asked: &str) -> Result<()> {
    viewer.page.says(&json!({"type": "request", "floor": floor}))?;
    two.call().reads(asked)?;
    two.call().reads("30 minutes? [y/N]")?;
    two.call().says("y")?;
    let is_granted = |state: &Value| state["floors"][floor] == "granted";
    while !is_granted(&viewer.page.hears("state")?) {}
    Ok(())
}

fn allows_files(two: &mut Two, viewer: &mut Viewer) -> Result<()> {
    allows(two, viewer, "files", "asks to hand you files.")
}

fn offer(viewer: &Viewer, id: u32, name: &str, size: usize) -> Result<()> {
    viewer.says_aside(FILES, &json!({"t": "offer", "id": id, "name": name, "size": size}))
}

fn send(viewer: &Viewer, id: u32, file: &[u8], from: usize) -> Result<()> {
    for (at, data) in file[from..].chunks(CHUNK).enumerate() {
        let offset = u64::try_from(from + at * CHUNK)?;
        let data = [&id.to_be_bytes()[..], &offset.to_be_bytes(), data].concat();
        viewer.sends_aside(Aside { channel: FILES, binary: true, data })?;
    }
    Ok(())
}

fn end(viewer: &Viewer, id: u32, file: &[u8]) -> Result<()> {
    viewer.says_aside(FILES, &json!({"t": "end", "id": id, "hash": hash(file)}))
}

pub(crate) fn hash(file: &[u8]) -> String {
    let mut all = Sha256::new();
    file.chunks(1 << 20).for_each(|piece| all.update(Sha256::digest(piece)));
    all.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The next word about this file that is not about how much there is.
pub(crate) fn word(viewer: &Viewer) -> Result<Value> {
    loop {
        let said = viewer.hears_aside(FILES)?;
        if said["t"] != "have" {
            return Ok(said);
        }
    }
}

pub(crate) fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at * 31 % 251) as u8).collect()
}

/// What has come so far.
fn downloads(two: &Two) -> Result<Vec<PathBuf>> {
    let place = two.novice.home().join("downloads");
    if !place.exists() {
        return Ok(Vec::new());
    }
    let mut found: Vec<_> = fs::read_dir(place)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    found.sort();
    Ok(found)
}

/// The novice is asked for this file, and says this.
fn asked(two: &mut Two, name: &str, size: &str, answer: &str) -> Result<()> {
    let who = two.expert.who.clone();
    two.call().reads(&format!("{who} offers you a file:"))?;
    two.call().reads(name)?;
    two.call().reads(size)?;
    two.call().reads("Take it? [y/N]")?;
    two.call().says(answer)
}

pub(crate) fn ends(two: &mut Two) -> Result<()> {
    two.call().presses("s")?;
    two.call().reads(OVER)?;
    two.call_ends_with(0)
}

#[test]
fn needs_xvfb_a_file_of_the_page_comes_after_a_yes_to_files_and_a_yes_to_it() {
    two_people_and_a_screen(|two| {
        let mut viewer = open(two)?;
        // Before files are allowed nobody is asked.
        offer(&viewer, 1, "early.txt", 5)?;
        ensure!(word(&viewer)? == json!({"t": "refuse", "id": 1, "why": "not-allowed"}));
        allows_files(two, &mut viewer)?;
        let file = content(3_000_000);
        offer(&viewer, 2, "../../up/holiday \u{202e}gpj.jpg", file.len())?;
        asked(two, "holiday gpj.jpg", "3.0 MB", "y")?;
        ensure!(word(&viewer)? == json!({"t": "accept", "id": 2, "from": 0}));
        ensure!(downloads(two)?.is_empty(), "what is not finished has no name");
        send(&viewer, 2, &file, 0)?;
        end(&viewer, 2, &file)?;
        ensure!(word(&viewer)? == json!({"t": "done", "id": 2}));
        two.call().reads("The file is here: ")?;
        let [path] = &downloads(two)?[..] else { anyhow::bail!("one file") };
        ensure!(path.ends_with("holiday gpj.jpg") && fs::read(path)? == file);
        ensure!(fs::metadata(path)?.permissions().mode() & 0o777 == 0o600);

        // Another one of this name has another; and what is not wanted does not come.
        offer(&viewer, 3, "holiday gpj.jpg", 0)?;
        asked(two, "holiday gpj.jpg", "0 bytes", "y")?;
        ensure!(word(&viewer)?["t"] == "accept");
        end(&viewer, 3, b"")?;
        ensure!(word(&viewer)?["t"] == "done");
        offer(&viewer, 4, "unwanted.exe", 10)?;
        asked(two, "unwanted.exe", "10 bytes", "")?;
        ensure!(word(&viewer)? == json!({"t": "refuse", "id": 4, "why": "no"}));
        let names: Vec<_> =
            downloads(two)?.iter().filter_map(|path| Some(path.file_name()?.to_owned())).collect();
        ensure!(names == ["holiday gpj (2).jpg", "holiday gpj.jpg"], "{names:?}");
        ends(two)?;
        let (code, record) = two.novice.runs(&["log", "show"])?;
        ensure!(code == 0 && record.contains("The file “holiday gpj.jpg” came here."), "{code} {record}");
        Ok(())
    });
}

#[test]
fn needs_xvfb_what_is_broken_or_breaks_off_leaves_nothing() {
    two_people_and_a_screen(|two| {
        let viewer = open_for_files(two)?;
        let file = content(200_000);
        offer(&viewer, 1, "broken.bin", file.len())?;
        asked(two, "broken.bin", "200.0 kB", "y")?;
        ensure!(word(&viewer)?["t"] == "accept");
        send(&viewer, 1, &file, 0)?;
        end(&viewer, 1, b"something else")?;
        ensure!(word(&viewer)? == json!({"t": "refuse", "id": 1, "why": "broken"}));
        two.call().reads("did not come: it did not arrive as it was sent. Nothing of it was kept.")?;
        ensure!(downloads(two)?.is_empty());

        // The person stops it in the middle.
        offer(&viewer, 2, "half.bin", 10_000_000)?;
        asked(two, "half.bin", "10.0 MB", "y")?;
        ensure!(word(&viewer)?["t"] == "accept");
        send(&viewer, 2, &file, 0)?;
        two.call().reads("↓ half.bin ")?;
        two.novice.receives(true)?;
        two.call().presses("x")?;
        ensure!(word(&viewer)? == json!({"t": "refuse", "id": 2, "why": "no"}));
        two.novice.receives(false)?;
        ensure!(downloads(two)?.is_empty());

        // Whatever kills the program.
        offer(&viewer, 3, "killed.bin", 10_000_000)?;
        asked(two, "killed.bin", "10.0 MB", "y")?;
        ensure!(word(&viewer)?["t"] == "accept");
        send(&viewer, 3, &file, 0)?;
        two.call().reads("↓ killed.bin ")?;
        two.novice.receives(true)?;
        two.novice.kill_application()?;
        two.novice.receives(false)?;
        ensure!(downloads(two)?.is_empty());
        two.call_ends_with(1)
    });
}

#[test]
fn needs_xvfb_what_is_too_large_is_not_asked_for_and_what_has_no_room_is_not_begun() {
    two_people_and_a_screen(|two| {
        // There is no room in any directory of the system's own.
        std::os::unix::fs::symlink("/proc", two.novice.home().join("downloads"))?;
        let viewer = open_for_files(two)?;
        offer(&viewer, 1, "huge.iso", (16 << 30) + 1)?;
        ensure!(word(&viewer)? == json!({"t": "refuse", "id": 1, "why": "too-large"}));
        offer(&viewer, 2, "small.txt", 5)?;
        asked(two, "small.txt", "5 bytes", "y")?;
        ensure!(word(&viewer)? == json!({"t": "refuse", "id": 2, "why": "no-room"}));
        two.call().reads("did not come: there is no room for it on the disk.")?;
        ensure!(!two.call().screen().contains("huge.iso"), "nobody was asked for what cannot be");
        two.novice.receives(false)?;
        ends(two)?;
        fs::remove_file(two.novice.home().join("downloads"))?;
        Ok(())
    });
}

#[test]
fn needs_xvfb_the_page_can_think_better_of_it_in_the_middle() {
    two_people_and_a_screen(|two| {
        let viewer = open_for_files(two)?;
        offer(&viewer, 1, "half.bin", 10_000_000)?;
        asked(two, "half.bin", "10.0 MB", "y")?;
        ensure!(word(&viewer)?["t"] == "accept");
        send(&viewer, 1, &content(200_000), 0)?;
        two.call().reads("↓ half.bin ")?;
        two.novice.receives(true)?;
        viewer.says_aside(FILES, &json!({"t": "withdraw", "id": 1}))?;
        two.call().reads("did not come: it is not wanted any more.")?;
        two.novice.receives(false)?;
        ensure!(downloads(two)?.is_empty());
        // And the next one comes.
        offer(&viewer, 2, "next.txt", 3)?;
        asked(two, "next.txt", "3 bytes", "y")?;
        ensure!(word(&viewer)?["t"] == "accept");
        send(&viewer, 2, b"abc", 0)?;
        end(&viewer, 2, b"abc")?;
        ensure!(word(&viewer)? == json!({"t": "done", "id": 2}));
        ends(two)
    });
}

#[test]
fn needs_xvfb_the_process_that_writes_is_confined_before_the_first_byte() {
    two_people_and_a_screen(|two| {
        let viewer = open_for_files(two)?;
        offer(&viewer, 1, "a", 10_000_000)?;
        asked(two, "a", "10.0 MB", "y")?;
        ensure!(word(&viewer)?["t"] == "accept");
        let receiver = two.novice.receives(true)?.context("it is there")?;
        let status = fs::read_to_string(format!("/proc/{receiver}/status"))?;
        let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        ensure!(line("Seccomp:") == Some("2"), "{status}");
        ensure!(line("NoNewPrivs:") == Some("1"), "{status}");
        // It holds its pipes and the file, and nothing of ours.
        let descriptors = fs::read_dir(format!("/proc/{receiver}/fd"))?.count();
        ensure!(descriptors == 3, "{descriptors} descriptors");
        ends(two)
    });
}

#[test]
fn needs_xvfb_a_file_goes_on_where_it_was_when_the_page_has_been_gone() {
    two_people_and_a_screen(|two| {
        let viewer = open_for_files(two)?;
        let file = content(2_000_000);
        offer(&viewer, 1, "long.bin", file.len())?;
        asked(two, "long.bin", "2.0 MB", "y")?;
        ensure!(word(&viewer)?["t"] == "accept");
        send(&viewer, 1, &file[..1_000_000], 0)?;
        // What is told last is all that came.
        let mut have = 0;
        while have < 700_000 {
            let said = viewer.hears_aside(FILES)?;
            have = said["bytes"].as_u64().context("it is told how much there is")?;
        }
        drop(viewer);
        two.call().reads("cannot hand you files any more.")?;
        two.expert.agent.reads("Your page was closed. You can open it again:")?;
        let address = page::address(&mut two.expert.agent)?;
        let mut viewer = Viewer::open(&address, LOOPBACK, false)?;
        viewer.sees_the_picture(SOON)?;
        allows_files(two, &mut viewer)?;
        let said = word(&viewer)?;
        let from = usize::try_from(said["from"].as_u64().context("from where it goes on")?)?;
        ensure!(said["t"] == "accept" && (700_000..=1_000_000).contains(&from), "{said}");
        send(&viewer, 1, &file, from)?;
        end(&viewer, 1, &file)?;
        ensure!(word(&viewer)? == json!({"t": "done", "id": 1}));
        let [path] = &downloads(two)?[..] else { anyhow::bail!("one file") };
        ensure!(fs::read(path)? == file);
        ends(two)
    });
}

#[test]
fn needs_xvfb_the_person_sends_a_file_and_the_page_takes_it() {
    two_people_and_a_screen(|two| {
        let viewer = open(two)?;
        let file = content(500_000);
        let path = two.novice.home().join("downloads");
        fs::create_dir_all(&path)?;
        let path = path.join("My letter.txt");
        fs::write(&path, &file)?;
        two.call().presses("f")?;
        two.call().reads("Which file?")?;
        two.call().says("/nowhere/at/all")?;
        two.call().reads("No file was sent: /nowhere/at/all is not there")?;
        two.call().presses("f")?;
        two.call().says(&format!("'{}'", path.display()))?;
        let offered = word(&viewer)?;
        ensure!(offered["name"] == "My letter.txt" && offered["size"] == 500_000, "{offered}");
        let id = &offered["id"];
        viewer.says_aside(FILES, &json!({"t": "accept", "id": id, "from": 0}))?;
        let ended = word(&viewer)?;
        ensure!(ended["t"] == "end" && ended["hash"] == hash(&file), "{ended}");
        let mut came: Vec<u8> = Vec::new();
        for chunk in viewer.bytes_aside(FILES) {
            let (head, data) = chunk.split_at(12);
            ensure!(head[4..] == u64::try_from(came.len())?.to_be_bytes(), "one after the other");
            came.extend(data);
        }
        ensure!(came == file);
        viewer.says_aside(FILES, &json!({"t": "done", "id": id}))?;
        two.call().reads("has “My letter.txt”.")?;
        // And one that is not wanted.
        two.call().presses("f")?;
        two.call().says(&format!("{}", path.display()))?;
        let id = word(&viewer)?["id"].clone();
        viewer.says_aside(FILES, &json!({"t": "refuse", "id": id, "why": "no"}))?;
        two.call().reads("did not want “My letter.txt”.")?;
        ends(two)
    });
}

#[test]
fn needs_xvfb_a_question_that_is_gone_takes_nothing_and_a_stop_in_its_place_stops_everything() {
    two_people_and_a_screen(|two| {
        let viewer = open_for_files(two)?;
        // A question that is not answered is a no, and one that is gone takes nothing.
        offer(&viewer, 1, "a.sh", 5)?;
        two.call().reads("Take it? [y/N]")?;
        viewer.says_aside(FILES, &json!({"t": "withdraw", "id": 1}))?;
        two.call().reads("This question is gone; the answer was no.")?;
        two.call().presses("y\r")?;
        // A stop while it stands is a stop.
        offer(&viewer, 2, "b.sh", 5)?;
        two.call().reads("Take it? [y/N]")?;
        two.call().says("s")?;
        two.call().reads(OVER)?;
        wait::until("nothing to have come", SOON, || Ok(downloads(two)?.is_empty().then_some(())))?;
        two.call_ends_with(0)
    });
}
