//! Pictures of a screen of Windows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rendezvous_assist::grant::ViewGrant;
use rendezvous_assist::screen::Size;

use super::cursor::CursorWatch;
use super::places::Area;
use super::rhythm::Rhythm;
use super::screens::Desktop;
use super::system::{desktop, input, picture::Picture};
use super::tiles;
use crate::bell::Bell;
use crate::capture::{GRANT_TICK, LONGEST_WAIT};
use crate::monitors::{Monitor, screens};
use crate::suspension::Sight;
use crate::{
    Capture, CaptureError, Change, Choice, DisplayError, I420, Rect, Scene, Subject, Suspension, Waker,
};

/// So often it is looked which desktop is in front, and which screens there are.
const LOOK_AROUND: Duration = Duration::from_millis(100);

/// A picture that was just taken to see whether anything changed is still the newest.
const IS_NEW: Duration = Duration::from_millis(4);

/// From one screen to the next that somebody chooses.
const SWITCH_EVERY: Duration = Duration::from_millis(300);

/// Takes pictures of one screen of Windows.
#[derive(Debug)]
pub struct GdiCapturer {
    grant: ViewGrant,
    choice: Choice,
    opened: Instant,
    desktop: Desktop,
    shared: Monitor,
    scene: Scene,
    /// As it was taken last.
    picture: Picture,
    /// As it was grabbed last.
    known: Vec<u8>,
    frame: I420,
    parts: Vec<Rect>,
    changed: Changed,
    rhythm: Rhythm,
    around_from: Instant,
    /// The desktop that is shared is the one in front.
    is_in_front: bool,
    told_shown: bool,
    cursor: CursorWatch,
    bell: Arc<Bell>,
    /// Hides the picture while the person is asked something.
    suspension: Suspension,
    /// As of the last picture: what was taken before something was hidden is taken anew after it.
    sight: Option<Sight>,
    over: Option<CaptureError>,
}

/// What is known to have changed in the picture and was not grabbed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Changed {
    /// Nothing, as of the last look.
    No,
    /// These parts, when it was looked last; `told` once a wait has reported it.
    Parts { parts: Vec<Rect>, looked: Instant, told: bool },
    /// All of it: nothing was grabbed yet, or something was hidden meanwhile.
    All { told: bool },
}

impl GdiCapturer {
    /// Opens the main screen.
    ///
    /// # Errors
    ///
    /// As for [`share`](Self::share).
    pub fn open(grant: ViewGrant) -> Result<Self, CaptureError> {
        Self::share(grant, &Subject::Screen, &Choice::default())
    }

    /// Opens the screen that is chosen if it is there, else the main one.
    ///
    /// # Errors
    ///
    /// [`CaptureError::Revoked`] when the grant is dead; Windows then never hears of us. [`CaptureError::NoScreen`] when none
    /// is switched on. [`CaptureError::Display`] with a sentence for the person when it cannot be shared, also where one window
    /// is to be.
    pub fn share(grant: ViewGrant, subject: &Subject, choice: &Choice) -> Result<Self, CaptureError> {
        if !grant.is_live() {
            return Err(CaptureError::Revoked);
        }
        if let Subject::Window(_) = subject {
            return Err(DisplayError::OnlyScreens.into());
        }
        let desktop = Desktop::look();
        let seen = choice.wanted();
        let shared = desktop.choose(seen)?;
        let size = shared.area.size();
        let now = Instant::now();
        let capturer = Self {
            grant,
            choice: choice.clone(),
            opened: now,
            scene: Scene { screens: screens(&desktop.monitors, &shared), place: Some(shared.area) },
            picture: Picture::new(size)?,
            known: Vec::new(),
            frame: I420::black(size),
            parts: Vec::new(),
            changed: Changed::All { told: false },
            rhythm: Rhythm::begin(now),
            around_from: now,
            is_in_front: true,
            told_shown: true,
            cursor: CursorWatch::begin(now),
            bell: Arc::default(),
            suspension: Suspension::default(),
            sight: None,
            over: None,
            desktop,
            shared,
        };
        choice.settle(seen, capturer.shared.id, capturer.waker());
        Ok(capturer)
    }

    /// The same; nothing is taken while this hides the picture.
    #[must_use]
    pub fn hidden_by(self, suspension: &Suspension) -> Self {
        Self { suspension: suspension.clone(), ..self }
    }

    fn check_grant(&self) -> Result<(), CaptureError> {
        if self.grant.is_live() { Ok(()) } else { Err(CaptureError::Revoked) }
    }

    /// Looks which desktop is in front and which screens there are. Whatever ends this capturer is said again each time.
    fn look_around(&mut self, now: Instant) -> Result<(), CaptureError> {
        if self.over.is_none() && now >= self.around_from {
            self.around_from = now + LOOK_AROUND;
            let is_in_front = desktop::is_in_front();
            if is_in_front && !self.is_in_front {
                self.changed = Changed::All { told: false };
            }
            self.is_in_front = is_in_front;
            // What Windows says of screens while another desktop is in front is not about ours.
            self.over = if is_in_front { self.check_screens().err() } else { None };
        }
        if self.over.is_none() && self.switches_at().is_some_and(|at| at <= now) {
            self.over = Some(CaptureError::Changed);
        }
        self.over.clone().map_or(Ok(()), Err)
    }

    fn check_screens(&self) -> Result<(), CaptureError> {
        let desktop = Desktop::look();
        match desktop.monitors.is_empty() {
            true => Err(CaptureError::NoScreen),
            false if desktop == self.desktop => Ok(()),
            false => Err(CaptureError::Changed),
        }
    }

    /// When the screen changes that somebody chose. Whoever chooses all the time gets no more than a few a second.
    fn switches_at(&self) -> Option<Instant> {
        let wanted = self.choice.wanted()?;
        let all = &self.scene.screens;
        (wanted != all.shared().id && all.has(wanted)).then(|| self.opened + SWITCH_EVERY)
    }

    /// When something was hidden and is not any more, all of the picture is news.
    fn notice_sight(&mut self) {
        if let Some(sight) = self.suspension.sight()
            && self.sight.replace(sight) != Some(sight)
        {
            self.changed = Changed::All { told: false };
        }
    }

    fn take_change(&mut self, now: Instant) -> Result<Change, CaptureError> {
        if self.suspension.sight().is_none() {
            return Ok(Change::default());
        }
        let news = std::mem::replace(&mut self.told_shown, self.is_in_front) != self.is_in_front;
        let shown = news.then_some(self.is_in_front);
        if !self.is_in_front {
            return Ok(Change { cursor: self.cursor.gone(), shown, picture: false });
        }
        self.notice_sight();
        self.rhythm.input(now, input::last());
        if self.changed == Changed::No && now >= self.rhythm.due() {
            self.look()?;
        }
        Ok(Change { picture: self.changed.tell(), cursor: self.cursor.take(self.ground(), now), shown })
    }

    /// Takes a picture, to see whether anything changed.
    fn look(&mut self) -> Result<(), CaptureError> {
        let taken = self.take();
        // Counted from here: looking takes time itself, and must not fill all of it.
        self.rhythm.looked(Instant::now(), taken.as_ref().is_ok_and(|parts| !parts.is_empty()));
        let parts = taken?;
        if !parts.is_empty() {
            self.changed = Changed::Parts { parts, looked: Instant::now(), told: false };
        }
        Ok(())
    }

    /// Takes a picture, and says what differs from the one that was grabbed last.
    fn take(&mut self) -> Result<Vec<Rect>, CaptureError> {
        let ground = self.ground();
        if let Err(refused) = self.picture.take(ground.x, ground.y) {
            // Another desktop came in front in this moment.
            if !desktop::is_in_front() {
                self.around_from = Instant::now();
                return Err(CaptureError::Held);
            }
            return Err(refused.into());
        }
        // The permission may have ended while the picture was on its way; then nobody gets to see it.
        self.check_grant()?;
        // So may a question have come. Whatever hides did so before it was on the screen.
        if self.sight.is_none() || self.suspension.sight() != self.sight {
            return Err(CaptureError::Held);
        }
        Ok(match self.changed {
            Changed::All { .. } => vec![Rect::whole(self.frame.size())],
            _ => tiles::changed(&self.known, self.picture.pixels(), self.frame.size()),
        })
    }

    /// What changed since the last grab, as of the picture that was taken just now.
    fn newest(&mut self) -> Result<Vec<Rect>, CaptureError> {
        match &mut self.changed {
            Changed::Parts { parts, looked, .. } if looked.elapsed() < IS_NEW => Ok(std::mem::take(parts)),
            _ => self.take(),
        }
    }

    /// Where what is shared lies, as Windows counts.
    fn ground(&self) -> Area {
        let (area, whole) = (self.shared.area, self.desktop.whole);
        Area {
            x: whole.x + i32::from(area.x),
            y: whole.y + i32::from(area.y),
            width: i32::from(area.width),
            height: i32::from(area.height),
        }
    }
}

impl Changed {
    /// Whether there is news; from then on there is none.
    fn tell(&mut self) -> bool {
        match self {
            Self::Parts { told, .. } | Self::All { told } => !std::mem::replace(told, true),
            Self::No => false,
        }
    }
}

impl Capture for GdiCapturer {
    fn size(&self) -> Size {
        self.frame.size()
    }

    fn scene(&self) -> &Scene {
        &self.scene
    }

    fn wait(&mut self, timeout: Duration) -> Result<Change, CaptureError> {
        let deadline = Instant::now() + timeout.min(LONGEST_WAIT);
        let mut was_woken = false;
        loop {
            self.check_grant()?;
            let now = Instant::now();
            self.look_around(now)?;
            let change = match self.take_change(now) {
                // What was taken when something was hidden was thrown away; it is taken again when it is not.
                Err(CaptureError::Held) => Change::default(),
                change => change?,
            };
            let now = Instant::now();
            if !change.is_nothing() || was_woken || now >= deadline {
                return Ok(change);
            }
            let mut until = deadline.min(now + GRANT_TICK).min(self.around_from);
            if !self.is_held() {
                until = until.min(self.cursor.due());
                // What changed already is not looked for.
                if self.changed == Changed::No {
                    until = until.min(self.rhythm.due());
                }
            }
            was_woken = self.bell.sleep(until);
        }
    }

    fn grab(&mut self) -> Result<Option<Rect>, CaptureError> {
        self.check_grant()?;
        self.look_around(Instant::now())?;
        self.parts.clear();
        if self.is_held() {
            return Err(CaptureError::Held);
        }
        self.notice_sight();
        let parts = self.newest()?;
        if self.suspension.sight() != self.sight {
            return Err(CaptureError::Held);
        }
        let size = self.frame.size();
        self.known.resize(self.picture.pixels().len(), 0);
        for part in &parts {
            let bgra = tiles::take_over(&mut self.known, self.picture.pixels(), size, *part);
            self.frame.update(*part, &bgra);
        }
        self.rhythm.looked(Instant::now(), !parts.is_empty());
        self.changed = Changed::No;
        self.parts = parts;
        Ok(self.parts.iter().copied().reduce(Rect::around))
    }

    fn parts(&self) -> &[Rect] {
        &self.parts
    }

    fn frame(&self) -> Result<&I420, CaptureError> {
        self.check_grant()?;
        Ok(&self.frame)
    }

    fn is_held(&self) -> bool {
        self.suspension.sight().is_none() || !self.is_in_front
    }

    fn waker(&self) -> Waker {
        let bell = Arc::clone(&self.bell);
        Waker::new(move || bell.ring())
    }
}
