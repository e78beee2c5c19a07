//! Elements, read exactly: what does not belong is refused, and nothing is optional.

use super::MapError;
use minidom::Element;
use minidom::rxml::Namespace;

/// Refuses an element that does not have exactly these attributes.
pub(super) fn attributes(element: &Element, names: &[&str]) -> Result<(), MapError> {
    attributes_or(element, names, "")
}

/// The same, with one that may be missing.
pub(super) fn attributes_or(element: &Element, names: &[&str], optional: &str) -> Result<(), MapError> {
    let known = |name: &str| names.contains(&name) || (!optional.is_empty() && name == optional);
    let unknown = element
        .attrs()
        .iter()
        .any(|((namespace, name), _)| *namespace != Namespace::NONE || !known(name.as_str()));
    let missing = names.iter().any(|name| element.attr(*name).is_none());
    if unknown || missing { Err(MapError::Attributes) } else { Ok(()) }
}

/// The value of an attribute, in its one spelling.
pub(super) fn value<T>(
    element: &Element,
    name: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<T, MapError> {
    let text = element.attr(name).ok_or(MapError::Attributes)?;
    read(text).ok_or(MapError::Value(name))
}

/// The child elements, with nothing but blanks between them.
pub(super) fn children(element: &Element) -> Result<Vec<&Element>, MapError> {
    let blank = |text: &str| text.bytes().all(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
    if element.texts().all(blank) { Ok(element.children().collect()) } else { Err(MapError::Children) }
}

/// The one child element.
pub(super) fn only_child(element: &Element) -> Result<&Element, MapError> {
    match children(element)?.as_slice() {
        [child] => Ok(child),
        _ => Err(MapError::Children),
    }
}

/// Refuses an element that has anything in it.
pub(super) fn empty(element: &Element) -> Result<(), MapError> {
    if children(element)?.is_empty() { Ok(()) } else { Err(MapError::Children) }
}
