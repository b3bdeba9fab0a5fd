//! The dialect for programs: one JSON object a frame, in WebSocket messages or one a line.

use std::sync::Arc;

use bytes::{BufMut, BytesMut};
use commonroom_protocol::{ByeCode, ClientFrame, Hello, NoticeCode, PageOf, Said, Seq, ServerFrame, Whispered, limits};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Command, Lang, Refused, Reply, Side, Stretch, Wire};
use crate::event::Event;
use crate::journal::{Found, Page, Search};
use crate::refusal::Refusal;
use crate::search::Query;

/// Messages in a page that names no limit.
const PAGE: usize = 50;
/// Most frames fit into so many bytes; growing step by step takes a tenth of the instructions.
const FRAME: usize = 512;
/// How long clients stay away before they come back after a restart, in milliseconds: spread, so that they don't all
/// come at once.
const RESTART_MS: [u32; 2] = [500, 5000];

/// A JSON connection.
pub struct Json {
    /// How its frames are framed.
    pub wire: Wire,
}

impl Json {
    /// Writes what only this connection is told.
    pub(super) fn reply(&self, reply: Reply, out: &mut BytesMut) {
        let words = Lang::En.words();
        let frame = match reply {
            Reply::Welcome(welcome) => ServerFrame::Welcome(welcome),
            Reply::Refused(Refused { cid, n, why, .. }) => ServerFrame::Refused {
                cid,
                n,
                code: why.code(),
                message: words.refusal(&why),
                retry_ms: why.retry_ms(),
            },
            Reply::Roster(n, here, roster) => ServerFrame::Roster { n, here, roster },
            Reply::Rooms(n, rooms) => ServerFrame::Rooms { n, rooms },
            Reply::Pong(n, head) => ServerFrame::Pong { n, head },
            Reply::Page(n, _, Page { said, more }) => {
                ServerFrame::Page { n, of: PageOf::History, said: copied(&said), more, hits: None }
            }
            Reply::Found(n, Found { hits, said, more }) => {
                ServerFrame::Page { n, of: PageOf::Search, said: copied(&said), more, hits: Some(hits.into()) }
            }
            Reply::Again(said) => ServerFrame::Said(*said),
            Reply::SlowDown(per_second) => {
                ServerFrame::Notice { code: NoticeCode::Rate, message: words.slow_down(per_second), about: None }
            }
            Reply::Done(done) => {
                ServerFrame::Notice { code: NoticeCode::Done, message: words.done(&done), about: None }
            }
            Reply::Gap(from, to, why) => ServerFrame::Gap { from, to, why },
            Reply::Live(head) => ServerFrame::Live { head },
            Reply::Bye(code) => {
                let wait = matches!(code, ByeCode::Restart | ByeCode::Overloaded);
                ServerFrame::Bye { code, after_ms: wait.then_some(RESTART_MS) }
            }
            // For people; a program has its page whole, and learns the same from the room's own frames.
            Reply::Part(_)
            | Reply::Named(_)
            | Reply::Help
            | Reply::Speaking
            | Reply::Asks(_)
            | Reply::Here(_)
            | Reply::Saved(_)
            | Reply::Posted(_)
            | Reply::Switched(..)
            | Reply::Reading(_)
            | Reply::Seems(_) => return,
        };
        frame_into(self.wire, &frame, out);
    }
}

fn copied(said: &[Arc<Said>]) -> Vec<Said> {
    said.iter().map(|said| (**said).clone()).collect()
}

/// Writes an event as a frame.
pub(super) fn event(wire: Wire, event: &Event, out: &mut BytesMut) {
    match event {
        Event::Said(said) => frame_into(wire, &Borrowed::Said(said), out),
        Event::Whispered(whispered) => frame_into(wire, &Borrowed::Whispered(whispered), out),
        Event::Joined { nick, via } => {
            frame_into(wire, &ServerFrame::Joined { nick: nick.to_string(), via: *via }, out);
        }
        Event::Crowd { joined, left, here } => {
            frame_into(wire, &ServerFrame::Crowd { joined: *joined, left: *left, here: *here }, out);
        }
        Event::Left { nick } => frame_into(wire, &ServerFrame::Left { nick: nick.to_string() }, out),
        Event::Renamed { from, to } => {
            frame_into(wire, &ServerFrame::Renamed { from: from.to_string(), to: to.to_string() }, out);
        }
        Event::Notice(notice) => {
            if let Some(nick) = notice.gone() {
                frame_into(wire, &ServerFrame::Left { nick: nick.to_string() }, out);
            }
            let message = Lang::En.words().notice(notice);
            let (code, about) = (notice.code(), notice.about());
            frame_into(wire, &ServerFrame::Notice { code, message, about }, out);
        }
    }
}

/// Frames of [`ServerFrame`] without a copy of the message.
#[derive(Serialize)]
#[serde(tag = "t", rename_all = "snake_case")]
enum Borrowed<'a> {
    Said(&'a Said),
    Whispered(&'a Whispered),
}

/// Writes one frame in its framing.
fn frame_into(wire: Wire, frame: &impl Serialize, out: &mut BytesMut) {
    // Our own frames have string keys and no failing parts: they always serialise.
    let mut json = Vec::with_capacity(FRAME);
    if serde_json::to_writer(&mut json, frame).is_err() {
        return;
    }
    if wire == Wire::WsJson {
        ws_header(TEXT, json.len(), out);
        out.extend_from_slice(&json);
    } else {
        out.extend_from_slice(&json);
        out.put_u8(b'\n');
    }
}

/// The opcode of a text frame.
pub const TEXT: u8 = 1;

/// The header of an unmasked, final frame (RFC 6455 section 5.2).
pub fn ws_header(opcode: u8, len: usize, out: &mut BytesMut) {
    out.put_u8(0x80 | opcode);
    match (u8::try_from(len), u16::try_from(len)) {
        (Ok(short @ 0..=125), _) => out.put_u8(short),
        (_, Ok(medium)) => {
            out.put_u8(126);
            out.put_u16(medium);
        }
        _ => {
            out.put_u8(127);
            out.put_u64(len as u64);
        }
    }
}

/// What a frame asks for.
pub(super) fn parse(input: &[u8]) -> Result<Command, Refused> {
    let again = |n| Refused { n, ..refused(Refusal::bad_frame("this connection has joined already")) };
    match frame(input)? {
        ClientFrame::Hello(_) => Err(again(None)),
        ClientFrame::Say { cid, text, me } => checked(cid, |cid| Command::Say { cid, text, me }),
        ClientFrame::Whisper { cid, to, text, me } => checked(cid, |cid| Command::Whisper { cid, to, text, me }),
        ClientFrame::Nick { nick } => Ok(Command::Nick(nick)),
        ClientFrame::Who { n } => Ok(Command::Who(n)),
        ClientFrame::Rooms { n } => Ok(Command::Rooms(n)),
        ClientFrame::History { n, before, after, around, limit } => {
            let limit = limit.unwrap_or(PAGE).min(limits::PAGE);
            let stretch = |from, side| Ok(Command::History(n, Stretch { from, side, limit }));
            match (before, after, around) {
                (Some(from), None, None) => stretch(from, Side::Before),
                (None, Some(from), None) => stretch(from, Side::After),
                (None, None, Some(from)) => stretch(from, Side::Around),
                _ => Err(Refused { n, ..refused(Refusal::bad_frame("history takes one of before, after, around")) }),
            }
        }
        ClientFrame::Search { n, query, before, limit, neighbours } => {
            let neighbours = neighbours.unwrap_or(0).min(limits::NEIGHBOURS);
            let limit = limit.unwrap_or(limits::HITS).min(limits::PAGE / (2 * neighbours + 1));
            let before = before.unwrap_or(Seq(u64::MAX));
            let query = sought(&query).map_err(|why| Refused { n, ..refused(why) })?;
            Ok(Command::Search(n, Search { query, before, limit, neighbours }))
        }
        ClientFrame::Command { n, line } => Ok(Command::Moderate(n, line)),
        ClientFrame::Ping { n } => Ok(Command::Ping(n)),
    }
}

/// Whether an input is a hello, be it a good one or not: it may have a client's secret in it.
pub fn is_hello(input: &[u8]) -> bool {
    let salvaged = || serde_json::from_slice::<Salvage>(input);
    begins_frame(input) && salvaged().is_ok_and(|Salvage { t, .. }| t == "hello")
}

/// Whether an input begins as a frame does: with a brace, but for blanks.
pub fn begins_frame(input: &[u8]) -> bool {
    input.trim_ascii_start().starts_with(b"{")
}

/// The first frame of a connection.
///
/// # Errors
/// [`Refusal::NotJoined`] if it is another one than hello, else as any bad frame.
pub fn greeting(input: &[u8]) -> Result<Hello, Refused> {
    match frame(input)? {
        ClientFrame::Hello(hello) => Ok(hello),
        ClientFrame::Say { cid, .. } | ClientFrame::Whisper { cid, .. } => {
            Err(Refused { cid: Some(cid), unsent: true, ..refused(Refusal::NotJoined) })
        }
        ClientFrame::Who { n }
        | ClientFrame::Rooms { n }
        | ClientFrame::History { n, .. }
        | ClientFrame::Search { n, .. }
        | ClientFrame::Command { n, .. }
        | ClientFrame::Ping { n } => Err(Refused { n, ..refused(Refusal::NotJoined) }),
        ClientFrame::Nick { .. } => Err(refused(Refusal::NotJoined)),
    }
}

fn sought(query: &str) -> Result<Query, Refusal> {
    let (bytes, limit) = (query.len(), limits::TEXT_BYTES);
    match query {
        _ if bytes > limit => Err(Refusal::TooLong { bytes, limit }),
        _ if query.trim().is_empty() => Err(Refusal::NothingSought),
        _ => Ok(Query::parse(query)),
    }
}

fn checked(cid: String, command: impl FnOnce(String) -> Command) -> Result<Command, Refused> {
    let printable = cid.bytes().all(|b| (b' '..=b'~').contains(&b));
    if printable && (1..=limits::CID_BYTES).contains(&cid.len()) {
        return Ok(command(cid));
    }
    let why = Refusal::bad_frame("cid must be 1 to 36 printable ASCII characters");
    Err(Refused { cid: Some(cid), unsent: true, ..refused(why) })
}

fn refused(why: Refusal) -> Refused {
    Refused { cid: None, n: None, why, unsent: false }
}

/// Reads a frame. One that is not good is looked at again for its `cid` and `n`, so that whoever sent it knows which of
/// theirs was refused.
fn frame(input: &[u8]) -> Result<ClientFrame, Refused> {
    serde_json::from_slice(input).map_err(|fault| {
        let salvage: Salvage = serde_json::from_slice(input).unwrap_or_default();
        let cid = salvage.cid.as_str().map(str::to_owned);
        Refused { unsent: cid.is_some(), cid, n: salvage.n.as_u64(), why: why_bad(&salvage.t, &fault) }
    })
}

fn why_bad(t: &Value, fault: &serde_json::Error) -> Refusal {
    const KNOWN: [&str; 10] =
        ["hello", "say", "whisper", "nick", "who", "rooms", "history", "search", "command", "ping"];
    match t.as_str() {
        Some(t) if !KNOWN.contains(&t) => Refusal::UnknownFrame { t: t.chars().take(32).collect() },
        Some(_) => Refusal::bad_frame(fault.to_string()),
        None if fault.is_data() => Refusal::bad_frame("a frame is a JSON object with a string t"),
        None => Refusal::bad_frame(format!("not JSON: {fault}")),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Salvage {
    t: Value,
    cid: Value,
    n: Value,
}

#[cfg(test)]
mod tests {
    use commonroom_protocol::Code;
    use proptest::prelude::*;

    use super::*;
    use crate::fuzz::fuzz;

    fn code(input: &str) -> (Code, Option<String>, Option<u64>) {
        let refused = parse(input.as_bytes()).unwrap_err();
        (refused.why.code(), refused.cid, refused.n)
    }

    /// Frames whose parts are right, wrong, huge, missing, twice or of another kind, and bytes that are none.
    fn any_frame() -> impl Strategy<Value = Vec<u8>> {
        let kinds =
            vec!["hello", "say", "whisper", "nick", "who", "rooms", "history", "search", "command", "ping", "dance"];
        let value = prop_oneof![
            any::<u64>().prop_map(|number| number.to_string()),
            "[a-z]{0,8}|[ -~]{0,40}".prop_map(|text| serde_json::to_string(&text).unwrap()),
            prop::sample::select(vec![
                "null",
                "true",
                "-1",
                "1e999",
                "[]",
                "{}",
                "[[[[",
                "\"\\ud800\"",
                "1.5",
                "\"\u{1f98a}\""
            ])
            .prop_map(str::to_owned),
        ];
        let keys = vec![
            "t", "v", "cid", "text", "me", "to", "nick", "n", "before", "after", "around", "limit", "query", "line",
        ];
        let field = (prop::sample::select(keys), value).prop_map(|(key, value)| format!("\"{key}\":{value}"));
        let fields = prop::collection::vec(field, 0..6);
        let frame = (prop::sample::select(kinds), fields).prop_map(|(kind, mut fields)| {
            fields.insert(0, format!("\"t\":\"{kind}\""));
            format!("{{{}}}", fields.join(",")).into_bytes()
        });
        prop_oneof![9 => frame, 1 => prop::collection::vec(any::<u8>(), 0..40)]
    }

    #[test]
    fn fuzz_any_frame_is_taken_or_refused() {
        fuzz(any_frame(), |bytes| {
            for refused in [parse(&bytes).err(), greeting(&bytes).err()].into_iter().flatten() {
                let mut out = BytesMut::new();
                Json { wire: Wire::JsonLine }.reply(Reply::Refused(refused), &mut out);
                let told: Result<ServerFrame, _> = serde_json::from_slice(&out);
                prop_assert!(matches!(told, Ok(ServerFrame::Refused { .. })), "{out:?}");
            }
            Ok(())
        });
    }

    #[test]
    fn a_frame_that_is_refused_keeps_its_id() {
        assert_eq!(code("nonsense"), (Code::BadFrame, None, None));
        assert_eq!(code("[1,2]"), (Code::BadFrame, None, None));
        assert_eq!(code(r#"{"t":"dance","n":4}"#), (Code::Unknown, None, Some(4)));
        assert_eq!(code(r#"{"t":"say","cid":"k1","text":7}"#), (Code::BadFrame, Some("k1".into()), None));
        assert_eq!(code(r#"{"t":"say","cid":"","text":"x"}"#), (Code::BadFrame, Some(String::new()), None));
        assert_eq!(code(r#"{"t":"history","n":5,"before":4,"after":2}"#), (Code::BadFrame, None, Some(5)));
        assert_eq!(code(r#"{"t":"hello","v":1,"client":"abcdefgh"}"#), (Code::BadFrame, None, None));
    }

    #[test]
    fn a_page_is_never_longer_than_the_limit() {
        let stretch = Stretch { from: Seq(9), side: Side::Before, limit: 200 };
        let asked = parse(br#"{"t":"history","before":9,"limit":5000}"#);
        assert_eq!(asked, Ok(Command::History(None, stretch)));
    }

    #[test]
    fn a_search_with_its_neighbours_is_never_longer_than_a_page() {
        let asked = |fields: &str| match parse(format!(r#"{{"t":"search","n":6,"query":"天气"{fields}}}"#).as_bytes())
        {
            Ok(Command::Search(Some(6), search)) if search.query == Query::parse("天气") => {
                (search.before, search.limit, search.neighbours)
            }
            other => panic!("{fields} is {other:?}"),
        };
        assert_eq!(asked(""), (Seq(u64::MAX), 20, 0));
        assert_eq!(asked(r#","before":41,"limit":7,"neighbours":2"#), (Seq(41), 7, 2));
        assert_eq!(asked(r#","limit":9999"#), (Seq(u64::MAX), 200, 0));
        assert_eq!(asked(r#","limit":9999,"neighbours":1"#), (Seq(u64::MAX), 66, 1));
        assert_eq!(asked(r#","limit":9999,"neighbours":9999"#), (Seq(u64::MAX), 18, 5));
        assert_eq!(code(r#"{"t":"search","n":6,"query":" \u3000"}"#), (Code::Empty, None, Some(6)));
        assert_eq!(code(r#"{"t":"search","n":6}"#), (Code::BadFrame, None, Some(6)));
        let long = format!(r#"{{"t":"search","n":6,"query":"{}"}}"#, "x".repeat(4097));
        assert_eq!(code(&long), (Code::TooLong, None, Some(6)));
    }

    #[test]
    fn nothing_but_hello_is_taken_before_hello() {
        let early = greeting(br#"{"t":"say","cid":"k1","text":"hi"}"#).unwrap_err();
        assert_eq!((early.why, early.cid), (Refusal::NotJoined, Some("k1".into())));
        assert_eq!(greeting(br#"{"t":"hello","v":1,"client":"abcdefgh"}"#).map(|hello| hello.v), Ok(1));
    }

    #[test]
    fn frame_headers_are_as_short_as_they_can_be() {
        let header = |len| {
            let mut out = BytesMut::new();
            ws_header(TEXT, len, &mut out);
            out.to_vec()
        };
        assert_eq!(header(125), [0x81, 125]);
        assert_eq!(header(126), [0x81, 126, 0, 126]);
        assert_eq!(header(65535), [0x81, 126, 0xff, 0xff]);
        assert_eq!(header(65536), [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }
}
