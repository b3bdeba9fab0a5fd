//! The colour of a name.

/// One of `c1` to `c5`, always the same for a name (FNV-1a).
pub(crate) fn colour(nick: &str) -> &'static str {
    let hash = nick.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    ["c1", "c2", "c3", "c4", "c5"][hash as usize % 5]
}
