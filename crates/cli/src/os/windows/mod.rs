//! Windows. What a person's files are kept from others by, is the directory of their profile, and what is made in it.

mod directories;
mod files;
mod inherited;
mod multicast;
mod processes;
mod system;

pub(crate) use directories::{directories, downloads, is_safe};
pub(crate) use files::{
    Rights, directory_for_person_alone, for_person_alone, is_foreign, is_of_person_alone, is_program,
    is_same, path_of, path_of_open, sync_directory, without_waiting,
};
pub(crate) use inherited::{Handing, activation_socket, at_terminal, inherited_socket, is_there};
pub(crate) use multicast::{is_made_for_multicast, joined_4, joined_6};
pub(crate) use processes::{
    BROWSERS, become_it, has_user_id, in_a_group_of_its_own, in_the_background, is_running, leave_terminal,
    leave_who_started_us, may_have_desktop,
};
pub(crate) use system::{awake, is_the_systems, since_boot};
