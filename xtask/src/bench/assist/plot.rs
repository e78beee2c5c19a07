//! One picture of it: how late what is painted is seen, and what travels meanwhile. Written by hand as SVG, so that it can
//! be read in a diff.

use std::fmt::Write as _;

use clap::ValueEnum as _;
use rendezvous_testkit::workload::Scene;

use super::compare::Compared;
use super::figures::quantile;
use super::peer::Peer;

const SIZE: (f64, f64) = (960.0, 420.0);
/// Left, top, width, height.
const AGES: (f64, f64, f64, f64) = (60.0, 60.0, 480.0, 290.0);
const RATES: (f64, f64, f64, f64) = (720.0, 60.0, 180.0, 290.0);

/// The longest age that is drawn, in milliseconds.
const LONGEST: f64 = 400.0;
/// The range of rates, in Mbit/s, on a logarithmic scale.
const LEAST: f64 = 0.01;
const MOST: f64 = 1000.0;

/// The plot of the scrolling terminal.
pub(super) fn svg(compared: &Compared) -> String {
    let (width, height) = SIZE;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <title>Scrolling terminal, 1920 by 1080: from painted to seen, and network</title>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    let text = |x: f64, y: f64, anchor: &str, text: &str| {
        format!("<text x=\"{x:.0}\" y=\"{y:.0}\" text-anchor=\"{anchor}\" fill=\"#222222\">{text}</text>\n")
    };
    svg += &text(
        AGES.0,
        30.0,
        "start",
        "Scrolling terminal: part of the updates that are seen within … ms of being painted",
    );
    svg += &text(RATES.0, 30.0, "start", "Network, Mbit/s");
    svg += &ages(compared, &text);
    svg += &rates(compared, &text);
    svg + "</svg>\n"
}

fn ages(compared: &Compared, text: &impl Fn(f64, f64, &str, &str) -> String) -> String {
    let (left, top, width, height) = AGES;
    let mut svg = String::new();
    for step in 0..=4 {
        let part = f64::from(step) / 4.0;
        let (x, y) = (left + width * part, top + height * (1.0 - part));
        svg += &line((left, y), (left + width, y));
        svg += &line((x, top), (x, top + height));
        svg += &text(left - 8.0, y + 4.0, "end", &format!("{:.0} %", part * 100.0));
        svg += &text(x, top + height + 20.0, "middle", &format!("{:.0} ms", part * LONGEST));
    }
    for &peer in Peer::value_variants() {
        let Some(ages) = compared.ages.get(&(Scene::Terminal, peer)) else { continue };
        let points: Vec<_> = (0..=100)
            .filter_map(|percent| {
                let part = f64::from(percent) / 100.0;
                let age = quantile(ages, part)?;
                let x = left + width * (age / LONGEST).clamp(0.0, 1.0);
                Some(format!("{x:.1},{:.1}", top + height * (1.0 - part)))
            })
            .collect();
        _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2.5\"/>",
            points.join(" "),
            colour(peer)
        );
    }
    svg
}

fn rates(compared: &Compared, text: &impl Fn(f64, f64, &str, &str) -> String) -> String {
    let (left, top, width, height) = RATES;
    let peers = Peer::value_variants();
    let row = height / peers.len() as f64;
    let mut svg = String::new();
    for (number, &peer) in peers.iter().enumerate() {
        let y = top + row * number as f64;
        svg += &text(left - 10.0, y + row / 2.0 + 4.0, "end", peer.name());
        let Some(summary) = compared.figures.get(&(Scene::Terminal, peer)) else { continue };
        let part = ((summary.rate / LEAST).log10() / (MOST / LEAST).log10()).clamp(0.0, 1.0);
        _ = writeln!(
            svg,
            "<rect x=\"{left}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{}\"/>",
            y + row * 0.2,
            width * part,
            row * 0.6,
            colour(peer)
        );
        svg +=
            &text(left + width * part + 6.0, y + row / 2.0 + 4.0, "start", &format!("{:.2}", summary.rate));
    }
    svg + &text(left, top + height + 20.0, "start", "logarithmic scale")
}

fn line((x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> String {
    format!("<line x1=\"{x1:.0}\" y1=\"{y1:.1}\" x2=\"{x2:.0}\" y2=\"{y2:.1}\" stroke=\"#dddddd\"/>\n")
}

/// Colours that can be told apart by those who see fewer (Okabe and Ito).
fn colour(peer: Peer) -> &'static str {
    match peer {
        Peer::Rendezvous => "#0072b2",
        Peer::TigervncBrowser => "#d55e00",
        Peer::X11vncBrowser => "#e69f00",
        Peer::Tigervnc => "#009e73",
        Peer::Freerdp => "#cc79a7",
    }
}

#[cfg(test)]
mod tests {
    use super::super::figures::Summary;
    use super::*;

    #[test]
    fn every_peer_that_was_measured_is_drawn() {
        let mut compared = Compared::default();
        let empty = svg(&compared);
        assert!(!empty.contains("polyline"), "{empty}");
        for peer in [Peer::Rendezvous, Peer::Freerdp] {
            compared.ages.insert((Scene::Terminal, peer), vec![10.0, 20.0, 900.0]);
            let figures = Summary { rate: 1e9, ..Summary::default() };
            compared.figures.insert((Scene::Terminal, peer), figures);
        }
        let drawn = svg(&compared);
        assert_eq!(drawn.matches("<polyline").count(), 2);
        assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
    }
}
