//! Each code beside the one that a crate with all of the standard makes, module by module.

use proptest::prelude::*;
use qrcodegen::{Mask, QrCode, QrCodeEcc, QrSegment, Version};

use super::*;

/// The same code by a crate that knows all of the standard.
fn reference(text: &str) -> Option<Qr> {
    let (all, level, mask) = (&[QrSegment::make_bytes(text.as_bytes())], QrCodeEcc::Medium, Some(Mask::new(0)));
    let code = QrCode::encode_segments_advanced(all, level, Version::MIN, Version::new(10), mask, false).ok()?;
    let modules = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
    let dark = modules.map(|(x, y)| Some(code.get_module(x, y))).collect();
    Some(Qr { side: usize::try_from(code.size()).ok()?, dark })
}

#[test]
fn each_length_is_the_standards_code() {
    for length in 0..=213 {
        let text: String = "http://chat.lan:3000/r/".chars().cycle().take(length).collect();
        assert_eq!(Qr::of(&text), reference(&text), "{text:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_the_standards_code(text in ".{0,53}") {
        prop_assert_eq!(Qr::of(&text), reference(&text));
    }
}

#[test]
fn a_text_that_is_too_long_has_none() {
    assert_eq!(Qr::of(&"x".repeat(214)), None);
    assert_eq!(reference(&"x".repeat(214)), None);
    assert!(Qr::of(&"x".repeat(213)).is_some());
    assert_eq!(Qr::of(&"x".repeat(70_000)), None);
}

#[test]
fn a_path_draws_each_run_of_dark_modules() {
    let dark = [true, true, false, false, false, false, true, false, true].map(Some).to_vec();
    assert_eq!(Qr { side: 3, dark }.path(), "M0 0h2v1h-2zM0 2h1v1h-1zM2 2h1v1h-1z");
}
