//! States, flags and results as the interfaces carry them: signed numbers of 32 bits, the same bits.

use rendezvous_core::{Role, SessionResult, State, flags};

/// `RENDEZVOUS_SESSION_STATE` of a state.
#[must_use]
pub fn of_state(state: State) -> i32 {
    state.number().cast_signed()
}

/// The state with this number. One that was not published is kept as it is.
#[must_use]
pub fn state(number: i32) -> State {
    State::from_number(number.cast_unsigned())
}

/// The `long` of a result.
#[must_use]
pub fn of_result(result: SessionResult) -> i32 {
    result.0.cast_signed()
}

/// The result with this number.
#[must_use]
pub fn result(number: i32) -> SessionResult {
    SessionResult(number.cast_unsigned())
}

/// The role that `RENDEZVOUS_SESSION_FLAGS` say, or none when they name none or both. Bit 4 is another thing here than in
/// `SESSION_FLAGS`, and is no part of it.
#[must_use]
pub fn role(flags: i32) -> Option<Role> {
    flags::role(flags.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_core::Code;

    #[test]
    fn every_number_survives() {
        for number in [0, 1, 4, 7, 8, 1000, i32::MAX, i32::MIN, -1] {
            assert_eq!(of_state(state(number)), number);
            assert_eq!(of_result(result(number)), number);
        }
        assert_eq!(state(4), State::Connected);
        assert_eq!(state(-1), State::Other(u32::MAX));
        assert_eq!(result(-2_130_704_890).code(), Some(Code::SessionCancelledLocal));
    }

    #[test]
    fn a_role_is_the_low_two_bits() {
        assert_eq!(role(1 | 4), Some(Role::Inviter), "RSF_ORIGINAL_INVITER says nothing of now");
        assert_eq!(role(2 | 8 | 16), Some(Role::Invitee));
        assert_eq!((role(0), role(3), role(4)), (None, None, None));
    }
}
