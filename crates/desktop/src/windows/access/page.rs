//! What only pages have, as a screen reader hears it.

use super::{Block, FIELD, Field, Form, Layout, Node, NodeId, Role, Target, act};
use crate::windows::form::rows;
use crate::windows::view::Row;

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
        _ => {}
    }
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
