//! Names from right to left: one that runs both ways, or begins with digits, is shown in another order than it is
//! written, and two of them look alike.

use unicode_properties::UnicodeGeneralCategory;
use unicode_properties::general_category::GeneralCategoryGroup;

/// Whether a name runs in one direction (after the Bidi Rule of RFC 5893 section 2): a letter that runs from right to
/// left has none beside it that runs from left to right, and no digit before it. Emoji and signs may stand at either end,
/// which that rule forbids: they have no direction, and stay beside the name in the line `<name> text`.
pub(super) fn is_one(name: &str) -> bool {
    let letters = || name.chars().filter(|c| c.general_category_group() == GeneralCategoryGroup::Letter);
    if !letters().any(is_rtl) {
        return true;
    }
    let first_letter = name.chars().position(is_rtl);
    let first_digit = name.chars().position(char::is_numeric);
    letters().all(is_rtl) && first_digit.is_none_or(|digit| Some(digit) > first_letter)
}

/// Blocks of scripts that run from right to left, with those Unicode has reserved for more (the defaults of
/// `DerivedBidiClass.txt`).
fn is_rtl(c: char) -> bool {
    matches!(c,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
        && c.general_category_group() == GeneralCategoryGroup::Letter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_runs_one_way() {
        for name in ["ana", "4na", "محمد", "שרה", "سارة🌸", "🌸سارة", "محمد2", "علي_رضا", "𞤀𞤣𞤤𞤢𞤥", "老王", "ހަސަން", "1"]
        {
            assert!(is_one(name), "{name}");
        }
        for name in ["anaمحمد", "محمدana", "2محمد", "_2محمد", "٣محمد", "王שרה"] {
            assert!(!is_one(name), "{name}");
        }
    }
}
