//! Linux, and what is like it.

mod directories;
mod files;
mod inherited;
mod multicast;
mod processes;
mod time;

#[cfg(feature = "windows")]
pub(crate) use directories::of_desktop;
pub(crate) use directories::{directories, downloads, is_safe};
pub(crate) use files::{
    Rights, directory_for_person_alone, for_person_alone, is_foreign, is_of_person_alone, is_program,
    is_same, path_of, path_of_open, sync_directory, without_waiting,
};
pub(crate) use inherited::{
    Handing, activation_socket, at_terminal, hand_socket, inherited_socket, is_there,
};
pub(crate) use multicast::{is_made_for_multicast, joined_4, joined_6};
pub(crate) use processes::{
    BROWSERS, become_it, has_user_id, in_a_group_of_its_own, in_the_background, is_running, leave_terminal,
    leave_who_started_us, may_have_desktop,
};
pub(crate) use time::{awake, since_boot};
