//! What is written into the registry so that IM programs find the applications, as plain data (reference 2.1).
//!
//! Everything stands below `HKEY_LOCAL_MACHINE`, as published. Ours are four classes, three entries under `RendezvousApps`, and
//! one among Messenger's `Clients`, with names of our own. The two type libraries and their interfaces have published names, which Windows itself may have
//! registered: those are written only where nothing is, and what we wrote is noted, so that exactly that is removed. The same goes
//! for the keys above ours: one that somebody else made stays, even if it is empty.

use crate::invite;
use crate::names::{APPLICATION, Activity, EVENTS, Guid, LIBRARY, MICROSOFTS, SESSION};

/// Where IM programs look for applications.
pub const APPLICATIONS: &str = r"SOFTWARE\Microsoft\RendezvousApps";
/// Where classes stand.
pub const CLASSES: &str = r"SOFTWARE\Classes";
/// Where it is noted which of the published names we registered, and which keys above ours we made.
pub const OURS: &str = r"SOFTWARE\Rendezvous\Registered";
/// The key above that.
pub const OURS_ABOVE: &str = r"SOFTWARE\Rendezvous";
/// Where others get the applications.
pub const URL: &str = "https://rendezvous.im";

/// The proxy of the system for interfaces described by a type library (`PSOAInterface`).
const BY_LIBRARY: Guid = Guid(0x0002_0424_0000_0000_C000_0000_0000_0046);
/// And the one for interfaces of `IDispatch` alone (`PSDispatch`).
const BY_DISPATCH: Guid = Guid(0x0002_0420_0000_0000_C000_0000_0000_0046);

/// One value of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key, below `HKEY_LOCAL_MACHINE`.
    pub key: String,
    /// The value's name; empty for the key's own.
    pub name: &'static str,
    /// What it holds.
    pub value: Value,
}

/// What a value holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `REG_SZ`.
    Text(String),
    /// `REG_DWORD`.
    Number(u32),
}

/// The files of an installation, as absolute paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The program; what starts it as a server for COM stands in [`SERVER_ARGUMENT`].
    pub program: String,
    /// The DLL, where there is one.
    pub library: Option<String>,
    /// The type library of the Rendezvous API. That of *Session Invite* stands beside it: see [`LIBRARIES`].
    pub types: String,
    /// Whether the program serves *Session Invite* too, for which it is started with [`SESSIONS_ARGUMENT`].
    pub serves_sessions: bool,
}

/// The type libraries, with the names of their files, for whoever installs.
pub const LIBRARIES: [(&str, &[u8]); 2] = [
    ("RendezvousSession.tlb", include_bytes!("../idl/RendezvousSession.tlb")),
    (OLDER_LIBRARY, include_bytes!("../idl/MessengerPrivate.tlb")),
];

const OLDER_LIBRARY: &str = "MessengerPrivate.tlb";

/// With this argument, and the word of an activity after it, the program serves one session of that and ends.
pub const SERVER_ARGUMENT: &str = "com-server";

/// With this argument the program sees to it that the agent runs, and that agent opens the class of *Session Invite*.
pub const SESSIONS_ARGUMENT: &str = "com-sessions";

/// Keys above ours that may have to be made: each before the one above it. What we made and nobody else uses is removed.
pub const ABOVE: [&str; 5] = [
    APPLICATIONS,
    invite::CLIENTS,
    invite::APPLICATIONS,
    r"SOFTWARE\Microsoft\MessengerService\SessionManager",
    r"SOFTWARE\Microsoft\MessengerService",
];

/// Those of [`ABOVE`] that stand above this key, the nearest first.
pub fn above(key: &str) -> impl Iterator<Item = &'static str> {
    let is_above = move |above: &&str| key.strip_prefix(*above).is_some_and(|rest| rest.starts_with('\\'));
    ABOVE.into_iter().filter(is_above)
}

/// A published name that Windows may have registered: written as a whole, or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The key that is looked for. If it is there, nothing is written.
    pub key: String,
    /// What is written.
    pub entries: Vec<Entry>,
}

/// The entries of our own classes and applications.
#[must_use]
pub fn own(files: &Files) -> Vec<Entry> {
    let all = Activity::ALL.into_iter().flat_map(|activity| of_activity(activity, files));
    all.chain(files.serves_sessions.then(|| of_invite(files)).into_iter().flatten()).collect()
}

/// The keys that [`own`] writes, with all that is below them: what is removed.
#[must_use]
pub fn own_keys() -> Vec<String> {
    let all = Activity::ALL.into_iter().flat_map(|activity| [class_key(activity), application_key(activity)]);
    all.chain([manager_key(), program_key(), client_key()]).collect()
}

/// The entries of what has published names.
#[must_use]
pub fn shared(files: &Files) -> Vec<Shared> {
    let newer = library(LIBRARY, "RendezvousSession 1.0 Type Library", &files.types);
    let interfaces = [
        (SESSION, "IRendezvousSession", BY_LIBRARY),
        (APPLICATION, "IRendezvousApplication", BY_LIBRARY),
        (EVENTS, "DRendezvousSessionEvents", BY_DISPATCH),
    ];
    let older = library(invite::LIBRARY, "Messenger Private Type Library", &beside(&files.types));
    let older_interfaces = [
        (invite::MANAGER, "IMsgrSessionManager", BY_LIBRARY),
        (invite::SESSION, "IMsgrSession", BY_LIBRARY),
        (invite::LOCK, "IMsgrLock", BY_LIBRARY),
        (invite::MANAGER_EVENTS, "DMsgrSessionManagerEvents", BY_DISPATCH),
        (invite::SESSION_EVENTS, "DMsgrSessionEvents", BY_DISPATCH),
    ];
    let mut all = vec![newer];
    all.extend(interfaces.map(|of| interface(LIBRARY, of)));
    if !files.serves_sessions {
        return all;
    }
    all.push(older);
    all.extend(older_interfaces.map(|of| interface(invite::LIBRARY, of)));
    all
}

fn library(library: Guid, name: &str, file: &str) -> Shared {
    let key = format!(r"{CLASSES}\TypeLib\{library}");
    let version = format!(r"{key}\1.0");
    let entries = vec![
        text(&version, "", name),
        text(&format!(r"{version}\0\win64"), "", file),
        text(&format!(r"{version}\FLAGS"), "", "0"),
    ];
    Shared { key, entries }
}

fn interface(library: Guid, (interface, name, proxy): (Guid, &str, Guid)) -> Shared {
    let key = format!(r"{CLASSES}\Interface\{interface}");
    let entries = vec![
        text(&key, "", name),
        text(&format!(r"{key}\ProxyStubClsid32"), "", &proxy.to_string()),
        text(&format!(r"{key}\TypeLib"), "", &library.to_string()),
        text(&format!(r"{key}\TypeLib"), "Version", "1.0"),
    ];
    Shared { key, entries }
}

/// The other library's file, in the directory of this one.
fn beside(types: &str) -> String {
    let end = types.rfind(['\\', '/']).map_or(0, |slash| slash + 1);
    format!("{}{OLDER_LIBRARY}", &types[..end])
}

/// Whether a key is one that `unregister` may remove: ours by name, or one that [`shared`] names.
#[must_use]
pub fn may_remove(key: &str) -> bool {
    let nothing =
        Files { program: String::new(), library: None, types: String::new(), serves_sessions: true };
    own_keys().iter().chain(shared(&nothing).iter().map(|shared| &shared.key)).any(|known| known == key)
        && !MICROSOFTS.iter().any(|guid| key.contains(&guid.to_string()))
}

fn of_activity(activity: Activity, files: &Files) -> Vec<Entry> {
    let (class, application) = (class_key(activity), application_key(activity));
    let line = format!("\"{}\" {SERVER_ARGUMENT} {}", files.program, activity.word());
    let mut entries = vec![
        text(&class, "", activity.name()),
        text(&format!(r"{class}\LocalServer32"), "", &line),
        text(&format!(r"{class}\TypeLib"), "", &LIBRARY.to_string()),
        text(&application, "Name", activity.name()),
        text(&application, "RendezvousComponent", &activity.class().to_string()),
        text(&application, "Path", &files.program),
        text(&application, "URL", URL),
        Entry { key: application, name: "Icon", value: Value::Number(icon(activity)) },
    ];
    if let Some(library) = &files.library {
        let key = format!(r"{class}\InprocServer32");
        entries.push(text(&key, "", library));
        entries.push(text(&key, "ThreadingModel", "Both"));
    }
    entries
}

/// What programs of Messenger's time find: the class, its name for scripts, and who stands in Messenger's place.
fn of_invite(files: &Files) -> Vec<Entry> {
    let (class, program, client) = (manager_key(), program_key(), client_key());
    let name = "Sessions (Rendezvous)";
    let line = format!("\"{}\" {SESSIONS_ARGUMENT}", files.program);
    let guid = invite::MANAGER_CLASS.to_string();
    vec![
        text(&class, "", name),
        text(&format!(r"{class}\LocalServer32"), "", &line),
        text(&format!(r"{class}\ProgID"), "", invite::PROGRAM_ID),
        text(&format!(r"{class}\TypeLib"), "", &invite::LIBRARY.to_string()),
        text(&program, "", name),
        text(&format!(r"{program}\CLSID"), "", &guid),
        text(&client, "MsgrSessionManagerGuid", &guid),
        Entry { key: client, name: "isDotNetProvider", value: Value::Number(0) },
    ]
}

/// The index of the icon in the program's file, as Microsoft's two have it, and one after them.
fn icon(activity: Activity) -> u32 {
    match activity {
        Activity::Offer => 0,
        Activity::Ask => 1,
        Activity::Hello => 2,
    }
}

fn class_key(activity: Activity) -> String {
    format!(r"{CLASSES}\CLSID\{}", activity.class())
}

fn manager_key() -> String {
    format!(r"{CLASSES}\CLSID\{}", invite::MANAGER_CLASS)
}

fn program_key() -> String {
    format!(r"{CLASSES}\{}", invite::PROGRAM_ID)
}

fn client_key() -> String {
    format!(r"{}\Rendezvous", invite::CLIENTS)
}

fn application_key(activity: Activity) -> String {
    format!(r"{APPLICATIONS}\{}", activity.key())
}

fn text(key: &str, name: &'static str, value: &str) -> Entry {
    Entry { key: key.to_owned(), name, value: Value::Text(value.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Files {
        Files {
            program: r"C:\Program Files\Rendezvous\rendezvous.exe".into(),
            library: Some(r"C:\Program Files\Rendezvous\rendezvous.dll".into()),
            types: r"C:\Program Files\Rendezvous\RendezvousSession.tlb".into(),
            serves_sessions: true,
        }
    }

    #[test]
    fn an_im_program_finds_the_five_published_values() {
        let key = application_key(Activity::Ask);
        assert_eq!(key, r"SOFTWARE\Microsoft\RendezvousApps\{DFD873E5-60B4-49A8-838E-9755AB5E0085}");
        let own = own(&files());
        let value = |name| &own.iter().find(|e| e.key == key && e.name == name).unwrap().value;
        assert_eq!(value("Icon"), &Value::Number(1));
        assert_eq!(value("Name"), &Value::Text("Ask for Remote Assistance (Rendezvous)".into()));
        assert_eq!(value("Path"), &Value::Text(files().program));
        assert_eq!(value("URL"), &Value::Text(URL.into()));
        let class = Value::Text(Activity::Ask.class().to_string());
        assert_eq!(value("RendezvousComponent"), &class);
    }

    #[test]
    fn a_path_with_blanks_is_quoted_where_it_is_a_command_line() {
        let server = own(&files()).into_iter().find(|e| e.key.ends_with("LocalServer32")).unwrap();
        let line = r#""C:\Program Files\Rendezvous\rendezvous.exe" com-server ask"#;
        assert_eq!(server.value, Value::Text(line.into()));
    }

    #[test]
    fn a_program_of_messengers_time_finds_the_class_by_both_ways() {
        let own = own(&files());
        let value = |key: &str, name| {
            own.iter().find(|e| e.key == key && e.name == name).map(|e| e.value.clone()).unwrap()
        };
        let class = Value::Text("{4F65940E-597C-4608-8578-104E90A7B1FE}".into());
        assert_eq!(value(r"SOFTWARE\Classes\Rendezvous.SessionManager\CLSID", ""), class);
        let client = r"SOFTWARE\Microsoft\MessengerService\Clients\Rendezvous";
        assert_eq!(value(client, "MsgrSessionManagerGuid"), class);
        assert_eq!(value(client, "isDotNetProvider"), Value::Number(0));
        let library = format!(r"{CLASSES}\TypeLib\{}", invite::LIBRARY);
        let shared = shared(&files()).into_iter().find(|shared| shared.key == library).unwrap();
        let file = Value::Text(r"C:\Program Files\Rendezvous\MessengerPrivate.tlb".into());
        assert!(shared.entries.iter().any(|entry| entry.value == file));
        assert_eq!(beside("x.tlb"), "MessengerPrivate.tlb");
    }

    #[test]
    fn a_program_that_does_not_serve_session_invite_registers_nothing_of_it() {
        let files = Files { serves_sessions: false, ..files() };
        let keys: Vec<String> = own(&files).into_iter().map(|entry| entry.key).collect();
        assert!(keys.contains(&application_key(Activity::Hello)));
        let shared = shared(&files);
        assert_eq!(shared.len(), 4, "one library and its three interfaces");
        let written = keys.iter().chain(shared.iter().map(|shared| &shared.key));
        for key in written {
            for name in [manager_key(), program_key(), client_key(), invite::LIBRARY.to_string()] {
                assert!(!key.contains(&name), "{key}");
            }
        }
    }

    #[test]
    fn nothing_is_written_over_microsofts_keys() {
        let own = own(&files());
        let shared = shared(&files());
        for entry in own.iter().chain(shared.iter().flat_map(|shared| &shared.entries)) {
            for guid in MICROSOFTS {
                assert!(!entry.key.contains(&guid.to_string()), "{}", entry.key);
            }
        }
    }

    #[test]
    fn every_key_that_may_have_to_be_made_is_known_and_the_lower_ones_go_first() {
        // What is there wherever there is a registry.
        let known = ["SOFTWARE", r"SOFTWARE\Microsoft", CLASSES];
        let always = ["CLSID", "TypeLib", "Interface"].map(|name| format!(r"{CLASSES}\{name}"));
        let registered = format!(r"{}\{}", invite::APPLICATIONS, Activity::Ask.key());
        let entries = own(&files()).into_iter().map(|entry| entry.key);
        for key in own_keys().into_iter().chain(entries).chain([registered]) {
            let ours = own_keys();
            let mut made = above(&key);
            for (end, _) in key.rmatch_indices('\\') {
                let there = &key[..end];
                let is_ours = ours.iter().any(|ours| there.starts_with(ours));
                if !is_ours && !known.contains(&there) && !always.iter().any(|key| key == there) {
                    assert_eq!(made.next(), Some(there), "{key}");
                }
            }
            assert_eq!(made.next(), None, "{key}");
        }
        assert_eq!(above(APPLICATIONS).count(), 0, "a key is not above itself");
        assert_eq!(above(r"SOFTWARE\Microsoft\RendezvousAppsOfOthers\x").count(), 0);
        assert!(ABOVE.iter().all(|key| !may_remove(key)), "with everything below them");
    }

    #[test]
    fn what_is_written_is_what_is_removed() {
        let keys = own_keys();
        for entry in own(&files()) {
            assert!(keys.iter().any(|key| entry.key.starts_with(key)), "{}", entry.key);
        }
        for shared in shared(&files()) {
            assert!(shared.entries.iter().all(|entry| entry.key.starts_with(&shared.key)));
            assert!(may_remove(&shared.key));
        }
        assert!(keys.iter().all(|key| may_remove(key)));
        for other in
            [CLASSES, APPLICATIONS, r"SOFTWARE\Classes\CLSID", "", r"SOFTWARE\Microsoft", invite::CLIENTS]
        {
            assert!(!may_remove(other), "{other}");
        }
        let microsofts = format!(r"{CLASSES}\CLSID\{}", MICROSOFTS[1]);
        assert!(!may_remove(&microsofts));
    }
}
