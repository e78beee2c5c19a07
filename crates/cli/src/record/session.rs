//! The record of one session, while it is written: a file of its own, one line for each thing that happened.
//!
//! A line is in the file before what it tells of has an effect, so that a program that is killed has said everything that it
//! did; it is forced out to the disk a moment later. A file is bounded, and so is how many are kept.

use super::journal::Journal;
use crate::home::Home;
use crate::identity::unix_now;
use crate::os;
use anyhow::{Context, Result, bail};
use rendezvous_assist::consent::{FloorState, Input, Output};
use rendezvous_assist::policy::{Policy, Source};
use rendezvous_assist::record::{Begun, Entry, Witness};
use rendezvous_core::{ApplicationId, Role};
use rendezvous_dbus::application::HeldSession;
use rendezvous_trust::chain::{Chain, MAX_RECORD, check};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// So many records are kept; the oldest go.
pub(super) const MOST_RECORDS: usize = 500;

/// From this size on only the end is written down. Well below what a reader takes.
const FULL: u64 = 2 * 1024 * 1024;

/// The record of a session of this process; perhaps none is wanted, or none can be had.
#[derive(Debug, Default)]
pub(crate) struct SessionLog {
    writer: Option<Writer>,
    witness: Witness,
}

#[derive(Debug)]
struct Writer {
    file: File,
    chain: Chain,
    /// The session's name, as files and the journal have it.
    name: String,
    written: u64,
    is_full: bool,
    journal: Option<Journal>,
}

impl SessionLog {
    /// The name of its record, while there is one.
    pub(crate) fn name(&self) -> Option<&str> {
        self.writer.as_ref().map(|writer| writer.name.as_str())
    }

    /// Begins a record, where one is wanted.
    ///
    /// # Errors
    ///
    /// The administrator wants one, and it cannot be kept: then nothing may begin.
    pub(crate) fn begin(home: &Home, policy: &Policy, begun: Begun) -> Result<Self> {
        let wanted = policy.sessions();
        if !wanted.value {
            return Ok(Self::default());
        }
        match Writer::create(home, &begun.session, policy.journal().value) {
            Ok(writer) => {
                let mut log = Self { writer: Some(writer), witness: Witness::default() };
                log.note(Entry::Begun(begun));
                Ok(log)
            }
            Err(error) if matches!(wanted.from, Source::Administrator(_)) => Err(error),
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "No record of this session is kept");
                Ok(Self::default())
            }
        }
    }

    /// Consent was told this, and took it.
    pub(crate) fn told(&mut self, input: &Input) {
        if let Some(entry) = self.witness.told(input) {
            self.note(entry);
        }
    }

    /// Consent wants this done.
    pub(crate) fn decided(&mut self, output: &Output) {
        if let Some(entry) = self.witness.decided(output) {
            self.note(entry);
        }
    }

    /// Writes it down.
    pub(crate) fn note(&mut self, entry: Entry) {
        if let Some(writer) = &mut self.writer
            && let Err(error) = writer.write(&entry)
        {
            tracing::error!(error = format!("{error:#}"), ?entry, "The record cannot be written");
        }
    }
}

impl Writer {
    fn create(home: &Home, session: &str, to_journal: bool) -> Result<Self> {
        let directory = home.sessions();
        os::directory_for_person_alone()
            .create(&directory)
            .with_context(|| format!("cannot make the directory {}", directory.display()))?;
        remove_oldest(&directory);
        let name = name_of(session);
        let file = create_new(&directory, &name)?;
        // Whoever looks at it meanwhile sees that it goes on.
        file.try_lock().context("the record cannot be locked")?;
        let journal = match to_journal.then(Journal::open) {
            Some(Ok(journal)) => Some(journal),
            Some(Err(error)) => {
                tracing::info!(%error, "There is no journal that would keep the heads of the record");
                None
            }
            None => None,
        };
        Ok(Self { file, chain: Chain::new(), name, written: 0, is_full: false, journal })
    }

    fn write(&mut self, entry: &Entry) -> Result<()> {
        let is_end = matches!(entry, Entry::Ended { .. });
        // What the expert can cause without end leaves room for what the person does.
        let is_noise = matches!(entry, Entry::Policy(_) | Entry::Held | Entry::Floor(_, FloorState::Refused));
        if is_noise && self.written >= FULL / 2 {
            return Ok(());
        }
        if self.written >= FULL && !self.is_full {
            self.is_full = true;
            self.append(&Entry::Full)?;
        }
        if self.is_full && !is_end {
            return Ok(());
        }
        self.append(entry)?;
        if is_end {
            self.file.sync_data()?;
        } else if let (Ok(runtime), Ok(file)) = (tokio::runtime::Handle::try_current(), self.file.try_clone())
        {
            // A disk may take its time, and nobody waits for it.
            drop(runtime.spawn_blocking(move || file.sync_data()));
        }
        Ok(())
    }

    fn append(&mut self, entry: &Entry) -> Result<()> {
        let number = self.chain.next();
        let mut chain = self.chain;
        let Some(line) = chain.append(unix_now(), &entry.fields()) else { bail!("the entry is too long") };
        // One write, so that no other line gets between.
        if let Err(error) = self.file.write_all(line.as_bytes()) {
            // Half a line is no entry, and the next one would be glued to it.
            _ = self.file.set_len(self.written);
            return Err(error.into());
        }
        self.chain = chain;
        self.written += line.len() as u64;
        if let Some(journal) = &self.journal
            && let Err(error) = journal.tell(&self.name, number, self.chain.head())
        {
            tracing::warn!(%error, "The journal did not take the head of the record");
        }
        Ok(())
    }
}

/// How the record of a session that was handed over begins.
pub(crate) fn begun(session: &HeldSession, who: &str) -> Begun {
    let application: Option<ApplicationId> = session.application.parse().ok();
    let role = session.role;
    let side = match application {
        Some(ApplicationId::ASK | ApplicationId::SHARE_TERMINAL) => Some(role == Role::Inviter),
        Some(ApplicationId::OFFER | ApplicationId::VIEW_TERMINAL) => Some(role == Role::Invitee),
        _ => None,
    };
    Begun {
        session: name_of(&session.id),
        application: short_text(&session.application),
        network: session.introduction.network.as_deref().map(short_text),
        contact: short_text(&session.remote_user),
        name: (who != session.remote_user).then(|| short_text(who)),
        side: side.map(|is_novice| if is_novice { "novice" } else { "expert" }),
        invited: role == Role::Inviter,
        program: format!("rendezvous {}", env!("CARGO_PKG_VERSION")),
    }
}

/// What others have chosen is cut where it is longer than anything honest.
pub(crate) fn short_text(text: &str) -> String {
    text.chars().take(300).collect()
}

/// The name of a session for files and for people: its digits.
pub(super) fn name_of(session: &str) -> String {
    let digits = session.chars().filter(char::is_ascii_hexdigit).take(32);
    let name: String = digits.map(|digit| digit.to_ascii_lowercase()).collect();
    if name.is_empty() { "0".to_owned() } else { name }
}

/// As much of it as a person types.
pub(crate) fn short(session: &str) -> String {
    name_of(session).chars().take(8).collect()
}

/// Files are in the order of time, and then named as the session. Whoever draws a name twice gets two files.
fn create_new(directory: &Path, name: &str) -> Result<File> {
    let at = unix_now().0;
    for again in 0..10 {
        let twice = if again == 0 { String::new() } else { format!("-{again}") };
        let path = directory.join(format!("{at:012}-{name}{twice}.jsonl"));
        match os::for_person_alone(OpenOptions::new().create_new(true).append(true)).open(&path) {
            Ok(file) => return Ok(file),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(|| format!("cannot write {}", path.display())),
        }
    }
    bail!("there are records of a session of this name already")
}

/// A record that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) path: PathBuf,
    /// The name of its session.
    pub(super) name: String,
}

impl Kept {
    /// Its bytes, as far as a reader takes them, and one more.
    pub(super) fn read(&self) -> Result<Vec<u8>> {
        let file = File::open(&self.path).with_context(|| format!("cannot open {}", self.path.display()))?;
        let mut bytes = Vec::new();
        file.take(MAX_RECORD as u64 + 1)
            .read_to_end(&mut bytes)
            .with_context(|| format!("cannot read {}", self.path.display()))?;
        Ok(bytes)
    }

    /// Whether its session goes on.
    pub(super) fn goes_on(&self) -> bool {
        let Ok(file) = File::open(&self.path) else { return false };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }
}

/// All records, the oldest first.
pub(super) fn kept(home: &Home) -> Result<Vec<Kept>> {
    kept_in(&home.sessions())
}

fn kept_in(directory: &Path) -> Result<Vec<Kept>> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot list {}", directory.display())),
    };
    let mut kept: Vec<Kept> = entries.flatten().filter_map(|entry| of_path(entry.path())).collect();
    kept.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(kept)
}

fn of_path(path: PathBuf) -> Option<Kept> {
    let stem = path.file_name()?.to_str()?.strip_suffix(".jsonl")?;
    let (_, name) = stem.split_once('-')?;
    let name = name.split('-').next()?.to_owned();
    Some(Kept { path, name })
}

fn remove_oldest(directory: &Path) {
    let Ok(kept) = kept_in(directory) else { return };
    let too_many = kept.len().saturating_sub(MOST_RECORDS - 1);
    for old in kept.iter().take(too_many).filter(|old| !old.goes_on()) {
        // Another attempt comes with the next one.
        _ = fs::remove_file(&old.path);
    }
}

/// The hash of the last entry of a session's record.
pub(crate) fn head_of(home: &Home, session: &str) -> Option<String> {
    let name = name_of(session);
    let kept = kept(home).ok()?.into_iter().rev().find(|kept| kept.name == name)?;
    Some(check(&kept.read().ok()?).head()?.to_text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_assist::policy::Rules;
    use rendezvous_testkit::home::Home as Place;
    use std::os::unix::fs::PermissionsExt;

    fn place() -> (Place, Home) {
        let place = Place::new("records").expect("a place for a test");
        let home = Home::at(place.path().to_owned());
        (place, home)
    }

    fn about(session: &str) -> Begun {
        Begun {
            session: name_of(session),
            application: ApplicationId::ASK.to_string(),
            network: Some("nearby".to_owned()),
            contact: "maria".to_owned(),
            name: None,
            side: Some("novice"),
            invited: true,
            program: "a test".to_owned(),
        }
    }

    fn begin(home: &Home, session: &str) -> SessionLog {
        SessionLog::begin(home, &Policy::default(), about(session)).expect("it begins")
    }

    #[test]
    fn what_is_written_is_a_sound_chain_that_only_its_person_can_read() {
        let (_place, home) = place();
        let mut log = begin(&home, "{AB-01}");
        log.note(Entry::Asked("view"));
        let running = kept(&home).expect("they can be listed");
        assert_eq!(running.len(), 1);
        assert!(running[0].name == "ab01" && running[0].goes_on());
        // Written at once, whatever happens to this program next.
        assert_eq!(check(&running[0].read().expect("it is read")).entries.len(), 2);
        log.note(Entry::Ended { result: 0, by_us: true });
        drop(log);
        assert!(!running[0].goes_on());
        let checked = check(&running[0].read().expect("it is read"));
        assert_eq!((checked.entries.len(), checked.faults.len()), (3, 0));
        assert_eq!(head_of(&home, "{ab-01}"), checked.head().map(|head| head.to_text()));
        let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode(&running[0].path), mode(&home.sessions())), (0o600, 0o700));
    }

    #[test]
    fn sessions_at_the_same_time_have_records_of_their_own() {
        let (_place, home) = place();
        let threads: Vec<_> = (0..8)
            .map(|number: u8| {
                let home = home.clone();
                std::thread::spawn(move || {
                    let mut log = begin(&home, &format!("{number:032x}"));
                    (0..50).for_each(|_| log.note(Entry::Paused(true)));
                    log.note(Entry::Ended { result: number.into(), by_us: true });
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().expect("it wrote"));
        // And one whose name was drawn twice.
        drop(begin(&home, &format!("{:032x}", 3)));
        let kept = kept(&home).expect("they can be listed");
        assert_eq!(kept.len(), 9);
        for kept in &kept {
            let checked = check(&kept.read().expect("it is read"));
            assert_eq!(checked.faults, []);
            assert!(matches!(checked.entries.len(), 1 | 52));
        }
    }

    #[test]
    fn a_record_and_the_number_of_them_are_bounded() {
        let (_place, home) = place();
        let mut log = begin(&home, "full");
        let enough = FULL / 3000 + 100;
        // Whatever the expert causes leaves room for what the person does.
        (0..enough).for_each(|_| log.note(Entry::Policy("x".repeat(3000))));
        log.note(Entry::Paused(true));
        let entry = || Entry::Met { how: "words", since: None, key: "x".repeat(3000), own: String::new() };
        (0..enough).for_each(|_| log.note(entry()));
        log.note(Entry::Ended { result: 7, by_us: false });
        drop(log);
        let all = kept(&home).expect("they can be listed");
        let checked = check(&all[0].read().expect("it is read"));
        assert_eq!(checked.faults, []);
        let what: Vec<_> =
            checked.entries.iter().rev().take(3).map(|entry| entry.fields["what"].clone()).collect();
        assert_eq!(what, ["ended", "full", "met"]);
        assert!(checked.entries.iter().any(|entry| entry.fields["what"] == "paused"));
        assert!((checked.entries.len() as u64) < enough);

        for number in 0..MOST_RECORDS {
            fs::write(home.sessions().join(format!("{number:012}-ff.jsonl")), "").expect("a file");
        }
        drop(begin(&home, "new"));
        let all = kept(&home).expect("they can be listed");
        assert_eq!(all.len(), MOST_RECORDS);
        assert!(all[0].path.ends_with(format!("{:012}-ff.jsonl", 2)), "{:?}", all[0]);
    }

    #[test]
    fn where_the_administrator_wants_a_record_nothing_begins_without() {
        let (_place, home) = place();
        fs::write(home.sessions(), "in the way").expect("a file");
        let policy = |text: &str| Policy::of(&Rules::parse(text).expect("it is one"), &Rules::default());
        assert!(SessionLog::begin(&home, &policy(""), about("a")).is_ok());
        assert!(SessionLog::begin(&home, &policy("[log]\nsessions = false"), about("a")).is_ok());
        assert!(SessionLog::begin(&home, &policy("[log]\nsessions = true"), about("a")).is_err());
    }
}
