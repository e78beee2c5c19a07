//! What the bar says, and what can be pressed on it.

/// What the bar says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// One line.
    pub text: String,
    /// The same in words alone, without what changes by the minute: what a screen reader says when it becomes another.
    pub spoken: String,
    /// What its colour says as well.
    pub tone: Tone,
    /// What can be pressed, from left to right, and what stands on it.
    pub buttons: Vec<(Press, String)>,
}

/// What the colour says. The words say it, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Nothing is seen at the moment.
    Calm,
    /// The screen is seen.
    Seen,
    /// Pointer and keyboard are used.
    Controlled,
}

/// What was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// Hide the screen for a while. From any mouse, also one that is played back.
    Pause,
    /// Show it again. Only from a real mouse, on a bar that has been in view for a second.
    Resume,
    /// Take control back. From any mouse.
    TakeBack,
    /// Write to the expert. It allows nothing, but it takes the keyboard, so real devices and screen readers only.
    Write,
    /// Choose a file for the expert. It takes the keyboard as well, so real devices and screen readers only.
    File,
    /// Stop everything. From any mouse.
    Stop,
}
