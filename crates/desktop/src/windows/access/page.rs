//! What only pages have, as a screen reader hears it.

use super::{Block, FIELD, Field, Form, Layout, Live, Node, NodeId, Role, TALK, Target, act};
use crate::windows::form::rows;
use crate::windows::view::{Remark, Row};

pub(super) fn block(
    form: &Form,
    layout: &Layout,
    block: &Block,
    nodes: &mut Vec<(NodeId, Node)>,
    inside: &mut Vec<NodeId>,
) {
    match block {
        Block::Field(shown) => {
            inside.push(FIELD);
            nodes.push((FIELD, field(form, layout, shown)));
        }
        Block::Rows(of_block) | Block::Tiles(of_block) => {
            for (at, row) in rows(form.view()).enumerate() {
                if of_block.iter().any(|own| own.id == row.id) {
                    let id = super::id(Target::Row(at));
                    inside.push(id);
                    nodes.push((id, button(layout, at, row)));
                }
            }
        }
        Block::Talk(remarks) => {
            for remark in remarks {
                let id = NodeId(TALK + u64::from(remark.number));
                inside.push(id);
                nodes.push((id, said(remark)));
            }
        }
        _ => {}
    }
}

/// What the other one writes is said when it comes. The person knows what they wrote themselves.
fn said(remark: &Remark) -> Node {
    let mut node = Node::new(Role::Label);
    let said = format!("{}: {}", remark.who, remark.text);
    node.set_label(said.as_str());
    node.set_value(said);
    if !remark.is_own {
        node.set_live(Live::Polite);
    }
    node
}

/// What a password is nobody reads out.
fn field(form: &Form, layout: &Layout, shown: &Field) -> Node {
    let mut node = Node::new(if shown.is_secret { Role::PasswordInput } else { Role::TextInput });
    node.set_label(shown.label.as_str());
    if shown.is_secret {
        node.set_value("●".repeat(form.text().chars().count()));
    } else {
        node.set_value(form.text());
    }
    act(&mut node, layout, Target::Field);
    node
}

fn button(layout: &Layout, at: usize, row: &Row) -> Node {
    let mut node = Node::new(Role::Button);
    let parts = [row.title.as_str(), row.line.as_str()];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    node.set_label(parts.join(", "));
    act(&mut node, layout, Target::Row(at));
    node
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::access::{BUTTONS, DIALOG, target, tree};
    use crate::windows::form::{Input, Key, Source, Standing};
    use crate::windows::view::{Button, ButtonId, ButtonKind, Field, Mark, Refusals, Shape, Tone, View};
    use std::time::Duration;

    fn view(is_secret: bool) -> View {
        let row = |id, title: &str, line: &str| Row {
            id: ButtonId(id),
            title: title.into(),
            line: line.into(),
            mark: Mark::Full,
        };
        View {
            title: "Whom?".into(),
            shape: Shape::Page,
            tone: Tone::Calm,
            body: vec![
                Block::Heading("Whom?".into()),
                Block::Field(Field { label: "A name".into(), text: String::new(), is_secret }),
                Block::Rows(vec![row(100, "Anna", "is there now")]),
                Block::Tiles(vec![row(3, "On the telephone", "")]),
            ],
            buttons: vec![Button { id: ButtonId(9), label: "Back".into(), kind: ButtonKind::Safe }],
            refusals: Refusals::default(),
        }
    }

    #[test]
    fn a_page_is_read_out_with_its_field_rows_and_buttons() {
        let mut form = Form::new(view(false));
        let seen = Standing { seen: Duration::ZERO, clear: true, focused: true };
        form.handle(Input::Key(Key::Letter('b')), Source::Real, seen);
        let layout = Layout { width: 10, height: 10, parts: Vec::new(), reach: 0.0 };
        let update = tree(&form, &layout);
        let find = |id| &update.nodes.iter().find(|(at, _)| *at == id).expect("it is in the tree").1;
        assert_eq!(find(DIALOG).role(), Role::Group, "it interrupts nobody");
        let parts: Vec<_> = find(DIALOG).children().iter().map(|id| find(*id)).collect();
        let heading = parts.first().expect("a heading");
        assert_eq!((heading.role(), heading.live()), (Role::Heading, Some(Live::Polite)));
        let said: Vec<_> = parts.iter().filter_map(|part| Some((part.role(), part.label()?))).collect();
        for expected in [
            (Role::TextInput, "A name"),
            (Role::Button, "Anna, is there now"),
            (Role::Button, "On the telephone"),
            (Role::Button, "Back"),
        ] {
            assert!(said.contains(&expected), "{expected:?} in {said:?}");
        }
        assert_eq!(find(FIELD).value(), Some("b"));
        assert_eq!(update.focus, FIELD);
        assert_eq!(target(FIELD), Some(Target::Field));
        assert_eq!(target(NodeId(BUTTONS)), Some(Target::Button(0)));
        assert_eq!(target(crate::windows::access::id(Target::Row(1))), Some(Target::Row(1)));
    }

    #[test]
    fn what_the_other_one_writes_is_said_when_it_comes() {
        let remark = |number, is_own| Remark {
            number,
            who: if is_own { "You" } else { "Anna" }.into(),
            text: "Hello".into(),
            is_own,
        };
        let talk = |first: u32| vec![remark(first, false), remark(first + 1, true)];
        let layout = Layout { width: 10, height: 10, parts: Vec::new(), reach: 0.0 };
        let chat = |first| View { body: vec![Block::Talk(talk(first))], ..view(false) };
        let said = |first| -> Vec<_> {
            let update = tree(&Form::new(chat(first)), &layout);
            let nodes = update.nodes.into_iter().filter(|(_, node)| node.role() == Role::Label);
            let nodes = nodes.filter(|(_, node)| node.label().is_some());
            nodes.map(|(id, node)| (id, node.label().unwrap_or_default().to_owned(), node.live())).collect()
        };
        let names = |said: &[(NodeId, String, Option<Live>)]| -> Vec<_> {
            said.iter().map(|(_, name, live)| (name.clone(), *live)).collect()
        };
        let (before, after) = (said(7), said(8));
        let expected = [("Anna: Hello".to_owned(), Some(Live::Polite)), ("You: Hello".to_owned(), None)];
        assert_eq!(names(&before), expected);
        // What stood there is the same part when others have gone.
        assert_eq!(before[1].0, after[0].0);
        assert_eq!(target(before[0].0), None, "there is nothing to press");
    }

    #[test]
    fn a_password_is_read_out_to_nobody() {
        let mut form = Form::new(view(true));
        let seen = Standing { seen: Duration::ZERO, clear: true, focused: true };
        form.handle(Input::Key(Key::Letter('b')), Source::Real, seen);
        let layout = Layout { width: 10, height: 10, parts: Vec::new(), reach: 0.0 };
        let update = tree(&form, &layout);
        let node = &update.nodes.iter().find(|(at, _)| *at == FIELD).expect("it is in the tree").1;
        assert_eq!((node.role(), node.value()), (Role::PasswordInput, Some("●")));
        assert!(!format!("{update:?}").contains("\"b\""));
    }
}
