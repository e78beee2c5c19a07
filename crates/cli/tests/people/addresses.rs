//! The kinds of addresses that the picture may travel between: none allowed, none there, none in common. Both people
//! are told whose computer it is.

use crate::house::{Side, Two, on_machine, two_people, two_people_and_a_screen};
use crate::page::{self, Page};
use anyhow::{Context as _, Result, ensure};
use std::fs;
use std::io::Write as _;

/// What ends the session: this side allows nothing, this side has nothing, both have nothing in common.
const DISABLED: &str = "(NET_NOT_SUPPORTED (0x81000621))";
const NOTHING_HERE: &str = "(NETWORK_CONFIG_FAILURE (0x81000620))";
const NOTHING_IN_COMMON: &str = "(REMOTE_NET_NOT_SUPPORTED (0x81000622))";

/// What somebody whose configuration allows nothing reads.
const CHANGE_IT: &str = "Your configuration allows no kind of address for the picture, so nothing was begun.";

/// A person writes into their configuration which kinds are allowed.
fn allows(side: &Side, kinds: &[&str]) -> Result<()> {
    let mut file = fs::OpenOptions::new().append(true).open(side.home().join("config.toml"))?;
    Ok(writeln!(file, "[assist]\naddresses = {kinds:?}")?)
}

/// The novice asks and the expert says yes.
fn asks_and_is_answered(two: &mut Two) -> Result<()> {
    two.asks()?;
    two.expert.agent.says("y")
}

#[test]
fn a_novice_who_allows_no_kind_of_address_is_told_so_before_any_question() {
    two_people(|two| {
        allows(&two.novice, &[])?;
        asks_and_is_answered(two)?;
        two.call().reads(CHANGE_IT)?;
        two.call().reads("This kind of network is not available here.")?;
        two.call().reads(DISABLED)?;
        two.call_ends_with(1)?;
        ensure!(!two.call().screen().contains("Show"), "nobody is asked for what cannot be");
        let who = &two.novice.who;
        two.expert.agent.reads(&format!("The computer of {who} may use no kind of address for this."))?;
        two.expert.agent.reads(DISABLED)?;
        two.are_idle()
    });
}

#[test]
fn an_expert_who_allows_no_kind_of_address_is_told_so_and_gets_no_page() {
    two_people(|two| {
        allows(&two.expert, &[])?;
        asks_and_is_answered(two)?;
        two.expert.agent.reads(CHANGE_IT)?;
        two.expert.agent.reads(DISABLED)?;
        ensure!(!two.expert.agent.screen().contains("Your page: "), "there is no page for it");
        let who = two.expert.who.clone();
        two.call().reads(&format!("The computer of {who} may use no kind of address for this."))?;
        two.call().reads(DISABLED)?;
        two.call_ends_with(1)?;
        two.are_idle()
    });
}

/// The view is allowed and the page is told to connect.
fn until_connect(two: &mut Two) -> Result<Page> {
    two.ask_until_question()?;
    let mut page = Page::open(&page::address(&mut two.expert.agent)?)?;
    two.call().says("y")?;
    page.hears("connect")?;
    Ok(page)
}

fn nothing_in_common(two: &mut Two, page: &mut Page) -> Result<()> {
    for desk in [two.call.as_mut().context("the novice called")?, &mut two.expert.agent] {
        desk.reads("The other person's program cannot use this kind of network.")?;
        desk.reads(NOTHING_IN_COMMON)?;
    }
    let [_, _, code] = page.hears_the_end()?;
    ensure!(code.contains("0x81000622"), "{code}");
    two.call_ends_with(5)?;
    ensure!(two.call().screen().contains(crate::house::OVER), "it says that nothing is shared");
    two.are_idle()
}

#[test]
fn needs_xvfb_sides_without_a_kind_of_address_in_common_are_told_so() {
    two_people_and_a_screen(|two| {
        allows(&two.novice, &["ipv4"])?;
        allows(&two.expert, &["ipv6"])?;
        // What the page says of itself is only of the expert's kind when it travels: the novice's side sees it.
        let mut page = until_connect(two)?;
        page.describes_at(&["127.0.0.1", "::1"])?;
        let who = two.expert.who.clone();
        two.call().reads(&format!("{who} and you have no kind of address in common"))?;
        nothing_in_common(two, &mut page)?;
        ensure!(page.has_not_heard("answer"));

        // A page that hides where it is, as browsers do: then the expert's side sees it in the answer.
        let mut page = until_connect(two)?;
        page.describes_at(&[])?;
        let who = two.novice.who.clone();
        two.expert.agent.reads(&format!("{who} and you have no kind of address in common"))?;
        nothing_in_common(two, &mut page)?;
        ensure!(page.has_not_heard("answer"));
        Ok(())
    });
}

#[test]
fn needs_ip_a_novice_without_an_address_of_the_kind_is_told_so_before_any_question() {
    on_machine("needs_ip_a_novice_without_an_address_of_the_kind_is_told_so_before_any_question", || {
        two_people(|two| {
            // The only address of IPv6 there is one that means nothing elsewhere.
            allows(&two.novice, &["ipv6"])?;
            asks_and_is_answered(two)?;
            two.call().reads("This computer has no IPv6 address that others could reach")?;
            two.call().reads("This computer has no usable network.")?;
            two.call().reads(NOTHING_HERE)?;
            two.call_ends_with(1)?;
            ensure!(!two.call().screen().contains("Show"), "nobody is asked for what cannot be");
            let who = &two.novice.who;
            two.expert.agent.reads(&format!("The computer of {who} has no network address for this."))?;
            two.expert.agent.reads(NOTHING_HERE)?;
            two.are_idle()
        });
    });
}
