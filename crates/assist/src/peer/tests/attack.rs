//! Somebody on the way between the two ends of a connection that stands: sees every packet, and sends what they like,
//! also in the name of either end.

use super::*;

/// A connection through which one picture has come.
fn showing() -> Call {
    let mut call = Call::connected();
    call.send_picture(0);
    assert!(call.drive(3000, |call| call.page.pictures().len() == 1));
    call.drive(300, |_| false);
    call
}

/// Packets of this kind that fly to an address, taken off the wire.
fn take(call: &mut Call, to: SocketAddr, is_it: impl Fn(&[u8]) -> bool) -> Vec<Datagram> {
    let is_taken = |packet: &Datagram| packet.destination == to && is_it(&packet.contents);
    let taken = call.flying.iter().filter(|(_, packet)| is_taken(packet)).map(|(_, packet)| packet.clone());
    let taken = taken.collect();
    call.flying.retain(|(_, packet)| !is_taken(packet));
    taken
}

fn is_rtcp(contents: &[u8]) -> bool {
    matches!(contents, [128..=191, 192..=223, ..])
}

/// Runs until such a packet flies, and takes it.
fn catch(call: &mut Call, to: SocketAddr, is_it: fn(&[u8]) -> bool) -> Vec<Datagram> {
    let flies = move |call: &Call| call.flying.iter().any(|(_, p)| p.destination == to && is_it(&p.contents));
    assert!(call.drive(5000, flies), "it flies");
    take(call, to, is_it)
}

#[test]
fn a_picture_with_a_bad_tag_or_another_byte_is_not_shown_and_the_true_one_is() {
    let mut call = showing();
    let sent = call.send_picture(33_333);
    let packets = catch(&mut call, address(PAGE), is_rtp);
    assert!(packets.len() > 1, "a picture of several packets");
    for packet in &packets {
        let length = packet.contents.len();
        // Every byte of the tag, and some of everything before it.
        for at in (length - 16..length).chain((0..length - 16).step_by(37)) {
            let mut forged = packet.clone();
            forged.contents[at] ^= 1 << (at % 8);
            if is_rtp(&forged.contents) {
                call.page.handle_packet(call.now, &forged);
            }
        }
        let mut cut = packet.clone();
        cut.contents.truncate(length - 16);
        call.page.handle_packet(call.now, &cut);
    }
    call.drive(200, |_| false);
    assert_eq!(call.page.pictures().len(), 1, "nothing forged is a picture");
    for packet in packets {
        call.flying.push_back((call.now, packet));
    }
    assert!(call.drive(3000, |call| call.page.pictures().len() == 2), "the true one is");
    assert_eq!(call.page.pictures()[1].data, sent);
}

#[test]
fn a_picture_that_is_played_again_is_not_shown_again() {
    let mut call = showing();
    call.send_picture(33_333);
    let packets = catch(&mut call, address(PAGE), is_rtp);
    for _ in 0..20 {
        for packet in &packets {
            call.page.handle_packet(call.now, packet);
        }
        call.drive(50, |_| false);
    }
    assert_eq!(call.page.pictures().len(), 2);
    // And long after, when others have come.
    for picture in 2..40 {
        call.send_picture(picture * 33_333);
        call.drive(33, |_| false);
    }
    let shown = call.page.pictures().len();
    for packet in &packets {
        call.page.handle_packet(call.now, packet);
    }
    call.drive(500, |_| false);
    assert_eq!(call.page.pictures().len(), shown);
}

/// The stack does not keep apart the reports (SRTCP) that it has had before, as RFC 3711 wants. What a report that is played
/// again can do is bounded: it wishes for a key frame once more, of which the screen gives three a second at most.
#[test]
fn what_the_page_reports_counts_with_its_tag_only() {
    let wanted = |call: &Call| call.count(&PeerEvent::KeyframeWanted);
    let mut call = showing();
    // Before it can have seen the first one, its wish is none.
    call.drive(1_500, |_| false);
    take(&mut call, address(NOVICE), is_rtcp);
    call.page.request_key_frame();
    let reports = catch(&mut call, address(NOVICE), is_rtcp);
    let before = call.events.clone();
    for packet in &reports {
        let length = packet.contents.len();
        for at in 0..length {
            let mut forged = packet.contents.clone();
            forged[at] ^= 1 << (at % 8);
            call.peer.handle_packet(call.now, packet.source, packet.destination, &forged);
        }
        call.peer.handle_packet(call.now, packet.source, packet.destination, &packet.contents[..length - 4]);
    }
    call.drive(5, |_| false);
    assert_eq!(call.events, before, "nothing forged is a wish");
    for packet in &reports {
        call.peer.handle_packet(call.now, packet.source, packet.destination, &packet.contents);
    }
    call.drive(5, |_| false);
    assert_eq!(wanted(&call), 1, "the true one is");
    for _ in 0..50 {
        for packet in &reports {
            call.peer.handle_packet(call.now, packet.source, packet.destination, &packet.contents);
        }
        call.drive(20, |_| false);
    }
    let news = &call.events[before.len()..];
    let is_known = |event: &PeerEvent| matches!(event, PeerEvent::KeyframeWanted | PeerEvent::Bitrate(_));
    assert!(news.iter().all(is_known), "{news:?}");
    assert_eq!(call.page.pictures().len(), 1);
}

#[test]
fn input_that_is_played_again_is_not_done_again() {
    let mut call = showing();
    call.page.send("input", "once");
    let packets = catch(&mut call, address(NOVICE), is_dtls);
    for _ in 0..50 {
        for packet in &packets {
            let mut forged = packet.contents.clone();
            let last = forged.len() - 1;
            forged[last] ^= 1;
            call.peer.handle_packet(call.now, packet.source, packet.destination, &forged);
            call.peer.handle_packet(call.now, packet.source, packet.destination, &packet.contents);
        }
        call.drive(20, |_| false);
    }
    assert_eq!(call.inputs(), ["once"]);
    call.page.send("input", "and another");
    assert!(call.drive(3000, |call| call.inputs() == ["once", "and another"]), "{:?}", call.inputs());
    // The record of the first, when the second has come.
    for packet in &packets {
        call.peer.handle_packet(call.now, packet.source, packet.destination, &packet.contents);
    }
    call.drive(200, |_| false);
    assert_eq!(call.inputs(), ["once", "and another"]);
}

#[test]
fn ten_thousand_greetings_of_strangers_harm_no_connection() {
    // Before it stands: a copy of the page's own greeting races it, from everywhere.
    let mut call = Call::new();
    call.meddle = |packet| !is_dtls(&packet.contents);
    assert!(call.drive(5000, |call| call.flying.iter().any(|(_, p)| is_dtls(&p.contents))));
    let hello = call.flying.iter().find(|(_, p)| is_dtls(&p.contents)).unwrap().1.contents.clone();
    let flood = |call: &mut Call| {
        let before = call.peer.dropped().packets;
        for number in 0..10_000_u32 {
            let [_, _, high, low] = number.to_be_bytes();
            let stranger = SocketAddr::from(([203, 0, high, low], 4000));
            call.peer.handle_packet(call.now, stranger, address(NOVICE), &hello);
            if number % 500 == 0 {
                call.drive(1, |_| false);
            }
        }
        assert_eq!(call.peer.dropped().packets, before + 10_000, "none of them reaches DTLS");
    };
    flood(&mut call);
    call.meddle = |_| true;
    assert!(call.drive(10_000, |call| call.page.is_open()), "the page is not kept out");
    // And while it stands.
    let events = call.events.len();
    flood(&mut call);
    call.send_picture(0);
    assert!(call.drive(3000, |call| call.page.pictures().len() == 1));
    let news = &call.events[events..];
    assert!(!news.contains(&PeerEvent::Disconnected) && !news.contains(&PeerEvent::Connected), "{news:?}");
}
