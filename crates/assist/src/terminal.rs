//! A terminal that two people look at: what is seen, what travels, and what reaches the terminals of both.
//!
//! The **sharer** has a shell on a terminal of its own; what that shows is parsed on their machine and becomes a
//! [`Screen`]: cells, each with a letter and a style, and nothing else. Only cells travel to the **viewer** ([`wire`]), and
//! what is written to the terminal of either person is made here, from cells ([`paint`]). So no byte of a program, and none
//! of the other person, reaches anybody's terminal as it was: whatever a sequence could do besides showing letters (name
//! windows, fill the clipboard, make the terminal answer) does not exist between the two.
//!
//! Pictures are not a stream: [`pace`] sends what differs from what the viewer has, when the viewer has taken what was sent
//! before. What was overtaken meanwhile is never sent, so a program that writes a hundred megabytes costs no more than one
//! that writes a screen, and what somebody types does not stand in line behind it.
//!
//! The other way go keys ([`keys`]), which are bytes for the program: whoever may type has the power of the person whose
//! shell it is, and there is nothing in their bytes to be filtered. What does not depend on the program is: pasted text
//! cannot end its own brackets, and nothing that is typed operates the last line of the sharer's terminal.

pub mod keys;
pub mod pace;
pub mod paint;
mod screen;
pub mod wire;

pub use screen::{
    Attributes, Cell, Color, Cursor, Line, MARKS, MAX_COLUMNS, MAX_ROWS, Modes, Screen, Size, Style,
    is_harmless,
};
