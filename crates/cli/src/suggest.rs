//! The nearest of several names to one that was meant.

/// The candidate that differs from `typed` by so little that it was probably meant.
pub(crate) fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    // A third of the letters, and one at least: "contcts" is near "contacts", "ann" is not near "bob".
    let most = (typed.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&typed, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_near() {
        let names = ["listen", "multicast", "enabled", "name"];
        assert_eq!(nearest("lisen", names), Some("listen"));
        assert_eq!(nearest("Mutlicast", names), Some("multicast"));
        assert_eq!(nearest("colour", names), None);
        assert_eq!(nearest("", names), None);
    }
}
