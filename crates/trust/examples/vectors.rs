//! Writes `vectors/` anew: `cargo run -p rendezvous-trust --example vectors`. For when the protocol changes on purpose.

#[expect(dead_code, clippy::unwrap_used, reason = "helpers of the tests; what is fixed cannot fail")]
#[path = "../tests/trust/mutate.rs"]
mod mutate;
#[expect(dead_code, clippy::unwrap_used, reason = "helpers of the tests; what is fixed cannot fail")]
#[path = "../tests/trust/pair.rs"]
mod pair;
#[expect(clippy::unwrap_used, reason = "helpers of the tests; what is fixed cannot fail")]
#[path = "../tests/trust/vectors_made.rs"]
mod vectors_made;

fn main() -> std::io::Result<()> {
    for (name, made) in vectors_made::all() {
        let path = format!("{}/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(path, format!("{made:#}\n"))?;
    }
    Ok(())
}
