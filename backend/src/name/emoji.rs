//! Emoji made of several characters (UTS #51): families, skin tones, flags, keycaps. PRECIS forbids the joiners and
//! selectors in them; here they are allowed where they make an emoji, and nowhere else.

use unicode_properties::{EmojiStatus, UnicodeEmoji};

const ZWJ: char = '\u{200d}';
/// VARIATION SELECTOR-16: as an emoji, not as text.
const AS_EMOJI: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';

/// How many characters the emoji has that these begin with (UTS #51 section 1.4.9, without its tags, which can hide a
/// text); 0 if they begin with none. A symbol that is text unless it is followed by a selector, such as `™`, is none.
pub(super) fn len(chars: &[char]) -> usize {
    match chars {
        ['0'..='9' | '#' | '*', AS_EMOJI, KEYCAP, ..] => 3,
        [a, b, ..] if is_flag_half(*a) && is_flag_half(*b) => 2,
        _ => sequence(chars),
    }
}

fn sequence(chars: &[char]) -> usize {
    let mut len = element(chars);
    if len == 0 {
        return 0;
    }
    while chars.get(len) == Some(&ZWJ) {
        match element(&chars[len + 1..]) {
            0 => break,
            more => len += 1 + more,
        }
    }
    if len == 1 && !stands_alone(chars[0]) { 0 } else { len }
}

/// One emoji, with the selector or skin tone behind it.
fn element(chars: &[char]) -> usize {
    match chars {
        [base, ..] if base.is_ascii() || !base.is_emoji_char() || is_flag_half(*base) => 0,
        [_, AS_EMOJI, ..] => 2,
        [_, tone, ..] if tone.emoji_status() == EmojiStatus::EmojiPresentationAndModifierAndEmojiComponent => 2,
        [_, ..] => 1,
        [] => 0,
    }
}

/// Two of these make a flag.
fn is_flag_half(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

/// Shown as an emoji without being asked to.
fn stands_alone(c: char) -> bool {
    !matches!(
        c.emoji_status(),
        EmojiStatus::EmojiModifierBase | EmojiStatus::EmojiOther | EmojiStatus::EmojiOtherAndEmojiComponent
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn len_of(text: &str) -> usize {
        len(&text.chars().collect::<Vec<char>>())
    }

    #[test]
    fn emoji_of_every_make_are_whole() {
        for emoji in ["🦊", "❤️", "👍🏽", "👨‍👩‍👧", "🏳️‍🌈", "🇳🇴", "1️⃣", "🧑🏿‍🤝‍🧑🏻", "👩‍⚕️", "⛹🏽‍♀️"]
        {
            assert_eq!(len_of(emoji), emoji.chars().count(), "{emoji}");
            assert_eq!(len_of(&format!("{emoji}a")), emoji.chars().count(), "{emoji}");
        }
    }

    #[test]
    fn what_is_text_is_no_emoji() {
        for text in ["", "a", "1", "™", "❤", "🇳a", "\u{200d}🦊", "a\u{fe0f}", "१\u{fe0f}"] {
            assert_eq!(len_of(text), 0, "{text:?}");
        }
        assert_eq!(len_of("🦊\u{200d}"), 1, "a joiner that joins nothing is not in it");
    }
}
