//! Connections without a picture, as they are described.

use super::{SignalError, described};
use crate::description::Description;

pub(super) fn offered(text: &str) -> Result<Description, SignalError> {
    let description = described(text)?;
    description.check_data_offer().map_err(SignalError::Description)?;
    Ok(description)
}

pub(super) fn answered(text: &str) -> Result<Description, SignalError> {
    let description = described(text)?;
    description.check_data_answer().map_err(SignalError::Description)?;
    Ok(description)
}
