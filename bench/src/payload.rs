//! The text of one message: who sent it and which it is, then filler. Every byte is known beforehand, so that a receiver
//! can tell a message that was altered.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// Bytes in a payload.
pub const LEN: usize = 64;
/// What every payload begins with; nothing else that a server writes has it.
const MARK: &[u8] = b"bench ";
const SENDER: usize = MARK.len();
const DIGITS: usize = 4;

static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(MARK));

/// A message's text.
pub type Payload = [u8; LEN];

/// The text of message `number` from `sender`, which is below 10,000.
pub fn payload(sender: usize, number: u64) -> Payload {
    let text = format!("bench {sender:04} {number:010} the quick brown fox jumps over a lazy dog.");
    let mut payload = [b'.'; LEN];
    payload.copy_from_slice(&text.as_bytes()[..LEN]);
    payload
}

/// Who sent this payload; nothing if it is none.
pub fn sender(payload: &Payload) -> Option<usize> {
    let digits = payload.strip_prefix(MARK)?.first_chunk::<DIGITS>()?;
    digits.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + usize::from(byte - b'0')))
}

/// The number that this payload bears, as text.
pub fn number(payload: &Payload) -> &[u8] {
    &payload[SENDER + DIGITS + 1..][..10]
}

/// The payload in a message. `hint` is how far from the message's end the last one began: the next begins there, too.
pub fn find<'a>(message: &'a [u8], hint: &mut usize) -> Option<&'a Payload> {
    let hinted = message.len().checked_sub(*hint).map(|start| &message[start..]);
    if let Some(payload) = hinted.filter(|rest| rest.starts_with(MARK)).and_then(|rest| rest.first_chunk()) {
        return Some(payload);
    }
    let start = FINDER.find(message)?;
    *hint = message.len() - start;
    message[start..].first_chunk()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_tells_its_sender_and_number() {
        let payload = payload(42, 1234);
        assert_eq!(sender(&payload), Some(42));
        assert_eq!(number(&payload), b"0000001234");
        assert!(payload.is_ascii());
    }

    #[test]
    fn it_is_found_with_a_hint_and_without() {
        let sent = payload(0, 7);
        let message = [b"<ana> ".as_slice(), &sent, b"\n"].concat();
        let mut hint = 0;
        assert_eq!(find(&message, &mut hint), Some(&sent));
        assert_eq!(hint, LEN + 1);
        assert_eq!(find(&message, &mut hint), Some(&sent));
        assert_eq!(find(b"* guest-fox joined\n", &mut hint), None);
        assert_eq!(find(b"<ana> bench cut off\n", &mut hint), None);
    }
}
