//! The objects of *Session Invite* as a caller in the same process sees them, who can give them anything at all.
#![expect(unsafe_code, reason = "calls through tables, with pointers that no caller should give")]

use super::super::dispatch::Scripted;
use super::super::interfaces::{
    IConnectionPointContainer, IDispatch, IMsgrLock, IMsgrSession, IMsgrSessionManager, IProvideClassInfo2,
    IRendezvousSession,
};
use super::super::system::InApartment;
use super::super::tests::{alone, returns, until};
use super::super::{call, guid, living, text};
use super::center::{Center, News};
use super::{Service, manager};
use crate::hresult::Hresult;
use crate::invite;
use rendezvous_core::{
    Address, Application, ApplicationId, CancelReason, Code, Command, Event, Invite, SessionId, State,
    Versions,
};
use rendezvous_net::CallError;
use std::ptr::{null, null_mut};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use windows_core::{GUID, IUnknown, Interface};

const OTHERS: SessionId = SessionId([7; 16]);

#[derive(Default)]
struct Agent {
    commands: Mutex<Vec<Command>>,
    wishes: Mutex<Vec<(SessionId, String)>>,
    invited: Mutex<Vec<SessionId>>,
}

impl Service for Agent {
    fn application(&self, id: ApplicationId) -> Option<Application> {
        (id == ApplicationId::ASK).then(|| Application::new(id, "Ask"))
    }

    fn invite(&self, session: SessionId, _: Address, _: ApplicationId, _: String) -> Result<(), CallError> {
        self.invited.lock().unwrap().push(session);
        Ok(())
    }

    fn command(&self, _: SessionId, command: Command) -> Result<(), CallError> {
        self.commands.lock().unwrap().push(command);
        Ok(())
    }

    fn wishes(&self, session: SessionId, data: String) {
        self.wishes.lock().unwrap().push((session, data));
    }

    fn applications_changed(&self) {}
}

struct Scene {
    manager: IMsgrSessionManager,
    agent: Arc<Agent>,
    center: Arc<Center>,
    _apartment: InApartment,
    _alone: MutexGuard<'static, ()>,
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.center.close();
    }
}

fn scene() -> Scene {
    let alone = alone();
    let apartment = InApartment::enter().unwrap();
    let agent = Arc::new(Agent::default());
    let center = Arc::new(Center::new(agent.clone()));
    let manager = manager::new(&center).unwrap().cast().unwrap();
    Scene { manager, agent, center, _apartment: apartment, _alone: alone }
}

impl Scene {
    fn create(&self) -> IMsgrSession {
        let mut object = null_mut();
        // SAFETY: the place is ours, and what is put there is an object with a reference that is ours.
        unsafe {
            returns(Hresult::OK, self.manager.CreateSession(&raw mut object));
            IDispatch::from_raw(object).cast().unwrap()
        }
    }
}

fn state(session: &IMsgrSession) -> i32 {
    let mut state = -1;
    // SAFETY: the place is ours.
    unsafe { returns(Hresult::OK, session.get_State(&raw mut state)) };
    state
}

#[test]
fn nowhere_to_put_an_answer_is_said_by_every_member() {
    let s = scene();
    let session = s.create();
    let dispatch: IDispatch = session.cast().unwrap();
    let container: IConnectionPointContainer = session.cast().unwrap();
    let lock: IMsgrLock = s.manager.cast().unwrap();
    let (events, mut number) = (guid(invite::SESSION_EVENTS), 0);
    let mut object = null_mut();
    // SAFETY: null is what is tried; everything else lives here.
    unsafe {
        returns(Hresult::POINTER, s.manager.CreateSession(null_mut()));
        returns(Hresult::POINTER, s.manager.GetLaunchingSession(1, null_mut()));
        returns(Hresult::POINTER, s.manager.get_Applications(null_mut()));
        returns(Hresult::POINTER, lock.get_Status(null_mut()));
        returns(Hresult::POINTER, session.get_State(null_mut()));
        returns(Hresult::POINTER, session.get_RemoteAddress(null_mut()));
        returns(Hresult::POINTER, session.get_SessionID(null_mut()));
        returns(Hresult::POINTER, session.get_ContextData(null_mut()));
        returns(Hresult::POINTER, session.get_Flags(null_mut()));
        returns(Hresult::POINTER, session.get_LocalAddress(null_mut()));
        returns(Hresult::POINTER, container.EnumConnectionPoints(null_mut()));
        returns(Hresult::POINTER, container.FindConnectionPoint(&raw const events, null_mut()));
        returns(Hresult::POINTER, container.FindConnectionPoint(null(), &raw mut object));
        returns(Hresult::POINTER, dispatch.GetTypeInfoCount(null_mut()));
        returns(Hresult::POINTER, dispatch.GetTypeInfo(0, 0, null_mut()));
        returns(Hresult::POINTER, dispatch.GetIDsOfNames(null(), null(), 1, 0, &raw mut number));
        let none = [null::<u16>()];
        returns(Hresult::POINTER, dispatch.GetIDsOfNames(null(), none.as_ptr(), 1, 0, null_mut()));
        returns(Hresult::UNKNOWN_NAME, dispatch.GetIDsOfNames(null(), none.as_ptr(), 1, 0, &raw mut number));
        // Without anywhere to put them, answers are not missed, and arguments that are not there are none.
        let invoke = |number, how| {
            let (nothing, nobody) = (null_mut(), null_mut());
            dispatch.Invoke(number, null(), 0, how, null(), nothing, nobody, null_mut())
        };
        returns(Hresult::OK, invoke(1, 2));
        returns(Hresult::PARAMETER_COUNT, invoke(2, 1));
        returns(Hresult::MEMBER_NOT_FOUND, invoke(1, 4));
        returns(Hresult::MEMBER_NOT_FOUND, invoke(99, 1));
        let app = &raw const events;
        let reserved = dispatch.Invoke(1, app, 0, 2, null(), null_mut(), null_mut(), null_mut());
        returns(Hresult::UNKNOWN_INTERFACE, reserved);
        returns(Hresult::INVALID_ARGUMENT, session.Invite(null_mut(), null()));
        returns(Hresult::INVALID_ARGUMENT, session.put_Application(null()));
        returns(Hresult(Code::SessionStateInvalid.number()), session.Accept(null()));
    }
    assert!(object.is_null() && session.cast::<IRendezvousSession>().is_err());
    assert_eq!(state(&session), 1);
}

#[test]
fn a_program_that_accepts_has_only_asked() {
    let s = scene();
    let invite = Invite {
        application: ApplicationId::ASK,
        name: "Ask".into(),
        url: String::new(),
        data: "come".into(),
        lifetime: Duration::from_secs(60),
        versions: Versions::OURS,
        app_invite: false,
        from: "bob".parse().unwrap(),
    };
    s.center.invited(OTHERS, &invite);
    let info = rendezvous_net::SessionInfo {
        id: OTHERS,
        network: "loopback".into(),
        me: "ann".parse().unwrap(),
        role: rendezvous_core::Role::Invitee,
        contact: "bob".parse().unwrap(),
        endpoint: None,
        key: None,
        expiry: None,
        application: ApplicationId::ASK,
        flags: 2,
        state: State::Invitation,
    };
    s.center.launched(&info, 4711).unwrap();
    let mut object = null_mut();
    // SAFETY: the place is ours, and what is put there has a reference that is ours; the text lives during the calls.
    unsafe {
        returns(Hresult::OK, s.manager.GetLaunchingSession(4711, &raw mut object));
        let session: IMsgrSession = IDispatch::from_raw(object).cast().unwrap();
        let data = text::new("gladly");
        returns(Hresult::OK, session.Accept(data.as_ptr()));
        assert_eq!(state(&session), 2, "nobody has answered");
        assert_eq!(*s.agent.wishes.lock().unwrap(), [(OTHERS, "gladly".to_owned())]);
        let said = s.agent.commands.lock().unwrap();
        assert_eq!(*said, [Command::Attach], "and that is all that was said to the session");
        drop(said);
        let too_long = text::new(&"x".repeat(513));
        returns(Hresult::INVALID_ARGUMENT, session.Accept(too_long.as_ptr()));
        returns(Hresult::INVALID_ARGUMENT, session.Decline(too_long.as_ptr()));
        let mut flags = 0;
        returns(Hresult::OK, session.get_Flags(&raw mut flags));
        assert_eq!(flags, 2);
    }
}

#[test]
fn a_session_goes_its_way_and_stays_readable_after_its_end() {
    let s = scene();
    let session = s.create();
    let name = text::new(&ApplicationId::ASK.to_string());
    let listener: IUnknown = super::contact::new("nobody".parse().unwrap()).cast().unwrap();
    let container: IConnectionPointContainer = session.cast().unwrap();
    let point = call::point_of(&container, invite::SESSION_EVENTS).unwrap();
    // A listener that refuses every event holds up nothing.
    let cookie = call::advise(&point, &listener).unwrap();
    // SAFETY: the texts and objects live during the calls.
    unsafe {
        returns(Hresult::OK, session.put_Application(name.as_ptr()));
        let bob: IDispatch = super::contact::new("bob".parse().unwrap());
        returns(Hresult::OK, session.Invite(bob.as_raw(), null()));
        returns(Hresult(Code::SessionNotReady.number()), session.Invite(bob.as_raw(), null()));
        returns(Hresult(Code::NotInvitee.number()), session.Decline(null()));
    }
    assert_eq!(state(&session), 2);
    let id = s.agent.invited.lock().unwrap()[0];
    let tell = |event| s.center.tell(id, &event);
    tell(Event::StateChanged { previous: State::Ready, current: State::Invitation });
    tell(Event::StateChanged { previous: State::Invitation, current: State::Cancelled });
    tell(Event::Cancelled { reason: CancelReason::Withdrawn });
    tell(Event::Ended { result: Code::CancelBeforeConnect.into(), data: String::new() });
    until("the last state", || state(&session) == 5);
    // What comes after the end finds nobody.
    until("its thread to end", || s.center.of_session(id).is_none());
    tell(Event::ContextData("late".into()));
    let mut data = null();
    // SAFETY: the place is ours, and the text is freed.
    unsafe {
        returns(Hresult::FALSE, session.get_ContextData(&raw mut data));
        drop(windows_core::BSTR::from_raw(data));
    }
    call::unadvise(&point, cookie).unwrap();
    assert_eq!(call::unadvise(&point, cookie), Err(Hresult::NO_CONNECTION));
}

#[test]
fn the_type_library_says_what_the_objects_do() {
    let s = scene();
    let source: IProvideClassInfo2 = s.manager.cast().unwrap();
    let mut name = GUID::zeroed();
    // SAFETY: the place is ours.
    unsafe {
        returns(Hresult::OK, source.GetGUID(1, &raw mut name));
        returns(Hresult::INVALID_ARGUMENT, source.GetGUID(2, &raw mut name));
        returns(Hresult::POINTER, source.GetGUID(1, null_mut()));
    }
    assert_eq!(name, guid(invite::MANAGER_EVENTS));
    let session: IDispatch = s.create().cast().unwrap();
    let written: Vec<u16> = crate::wide::write("sendcontextdata").into_iter().chain([0]).collect();
    let (names, mut numbers) = ([written.as_ptr(), written.as_ptr()], [9, 9]);
    // SAFETY: two names stand there, and two places.
    unsafe {
        let known = session.GetIDsOfNames(null(), names.as_ptr(), 1, 0, numbers.as_mut_ptr());
        returns(Hresult::OK, known);
        assert_eq!(numbers, [14, 9]);
        let with_argument = session.GetIDsOfNames(null(), names.as_ptr(), 2, 0, numbers.as_mut_ptr());
        returns(Hresult::UNKNOWN_NAME, with_argument);
        assert_eq!(numbers, [14, -1], "the names of arguments are not known");
    }
    assert_eq!(<manager::Manager_Impl as Scripted>::TABLE.len(), 5);
}

#[test]
fn nothing_of_it_is_left() {
    {
        let s = scene();
        let session = s.create();
        s.center.news(&News::Shutdown);
        assert!(living::objects() >= 2);
        drop(session);
    }
    let _alone = alone();
    until("a reference is left", || living::objects() == 0);
}
