//! Puts our own function in the place of one of OpenH264's: `crates/desktop/src/h264/features.rs` says why, and
//! `crates/desktop/build.rs` is the same for that crate's own tests.

/// `WelsEnc::PerformFMEPreprocess`. Should a later OpenH264 know it no more, linking fails and says so.
const PREPARE_FEATURES: &str = "_ZN7WelsEnc20PerformFMEPreprocessEPNS_22TagWelsFuncPointerListEPNS_10TagPictureEPtPNS_28TagScreenBlockFeatureStorageE";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Elsewhere linkers have other ways, and OpenH264 stays as it is.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo::rustc-link-arg=-Wl,--wrap={PREPARE_FEATURES}");
    }
}
