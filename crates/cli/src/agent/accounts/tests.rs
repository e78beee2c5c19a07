use super::*;
use crate::contacts::Person;
use crate::identity::unix_now;
use rendezvous_testkit::home::Home as Folder;

/// Accounts with nothing but a place of their own on loopback.
struct House {
    home: Home,
    accounts: Accounts,
    _happenings: mpsc::UnboundedReceiver<Happened>,
    _folder: Folder,
}

impl House {
    async fn new(name: &str) -> Self {
        let folder = Folder::new(name).expect("a place for a test");
        let home = Home::at(folder.path().to_owned());
        let mut config = Config::default();
        config.nearby.multicast = false;
        let identity = Identity::open(&home).expect("a key is made");
        let (accounts, _happenings) =
            Accounts::open(&home, &config, &identity, Some("127.0.0.1:0")).await.expect("it listens");
        Self { home, accounts, _happenings, _folder: folder }
    }

    fn nearby(&self) -> &Begun {
        &self.accounts.begun[&self.accounts.nearby_account().expect("it is on")]
    }

    /// Changes the contacts, and waits until this one is seen to be there, or not to be.
    async fn changes(&mut self, contact: &Address, is_seen: bool, change: impl FnOnce(&mut Contacts)) {
        let changed = |contacts: &mut Contacts| {
            change(contacts);
            Ok(())
        };
        Contacts::change(&self.home, changed).expect("it is written");
        self.accounts.know(&Contacts::load(&self.home).expect("it is read"));
        let look = async {
            loop {
                let seen = self.nearby().handle.seen().await.expect("it is driven");
                if seen.devices.iter().any(|device| device.contact == *contact) == is_seen {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), look).await.expect("in time");
    }
}

#[tokio::test]
async fn whoever_is_blocked_or_removed_is_no_contact_of_the_network_from_then_on() {
    let (mut ann, bob) = (House::new("ann").await, House::new("bob").await);
    let (place, address) = (ann.nearby().place.clone(), bob.nearby().me.clone());
    let person = Person {
        name: "Bob".to_owned(),
        network: NEARBY.to_owned(),
        address: address.to_string(),
        places: Vec::new(),
        since: 0,
        blocked: false,
    };
    let control = bob.accounts.nearby().expect("it is on");
    for is_blocked in [true, false] {
        // Bob comes by, and Ann sees it once he is her contact.
        control.lookup(&place).await.expect("Ann is there");
        let add = |contacts: &mut Contacts| contacts.add(unix_now(), person.clone()).expect("it is added");
        ann.changes(&address, true, add).await;
        let end = |contacts: &mut Contacts| {
            if is_blocked {
                contacts.block(unix_now(), NEARBY, address.as_str(), true).expect("it is blocked");
            } else {
                assert!(contacts.remove(NEARBY, address.as_str()));
            }
        };
        ann.changes(&address, false, end).await;
        Contacts::change(&ann.home, |contacts| Ok(contacts.remove(NEARBY, address.as_str())))
            .expect("it is written");
    }
}
