//! What the expert draws: seen on the screen, in nobody's way, and gone after seconds.

use crate::filing::{allows, ends, open};
use crate::house::two_people_and_a_screen;
use anyhow::{Context as _, Result, ensure};
use rendezvous_testkit::wait;
use rendezvous_testkit::xserver::XServer;
use serde_json::json;
use std::time::{Duration, Instant};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::ConnectionExt as _;

const SOON: Duration = Duration::from_secs(20);
/// Longer than a line stands.
const AGAIN: Duration = Duration::from_secs(6);

/// How many pixels of the screen have the colour of a line.
fn ink(screen: &XServer) -> Result<usize> {
    let conn = screen.connect()?;
    let root = conn.setup().roots[0].root;
    let geometry = conn.get_geometry(root)?.reply()?;
    let format = x11rb::protocol::xproto::ImageFormat::Z_PIXMAP;
    let image = conn.get_image(format, root, 0, 0, geometry.width, geometry.height, u32::MAX)?.reply()?;
    Ok(image.data.chunks_exact(4).filter(|pixel| pixel[..3] == [0xc0, 0x1e, 0xd4]).count())
}

/// The window in which a click at this place would land.
fn under_the_pointer(screen: &XServer, x: i16, y: i16) -> Result<u32> {
    let conn = screen.connect()?;
    let root = conn.setup().roots[0].root;
    conn.warp_pointer(x11rb::NONE, root, 0, 0, 0, 0, x, y)?.check()?;
    Ok(conn.query_pointer(root)?.reply()?.child)
}

#[test]
fn needs_xvfb_a_line_is_seen_takes_no_click_and_is_gone_after_seconds() {
    two_people_and_a_screen(|two| {
        let mut viewer = open(two)?;
        let line = json!({"t": "line", "id": 1, "points": [[20, 120], [200, 120], [300, 180]]});
        viewer.says_aside("drawing", &line)?;
        allows(two, &mut viewer, "drawing", "asks to draw on your screen.")?;
        let screen = two.screen.as_ref().context("there is a screen")?;
        ensure!(ink(screen)? == 0, "what was drawn before the permission was not");
        let nothing = under_the_pointer(screen, 100, 120)?;
        // Drawn anew until it was seen: on a busy machine a look may come when the first is gone already.
        let mut drawn: Option<Instant> = None;
        wait::until("the line to be seen", SOON, || {
            if drawn.is_none_or(|at| at.elapsed() > AGAIN) {
                viewer.says_aside("drawing", &line)?;
                drawn = Some(Instant::now());
            }
            Ok((ink(screen)? > 1_000).then_some(()))
        })?;
        ensure!(under_the_pointer(screen, 100, 120)? == nothing, "a click goes through it");
        wait::until("the line to be gone", SOON, || Ok((ink(screen)? == 0).then_some(())))?;

        // A place that is shown, and everything taken back while it is.
        viewer.says_aside("drawing", &json!({"t": "point", "points": [[160, 150]]}))?;
        wait::until("the place to be seen", SOON, || Ok((ink(screen)? > 100).then_some(())))?;
        two.call().presses("t")?;
        two.call().reads("They cannot draw on your screen any more.")?;
        let screen = two.screen.as_ref().context("there is a screen")?;
        wait::until("nothing to be left", SOON, || Ok((ink(screen)? == 0).then_some(())))?;
        viewer.says_aside("drawing", &line)?;
        ends(two)
    });
}
