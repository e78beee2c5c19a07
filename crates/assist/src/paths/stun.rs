//! One question to a STUN server: how does this socket look from outside (RFC 8489)? And what a relay's refusals say.

use std::net::{IpAddr, SocketAddr};

/// The length of a message's head.
const HEAD: usize = 20;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING: [u8; 2] = [0x00, 0x01];
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];
const ALLOCATE_ERROR: [u8; 2] = [0x01, 0x13];
const MAPPED_ADDRESS: u16 = 0x0001;
const ERROR_CODE: u16 = 0x0009;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;

/// By what an answer is known to belong to a question. Unpredictable, since nothing else protects it.
pub(super) type Transaction = [u8; 12];

pub(super) fn question(transaction: &Transaction) -> Vec<u8> {
    [&BINDING[..], &[0, 0], &COOKIE, transaction].concat()
}

/// The address in the answer to this question; `None` if it is not that, or says none.
pub(super) fn answer(message: &[u8], transaction: &Transaction) -> Option<SocketAddr> {
    let attributes = attributes(message, BINDING_SUCCESS)?;
    if message[8..HEAD] != transaction[..] {
        return None;
    }
    let mut plain = None;
    for (kind, value) in attributes {
        match kind {
            XOR_MAPPED_ADDRESS => return address(value, Some(transaction)),
            MAPPED_ADDRESS => plain = address(value, None),
            _ => {}
        }
    }
    plain
}

/// Why a relay refused to serve, as a number of RFC 8656; `None` if this is no refusal.
pub(super) fn refusal(message: &[u8]) -> Option<u16> {
    attributes(message, ALLOCATE_ERROR)?.into_iter().find_map(|(kind, value)| match (kind, value) {
        (ERROR_CODE, [_, _, hundreds, rest, ..]) if *hundreds <= 7 && *rest < 100 => {
            Some(u16::from(*hundreds) * 100 + u16::from(*rest))
        }
        _ => None,
    })
}

/// The attributes of a message of this type. Whatever does not fit ends it.
fn attributes(message: &[u8], kind: [u8; 2]) -> Option<Vec<(u16, &[u8])>> {
    let (head, mut rest) = message.split_at_checked(HEAD)?;
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    if head[..2] != kind || head[4..8] != COOKIE || length != rest.len() {
        return None;
    }
    let mut found = Vec::new();
    while let Some((start, after)) = rest.split_at_checked(4) {
        let length = usize::from(u16::from_be_bytes([start[2], start[3]]));
        found.push((u16::from_be_bytes([start[0], start[1]]), after.get(..length)?));
        rest = after.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Some(found)
}

fn address(value: &[u8], mask: Option<&Transaction>) -> Option<SocketAddr> {
    let (start, bytes) = value.split_at_checked(4)?;
    let mut port = [start[2], start[3]];
    let mut octets = [0_u8; 16];
    let length = match start[1] {
        1 => 4,
        2 => 16,
        _ => return None,
    };
    octets[..length].copy_from_slice(bytes.get(..length)?);
    if let Some(transaction) = mask {
        port.iter_mut().zip(COOKIE).for_each(|(byte, mask)| *byte ^= mask);
        octets.iter_mut().zip(COOKIE.iter().chain(transaction)).for_each(|(byte, mask)| *byte ^= mask);
    }
    let ip: IpAddr = match length {
        4 => <[u8; 4]>::try_from(&octets[..4]).ok()?.into(),
        _ => octets.into(),
    };
    let found = SocketAddr::new(ip.to_canonical(), u16::from_be_bytes(port));
    crate::ice::may_be_asked(found).then_some(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TRANSACTION: Transaction = *b"0123456789ab";

    fn message(kind: [u8; 2], attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (kind, value) in attributes {
            body.extend(kind.to_be_bytes());
            body.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&kind[..], &length, &COOKIE, &TRANSACTION, &body].concat()
    }

    /// The answers of RFC 5769, sections 2.2 and 2.3, to a question of that transaction.
    #[test]
    fn the_published_answers_are_understood() {
        let transaction: Transaction =
            [0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae];
        let with = |value: &[u8]| {
            let mut message =
                message(BINDING_SUCCESS, &[(0x8022, b"test vector"), (XOR_MAPPED_ADDRESS, value)]);
            message[8..HEAD].copy_from_slice(&transaction);
            message
        };
        let four = with(&[0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43]);
        assert_eq!(answer(&four, &transaction), Some("192.0.2.1:32853".parse().unwrap()));
        let six = with(&[
            0, 2, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe,
            0xd2, 0xb9, 0xd9,
        ]);
        let expected = "[2001:db8:1234:5678:11:2233:4455:6677]:32853".parse().unwrap();
        assert_eq!(answer(&six, &transaction), Some(expected));
        assert_eq!(answer(&six, &TRANSACTION), None, "another question's");
    }

    #[test]
    fn an_old_server_says_it_without_a_mask() {
        let plain = message(BINDING_SUCCESS, &[(MAPPED_ADDRESS, &[0, 1, 0x10, 0, 192, 0, 2, 9])]);
        assert_eq!(answer(&plain, &TRANSACTION), Some("192.0.2.9:4096".parse().unwrap()));
        let nowhere = message(BINDING_SUCCESS, &[(MAPPED_ADDRESS, &[0, 1, 0x10, 0, 224, 0, 0, 1])]);
        assert_eq!(answer(&nowhere, &TRANSACTION), None, "nobody is at an address of many");
    }

    #[test]
    fn a_refusal_has_a_number() {
        let refused = message(ALLOCATE_ERROR, &[(ERROR_CODE, &[0, 0, 4, 86, b'f', b'u', b'l', b'l'])]);
        assert_eq!(refusal(&refused), Some(486));
        assert_eq!(refusal(&message(ALLOCATE_ERROR, &[(ERROR_CODE, &[0, 0, 9, 1])])), None);
        assert_eq!(refusal(&message(BINDING_SUCCESS, &[(ERROR_CODE, &[0, 0, 4, 1])])), None);
    }

    proptest! {
        #[test]
        fn any_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 0..3_u8) {
            let mut bytes = bytes;
            if bytes.len() >= HEAD && kind > 0 {
                bytes[..2].copy_from_slice(if kind == 1 { &BINDING_SUCCESS } else { &ALLOCATE_ERROR });
                let length = u16::try_from(bytes.len() - HEAD).unwrap().to_be_bytes();
                bytes[2..4].copy_from_slice(&length);
                bytes[4..8].copy_from_slice(&COOKIE);
                bytes[8..HEAD].copy_from_slice(&TRANSACTION);
            }
            if let Some(address) = answer(&bytes, &TRANSACTION) {
                prop_assert!(crate::ice::may_be_asked(address));
            }
            refusal(&bytes);
        }
    }
}
