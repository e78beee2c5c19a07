//! The questions of other programs that only the person may answer: for a password, a permission, or the lock of the screen.
//!
//! They are known by the program that owns the window. The X server itself says which process that is; where it does not,
//! the window's own word for it and its class have to do. Whoever pretends to be one only holds the expert back.

use std::fs;
use std::path::Path;

use x11rb::errors::ReplyError;
use x11rb::protocol::res::{ClientIdMask, ClientIdSpec, ConnectionExt as _};
use x11rb::protocol::xproto::{Atom, AtomEnum, ConnectionExt as _, Window};

use super::link::{Link, lost};
use super::windows::class;
use crate::DisplayError;

/// The kernel keeps so much of a program's name.
const KEPT: usize = 15;

/// The bar is a window of ours on which everything that takes away may be pressed by anybody.
pub(super) const BAR: &str = "rendezvous-bar";
/// And those of ours that only tell something.
pub(crate) const TOLD: &str = "rendezvous-told";

/// A family of programs that ask what only the person may answer.
#[derive(Debug)]
struct Family {
    why: &'static str,
    /// Names of programs, or one of the two parts of a window's class, in small letters.
    names: &'static [&'static str],
}

/// Why nobody else may use the window of a screen locker.
pub(super) const LOCK: &str = "a locked screen is locked for the expert, too";

const KNOWN: &[Family] = &[
    Family {
        why: "polkit's agents ask for a password before something is done to the whole computer",
        names: &[
            "dde-polkit-agent",
            "lxpolkit",
            "lxqt-policykit-agent",
            "mate-polkit",
            "org.kde.polkit-kde-authentication-agent-1",
            "polkit-gnome-authentication-agent-1",
            "polkit-kde-authentication-agent-1",
            "polkit-mate-authentication-agent-1",
            "ukui-polkit",
            "xfce-polkit",
        ],
    },
    Family {
        why: "programs that ask for a password to act as somebody else",
        names: &["gksu", "gksudo", "kdesu", "lxqt-sudo", "lxsu", "lxsudo"],
    },
    Family {
        why: "keyrings ask for the password of all passwords",
        names: &[
            "gcr-prompter",
            "gnome-keyring-daemon",
            "gnome-keyring-prompt",
            "ksecretd",
            "kwalletd",
            "kwalletd5",
            "kwalletd6",
        ],
    },
    Family {
        why: "they ask for the password of a key, or whether it may be used",
        names: &[
            "gcr-ssh-askpass",
            "gnome-ssh-askpass",
            "ksshaskpass",
            "lxqt-openssh-askpass",
            "pinentry",
            "pinentry-fltk",
            "pinentry-gnome3",
            "pinentry-gtk-2",
            "pinentry-qt",
            "pinentry-qt4",
            "pinentry-qt5",
            "pinentry-x11",
            "ssh-askpass",
            "ssh-askpass-fullscreen",
            "x11-ssh-askpass",
        ],
    },
    Family {
        why: "a portal asks what a program in a sandbox may have: the screen, a camera, files",
        names: &[
            "xdg-desktop-portal",
            "xdg-desktop-portal-gnome",
            "xdg-desktop-portal-gtk",
            "xdg-desktop-portal-kde",
            "xdg-desktop-portal-lxqt",
            "xdg-desktop-portal-xapp",
        ],
    },
    Family {
        why: LOCK,
        names: &[
            "cinnamon-screensaver",
            "gnome-screensaver",
            "gnome-screensaver-dialog",
            "i3lock",
            "kscreenlocker_greet",
            "light-locker",
            "lightdm-gtk-greeter",
            "mate-screensaver",
            "mate-screensaver-dialog",
            "slock",
            "ukui-screensaver-dialog",
            "xfce4-screensaver",
            "xfce4-screensaver-dialog",
            "xlock",
            "xscreensaver",
            "xscreensaver-auth",
            "xsecurelock",
        ],
    },
    Family {
        why: "another one of our own questions, of a second help or of the program that is called",
        names: &["rendezvous"],
    },
];

/// Recognises the windows of such programs.
#[derive(Debug)]
pub(super) struct Prompts {
    has_res: bool,
    pid: Atom,
}

impl Prompts {
    pub(super) fn learn(link: &Link) -> Result<Self, DisplayError> {
        let has_res = link.has("X-Resource")? && {
            let version = link.conn.res_query_version(1, 2).map_err(lost)?.reply().map_err(lost)?;
            (version.server_major, version.server_minor) >= (1, 2)
        };
        let pid = link.conn.intern_atom(false, b"_NET_WM_PID").map_err(lost)?.reply().map_err(lost)?.atom;
        Ok(Self { has_res, pid })
    }

    /// Whether a window is judged by this property.
    pub(super) fn reads(&self, property: Atom) -> bool {
        property == self.pid || property == Atom::from(AtomEnum::WM_CLASS)
    }

    /// Why only the person may use this window, if that is so. A window that is gone is nobody's.
    pub(super) fn why(&self, link: &Link, window: Window) -> Result<Option<&'static str>, DisplayError> {
        let class = class(link, window)?;
        if class.split('/').next().is_some_and(|name| name == BAR || name == TOLD) {
            return Ok(None);
        }
        if let Some(pid) = self.owner(link, window)?
            && let Some(why) = programs(pid).iter().find_map(|name| known(name))
        {
            return Ok(Some(why));
        }
        Ok(class.split('/').find_map(known))
    }

    /// The process that owns a window: as the server has it, which no program can change, else as the window says.
    fn owner(&self, link: &Link, window: Window) -> Result<Option<u32>, DisplayError> {
        if self.has_res {
            let spec = ClientIdSpec { client: window, mask: ClientIdMask::LOCAL_CLIENT_PID };
            match link.conn.res_query_client_ids(&[spec]).map_err(lost)?.reply() {
                Ok(reply) => {
                    let pid = reply.ids.iter().find_map(|id| id.value.first().copied());
                    if pid.is_some() {
                        return Ok(pid);
                    }
                }
                Err(ReplyError::X11Error(_)) => {}
                Err(error) => return Err(lost(error)),
            }
        }
        let cardinal = AtomEnum::CARDINAL;
        match link.conn.get_property(false, window, self.pid, cardinal, 0, 1).map_err(lost)?.reply() {
            Ok(reply) => Ok(reply.value32().and_then(|mut values| values.next())),
            Err(ReplyError::X11Error(_)) => Ok(None),
            Err(error) => Err(lost(error)),
        }
    }
}

/// What a process is called: by its file, which only its owner may ask for, and by what the kernel shows to everybody.
fn programs(pid: u32) -> Vec<String> {
    let process = Path::new("/proc").join(pid.to_string());
    let file = fs::read_link(process.join("exe")).ok();
    let file = file.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let short = fs::read_to_string(process.join("comm")).ok().map(|name| name.trim_end().to_owned());
    file.into_iter().chain(short).collect()
}

/// Whether this is the name of one; a long name may come cut off.
fn known(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let is_it = |known: &&str| {
        **known == *name || (name.len() == KEPT && known.as_bytes().get(..KEPT) == Some(name.as_bytes()))
    };
    KNOWN.iter().find(|family| family.names.iter().any(is_it)).map(|family| family.why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_known_by_name_whole_or_cut_off_and_others_are_not() {
        for name in [
            "polkit-gnome-authentication-agent-1",
            "polkit-gnome-au",
            "Gcr-prompter",
            "kwalletd5",
            "xdg-desktop-por",
        ] {
            assert!(known(name).is_some(), "{name}");
        }
        for name in ["", "polkit", "polkit-gnome-a", "xterm", "xdg-desktop-port", "rendezvous-bar"] {
            assert!(known(name).is_none(), "{name}");
        }
    }

    #[test]
    fn every_name_stands_once_in_small_letters_with_a_reason() {
        let mut all: Vec<_> = KNOWN.iter().flat_map(|family| family.names).collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(all.iter().all(|name| name.to_lowercase() == **name));
        assert!(KNOWN.iter().all(|family| family.why.len() > 20));
    }

    #[test]
    fn a_process_has_a_name() {
        let ours = programs(std::process::id());
        assert_eq!(ours.len(), 2, "{ours:?}");
        assert!(programs(u32::MAX).is_empty());
    }
}
