//! The icon itself (`org.kde.StatusNotifierItem`).

use super::icon::{Pixmap, icon};
use super::menu::MENU_PATH;
use rendezvous_desktop::x11::bar::{Contents, Tone};
use tokio::sync::watch;
use zbus::object_server::SignalEmitter;
use zbus::{Connection, OwnedObjectPath};

pub(super) const ITEM_PATH: &str = "/StatusNotifierItem";

/// What a tool tip is: the name of an icon, an icon, a title, a text.
type ToolTip = (String, Vec<Pixmap>, String, String);

pub(super) struct Item {
    says: watch::Receiver<Contents>,
}

impl Item {
    pub(super) fn new(says: watch::Receiver<Contents>) -> Self {
        Self { says }
    }

    fn tone(&self) -> Tone {
        self.says.borrow().tone
    }
}

/// Whoever shows it reads it anew.
pub(super) async fn changed(bus: &Connection) -> zbus::Result<()> {
    let item = bus.object_server().interface::<_, Item>(ITEM_PATH).await?;
    let (emitter, status) = (item.signal_emitter(), status(item.get().await.tone()));
    Item::new_title(emitter).await?;
    Item::new_tool_tip(emitter).await?;
    Item::new_icon(emitter).await?;
    Item::new_attention_icon(emitter).await?;
    Item::new_status(emitter, status).await
}

/// Panels may hide what is passive; this never is.
fn status(tone: Tone) -> &'static str {
    match tone {
        Tone::Calm | Tone::Seen => "Active",
        Tone::Controlled => "NeedsAttention",
    }
}

#[zbus::interface(name = "org.kde.StatusNotifierItem")]
impl Item {
    #[zbus(property)]
    fn category(&self) -> &'static str {
        "Communications"
    }

    #[zbus(property)]
    fn id(&self) -> &'static str {
        "rendezvous"
    }

    #[zbus(property)]
    fn title(&self) -> String {
        self.says.borrow().spoken.clone()
    }

    #[zbus(property)]
    fn status(&self) -> &'static str {
        status(self.tone())
    }

    #[zbus(property)]
    fn window_id(&self) -> i32 {
        0
    }

    /// None by name: what a theme shows under a name is not ours to say.
    #[zbus(property)]
    fn icon_name(&self) -> &'static str {
        ""
    }

    #[zbus(property)]
    fn icon_pixmap(&self) -> Vec<Pixmap> {
        icon(self.tone())
    }

    #[zbus(property)]
    fn attention_icon_name(&self) -> &'static str {
        ""
    }

    #[zbus(property)]
    fn attention_icon_pixmap(&self) -> Vec<Pixmap> {
        icon(self.tone())
    }

    #[zbus(property)]
    fn tool_tip(&self) -> ToolTip {
        let says = self.says.borrow();
        // Panels read the text as markup.
        let text = says.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        (String::new(), Vec::new(), "Rendezvous".to_owned(), text)
    }

    /// A click opens the menu, too: there is nothing else to do.
    #[zbus(property)]
    fn item_is_menu(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn menu(&self) -> OwnedObjectPath {
        OwnedObjectPath::try_from(MENU_PATH).expect("the path is written correctly")
    }

    fn activate(&self, _x: i32, _y: i32) {}

    fn secondary_activate(&self, _x: i32, _y: i32) {}

    fn context_menu(&self, _x: i32, _y: i32) {}

    fn scroll(&self, _delta: i32, _orientation: String) {}

    #[zbus(signal)]
    async fn new_title(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn new_icon(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn new_attention_icon(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn new_tool_tip(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn new_status(emitter: &SignalEmitter<'_>, status: &str) -> zbus::Result<()>;
}
