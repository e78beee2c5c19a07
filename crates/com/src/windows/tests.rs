//! The objects as a caller in the same process sees them, who can give them anything at all.
#![expect(unsafe_code, reason = "calls through tables, with pointers that no caller should give")]

use super::global::Global;
use super::interfaces::{
    Connection, DRendezvousSessionEvents, IConnectionPoint, IConnectionPointContainer, IEnumConnectionPoints,
    IEnumConnections, IRendezvousApplication, IRendezvousSession,
};
use super::living::{self, LivingObject};
use super::session::{Control, Session, Shared};
use super::sink::Sink;
use super::system::InApartment;
use super::variant::Made;
use super::worker::{self, Job, Post};
use super::{call, guid};
use crate::course::Heard;
use crate::hresult::Hresult;
use crate::member::{Call, Said};
use crate::names;
use rendezvous_core::{Event, SessionResult, State};
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use windows_core::{HRESULT, IUnknown, Interface};

windows_link::link!("oleaut32.dll" "system" fn SysAllocStringByteLen(bytes: *const u8, count: u32) -> *const u16);
windows_link::link!("oleaut32.dll" "system" fn SysFreeString(text: *const u16));

/// What is alive is counted for the whole process, so one test after the other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

pub(super) fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Default)]
struct Asked(Mutex<Vec<(Option<SessionResult>, String)>>);

struct Note(Arc<Asked>);

impl Control for Note {
    fn send(&self, text: String) -> Result<(), Hresult> {
        self.0.0.lock().unwrap().push((None, text));
        Ok(())
    }

    fn terminate(&self, result: SessionResult, data: String) -> Result<(), Hresult> {
        self.0.0.lock().unwrap().push((Some(result), data));
        Ok(())
    }
}

pub(super) struct Scene {
    pub(super) session: IRendezvousSession,
    container: IConnectionPointContainer,
    pub(super) point: IConnectionPoint,
    pub(super) shared: Arc<Shared>,
    asked: Arc<Asked>,
    _apartment: InApartment,
    _alone: MutexGuard<'static, ()>,
}

pub(super) fn scene() -> Scene {
    let alone = alone();
    let apartment = InApartment::enter().unwrap();
    let asked = Arc::new(Asked::default());
    let shared = Arc::new(Shared::new(State::Accepted, "Ann 😀".into(), 1, Box::new(Note(asked.clone()))));
    let session: IRendezvousSession = Session(shared.clone()).into();
    let container: IConnectionPointContainer = session.cast().unwrap();
    let point = call::events_of(&container).unwrap();
    Scene { session, container, point, shared, asked, _apartment: apartment, _alone: alone }
}

/// A sink of ours on this session, and what it hears.
pub(super) fn sink(session: &IRendezvousSession) -> (IUnknown, Receiver<Job>) {
    let (jobs, heard) = channel();
    let session = worker::Shared::new(Global::keep(session).unwrap());
    let sink = Sink { session, post: Post::new(jobs), _living: LivingObject::new() };
    (DRendezvousSessionEvents::from(sink).into(), heard)
}

#[track_caller]
pub(super) fn returns(expected: Hresult, got: HRESULT) {
    assert_eq!(Hresult(got.0.cast_unsigned()), expected);
}

#[track_caller]
pub(super) fn until(what: &str, mut is: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is() {
        assert!(begin.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn nowhere_to_put_an_answer_is_said_and_nothing_is_written() {
    let s = scene();
    let events = guid(names::EVENTS);
    let mut object: *mut c_void = null_mut();
    // SAFETY: null is what is tried; everything else lives here.
    unsafe {
        returns(Hresult::POINTER, s.session.get_State(null_mut()));
        returns(Hresult::POINTER, s.session.get_RemoteUser(null_mut()));
        returns(Hresult::POINTER, s.session.get_Flags(null_mut()));
        returns(Hresult::POINTER, s.container.EnumConnectionPoints(null_mut()));
        returns(Hresult::POINTER, s.container.FindConnectionPoint(&raw const events, null_mut()));
        returns(Hresult::POINTER, s.container.FindConnectionPoint(null(), &raw mut object));
        returns(Hresult::POINTER, s.point.GetConnectionInterface(null_mut()));
        returns(Hresult::POINTER, s.point.GetConnectionPointContainer(null_mut()));
        returns(Hresult::POINTER, s.point.EnumConnections(null_mut()));
        let mut cookie = 7;
        returns(Hresult::POINTER, s.point.Advise(null_mut(), &raw mut cookie));
        returns(Hresult::POINTER, s.point.Advise(s.session.as_raw(), null_mut()));
    }
    assert!(object.is_null());
}

#[test]
fn what_is_no_sink_and_no_event_is_refused() {
    let s = scene();
    let stranger: IUnknown = s.session.cast().unwrap();
    assert_eq!(call::advise(&s.point, &stranger), Err(Hresult::CANNOT_CONNECT));
    assert_eq!(call::unadvise(&s.point, 1), Err(Hresult::NO_CONNECTION));
    assert!(s.session.cast::<IRendezvousApplication>().is_err());
    let mut object = null_mut();
    // SAFETY: everything lives here.
    unsafe {
        returns(
            Hresult::NO_CONNECTION,
            s.container.FindConnectionPoint(&IRendezvousSession::IID, &raw mut object),
        );
    }
    assert!(object.is_null());
}

#[test]
fn text_is_what_it_is_or_is_refused() {
    let s = scene();
    call::send(&s.session, "a\0b 😀").unwrap();
    call::send(&s.session, "").unwrap();
    call::terminate(&s.session, SessionResult(0x8000_4005), "bye").unwrap();
    let expected = [
        (None, "a\0b 😀".to_owned()),
        (None, String::new()),
        (Some(SessionResult(0x8000_4005)), "bye".to_owned()),
    ];
    assert_eq!(*s.asked.0.lock().unwrap(), expected);

    let half = windows_core::BSTR::from_wide(&[0x41, 0xD83D]);
    // SAFETY: the texts live during the calls; the second has an odd number of bytes, which a text can have.
    unsafe {
        returns(Hresult::INVALID_ARGUMENT, s.session.SendContextData(half.as_ptr()));
        returns(Hresult::INVALID_ARGUMENT, s.session.Terminate(HRESULT(0), half.as_ptr()));
        let odd = SysAllocStringByteLen(b"abc".as_ptr(), 3);
        returns(Hresult::INVALID_ARGUMENT, s.session.SendContextData(odd));
        SysFreeString(odd);
    }
    assert_eq!(s.asked.0.lock().unwrap().len(), expected.len(), "nothing of that arrived");
    assert_eq!(call::remote_user(&s.session).as_deref(), Ok("Ann 😀"));
    assert_eq!(call::flags(&s.session), Ok(1));
}

#[test]
fn the_state_inside_the_event_is_the_new_one_and_its_argument_the_old() {
    let s = scene();
    let (listener, heard) = sink(&s.session);
    let cookie = call::advise(&s.point, &listener).unwrap();
    s.shared.set_state(State::Connected);
    let event = Event::StateChanged { previous: State::Accepted, current: State::Connected };
    s.shared.raise(&Call::of(&event).unwrap());
    let said = Said::StateChanged { previous: State::Accepted };
    assert!(matches!(
        heard.try_recv(),
        Ok(Job::Heard(Heard::Said(got, Some(State::Connected)))) if got == said
    ));
    call::unadvise(&s.point, cookie).unwrap();
    s.shared.raise(&Call::of(&event).unwrap());
    assert!(heard.try_recv().is_err(), "it does not listen any more");
    assert!(s.shared.listeners.was_left());
}

#[test]
fn sixteen_may_listen_and_both_lists_name_them() {
    let s = scene();
    let (listener, _heard) = sink(&s.session);
    let cookies: Vec<_> = (0..16).map(|_| call::advise(&s.point, &listener).unwrap()).collect();
    assert_eq!(call::advise(&s.point, &listener), Err(Hresult::CONNECTION_LIMIT));

    let (mut connections, mut points, mut fetched) = (null_mut(), null_mut(), 9);
    let mut list: Vec<Connection> = (0..20).map(|_| Connection { sink: null_mut(), cookie: 0 }).collect();
    // SAFETY: everything lives here, and there is place for as many as are asked for. What was given is released.
    unsafe {
        returns(Hresult::OK, s.point.EnumConnections(&raw mut connections));
        let connections = IEnumConnections::from_raw(connections);
        returns(Hresult::POINTER, connections.Next(1, null_mut(), &raw mut fetched));
        returns(Hresult::POINTER, connections.Next(2, list.as_mut_ptr(), null_mut()));
        returns(Hresult::FALSE, connections.Next(20, list.as_mut_ptr(), &raw mut fetched));
        assert_eq!(list.iter().map(|c| c.cookie).take(16).collect::<Vec<_>>(), cookies);
        list.iter().take(16).for_each(|c| drop(IUnknown::from_raw(c.sink)));
        returns(Hresult::FALSE, connections.Skip(1));
        returns(Hresult::OK, connections.Reset());
        returns(Hresult::OK, connections.Skip(16));
        assert_eq!(fetched, 16);

        returns(Hresult::OK, s.container.EnumConnectionPoints(&raw mut points));
        let points = IEnumConnectionPoints::from_raw(points);
        let (mut point, mut copy) = (null_mut(), null_mut());
        returns(Hresult::POINTER, points.Clone(null_mut()));
        returns(Hresult::OK, points.Next(1, &raw mut point, null_mut()));
        drop(IConnectionPoint::from_raw(point));
        returns(Hresult::OK, points.Clone(&raw mut copy));
        let copy = IEnumConnectionPoints::from_raw(copy);
        returns(Hresult::FALSE, copy.Next(1, &raw mut point, &raw mut fetched));
        assert_eq!(fetched, 0);
        returns(Hresult::OK, copy.Reset());
        returns(Hresult::OK, copy.Skip(1));
        returns(Hresult::FALSE, points.Skip(1));
    }
    cookies.into_iter().for_each(|cookie| call::unadvise(&s.point, cookie).unwrap());
}

#[test]
fn nothing_is_left_when_everything_was_let_go() {
    {
        let s = scene();
        let (listener, _heard) = sink(&s.session);
        let cookie = call::advise(&s.point, &listener).unwrap();
        assert!(living::objects() > 0);
        call::unadvise(&s.point, cookie).unwrap();
        // The point keeps the session as long as somebody holds it.
        let mut container = null_mut();
        // SAFETY: the place is ours, and what is put there is released.
        unsafe {
            returns(Hresult::OK, s.point.GetConnectionPointContainer(&raw mut container));
            drop(IConnectionPointContainer::from_raw(container));
        }
    }
    let _alone = alone();
    // Threads of other tests' sessions may still be about to end.
    until("a reference is left", || living::objects() == 0);
}

#[test]
fn a_flood_that_nobody_takes_is_refused_before_it_grows() {
    let s = scene();
    let (listener, heard) = sink(&s.session);
    let cookie = call::advise(&s.point, &listener).unwrap();
    let sink = call::as_dispatch(&listener, names::EVENTS).unwrap();
    let text = Call::of(&Event::ContextData("x".repeat(64 * 1024))).unwrap();
    let taken = (0..1000)
        .take_while(|_| call::raise(&sink, text.member.number(), &Made::of(&text.arguments)) == Ok(()))
        .count();
    assert!((100..=128).contains(&taken), "{taken} texts of 64 KiB are 8 MiB");
    for _ in 0..1000 {
        assert_eq!(
            call::raise(&sink, text.member.number(), &Made::of(&text.arguments)),
            Err(Hresult::OUT_OF_MEMORY)
        );
    }
    let jobs: Vec<_> = heard.try_iter().collect();
    assert!(matches!(jobs.last(), Some(Job::Heard(Heard::Gone))), "whoever floods is let go");
    assert_eq!(jobs.len(), taken + 1, "which is said once, however long it goes on");
    // As whoever hears that does. Session and sink hold each other until then.
    call::unadvise(&s.point, cookie).unwrap();
}
