//! `IMsgrSessionManager` and its lock: what programs create to ask for sessions.
#![expect(unsafe_code, reason = "an object of COM's, called with pointers of others")]

use super::super::dispatch::{Answer, Scripted, did, is, scripted};
use super::super::interfaces::{
    IConnectionPointContainer, IConnectionPointContainer_Impl, IDispatch, IMsgrLock, IMsgrLock_Impl,
    IMsgrSessionManager, IMsgrSessionManager_Impl, IProvideClassInfo_Impl, IProvideClassInfo2,
    IProvideClassInfo2_Impl,
};
use super::super::listeners::Listeners;
use super::super::living::LivingObject;
use super::super::session::put;
use super::super::system::InApartment;
use super::super::variant::{Flag, Made};
use super::super::{answer, point, text};
use super::applications;
use super::center::{Center, News};
use super::object;
use super::session::{Facts, Shared};
use crate::hresult::Hresult;
use crate::invite::event::{INVITATION, REGISTERED, SHUTDOWN, UNREGISTERED};
use crate::invite::member::{self, Access, Member, Value};
use crate::invite::{self, MANAGER_EVENTS};
use crate::member::Argument;
use crate::names::Guid;
use crate::wide;
use rendezvous_core::{ApplicationId, LockError, LockStatus, Role, SessionId};
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use windows_core::{GUID, HRESULT, IUnknown, IUnknownImpl, Interface, implement};

/// So much may wait for a manager's listeners.
const MOST_NEWS: usize = 64;

#[implement(IMsgrSessionManager, IMsgrLock, IConnectionPointContainer, IProvideClassInfo2)]
pub(super) struct Manager {
    center: Arc<Center>,
    /// They are what the center knows a manager by.
    listeners: Arc<Listeners>,
    _living: LivingObject,
}

/// One more manager, which hears of what comes.
pub(super) fn new(center: &Arc<Center>) -> Result<IUnknown, Hresult> {
    let listeners = Arc::new(Listeners::new(MANAGER_EVENTS));
    let (news, receiver) = sync_channel(MOST_NEWS);
    center.add_manager(&listeners, news)?;
    let weak = Arc::downgrade(&listeners);
    std::thread::Builder::new()
        .name("rendezvous-manager".into())
        .spawn(move || hear(&weak, &receiver))
        .map_err(|_| Hresult::OUT_OF_MEMORY)?;
    let manager = Manager { center: center.clone(), listeners, _living: LivingObject::new() };
    let manager: IMsgrSessionManager = manager.into();
    Ok(manager.into())
}

/// The thread that raises a manager's events, until the agent ends or hears that the manager is gone.
fn hear(listeners: &std::sync::Weak<Listeners>, news: &Receiver<News>) {
    let Ok(_apartment) = InApartment::enter() else { return };
    while let (Ok(news), Some(listeners)) = (news.recv(), listeners.upgrade()) {
        match news {
            News::Invitation { session, data } => invitation(&listeners, session, &data),
            News::Registered(id) => listeners.raise(REGISTERED, &named(id)),
            News::Unregistered(id) => listeners.raise(UNREGISTERED, &named(id)),
            News::Shutdown => listeners.raise(SHUTDOWN, &Made::of(&[])),
        }
    }
}

fn named(id: ApplicationId) -> Made {
    Made::of(&[Argument::Text(wide::write(&id.to_string()))])
}

/// `OnInvitation`. Whether a program has handled it takes the prompt away from nobody.
fn invitation(listeners: &Listeners, session: Arc<Shared>, data: &str) {
    let mut is_handled = Flag::new(false);
    let object = object::new(session);
    let arguments = Made::of(&[])
        .and_object(&object)
        .and_argument(&Argument::Text(wide::write(data)))
        .and_flag(&mut is_handled);
    listeners.raise(INVITATION, &arguments);
}

impl Manager_Impl {
    fn container(&self) -> IConnectionPointContainer {
        self.to_interface()
    }

    fn create(&self) -> Result<IDispatch, Hresult> {
        let draft = self.center.draft()?;
        let mut name = [0; 16];
        getrandom::fill(&mut name).map_err(|_| Hresult::FAIL)?;
        let (name, center) = (SessionId(name), self.center.clone());
        Ok(object::new(Arc::new(Shared::new(name, Role::Inviter, Facts::default(), Some(draft), center))))
    }

    fn launching(&self, process: i32) -> Result<IDispatch, Hresult> {
        let process = u32::try_from(process).ok().filter(|process| *process != 0);
        let process = process.ok_or(Hresult::INVALID_ARGUMENT)?;
        let session = self.center.of_process(process).ok_or(Hresult::FAIL)?;
        session.attach();
        Ok(object::new(session))
    }

    fn register(&self, guid: &str, name: &str, url: &str, path: &str, flags: i32) -> Result<(), Hresult> {
        let id = applications::register(guid, name, url, path, flags)?;
        self.center.service.applications_changed();
        self.center.news(&News::Registered(id));
        Ok(())
    }

    fn unregister(&self, guid: &str) -> Result<(), Hresult> {
        let id = applications::unregister(guid)?;
        self.center.service.applications_changed();
        self.center.news(&News::Unregistered(id));
        Ok(())
    }
}

impl Scripted for Manager_Impl {
    const TABLE: &'static [Member] = member::MANAGER;
    const INTERFACE: Option<Guid> = Some(invite::MANAGER);

    fn ask(&self, number: i32, _: Access, given: Vec<Value<IDispatch>>) -> Answer {
        match (number, &given[..]) {
            (0, []) => is(Value::Object(self.create()?)),
            (1, [Value::Number(process)]) => is(Value::Object(self.launching(*process)?)),
            (
                2,
                [
                    Value::Text(guid),
                    Value::Text(name),
                    Value::Text(url),
                    Value::Text(path),
                    Value::Number(flags),
                ],
            ) => did(self.register(guid, name, url, path, *flags)),
            (3, [Value::Text(guid)]) => did(self.unregister(guid)),
            // Published as not implemented.
            (4, []) => Err(Hresult::NOT_IMPLEMENTED),
            _ => Err(Hresult::MEMBER_NOT_FOUND),
        }
    }
}

scripted!(Manager_Impl);

/// An object for a place of the caller's, which is looked at first.
///
/// # Safety
///
/// The pointer is null or to a place that may be written.
unsafe fn give(place: *mut *mut c_void, made: impl FnOnce() -> Result<IDispatch, Hresult>) -> HRESULT {
    // SAFETY: as our caller promises.
    let Some(place) = (unsafe { place.as_mut() }) else { return answer(Err(Hresult::POINTER)) };
    *place = std::ptr::null_mut();
    answer(made().map(|object| *place = object.into_raw()))
}

impl IMsgrSessionManager_Impl for Manager_Impl {
    unsafe fn CreateSession(&self, session: *mut *mut c_void) -> HRESULT {
        // SAFETY: the pointer is null or to a place of our caller's.
        unsafe { give(session, || self.create()) }
    }

    unsafe fn GetLaunchingSession(&self, process: i32, session: *mut *mut c_void) -> HRESULT {
        // SAFETY: as above.
        unsafe { give(session, || self.launching(process)) }
    }

    unsafe fn RegisterApplication(
        &self,
        guid: *const u16,
        name: *const u16,
        url: *const u16,
        path: *const u16,
        flags: i32,
    ) -> HRESULT {
        // SAFETY: each is null or a `BSTR` of our caller's.
        let texts = unsafe { (text::read(guid), text::read(name), text::read(url), text::read(path)) };
        let register = || self.register(&texts.0?, &texts.1?, &texts.2?, &texts.3?, flags);
        answer(register())
    }

    unsafe fn UnRegisterApplication(&self, guid: *const u16) -> HRESULT {
        // SAFETY: as above.
        answer(unsafe { text::read(guid) }.and_then(|guid| self.unregister(&guid)))
    }

    unsafe fn get_Applications(&self, applications: *mut *mut c_void) -> HRESULT {
        // SAFETY: the pointer is null or to a place of our caller's.
        unsafe { give(applications, || Err(Hresult::NOT_IMPLEMENTED)) }
    }
}

/// Nothing is locked, as published for services other than Microsoft's own.
impl IMsgrLock_Impl for Manager_Impl {
    unsafe fn get_Status(&self, status: *mut i32) -> HRESULT {
        // SAFETY: as above.
        answer(unsafe { put(status, || LockStatus::HERE.number().cast_signed()) })
    }

    unsafe fn RequestChallenge(&self, _: i32) -> HRESULT {
        answer(Err(Hresult(LockError::HERE.number())))
    }

    unsafe fn SendResponse(&self, _: i32, _: *const u16, _: i32) -> HRESULT {
        answer(Err(Hresult(LockError::HERE.number())))
    }
}

impl IConnectionPointContainer_Impl for Manager_Impl {
    unsafe fn EnumConnectionPoints(&self, points: *mut *mut c_void) -> HRESULT {
        // SAFETY: as above.
        unsafe { point::list(&self.listeners, || self.container(), points) }
    }

    unsafe fn FindConnectionPoint(&self, events: *const GUID, place: *mut *mut c_void) -> HRESULT {
        // SAFETY: as above.
        unsafe { point::find(&self.listeners, || self.container(), events, place) }
    }
}

impl IProvideClassInfo_Impl for Manager_Impl {
    unsafe fn GetClassInfo(&self, info: *mut *mut c_void) -> HRESULT {
        // SAFETY: as above.
        unsafe { point::class_info(invite::MANAGER_CLASS, info) }
    }
}

impl IProvideClassInfo2_Impl for Manager_Impl {
    unsafe fn GetGUID(&self, kind: u32, guid: *mut GUID) -> HRESULT {
        // SAFETY: as above.
        unsafe { point::source_of(&self.listeners, kind, guid) }
    }
}
