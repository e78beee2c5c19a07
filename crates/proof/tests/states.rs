//! `docs/session.md` says what the code does.

use rendezvous_proof::states;

#[test]
fn the_page_is_not_stale() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/session.md");
    let written = std::fs::read_to_string(path).expect("docs/session.md is there");
    let now = states::page();
    let differs = written.lines().zip(now.lines()).find(|(old, new)| old != new);
    assert!(written == now, "run `cargo xtask states`; the first difference: {differs:?}");
}

#[test]
fn every_phase_has_a_way_out_and_every_result_a_line() {
    let page = states::page();
    for phase in page.split("\n### ").skip(1) {
        let over = phase.contains(", over ");
        assert!(over || phase.contains("without anything else"), "no timer in {phase:.60}");
        assert!(phase.contains("\nDropped: "), "nothing is dropped in {phase:.60}");
    }
    for code in rendezvous_core::Code::ALL {
        assert!(page.contains(&format!("| {} | {}", code.name(), code.situation())), "{}", code.name());
    }
}
