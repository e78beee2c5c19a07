//! Every key of a policy, with its meaning. Documentation, reader and explanation know the same ones.

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The section in which it stands.
    pub section: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// What it means, for whoever writes the file, with the default.
    pub meaning: &'static str,
}

const fn key(section: &'static str, name: &'static str, meaning: &'static str) -> Key {
    Key { section, name, meaning }
}

/// All of them, section by section.
pub const KEYS: &[Key] = &[
    key(
        "asking",
        "allowed",
        "Whether people here may ask others for help, also by a one-time code. Default: true.",
    ),
    key(
        "asking",
        "control",
        "Whether whoever was asked may be given mouse and keyboard. False: they only see. Default: true.",
    ),
    key("offered", "allowed", "Whether offers of help by others reach the people here. Default: true."),
    key(
        "offered",
        "control",
        "Whether whoever offered help may be given mouse and keyboard. False: they only see. Default: true.",
    ),
    key(
        "allow",
        "files",
        "Whether files may be handed over, either way, while somebody helps here. Default: true.",
    ),
    key(
        "allow",
        "clipboard",
        "Whether what is copied may be shared while somebody helps here. Default: true.",
    ),
    key("allow", "drawing", "Whether whoever helps here may point and draw on the screen. Default: true."),
    key("allow", "terminal", "Whether people here may share a terminal. Default: true."),
    key(
        "helping",
        "allowed",
        "Whether people here may help others: answer who asks, and offer help. Default: true.",
    ),
    key(
        "helpers",
        "contacts",
        "Who may help the people here, by address. With it, or with domains, nobody else may. Default: everybody.",
    ),
    key(
        "helpers",
        "domains",
        "Who may help the people here, by what stands behind the @ of their address; subdomains are not meant.",
    ),
    key(
        "helpers",
        "verified",
        "Whether only those may help whom the person has verified before: no first contacts, no codes. Default: false.",
    ),
    key(
        "lifetimes",
        "invitation-seconds",
        "So long at most an invitation to be helped or to help rings, 10 to 120. Default: 120.",
    ),
    key("lifetimes", "code-minutes", "So long at most a one-time code is good, 1 to 10. Default: 10."),
    key(
        "lifetimes",
        "control-minutes",
        "So long mouse and keyboard are lent before they must be asked for again, 1 to 480. Default: 30.",
    ),
    key(
        "warnings",
        "view",
        "A text that stands above the question whether the screen is shown. Default: none.",
    ),
    key(
        "warnings",
        "control",
        "A text that stands above the question for mouse and keyboard. Default: none.",
    ),
    key(
        "log",
        "sessions",
        "Whether a record of each session is kept. Where it is said to be kept and cannot be, no help begins. Default: true, and each person may switch it off.",
    ),
    key("log", "journal", "Whether the heads of these records go to the system's journal. Default: true."),
    key(
        "bandwidth",
        "kbit-per-second",
        "The most that the picture takes of the network, 100 to 1000000. Default: what the way carries.",
    ),
];
