//! What the published descriptions say that there is: read from the files in docs/dbus, in the order in which they stand.

/// An interface, as published.
#[derive(Debug)]
pub(crate) struct Interface {
    pub(crate) name: String,
    pub(crate) methods: Vec<Method>,
    /// Name and type.
    pub(crate) properties: Vec<(String, String)>,
}

#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) name: String,
    /// The types of what goes in.
    pub(crate) arguments: Vec<String>,
}

/// The interfaces of a description.
pub(crate) fn interfaces(xml: &str) -> Vec<Interface> {
    let mut found: Vec<Interface> = Vec::new();
    for tag in tags(xml) {
        let value = |key: &str| attribute(&tag, key);
        let Some(last) = found.last_mut().filter(|_| !tag.starts_with("interface ")) else {
            if tag.starts_with("interface ") {
                found.push(Interface {
                    name: value("name").unwrap(),
                    methods: Vec::new(),
                    properties: Vec::new(),
                });
            }
            continue;
        };
        if tag.starts_with("method ") {
            last.methods.push(Method { name: value("name").unwrap(), arguments: Vec::new() });
        } else if tag.starts_with("property ") {
            last.properties.push((value("name").unwrap(), value("type").unwrap()));
        } else if tag.starts_with("arg ") && value("direction").as_deref() == Some("in") {
            last.methods.last_mut().unwrap().arguments.push(value("type").unwrap());
        }
    }
    found
}

/// Everything between `<` and `>` that is no comment.
fn tags(xml: &str) -> Vec<String> {
    let mut rest = xml;
    let mut tags = Vec::new();
    while let Some(start) = rest.find('<') {
        rest = &rest[start..];
        let (end, skip) = if rest.starts_with("<!--") { (rest.find("-->"), 3) } else { (rest.find('>'), 1) };
        let end = end.expect("what begins ends");
        if !rest.starts_with("<!") {
            tags.push(rest[1..end].to_owned());
        }
        rest = &rest[end + skip..];
    }
    tags
}

fn attribute(tag: &str, key: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {key}=\""))?;
    Some(rest.split_once('"')?.0.to_owned())
}
