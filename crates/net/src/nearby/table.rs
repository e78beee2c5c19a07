//! Who is nearby, as they say. Pure and bounded, whatever is announced.

use super::announcement::Neighbour;
use super::peers::MAX_PLACES;
use rendezvous_core::Address;
use std::collections::HashMap;
use std::net::SocketAddr;

/// So many announcements are remembered.
const MAX_ENTRIES: usize = 512;
/// So many of them for one address: a machine in two networks, or somebody who pretends.
const MAX_OF_ONE: usize = 4;

/// The announcements that stand, by the name of their service instance.
#[derive(Debug, Default)]
pub(super) struct Table {
    entries: HashMap<String, Neighbour>,
}

impl Table {
    /// Takes an announcement; returns the addresses whose places may have changed. When the table is full, one of somebody
    /// who is welcome takes the place of one of somebody who is not.
    pub(super) fn add(
        &mut self,
        instance: String,
        neighbour: Neighbour,
        is_welcome: impl Fn(&Address) -> bool,
    ) -> Vec<Address> {
        let before = self.entries.remove(&instance).map(|old| old.address);
        let mut changed: Vec<Address> = before.into_iter().collect();
        let same = self.entries.values().filter(|known| known.address == neighbour.address).count();
        if same >= MAX_OF_ONE {
            return changed;
        }
        if self.entries.len() >= MAX_ENTRIES {
            let stranger = self.entries.iter().find(|(_, known)| !is_welcome(&known.address));
            let stranger = stranger.map(|(name, _)| name.clone()).filter(|_| is_welcome(&neighbour.address));
            let Some(stranger) = stranger else { return changed };
            changed.extend(self.entries.remove(&stranger).map(|known| known.address));
        }
        if !changed.contains(&neighbour.address) {
            changed.push(neighbour.address.clone());
        }
        self.entries.insert(instance, neighbour);
        changed
    }

    /// An announcement does not stand any more.
    pub(super) fn remove(&mut self, instance: &str) -> Option<Address> {
        self.entries.remove(instance).map(|known| known.address)
    }

    /// Nothing is known any more; returns who was.
    pub(super) fn clear(&mut self) -> Vec<Address> {
        let mut all: Vec<Address> = self.entries.drain().map(|(_, known)| known.address).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Everything that is announced for an address, in one.
    pub(super) fn get(&self, address: &Address) -> Option<Neighbour> {
        let mut all: Vec<(&String, &Neighbour)> =
            self.entries.iter().filter(|(_, known)| known.address == *address).collect();
        all.sort_unstable_by_key(|(name, _)| *name);
        let (_, first) = all.first()?;
        let mut found = (*first).clone();
        for (_, other) in &all[1..] {
            found.name = found.name.or_else(|| other.name.clone());
            found.nameplate = found.nameplate.or(other.nameplate);
            found.places.extend(&other.places);
        }
        found.places.sort_unstable();
        found.places.dedup();
        found.places.truncate(MAX_PLACES);
        Some(found)
    }

    /// Where an address is said to be.
    pub(super) fn places(&self, address: &Address) -> Vec<SocketAddr> {
        self.get(address).map(|known| known.places).unwrap_or_default()
    }

    /// Everybody, each once.
    pub(super) fn all(&self) -> Vec<Neighbour> {
        let mut addresses: Vec<&Address> = self.entries.values().map(|known| &known.address).collect();
        addresses.sort_unstable();
        addresses.dedup();
        addresses.into_iter().filter_map(|address| self.get(address)).collect()
    }

    /// Who says that they have this code open.
    pub(super) fn with_code(&self, nameplate: u16) -> Vec<Address> {
        let mut found: Vec<Address> = self
            .entries
            .values()
            .filter(|known| known.nameplate == Some(nameplate))
            .map(|known| known.address.clone())
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: usize) -> Address {
        Address::new(format!("address-{number}")).unwrap()
    }

    fn neighbour(number: usize, port: u16) -> Neighbour {
        let places = vec![SocketAddr::from(([192, 0, 2, 1], port))];
        Neighbour { address: address(number), name: None, nameplate: Some(port), places }
    }

    #[test]
    fn thousands_of_announcements_leave_room_for_contacts() {
        let mut table = Table::default();
        let nobody = |_: &Address| false;
        for number in 0..5000 {
            table.add(format!("stranger {number}"), neighbour(number, 1), nobody);
        }
        assert_eq!(table.entries.len(), MAX_ENTRIES);
        assert!(table.places(&address(4999)).is_empty());
        let contact = |who: &Address| *who == address(4999);
        let changed = table.add("contact".into(), neighbour(4999, 1), contact);
        assert!(
            changed.contains(&address(4999)) && changed.len() == 2,
            "somebody else had to go: {changed:?}"
        );
        assert_eq!(table.entries.len(), MAX_ENTRIES);
        assert_eq!(table.places(&address(4999)).len(), 1);
        assert_eq!(table.clear().len(), MAX_ENTRIES);
        assert_eq!(table.all(), []);
    }

    #[test]
    fn one_address_has_few_announcements_and_few_places() {
        let mut table = Table::default();
        for number in 0..100 {
            let mut many = neighbour(1, number);
            many.places = (1..=8).map(|n| SocketAddr::from(([192, 0, 2, 1], number * 8 + n))).collect();
            table.add(format!("instance {number}"), many, |_| true);
        }
        assert_eq!(table.entries.len(), MAX_OF_ONE);
        assert_eq!(table.places(&address(1)).len(), MAX_PLACES);
        assert_eq!(table.all().len(), 1);
    }

    #[test]
    fn an_instance_that_changes_its_mind_changes_both() {
        let mut table = Table::default();
        assert_eq!(table.add("x".into(), neighbour(1, 7), |_| false), [address(1)]);
        assert_eq!(table.add("x".into(), neighbour(2, 8), |_| false), [address(1), address(2)]);
        assert_eq!((table.with_code(7), table.with_code(8)), (vec![], vec![address(2)]));
        assert_eq!(table.remove("x"), Some(address(2)));
        assert_eq!(table.remove("x"), None);
    }
}
