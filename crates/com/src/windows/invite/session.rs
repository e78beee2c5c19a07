//! A session as *Session Invite* knows it: what is read of it, and what its calls do.

use super::super::listeners::Listeners;
use super::super::living::LivingObject;
use super::center::{Center, Draft};
use super::worker::Order;
use crate::hresult::Hresult;
use crate::invite::{SESSION_EVENTS, check_address, check_context, check_data};
use rendezvous_core::{
    Address, Application, ApplicationId, Code, Command, DeclinedBy, Event, MAX_GUID, Role, SessionId,
    SessionResult, State, flags,
};
use rendezvous_net::CallError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many bytes of events may wait for a session's programs. One that takes nothing has no use for more.
const MOST_WAITING: usize = 8 * 1024 * 1024;
/// What an event costs besides its text.
const OVERHEAD: usize = 256;

/// What is known of it.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) state: State,
    pub(super) application: Option<ApplicationId>,
    pub(super) contact: Option<Address>,
    pub(super) local_address: String,
    /// The last one that came.
    pub(super) context: Option<String>,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            state: State::Ready,
            application: None,
            contact: None,
            local_address: String::new(),
            context: None,
        }
    }
}

/// What every object of one session has in common.
pub(super) struct Shared {
    pub(super) id: SessionId,
    role: Role,
    pub(super) listeners: Arc<Listeners>,
    center: Arc<Center>,
    facts: Mutex<Facts>,
    /// To the thread that raises its events, while there is one.
    orders: Mutex<Option<Sender<Order>>>,
    waiting: AtomicUsize,
    is_ended_here: AtomicBool,
    /// A program is its application.
    is_attached: AtomicBool,
    /// Until somebody is invited.
    draft: Mutex<Option<Draft>>,
    _living: LivingObject,
}

fn code(code: Code) -> Hresult {
    Hresult(code.number())
}

impl Shared {
    pub(super) fn new(
        id: SessionId,
        role: Role,
        facts: Facts,
        draft: Option<Draft>,
        center: Arc<Center>,
    ) -> Self {
        Self {
            id,
            role,
            listeners: Arc::new(Listeners::new(SESSION_EVENTS)),
            center,
            facts: Mutex::new(facts),
            orders: Mutex::default(),
            waiting: AtomicUsize::new(0),
            is_ended_here: AtomicBool::new(false),
            is_attached: AtomicBool::new(false),
            draft: Mutex::new(draft),
            _living: LivingObject::new(),
        }
    }

    pub(super) fn state(&self) -> State {
        self.lock().state
    }

    pub(super) fn application(&self) -> Result<String, Hresult> {
        self.application_id().map(|id| id.to_string())
    }

    fn application_id(&self) -> Result<ApplicationId, Hresult> {
        self.lock().application.ok_or(code(Code::AppNotSpecified))
    }

    /// What is registered here. What the other side calls it is not asked.
    fn registered(&self) -> Result<Option<Application>, Hresult> {
        Ok(self.center.service.application(self.application_id()?))
    }

    pub(super) fn application_name(&self) -> Result<String, Hresult> {
        Ok(self.registered()?.map(|application| application.name).unwrap_or_default())
    }

    pub(super) fn application_url(&self) -> Result<String, Hresult> {
        Ok(self.registered()?.map(|application| application.url).unwrap_or_default())
    }

    pub(super) fn set_application(&self, guid: &str) -> Result<(), Hresult> {
        if self.lock().state != State::Ready {
            return Err(code(Code::SessionNotReady));
        }
        let is_braced = guid.len() <= MAX_GUID && guid.starts_with('{');
        let id: ApplicationId = guid.parse().ok().filter(|_| is_braced).ok_or(Hresult::INVALID_ARGUMENT)?;
        self.center.service.application(id).ok_or(Hresult::INVALID_ARGUMENT)?;
        let mut facts = self.lock();
        if facts.state != State::Ready {
            return Err(code(Code::SessionNotReady));
        }
        facts.application = Some(id);
        Ok(())
    }

    pub(super) fn flags(&self) -> i32 {
        let registered = self.registered().ok().flatten();
        let compatible = registered.is_some_and(|application| application.legacy);
        let compatible = if compatible { flags::SF_APP_INVITE_COMPATIBLE } else { 0 };
        (flags::rendezvous(self.role) | compatible).cast_signed()
    }

    pub(super) fn contact(&self) -> Result<Address, Hresult> {
        self.lock().contact.clone().ok_or(code(Code::NoUserInvited))
    }

    pub(super) fn context(&self) -> Option<String> {
        self.lock().context.clone()
    }

    pub(super) fn local_address(&self) -> String {
        self.lock().local_address.clone()
    }

    pub(super) fn set_local_address(&self, address: &str) -> Result<(), Hresult> {
        check_address(address)?;
        address.clone_into(&mut self.lock().local_address);
        Ok(())
    }

    pub(super) fn invite(self: &Arc<Self>, contact: &str, data: String) -> Result<(), Hresult> {
        check_data(&data)?;
        let contact: Address = contact.parse().map_err(|_| Hresult::INVALID_ARGUMENT)?;
        let application = self.begin(&contact)?;
        // From the first event on.
        let invited = self.center.add(self).and_then(|()| {
            let invited = self.center.service.invite(self.id, contact, application, data);
            invited.map_err(|error| Hresult::of_call(&error))
        });
        match invited {
            Ok(()) => {
                let mut facts = self.lock();
                if facts.state == State::Ready {
                    facts.state = State::Invitation;
                }
                drop(facts);
                drop(self.draft.lock().unwrap_or_else(PoisonError::into_inner).take());
            }
            Err(_) => {
                self.lock().contact = None;
                self.center.remove(self.id);
            }
        }
        invited
    }

    /// Nobody else may invite from here on, unless it fails.
    fn begin(&self, contact: &Address) -> Result<ApplicationId, Hresult> {
        let mut facts = self.lock();
        if facts.state != State::Ready || facts.contact.is_some() {
            return Err(code(Code::SessionNotReady));
        }
        let application = facts.application.ok_or(code(Code::AppNotSpecified))?;
        facts.contact = Some(contact.clone());
        Ok(application)
    }

    pub(super) fn decline(&self, data: String) -> Result<(), Hresult> {
        check_data(&data)?;
        match (self.role, self.state()) {
            (Role::Inviter, _) => Err(code(Code::NotInvitee)),
            (Role::Invitee, _) => {
                let command = Command::Decline { by: DeclinedBy::Person, data };
                self.command(command).map_err(|error| Hresult::of_call(&error))
            }
        }
    }

    pub(super) fn cancel(&self, reason: i32, data: String) -> Result<(), Hresult> {
        check_data(&data)?;
        {
            let mut facts = self.lock();
            if facts.state == State::Ready && facts.contact.is_none() {
                // Nobody knows of it.
                facts.state = State::Cancelled;
                return Ok(());
            }
        }
        let command = match self.state() {
            State::Connected => Command::Terminate { result: SessionResult(reason.cast_unsigned()), data },
            _ => Command::Cancel { data },
        };
        self.is_ended_here.store(true, Ordering::SeqCst);
        self.command(command).map_err(|error| {
            self.is_ended_here.store(false, Ordering::SeqCst);
            match error {
                // No page lists another number for it.
                CallError::Refused(rendezvous_core::SessionError::DataOverLimit(_)) => {
                    Hresult::INVALID_ARGUMENT
                }
                _ => Hresult::FAIL,
            }
        })
    }

    /// The prompt comes before the person. What they answer there is told as any answer is.
    pub(super) fn accept(&self, data: String) -> Result<(), Hresult> {
        check_data(&data)?;
        if self.role != Role::Invitee || self.state() != State::Invitation {
            return Err(code(Code::SessionStateInvalid));
        }
        self.center.service.wishes(self.id, data);
        Ok(())
    }

    pub(super) fn send(&self, text: String) -> Result<(), Hresult> {
        check_context(&text)?;
        self.command(Command::SendContext(text)).map_err(|error| Hresult::of_call(&error))
    }

    /// A program has it, and is its application.
    pub(super) fn attach(&self) {
        // One that is attached already is.
        _ = self.command(Command::Attach);
        self.is_attached.store(true, Ordering::SeqCst);
    }

    pub(super) fn is_attached(&self) -> bool {
        self.is_attached.load(Ordering::SeqCst)
    }

    fn command(&self, command: Command) -> Result<(), CallError> {
        self.center.service.command(self.id, command)
    }

    /// From now on this thread raises its events.
    pub(super) fn listen(&self, orders: Sender<Order>) {
        *self.orders.lock().unwrap_or_else(PoisonError::into_inner) = Some(orders);
    }

    /// Its thread ends when it has done what it was told.
    pub(super) fn close(&self) {
        drop(self.orders.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Whether its thread will do this.
    pub(super) fn order(&self, order: Order) -> bool {
        if let Order::Event(event) = &order {
            let cost = cost_of(event);
            let waiting = self.waiting.fetch_add(cost, Ordering::SeqCst) + cost;
            if waiting > MOST_WAITING && matches!(event, Event::ContextData(_)) {
                self.waiting.fetch_sub(cost, Ordering::SeqCst);
                tracing::debug!(session = %self.id, "A program takes nothing of what it is sent");
                return false;
            }
        }
        let orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.as_ref().is_some_and(|orders| orders.send(order).is_ok())
    }

    /// An event that waited does so no more.
    pub(super) fn taken(&self, event: &Event) {
        self.waiting.fetch_sub(cost_of(event), Ordering::SeqCst);
    }

    /// What an event makes true. States only rise.
    pub(super) fn learn(&self, event: &Event) {
        let mut facts = self.lock();
        match event {
            Event::StateChanged { current, .. } if current.number() > facts.state.number() => {
                facts.state = *current;
            }
            Event::ContextData(text) => facts.context = Some(text.clone()),
            _ => {}
        }
    }

    pub(super) fn is_ended_here(&self) -> bool {
        self.is_ended_here.load(Ordering::SeqCst)
    }

    fn lock(&self) -> MutexGuard<'_, Facts> {
        // Nothing that holds it can panic.
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn cost_of(event: &Event) -> usize {
    let text = match event {
        Event::ContextData(text) => text.len(),
        _ => 0,
    };
    text + OVERHEAD
}
