//! Whom a person means: a name of theirs, an address, or the beginning of one that only one contact has.
//!
//! **Nobody can name themselves into somebody's place.** What the person here has written comes first, whole or only its
//! beginning; what accounts and others say comes after that, and then the person sees whom exactly they would call.

use crate::networks::{NEARBY, XMPP};
use crate::{config, suggest};
use rendezvous_net::nearby::{is_nearby_address, is_place};
use std::collections::BTreeMap;

/// Somebody on a network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Whom {
    pub(crate) network: String,
    pub(crate) address: String,
}

/// Where it is known from that there is somebody, and what they are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// The person here: their own list, and whom they have verified.
    Own,
    /// The list of an account of theirs, as its server says. Each is on the other's.
    Listed,
    /// Whoever it is.
    Announced,
}

/// Somebody who may be meant, and every name that they go by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) whom: Whom,
    /// The best that is known of them.
    pub(crate) source: Source,
    /// What they are called, and by whom; the person's own name for them comes first.
    names: Vec<(Source, String)>,
}

/// Who was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meant {
    /// Somebody whom the person here has named, or whose whole address they have typed.
    One(Candidate),
    /// Somebody who is called so by others: not to be taken for granted.
    Perhaps(Candidate),
    Several(Vec<Candidate>),
    Nobody {
        /// A name that is almost the same.
        nearest: Option<String>,
    },
}

/// Puts together what several lists say of the same people.
pub(crate) fn merge(all: impl IntoIterator<Item = (Source, Whom, Option<String>)>) -> Vec<Candidate> {
    let mut merged: BTreeMap<Whom, (Source, Vec<(Source, String)>)> = BTreeMap::new();
    for (source, whom, name) in all {
        let (best, names) = merged.entry(whom).or_insert((source, Vec::new()));
        *best = source.min(*best);
        names.extend(name.filter(|name| !name.is_empty()).map(|name| (source, name)));
    }
    let candidate = |(whom, (source, mut names)): (Whom, (Source, Vec<(Source, String)>))| {
        names.sort();
        Candidate { whom, source, names }
    };
    merged.into_iter().map(candidate).collect()
}

/// Whom a whole address names by itself; `host:port` names a device of whoever is there.
pub(crate) fn of_address(typed: &str) -> Option<Whom> {
    let network = if is_place(typed) || is_nearby_address(typed) {
        NEARBY
    } else if config::is_jid(typed) {
        XMPP
    } else {
        return None;
    };
    Some(Whom { network: network.to_owned(), address: typed.to_owned() })
}

/// Looks for whoever is meant. Among what is known from the same source a whole name or address wins over a beginning. A
/// whole address is not the beginning of another one: `jo@mail.co` is not `jo@mail.com`.
pub(crate) fn resolve(typed: &str, candidates: &[Candidate]) -> Meant {
    let typed = typed.to_lowercase();
    let is_it = |spelling: &str| spelling.to_lowercase() == typed;
    let is_beginning = !typed.is_empty() && of_address(&typed).is_none();
    let begins = |spelling: &str| is_beginning && spelling.to_lowercase().starts_with(&typed);
    for sources in [[Source::Own].as_slice(), &[Source::Listed, Source::Announced]] {
        for is_whole in [true, false] {
            let fits = |spelling: &str| if is_whole { is_it(spelling) } else { begins(spelling) };
            let is_meant = |c: &&Candidate| c.spellings(sources).any(fits);
            let mut found: Vec<Candidate> = candidates.iter().filter(is_meant).cloned().collect();
            match found.len() {
                0 => {}
                1 => {
                    let one = found.remove(0);
                    let is_sure = sources.contains(&Source::Own) || is_it(&one.whom.address);
                    return if is_sure { Meant::One(one) } else { Meant::Perhaps(one) };
                }
                _ => return Meant::Several(found),
            }
        }
    }
    let all = [Source::Own, Source::Listed, Source::Announced];
    let spellings = candidates.iter().flat_map(|candidate| candidate.spellings(&all));
    Meant::Nobody { nearest: suggest::nearest(&typed, spellings).map(str::to_owned) }
}

impl Candidate {
    /// Somebody of whom nothing but the address is known, which the person has typed.
    pub(crate) fn of_address(whom: Whom) -> Self {
        Self { whom, source: Source::Own, names: Vec::new() }
    }

    /// How they are called here: by the person's own name for them, else by that in the list of an account, else by
    /// address. Never by what they call themselves.
    pub(crate) fn label(&self) -> &str {
        self.name().unwrap_or(&self.whom.address)
    }

    /// That name, if there is one.
    pub(crate) fn name(&self) -> Option<&str> {
        let mut given = self.names.iter().filter(|(source, _)| *source != Source::Announced);
        given.next().map(|(_, name)| name.as_str())
    }

    /// What they call themselves, where that is something else.
    pub(crate) fn claims(&self) -> Option<&str> {
        let mut claimed = self.names.iter().filter(|(source, _)| *source == Source::Announced);
        claimed.next().map(|(_, name)| name.as_str()).filter(|name| *name != self.label())
    }

    /// Names that these have given, and the address of somebody who is known from there.
    fn spellings(&self, sources: &[Source]) -> impl Iterator<Item = &str> {
        let names = self.names.iter().filter(|(source, _)| sources.contains(source));
        let address = sources.contains(&self.source).then_some(self.whom.address.as_str());
        names.map(|(_, name)| name.as_str()).chain(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Source::{Announced, Listed, Own};

    fn whom(network: &str, address: &str) -> Whom {
        Whom { network: network.into(), address: address.into() }
    }

    fn people() -> Vec<Candidate> {
        merge([
            (Own, whom("xmpp", "maria@example.org"), Some("Maria".into())),
            (Own, whom("nearby", "abcd2345"), Some("Mark".into())),
            (Own, whom("xmpp", "ann@example.org"), None),
            (Listed, whom("xmpp", "maria@example.org"), Some("Mimi".into())),
            (Own, whom("nearby", "wxyz2345"), Some("Ann".into())),
            (Listed, whom("xmpp", "karl@example.org"), Some("Karl".into())),
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
        assert_eq!(one("MARK"), "abcd2345");
        assert_eq!(one("abcd"), "abcd2345");
        assert_eq!(one("ann@"), "ann@example.org");
        // A whole name wins over the beginning of another's address.
        assert_eq!(one("ann"), "wxyz2345");
        assert_eq!(one("Karl@example.org"), "karl@example.org");
    }

    #[test]
    fn a_whole_address_is_not_the_beginning_of_another() {
        let all = merge([
            (Own, whom("xmpp", "jo@mail.com"), Some("Jo".into())),
            (Own, whom("nearby", "host:73730"), None),
            (Announced, whom("xmpp", "ann@mail.company"), None),
        ]);
        for typed in ["jo@mail.co", "Jo@Mail.co", "host:7373", "ann@mail.com"] {
            assert!(matches!(resolve(typed, &all), Meant::Nobody { .. }), "{typed}");
        }
        for typed in ["jo@mail.com", "jo@", "jo"] {
            let Meant::One(candidate) = resolve(typed, &all) else { panic!("{typed}") };
            assert_eq!(candidate.whom.address, "jo@mail.com");
        }
    }

    #[test]
    fn several_and_nobody() {
        let Meant::Several(several) = resolve("mar", &people()) else { panic!("there are two") };
        assert_eq!(several.iter().map(Candidate::label).collect::<Vec<_>>(), ["Mark", "Maria"]);
        assert_eq!(resolve("marya", &people()), Meant::Nobody { nearest: Some("Maria".into()) });
        assert_eq!(resolve("bob", &people()), Meant::Nobody { nearest: None });
        assert_eq!(resolve("", &people()), Meant::Nobody { nearest: None });
    }

    #[test]
    fn whom_others_name_is_meant_only_perhaps() {
        for (typed, address) in
            [("mimi", "maria@example.org"), ("karl", "karl@example.org"), ("kar", "karl@example.org")]
        {
            let Meant::Perhaps(candidate) = resolve(typed, &people()) else { panic!("{typed}") };
            assert_eq!(candidate.whom.address, address);
        }
    }

    #[test]
    fn nobody_names_themselves_into_the_place_of_a_contact() {
        let mut all = people();
        let stranger = |name: &str| (Announced, whom("nearby", "mallory2"), Some(name.to_owned()));
        for name in ["Mari", "Maria", "maria@example.org", "abcd"] {
            all.extend(merge([stranger(name)]));
        }
        for (typed, address) in
            [("mari", "maria@example.org"), ("Maria", "maria@example.org"), ("abcd", "abcd2345"), ("m", "")]
        {
            match resolve(typed, &all) {
                Meant::One(candidate) => assert_eq!(candidate.whom.address, address, "{typed}"),
                Meant::Several(several) => {
                    assert!(address.is_empty() && several.iter().all(|c| c.source == Own), "{several:?}");
                }
                other => panic!("{typed}: {other:?}"),
            }
        }
        // A contact who calls themselves by another's name does not get their calls either.
        let mark = merge([
            (Own, whom("nearby", "abcd2345"), Some("Mark".into())),
            (Announced, whom("nearby", "abcd2345"), Some("Maria".into())),
            (Own, whom("xmpp", "maria@example.org"), Some("Maria B.".into())),
        ]);
        let Meant::One(candidate) = resolve("maria", &mark) else { panic!("one") };
        assert_eq!(candidate.whom.address, "maria@example.org");
        assert_eq!((mark[0].label(), mark[0].claims()), ("Mark", Some("Maria")));
    }
}
