//! A language's file: read by the position of its lines, and checked against the list of messages while this compiles.

use super::KEYS;

const FNV_OFFSET: u32 = 0x811c_9dc5;
const FNV_PRIME: u32 = 0x0100_0193;

/// Tells one list of keys from another without a copy of it in the program.
const FINGERPRINT: u32 = {
    let (mut print, mut at) = (FNV_OFFSET, 0);
    while at < KEYS.len() {
        print = fingerprint(print, KEYS[at]);
        at += 1;
    }
    print
};

/// The words of each line; none where the keys are others than those of the list, or in another order.
pub(super) const fn words(mut file: &str) -> Option<[&str; KEYS.len()]> {
    let (mut words, mut at, mut print) = ([""; KEYS.len()], 0, FNV_OFFSET);
    while let Some((key, value, rest)) = line(file) {
        if at == words.len() {
            return None;
        }
        words[at] = value;
        print = fingerprint(print, key);
        at += 1;
        file = rest;
    }
    if at == words.len() && print == FINGERPRINT { Some(words) } else { None }
}

/// Does not compile where a file is not one for this language: says what stands where which key should.
pub(super) const fn check(lang: &str, name: &str, mut file: &str) {
    let mut at = 0;
    while let Some((key, value, rest)) = line(file) {
        let wanted = if at < KEYS.len() { KEYS[at] } else { "the end" };
        if !same(key, wanted) {
            fail(&[lang, ".txt: `", key, "` stands where `", wanted, "` should"]);
        }
        if value.is_empty() {
            fail(&[lang, ".txt: `", key, "` has no words"]);
        }
        if (at == 0 && !same(value, lang)) || (at == 1 && !same(value, name)) {
            fail(&[lang, ".txt: `", key, "` is `", value, "` here, and another in the list of languages"]);
        }
        at += 1;
        file = rest;
    }
    if at < KEYS.len() {
        fail(&[lang, ".txt: `", KEYS[at], "` is missing at the end"]);
    }
}

/// The next line that has something in it, as key and words, and what follows it.
const fn line(mut file: &str) -> Option<(&str, &str, &str)> {
    while !file.is_empty() {
        let (line, rest) = split(file, b'\n');
        file = rest;
        let (key, value) = split(line, b'=');
        let key = key.trim_ascii();
        if !key.is_empty() && key.as_bytes()[0] != b'#' {
            return Some((key, value.trim_ascii(), rest));
        }
    }
    None
}

/// What stands before the first of this character of ASCII, and what behind it.
pub(super) const fn split(text: &str, mark: u8) -> (&str, &str) {
    let mut at = 0;
    while at < text.len() && text.as_bytes()[at] != mark {
        at += 1;
    }
    match (text.split_at_checked(at), text.split_at_checked(at + 1)) {
        (Some((before, _)), Some((_, behind))) => (before, behind),
        _ => (text, ""),
    }
}

/// FNV-1a, with a line feed behind each key.
const fn fingerprint(mut print: u32, key: &str) -> u32 {
    let mut at = 0;
    while at <= key.len() {
        let byte = if at < key.len() { key.as_bytes()[at] } else { b'\n' };
        print = (print ^ byte as u32).wrapping_mul(FNV_PRIME);
        at += 1;
    }
    print
}

const fn same(one: &str, other: &str) -> bool {
    fingerprint(FNV_OFFSET, one) == fingerprint(FNV_OFFSET, other)
}

/// Ends the compilation with these words: a constant cannot format any.
const fn fail(parts: &[&str]) -> ! {
    let (mut message, mut len, mut part) = ([0; 400], 0, 0);
    while part < parts.len() {
        let (bytes, mut at) = (parts[part].as_bytes(), 0);
        while at < bytes.len() && len < message.len() {
            message[len] = bytes[at];
            (len, at) = (len + 1, at + 1);
        }
        part += 1;
    }
    match str::from_utf8(message.split_at(len).0) {
        Ok(message) => panic!("{}", message),
        Err(_) => panic!("a language's file is not like the list of messages"),
    }
}
