//! What goes beside the picture: files, clipboard, drawing. Whatever comes is read or refused, within its bounds; names of files
//! are names and nothing else; and nothing of a file is stored that its person did not want.

use std::str::from_utf8;

use rendezvous_assist::Time;
use rendezvous_assist::clipboard::{self, Asked, Asking, Content, Kind};
use rendezvous_assist::drawing::{Canvas, MAX_POINTS, Stroke};
use rendezvous_assist::files::{Chunk, FileName, Incoming, IncomingInput, IncomingOutput, Message};

use crate::Seed;
use crate::script::text_of;

/// The bytes as every kind of message, and as the name of a file.
pub(crate) fn beside(data: &[u8]) {
    let text = text_of(data);
    file_message(&text, data);
    clip(&text, data);
    if let Some(stroke) = Stroke::parse(&text) {
        let mut canvas = Canvas::default();
        canvas.draw(Time(0), stroke);
        assert!(canvas.seen(Time(0)).lines.iter().map(Vec::len).sum::<usize>() <= MAX_POINTS);
        assert!(canvas.seen(Time(60_000)).lines.is_empty());
    }
    let name = FileName::cleaned(&text);
    for name in [name.numbered(7), name] {
        let name = name.as_str();
        assert!(!name.is_empty() && name.len() <= 255, "{name:?}");
        assert!(!name.contains(['/', '\\']) && !name.chars().any(char::is_control), "{name:?}");
        assert!(!name.starts_with(['.', '-', '~', ' ']) && !name.ends_with(['.', ' ']), "{name:?}");
    }
}

fn file_message(text: &str, data: &[u8]) {
    let mut incoming = Incoming::default();
    incoming.handle_input(IncomingInput::Opened);
    if let Ok(message) = Message::parse(text) {
        assert_eq!(Message::parse(&message.to_text()).as_ref(), Ok(&message), "{text}");
        incoming.handle_input(IncomingInput::Heard(message));
    }
    if let Ok(chunk) = Chunk::parse(data) {
        assert_eq!(chunk.to_bytes(), data);
        incoming.handle_input(IncomingInput::Came(chunk));
    }
    while let Some(output) = incoming.poll_output() {
        assert!(
            matches!(output, IncomingOutput::Say(Message::Refuse { .. })),
            "nobody allowed files: {output:?}"
        );
    }
}

fn clip(text: &str, data: &[u8]) {
    if let Some(message) = clipboard::Message::parse(text) {
        assert_eq!(clipboard::Message::parse(&message.to_text()).as_ref(), Some(&message), "{text}");
    }
    for kind in Kind::ALL {
        if let Some(content) = Content::checked(kind, data.to_vec()) {
            assert!(content.bytes().len() <= data.len().min(kind.most()));
            let text = from_utf8(content.bytes());
            let commands = |text: &str| text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t'));
            assert!(kind == Kind::Picture || text.is_ok_and(|text| !commands(text)));
        }
        let mut asking = Asking::default();
        asking.ask(kind);
        let size = data.len().clamp(1, kind.most());
        asking.heard(&clipboard::Message::Gives { id: 1, kind, size });
        if let Asked::Content(content) = asking.came(data) {
            assert!(content.bytes().len() <= size);
        }
    }
}

pub(crate) fn beside_seeds() -> Vec<Seed> {
    let chunk = Chunk { id: 1, offset: 61_440, data: b"abc".to_vec() }.to_bytes();
    vec![
        Seed::new("offer", br#"{"t":"offer","id":1,"name":"../a\u202e.txt","size":123}"#),
        Seed::new("end", format!(r#"{{"t":"end","id":1,"hash":"{}"}}"#, "ab".repeat(32)).as_bytes()),
        Seed::new("refuse", br#"{"t":"refuse","id":1,"why":"no-room"}"#),
        Seed::new("chunk", &chunk),
        Seed::new("copied", br#"{"t":"copied","kinds":["text","png"]}"#),
        Seed::new("gives", br#"{"t":"gives","id":1,"kind":"text","size":5}"#),
        Seed::new("picture", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0"),
        Seed::new("line", br#"{"t":"line","id":1,"points":[[1,2],[3,4]]}"#),
        Seed::new("name", "..\\..\\CON\u{202e}.txt ".as_bytes()),
    ]
}
