//! Terminals beside each other, in tmux: another terminal emulator than ours, which shows what really was written to it.

use std::fmt::Write as _;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::process::Launch;
use crate::wait;

/// What tmux is asked for takes no longer.
const SOON: Duration = Duration::from_secs(20);

/// Two panes, left and right. Dropping it ends everything in them.
pub struct Panes {
    /// The name of a server of our own, with nobody's settings.
    server: String,
}

impl Panes {
    /// Opens two panes of this many columns and rows each. A command is one line for a shell.
    ///
    /// # Errors
    ///
    /// When there is no tmux, or it does not start them.
    pub fn open(name: &str, columns: u16, rows: u16, [left, right]: [&str; 2]) -> Result<Self> {
        let panes = Self { server: format!("rendezvous-{name}-{}", std::process::id()) };
        let (width, height) = ((2 * columns + 1).to_string(), rows.to_string());
        panes.tmux(&[
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-s",
            "s",
            "-x",
            &width,
            "-y",
            &height,
            left,
        ])?;
        for (option, value) in
            [("status", "off"), ("default-terminal", "tmux-256color"), ("escape-time", "0")]
        {
            panes.tmux(&["set-option", "-g", option, value])?;
        }
        panes.tmux(&["resize-window", "-t", "s", "-x", &width, "-y", &height])?;
        panes.tmux(&["split-window", "-h", "-t", "s", right])?;
        Ok(panes)
    }

    /// How somebody looks at them, and uses them.
    #[must_use]
    pub fn attach(&self) -> Launch {
        Launch::new("tmux").args(["-L", &self.server, "attach-session", "-t", "s"])
    }

    /// Types into the left one (0) or the right one (1). Enter, Ctrl-C and Ctrl-] are the bytes that they send.
    ///
    /// # Errors
    ///
    /// When there is no such pane any more.
    pub fn types(&self, pane: usize, keys: &str) -> Result<()> {
        let pane = format!("s.{pane}");
        for part in keys.split_inclusive(|c: char| c.is_control()) {
            let text = part.trim_end_matches(|c: char| c.is_control());
            if !text.is_empty() {
                self.tmux(&["send-keys", "-l", "-t", &pane, text])?;
            }
            let key = match part.chars().last() {
                Some('\r') => "Enter",
                Some('\u{3}') => "C-c",
                Some('\u{1d}') => "C-]",
                _ => continue,
            };
            self.tmux(&["send-keys", "-t", &pane, key])?;
        }
        Ok(())
    }

    /// What stands in a pane, its colours as sequences, line by line.
    ///
    /// # Errors
    ///
    /// When there is no such pane any more.
    pub fn shows(&self, pane: usize) -> Result<String> {
        self.tmux(&["capture-pane", "-p", "-e", "-N", "-t", &format!("s.{pane}")])
    }

    /// Waits until this stands in a pane.
    ///
    /// # Errors
    ///
    /// With what stands there instead.
    pub fn reads(&self, pane: usize, text: &str) -> Result<()> {
        wait::until(format_args!("{text:?} in pane {pane}"), SOON, || {
            Ok(self.tmux(&["capture-pane", "-p", "-t", &format!("s.{pane}")])?.contains(text).then_some(()))
        })
        .with_context(|| self.shows(pane).unwrap_or_default())
    }

    fn tmux(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new("tmux");
        // A tmux around this one is none of its business.
        command.args(["-L", &self.server]).args(arguments).env_remove("TMUX").env("LC_ALL", "C.UTF-8");
        let output = command.output().context("cannot start tmux")?;
        let why = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "tmux {arguments:?}: {why}");
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for Panes {
    fn drop(&mut self) {
        // What cannot be ended any more has ended.
        _ = self.tmux(&["kill-server"]);
    }
}

/// A moment of a recording: what stands in both panes, and for how many seconds.
pub struct Moment {
    /// Left and right, as [`Panes::shows`] says it.
    pub panes: [String; 2],
    /// How long it is shown.
    pub seconds: u32,
}

/// The size of a letter in the picture.
const LETTER: (f64, f64) = (7.2, 15.0);

/// The room for whose pane it is, above it.
const TITLE: f64 = 22.0;

/// A recording as one picture that moves by itself: the panes, as wide as this and as high, one below the other, so that the
/// letters stay large where the picture is shown narrow. `titles` says whose they are.
#[must_use]
pub fn recording(moments: &[Moment], columns: u16, rows: u16, titles: [&str; 2]) -> String {
    let pane = TITLE + (f64::from(rows) + 0.8) * LETTER.1;
    let (width, height) = (f64::from(columns + 2) * LETTER.0, 2.0 * pane);
    let all: u32 = moments.iter().map(|moment| moment.seconds).sum();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" font-family=\"DejaVu Sans Mono, \
         Menlo, Consolas, monospace\" font-size=\"12\">\n<style>\ntext{{fill:#d8d8d8;white-space:pre}}\n\
         g.m{{visibility:hidden;animation:m {all}s step-end infinite}}\n"
    );
    let mut begun = 0;
    for (number, moment) in moments.iter().enumerate() {
        let at = |second: u32| f64::from(second) * 100.0 / f64::from(all.max(1));
        let (from, to) = (at(begun), at(begun + moment.seconds));
        begun += moment.seconds;
        // Writing to a string cannot fail.
        _ = writeln!(
            svg,
            "@keyframes m{number}{{0%{{visibility:hidden}}{from:.2}%{{visibility:visible}}{to:.2}%{{visibility:hidden}}}}\n\
             #m{number}{{animation-name:m{number}}}"
        );
    }
    _ = writeln!(svg, "</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#1c1c1c\"/>");
    let tops = [0.0, pane];
    for (top, title) in tops.into_iter().zip(titles) {
        _ = writeln!(
            svg,
            "<rect y=\"{top:.1}\" width=\"100%\" height=\"{TITLE}\" fill=\"#3a3a3a\"/>\n<text x=\"{:.1}\" y=\"{:.1}\" \
             font-family=\"sans-serif\">{}</text>",
            LETTER.0,
            top + 15.0,
            title.replace('&', "&amp;").replace('<', "&lt;")
        );
    }
    for (number, moment) in moments.iter().enumerate() {
        _ = writeln!(svg, "<g class=\"m\" id=\"m{number}\">");
        for (pane, text) in moment.panes.iter().enumerate() {
            let top = tops[pane] + TITLE;
            for (row, line) in text.lines().enumerate() {
                draw_line(&mut svg, line, LETTER.0, top + (row + 1) as f64 * LETTER.1);
            }
        }
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

/// One line: runs of letters of one look.
fn draw_line(svg: &mut String, line: &str, left: f64, baseline: f64) {
    let mut look = Look::default();
    let mut column = 0;
    let mut rest = line;
    while !rest.is_empty() {
        if let Some(sequence) = rest.strip_prefix("\u{1b}[") {
            let end = sequence.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(sequence.len());
            look.change(&sequence[..end]);
            rest = sequence.get(end + 1..).unwrap_or_default();
            continue;
        }
        let end = rest[1..].find('\u{1b}').map_or(rest.len(), |at| at + 1);
        let run = &rest[..end];
        rest = &rest[end..];
        let count = run.chars().count();
        let shown = run.trim_end();
        let (x, width) = (left + f64::from(column) * LETTER.0, count as f64 * LETTER.0);
        column += u32::try_from(count).unwrap_or(0);
        if let Some(background) = look.background() {
            let top = baseline - 11.5;
            _ = writeln!(
                svg,
                "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{}\" fill=\"{background}\"/>",
                LETTER.1
            );
        }
        if !shown.trim().is_empty() {
            let bold = if look.is_bold { " font-weight=\"bold\"" } else { "" };
            let fill = look.foreground().map_or(String::new(), |color| format!(" style=\"fill:{color}\""));
            let escaped = shown.replace('&', "&amp;").replace('<', "&lt;");
            let length = shown.chars().count() as f64 * LETTER.0;
            _ = writeln!(
                svg,
                "<text x=\"{x:.1}\" y=\"{baseline:.1}\" textLength=\"{length:.1}\" xml:space=\"preserve\"{bold}{fill}>{escaped}</text>"
            );
        }
    }
}

/// How letters are drawn, as far as a recording needs it.
#[derive(Clone, Copy, Debug, Default)]
struct Look {
    is_bold: bool,
    is_inverse: bool,
    color: Option<usize>,
}

/// The first sixteen, as terminals usually have them.
const COLORS: [&str; 16] = [
    "#1c1c1c", "#d75f5f", "#87af5f", "#d7af5f", "#5f87d7", "#af87d7", "#5fafaf", "#d8d8d8", "#6c6c6c",
    "#ff8787", "#afd787", "#ffd787", "#87afff", "#d7afff", "#87d7d7", "#ffffff",
];

impl Look {
    fn change(&mut self, parameters: &str) {
        let mut numbers = parameters.split(';').map(|number| number.parse().unwrap_or(0_usize));
        while let Some(number) = numbers.next() {
            match number {
                0 => *self = Self::default(),
                1 => self.is_bold = true,
                7 => self.is_inverse = true,
                22 => self.is_bold = false,
                27 => self.is_inverse = false,
                30..=37 => self.color = Some(number - 30),
                90..=97 => self.color = Some(number - 82),
                39 => self.color = None,
                // What else there is, is not in a recording of ours; its numbers are no looks of their own.
                38 | 48 => numbers.by_ref().take(2).for_each(drop),
                _ => {}
            }
        }
    }

    fn foreground(self) -> Option<&'static str> {
        if self.is_inverse { Some(COLORS[0]) } else { self.color.map(|color| COLORS[color]) }
    }

    fn background(self) -> Option<&'static str> {
        self.is_inverse.then(|| COLORS[self.color.unwrap_or(7)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_shows_each_moment_in_its_time_and_nothing_that_is_no_text() {
        let moment = |text: &str, seconds| Moment { panes: [text.to_owned(), "b".to_owned()], seconds };
        let svg =
            recording(&[moment("a <b> & \u{1b}[1;7mc\u{1b}[0m", 1), moment("d", 3)], 20, 5, ["A & B", "C"]);
        assert!(svg.contains(">A &amp; B</text>") && svg.contains(">C</text>"), "{svg}");
        assert!(svg.contains("a &lt;b> &amp;") && !svg.contains('\u{1b}'), "{svg}");
        assert!(
            svg.contains("font-weight=\"bold\"") && svg.contains("@keyframes m1{0%{visibility:hidden}25.00%")
        );
        assert_eq!(svg.matches("<g ").count(), svg.matches("</g>").count());
    }
}
