//! Seeded faults, for the proof that the proof would notice them.
//!
//! Every guard of the transition function asks `on` whether it is left out. Without the feature `mutants` that is a
//! constant `false` and no code at all; the feature is for the model checker's tests only, is never a default, and
//! nothing that ships depends on a crate that asks for it.

macro_rules! mutants {
    ($($(#[doc = $doc:literal])* $name:ident,)+) => {
        /// A fault: one guard left out, or one of the shapes in which others let a caller in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Mutant { $($(#[doc = $doc])* $name,)+ }

        #[cfg(feature = "mutants")]
        impl Mutant {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// What is wrong with it, in a sentence.
            #[must_use]
            pub fn fault(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),+).trim_ascii_start(),)+ }
            }
        }
    };
}

mutants! {
    /// A remote Accept answers in the person's place (Group FaceTime, CVE-2019-6223).
    RemoteAccept,
    /// A Confirm connects a call that still rings (Signal, CVE-2019-17191).
    ConfirmWhileRinging,
    /// An Attached joins a call that still rings (the shape of the Messenger flaw of 2020).
    AttachedWhileRinging,
    /// Context data flows before both applications are there (the shape of the Duo flaw of 2020).
    ContextWhileJoining,
    /// Context data flows while it still rings (the shape of the JioChat and Mocha flaws).
    ContextWhileRinging,
    /// The survivor of two crossing invitations is accepted by itself.
    GlareAccepts,
    /// An inviter can accept their own invitation.
    InviterAccepts,
    /// An answer can be given twice.
    AcceptTwice,
    /// A refusal can follow an acceptance.
    DeclineAfterAccept,
    /// Context data is taken from the application before the session is connected.
    SendBeforeConnected,
    /// Anybody who knows the session's name may speak in it.
    ForeignContact,
    /// Another device of the contact may speak in a session that has its device.
    ForeignDevice,
    /// A message goes to a session of another name.
    WrongSession,
    /// A second acceptance replaces the first.
    SecondAcceptWins,
    /// The other devices are not told that one has answered.
    NoAnsweredElsewhere,
    /// Two crossing invitations both go on.
    GlareBothSurvive,
    /// Of two crossing invitations neither goes on.
    GlareNoneSurvives,
    /// Accepting their Offer leaves our own Ask ringing.
    CrossedStays,
    /// A message that came twice counts twice.
    DoubleCounts,
    /// Messages count in the order in which they come.
    OrderIgnored,
    /// The end is told twice.
    EndedTwice,
    /// An acceptance wakes a session that is over.
    FinalIsNotFinal,
    /// Ended sessions are forgotten at once.
    NoTombstones,
    /// Connected as soon as the application here is there.
    OneAttachConnects,
    /// The other side's Attached stands for both.
    TheirAttachConnects,
    /// A made session waits for ever.
    NoTimerReady,
    /// An invitation rings for ever at the inviter.
    NoTimerInviting,
    /// An invitation rings for ever at the invitee.
    NoTimerRinging,
    /// An invitee waits for ever for a confirmation.
    NoTimerAccepting,
    /// Applications may take for ever to attach.
    NoTimerJoining,
    /// The end waits for ever for its outcome.
    NoTimerEnding,
    /// A device may be silent for ever.
    NoSilence,
    /// A person's no counts for one device only.
    DeclineIsLocal,
    /// One device that cannot ring ends it for all devices.
    OneDeviceDeclinesAll,
    /// A Cancel ends a session that was confirmed.
    CancelAfterConfirm,
    /// A Terminate ends an invitation that still rings.
    TerminateWhileRinging,
    /// An inviter can decline in the invitee's place.
    InviterDeclines,
    /// A late report on the invitation ends a session that has gone on.
    StaleReport,
    /// What was lost is never sent again.
    NothingSentAgain,
    /// What is sent again counts as new.
    SentAgainAsNew,
    /// A lost piece leaves a hole for ever.
    HolesStay,
    /// A restarted peer's word that it knows nothing is passed over.
    RestartIgnored,
    /// Any number of invitations rings at once.
    NoRingingLimit,
    /// An invitation that ran out rings.
    ExpiredRings,
    /// A message over its limit is taken.
    OversizedTaken,
    /// A device may say any number of times that it rings.
    RingsAgain,
    /// A second Confirm starts the application again.
    ConfirmTwice,
    /// A change of state names the new state as the one before.
    WrongPrevious,
    /// A yes in a version that was never offered counts.
    AnyVersion,
}

#[cfg(feature = "mutants")]
static ACTIVE: core::sync::atomic::AtomicU8 = core::sync::atomic::AtomicU8::new(u8::MAX);

/// Makes this fault real in the whole process, or none.
#[cfg(feature = "mutants")]
pub fn seed(mutant: Option<Mutant>) {
    ACTIVE.store(mutant.map_or(u8::MAX, |m| m as u8), core::sync::atomic::Ordering::SeqCst);
}

/// Whether a guard is left out.
#[cfg(feature = "mutants")]
#[inline]
pub(crate) fn on(mutant: Mutant) -> bool {
    ACTIVE.load(core::sync::atomic::Ordering::Relaxed) == mutant as u8
}

/// Whether a guard is left out: never.
#[cfg(not(feature = "mutants"))]
#[inline(always)]
pub(crate) const fn on(_: Mutant) -> bool {
    false
}
