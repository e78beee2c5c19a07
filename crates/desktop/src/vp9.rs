//! VP9 by libvpx, tuned for screens: only what changed is encoded, and what rests is sharpened.

mod libvpx;
mod map;

use std::thread::available_parallelism;

use rendezvous_assist::pace::Purpose;
use rendezvous_assist::screen::{EncodedFrame, Size};

use self::libvpx::{Budget, Libvpx, Order};
use self::map::BlockMap;
use crate::encode::{LEAST_KBPS, check_size};
use crate::{Encode, EncodeError, I420, Rect};

/// Encodes one screen as VP9, profile 0, which every browser decodes without anybody's licence.
///
/// The encoder is told which blocks may change, so that one keystroke costs as much as the blocks that it touched; all
/// others stay as the decoder has them, bit for bit. How sharp each block is is kept in a map: those that changed are
/// encoded again, finer, a few at a time while the screen goes on changing elsewhere, and all together when it rests.
pub struct Vp9Encoder {
    inner: Libvpx,
    screen: Size,
    kbps: u32,
    /// The blocks of the next frame.
    active: BlockMap,
    /// For each block, how many more times it is to be encoded until it is sharp.
    soft: BlockMap,
    /// Where the next look for soft blocks begins.
    cursor: usize,
    started: bool,
    /// When the last picture was taken, and where the stream's own clock stands, in milliseconds.
    last_us: u64,
    clock: i64,
}

/// The coarsest quantizers of the frames that sharpen a screen at rest, by the passes that are left after it;
/// the first of them is what *sharp* means.
const SHARPER: [u32; 3] = [8, 20, 34];

/// The finest quantizer of those frames. Finer ones cost many bits for what no eye sees.
const SHARP: u32 = 4;

/// How often a block is encoded again before it counts as sharp.
const PASSES: u8 = 3;

/// The finest and coarsest quantizers while the screen changes: what moves need not be sharp yet.
const FINEST: u32 = 20;
const COARSEST: u32 = 54;

/// The encoder counts the bits of a second in 32 bits.
const MOST_KBPS: u32 = 100_000;

/// So many soft blocks are encoded along with others that changed: one in twenty of a screen of 1920 × 1080.
const ALONG: usize = 400;

impl Vp9Encoder {
    /// An encoder for a screen of this size, aiming at `kbps` kilobits a second while the picture moves.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Size`] for screens smaller than 16 × 16 or larger than 3840 × 2160 (or upright, 2160 × 3840).
    pub fn new(screen: Size, kbps: u32) -> Result<Self, EncodeError> {
        check_size(screen)?;
        let kbps = kbps.clamp(LEAST_KBPS, MOST_KBPS);
        let threads = available_parallelism().map_or(1, usize::from).clamp(1, 2);
        let threads = u32::try_from(threads).unwrap_or(1);
        let mut soft = BlockMap::new(screen);
        soft.fill(PASSES);
        Ok(Self {
            inner: Libvpx::new(screen, Budget { kbps, finest: FINEST, coarsest: COARSEST }, threads)?,
            screen,
            kbps,
            active: BlockMap::new(screen),
            soft,
            cursor: 0,
            started: false,
            last_us: 0,
            clock: 0,
        })
    }

    /// Chooses the blocks of the next frame, and how coarse they may be; `None` when there is nothing to do.
    fn plan(&mut self, damage: &[Rect], purpose: Purpose) -> Option<Plan> {
        let moving = Plan { all: false, finest: FINEST, coarsest: COARSEST };
        if !self.started || purpose == Purpose::Key {
            self.soft.fill(PASSES);
            return Some(Plan { all: true, ..moving });
        }
        self.active.fill(0);
        for area in damage {
            self.active.mark(*area, 1);
            self.soft.mark(*area, PASSES);
        }
        let changed = !damage.is_empty();
        match purpose {
            Purpose::Sharpen if !changed => {
                let left = self.sharpen()?;
                let coarsest = SHARPER[usize::from(left).min(SHARPER.len() - 1)];
                Some(Plan { all: false, finest: SHARP, coarsest })
            }
            Purpose::Change | Purpose::Sharpen | Purpose::Key => {
                self.sharpen_along();
                Some(moving)
            }
            Purpose::KeepAlive => Some(moving),
        }
    }

    /// Adds all soft blocks to the next frame, and says how many passes that leaves the least sharp of them; `None` when
    /// there is none. All are brought to the same: those that were better have had it at coarse quantizers.
    fn sharpen(&mut self) -> Option<u8> {
        let left = self.soft.cells().iter().copied().max().filter(|most| *most > 0)? - 1;
        for (soft, active) in self.soft.cells_mut().iter_mut().zip(self.active.cells_mut()) {
            if *soft > 0 {
                (*soft, *active) = (left, 1);
            }
        }
        Some(left)
    }

    /// Adds some soft blocks to a frame that is due to a change. The last pass is left for when the screen rests.
    fn sharpen_along(&mut self) {
        let count = self.soft.cells().len();
        let mut added = 0;
        for at in (self.cursor..count).chain(0..self.cursor) {
            let soft = &mut self.soft.cells_mut()[at];
            if *soft > 1 && self.active.cells()[at] == 0 {
                *soft -= 1;
                self.active.cells_mut()[at] = 1;
                added += 1;
                if added == ALONG {
                    self.cursor = at + 1;
                    return;
                }
            }
        }
    }

    /// The stream's clock goes like a screen's that changes all the time: a rest of seconds must not let the encoder
    /// believe that it may spend the bits of seconds on the next frame, which somebody waits for.
    fn tick(&mut self, taken_us: u64) -> u32 {
        let passed = taken_us.saturating_sub(self.last_us) / 1000;
        self.last_us = taken_us;
        let step = u32::try_from(passed).unwrap_or(u32::MAX).clamp(16, 50);
        self.clock += i64::from(step);
        step
    }
}

/// What one frame is made of.
struct Plan {
    all: bool,
    finest: u32,
    coarsest: u32,
}

impl Encode for Vp9Encoder {
    fn encode(
        &mut self,
        picture: &I420,
        damage: &[Rect],
        purpose: Purpose,
        taken_us: u64,
    ) -> Result<Option<EncodedFrame>, EncodeError> {
        if picture.size() != self.screen {
            return Err(EncodeError::WrongSize { expected: self.screen, got: picture.size() });
        }
        let Some(plan) = self.plan(damage, purpose) else { return Ok(None) };
        let duration = self.tick(taken_us);
        self.inner.set_budget(Budget { kbps: self.kbps, finest: plan.finest, coarsest: plan.coarsest })?;
        let order =
            Order { active: (!plan.all).then_some(&self.active), key: plan.all, time: self.clock, duration };
        let frame = self.inner.encode(picture, order)?;
        self.started |= frame.is_some();
        Ok(frame.map(|frame| EncodedFrame { data: frame.data, key: frame.key, taken_us }))
    }

    fn set_bitrate(&mut self, kbps: u32) -> Result<(), EncodeError> {
        self.kbps = kbps.clamp(LEAST_KBPS, MOST_KBPS);
        Ok(())
    }
}
