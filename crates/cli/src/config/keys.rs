//! Every key, with its meaning, for the manual page and for those who look here.

use std::fmt::Write as _;

/// Section, key, meaning with the default.
pub(crate) const KEYS: &[(&str, &str, &str)] = &[
    ("nearby", "enabled", "Whether people nearby reach you and you them, without an account. Default: true."),
    (
        "nearby",
        "listen",
        "Where other devices reach this one, as in \"192.0.2.1:7373\"; \"[::]\" is every address of this computer, port 0 takes a free port. Default: every address, port 7373 or a free one if that is taken.",
    ),
    (
        "nearby",
        "multicast",
        "Whether this device is found by, and finds, others on the same network. Default: true.",
    ),
    (
        "nearby",
        "name",
        "What others see of you while you are visible (\"rendezvous visible\"). Default: the computer's name.",
    ),
    (
        "assist",
        "addresses",
        "Between which kinds of addresses picture and input may travel, any of \"ipv4\" and \"ipv6\"; with none, no screen is shared. Default: both.",
    ),
    (
        "assist",
        "codec",
        "What your screen is sent as: \"h264\", \"vp9\", or \"auto\" for whatever suits screens best of what the helper's browser plays. Default: \"auto\".",
    ),
    (
        "ice",
        "stun",
        "Servers that say how this computer looks from outside, as in [\"stun:stun.example.org:3478\"]. Picture and input find a way through most home routers with one. Default: none.",
    ),
    (
        "ice",
        "relay-only",
        "Whether picture and input go over a relay (of [[ice.turn]], or one that your account's server offers) in any case, so that the other person does not learn your address. Default: false.",
    ),
    (
        "ice.turn",
        "url",
        "A relay for picture and input where no direct way is found, as in \"turn:turn.example.org:3478\". \"?transport=tcp\" and \"turns:\" are for the page of whoever helps only. Required.",
    ),
    ("ice.turn", "username", "Your name there. Required."),
    (
        "ice.turn",
        "password-file",
        "A file that only you can read, with your password there in its first line. The password itself is never here.",
    ),
    (
        "ice.turn",
        "password-command",
        "Or a program that prints it, as in [\"secret-tool\", \"lookup\", \"service\", \"turn\"].",
    ),
    (
        "codes",
        "server",
        "The domain of an XMPP server that lets guests in (anonymous login), as in \"guests.example.org\". People who are not on the same network find each other there by one-time codes; both have to name the same. Without this section the servers of your accounts are tried.",
    ),
    ("codes", "rooms", "Its service of rooms. Default: \"conference.\" and the server's name."),
    ("codes", "address", "The server as \"host:port\", in place of what the records of the domain say."),
    ("codes", "security", "How TLS begins, as for an account. Default: \"automatic\"."),
    (
        "codes",
        "certificate-authority",
        "A file with certificates in PEM form that are trusted for this server besides those of the system.",
    ),
    (
        "trusted",
        "contact",
        "Somebody whom you trust, as in \"anna@example.org\". They get a message in their chat program, from your account, when somebody whom you have just met helps you and when somebody may use your mouse and keyboard for the first time. They decide nothing. Default: nobody.",
    ),
    ("account", "type", "The kind of account: \"xmpp\". Required."),
    (
        "account",
        "jid",
        "Your address, as in \"maria@example.org\". Required. The password is never here: see \"rendezvous login\".",
    ),
    ("account", "server", "The server as \"host:port\", in place of what the records of the domain say."),
    (
        "account",
        "security",
        "How TLS begins: \"automatic\" (what the domain's records say), \"starttls\" or \"direct-tls\". There is no way without TLS. Default: \"automatic\".",
    ),
    (
        "account",
        "channel-binding",
        "Whether the password is bound to the encrypted connection. Set it to false only for a server that gets it wrong. Default: true.",
    ),
    (
        "account",
        "plain-password",
        "Whether the password itself may be sent, over TLS, to a server that offers no better way to prove it. Default: false.",
    ),
    (
        "account",
        "certificate-authority",
        "A file with certificates in PEM form that are trusted for this account besides those of the system.",
    ),
];

/// The keys as a text for people.
pub(crate) fn documentation() -> String {
    let mut text = String::new();
    let mut last = "";
    for (section, key, meaning) in KEYS {
        if *section != last {
            let header = if matches!(*section, "account" | "ice.turn") {
                format!("[[{section}]]")
            } else {
                format!("[{section}]")
            };
            let gap = if last.is_empty() { "" } else { "\n" };
            _ = writeln!(text, "{gap}{header}");
            last = section;
        }
        _ = writeln!(text, "  {key}\n      {meaning}");
    }
    text
}
