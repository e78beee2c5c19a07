//! Seeded faults in consent, for the proof that the proof would notice them.
//!
//! Every guard of consent's transition function asks `on` whether it is left out. Without the feature `mutants` that is
//! a constant `false` and no code at all; the feature is for the model checker's tests only, is never a default, and
//! nothing that ships depends on a crate that asks for it.

macro_rules! mutants {
    ($($(#[doc = $doc:literal])* $name:ident,)+) => {
        /// A fault: one guard left out, or one of the shapes in which others let a helper in.
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
    /// The view is granted when the expert's application connects, and nobody is asked.
    ConnectedGrants,
    /// A request grants what it asks for.
    RequestGrants,
    /// The expert's next request while the question stands answers it.
    SecondRequestAnswers,
    /// Silence until the end of a question is a yes.
    SilenceIsYes,
    /// An answer counts for whatever question is open.
    AnyQuestion,
    /// A yes to one right grants control.
    YesGrantsControl,
    /// A question that was answered can be answered again.
    AnswerTwice,
    /// An answer counts after the question ran out, when it overtakes the timer.
    LateAnswerCounts,
    /// A question stands for ever.
    NoTimeLimit,
    /// A question that is withdrawn stays answerable.
    WithdrawnStays,
    /// A second question goes up in the place of the one that stands.
    QuestionReplaced,
    /// The view is granted again when the expert's application says once more that it is there.
    ConnectedResumes,
    /// What was granted outlives a lost connection.
    OutlivesReconnect,
    /// What was granted outlives the lock of the screen.
    OutlivesLock,
    /// What was granted outlives a suspend.
    OutlivesSuspend,
    /// What was granted outlives its time.
    NoExpiry,
    /// Asking again while something is granted gives it more time.
    RequestRenews,
    /// A pause leaves pointer and keyboard to the expert.
    PauseKeepsControl,
    /// The end of a pause gives back control, too.
    ResumeGivesAll,
    /// Sharing goes on without the bar.
    BarIgnored,
    /// The bar's return shows what the person has hidden.
    BarEndsPause,
    /// The person shows the screen while the bar is gone.
    ResumeWithoutBar,
    /// A stop ends the view and leaves the rest.
    StopKeepsFloors,
    /// What is over begins anew when the expert's application connects.
    FinalIsNotFinal,
    /// A right that the policy forbids is asked for all the same.
    PolicyIgnored,
    /// The person is asked again at once after a no.
    NoQuiet,
    /// The person may be asked in vain any number of times.
    NoEndOfQuestions,
    /// A question that the expert takes away does not count as asked in vain.
    FlickerIsFree,
    /// A first control needs no word about how it all began.
    NobodyAsksHowItBegan,
    /// They called me, and control is possible all the same.
    CallersMayControl,
    /// A block is forgotten when the connection is lost.
    BlockForgotten,
    /// A new acquaintance need not wait for control.
    NoWait,
    /// The expert can tell from the answer that the brakes hold.
    BrakesAreTold,
    /// Control that the person takes back is taken back without a word.
    NobodyIsTold,
    /// Errors move the state.
    ErrorsCount,
}

#[cfg(feature = "mutants")]
static ACTIVE: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(u8::MAX);

/// Makes this fault real in the whole process, or none.
#[cfg(feature = "mutants")]
pub fn seed(mutant: Option<Mutant>) {
    ACTIVE.store(mutant.map_or(u8::MAX, |m| m as u8), std::sync::atomic::Ordering::SeqCst);
}

/// Whether a guard is left out.
#[cfg(feature = "mutants")]
#[inline]
pub(crate) fn on(mutant: Mutant) -> bool {
    ACTIVE.load(std::sync::atomic::Ordering::Relaxed) == mutant as u8
}

/// Whether a guard is left out: never.
#[cfg(not(feature = "mutants"))]
#[inline(always)]
pub(crate) const fn on(_: Mutant) -> bool {
    false
}
