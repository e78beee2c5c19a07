//! An application as IM programs on Windows start it: registers itself, serves one session, and removes itself.
//!
//! ```text
//! com_application register LIBRARY TYPES
//! com_application com-server ask|offer|hello
//! com_application unregister
//! ```

#[cfg(windows)]
mod talk;

#[cfg(windows)]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use rendezvous_com::names::Activity;
    use rendezvous_com::registration::{Files, SERVER_ARGUMENT};
    use rendezvous_com::{registry, server};
    use std::sync::Arc;
    use std::time::Duration;

    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["register", library, types] => {
            let program = std::env::current_exe()?.display().to_string();
            let files =
                Files { program, library: Some(library.into()), types: types.into(), serves_sessions: true };
            registry::register(&files)?;
        }
        ["unregister"] => registry::unregister()?,
        // The system adds an argument of its own.
        [argument, word, ..] if argument == SERVER_ARGUMENT => {
            let activity = Activity::of_word(word).ok_or("ask, offer or hello")?;
            // Nobody sees what a server writes to its terminal.
            std::panic::set_hook(Box::new(|panic| talk::note(&format!("PANIC {panic}"))));
            talk::note("server begins");
            server::serve(activity, Arc::new(talk::Talker), Duration::from_secs(10))?;
            talk::note("server ends");
        }
        _ => return Err("register LIBRARY TYPES, unregister, or com-server".into()),
    }
    Ok(())
}

#[cfg(not(windows))]
fn main() {}
