//! Drivers over real TLS links: on loopback, through a proxy that cuts them, between machines.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod hostile;
mod limits;
mod needs_avahi;
mod needs_ip;
mod needs_ip_codes;
mod needs_ip_flood;
mod person;
mod reconnecting;
mod refusals;
mod sessions;
