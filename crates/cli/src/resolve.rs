//! Whom a person means: a name of theirs, an address, or the beginning of one that only one contact has.

use crate::suggest;
use std::collections::BTreeMap;

/// Somebody on a network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Whom {
    pub(crate) network: String,
    pub(crate) address: String,
}

/// Somebody who may be meant, and every name that they go by: first the person's own name for them, if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) whom: Whom,
    pub(crate) names: Vec<String>,
}

/// Who was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meant {
    One(Candidate),
    Several(Vec<Candidate>),
    Nobody {
        /// A name that is almost the same.
        nearest: Option<String>,
    },
}

/// Puts together what several lists say of the same people. Names that come earlier count more.
pub(crate) fn merge(all: impl IntoIterator<Item = (Whom, Option<String>)>) -> Vec<Candidate> {
    let mut merged: BTreeMap<Whom, Vec<String>> = BTreeMap::new();
    for (whom, name) in all {
        let names = merged.entry(whom).or_default();
        names.extend(name.filter(|name| !name.is_empty() && !names.contains(name)));
    }
    merged.into_iter().map(|(whom, names)| Candidate { whom, names }).collect()
}

/// Looks for whoever is meant. A whole name or address wins over a beginning.
pub(crate) fn resolve(typed: &str, candidates: &[Candidate]) -> Meant {
    let typed = typed.to_lowercase();
    let of = |fits: &dyn Fn(&str) -> bool| -> Vec<Candidate> {
        let is_meant = |c: &&Candidate| c.spellings().any(|s| fits(&s.to_lowercase()));
        candidates.iter().filter(is_meant).cloned().collect()
    };
    for mut found in [of(&|s| s == typed), of(&|s| !typed.is_empty() && s.starts_with(&typed))] {
        match found.len() {
            0 => {}
            1 => return Meant::One(found.remove(0)),
            _ => return Meant::Several(found),
        }
    }
    let spellings = candidates.iter().flat_map(Candidate::spellings);
    Meant::Nobody { nearest: suggest::nearest(&typed, spellings).map(str::to_owned) }
}

impl Candidate {
    /// How they are called here: by the person's own name for them, else by address.
    pub(crate) fn label(&self) -> &str {
        self.names.first().map_or(&self.whom.address, |name| name)
    }

    fn spellings(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str).chain([self.whom.address.as_str()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people() -> Vec<Candidate> {
        let whom = |network: &str, address: &str| Whom { network: network.into(), address: address.into() };
        merge([
            (whom("xmpp", "maria@example.org"), Some("Maria".into())),
            (whom("nearby", "abcd2345"), Some("Mark".into())),
            (whom("xmpp", "ann@example.org"), None),
            (whom("xmpp", "maria@example.org"), Some("Mimi".into())),
            (whom("nearby", "wxyz2345"), Some("Ann".into())),
        ])
    }

    fn one(typed: &str) -> String {
        match resolve(typed, &people()) {
            Meant::One(candidate) => candidate.whom.address,
            other => panic!("{typed}: {other:?}"),
        }
    }

    #[test]
    fn a_name_an_address_or_a_beginning() {
        assert_eq!(one("maria"), "maria@example.org");
        assert_eq!(one("Mimi"), "maria@example.org");
        assert_eq!(one("MARK"), "abcd2345");
        assert_eq!(one("abcd"), "abcd2345");
        assert_eq!(one("ann@"), "ann@example.org");
        // A whole name wins over the beginning of another's address.
        assert_eq!(one("ann"), "wxyz2345");
    }

    #[test]
    fn several_and_nobody() {
        let Meant::Several(several) = resolve("mar", &people()) else { panic!("there are two") };
        assert_eq!(several.iter().map(Candidate::label).collect::<Vec<_>>(), ["Mark", "Maria"]);
        assert_eq!(resolve("marya", &people()), Meant::Nobody { nearest: Some("Maria".into()) });
        assert_eq!(resolve("bob", &people()), Meant::Nobody { nearest: None });
        assert_eq!(resolve("", &people()), Meant::Nobody { nearest: None });
    }
}
