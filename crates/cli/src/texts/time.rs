//! Days and moments as people write them, in universal time.

#[cfg(feature = "windows")]
use super::language::Language;
use crate::identity::unix_now;
#[cfg(feature = "windows")]
use std::time::Duration;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `3 May 2026`.
pub(crate) fn day(unix: u64) -> String {
    let (year, month, day) = civil(unix / 86_400);
    format!("{day} {} {year}", MONTHS[month])
}

#[cfg(feature = "windows")]
const GERMAN_MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

/// `3 May 2026`, or `3. Mai 2026`.
#[cfg(feature = "windows")]
pub(super) fn day_in(language: Language, unix: u64) -> String {
    let (year, month, of_month) = civil(unix / 86_400);
    match language {
        Language::English => day(unix),
        Language::German => format!("{of_month}. {} {year}", GERMAN_MONTHS[month]),
    }
}

/// `30 minutes`, rounded up: nobody is told less than it was.
#[cfg(feature = "windows")]
pub(super) fn minutes_in(language: Language, time: Duration) -> String {
    let minutes = time.as_secs().div_ceil(60).max(1);
    match (language, minutes) {
        (Language::English, 1) => "1 minute".to_owned(),
        (Language::English, _) => format!("{minutes} minutes"),
        (Language::German, 1) => "1 Minute".to_owned(),
        (Language::German, _) => format!("{minutes} Minuten"),
    }
}

/// `10 minutes`, or `24 hours` where it is more than two; rounded up.
#[cfg(feature = "windows")]
pub(super) fn span_in(language: Language, time: Duration) -> String {
    let hours = time.as_secs().div_ceil(3600);
    match (language, hours) {
        (_, ..=2) => minutes_in(language, time),
        (Language::English, _) => format!("{hours} hours"),
        (Language::German, _) => format!("{hours} Stunden"),
    }
}

/// `3 May 14:05`, with the year where it is another one.
pub(crate) fn moment(unix: u64) -> String {
    let (year, month, day) = civil(unix / 86_400);
    let now = unix_now().0;
    let (this_year, ..) = civil(now / 86_400);
    let clock = format!("{:02}:{:02}", unix / 3600 % 24, unix / 60 % 60);
    if year == this_year {
        format!("{day} {} {clock} UTC", MONTHS[month])
    } else {
        format!("{day} {} {year} {clock} UTC", MONTHS[month])
    }
}

/// Year, month from 0, day from 1, of a day counted from 1970 (Howard Hinnant, "chrono-compatible date algorithms").
fn civil(days: u64) -> (u64, usize, u64) {
    // Days from 1 March of the year 0; a time beyond the year 100,000 is no time that was ever recorded here.
    let days = days.min(36_000_000) + 719_468;
    let era = days / 146_097;
    let of_era = days % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 2 } else { shifted - 10 };
    let year = era * 400 + year_of_era + u64::from(month < 2);
    (year, usize::try_from(month).unwrap_or(0), day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (unix, expected) in [
            (0, "1 January 1970"),
            (951_782_400, "29 February 2000"),
            (1_777_766_400, "3 May 2026"),
            (1_798_761_599, "31 December 2026"),
            (1_798_761_600, "1 January 2027"),
        ] {
            assert_eq!(day(unix), expected);
        }
        assert_eq!(moment(60 * 65), "1 January 1970 01:05 UTC");
        assert!(day(u64::MAX).ends_with(|c: char| c.is_ascii_digit()), "whatever a file says");
    }
}
