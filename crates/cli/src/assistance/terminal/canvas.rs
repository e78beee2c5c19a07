//! Paints on a person's terminal, on a thread of its own: the newest there is, as fast as the terminal takes it.

use crate::terminal::Terminal;
use rendezvous_assist::terminal::paint::{BEGIN, END, Painter, Status};
use rendezvous_assist::terminal::{Screen, Size};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;

/// A terminal that takes nothing is not waited for when it is given back.
const GIVING_BACK: Duration = Duration::from_secs(1);
/// The size of a terminal that does not say it.
const USUAL: (u16, u16) = (80, 24);

/// What stands on the terminal now. For the viewer, up to which picture.
pub(super) type Drawn = (Arc<Screen>, u32);

/// A terminal that is taken over. Dropping it gives it back.
#[derive(Debug)]
pub(super) struct Canvas {
    shared: Arc<Shared>,
    over: std::sync::mpsc::Receiver<()>,
}

#[derive(Debug, Default)]
struct Shared {
    wanted: Mutex<Wanted>,
    news: Condvar,
    is_over: AtomicBool,
}

#[derive(Debug, Default)]
struct Wanted {
    picture: Option<(Arc<Screen>, u32, Status)>,
    /// Something else may have been written there.
    anew: bool,
}

/// How large the terminal is, as far as is known.
pub(super) fn size(terminal: &Terminal) -> Size {
    terminal.size().unwrap_or_else(|| Size::nearest(USUAL.0, USUAL.1))
}

impl Canvas {
    /// Takes the terminal over. What was painted is told to `drawn`.
    pub(super) fn open(terminal: Terminal, drawn: mpsc::UnboundedSender<Drawn>) -> Self {
        let shared = Arc::<Shared>::default();
        let (say_over, over) = std::sync::mpsc::channel();
        let painting = shared.clone();
        std::thread::spawn(move || {
            painting.run(&terminal, &drawn);
            _ = say_over.send(());
        });
        Self { shared, over }
    }

    /// Shows this, in the place of whatever is still to be painted.
    pub(super) fn show(&self, screen: Arc<Screen>, number: u32, status: Status) {
        self.shared.lock().picture = Some((screen, number, status));
        self.shared.news.notify_one();
    }

    /// Paints everything anew the next time.
    pub(super) fn anew(&self) {
        self.shared.lock().anew = true;
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, terminal: &Terminal, drawn: &mpsc::UnboundedSender<Drawn>) {
        let mut known = size(terminal);
        let mut painter = Painter::new(known);
        if !terminal.paint(BEGIN.as_bytes(), || !self.is_over()) {
            return;
        }
        while let Some((screen, number, status, anew)) = self.next() {
            let now = size(terminal);
            if now != known || anew {
                known = now;
                painter.forget(now);
            }
            let bytes = painter.paint(&screen, &status);
            if !terminal.paint(bytes.as_bytes(), || !self.is_over()) {
                break;
            }
            _ = drawn.send((screen, number));
        }
        let mut left = 5;
        terminal.paint(END.as_bytes(), || {
            left -= 1;
            left > 0
        });
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    fn next(&self) -> Option<(Arc<Screen>, u32, Status, bool)> {
        let mut wanted = self.lock();
        loop {
            if self.is_over() {
                return None;
            }
            if let Some((screen, number, status)) = wanted.picture.take() {
                return Some((screen, number, status, std::mem::take(&mut wanted.anew)));
            }
            wanted = self.news.wait(wanted).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Canvas {
    fn drop(&mut self) {
        {
            let _wanted = self.shared.lock();
            self.shared.is_over.store(true, Ordering::SeqCst);
            self.shared.news.notify_one();
        }
        // Whatever is said next is to stand on the terminal as it was.
        _ = tokio::task::block_in_place(|| self.over.recv_timeout(GIVING_BACK));
    }
}
