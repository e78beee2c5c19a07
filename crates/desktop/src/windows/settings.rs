//! How large and how dark this desktop wants its windows.

use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _};

use super::look::Look;
use crate::DisplayError;
use crate::x11::link::{Link, lost};

/// The variable that says how large our windows are, in percent, 100 to 400.
const SIZE: &str = "RENDEZVOUS_TEXT_SIZE";
/// Settings are read up to here, in units of four bytes.
const LONGEST: u32 = 16_384;
/// No desktop has more settings than this.
const MOST: u32 = 4_096;
/// The size of letters at which everything has its usual size.
const USUAL_DPI: f32 = 96.0;

/// What the desktop's settings say: XSETTINGS where a program manages them, else the X resources.
pub(super) fn look(link: &Link) -> Result<Look, DisplayError> {
    let managed = managed(link)?.map(|bytes| read(&bytes)).unwrap_or_default();
    let root =
        link.conn.get_property(false, link.root, AtomEnum::RESOURCE_MANAGER, AtomEnum::STRING, 0, LONGEST);
    let resources = root.map_err(lost)?.reply().map_err(lost)?.value;
    let dpi = managed.dpi.or_else(|| resource_dpi(&String::from_utf8_lossy(&resources)));
    let theme = std::env::var("GTK_THEME").ok().or(managed.theme).unwrap_or_default();
    let size = dpi.unwrap_or(USUAL_DPI) / USUAL_DPI * wished(std::env::var(SIZE).ok().as_deref());
    Ok(Look::new(is_dark(&theme), size))
}

/// How large the person wants our windows, beside what their desktop wants of all.
fn wished(percent: Option<&str>) -> f32 {
    let percent: Option<u16> = percent.and_then(|percent| percent.parse().ok());
    f32::from(percent.filter(|percent| (100..=400).contains(percent)).unwrap_or(100)) / 100.0
}

/// The settings as their manager publishes them.
fn managed(link: &Link) -> Result<Option<Vec<u8>>, DisplayError> {
    let atom = |name: String| {
        Ok::<_, DisplayError>(
            link.conn.intern_atom(false, name.as_bytes()).map_err(lost)?.reply().map_err(lost)?.atom,
        )
    };
    let selection = atom(format!("_XSETTINGS_S{}", link.screen))?;
    let owner = link.conn.get_selection_owner(selection).map_err(lost)?.reply().map_err(lost)?.owner;
    if owner == x11rb::NONE {
        return Ok(None);
    }
    let settings = atom("_XSETTINGS_SETTINGS".to_owned())?;
    let reply =
        link.conn.get_property(false, owner, settings, AtomEnum::ANY, 0, LONGEST).map_err(lost)?.reply();
    // The manager may go in this moment.
    Ok(reply.ok().map(|property| property.value))
}

/// Whether the name of a theme says that it is dark.
fn is_dark(theme: &str) -> bool {
    let theme = theme.to_ascii_lowercase();
    theme.ends_with("dark") || theme.contains("-dark") || theme.contains(":dark")
}

/// `Xft.dpi` of the X resources.
fn resource_dpi(resources: &str) -> Option<f32> {
    let line = resources.lines().find_map(|line| line.trim_start().strip_prefix("Xft.dpi"))?;
    line.trim_start().strip_prefix(':')?.trim().parse().ok()
}

/// What of the settings matters here.
#[derive(Debug, Default, PartialEq)]
struct Managed {
    dpi: Option<f32>,
    theme: Option<String>,
}

/// Reads the format of the XSETTINGS specification; whatever is odd ends the reading.
fn read(bytes: &[u8]) -> Managed {
    let mut found = Managed::default();
    let mut reader = Reader { bytes, big: bytes.first() == Some(&1) };
    let Some(count) = reader.skip(8).and_then(|()| reader.long()) else { return found };
    for _ in 0..count.min(MOST) {
        if reader.setting(&mut found).is_none() {
            break;
        }
    }
    found
}

struct Reader<'a> {
    bytes: &'a [u8],
    big: bool,
}

impl Reader<'_> {
    fn setting(&mut self, found: &mut Managed) -> Option<()> {
        let kind = self.take(2)?[0];
        let length = usize::from(self.short()?);
        let name = self.padded(length)?;
        self.skip(4)?;
        match kind {
            0 => {
                let value = self.long()?;
                // In 1024ths; the value -1 asks for the default.
                if name == b"Xft/DPI" && i32::try_from(value).is_ok() {
                    found.dpi = Some(value as f32 / 1024.0);
                }
            }
            1 => {
                let length = usize::try_from(self.long()?).ok()?;
                let value = self.padded(length)?;
                if name == b"Net/ThemeName" {
                    found.theme = Some(String::from_utf8_lossy(&value).into_owned());
                }
            }
            2 => self.skip(8)?,
            _ => return None,
        }
        Some(())
    }

    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(taken)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.take(count).map(|_| ())
    }

    fn padded(&mut self, count: usize) -> Option<Vec<u8>> {
        let value = self.take(count)?.to_vec();
        self.skip(count.wrapping_neg() & 3)?;
        Some(value)
    }

    fn short(&mut self) -> Option<u16> {
        let big = self.big;
        let bytes = self.take(2)?.try_into().ok()?;
        Some(if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn long(&mut self) -> Option<u32> {
        let big = self.big;
        let bytes = self.take(4)?.try_into().ok()?;
        Some(if big { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(kind: u8, name: &str, value: &[u8]) -> Vec<u8> {
        let mut bytes = vec![kind, 0];
        bytes.extend(u16::try_from(name.len()).expect("short").to_le_bytes());
        bytes.extend(name.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes.extend([0; 4]);
        bytes.extend(value);
        bytes
    }

    fn settings() -> Vec<u8> {
        let mut bytes = vec![0, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0];
        bytes.extend(setting(2, "Some/Colour", &[9; 8]));
        let mut name = 12_u32.to_le_bytes().to_vec();
        name.extend(b"Adwaita-dark");
        bytes.extend(setting(1, "Net/ThemeName", &name));
        bytes.extend(setting(0, "Xft/DPI", &(192 * 1024_u32).to_le_bytes()));
        bytes
    }

    #[test]
    fn settings_are_read_and_odd_ones_are_not_followed() {
        let whole = settings();
        let expected = Managed { dpi: Some(192.0), theme: Some("Adwaita-dark".to_owned()) };
        assert_eq!(read(&whole), expected);
        for cut in 0..whole.len() {
            let part = read(&whole[..cut]);
            assert!(part.dpi.is_none(), "{cut}");
        }
        for at in 0..whole.len() {
            let mut odd = whole.clone();
            odd[at] ^= 0xff;
            read(&odd);
        }
    }

    #[test]
    fn a_size_that_makes_no_sense_is_not_wished() {
        for (said, expected) in
            [(None, 1.0), (Some("200"), 2.0), (Some("99"), 1.0), (Some("401"), 1.0), (Some("large"), 1.0)]
        {
            assert!((wished(said) - expected).abs() < f32::EPSILON, "{said:?}");
        }
    }

    #[test]
    fn the_resources_say_a_size_too() {
        assert_eq!(resource_dpi("Xcursor.size:\t24\nXft.dpi:\t144\n"), Some(144.0));
        assert_eq!(resource_dpi("Xft.dpi: many"), None);
        assert_eq!(resource_dpi("Xft.antialias: 1"), None);
    }

    #[test]
    fn dark_themes_say_so() {
        assert!(is_dark("Adwaita-dark") && is_dark("Adwaita:dark") && is_dark("Arc-Dark-solid"));
        assert!(!is_dark("Adwaita") && !is_dark(""));
    }
}
