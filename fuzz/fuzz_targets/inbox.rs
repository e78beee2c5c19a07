//! See the oracle.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rendezvous_oracles::inbox(data));
