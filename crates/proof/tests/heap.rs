//! Sessions are light and do not grow. The only test of its program, since the whole program's heap is counted.

use rendezvous_proof::heap::Counting;
use rendezvous_proof::weigh;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_hundred_thousand_sessions_of_each_kind_keep_within_their_weight_and_none_grows_with_age() {
    let over: Vec<_> = weigh::all(100_000).into_iter().filter(|weight| !weight.holds()).collect();
    assert!(over.is_empty(), "{over:#?}");
}
