//! Those who have come to the wrong door: HTTP, HTTP/2, TLS, SSH and what is no text, told by the first line that a connection
//! sends. Pure.

use bytes::Bytes;
use commonroom_protocol::Join;

use crate::addresses::by_terminal;

/// Methods of RFC 9110 section 9, RFC 5789, and the commonest of `WebDAV`: while an unfinished line could begin with one, it
/// is waited for.
const METHODS: [&str; 13] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "MKCOL", "REPORT",
    "PRI",
];
const VERSION: &[u8] = b"HTTP/";
const SSH: &[u8] = b"SSH-";
/// The first byte of a TLS record that holds a handshake (RFC 8446 section 5.1).
const HANDSHAKE: u8 = 0x16;
/// A request line longer than this is no message either: it is over every limit.
const REQUEST_LINE: usize = 8 * 1024;

/// What a connection's first bytes show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum First {
    /// Words for the room, so far as can be told from these.
    Ours,
    /// These bytes are too few to tell.
    Perhaps,
    /// Another protocol.
    Stranger(Stranger),
}

/// Another protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// A browser, or what else asks for a page by GET or HEAD; the path it asks for.
    Page(String),
    /// Any other HTTP/1 request, such as a form that a page of somebody else's posts here.
    Http,
    /// HTTP/2 with prior knowledge (RFC 9113 section 3.4).
    Http2,
    /// TLS.
    Tls,
    /// SSH (RFC 4253 section 4.2).
    Ssh,
    /// Something that is no text, such as STUN (RFC 8489), which a page of any site can have its browser send here by
    /// WebRTC, with words of its own in it.
    Binary,
}

/// Looks at what a connection has sent so far: at its first line, and at no other.
pub fn judge(sent: &[u8]) -> First {
    // RFC 9112 section 2.2: empty lines before a request line count for nothing.
    let sent = trim_endings(sent);
    let Some(first) = sent.first() else { return First::Ours };
    if *first == HANDSHAKE {
        return First::Stranger(Stranger::Tls);
    }
    if is_binary(*first) {
        return First::Stranger(Stranger::Binary);
    }
    let end = sent.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    let line = sent.get(..end.unwrap_or(sent.len())).unwrap_or_default();
    if line.starts_with(SSH) {
        return First::Stranger(Stranger::Ssh);
    }
    let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    match (words.as_slice(), end) {
        ([method, target, version], _) if is_method(method) && version.starts_with(VERSION) => {
            First::Stranger(request(method, target))
        }
        (_, Some(_)) => First::Ours,
        _ if line.len() < SSH.len() && SSH.starts_with(line) => First::Perhaps,
        _ => unfinished(&words, line.len()),
    }
}

/// What no line of text begins with: a control character that no key of a terminal's sends but on purpose. STUN begins with
/// 0 or 1, with or without the length that ICE puts before it on TCP (RFC 6544 section 10.1).
fn is_binary(first: u8) -> bool {
    first < b' ' && !matches!(first, 0x07..=0x0d | 0x1b)
}

/// A request line may still come of these words.
fn unfinished(words: &[&[u8]], len: usize) -> First {
    let known = |method: &[u8]| METHODS.iter().any(|known| known.as_bytes() == method);
    match words {
        [method] if METHODS.iter().any(|known| known.as_bytes().starts_with(method)) => First::Perhaps,
        [method, ..] if known(method) && len > REQUEST_LINE => First::Stranger(Stranger::Http),
        [method, _] if known(method) => First::Perhaps,
        [method, _, version] if known(method) && VERSION.starts_with(version) => First::Perhaps,
        _ => First::Ours,
    }
}

/// In a whole request line any method is one: RFC 9110 section 9.1 lets others be defined.
fn is_method(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'-')
}

fn request(method: &[u8], target: &[u8]) -> Stranger {
    match method {
        b"PRI" if target == b"*" => Stranger::Http2,
        b"GET" | b"HEAD" => Stranger::Page(String::from_utf8_lossy(target).into_owned()),
        _ => Stranger::Http,
    }
}

fn trim_endings(sent: &[u8]) -> &[u8] {
    let start = sent.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(sent.len());
    sent.get(start..).unwrap_or_default()
}

impl Stranger {
    /// The last thing said to it, in its own protocol, which names the right door.
    pub fn answer(&self, join: &Join) -> Bytes {
        let page = join.http.first().map_or("", String::as_str);
        match self {
            Stranger::Page(path) => redirect(&[page, room_of(path)].concat()),
            Stranger::Http => text("421 Misdirected Request", "", &wrong_door(page)),
            Stranger::Http2 => go_away(&wrong_door(page)),
            // A fatal alert, handshake_failure (RFC 8446 section 6): there is no place in it for words.
            Stranger::Tls => Bytes::from_static(&[0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]),
            // RFC 4253 section 4.2: lines may come before the version. Clients show them.
            Stranger::Binary => "! this is a port for lines of text, and that was none\n".into(),
            Stranger::Ssh => {
                let way = by_terminal(join.tcp.first().map_or("", String::as_str), join.tls);
                format!("This is Commonroom, a chat room, and no SSH. Come in with: {way}\r\n").into()
            }
        }
    }
}

fn wrong_door(page: &str) -> String {
    format!("This is Commonroom's port for plain sockets, such as nc. The page is at {page}/\n")
}

/// A room's path as it was asked for, if it is safe in a header; else the lobby's.
fn room_of(path: &str) -> &str {
    let safe =
        path.starts_with("/r/") && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.%".contains(&byte));
    if safe { path } else { "/" }
}

fn redirect(page: &str) -> Bytes {
    let words = format!("This is Commonroom's port for plain sockets, such as nc. The page is at {page}\n");
    text("302 Found", &format!("Location: {page}\r\n"), &words)
}

fn text(status: &str, header: &str, words: &str) -> Bytes {
    let len = words.len();
    format!(
        "HTTP/1.1 {status}\r\n{header}Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len}\r\n\
         X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{words}"
    )
    .into()
}

/// Empty SETTINGS and a GOAWAY with `HTTP_1_1_REQUIRED` (RFC 9113 sections 6.5, 6.8 and 7).
fn go_away(words: &str) -> Bytes {
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    const LAST_STREAM: [u8; 4] = [0; 4];
    const HTTP_1_1_REQUIRED: [u8; 4] = [0, 0, 0, 0x0d];
    let [.., len_high, len_low] = (LAST_STREAM.len() + HTTP_1_1_REQUIRED.len() + words.len()).to_be_bytes();
    let header = [0, len_high, len_low, 7, 0, 0, 0, 0, 0];
    [&SETTINGS[..], &header, &LAST_STREAM, &HTTP_1_1_REQUIRED, words.as_bytes()].concat().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn join() -> Join {
        Join { tcp: vec!["10.0.0.1:8888".into()], http: vec!["http://10.0.0.1:3000".into()], tls: false }
    }

    /// What is known at last, and after how many bytes; before that it must have been waited for.
    #[track_caller]
    fn known(sent: &str) -> (First, usize) {
        let known = (1..=sent.len()).find(|len| judge(&sent.as_bytes()[..*len]) != First::Perhaps);
        let len = known.unwrap_or(sent.len());
        (judge(&sent.as_bytes()[..len]), len)
    }

    #[track_caller]
    fn is(sent: &str, stranger: Stranger) {
        assert_eq!(judge(sent.as_bytes()), First::Stranger(stranger.clone()), "{sent:?}");
        assert_eq!(known(sent).0, First::Stranger(stranger), "{sent:?}, byte by byte");
    }

    #[test]
    fn strangers_are_known_however_their_bytes_come() {
        is("GET / HTTP/1.1\r\nHost: x\r\n\r\n", Stranger::Page("/".into()));
        is("HEAD /r/ops HTTP/1.0\r\n", Stranger::Page("/r/ops".into()));
        is("POST /x HTTP/1.1\r\n", Stranger::Http);
        is("OPTIONS * HTTP/1.1\r\n", Stranger::Http);
        is("CONNECT a:443 HTTP/1.1\r\n", Stranger::Http);
        is("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Stranger::Http2);
        is("SSH-2.0-OpenSSH_9.2\r\n", Stranger::Ssh);
        is("\u{16}\u{3}\u{1}", Stranger::Tls);
        is("\0\u{1}\0\u{8}!\u{12}", Stranger::Binary);
        is("\u{10}\u{c}\0\u{4}MQTT", Stranger::Binary);
    }

    #[test]
    fn keys_of_a_terminal_are_words() {
        for words in ["\u{1b}[A\n", "\t\n", "\u{8}\u{8}hello\n", "\u{7}\n", "hello\0\0\0"] {
            assert_eq!(judge(words.as_bytes()), First::Ours, "{words:?}");
        }
    }

    #[test]
    fn a_method_nobody_knows_is_one_in_a_whole_request_line() {
        assert_eq!(judge(b"BREW /pot HTTP/1.1\r\n"), First::Stranger(Stranger::Http));
        assert_eq!(judge(b"brew /pot HTTP/1.1\r\n"), First::Ours);
    }

    #[test]
    fn an_empty_line_before_a_request_counts_for_nothing() {
        assert_eq!(judge(b"\r\nGET /a HTTP/1.1\r\n"), First::Stranger(Stranger::Page("/a".into())));
        assert_eq!(judge(b"\r\n"), First::Ours);
    }

    #[test]
    fn words_are_ours_as_soon_as_they_can_be_nothing_else() {
        for (words, len) in [("hello", 1), ("GETTING up", 4), ("GET me a tea\n", 8), ("POST-it\n", 5), ("SSHH\n", 4)] {
            assert_eq!(known(words), (First::Ours, len), "{words:?}");
        }
        for words in ["GET\n", "GET it\n", "SSH\n", "POST a letter\r", "DELETE everything now HTTP/1.1\n"] {
            assert_eq!(judge(words.as_bytes()), First::Ours, "{words:?}");
        }
    }

    #[test]
    fn a_request_line_without_end_is_not_waited_for() {
        let sent = ["GET /", &"x".repeat(REQUEST_LINE)].concat();
        assert_eq!(judge(sent.as_bytes()), First::Stranger(Stranger::Http));
    }

    #[test]
    fn each_is_told_in_its_own_protocol_where_the_right_door_is() {
        let said = |stranger: Stranger| String::from_utf8_lossy(&stranger.answer(&join())).into_owned();
        let page = said(Stranger::Page("/r/ops".into()));
        assert!(page.starts_with("HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1:3000/r/ops\r\n"), "{page}");
        assert!(page.ends_with("\r\n\r\nThis is Commonroom's port for plain sockets, such as nc. The page is at http://10.0.0.1:3000/r/ops\n"));
        assert!(said(Stranger::Page("/x?\r\nSet-Cookie: a".into())).contains("Location: http://10.0.0.1:3000/\r\n"));
        assert!(said(Stranger::Http).starts_with("HTTP/1.1 421 "));
        assert!(said(Stranger::Ssh).contains("nc 10.0.0.1 8888\r\n"));
    }

    #[test]
    fn goodbye_in_http_2_is_two_whole_frames() {
        let frames = Stranger::Http2.answer(&join());
        let (settings, goaway) = frames.split_at(9);
        assert_eq!(settings, [0, 0, 0, 4, 0, 0, 0, 0, 0]);
        assert_eq!(usize::from(goaway[1]) << 8 | usize::from(goaway[2]), goaway.len() - 9);
        assert_eq!(goaway[3], 7);
        assert_eq!(goaway[9..17], [0, 0, 0, 0, 0, 0, 0, 0x0d]);
    }

    proptest! {
        /// Once it is known what somebody is, more of the same line does not make them a stranger without notice.
        #[test]
        fn what_is_ours_byte_by_byte_is_published_only_if_the_whole_line_is_ours(line in "[A-Z]{1,8}( [a-zA-Z/*]{0,6}){0,3}( HTTP/1.1)?\n") {
            let whole = judge(line.as_bytes());
            prop_assert_ne!(whole.clone(), First::Perhaps);
            if let First::Stranger(_) = known(&line).0 {
                prop_assert_ne!(whole, First::Ours);
            }
        }
    }
}
