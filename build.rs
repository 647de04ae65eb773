//! Tells the linker what a Node addon needs; the two inner rings need nothing.
fn main() {
    if std::env::var_os("CARGO_FEATURE_BINDING").is_some() {
        napi_build::setup();
    }
}
