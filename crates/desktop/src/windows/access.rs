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
use super::view::{Block, Shape};

const WINDOW: NodeId = NodeId(1);
const DIALOG: NodeId = NodeId(2);
const REFUSED: NodeId = NodeId(3);
/// Where the numbers of each kind of part begin.
const BLOCKS: u64 = 100;
const WORDS: u64 = 1_000;
const CHOICES: u64 = 2_000;
const BUTTONS: u64 = 3_000;
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
        node.set_value(text.as_str());
        node.set_label(text.as_str());
        inside.push(id);
        nodes.push((id, node));
    }
    inside.push(REFUSED);
    let mut refused = Node::new(Role::Label);
    refused.set_live(Live::Assertive);
    refused.set_value(form.refused().unwrap_or_default());
    nodes.push((REFUSED, refused));
    for (at, button) in (0..MOST).zip(&form.view().buttons) {
        let mut node = Node::new(Role::Button);
        node.set_label(button.label.as_str());
        act(&mut node, layout, Target::Button(index(at)));
        inside.push(NodeId(BUTTONS + at));
        nodes.push((NodeId(BUTTONS + at), node));
    }
    let is_bar = matches!(form.view().shape, Shape::Bar(_));
    let mut dialog = Node::new(if is_bar { Role::Toolbar } else { Role::AlertDialog });
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
        | Block::Small(text) => Some(text.clone()),
        Block::Words(_) | Block::Choice(_) => None,
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
        Target::Button(at) => number(BUTTONS, at),
    }
}

fn target(NodeId(id): NodeId) -> Option<Target> {
    let within = |base: u64| id.checked_sub(base).filter(|at| *at < MOST).map(index);
    within(BUTTONS)
        .map(Target::Button)
        .or_else(|| within(CHOICES).map(Target::Choice))
        .or_else(|| within(WORDS).map(Target::Word))
}

fn index(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}
