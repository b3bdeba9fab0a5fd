//! The reader against the protocol crate's own.

use commonroom_protocol::{ByeCode, Code, GapWhy, NoticeCode, PageOf, Via};
use serde_json::Value;

use super::*;

impl Node for Value {
    fn field(&self, name: &str) -> Option<Self> {
        self.get(name).cloned()
    }

    fn text(&self) -> Option<String> {
        self.as_str().map(str::to_owned)
    }

    fn number(&self) -> Option<f64> {
        self.as_f64()
    }

    fn truth(&self) -> Option<bool> {
        self.as_bool()
    }

    fn items(&self) -> Option<Vec<Self>> {
        self.as_array().cloned()
    }
}

fn read(json: &str) -> Option<ServerFrame> {
    server_frame(&serde_json::from_str::<Value>(json).unwrap())
}

/// What the protocol crate writes, this reads.
#[track_caller]
fn reads(frame: ServerFrame) {
    assert_eq!(read(&serde_json::to_string(&frame).unwrap()), Some(frame));
}

fn a_said(me: bool) -> Said {
    Said {
        seq: Seq((1 << 53) - 1),
        prev: Seq(41),
        at: -1_764_000_000_000,
        from: "老王".into(),
        via: Via::Tcp,
        text: "a \"line\"\nand another".into(),
        by: "0123456789abcdef".into(),
        cid: "k1".into(),
        me,
    }
}

fn a_welcome() -> Welcome {
    Welcome {
        v: 1,
        build: "0.1.0+ab12cd".into(),
        room: "lobby".into(),
        you: "ana".into(),
        by: "0123456789abcdef".into(),
        epoch: "9f2c".into(),
        head: Seq(41),
        oldest: Seq(7),
        durable: "disk".into(),
        here: 2,
        roster: vec![Present { nick: "bob".into(), via: Via::Console }, Present { nick: "ana".into(), via: Via::Web }],
        ping_ms: 25_000,
        limits: Limits { text: 4096, nick: 32, burst: 20, per_second: 10 },
        join: Join {
            tcp: vec!["h:8888".into()],
            http: vec!["http://h:3000".into(), "http://i:3000".into()],
            tls: true,
        },
    }
}

#[test]
fn it_reads_what_is_said() {
    reads(ServerFrame::Said(a_said(false)));
    reads(ServerFrame::Said(a_said(true)));
    let (text, by, cid) = ("psst".into(), "b".into(), "c".into());
    reads(ServerFrame::Whispered(Whispered { at: 5, from: "a".into(), to: "b".into(), text, by, cid, me: true }));
}

#[test]
fn it_reads_a_join_and_its_replay() {
    reads(ServerFrame::Welcome(Box::new(a_welcome())));
    reads(ServerFrame::Gap { from: Seq(2), to: Seq(30), why: GapWhy::Rewound });
    reads(ServerFrame::Live { head: Seq(42) });
}

#[test]
fn it_reads_who_comes_and_goes() {
    reads(ServerFrame::Joined { nick: "bob".into(), via: Via::Api });
    reads(ServerFrame::Left { nick: "bob".into() });
    reads(ServerFrame::Crowd { joined: 12, left: 3, here: 214 });
    reads(ServerFrame::Renamed { from: "bob".into(), to: "rob".into() });
    reads(ServerFrame::Roster { n: Some(3), here: 700, roster: a_welcome().roster });
}

#[test]
fn it_reads_answers() {
    let said = vec![a_said(false), a_said(true)];
    reads(ServerFrame::Page { n: Some(5), of: PageOf::History, said, more: true, hits: None });
    reads(ServerFrame::Pong { n: None, head: Seq(0) });
    reads(ServerFrame::Refused {
        cid: Some("k1".into()),
        n: None,
        code: Code::TooLong,
        message: "m".into(),
        retry_ms: Some(5000),
    });
}

#[test]
fn it_reads_notices_and_ends() {
    reads(ServerFrame::Notice { code: NoticeCode::Rate, message: "slow".into(), about: None });
    reads(ServerFrame::Notice { code: NoticeCode::Kicked, message: "m".into(), about: Some("老王".into()) });
    reads(ServerFrame::Bye { code: ByeCode::Restart, after_ms: Some([500, 5000]) });
    reads(ServerFrame::Bye { code: ByeCode::Kicked, after_ms: None });
}

#[test]
fn what_a_newer_server_says_is_unknown_and_not_an_error() {
    assert_eq!(read(r#"{"t":"weather","c":21}"#), Some(ServerFrame::Unknown));
    let gap = ServerFrame::Gap { from: Seq(1), to: Seq(2), why: GapWhy::Other };
    assert_eq!(read(r#"{"t":"gap","from":1,"to":2,"why":"flood","more":[1]}"#), Some(gap));
}

#[test]
fn a_frame_that_lacks_something_is_none() {
    assert_eq!(read(r#"{"seq":1}"#), None);
    assert_eq!(read(r#"{"t":"live"}"#), None);
    assert_eq!(read(r#"{"t":"live","head":-1}"#), None);
    assert_eq!(read(r#"{"t":"live","head":1.5}"#), None);
    assert_eq!(read(r#"{"t":"left","nick":7}"#), None);
}
