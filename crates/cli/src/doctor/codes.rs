//! The server that the person has named for one-time codes: whether it lets guests in, and whether it has rooms.

use super::{Finding, within};
use crate::agent::places;
use crate::config::Codes;
use crate::texts;
use anyhow::anyhow;

/// One finding where a server is named; those of accounts are only tried when a code is used, and may let nobody in.
pub(super) async fn look(codes: Option<&Codes>) -> Option<Finding> {
    let codes = codes?;
    let look = async {
        match places::try_out(codes).await {
            Ok(rooms) => Ok(texts::lets_guests_in(&codes.server, &rooms)),
            Err(why) => Err(anyhow!(texts::lets_no_guests_in(&codes.server, &why))),
        }
    };
    Some(within("codes", look).await)
}
