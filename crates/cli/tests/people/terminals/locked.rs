//! A shared terminal beside a desktop that is locked, or on a computer that sleeps: typing is taken back, and asked for again.

use super::{LOOKS, MAY_TYPE, OVER, YOU_LOOK, shared};
use crate::house::{NO_SUCH_SCREEN, Side, Two, these_two};
use crate::locking::{ANOTHER, Login, OURS};
use anyhow::{Result, ensure};

#[test]
fn needs_dbus_a_lock_and_sleep_take_typing_back_and_the_look_goes_on() {
    let login = Login::start().expect("a system bus");
    let surroundings =
        vec![("DISPLAY", NO_SUCH_SCREEN.to_owned()), ("DBUS_SYSTEM_BUS_ADDRESS", login.address.clone())];
    let two = Two {
        novice: Side::start("novice", surroundings).expect("the sharer's agent starts"),
        expert: Side::start("expert", Vec::new()).expect("the viewer's agent starts"),
        call: None,
        screen: None,
        are_acquainted: true,
    };
    these_two(two, |two| {
        let mut ends = shared(two)?;
        ends.allows_typing()?;
        // Neither another person's session nor one that is not locked is a reason.
        login.locks(ANOTHER)?;
        login.hints(OURS, false)?;
        ends.both_see(true, "6*7", "42")?;
        let takes: [&dyn Fn() -> Result<()>; 3] =
            [&|| login.locks(OURS), &|| login.hints(OURS, true), &|| login.sleeps()];
        for (round, take) in (1..).zip(takes) {
            if round > 1 {
                ends.allows_typing()?;
            }
            take()?;
            ends.sharer.reads("Nobody but you types")?;
            ends.viewer.reads("Typing was taken back")?;
            ends.viewer.presses("echo =$((5*5))=\r")?;
            ends.both_see(false, &format!("{round}+600"), &format!("{}", round + 600))?;
            ensure!(!ends.sharer.screen().contains("=25="), "it was typed");
            // News give way to how it stands after some seconds.
            ends.sharer.reads(LOOKS)?;
            ends.viewer.reads(YOU_LOOK)?;
        }
        ensure!(ends.sharer.screen().matches(MAY_TYPE).count() > 0);
        ends.viewer.presses("q")?;
        ends.sharer.reads(OVER)?;
        two.call_ends_with(0)
    });
}
