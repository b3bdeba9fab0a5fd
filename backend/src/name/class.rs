//! Which characters a name may have: the `FreeformClass` of PRECIS (RFC 8264 section 4.3), and less.
//!
//! Derived from today's Unicode by the algorithm of section 8, since the registry's own table ends with Unicode 6.3
//! (2013): it would refuse most emoji, and scripts that people write today. On 6.3 both agree, which a test holds.

use unicode_normalization::char::{canonical_combining_class, is_combining_mark};
use unicode_properties::UnicodeGeneralCategory;
use unicode_properties::general_category::{GeneralCategory, GeneralCategoryGroup};
use unicode_script::{Script, UnicodeScript};
use unicode_security::skeleton;

use super::emoji;
use crate::text;

/// Characters that the line dialect's grammar uses around names.
const GRAMMAR: &str = ":<>@#/*()";
/// Assigned and allowed, and yet most fonts show nothing or a box: blanks of Braille, music, Khitan and hieroglyphs,
/// and what stands for something that is missing.
const BLANK: &str = "\u{2800}\u{fffc}\u{fffd}\u{16fe4}\u{13441}\u{13442}\u{1d159}";

/// The first character that may not stand where it stands.
pub(super) fn first_stranger(chars: &[char]) -> Option<char> {
    if let Some(c) = chars.first().filter(|c| **c == '-' || is_combining_mark(**c)) {
        return Some(*c);
    }
    let mut at = 0;
    while at < chars.len() {
        // An emoji is a whole, but a keycap may begin with a character of the grammar.
        let len = emoji::len(&chars[at..]);
        if GRAMMAR.contains(chars[at]) || (len == 0 && !may_stand(chars, at)) {
            return Some(chars[at]);
        }
        at += len.max(1);
    }
    None
}

fn may_stand(chars: &[char], at: usize) -> bool {
    let c = chars[at];
    match derived(c) {
        Derived::Valid => text::is_plain(c) && !c.is_whitespace() && !BLANK.contains(c) && !is_like_grammar(c),
        Derived::InContext => fits(chars, at),
        Derived::Disallowed => false,
    }
}

/// A sign that looks like one of the grammar's. Letters that do are letters: Katakana `ノ`, Devanagari `ः`.
fn is_like_grammar(c: char) -> bool {
    use GeneralCategoryGroup::{Punctuation, Symbol};
    let is_sign = !c.is_ascii() && matches!(c.general_category_group(), Punctuation | Symbol);
    is_sign && matches!(looks_like(c).as_slice(), [like] if GRAMMAR.contains(*like))
}

fn looks_like(c: char) -> Vec<char> {
    skeleton(c.encode_utf8(&mut [0; 4])).collect()
}

/// A derived property (RFC 8264 section 8), as far as the `FreeformClass` tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Derived {
    Valid,
    InContext,
    Disallowed,
}

fn derived(c: char) -> Derived {
    if is_exception(c) || c.is_ascii_graphic() {
        Derived::Valid
    } else if has_context(c) {
        Derived::InContext
    } else if is_no_exception(c) || is_old_jamo(c) || looks_like(c).is_empty() {
        // What looks like nothing is what Unicode says may be ignored (section 9.13).
        Derived::Disallowed
    } else {
        of_category(c.general_category())
    }
}

/// Valid whatever else they are (section 9.6).
fn is_exception(c: char) -> bool {
    matches!(c, '\u{df}' | '\u{3c2}' | '\u{6fd}' | '\u{6fe}' | '\u{f0b}' | '\u{3007}')
}

/// Disallowed whatever else they are (section 9.6).
fn is_no_exception(c: char) -> bool {
    matches!(c, '\u{640}' | '\u{7fa}' | '\u{302e}' | '\u{302f}' | '\u{3031}'..='\u{3035}' | '\u{303b}')
}

/// Valid where [`fits`] says so (sections 9.6 and 9.8).
fn has_context(c: char) -> bool {
    matches!(c,
        '\u{b7}' | '\u{375}' | '\u{5f3}' | '\u{5f4}' | '\u{30fb}'
        | '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}' | '\u{200c}' | '\u{200d}')
}

/// Parts of syllables (section 9.9): what composes is a syllable by now.
fn is_old_jamo(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97c}' | '\u{d7b0}'..='\u{d7fb}')
}

fn of_category(category: GeneralCategory) -> Derived {
    use GeneralCategory::{Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Surrogate, Unassigned};
    match category {
        Control | Format | LineSeparator | ParagraphSeparator | PrivateUse | Surrogate | Unassigned => {
            Derived::Disallowed
        }
        _ => Derived::Valid,
    }
}

/// The contextual rules of RFC 5892 appendix A, to which RFC 8264 refers.
fn fits(chars: &[char], at: usize) -> bool {
    let before = at.checked_sub(1).map(|at| chars[at]);
    let after = chars.get(at + 1).copied();
    match chars[at] {
        '\u{200c}' => before.is_some_and(is_virama) || joins(before, after),
        '\u{200d}' => before.is_some_and(is_virama),
        '\u{b7}' => (before, after) == (Some('l'), Some('l')),
        '\u{375}' => after.is_some_and(|c| c.script() == Script::Greek),
        '\u{5f3}' | '\u{5f4}' => before.is_some_and(|c| c.script() == Script::Hebrew),
        '\u{30fb}' => {
            let japanese = |c: &char| matches!(c.script(), Script::Hiragana | Script::Katakana | Script::Han);
            chars.iter().any(japanese)
        }
        '\u{660}'..='\u{669}' => !chars.iter().any(|c| matches!(c, '\u{6f0}'..='\u{6f9}')),
        '\u{6f0}'..='\u{6f9}' => !chars.iter().any(|c| matches!(c, '\u{660}'..='\u{669}')),
        _ => false,
    }
}

fn is_virama(c: char) -> bool {
    canonical_combining_class(c) == 9
}

/// Whether a non-joiner between these keeps apart what would join (appendix A.1). The rule asks for joining types; that
/// both are of one script that joins is less exact, and hides nothing: between such letters it is either seen or in vain,
/// and names are compared without it.
fn joins(before: Option<char>, after: Option<char>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return false };
    let script = |c: char| if is_combining_mark(c) { None } else { Some(c.script()) };
    match (script(before), script(after)) {
        (Some(before), Some(after)) => before == after && JOINING.contains(&before),
        _ => false,
    }
}

const JOINING: [Script; 8] = [
    Script::Arabic,
    Script::Syriac,
    Script::Nko,
    Script::Mongolian,
    Script::Mandaic,
    Script::Adlam,
    Script::Hanifi_Rohingya,
    Script::Phags_Pa,
];

#[cfg(test)]
mod tests {
    use precis_core::{DerivedPropertyValue, FreeformClass, StringClass};

    use super::*;

    /// The registry's own table is the oracle, for what it knows.
    #[test]
    fn the_class_is_that_of_the_registry() {
        let registry = FreeformClass::default();
        for c in '\0'..=char::MAX {
            let expected = match registry.get_value_from_char(c) {
                DerivedPropertyValue::PValid | DerivedPropertyValue::SpecClassPval => Derived::Valid,
                DerivedPropertyValue::ContextJ | DerivedPropertyValue::ContextO => Derived::InContext,
                DerivedPropertyValue::Unassigned => continue,
                _ => Derived::Disallowed,
            };
            // The space is refused by another rule.
            let ours = if c == ' ' { Derived::Valid } else { derived(c) };
            assert_eq!(ours, expected, "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn all_of_ascii_but_the_grammar_may_stand() {
        for c in '!'..='~' {
            assert_eq!(first_stranger(&['a', c]).is_none(), !GRAMMAR.contains(c), "{c}");
        }
    }

    #[test]
    fn signs_that_look_like_the_grammar_may_not_stand() {
        for c in "‹›⁄∕∗٭꞉։׃❨❩".chars() {
            assert_eq!(first_stranger(&['a', c]), Some(c), "{c}");
        }
        for c in "ノः丿一".chars() {
            assert_eq!(first_stranger(&['a', c]), None, "{c}");
        }
    }

    #[test]
    fn characters_with_a_context_stand_in_it_alone() {
        let stranger = |name: &str| first_stranger(&name.chars().collect::<Vec<char>>());
        for name in ["क्\u{200d}ष", "ක්\u{200d}ර", "می\u{200c}روم", "col·lega", "ジョン・スミス", "צ׳רלי", "א٣٤", "א۳۴"]
        {
            assert_eq!(stranger(name), None, "{name}");
        }
        for name in [
            "a\u{200d}b",
            "a\u{200c}b",
            "क\u{200d}ष",
            "می\u{200c}",
            "a·b",
            "a・b",
            "a׳",
            "א٣۴",
            "🦊\u{200d}",
            "a\u{fe0f}",
        ] {
            assert!(stranger(name).is_some(), "{name}");
        }
    }
}
