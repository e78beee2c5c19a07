//! Descriptions of a connection, and the SDP that is written from them.

use rendezvous_assist::description::{
    Description, MAX_CANDIDATES, MAX_EXTENSIONS, MAX_VIDEO_FORMATS, VideoFormat,
};
use rendezvous_assist::page_offer;
use serde_json::{Value, json};
use str0m::change::SdpOffer;

use crate::Seed;
use crate::script::text_of;

/// A text as a description: bounded, the same when written and read again, and no value of it becomes a line of SDP.
pub(crate) fn description(data: &[u8]) {
    let text = text_of(data);
    let Ok(description) = serde_json::from_str::<Description>(&text) else { return };
    let written = serde_json::to_value(&description).expect("a description is JSON");
    let again: Description = serde_json::from_value(written.clone()).expect("what was written can be read");
    assert_eq!(again, description);
    bounds(&description, &written);
    secrets(&description, &written);
    sdp(&description, &written);
}

fn count(written: &Value, field: &str) -> usize {
    written[field].as_array().map_or(0, Vec::len)
}

fn bounds(description: &Description, written: &Value) {
    assert!(description.video().len() <= MAX_VIDEO_FORMATS);
    assert!(
        description.candidates().len() <= MAX_CANDIDATES && count(written, "extensions") <= MAX_EXTENSIONS
    );
    for candidate in description.candidates() {
        let ip = candidate.address.ip();
        assert!(candidate.address.port() != 0 && !ip.is_multicast() && !ip.is_unspecified(), "{ip}");
    }
    let numbers = |format: &VideoFormat| [Some(format.pt), format.rtx];
    let mut used: Vec<u8> = description.video().iter().flat_map(numbers).flatten().collect();
    used.sort_unstable();
    assert!(used.windows(2).all(|pair| pair[0] != pair[1]), "a payload type is used twice: {used:?}");
    assert!(description.check_offer().is_err() || description.check_answer().is_err());
}

/// The password does not show itself.
fn secrets(description: &Description, written: &Value) {
    let password = written["pwd"].as_str().expect("a password is text");
    assert!(!format!("{description:?}").contains(password), "the password shows");
}

/// The lines are ours: their number and their beginnings follow from counts; and the stack reads what was meant.
fn sdp(description: &Description, written: &Value) {
    const KNOWN: [&str; 8] =
        ["v=0", "o=- ", "s=-", "t=0 0", "a=", "m=video ", "m=application ", "c=IN IP4 0.0.0.0"];
    // Who knows no format of ours is told so, and never gets as far as SDP.
    let Some(sdp) = page_offer(description) else { return assert!(description.video().is_empty()) };
    let lines: Vec<&str> = sdp.split_terminator("\r\n").collect();
    let rtx = usize::from(description.video()[0].rtx.is_some());
    let candidates = description.candidates().len();
    assert_eq!(lines.len(), 30 + candidates + count(written, "extensions") + 2 * rtx, "{sdp}");
    for line in &lines {
        assert!(
            !line.contains(['\r', '\n']) && KNOWN.iter().any(|start| line.starts_with(start)),
            "{line:?}"
        );
    }
    assert_eq!(lines.iter().filter(|line| line.starts_with("a=fingerprint:")).count(), 2);
    let offer = SdpOffer::from_sdp_string(&sdp).expect("the stack reads what was written");
    let again = offer.to_sdp_string();
    let fingerprint = format!("a=fingerprint:sha-256 {}\r\n", description.fingerprint());
    let password = format!("a=ice-pwd:{}\r\n", written["pwd"].as_str().expect("a password is text"));
    assert!(again.contains(&fingerprint) && again.contains(&password), "{again}");
    assert_eq!(again.matches("a=candidate:").count(), candidates);
}

/// A description as Chromium's page makes one, or as the novice answers.
pub(super) fn sample(answer: bool) -> Description {
    serde_json::from_value(sample_json(answer)).expect("the sample is good")
}

fn sample_json(answer: bool) -> Value {
    let fingerprint = (0..32).map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
    let mut sample = json!({
        "ufrag": "aB3+", "pwd": "abcdefghijklmnopqrstuv", "fingerprint": fingerprint, "setup": "actpass",
        "video": [
            { "pt": 102, "rtx": 103, "codec": "H264",
              "fmtp": "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f" },
            { "pt": 98, "rtx": 99, "codec": "VP9", "fmtp": "profile-id=0" },
            { "pt": 45, "codec": "AV1", "fmtp": "level-idx=5;profile=0;tier=0" }
        ],
        "extensions": [
            { "id": 6, "uri": "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay" },
            { "id": 4, "uri": "urn:ietf:params:rtp-hdrext:sdes:mid" }
        ],
        "candidates": [
            { "foundation": "1", "component": 1, "protocol": "udp", "priority": 2_130_706_431,
              "address": "192.0.2.2", "port": 5000, "type": "host" },
            { "foundation": "2", "component": 1, "protocol": "udp", "priority": 7,
              "address": "2001:db8::1", "port": 5001, "type": "srflx" }
        ]
    });
    if answer {
        sample["setup"] = "passive".into();
        sample["ssrc"] = 7.into();
        sample["rtx_ssrc"] = 8.into();
        sample["answers"] = "cD4/".into();
    }
    sample
}

pub(crate) fn description_seeds() -> Vec<Seed> {
    let name = |answer| if answer { "answer" } else { "offer" };
    [false, true].map(|answer| Seed::new(name(answer), sample_json(answer).to_string().as_bytes())).into()
}
