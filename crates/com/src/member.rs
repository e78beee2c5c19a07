//! The events of `DRendezvousSessionEvents`: their published numbers, names and arguments (reference 1.4).

use crate::hresult::Hresult;
use crate::{numbers, wide};
use rendezvous_core::{Event, SessionResult, State};

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member {
    /// `OnStateChanged`, with the *previous* state; `get_State` says the new one.
    StateChanged,
    /// `OnTermination`.
    Termination,
    /// `OnContextData`.
    ContextData,
    /// `OnSendError`.
    SendError,
}

impl Member {
    /// All four, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::StateChanged, Self::Termination, Self::ContextData, Self::SendError];

    /// The DISPID.
    #[must_use]
    pub fn number(self) -> i32 {
        match self {
            Self::StateChanged => 5,
            Self::Termination => 6,
            Self::ContextData => 7,
            Self::SendError => 8,
        }
    }

    /// The name, which `GetIDsOfNames` knows in any mixture of capitals.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::StateChanged => "OnStateChanged",
            Self::Termination => "OnTermination",
            Self::ContextData => "OnContextData",
            Self::SendError => "OnSendError",
        }
    }

    /// The event with this DISPID.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|member| member.number() == number)
    }

    /// The event of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|member| member.name().eq_ignore_ascii_case(name))
    }
}

/// One argument, as far as these events have them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// `VT_I4`, and what else holds a number of 32 bits: `VT_ERROR`, `VT_UI4`, `VT_INT`.
    Number(i32),
    /// `VT_BSTR`.
    Text(Vec<u16>),
    /// Any other type.
    Other(u16),
}

/// An event with its arguments, in the order in which they are declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Which event.
    pub member: Member,
    /// What it says.
    pub arguments: Vec<Argument>,
}

impl Call {
    /// What an application is told of an event of its session; nothing of what is not its business.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        let number = |number| Argument::Number(number);
        let text = |text: &str| Argument::Text(wide::write(text));
        let (member, arguments) = match event {
            Event::StateChanged { previous, .. } => {
                (Member::StateChanged, vec![number(numbers::of_state(*previous))])
            }
            Event::Ended { result, data } => {
                (Member::Termination, vec![number(numbers::of_result(*result)), text(data)])
            }
            Event::ContextData(data) => (Member::ContextData, vec![text(data)]),
            Event::SendError(code) => (Member::SendError, vec![number(numbers::of_result((*code).into()))]),
            Event::Invited(_)
            | Event::AppNotPresent { .. }
            | Event::Ringing(_)
            | Event::Accepted { .. }
            | Event::Launch
            | Event::Declined { .. }
            | Event::Cancelled { .. } => return None,
        };
        Some(Self { member, arguments })
    }
}

/// What an IM program has said by raising an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The state is not this any more.
    StateChanged {
        /// What it was.
        previous: State,
    },
    /// The session is over.
    Termination {
        /// How it ended.
        result: SessionResult,
        /// The data of the ending.
        data: String,
    },
    /// A text of the other application.
    ContextData(String),
    /// Something that was sent did not arrive.
    SendError(SessionResult),
}

/// Why an event is not one, with the number that `Invoke` returns, and which argument is to blame where one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotSaid {
    /// What `Invoke` returns.
    pub number: Hresult,
    /// Its place among the arguments as `Invoke` counts them: from the last one.
    pub argument: Option<u32>,
}

/// Reads an event as `Invoke` brings it: with the arguments from the last to the first.
///
/// # Errors
///
/// For a member that was not published, another number of arguments, an argument of another type, or text that is none.
pub fn read(number: i32, reversed: &[Argument]) -> Result<Said, NotSaid> {
    let plain = |number| NotSaid { number, argument: None };
    let member = Member::from_number(number).ok_or(plain(Hresult::MEMBER_NOT_FOUND))?;
    let wanted = if member == Member::Termination { 2 } else { 1 };
    if reversed.len() != wanted {
        return Err(plain(Hresult::PARAMETER_COUNT));
    }
    match member {
        Member::StateChanged => {
            Ok(Said::StateChanged { previous: numbers::state(read_number(reversed, 0)?) })
        }
        Member::Termination => Ok(Said::Termination {
            result: numbers::result(read_number(reversed, 1)?),
            data: read_text(reversed, 0)?,
        }),
        Member::ContextData => Ok(Said::ContextData(read_text(reversed, 0)?)),
        Member::SendError => Ok(Said::SendError(numbers::result(read_number(reversed, 0)?))),
    }
}

fn read_number(reversed: &[Argument], place: u32) -> Result<i32, NotSaid> {
    match reversed.get(place as usize) {
        Some(Argument::Number(number)) => Ok(*number),
        _ => Err(NotSaid { number: Hresult::TYPE_MISMATCH, argument: Some(place) }),
    }
}

fn read_text(reversed: &[Argument], place: u32) -> Result<String, NotSaid> {
    let refused = |number| NotSaid { number, argument: Some(place) };
    match reversed.get(place as usize) {
        Some(Argument::Text(units)) => wide::read(units).map_err(|_| refused(Hresult::INVALID_ARGUMENT)),
        _ => Err(refused(Hresult::TYPE_MISMATCH)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rendezvous_core::Code;

    fn events() -> Vec<(Event, Said)> {
        let ended = |result: SessionResult, data: &str| {
            let data = data.to_owned();
            (Event::Ended { result, data: data.clone() }, Said::Termination { result, data })
        };
        let mut all = vec![
            ended(SessionResult::SUCCESS, ""),
            ended(Code::SessionCancelledRemote.into(), "bye\0😀"),
            (Event::ContextData(String::new()), Said::ContextData(String::new())),
            (Event::ContextData("{\"v\":1}".into()), Said::ContextData("{\"v\":1}".into())),
        ];
        for previous in State::ALL {
            let event = Event::StateChanged { previous, current: State::Connected };
            all.push((event, Said::StateChanged { previous }));
        }
        for code in Code::ALL {
            all.push((Event::SendError(code), Said::SendError(code.into())));
        }
        all
    }

    #[test]
    fn what_we_raise_is_what_we_read() {
        for (event, said) in events() {
            let mut call = Call::of(&event).unwrap();
            call.arguments.reverse();
            assert_eq!(read(call.member.number(), &call.arguments), Ok(said));
        }
        assert_eq!(Call::of(&Event::Launch), None, "that is not the application's business");
    }

    #[test]
    fn the_numbers_and_names_are_the_published_ones() {
        let published = ["OnStateChanged", "OnTermination", "OnContextData", "OnSendError"];
        for (number, name) in (5..).zip(published) {
            let member = Member::from_number(number).unwrap();
            assert_eq!((member.number(), member.name()), (number, name));
            assert_eq!(Member::from_name(&name.to_lowercase()), Some(member));
        }
        assert_eq!(Member::from_name("OnAccepted"), None);
    }

    #[test]
    fn what_is_not_as_declared_is_refused_with_the_documented_number() {
        let (number, text) = (Argument::Number(1), Argument::Text(vec![65]));
        let refused = |number: i32, arguments: &[Argument]| {
            let error = read(number, arguments).unwrap_err();
            (error.number, error.argument)
        };
        for unknown in [0, 4, 9, -4, i32::MAX] {
            assert_eq!(refused(unknown, &[]), (Hresult::MEMBER_NOT_FOUND, None));
        }
        for (member, arguments) in
            [(5, vec![]), (5, vec![number.clone(); 2]), (6, vec![number.clone()]), (7, vec![text.clone(); 2])]
        {
            assert_eq!(refused(member, &arguments), (Hresult::PARAMETER_COUNT, None), "{member}");
        }
        let mismatch = |place| (Hresult::TYPE_MISMATCH, Some(place));
        assert_eq!(refused(5, std::slice::from_ref(&text)), mismatch(0));
        assert_eq!(refused(6, &[number.clone(), text.clone()]), mismatch(1), "not turned round");
        assert_eq!(refused(6, &[Argument::Other(9), number.clone()]), mismatch(0));
        assert_eq!(refused(7, std::slice::from_ref(&number)), mismatch(0));
        assert_eq!(refused(8, &[Argument::Other(0)]), mismatch(0));
        assert_eq!(refused(7, &[Argument::Text(vec![0xD800])]), (Hresult::INVALID_ARGUMENT, Some(0)));
    }
}
