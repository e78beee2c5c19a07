//! Numbers from elsewhere: every one is kept, and the published ones are known.

use rendezvous_core::{Code, LEGACY_VERSION, LockError, LockStatus, SessionResult, State, Versions, flags};

use crate::Seed;
use crate::script::Script;

/// Each four bytes as a number of every kind.
pub(crate) fn numbers(data: &[u8]) {
    for bytes in data.chunks(4) {
        let number = Script::new(bytes).number();
        state(number);
        lock(number);
        result(number);
        role(number);
        versions(number);
    }
}

fn state(number: u32) {
    let state = State::from_number(number);
    assert_eq!(state.number(), number, "{state:?}");
    assert_eq!(matches!(state, State::Other(_)), number > 7, "{state:?}");
    assert_eq!(state.is_final(), (5..=7).contains(&number), "{state:?}");
}

fn lock(number: u32) {
    let (status, error) = (LockStatus::from_number(number), LockError::from_number(number));
    assert_eq!((status.number(), error.number()), (number, number), "{status:?} {error:?}");
    assert_eq!(matches!(status, LockStatus::Other(_)), !(1..=6).contains(&number));
    assert_eq!(matches!(error, LockError::Other(_)), !(0x8100_0751..=0x8100_0756).contains(&number));
}

fn result(number: u32) {
    let result = SessionResult(number);
    let is_published =
        (0x8100_0601..=0x8100_0619).contains(&number) || (0x8100_0620..=0x8100_0624).contains(&number);
    assert_eq!(result.code().is_some(), is_published, "{result}");
    assert_eq!(result.code().map(Code::number), is_published.then_some(number));
    assert!(!result.text().is_empty() && result.to_string().contains(&format!("{number:#010x}")), "{result}");
}

/// A mask names one role or none, and a role's own mask names it again.
fn role(number: u32) {
    match flags::role(number) {
        Some(role) => assert_eq!(flags::rendezvous(role), number & 3),
        None => assert!(matches!(number & 3, 0 | 3)),
    }
}

/// What two sides agree on, both speak.
fn versions(number: u32) {
    let bytes = number.to_be_bytes();
    let versions = Versions {
        lowest: u16::from_be_bytes([bytes[0], bytes[1]]),
        highest: u16::from_be_bytes([bytes[2], bytes[3]]),
    };
    let within = |range: Versions, version| (range.lowest..=range.highest).contains(&version);
    match versions.common() {
        Some(LEGACY_VERSION) => assert_eq!(versions, Versions::LEGACY),
        Some(version) => assert!(within(versions, version) && within(Versions::OURS, version)),
        None => assert!(!within(versions, Versions::OURS.highest)),
    }
}

pub(crate) fn number_seeds() -> Vec<Seed> {
    let bytes = |numbers: &[u32]| numbers.iter().flat_map(|number| number.to_be_bytes()).collect::<Vec<_>>();
    let results: Vec<u32> = Code::ALL.into_iter().map(Code::number).collect();
    vec![
        Seed::new("small", &bytes(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 16])),
        Seed::new("results", &bytes(&results)),
        Seed::new("locks", &bytes(&[0x8100_0750, 0x8100_0751, 0x8100_0756, 0x8100_0757])),
        Seed::new("versions", &bytes(&[0x0001_0001, 0x0000_0009, 0x0002_0009, 0x0005_0003])),
    ]
}
