//! A hand on the real keyboard: that of the X server on which the desktop of Windows is a window.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

/// Where whoever started the tests listens.
const HAND: &str = "RENDEZVOUS_TRIAL_HAND";

/// Codes of keys on an X server.
pub(crate) const ESCAPE: u8 = 9;
pub(crate) const LETTER_A: u8 = 38;
pub(crate) const SHIFT: u8 = 50;
pub(crate) const CAPS_LOCK: u8 = 66;

/// A pair of hands.
pub(crate) struct Hand(BufReader<TcpStream>);

impl Hand {
    pub(crate) fn reach() -> Self {
        let place = std::env::var(HAND).expect("`cargo xtask test --windows` says where the hand is");
        Self(BufReader::new(TcpStream::connect(place).expect("the hand is there")))
    }

    /// Returns when the X server has taken it.
    pub(crate) fn press(&mut self, code: u8, down: bool) {
        writeln!(self.0.get_mut(), "key {code} {}", u8::from(down)).unwrap();
        let mut answer = String::new();
        self.0.read_line(&mut answer).unwrap();
        assert_eq!(answer, "done\n");
    }

    pub(crate) fn tap(&mut self, code: u8) {
        self.press(code, true);
        self.press(code, false);
    }
}
