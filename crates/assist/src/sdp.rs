//! The SDP of the expert's page, built here from verified values.
//!
//! The template is fixed: one video section that the page receives, one section for data channels, both on one
//! transport (BUNDLE, rtcp-mux). Everything that is filled in comes from a [`Description`], whose texts hold neither
//! spaces nor line breaks, so that no value can become a line of its own.

use std::fmt::Write;

use crate::description::{Candidate, Description, VideoFormat};

/// `mid` of the video section.
pub(crate) const VIDEO_MID: &str = "0";

/// Whether the page takes the video now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taking {
    Yes,
    NotNow,
}

/// The page's offer as it is written first, for the oracles of the fuzzer; `None` when it has no format that we know.
/// Not part of the contract.
#[must_use]
pub fn page_offer(page: &Description) -> Option<String> {
    page.video().first().map(|format| offer_text(page, *format, Taking::Yes))
}

/// The page's offer, with `format` as the only video format.
pub(crate) fn offer_text(page: &Description, format: VideoFormat, taking: Taking) -> String {
    let mut sdp = String::with_capacity(2048);
    for line in ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1"] {
        push(&mut sdp, format_args!("{line}"));
    }
    video_section(&mut sdp, page, format, taking);
    data_section(&mut sdp, page);
    sdp
}

fn video_section(sdp: &mut String, page: &Description, format: VideoFormat, taking: Taking) {
    let direction = match taking {
        Taking::Yes => "a=recvonly",
        Taking::NotNow => "a=inactive",
    };
    let pt = format.pt;
    match format.rtx {
        Some(rtx) => push(sdp, format_args!("m=video 9 UDP/TLS/RTP/SAVPF {pt} {rtx}")),
        None => push(sdp, format_args!("m=video 9 UDP/TLS/RTP/SAVPF {pt}")),
    }
    push(sdp, format_args!("c=IN IP4 0.0.0.0"));
    transport(sdp, page);
    for candidate in &page.candidates {
        candidate_line(sdp, candidate);
    }
    push(sdp, format_args!("a=mid:{VIDEO_MID}"));
    for (id, extension) in &page.extensions {
        push(sdp, format_args!("a=extmap:{id} {}", extension.uri()));
    }
    for line in [direction, "a=rtcp-mux", "a=rtcp-rsize"] {
        push(sdp, format_args!("{line}"));
    }
    push(sdp, format_args!("a=rtpmap:{pt} {}/90000", format.codec().name()));
    for feedback in ["transport-cc", "ccm fir", "nack", "nack pli"] {
        push(sdp, format_args!("a=rtcp-fb:{pt} {feedback}"));
    }
    push(sdp, format_args!("a=fmtp:{pt} {}", format.fmtp()));
    if let Some(rtx) = format.rtx {
        push(sdp, format_args!("a=rtpmap:{rtx} rtx/90000"));
        push(sdp, format_args!("a=fmtp:{rtx} apt={pt}"));
    }
}

fn data_section(sdp: &mut String, page: &Description) {
    push(sdp, format_args!("m=application 9 UDP/DTLS/SCTP webrtc-datachannel"));
    push(sdp, format_args!("c=IN IP4 0.0.0.0"));
    transport(sdp, page);
    for line in ["a=mid:1", "a=sctp-port:5000", "a=max-message-size:262144"] {
        push(sdp, format_args!("{line}"));
    }
}

fn transport(sdp: &mut String, page: &Description) {
    push(sdp, format_args!("a=ice-ufrag:{}", page.ufrag));
    push(sdp, format_args!("a=ice-pwd:{}", page.pwd));
    push(sdp, format_args!("a=fingerprint:sha-256 {}", page.fingerprint));
    push(sdp, format_args!("a=setup:{}", page.setup.as_str()));
}

fn candidate_line(sdp: &mut String, candidate: &Candidate) {
    let Candidate { foundation, priority, address, kind } = candidate;
    let (ip, port, kind) = (address.ip(), address.port(), kind.as_str());
    push(sdp, format_args!("a=candidate:{foundation} 1 udp {priority} {ip} {port} typ {kind}"));
}

fn push(sdp: &mut String, line: std::fmt::Arguments<'_>) {
    write!(sdp, "{line}\r\n").expect("writing to a string cannot fail");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use str0m::change::SdpOffer;

    use super::*;
    use crate::description::tests::any_description;

    proptest! {
        /// Whatever the values are, the lines are ours: their number and their beginnings follow from the counts.
        #[test]
        fn values_never_become_lines(page in any_description(false)) {
            let format = page.video()[0];
            let sdp = offer_text(&page, format, Taking::Yes);
            prop_assert!(sdp.ends_with("\r\n"));
            let lines: Vec<&str> = sdp.split_terminator("\r\n").collect();
            let rtx = usize::from(format.rtx.is_some());
            prop_assert_eq!(lines.len(), 30 + page.candidates.len() + page.extensions.len() + 2 * rtx);
            let known = ["v=0", "o=- ", "s=-", "t=0 0", "a=", "m=video ", "m=application ", "c=IN IP4 0.0.0.0"];
            for line in &lines {
                prop_assert!(!line.contains(['\r', '\n']));
                prop_assert!(known.iter().any(|start| line.starts_with(start)), "{}", line);
            }
            prop_assert_eq!(lines.iter().filter(|line| line.starts_with("a=fingerprint:")).count(), 2);
            prop_assert_eq!(lines.iter().filter(|line| line.starts_with("m=")).count(), 2);
        }

        /// And the WebRTC stack understands it as it was meant.
        #[test]
        fn the_stack_reads_what_was_written(page in any_description(false)) {
            let sdp = offer_text(&page, page.video()[0], Taking::Yes);
            let offer = SdpOffer::from_sdp_string(&sdp).unwrap();
            let again = offer.to_sdp_string();
            for value in [
                format!("a=ice-ufrag:{}\r\n", page.ufrag),
                format!("a=ice-pwd:{}\r\n", page.pwd),
                format!("a=fingerprint:sha-256 {}\r\n", page.fingerprint),
            ] {
                prop_assert!(again.contains(&value), "{}", value);
            }
            prop_assert_eq!(again.matches("a=candidate:").count(), page.candidates.len());
        }
    }
}
