//! A message bus of the test's own: another address, another configuration, ended with its owner.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::home::Home;
use crate::process::{Launch, Log, Process};
use crate::wait;

/// What takes longer than this is broken.
const SOON: Duration = Duration::from_secs(20);

/// A session bus with nothing on it.
#[derive(Debug)]
pub struct Bus {
    daemon: Process,
    address: String,
    home: Home,
}

/// Who may connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    ThisUser,
    Everybody,
}

const CONFIG: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=HOME/bus</listen>
  <auth>EXTERNAL</auth>
  <servicedir>HOME/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
    WHO
  </policy>
</busconfig>
"#;

impl Bus {
    /// Starts one for this user, as a desktop has it.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn start() -> Result<Self> {
        Self::start_for(For::ThisUser)
    }

    /// Starts one that lets other users in, as no desktop should.
    ///
    /// # Errors
    ///
    /// When it does not start.
    pub fn for_everybody() -> Result<Self> {
        Self::start_for(For::Everybody)
    }

    fn start_for(who: For) -> Result<Self> {
        let home = Home::new("bus")?;
        fs::create_dir(home.join("services"))?;
        let allowed = match who {
            For::ThisUser => "",
            For::Everybody => {
                fs::set_permissions(home.path(), fs::Permissions::from_mode(0o711))?;
                "<allow user=\"*\"/>"
            }
        };
        let path = home.path().to_str().context("the path of a bus is of letters")?;
        let config = home.join("bus.conf");
        fs::write(&config, CONFIG.replace("HOME", path).replace("WHO", allowed))?;
        let socket = home.join("bus");
        let launch = Launch::new("dbus-daemon")
            .args(["--nofork", "--nopidfile"])
            .arg(format!("--config-file={}", config.display()))
            .without("DISPLAY")
            .without("DBUS_SESSION_BUS_ADDRESS");
        let mut daemon = Process::start(&launch, Log::File(&home.join("bus.log")))?;
        wait::until("the message bus", SOON, || {
            daemon.check_running()?;
            Ok(UnixStream::connect(&socket).ok())
        })?;
        let address = format!("unix:path={}", socket.display());
        Ok(Self { daemon, address, home })
    }

    /// Where it listens, as in `DBUS_SESSION_BUS_ADDRESS`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// From now on the bus starts this command line when somebody wants this name.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn starts(&self, name: &str, command_line: &str) -> Result<()> {
        let text = format!("[D-BUS Service]\nName={name}\nExec={command_line}\n");
        let file = self.home.join("services").join(format!("{name}.service"));
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
    }

    /// Ends it, as when the person logs out.
    pub fn end(&mut self) {
        self.daemon.end();
    }
}
