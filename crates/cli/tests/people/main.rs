//! The program as two people use it: each at terminals of their own, with homes of their own, answering questions.
//!
//! Every scene starts real agents on pseudo-terminals and ends with both idle, nothing left running, and every
//! terminal in the mode in which it was found ([`house::Two::part`]). Nothing here answers for a person, and the
//! program has no switch that would: what is tested is what the person types and reads.
//!
//! How long an invitation rings (two minutes) is not waited for here, it is tested in virtual time in `core`. Here the
//! question goes when the call does.

mod a_minute;
mod accounts;
mod acquainted;
mod addresses;
mod alone;
mod another_device;
mod answering;
mod applications;
mod asked_in_windows;
mod attack;
mod background;
mod bad_input;
mod bounded;
mod browsing;
mod calling;
mod chatting;
mod check_app;
mod check_im;
mod clipping;
mod codecs;
mod codes;
mod controlling;
mod crashing;
mod desktop;
mod doctoring;
mod drawing;
mod ending;
mod examples;
mod examples_in_c;
mod filing;
mod flooding;
mod front_door;
mod hostile;
mod house;
mod inbox;
mod keyring;
mod killing;
mod locking;
mod logging;
mod meeting;
mod naming;
mod offered_relay;
mod on_the_bus;
mod one_window;
mod page;
mod reaching;
mod reading_out;
mod recording;
mod refusing;
mod rooms;
mod ruling;
mod secrets;
mod showing;
mod stand_in;
mod terminals;
mod tray;
mod troubleshooting;
mod trusted;
mod viewer;
mod warned;
mod watching;
mod windows;
mod wording;
