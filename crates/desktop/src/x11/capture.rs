//! Pictures of an X11 display: only what changed, only when it changed.
//!
//! The DAMAGE extension says once that something changed and then keeps adding up silently until we take it. So a
//! still screen costs nothing, and a busy one costs as much as the caller grabs.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rendezvous_assist::grant::ViewGrant;
use rendezvous_assist::screen::Size;
use rustix::event::{EventfdFlags, eventfd};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::damage::{ConnectionExt as _, Damage, ReportLevel};
use x11rb::protocol::xfixes::{ConnectionExt as _, Region};

use super::cursor::CursorWatch;
use super::link::{Link, lost};
use super::pixels::Pixels;
use super::source::Source;
use crate::capture::{GRANT_TICK, LONGEST_WAIT};
use crate::suspension::Sight;
use crate::{
    Capture, CaptureError, Change, Choice, DisplayError, I420, Rect, Scene, Subject, Suspension, Waker,
};

/// Where only a part of the display is shared, we have to ask whether a change was in it. Not more often than this.
const LOOK_EVERY: Duration = Duration::from_millis(16);

/// From one screen to the next that somebody chooses.
const SWITCH_EVERY: Duration = Duration::from_millis(300);

/// Takes pictures of one X11 screen, or of one window.
#[derive(Debug)]
pub struct X11Capturer {
    grant: ViewGrant,
    link: Link,
    source: Source,
    scene: Scene,
    choice: Choice,
    opened: Instant,
    damage: Damage,
    region: Region,
    pixels: Pixels,
    cursor: CursorWatch,
    frame: I420,
    /// What the last grab took.
    parts: Vec<Rect>,
    wake: Arc<OwnedFd>,
    changed: Changed,
    look_from: Instant,
    /// Whether the expert's side knows that what is shared is on the screen, or is not.
    told_shown: bool,
    /// Hides the picture while the person is asked something.
    suspension: Suspension,
    /// As of the last picture: what was taken before something was hidden is taken anew after it.
    sight: Option<Sight>,
    over: Option<CaptureError>,
}

/// What is known to have changed in the picture and was not grabbed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Changed {
    /// Nothing.
    No,
    /// Something on the display did, perhaps elsewhere.
    Perhaps,
    /// What the X server added up, and this part that was asked for already; `told` once a wait has reported it.
    Some { known: Option<Rect>, told: bool },
    /// All of it: nothing was grabbed yet, or a grab failed half-way.
    All { told: bool },
}

impl X11Capturer {
    /// Opens the main screen of `display`, or of the one that `DISPLAY` names.
    ///
    /// # Errors
    ///
    /// As for [`share`](Self::share).
    pub fn open(grant: ViewGrant, display: Option<&str>) -> Result<Self, CaptureError> {
        Self::share(grant, display, &Subject::Screen, &Choice::default())
    }

    /// Opens what is to be shared of `display`, or of the one that `DISPLAY` names: the screen that is chosen if it is
    /// there, else the main one; or a window.
    ///
    /// # Errors
    ///
    /// [`CaptureError::Revoked`] when the grant is dead; the X server then never hears of us. [`CaptureError::Display`]
    /// with a sentence for the person when the display cannot be shared. [`CaptureError::Gone`] when the window is gone,
    /// [`CaptureError::NoScreen`] when a screen was shared before and none is left.
    pub fn share(
        grant: ViewGrant,
        display: Option<&str>,
        subject: &Subject,
        choice: &Choice,
    ) -> Result<Self, CaptureError> {
        if !grant.is_live() {
            return Err(CaptureError::Revoked);
        }
        let link = Link::connect(display)?;
        link.require("XFIXES")?;
        link.conn.xfixes_query_version(5, 0).map_err(lost)?.reply().map_err(lost)?;
        link.require("DAMAGE")?;
        link.conn.damage_query_version(1, 1).map_err(lost)?.reply().map_err(lost)?;
        let seen = choice.wanted();
        let mut source = Source::open(&link, subject, seen)?;
        let damage = link.conn.generate_id().map_err(lost)?;
        let level = ReportLevel::NON_EMPTY;
        link.conn
            .damage_create(damage, source.drawable(&link), level)
            .map_err(lost)?
            .check()
            .map_err(lost)?;
        let region = link.conn.generate_id().map_err(lost)?;
        link.conn.xfixes_create_region(region, &[]).map_err(lost)?.check().map_err(lost)?;
        source.begin(&link, damage)?;
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
            .map_err(|e| DisplayError::Lost(e.to_string()))?;
        let now = Instant::now();
        let capturer = Self {
            cursor: CursorWatch::start(&link, now)?,
            frame: I420::black(source.picture()),
            parts: Vec::new(),
            pixels: Pixels::open(&link, source.fetched()),
            scene: source.scene(),
            told_shown: source.is_shown(),
            source,
            choice: choice.clone(),
            opened: now,
            grant,
            link,
            damage,
            region,
            wake: Arc::new(wake),
            changed: Changed::All { told: false },
            look_from: now,
            suspension: Suspension::default(),
            sight: None,
            over: None,
        };
        choice.settle(seen, capturer.scene.screens.shared().id, capturer.waker());
        Ok(capturer)
    }

    /// The same; nothing is taken while this hides the picture.
    #[must_use]
    pub fn hidden_by(self, suspension: &Suspension) -> Self {
        Self { suspension: suspension.clone(), ..self }
    }

    /// When something was hidden and is not any more, all of the picture is news.
    fn notice_sight(&mut self) {
        if let Some(sight) = self.suspension.sight()
            && self.sight.replace(sight) != Some(sight)
        {
            self.changed = Changed::All { told: false };
        }
    }

    fn check_grant(&self) -> Result<(), CaptureError> {
        match self.grant.is_live() {
            true => Ok(()),
            false => Err(CaptureError::Revoked),
        }
    }

    /// Takes note of everything that the server has said so far. Whatever ends this capturer is said again each time.
    fn drain(&mut self) -> Result<(), CaptureError> {
        if self.over.is_none() {
            self.over = self.hear().and_then(|_| self.look_at_choice()).err();
        }
        self.over.clone().map_or(Ok(()), Err)
    }

    /// Hears it, and says whether a window got new pixels.
    fn hear(&mut self) -> Result<bool, CaptureError> {
        let (mut moved, mut new_pixels) = (false, false);
        while let Some(event) = self.link.conn.poll_for_event().map_err(lost)? {
            match &event {
                Event::DamageNotify(_) => self.changed = self.changed.more(self.source.is_part(&self.link)),
                Event::Error(error) => tracing::debug!(?error, "The X server refused a request"),
                other => self.cursor.notice(other),
            }
            let heard = self.source.notice(&self.link, &event, Instant::now())?;
            moved |= heard.moved;
            new_pixels |= heard.new_pixels;
        }
        if moved {
            self.cursor.ground_moved();
        }
        if new_pixels {
            self.source.begin(&self.link, self.damage)?;
            self.changed = Changed::No;
        }
        self.source.check(&self.link, Instant::now())?;
        Ok(new_pixels)
    }

    /// Whether somebody chose another screen. Whoever chooses all the time gets no more than a few a second.
    fn look_at_choice(&self) -> Result<(), CaptureError> {
        match self.switches_at() {
            Some(at) if at <= Instant::now() => Err(CaptureError::Changed),
            _ => Ok(()),
        }
    }

    fn switches_at(&self) -> Option<Instant> {
        let wanted = self.choice.wanted()?;
        let screens = &self.scene.screens;
        (wanted != screens.shared().id && screens.has(wanted)).then(|| self.opened + SWITCH_EVERY)
    }

    fn take_change(&mut self) -> Result<Change, CaptureError> {
        if self.is_held() {
            return Ok(Change::default());
        }
        self.notice_sight();
        self.look_where()?;
        let cursor = self.cursor.take(&self.link, self.source.ground(), Instant::now())?;
        let shown = self.source.is_shown();
        let news = std::mem::replace(&mut self.told_shown, shown) != shown;
        Ok(Change { picture: self.changed.tell(), cursor, shown: news.then_some(shown) })
    }

    /// When something changed on the display, asks whether it was in what is shared.
    fn look_where(&mut self) -> Result<(), CaptureError> {
        let now = Instant::now();
        if self.changed != Changed::Perhaps || now < self.look_from {
            return Ok(());
        }
        self.look_from = now + LOOK_EVERY;
        self.changed = match self.take_region()?.into_iter().reduce(Rect::around) {
            Some(area) => Changed::Some { known: Some(area), told: false },
            None => Changed::No,
        };
        Ok(())
    }

    /// Whether somebody called the waker since the last time.
    fn was_woken(&self) -> bool {
        rustix::io::read(&self.wake, &mut [0; 8]).is_ok()
    }

    /// Moves what the server added up to us, and says where in the picture that is.
    fn take_region(&mut self) -> Result<Vec<Rect>, CaptureError> {
        let conn = &self.link.conn;
        conn.damage_subtract(self.damage, x11rb::NONE, self.region).map_err(lost)?;
        let damaged = conn.xfixes_fetch_region(self.region).map_err(lost)?.reply().map_err(lost)?;
        Ok(damaged.rectangles.iter().filter_map(|rect| self.source.in_picture(rect)).collect())
    }

    /// The same together with what is known already, as a few rectangles. Comes before the picture: what changes in
    /// between is in both, and nothing is in neither.
    fn take_damage(&mut self) -> Result<Vec<Rect>, CaptureError> {
        let known = match self.changed {
            Changed::No => return Ok(Vec::new()),
            Changed::Perhaps => None,
            Changed::Some { known, .. } => known,
            Changed::All { .. } => Some(self.source.whole()),
        };
        let taken = self.take_region()?;
        Ok(Rect::gathered(known.into_iter().chain(taken)))
    }

    fn grab_screen(&mut self, parts: &[Rect]) -> Result<(), CaptureError> {
        for part in parts {
            let bgra = self.source.fetch_screen(&self.link, &mut self.pixels, *part)?;
            // The permission may have ended while the picture was on its way; then nobody gets to see it.
            if !self.grant.is_live() {
                return Err(CaptureError::Revoked);
            }
            // So may a question have come. Whatever hides did so before it was on the screen.
            if !is_seen(&self.suspension, self.sight) {
                return Err(CaptureError::Held);
            }
            self.frame.update(*part, bgra);
        }
        self.changed = Changed::No;
        Ok(())
    }

    /// False where there was nothing to be had, or where it may be something else than the window.
    fn grab_window(&mut self, area: Rect) -> Result<bool, CaptureError> {
        let fetched = self.source.fetch_window(&self.link, &mut self.pixels, area, self.region)?;
        self.check_grant()?;
        if !is_seen(&self.suspension, self.sight) {
            return Err(CaptureError::Held);
        }
        self.changed = Changed::No;
        // What the server says about the window before the pixels, it has said by now. If they were new ones, what was
        // painted on the old ones says nothing of them.
        let are_new = self.hear()?;
        let Some(bgra) = fetched.filter(|_| !are_new && self.source.is_there()) else { return Ok(false) };
        self.frame.update(area, &bgra);
        Ok(true)
    }

    /// What this waits for besides the X server: the moments at which something is to be done.
    fn due(&self) -> impl Iterator<Item = Instant> {
        let seen = !self.is_held();
        let look = (self.changed == Changed::Perhaps && seen).then_some(self.look_from);
        let cursor = self.cursor.due().filter(|_| seen);
        [cursor, look, self.switches_at(), self.source.changes_at()].into_iter().flatten()
    }
}

/// Whether anything may be seen, and nothing was hidden since this was noticed.
fn is_seen(suspension: &Suspension, noticed: Option<Sight>) -> bool {
    suspension.sight().is_some_and(|now| Some(now) == noticed)
}

impl Changed {
    /// After the server said that something changed; where only a part is shared, perhaps elsewhere.
    const fn more(self, is_part: bool) -> Self {
        match self {
            Self::No if is_part => Self::Perhaps,
            Self::No => Self::Some { known: None, told: false },
            known => known,
        }
    }

    /// Whether there is news; from then on there is none.
    fn tell(&mut self) -> bool {
        match self {
            Self::Some { told, .. } | Self::All { told } => !std::mem::replace(told, true),
            Self::No | Self::Perhaps => false,
        }
    }
}

impl Capture for X11Capturer {
    fn size(&self) -> Size {
        self.frame.size()
    }

    fn scene(&self) -> &Scene {
        &self.scene
    }

    fn wait(&mut self, timeout: Duration) -> Result<Change, CaptureError> {
        let deadline = Instant::now() + timeout.min(LONGEST_WAIT);
        loop {
            self.check_grant()?;
            self.drain()?;
            let change = self.take_change()?;
            let now = Instant::now();
            if !change.is_nothing() || self.was_woken() || now >= deadline {
                return Ok(change);
            }
            let until = self.due().fold(deadline.min(now + GRANT_TICK), Instant::min);
            self.link.sleep(Some(self.wake.as_fd()), until)?;
        }
    }

    fn grab(&mut self) -> Result<Option<Rect>, CaptureError> {
        self.check_grant()?;
        self.drain()?;
        self.parts.clear();
        if self.is_held() {
            return Err(CaptureError::Held);
        }
        self.notice_sight();
        let parts = self.take_damage()?;
        let Some(area) = parts.iter().copied().reduce(Rect::around) else {
            self.changed = Changed::No;
            return Ok(None);
        };
        // Until the picture is here, the whole of it counts as changed: its damage is subtracted already.
        self.changed = Changed::All { told: true };
        if self.source.is_window() {
            let is_new = self.grab_window(area)?;
            self.parts.extend(is_new.then_some(area));
        } else {
            self.grab_screen(&parts)?;
            self.parts = parts;
        }
        Ok((!self.parts.is_empty()).then_some(area))
    }

    fn parts(&self) -> &[Rect] {
        &self.parts
    }

    fn frame(&self) -> Result<&I420, CaptureError> {
        self.check_grant()?;
        Ok(&self.frame)
    }

    fn is_held(&self) -> bool {
        self.suspension.sight().is_none()
    }

    fn waker(&self) -> Waker {
        let wake = Arc::clone(&self.wake);
        Waker::new(move || {
            // Writing fails only when the count is full, and then the capturer is awake anyway.
            let _ = rustix::io::write(&*wake, &1_u64.to_ne_bytes());
        })
    }
}
