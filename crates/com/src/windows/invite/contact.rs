//! A contact, as far as programs of that time ask for one.
#![expect(unsafe_code, reason = "an object of COM's, called with pointers of others")]

use super::super::dispatch::{Answer, Scripted, is, scripted};
use super::super::interfaces::IDispatch;
use super::super::living::LivingObject;
use crate::invite::member::{self, Access, Member, Value};
use crate::names::Guid;
use rendezvous_core::Address;
use windows_core::implement;

#[implement(IDispatch)]
struct Contact {
    address: Address,
    _living: LivingObject,
}

/// A contact with this address, which is all that is known of them here.
pub(super) fn new(address: Address) -> IDispatch {
    Contact { address, _living: LivingObject::new() }.into()
}

impl Scripted for Contact_Impl {
    const TABLE: &'static [Member] = member::CONTACT;
    const INTERFACE: Option<Guid> = None;

    fn ask(&self, _: i32, _: Access, _: Vec<Value<IDispatch>>) -> Answer {
        is(Value::Text(self.address.to_string()))
    }
}

scripted!(Contact_Impl);
