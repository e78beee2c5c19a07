//! What a screen reader is told, and what it may ask for.
//!
//! It may move the keyboard and press what anybody may press. What allows something it cannot press: that would come over
//! a bus, where every program of this user can speak. Whoever listens presses Enter on their own keyboard.

use std::sync::{Arc, Mutex, PoisonError};

use accesskit::{
    Action, ActionHandler, ActionRequest, ActivationHandler, DeactivationHandler, Live, Node, NodeId, Rect,
    Role, Toggled, TreeId, TreeInfo, TreeUpdate,
};
use accesskit_unix::Adapter;

use super::canvas::Area;
use super::form::{Form, Input, Target};
use super::layout::Layout;
use super::view::{Block, Field, Shape};

mod page;

const WINDOW: NodeId = NodeId(1);
const DIALOG: NodeId = NodeId(2);
const REFUSED: NodeId = NodeId(3);
/// Where the numbers of each kind of part begin.
const BLOCKS: u64 = 100;
const WORDS: u64 = 1_000;
const CHOICES: u64 = 2_000;
const BUTTONS: u64 = 3_000;
/// The field of a page, and its rows.
const FIELD: NodeId = NodeId(4);
const ROWS: u64 = 4_000;
/// What was written to each other.
const TALK: u64 = 1_000_000;
/// So many parts of one kind have numbers.
const MOST: u64 = 900;

/// The way to the screen reader.
pub(super) struct Access {
    adapter: Adapter,
    tree: Arc<Mutex<TreeUpdate>>,
}

impl Access {
    /// Begins with this window. What is asked for goes to `ask`, on another thread.
    pub(super) fn new(form: &Form, layout: &Layout, ask: impl FnMut(Input) + Send + 'static) -> Self {
        let tree = Arc::new(Mutex::new(tree(form, layout)));
        let adapter = Adapter::new(Start(tree.clone()), Ask(Box::new(ask)), Stop);
        Self { adapter, tree }
    }

    /// The window is like this now.
    pub(super) fn update(&mut self, form: &Form, layout: &Layout) {
        let now = tree(form, layout);
        *self.tree.lock().unwrap_or_else(PoisonError::into_inner) = now.clone();
        self.adapter.update_if_active(|| now);
    }

    pub(super) fn focused(&mut self, focused: bool) {
        self.adapter.update_window_focus_state(focused);
    }

    /// The window lies here on the display.
    pub(super) fn lies_at(&mut self, x: i32, y: i32, layout: &Layout) {
        let (x, y) = (f64::from(x), f64::from(y));
        let bounds = Rect::new(x, y, x + f64::from(layout.width), y + f64::from(layout.height));
        self.adapter.set_root_window_bounds(bounds, bounds);
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Access")
    }
}

struct Start(Arc<Mutex<TreeUpdate>>);

impl ActivationHandler for Start {
    fn request_initial_tree(&mut self) -> Option<TreeUpdate> {
        Some(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

struct Ask(Box<dyn FnMut(Input) + Send>);

impl ActionHandler for Ask {
    fn do_action(&mut self, request: ActionRequest) {
        let Some(target) = target(request.target_node) else { return };
        match request.action {
            Action::Click => (self.0)(Input::Press(target)),
            Action::Focus => (self.0)(Input::Focus(target)),
            _ => {}
        }
    }
}

struct Stop;

impl DeactivationHandler for Stop {
    fn deactivate_accessibility(&mut self) {}
}

fn tree(form: &Form, layout: &Layout) -> TreeUpdate {
    let mut nodes = Vec::new();
    let mut inside = Vec::new();
    for (at, block) in (0..MOST).zip(&form.view().body) {
        let id = NodeId(BLOCKS + at);
        let (role, text) = match block {
            Block::Heading(text) => (Role::Heading, text),
            Block::Who(text) | Block::Text(text) | Block::Strong(text) | Block::Small(text) => {
                (Role::Label, text)
            }
            Block::Large(text) => (Role::Label, text),
            Block::Field(_) | Block::Rows(_) | Block::Tiles(_) | Block::Talk(_) => {
                page::block(form, layout, block, &mut nodes, &mut inside);
                continue;
            }
            Block::Words(names) => {
                words(form, layout, names, &mut nodes, &mut inside);
                continue;
            }
            Block::Choice(choices) => {
                let group = group(form, layout, choices, &mut nodes);
                inside.push(id);
                nodes.push((id, group));
                continue;
            }
        };
        let mut node = Node::new(role);
        if role == Role::Heading && form.view().shape == Shape::Page {
            // Another page in the same window: whoever cannot see it hears what it is about.
            node.set_live(Live::Polite);
        }
        node.set_value(text.as_str());
        node.set_label(text.as_str());
        inside.push(id);
        nodes.push((id, node));
    }
    inside.push(REFUSED);
    let is_bar = matches!(form.view().shape, Shape::Bar(_));
    let mut refused = Node::new(Role::Label);
    refused.set_live(Live::Assertive);
    // Of a bar it is said when it comes to mean something else, not when another minute is over.
    refused.set_value(if is_bar { &form.view().title } else { form.refused().unwrap_or_default() });
    nodes.push((REFUSED, refused));
    for (at, button) in (0..MOST).zip(&form.view().buttons) {
        let mut node = Node::new(Role::Button);
        node.set_label(button.label.as_str());
        act(&mut node, layout, Target::Button(index(at)));
        inside.push(NodeId(BUTTONS + at));
        nodes.push((NodeId(BUTTONS + at), node));
    }
    let mut dialog = Node::new(match form.view().shape {
        Shape::Bar(_) => Role::Toolbar,
        Shape::Question => Role::AlertDialog,
        Shape::Page => Role::Group,
    });
    dialog.set_label(form.view().title.as_str());
    dialog.set_description(spoken(form));
    dialog.set_children(inside);
    nodes.push((DIALOG, dialog));
    let mut window = Node::new(Role::Window);
    window.set_label(form.view().title.as_str());
    window.set_children([DIALOG]);
    nodes.push((WINDOW, window));
    let focus = form.focus().map_or(WINDOW, id);
    TreeUpdate { nodes, tree: Some(TreeInfo::new(WINDOW)), tree_id: TreeId::ROOT, focus }
}

/// What is read out when the window appears.
fn spoken(form: &Form) -> String {
    let text = |block: &Block| match block {
        Block::Heading(text)
        | Block::Who(text)
        | Block::Text(text)
        | Block::Strong(text)
        | Block::Large(text)
        | Block::Small(text) => Some(text.clone()),
        Block::Words(_)
        | Block::Choice(_)
        | Block::Field(_)
        | Block::Rows(_)
        | Block::Tiles(_)
        | Block::Talk(_) => None,
    };
    form.view().body.iter().filter_map(text).collect::<Vec<_>>().join(" ")
}

fn words(
    form: &Form,
    layout: &Layout,
    names: &[String],
    nodes: &mut Vec<(NodeId, Node)>,
    inside: &mut Vec<NodeId>,
) {
    for (at, name) in (0..MOST).zip(names) {
        let mut node = Node::new(Role::TextInput);
        node.set_label(name.as_str());
        node.set_value(form.answers().words.get(index(at)).map_or("", String::as_str));
        act(&mut node, layout, Target::Word(index(at)));
        inside.push(NodeId(WORDS + at));
        nodes.push((NodeId(WORDS + at), node));
    }
}

fn group(form: &Form, layout: &Layout, choices: &[String], nodes: &mut Vec<(NodeId, Node)>) -> Node {
    let mut group = Node::new(Role::RadioGroup);
    for (at, choice) in (0..MOST).zip(choices) {
        let mut node = Node::new(Role::RadioButton);
        node.set_label(choice.as_str());
        node.set_toggled(Toggled::from(form.answers().choice == Some(index(at))));
        act(&mut node, layout, Target::Choice(index(at)));
        group.push_child(NodeId(CHOICES + at));
        nodes.push((NodeId(CHOICES + at), node));
    }
    group
}

/// It can be asked for, and lies here.
fn act(node: &mut Node, layout: &Layout, target: Target) {
    node.add_action(Action::Focus);
    node.add_action(Action::Click);
    if let Some(Area { x, y, width, height }) = layout.area_of(target) {
        let (x, y) = (f64::from(x), f64::from(y));
        node.set_bounds(Rect::new(x, y, x + f64::from(width), y + f64::from(height)));
    }
}

fn id(target: Target) -> NodeId {
    let number = |base: u64, at: usize| NodeId(base + u64::try_from(at).unwrap_or(MOST).min(MOST));
    match target {
        Target::Word(at) => number(WORDS, at),
        Target::Choice(at) => number(CHOICES, at),
        Target::Field => FIELD,
        Target::Row(at) => number(ROWS, at),
        Target::Button(at) => number(BUTTONS, at),
    }
}

fn target(NodeId(id): NodeId) -> Option<Target> {
    if NodeId(id) == FIELD {
        return Some(Target::Field);
    }
    let within = |base: u64| id.checked_sub(base).filter(|at| *at < MOST).map(index);
    within(ROWS)
        .map(Target::Row)
        .or_else(|| within(BUTTONS).map(Target::Button))
        .or_else(|| within(CHOICES).map(Target::Choice))
        .or_else(|| within(WORDS).map(Target::Word))
}

fn index(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::form::{Key, Source, Standing};
    use crate::windows::view::{Button, ButtonId, ButtonKind, Refusals, Tone, View};
    use std::time::Duration;

    fn view(body: Vec<Block>) -> View {
        let button = |id, label: &str, kind| Button { id: ButtonId(id), label: label.to_owned(), kind };
        View {
            title: "A question".into(),
            shape: Shape::Question,
            tone: Tone::Calm,
            body,
            buttons: vec![button(0, "No", ButtonKind::Safe), button(1, "Yes", ButtonKind::Allow)],
            refusals: Refusals { played: "That was a program.".into(), ..Refusals::default() },
        }
    }

    fn nothing() -> Layout {
        Layout { width: 10, height: 10, parts: Vec::new(), reach: 0.0 }
    }

    fn find(update: &TreeUpdate, id: NodeId) -> &Node {
        &update.nodes.iter().find(|(at, _)| *at == id).expect("it is in the tree").1
    }

    #[test]
    fn a_question_is_an_alert_that_is_read_out_and_the_keyboard_is_at_the_safe_answer() {
        let form = Form::new(view(vec![Block::Heading("Really?".into()), Block::Text("It matters.".into())]));
        let update = tree(&form, &nothing());
        let dialog = find(&update, DIALOG);
        assert_eq!(dialog.role(), Role::AlertDialog);
        assert_eq!(dialog.description(), Some("Really? It matters."));
        let focus = find(&update, update.focus);
        assert_eq!((focus.role(), focus.label()), (Role::Button, Some("No")));
    }

    #[test]
    fn every_part_has_a_role_a_name_and_a_state() {
        let words = vec!["Word 1".into(), "Word 2".into()];
        let choices = vec!["I asked".into(), "They called".into()];
        let mut form = Form::new(view(vec![Block::Words(words), Block::Choice(choices)]));
        let seen = Standing { seen: Duration::from_secs(9), clear: true, focused: true };
        for input in [
            Input::Key(Key::Letter('a')),
            Input::Down(Some(Target::Choice(1))),
            Input::Up(Some(Target::Choice(1))),
        ] {
            form.handle(input, Source::Real, seen);
        }
        let update = tree(&form, &nothing());
        let named: Vec<_> = form.targets().into_iter().map(|at| (at, find(&update, id(at)))).collect();
        let roles: Vec<_> =
            named.iter().map(|(_, node)| (node.role(), node.label().unwrap_or_default())).collect();
        assert_eq!(
            roles,
            [
                (Role::TextInput, "Word 1"),
                (Role::TextInput, "Word 2"),
                (Role::RadioButton, "I asked"),
                (Role::RadioButton, "They called"),
                (Role::Button, "No"),
                (Role::Button, "Yes"),
            ]
        );
        assert_eq!(named[0].1.value(), Some("a"));
        assert_eq!([named[2].1.toggled(), named[3].1.toggled()], [Some(Toggled::False), Some(Toggled::True)]);
        assert!(named.iter().all(|(at, _)| target(id(*at)) == Some(*at)), "and is found again by its number");
        // Every child that is named is there, and only once.
        let ids: std::collections::BTreeSet<_> = update.nodes.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids.len(), update.nodes.len());
        let children = update.nodes.iter().flat_map(|(_, node)| node.children());
        assert!(children.into_iter().all(|child| ids.contains(child)));
    }

    #[test]
    fn a_bar_says_aloud_what_it_means_and_not_how_many_minutes_it_is() {
        let mut bar = view(vec![Block::Text("A question · 3 min".into())]);
        bar.shape = Shape::Bar(crate::Rect { x: 0, y: 0, width: 640, height: 480 });
        let update = tree(&Form::new(bar), &nothing());
        assert_eq!(find(&update, DIALOG).role(), Role::Toolbar);
        let said = find(&update, REFUSED);
        assert_eq!((said.live(), said.value()), (Some(Live::Assertive), Some("A question")));
        assert_eq!(find(&update, NodeId(BLOCKS)).value(), Some("A question · 3 min"));
    }

    #[test]
    fn why_a_press_did_not_count_is_said_at_once() {
        let mut form = Form::new(view(vec![]));
        let seen = Standing { seen: Duration::from_secs(9), clear: true, focused: true };
        assert_eq!(form.handle(Input::Press(Target::Button(1)), Source::Played, seen), None);
        let update = tree(&form, &nothing());
        let refused = find(&update, REFUSED);
        assert_eq!((refused.live(), refused.value()), (Some(Live::Assertive), Some("That was a program.")));
        assert_eq!([WINDOW, DIALOG, REFUSED, NodeId(u64::MAX)].map(target), [None; 4]);
    }
}
