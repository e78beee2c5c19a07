//! The published names of interfaces and classes (reference 1.1), and our own.

use std::fmt;

/// A name of COM's: 128 bits. Written `{8-4-4-4-12}`, in capitals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid(pub u128);

impl Guid {
    /// Reads what the registry has, with braces.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // Written as the names of applications are.
        let id: rendezvous_core::ApplicationId = text.parse().ok().filter(|_| text.starts_with('{'))?;
        Some(Self(u128::from_be_bytes(id.0)))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:032X}", self.0);
        let (a, b, c) = (&digits[..8], &digits[8..12], &digits[12..16]);
        write!(f, "{{{a}-{b}-{c}-{}-{}}}", &digits[16..20], &digits[20..])
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `LIBID_RendezvousSessionLib`.
pub const LIBRARY: Guid = Guid(0xEFD8_56A4_5A85_4A1B_ADD5_2EAD_ACE6_F6A2);
/// `IID_IRendezvousSession`.
pub const SESSION: Guid = Guid(0x9BA4_B1DD_8B0C_48B7_9E7C_2F25_857C_8DF5);
/// `IID_IRendezvousApplication`.
pub const APPLICATION: Guid = Guid(0x4F4D_070B_A275_49FB_B10D_8EC2_6387_B50D);
/// `DIID_DRendezvousSessionEvents`.
pub const EVENTS: Guid = Guid(0x3FA1_9CF8_64C4_4F53_AE60_635B_3806_ECA6);

/// What belongs to Windows or to Microsoft's Remote Assistance, and is never registered by us: the classes
/// `CLSID_RendezvousApplication`, *Offer* and *Ask* of `RAServer.exe`, and the two entries under `RendezvousApps`; of Messenger
/// `MsgrSessionManager`, `MsgrSession` and `MessengerPriv`.
pub const MICROSOFTS: [Guid; 8] = [
    Guid(0x0B7E_019A_B5DE_47FA_8966_9082_F82F_B192),
    Guid(0x4901_0C18_B110_421A_9047_ADCA_421C_BC40),
    Guid(0xC0B3_C446_3032_4016_926F_9BAE_48BE_BFBE),
    Guid(0x703E_A1A8_D73E_43E3_852C_EE85_B5D8_72C2),
    Guid(0x56B9_94A7_380F_410B_9985_C809_D78C_1BDC),
    Guid(0xE3A3_B1D9_5675_43C0_BF04_37BE_1193_9FB7),
    Guid(0xE3A3_B1D8_5675_43C0_BF04_37BE_1193_9FB7),
    Guid(0xAB1D_8565_40E9_4616_984D_9846_5687_E82C),
];

/// What our program does with a session that it is given, each a class of ours: the two activities of Remote Assistance, and a
/// greeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// *Ask*: the inviter is the novice.
    Ask,
    /// *Offer*: the inviter is the expert.
    Offer,
    /// *Hello*: two people make sure who is there, and nothing is shared.
    Hello,
}

impl Activity {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ask, Self::Offer, Self::Hello];

    /// The class that IM programs create (`RendezvousComponent`).
    #[must_use]
    pub fn class(self) -> Guid {
        match self {
            Self::Ask => Guid(0x3967_BE0F_1E73_47AE_9A27_F23A_065A_D051),
            Self::Offer => Guid(0x5436_2851_6028_4BBD_9A35_F359_78B8_8FD4),
            Self::Hello => Guid(0xF3BF_7E74_DB85_4077_B865_30DE_89E8_B471),
        }
    }

    /// The key under `RendezvousApps`, the same on every machine.
    #[must_use]
    pub fn key(self) -> Guid {
        match self {
            Self::Ask => Guid(0xDFD8_73E5_60B4_49A8_838E_9755_AB5E_0085),
            Self::Offer => Guid(0x11E1_F170_D0BF_4F90_BD2C_735F_FB5B_B0FE),
            // As it is called everywhere else: this name was ours from the beginning.
            Self::Hello => Guid(0x2D31_0B9E_6C57_4F0E_9A44_1F8B_70D2_5EA3),
        }
    }

    /// What IM programs write into their menus.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ask => "Ask for Remote Assistance (Rendezvous)",
            Self::Offer => "Offer Remote Assistance (Rendezvous)",
            Self::Hello => "Hello (Rendezvous)",
        }
    }

    /// How a command line calls it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Offer => "offer",
            Self::Hello => "hello",
        }
    }

    /// The activity that a command line means.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|activity| activity.word() == word)
    }

    /// The activity of this class, if it is one of ours.
    #[must_use]
    pub fn of_class(class: Guid) -> Option<Self> {
        Self::ALL.into_iter().find(|activity| activity.class() == class)
    }

    /// Whether whoever has this role is the one who is helped (reference 1.6). Where people greet each other nobody is.
    #[must_use]
    pub fn is_novice(self, role: rendezvous_core::Role) -> bool {
        match self {
            Self::Ask => role == rendezvous_core::Role::Inviter,
            Self::Offer => role == rendezvous_core::Role::Invitee,
            Self::Hello => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_core::{ApplicationId, Role};

    #[test]
    fn names_are_written_as_the_registry_writes_them() {
        assert_eq!(EVENTS.to_string(), "{3FA19CF8-64C4-4F53-AE60-635B3806ECA6}");
        assert_eq!(Guid(1).to_string(), "{00000000-0000-0000-0000-000000000001}");
        assert_eq!(Guid::parse(&EVENTS.to_string()), Some(EVENTS));
        assert_eq!(Guid::parse("{3fa19cf8-64c4-4f53-ae60-635b3806eca6}"), Some(EVENTS));
        for none in ["", "3FA19CF8-64C4-4F53-AE60-635B3806ECA6", "{3FA19CF8}"] {
            assert_eq!(Guid::parse(none), None);
        }
        assert_eq!(LIBRARY.to_string(), "{EFD856A4-5A85-4A1B-ADD5-2EADACE6F6A2}");
        assert_eq!(SESSION.to_string(), "{9BA4B1DD-8B0C-48B7-9E7C-2F25857C8DF5}");
        assert_eq!(APPLICATION.to_string(), "{4F4D070B-A275-49FB-B10D-8EC26387B50D}");
    }

    #[test]
    fn nothing_of_ours_has_a_name_of_microsofts() {
        let written = MICROSOFTS.map(|guid| guid.to_string());
        for id in [ApplicationId::ASK, ApplicationId::OFFER] {
            assert!(written.contains(&id.to_string()), "{id} is published, and Microsoft's");
        }
        let ours = Activity::ALL.into_iter().flat_map(|a| [a.class(), a.key()]);
        let ours: Vec<_> = ours.chain([crate::invite::MANAGER_CLASS, crate::invite::SESSION_CLASS]).collect();
        for (number, guid) in ours.iter().enumerate() {
            assert!(!MICROSOFTS.contains(guid) && !ours[..number].contains(guid), "{guid}");
        }
    }

    #[test]
    fn roles_follow_from_activity_and_side() {
        let novices = [
            (Activity::Ask, Role::Inviter, true),
            (Activity::Ask, Role::Invitee, false),
            (Activity::Offer, Role::Inviter, false),
            (Activity::Offer, Role::Invitee, true),
            (Activity::Hello, Role::Inviter, false),
            (Activity::Hello, Role::Invitee, false),
        ];
        for (activity, role, expected) in novices {
            assert_eq!(activity.is_novice(role), expected);
            assert_eq!(Activity::of_class(activity.class()), Some(activity));
            assert_eq!(Activity::of_word(activity.word()), Some(activity));
        }
        assert_eq!(Activity::of_class(MICROSOFTS[0]), None);
    }
}
