//! XML that can be put together wrongly: a tree with a serialiser that checks nothing.

use minidom::{Element, Node};

/// An element: its namespace is always written out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tree {
    pub(super) name: String,
    pub(super) ns: String,
    /// Names as they are written, with a prefix if there is one; doubles are possible.
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Child>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Child {
    Tree(Tree),
    Text(String),
}

impl Tree {
    pub(super) fn of(element: &Element) -> Self {
        let attributes = element.attrs().iter().map(|((_, name), value)| (name.to_string(), value.clone()));
        let children = element.nodes().map(|node| match node {
            Node::Element(element) => Child::Tree(Self::of(element)),
            Node::Text(text) => Child::Text(text.clone()),
        });
        Self {
            name: element.name().into(),
            ns: element.ns(),
            attributes: attributes.collect(),
            children: children.collect(),
        }
    }

    /// An element around another.
    pub(super) fn around(name: &str, ns: &str, child: Self) -> Self {
        let children = vec![Child::Tree(child)];
        Self { name: name.into(), ns: ns.into(), attributes: Vec::new(), children }
    }

    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) {
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&apos;");
        out.push_str(&format!("<{} xmlns='{}'", self.name, escape(&self.ns)));
        for (name, value) in &self.attributes {
            out.push_str(&format!(" {name}='{}'", escape(value)));
        }
        out.push('>');
        for child in &self.children {
            match child {
                Child::Tree(tree) => tree.write(out),
                Child::Text(text) => out.push_str(&escape(text).replace('>', "&gt;")),
            }
        }
        out.push_str(&format!("</{}>", self.name));
    }

    /// Without the text between elements, with the attributes in one order.
    pub(super) fn without_blanks(mut self) -> Self {
        self.attributes.sort();
        self.children.retain(|child| matches!(child, Child::Tree(_)));
        for child in &mut self.children {
            if let Child::Tree(tree) = child {
                *tree = tree.clone().without_blanks();
            }
        }
        self
    }

    /// The attribute of an element, to be changed.
    pub(super) fn value(&mut self, name: &str) -> &mut String {
        let found = self.attributes.iter_mut().find(|(n, _)| n == name);
        &mut found.unwrap_or_else(|| panic!("no attribute {name}")).1
    }

    /// The first child element.
    pub(super) fn first(&mut self) -> &mut Self {
        let found = self.children.iter_mut().find_map(|child| match child {
            Child::Tree(tree) => Some(tree),
            Child::Text(_) => None,
        });
        found.expect("a child element")
    }

    /// How many elements there are, this one too.
    pub(super) fn count(&self) -> usize {
        1 + self.children.iter().map(|c| if let Child::Tree(t) = c { t.count() } else { 0 }).sum::<usize>()
    }

    /// The element with this number, in the order of the text.
    pub(super) fn nth(&mut self, n: usize) -> &mut Self {
        if n == 0 {
            return self;
        }
        let mut left = n - 1;
        for child in &mut self.children {
            if let Child::Tree(tree) = child {
                let here = tree.count();
                if left < here {
                    return tree.nth(left);
                }
                left -= here;
            }
        }
        panic!("there are not so many elements")
    }
}
