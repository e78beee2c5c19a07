//! What can be asked of the objects by name: the members, their numbers, and the arguments that they take (reference 3.3,
//! 3.4). A script gives whatever it has, from the last argument to the first.

use crate::hresult::Hresult;
use crate::member::NotSaid;

/// One member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The DISPID.
    pub number: i32,
    /// The name, which `GetIDsOfNames` knows in any mixture of capitals.
    pub name: &'static str,
    /// What can be done with it.
    pub kind: Kind,
}

/// What can be done with a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is called, with these.
    Method(&'static [Wanted]),
    /// It is read.
    Read,
    /// It is read and written, as text.
    ReadWrite,
}

/// An argument that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A number of 32 bits.
    Number,
    /// A text, which must be there.
    Text,
    /// A text. Nothing, or none at the end, is the empty one.
    Data,
    /// A contact: an object that has a `SigninName`, or that name itself.
    Contact,
}

/// What is done with a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `DISPATCH_METHOD`.
    Call,
    /// `DISPATCH_PROPERTYGET`.
    Read,
    /// `DISPATCH_PROPERTYPUT`.
    Write,
}

/// An argument that was given, or what is answered. What an object is, is not known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<O> {
    /// Empty, null, or left out.
    Nothing,
    /// `VT_BOOL`.
    Flag(bool),
    /// Any whole number of 32 bits.
    Number(i32),
    /// `VT_BSTR`, well-formed.
    Text(String),
    /// `VT_BSTR` that is no text.
    BadText,
    /// `VT_DISPATCH`.
    Object(O),
    /// Any other type.
    Other(u16),
}

const METHOD: u16 = 1;
const GET: u16 = 2;
const PUT: u16 = 4;

const fn method(number: i32, name: &'static str, wanted: &'static [Wanted]) -> Member {
    Member { number, name, kind: Kind::Method(wanted) }
}

const fn read(number: i32, name: &'static str) -> Member {
    Member { number, name, kind: Kind::Read }
}

/// `IMsgrSessionManager`.
pub const MANAGER: &[Member] = &[
    method(0, "CreateSession", &[]),
    method(1, "GetLaunchingSession", &[Wanted::Number]),
    method(
        2,
        "RegisterApplication",
        &[Wanted::Text, Wanted::Text, Wanted::Text, Wanted::Text, Wanted::Number],
    ),
    method(3, "UnRegisterApplication", &[Wanted::Text]),
    read(4, "Applications"),
];

/// `IMsgrSession`.
pub const SESSION: &[Member] = &[
    Member { number: 0, name: "Application", kind: Kind::ReadWrite },
    read(1, "State"),
    method(2, "Invite", &[Wanted::Contact, Wanted::Data]),
    method(3, "Decline", &[Wanted::Data]),
    method(4, "Cancel", &[Wanted::Number, Wanted::Data]),
    method(5, "Accept", &[Wanted::Data]),
    read(6, "RemoteAddress"),
    read(7, "SessionID"),
    read(8, "ContextData"),
    read(9, "ApplicationName"),
    read(10, "ApplicationURL"),
    read(11, "Flags"),
    read(12, "User"),
    Member { number: 13, name: "LocalAddress", kind: Kind::ReadWrite },
    method(14, "SendContextData", &[Wanted::Text]),
];

/// A contact, as far as the published programs ask for it. The numbers are ours.
pub const CONTACT: &[Member] = &[read(0, "FriendlyName"), read(1, "SigninName")];

/// The member of this name.
#[must_use]
pub fn named(table: &'static [Member], name: &str) -> Option<&'static Member> {
    table.iter().find(|member| member.name.eq_ignore_ascii_case(name))
}

/// What `Invoke` is to do with the member of this number, by its flags.
///
/// # Errors
///
/// `DISP_E_MEMBERNOTFOUND` where there is none, or it cannot be done with it.
pub fn access(table: &'static [Member], number: i32, how: u16) -> Result<(&'static Member, Access), Hresult> {
    let member = table.iter().find(|member| member.number == number).ok_or(Hresult::MEMBER_NOT_FOUND)?;
    let access = match member.kind {
        Kind::Method(_) if how & METHOD != 0 => Access::Call,
        // Languages that do not know which it is ask for both.
        Kind::Read | Kind::ReadWrite if how & GET != 0 => Access::Read,
        Kind::ReadWrite if how & PUT != 0 => Access::Write,
        _ => return Err(Hresult::MEMBER_NOT_FOUND),
    };
    Ok((member, access))
}

/// The arguments in the order in which they are declared, each of the type that is wanted.
///
/// # Errors
///
/// `DISP_E_BADPARAMCOUNT`, `DISP_E_TYPEMISMATCH`, or `E_INVALIDARG` for text that is none.
pub fn arguments<O>(
    member: &Member,
    access: Access,
    reversed: Vec<Value<O>>,
) -> Result<Vec<Value<O>>, NotSaid> {
    let wanted = match (access, member.kind) {
        (Access::Call, Kind::Method(wanted)) => wanted,
        (Access::Write, _) => &[Wanted::Text],
        _ => &[],
    };
    let count = reversed.len();
    let least = wanted.iter().rposition(|wanted| *wanted != Wanted::Data).map_or(0, |place| place + 1);
    if !(least..=wanted.len()).contains(&count) {
        return Err(NotSaid { number: Hresult::PARAMETER_COUNT, argument: None });
    }
    let mut given: Vec<_> = reversed.into_iter().rev().collect();
    // One published example of `Invite` has the two the other way round.
    if let ([Wanted::Contact, Wanted::Data], [Value::Text(_), Value::Object(_)]) = (wanted, &given[..]) {
        given.swap(0, 1);
    }
    given.resize_with(wanted.len(), || Value::Nothing);
    let fitted = wanted.iter().zip(given).enumerate().map(|(place, (wanted, value))| {
        fit(*wanted, value).map_err(|number| {
            let argument = u32::try_from(count.saturating_sub(place + 1)).ok();
            NotSaid { number, argument }
        })
    });
    fitted.collect()
}

fn fit<O>(wanted: Wanted, value: Value<O>) -> Result<Value<O>, Hresult> {
    match (wanted, value) {
        (_, Value::BadText) => Err(Hresult::INVALID_ARGUMENT),
        (Wanted::Data, Value::Nothing) => Ok(Value::Text(String::new())),
        (Wanted::Number, value @ Value::Number(_))
        | (Wanted::Text | Wanted::Data, value @ Value::Text(_))
        | (Wanted::Contact, value @ (Value::Text(_) | Value::Object(_))) => Ok(value),
        _ => Err(Hresult::TYPE_MISMATCH),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Given = Value<char>;

    fn text(text: &str) -> Given {
        Value::Text(text.into())
    }

    fn call(table: &'static [Member], name: &str, reversed: Vec<Given>) -> Result<Vec<Given>, NotSaid> {
        arguments(named(table, name).unwrap(), Access::Call, reversed)
    }

    #[test]
    fn numbers_are_the_published_ones_without_a_gap() {
        for (table, count) in [(MANAGER, 5), (SESSION, 15)] {
            let numbers: Vec<_> = table.iter().map(|member| member.number).collect();
            assert_eq!(numbers, (0..count).collect::<Vec<_>>());
        }
        assert_eq!(named(SESSION, "sessionid").map(|member| member.number), Some(7));
        assert_eq!(named(SESSION, "SessionStarted"), None, "there never was one");
        assert_eq!(named(MANAGER, "UNREGISTERAPPLICATION").map(|member| member.number), Some(3));
    }

    #[test]
    fn what_a_member_is_for_is_all_that_it_is_for() {
        let of = |number, how| access(SESSION, number, how).map(|(_, access)| access);
        assert_eq!(of(1, 2), Ok(Access::Read));
        assert_eq!(of(1, 3), Ok(Access::Read), "a script that does not know asks for both");
        assert_eq!(of(0, 4), Ok(Access::Write));
        assert_eq!(of(2, 3), Ok(Access::Call));
        for (number, how) in [(1, 4), (1, 1), (2, 2), (2, 4), (0, 8), (15, 1), (-1, 3), (103, 1)] {
            assert_eq!(of(number, how), Err(Hresult::MEMBER_NOT_FOUND), "{number} {how}");
        }
    }

    #[test]
    fn arguments_come_from_the_last_to_the_first_and_data_may_be_missing() {
        let invited = Ok(vec![Value::Object('b'), text("data")]);
        assert_eq!(call(SESSION, "Invite", vec![text("data"), Value::Object('b')]), invited);
        assert_eq!(call(SESSION, "Invite", vec![Value::Object('b'), text("data")]), invited, "the other way");
        assert_eq!(call(SESSION, "Invite", vec![text("bob")]), Ok(vec![text("bob"), text("")]));
        assert_eq!(call(SESSION, "Accept", vec![]), Ok(vec![text("")]));
        assert_eq!(call(SESSION, "Accept", vec![Value::Nothing]), Ok(vec![text("")]), "may be null");
        assert_eq!(call(MANAGER, "CreateSession", vec![]), Ok(vec![]));
    }

    #[test]
    fn what_is_not_as_declared_is_refused_with_its_place() {
        let refused = |table, name, reversed| {
            let error = call(table, name, reversed).unwrap_err();
            (error.number, error.argument)
        };
        assert_eq!(refused(SESSION, "Invite", vec![]), (Hresult::PARAMETER_COUNT, None));
        assert_eq!(refused(SESSION, "Accept", vec![text(""), text("")]), (Hresult::PARAMETER_COUNT, None));
        assert_eq!(refused(MANAGER, "CreateSession", vec![text("")]), (Hresult::PARAMETER_COUNT, None));
        let turned = vec![Value::Number(1), text("why")];
        assert_eq!(refused(SESSION, "Cancel", turned), (Hresult::TYPE_MISMATCH, Some(1)));
        assert_eq!(refused(SESSION, "Accept", vec![Value::BadText]), (Hresult::INVALID_ARGUMENT, Some(0)));
        let nobody = vec![text(""), Value::Nothing];
        assert_eq!(refused(SESSION, "Invite", nobody), (Hresult::TYPE_MISMATCH, Some(1)));
        assert_eq!(refused(SESSION, "SendContextData", vec![Value::Flag(true)]).0, Hresult::TYPE_MISMATCH);
        let application = named(SESSION, "Application").unwrap();
        assert_eq!(arguments(application, Access::Write, vec![text("{}")]), Ok(vec![text("{}")]));
        assert_eq!(
            arguments(application, Access::Read, vec![text("{}")]).unwrap_err().number,
            Hresult::PARAMETER_COUNT
        );
    }
}
