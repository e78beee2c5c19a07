use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const PRINT: &str =
    "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:FF";

/// What Chromium would say, after the page filtered it.
fn offer() -> Value {
    json!({
        "ufrag": "aB3+", "pwd": "abcdefghijklmnopqrstuv", "fingerprint": PRINT, "setup": "actpass",
        "video": [
            { "pt": 102, "rtx": 103, "codec": "H264",
              "fmtp": "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f" },
            { "pt": 106, "rtx": 107, "codec": "H264",
              "fmtp": "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f" },
            { "pt": 98, "rtx": 99, "codec": "VP9", "fmtp": "profile-id=0" }
        ],
        "extensions": [
            { "id": 6, "uri": "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay" },
            { "id": 4, "uri": "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01" }
        ],
        "candidates": [
            { "foundation": "1", "component": 1, "protocol": "udp", "priority": 2_130_706_431,
              "address": "192.0.2.2", "port": 5000, "type": "host" }
        ]
    })
}

fn h264(profile_level_id: u32, level_asymmetry: bool) -> Coding {
    Coding::H264 { profile_level_id, level_asymmetry }
}

fn parse(value: &Value) -> Result<Description, DescriptionError> {
    let wire: Wire = serde_json::from_str(&value.to_string()).map_err(|_| DescriptionError::Shape)?;
    Description::try_from(wire)
}

/// The offer with one value replaced, by JSON pointer.
fn with(pointer: &str, value: impl Into<Value>) -> Result<Description, DescriptionError> {
    let mut offer = offer();
    *offer.pointer_mut(pointer).expect("the pointer is right") = value.into();
    parse(&offer)
}

fn with_added(field: &str, value: impl Into<Value>) -> Result<Description, DescriptionError> {
    let mut offer = offer();
    offer[field] = value.into();
    parse(&offer)
}

#[test]
fn candidates_of_kinds_that_are_not_allowed_are_left_out() {
    let (only_4, only_6) =
        (Families { ipv6: false, ..Families::ALL }, Families { ipv4: false, ..Families::ALL });
    let hidden = Description { candidates: Vec::new(), ..parse(&offer()).unwrap() };
    for (address, kind, other) in [("192.0.2.2", only_4, only_6), ("2001:db8::2", only_6, only_4)] {
        let offer = with("/candidates/0/address", address).unwrap();
        assert!(offer.may_be_reached_by(kind) && offer.may_be_reached_by(Families::ALL));
        assert!(!offer.may_be_reached_by(other) && !offer.may_be_reached_by(Families::NONE));
        assert_eq!(offer.clone().within(kind), offer);
        assert_eq!(offer.within(other), hidden);
    }
    assert!(hidden.may_be_reached_by(only_4), "it may be there all the same");
}

#[test]
fn an_offer_becomes_values() {
    let description = parse(&offer()).unwrap();
    assert_eq!(description.fingerprint().to_string(), PRINT);
    assert_eq!(description.setup(), Setup::ActPass);
    assert_eq!(
        description.video(),
        [
            VideoFormat { pt: 102, rtx: Some(103), coding: h264(0x42001f, true) },
            VideoFormat { pt: 106, rtx: Some(107), coding: h264(0x42e01f, true) },
            VideoFormat { pt: 98, rtx: Some(99), coding: Coding::Vp9 },
        ]
    );
    assert_eq!(description.extensions, [(6, Extension::PlayoutDelay), (4, Extension::TransportSequence)]);
    assert_eq!(description.candidates()[0].address, "192.0.2.2:5000".parse().unwrap());
    assert_eq!(description.check_offer(), Ok(()));
    assert_eq!(description.check_answer(), Err(DescriptionError::NotAnAnswer));
}

#[test]
fn a_description_goes_out_as_it_came_in() {
    let description = parse(&offer()).unwrap();
    assert_eq!(serde_json::to_value(&description).unwrap(), offer());
}

#[test]
fn an_answer_needs_one_role_and_a_source() {
    let mut answer = offer();
    answer["setup"] = "passive".into();
    assert_eq!(parse(&answer).unwrap().check_answer(), Err(DescriptionError::NotAnAnswer));
    answer["ssrc"] = 7.into();
    answer["rtx_ssrc"] = 8.into();
    let description = parse(&answer).unwrap();
    assert_eq!(description.check_answer(), Ok(()));
    assert_eq!(description.check_offer(), Err(DescriptionError::NotAnOffer));
    assert_eq!(serde_json::to_value(&description).unwrap(), answer);
}

#[test]
fn no_text_carries_a_line_break_or_a_quote() {
    for bad in ["a\r\na=x", "ab\ncd", "ab\rcd", "ab\0cd", "ab\"cd", "äöüß", "a b c"] {
        let long = format!("{bad}aaaaaaaaaaaaaaaaaaaaaaaaaa");
        assert_eq!(with("/ufrag", bad), Err(DescriptionError::Text("ufrag")), "{bad:?}");
        assert_eq!(with("/pwd", long), Err(DescriptionError::Text("pwd")), "{bad:?}");
        assert_eq!(
            with("/candidates/0/foundation", bad),
            Err(DescriptionError::Text("foundation")),
            "{bad:?}"
        );
    }
    for bad in ["H264\r\n", "H 264", ""] {
        assert_eq!(with("/video/0/codec", bad), Err(DescriptionError::Text("codec")), "{bad:?}");
    }
    let fmtp = "packetization-mode=1;profile-level-id=42e01f\r\na=setup:active";
    assert_eq!(with("/video/0/fmtp", fmtp), Err(DescriptionError::Text("fmtp")));
    assert_eq!(with("/extensions/0/uri", "urn:x\r\na=y"), Err(DescriptionError::Text("uri")));
    assert_eq!(with("/candidates/0/protocol", "udp\n"), Err(DescriptionError::Text("protocol")));
    assert_eq!(with("/candidates/0/address", "192.0.2.2\n"), Err(DescriptionError::Text("address")));
}

#[test]
fn texts_are_bounded() {
    assert_eq!(with("/ufrag", "abc"), Err(DescriptionError::Text("ufrag")));
    assert_eq!(with("/ufrag", "a".repeat(257)), Err(DescriptionError::Text("ufrag")));
    assert!(with("/ufrag", "a".repeat(256)).is_ok());
    assert_eq!(with("/pwd", "a".repeat(21)), Err(DescriptionError::Text("pwd")));
    assert_eq!(with("/pwd", "a".repeat(257)), Err(DescriptionError::Text("pwd")));
    assert_eq!(with("/video/0/fmtp", "a".repeat(257)), Err(DescriptionError::Text("fmtp")));
    assert_eq!(with("/candidates/0/foundation", "a".repeat(33)), Err(DescriptionError::Text("foundation")));
}

#[test]
fn exactly_one_sha_256() {
    for bad in [
        "",
        "00",
        &PRINT[3..],
        &format!("{PRINT}:00"),
        &PRINT.replace(':', ""),
        &format!("sha-256 {PRINT}"),
        &PRINT.replace("0A", "0G"),
        &PRINT.replace("0A", "+A"),
    ] {
        assert_eq!(with("/fingerprint", bad), Err(DescriptionError::Fingerprint), "{bad}");
    }
    let lower = with("/fingerprint", PRINT.to_lowercase()).unwrap();
    assert_eq!(lower.fingerprint().to_string(), PRINT);
}

#[test]
fn setup_is_one_of_three() {
    for bad in ["", "ACTIVE", "holdconn", "active "] {
        assert_eq!(with("/setup", bad), Err(DescriptionError::Setup), "{bad}");
    }
}

#[test]
fn other_formats_are_passed_over() {
    let pts = |description: Result<Description, _>| -> Vec<u8> {
        description.unwrap().video().iter().map(|format| format.pt).collect()
    };
    assert_eq!(pts(with("/video/0/codec", "VP8")), [106, 98]);
    assert_eq!(pts(with("/video/0/fmtp", "packetization-mode=0;profile-level-id=42e01f")), [106, 98]);
    assert_eq!(pts(with("/video/1/fmtp", "packetization-mode=1;profile-level-id=42e0")), [102, 98]);
    assert_eq!(pts(with("/video/2/fmtp", "profile-id=2")), [102, 106], "pictures have eight bits");
    assert_eq!(pts(with("/video/2/fmtp", "")), [102, 106, 98], "no word means profile 0");
    assert_eq!(pts(with("/video/2/codec", "vp9")), [102, 106, 98]);
}

#[test]
fn who_knows_none_of_our_formats_can_say_so_but_cannot_answer() {
    for none in [json!([{ "pt": 96, "codec": "VP8", "fmtp": "" }]), json!([])] {
        let offer = with("/video", none.clone()).unwrap();
        assert_eq!((offer.video(), offer.check_offer()), (&[][..], Ok(())));
        let mut answer = self::offer();
        (answer["video"], answer["setup"], answer["ssrc"]) = (none, "passive".into(), 7.into());
        assert_eq!(parse(&answer).unwrap().check_answer(), Err(DescriptionError::NoVideo));
    }
}

#[test]
fn formats_are_brought_into_the_order_of_whoever_encodes() {
    let pts = |codecs: &[Codec]| -> Vec<u8> {
        let offer = parse(&offer()).unwrap().in_codecs(codecs);
        offer.video().iter().map(|format| format.pt).collect()
    };
    assert_eq!(pts(&[Codec::Vp9, Codec::H264]), [98, 102, 106]);
    assert_eq!(pts(&[Codec::H264, Codec::Vp9]), [102, 106, 98]);
    assert_eq!(pts(&[Codec::Vp9]), [98]);
    assert_eq!(pts(&[]), [0; 0]);
}

#[test]
fn fmtp_is_read_loosely_and_written_strictly() {
    let fmtp = " profile-level-id=64001F; max-fs=8160 ;packetization-mode=1";
    let format = with("/video/0/fmtp", fmtp).unwrap().video()[0];
    assert_eq!(format.fmtp(), "packetization-mode=1;profile-level-id=64001f");
    assert!(!format.is_baseline());
    let format = with("/video/2/fmtp", "max-fr=30; profile-id=0").unwrap().video()[2];
    assert_eq!(format.fmtp(), "profile-id=0");
}

#[test]
fn profiles_are_told_apart() {
    let format = |profile| VideoFormat { pt: 96, rtx: None, coding: h264(profile, true) };
    assert!(format(0x42e01f).is_constrained_baseline());
    assert!(format(0x42c02a).is_constrained_baseline());
    assert!(format(0x42001f).is_baseline() && !format(0x42001f).is_constrained_baseline());
    assert!(!format(0x4de01f).is_baseline());
    let vp9 = VideoFormat { pt: 96, rtx: None, coding: Coding::Vp9 };
    assert!(!vp9.is_baseline() && !vp9.is_constrained_baseline());
}

#[test]
fn payload_types_are_dynamic_and_used_once() {
    for bad in [0, 34, 64, 95, 128, 255] {
        assert_eq!(with("/video/0/pt", bad), Err(DescriptionError::PayloadType), "{bad}");
        assert_eq!(with("/video/0/rtx", bad), Err(DescriptionError::PayloadType), "{bad}");
    }
    assert_eq!(with("/video/0/pt", 103), Err(DescriptionError::PayloadType));
    assert_eq!(with("/video/0/pt", 107), Err(DescriptionError::PayloadType));
    assert!(with("/video/0/pt", 35).is_ok());
    assert_eq!(with("/video/0/rtx", Value::Null).unwrap().video()[0].rtx, None);
}

#[test]
fn extensions_are_of_the_list() {
    let unknown = with("/extensions/0/uri", "urn:3gpp:video-orientation").unwrap();
    assert_eq!(unknown.extensions, [(4, Extension::TransportSequence)]);
    for bad in [0, 15, 255] {
        assert_eq!(with("/extensions/0/id", bad), Err(DescriptionError::Extension), "{bad}");
    }
    assert_eq!(with("/extensions/0/id", 4), Err(DescriptionError::Extension));
    let doubled = Extension::TransportSequence.uri();
    assert_eq!(with("/extensions/0/uri", doubled), Err(DescriptionError::Extension));
}

#[test]
fn sources_are_numbers_of_their_own() {
    for (ssrc, rtx) in [(0, 5), (5, 0), (5, 5)] {
        let mut offer = offer();
        offer["ssrc"] = ssrc.into();
        offer["rtx_ssrc"] = rtx.into();
        assert_eq!(parse(&offer), Err(DescriptionError::Ssrc), "{ssrc} {rtx}");
    }
    assert_eq!(with_added("rtx_ssrc", 5), Err(DescriptionError::Ssrc));
}

#[test]
fn candidates_are_addresses_of_one_machine() {
    for passed_over in ["9b36eaac-bb2e-49bb-bb78-21c41c499900.local", "x.LOCAL"] {
        assert!(with("/candidates/0/address", passed_over).unwrap().candidates().is_empty());
    }
    for bad in
        ["example.org", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "::ffff:224.0.0.1", "1.2"]
    {
        assert_eq!(with("/candidates/0/address", bad), Err(DescriptionError::Candidate), "{bad}");
    }
    for good in ["127.0.0.1", "::1", "2001:db8::1", "10.1.2.3"] {
        assert_eq!(with("/candidates/0/address", good).unwrap().candidates().len(), 1, "{good}");
    }
    assert!(with("/candidates/0/component", 2).unwrap().candidates().is_empty());
    assert!(with("/candidates/0/protocol", "tcp").unwrap().candidates().is_empty());
    assert_eq!(with("/candidates/0/port", 0), Err(DescriptionError::Candidate));
    assert_eq!(with("/candidates/0/priority", 0), Err(DescriptionError::Candidate));
    assert_eq!(with("/candidates/0/priority", 0x8000_0000_u32), Err(DescriptionError::Candidate));
    assert_eq!(with("/candidates/0/type", "host raddr 1.2.3.4"), Err(DescriptionError::Candidate));
}

#[test]
fn a_candidate_of_any_kind_is_its_address_and_nothing_else() {
    for (kind, address) in
        [("srflx", "203.0.113.5"), ("relay", "2001:db8::5"), ("prflx", "::ffff:203.0.113.5")]
    {
        let mut offer = offer();
        // What browsers say of where a reflexive address was seen from is nobody's business, whatever it is.
        offer["candidates"][0] = json!({
            "foundation": "1", "component": 1, "protocol": "udp", "priority": 1, "address": address, "port": 5000,
            "type": kind, "raddr": "10.0.0.1\r\na=x", "rport": -1, "network-cost": "999",
        });
        let description = parse(&offer).unwrap();
        assert_eq!(description.candidates()[0].kind.as_str(), kind);
        let written = serde_json::to_string(&description).unwrap();
        assert!(!written.contains("raddr") && !written.contains("10.0.0.1"), "{written}");
        let sdp = crate::sdp::page_offer(&description).expect("a format both know");
        assert!(!sdp.contains("10.0.0.1") && sdp.contains(&format!("5000 typ {kind}\r\n")), "{sdp}");
    }
    // A zone means something on one machine only; an address of many is nobody's, however it is written.
    for bad in ["fe80::1%eth0", "[2001:db8::1]", "2001:db8::1/64", "203.0.113.5:80"] {
        assert!(with("/candidates/0/address", bad).is_err(), "{bad}");
    }
    for bad in ["ff0e::1", "::ffff:255.255.255.255", "::ffff:0.0.0.0", "0x7f.1", "2130706433", "01.2.3.4"] {
        assert_eq!(with("/candidates/0/address", bad), Err(DescriptionError::Candidate), "{bad}");
    }
    for bad in ["abc", "a b c d", "abcd\r\n", ""] {
        assert_eq!(with_added("answers", bad), Err(DescriptionError::Text("answers")), "{bad:?}");
    }
    assert_eq!(with_added("answers", 5), Err(DescriptionError::Shape));
}

#[test]
fn lists_are_bounded() {
    for (field, most) in [("candidates", 16), ("video", 8), ("extensions", 16)] {
        let mut offer = offer();
        let entry = offer[field][0].clone();
        offer[field] = vec![entry; most + 1].into();
        assert_eq!(parse(&offer), Err(DescriptionError::TooMany(field)));
    }
    let mut offer = offer();
    offer["candidates"] = vec![offer["candidates"][0].clone(); 16].into();
    assert_eq!(parse(&offer).unwrap().candidates().len(), 16);
}

#[test]
fn every_field_is_needed_once_and_of_its_type() {
    for field in ["ufrag", "pwd", "fingerprint", "setup", "video", "extensions", "candidates"] {
        let mut missing = offer();
        missing.as_object_mut().unwrap().remove(field);
        assert_eq!(parse(&missing), Err(DescriptionError::Shape), "{field}");
        assert_eq!(with(&format!("/{field}"), 5), Err(DescriptionError::Shape), "{field}");
    }
    let doubled = offer().to_string().replacen('{', "{\"ufrag\":\"abcd\",", 1);
    assert!(serde_json::from_str::<Description>(&doubled).is_err());
    assert_eq!(with("/candidates/0/port", 65_536), Err(DescriptionError::Shape));
    assert!(with_added("later", json!({ "a": [1] })).is_ok(), "an unknown field is ignored");
}

#[test]
fn neither_password_nor_address_is_printed() {
    let text = format!("{:?}", parse(&offer()).unwrap());
    assert!(!text.contains("abcdefgh") && !text.contains("192.0.2.2") && text.contains("00:01:02"), "{text}");
}

fn candidate() -> impl Strategy<Value = Candidate> {
    let kind = prop::sample::select(vec![
        CandidateKind::Host,
        CandidateKind::ServerReflexive,
        CandidateKind::PeerReflexive,
        CandidateKind::Relayed,
    ]);
    (
        "[A-Za-z0-9+/]{1,32}",
        1..=0x7fff_ffff_u32,
        any::<[u16; 8]>(),
        any::<[u8; 4]>(),
        1..=u16::MAX,
        any::<bool>(),
        kind,
    )
        .prop_map(|(foundation, priority, six, four, port, short, kind)| {
            let address = if short {
                // Class A to C, so that it is one machine.
                SocketAddr::from(([four[0] % 223 + 1, four[1], four[2], four[3]], port))
            } else {
                SocketAddr::from(([0x2001, six[1], six[2], six[3], six[4], six[5], six[6], six[7]], port))
            };
            Candidate { foundation, priority, address, kind }
        })
}

fn coding() -> impl Strategy<Value = Coding> {
    prop_oneof![
        (0..=0xff_ffff_u32, any::<bool>()).prop_map(|(profile, asymmetry)| h264(profile, asymmetry)),
        Just(Coding::Vp9),
    ]
}

/// Any description that can exist and has a format.
pub(crate) fn any_description(answer: bool) -> impl Strategy<Value = Description> {
    let pts: Vec<u8> = (35..=63).chain(96..=127).collect();
    (
        ("[A-Za-z0-9+/]{4,64}", "[A-Za-z0-9+/]{22,64}", any::<[u8; 32]>(), any::<bool>()),
        (
            prop::sample::subsequence(pts, 16).prop_shuffle(),
            prop::collection::vec((coding(), any::<bool>()), 1..=8),
        ),
        (
            prop::sample::subsequence((1..=14).collect::<Vec<u8>>(), 4).prop_shuffle(),
            prop::sample::subsequence(Extension::ALL.to_vec(), 0..=4),
        ),
        (1..=u32::MAX / 2, prop::option::of(u32::MAX / 2 + 1..=u32::MAX)),
        (prop::collection::vec(candidate(), 0..=16), prop::option::of("[A-Za-z0-9+/]{4,64}")),
    )
        .prop_map(
            move |(
                (ufrag, pwd, print, active),
                (pts, formats),
                (ids, extensions),
                (ssrc, rtx_ssrc),
                (candidates, answers),
            )| {
                Description {
                    ufrag,
                    pwd,
                    fingerprint: Fingerprint(print),
                    setup: match (answer, active) {
                        (false, _) => Setup::ActPass,
                        (true, false) => Setup::Passive,
                        (true, true) => Setup::Active,
                    },
                    video: formats
                        .into_iter()
                        .enumerate()
                        .map(|(i, (coding, resend))| VideoFormat {
                            pt: pts[2 * i],
                            rtx: resend.then_some(pts[2 * i + 1]),
                            coding,
                        })
                        .collect(),
                    extensions: ids.into_iter().zip(extensions).collect(),
                    media: answer.then_some(MediaSource { ssrc, rtx_ssrc }),
                    candidates,
                    answers: answers.filter(|_| answer),
                }
            },
        )
}

proptest! {
    #[test]
    fn what_can_exist_goes_round(description in any::<bool>().prop_flat_map(any_description)) {
        let text = serde_json::to_string(&description).unwrap();
        prop_assert_eq!(serde_json::from_str::<Description>(&text).unwrap(), description);
    }
}
