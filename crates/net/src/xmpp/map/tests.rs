//! The map against itself, the published vectors and the standard.

mod round;
mod samples;
