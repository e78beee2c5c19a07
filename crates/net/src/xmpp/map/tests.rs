//! The map against itself, the published vectors and the standard.

mod document;
mod hostile;
mod mutation;
mod names;
mod round;
mod samples;
mod tree;
mod vectors;
