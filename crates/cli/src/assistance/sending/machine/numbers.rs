//! Which number means which path: for ever, so that a list that changes under a finger opens nothing else.

use rendezvous_desktop::windows::ButtonId;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Where the numbers of rows begin.
pub(super) const ROWS: u16 = 100;

/// Only what was shown has one: there are fewer than there may be files.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    paths: Vec<Arc<Path>>,
    numbers: HashMap<Arc<Path>, ButtonId>,
}

impl Numbers {
    /// Gives this one a number, unless it has one or there are no more.
    pub(super) fn learn(&mut self, path: Arc<Path>) {
        let next = u16::try_from(self.paths.len()).ok().and_then(|at| at.checked_add(ROWS));
        if let Some(next) = next
            && !self.numbers.contains_key(&path)
        {
            self.paths.push(path.clone());
            self.numbers.insert(path, ButtonId(next));
        }
    }

    /// The number of this one, once it was shown.
    pub(super) fn of(&self, path: &Path) -> Option<ButtonId> {
        self.numbers.get(path).copied()
    }

    /// What this number means.
    pub(super) fn path(&self, number: ButtonId) -> Option<&Path> {
        let at = number.0.checked_sub(ROWS)?;
        self.paths.get(usize::from(at)).map(|path| &**path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_means_one_path_for_ever_and_there_is_an_end_of_them() {
        let mut numbers = Numbers::default();
        let path = |at: u32| Arc::<Path>::from(Path::new(&format!("/home/ann/{at}")));
        for at in 0..70_000 {
            numbers.learn(path(at));
            numbers.learn(path(at / 2));
        }
        let (first, last) = (ButtonId(ROWS), ButtonId(u16::MAX));
        assert_eq!((numbers.of(&path(0)), numbers.path(first)), (Some(first), Some(&*path(0))));
        let most = u32::from(u16::MAX - ROWS);
        assert_eq!((numbers.of(&path(most)), numbers.path(last)), (Some(last), Some(&*path(most))));
        assert_eq!(numbers.of(&path(most + 1)), None);
        assert_eq!(numbers.path(ButtonId(ROWS - 1)), None);
    }
}
