//! Bytes on the wire: how lines end, telnet's commands, charsets, and what others get of any bytes at all.

use std::borrow::Cow;

use commonroom_protocol::{Hello, ServerFrame, Via};
use encoding_rs::{Encoding, GB18030, GBK, UTF_8};
use proptest::prelude::*;

use crate::common::{JsonPeer, LinePeer, TestServer, Way, hello};
use crate::fuzz::fuzz;

fn gbk(text: &str) -> Cow<'_, [u8]> {
    encoded(GBK, text)
}

fn encoded<'a>(encoding: &'static Encoding, text: &'a str) -> Cow<'a, [u8]> {
    let (bytes, _, unmappable) = encoding.encode(text);
    assert!(!unmappable);
    bytes
}

/// So many bytes of UTF-8.
fn text(character: &str, bytes: usize) -> String {
    let text = character.repeat(bytes / character.len());
    format!("{text}{}", "x".repeat(bytes - text.len()))
}

/// How a text may come.
#[derive(Clone, Copy, Debug)]
enum Pieces {
    Whole,
    Halves,
    Bytes,
}

async fn send(peer: &mut LinePeer, bytes: &[u8], pieces: Pieces) {
    let size = match pieces {
        Pieces::Whole => bytes.len(),
        Pieces::Halves => bytes.len() / 2,
        Pieces::Bytes => 1,
    };
    for piece in bytes.chunks(size) {
        peer.send(piece).await;
    }
}

/// Every ending, in all pieces, of all lengths around the limit.
async fn every_line_arrives(character: &str, encoding: &'static Encoding) {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let mut bob = LinePeer::program(&server).await;
    if encoding != UTF_8 {
        bob.say(&format!("/charset {}", encoding.name())).await;
        assert_eq!(bob.line().await, format!("* {} it is", encoding.name()));
    }
    for ending in ["\n", "\r\n", "\r\0", "\r"] {
        for pieces in [Pieces::Whole, Pieces::Halves, Pieces::Bytes] {
            for length in [1, 4095, 4096, 4097] {
                let what = format!("{length} bytes of {character}, ending in {ending:?}, {pieces:?}");
                let text = text(character, length);
                let bytes = encoded(encoding, &text);
                send(&mut bob, &[&bytes, ending.as_bytes()].concat(), pieces).await;
                if length > 4096 {
                    // Beyond 8,192 as they come, they are counted as they come.
                    let told = if bytes.len() > 8192 { "8,193" } else { "4,097" };
                    let refusal = format!("! not sent: {told} bytes, the limit is 4,096");
                    assert_eq!(bob.line().await, refusal, "{what}");
                } else {
                    assert!(ana.said().await.text == text, "{what}");
                }
            }
        }
    }
    // Nothing else has come: neither an empty line's refusal nor a second half.
    assert_eq!(bob.settle().await, [""; 0]);
    ana.say("k1", "end").await;
    assert_eq!(ana.said().await.text, "end");
}

#[tokio::test]
async fn every_line_of_ascii_arrives() {
    every_line_arrives("x", UTF_8).await;
}

#[tokio::test]
async fn every_line_of_chinese_arrives() {
    every_line_arrives("天", UTF_8).await;
}

#[tokio::test]
async fn every_line_of_emoji_arrives() {
    every_line_arrives("🦊", UTF_8).await;
}

#[tokio::test]
async fn every_line_of_gbk_arrives() {
    every_line_arrives("天", GBK).await;
}

#[tokio::test]
async fn every_line_of_gb18030_arrives() {
    // Four bytes, for two of UTF-8: a line of 8,192.
    every_line_arrives("ñ", GB18030).await;
}

#[tokio::test]
async fn a_telnet_client_that_only_negotiates_is_a_person_and_reads_crlf() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let mut tom = LinePeer::connect(&server).await;
    tom.send(b"\xff\xfd\x03\xff\xfb\x18\xff\xfb\x1f\xff\xfa\x1f\x00\x50\x00\x0a\xff\xf0").await;
    let mut banner = Vec::new();
    while banner.last().is_none_or(|line| line != "-- live --\r\n") {
        banner.push(String::from_utf8(tom.raw_line().await).unwrap());
    }
    assert!(banner[0].starts_with("* Welcome to lobby on "), "{banner:?}");
    assert!(banner.iter().all(|line| line.ends_with("\r\n")), "and nothing was answered: {banner:?}");
    tom.send(b"caf\xff\xf1\xc3\xff\xfb\x01\xa9\r\0").await;
    assert_eq!(ana.said().await.text, "café");
    ana.say("k1", "hi\nthere").await;
    assert_eq!(tom.raw_line().await, b"<ana> hi\r\n");
    assert_eq!(tom.raw_line().await, b"<ana> there\r\n");
}

#[tokio::test]
async fn ctrl_c_in_telnet_leaves_at_once() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let mut tom = LinePeer::named(&server, "tom").await;
    tom.send(b"said\r\nhalf a li\xff\xf4\xff\xfd\x06ne\r\n").await;
    assert_eq!(ana.said().await.text, "said");
    let seen = ana.until("tom's leaving", |frame| matches!(frame, ServerFrame::Left { nick } if nick == "tom")).await;
    assert!(!seen.iter().any(|frame| matches!(frame, ServerFrame::Said(_))), "{seen:?}");
    assert_eq!(tom.rest_of_bytes().await, b"");
}

#[tokio::test]
async fn a_byte_order_mark_is_no_text() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    // PowerShell's StreamWriter sends it as soon as it flushes itself; whoever sits there has not spoken.
    let mut person = LinePeer::connect(&server).await;
    person.send("\u{feff}").await;
    person.until("-- live --").await;
    person.send("/me waves\r\n").await;
    let said = ana.said().await;
    assert_eq!((said.text.as_str(), said.me), ("waves", true));
    let mut script = LinePeer::connect(&server).await;
    script.send("\u{feff}hi\r\n").await;
    assert_eq!(ana.said().await.text, "hi");
    let mut frames = JsonPeer::connect(&server, Way::Lines).await;
    frames.send_bytes("\u{feff}".as_bytes()).await;
    frames.greet(Hello { nick: None, ..hello("") }).await;
    assert_eq!(frames.say_and_see("k1", "a frame").await.via, Via::Api);
}

#[tokio::test]
async fn a_hello_that_comes_late_is_not_lost_nor_what_comes_with_it() {
    let server = TestServer::start();
    for ending in ["\n", "\r\n", "\r"] {
        let mut late = LinePeer::person(&server).await;
        let hello = r#"{"t":"hello","v":1,"client":"client-that-is-late"}"#;
        late.send(format!("{hello}{ending}{{\"t\":\"ping\",\"n\":7}}{ending}")).await;
        assert!(late.line().await.starts_with(r#"{"t":"welcome""#));
        late.until(r#"{"t":"pong","n":7,"head":0}"#).await;
    }
}

#[tokio::test]
async fn a_hello_is_taken_or_refused_and_never_said() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let hello = r#"{"t":"hello","v":1,"client":"client-with-a-secret"}"#;
    for before in [" ", "\t", "\n", "\r\n  ", "\u{feff} "] {
        let mut program = LinePeer::connect(&server).await;
        program.send(format!("{before}{hello}\n")).await;
        assert!(program.line().await.starts_with(r#"{"t":"welcome""#), "after {before:?}");
    }
    let mut person = LinePeer::person(&server).await;
    person.say(&format!(" {hello}")).await;
    assert!(person.line().await.starts_with(r#"{"t":"welcome""#));
    let mut late = LinePeer::connect(&server).await;
    for bad in ["", r#"{"t":"hello","v":"1","client":"client-with-a-secret"}"#] {
        late.send(format!("[1]\n {hello}\n{bad}\n")).await;
        assert_eq!(late.line().await, "! not sent: it is /json before a hello");
    }
    assert_eq!(late.line().await, "! not sent: it is /json before a hello");
    let mut script = LinePeer::connect(&server).await;
    script.send(format!("/say [2]\n{hello}\n")).await;
    assert_eq!(script.rest().await, ["ok #3", "err bad_frame it is /json before a hello"]);
    ana.say("k1", "end").await;
    let heard = [ana.said().await.text, ana.said().await.text, ana.said().await.text, ana.said().await.text];
    assert_eq!(heard, ["[1]", "[1]", "[2]", "end"]);
}

#[tokio::test]
async fn gbk_is_guessed_and_used_both_ways() {
    let server = TestServer::start();
    let mut ana = LinePeer::named(&server, "ana").await;
    let mut bob = LinePeer::person(&server).await;
    bob.send([&gbk("你好，世界"), &b"\r\n"[..]].concat()).await;
    assert_eq!(bob.line().await, "* your terminal seems to use GBK; /charset utf8 to change");
    assert!(ana.said().await.ends_with("> 你好，世界"));
    ana.say("天气很好 🦊 é").await;
    assert_eq!(bob.raw_line().await, [&b"<ana> "[..], &gbk("天气很好 ? é"), b"\n"].concat());
    bob.send([&b"/nick "[..], &gbk("小明"), b"\n"].concat()).await;
    assert_eq!(bob.raw_line().await, [&b"* you are now "[..], &gbk("小明"), b"\n"].concat());
    bob.send([&gbk("再见"), &b"\n/lang zh\n/charset utf8\n"[..]].concat()).await;
    assert_eq!(bob.raw_line().await, [&b"* "[..], &gbk("现在说中文"), b"\n"].concat());
    assert_eq!(bob.line().await, "* 现在使用 UTF-8", "told once: no second guess between");
    assert_eq!(ana.said().await, "<小明> 再见");
    bob.send([&gbk("你好"), &b"\n"[..]].concat()).await;
    assert_eq!(bob.line().await, "! 未发送：不是有效的 UTF-8（第 0 处的字节 0xC4）", "chosen, so nothing is guessed");
}

#[tokio::test]
async fn half_a_character_at_the_end_is_refused() {
    let server = TestServer::start();
    let cases: [(&str, &[u8], &str); 3] = [
        ("", &"你好天".as_bytes()[..8], "! not sent: not valid UTF-8 (byte 0xE5 at 6)"),
        ("/charset gbk\n", b"\xc4\xe3\xba", "! not sent: not valid GBK (byte 0xBA at 2)"),
        ("", b"caf\xe9", "! not sent: not valid UTF-8 (byte 0xE9 at 3)"),
    ];
    for (choice, bytes, refusal) in cases {
        let mut bob = LinePeer::connect(&server).await;
        bob.send([choice.as_bytes(), bytes].concat()).await;
        bob.say_no_more().await;
        assert_eq!(bob.rest().await.last().unwrap(), refusal);
    }
}

#[tokio::test]
async fn where_255_is_a_letter_it_is_one_after_charset() {
    let server = TestServer::start();
    let mut ana = LinePeer::named(&server, "ana").await;
    for (name, known, word, bytes) in
        [("cp1251", "windows-1251", "яма", &b"\xff\xec\xe0"[..]), ("koi8-r", "KOI8-R", "Ъ", b"\xff")]
    {
        let mut bob = LinePeer::connect(&server).await;
        // In one write: what a charset means counts from the next line on.
        bob.send([b"/charset ", name.as_bytes(), b"\n", bytes, b"\n"].concat()).await;
        assert_eq!(bob.line().await, format!("* {known} it is"));
        assert!(ana.said().await.ends_with(&format!("> {word}")));
        ana.say(word).await;
        assert_eq!(bob.raw_line().await, [b"<ana> ", bytes, b"\n"].concat());
        // One that negotiates sends it twice, and is sent it twice.
        let mut tom = LinePeer::connect(&server).await;
        let twice = bytes.iter().flat_map(|b| std::iter::repeat_n(*b, if *b == 255 { 2 } else { 1 }));
        let twice = twice.collect::<Vec<_>>();
        tom.send([b"\xff\xfb\x18/charset ", name.as_bytes(), b"\r\n", &twice, b"\r\n"].concat()).await;
        assert_eq!(tom.line().await, format!("* {known} it is\r"));
        assert!(ana.said().await.ends_with(&format!("> {word}")));
        ana.say(word).await;
        assert_eq!(tom.raw_line().await, [b"<ana> ", &twice[..], b"\r\n"].concat());
    }
}

#[tokio::test]
async fn a_charset_that_is_not_offered_is_refused_in_both_languages() {
    let server = TestServer::start();
    let mut bob = LinePeer::program(&server).await;
    let some = "utf8, gbk, big5, shift_jis, euc-kr, cp1251, koi8-r";
    for name in ["utf-16", "iso-2022-jp", "klingon"] {
        bob.say(&format!("/charset {name}")).await;
        assert_eq!(bob.line().await, format!("! no charset is called {name}; there are {some} and others"));
    }
    bob.say("/lang zh").await;
    bob.line().await;
    bob.say("/charset klingon").await;
    assert_eq!(bob.line().await, format!("! 没有叫 klingon 的字符集；可用 {some} 等"));
    bob.say("/charset gbk").await;
    assert_eq!(bob.raw_line().await, [&b"* "[..], &gbk("现在使用 GBK"), b"\n"].concat());
}

/// What a line to a terminal may be, whoever it is about: our own, or somebody's name in front.
fn is_in_the_grammar(line: &str) -> bool {
    let named = |open: &str, close: &str| {
        let name = line.strip_prefix(open).and_then(|rest| rest.split_once(close)).map(|(name, _)| name);
        name.is_some_and(|name| !name.is_empty() && !name.contains([' ', '<', '>', '*', '(', ')']))
    };
    let ours = ["* ", "! ", "-- "].iter().any(|mark| line.starts_with(mark));
    ours || named("<", "> ") || named("*", "* ") || named("(", " whispers) ")
}

/// No byte that moves a terminal's cursor.
fn is_harmless(line: &str) -> bool {
    !line.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202d}' | '\u{202e}'))
}

/// Bytes that mean something somewhere, with a bar between.
const SPECIAL: &[u8] = b"\n|\r|\r\n|\r\0|\n\n|\0|\t|\x1b[2J|\x07|\x7f|\xc2\x9b|\xc2\x85|\x9b|\xff|\xff\xff|\xff\xfb\x01|\
    \xff\xfa\x18|\xff\xf0|\xff\xf1|\xff\xf4|\xef\xbb\xbf|/|//|* bob joined (web)|<ana> |*ana* |(ana whispers) |! |-- live --|\
    /nick |/me |/msg witness |/charset gbk\n|/charset latin1\n|/charset cp1251\n|/charset |/lang zh\n|/who\n|/help\n|\
    {\"t\":\"say\"}|\xc4\xe3\xba\xc3|\xc4|\xe5\xa4\xa9|\xf0\x9f\xa6\x8a|\xe5\xa4|\xe2\x80\xae|\xe2\x80\xa8|\xe2\x81\xa7|\
    \xcc\x81|\xf3\xa0\x81\x81";

/// Any bytes, and those far more often than chance would have them.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let special: Vec<_> = SPECIAL.split(|byte| *byte == b'|').collect();
    let special = prop::sample::select(special).prop_map(<[u8]>::to_vec);
    let chance = prop::collection::vec(any::<u8>(), 1..4);
    let word = "[a-z]{1,3}".prop_map(String::into_bytes);
    let long = (any::<u8>(), 4090usize..4100).prop_map(|(byte, length)| vec![byte; length]);
    let part = prop_oneof![60 => special, 20 => chance, 19 => word, 1 => long];
    prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

#[test]
fn fuzz_whatever_one_types_others_get_harmless_lines_of_the_grammar() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (server, mut witness) = runtime.block_on(async {
        let server = TestServer::start();
        let witness = LinePeer::named(&server, "witness").await;
        (server, witness)
    });
    let mut round = 0;
    fuzz((any_bytes(), 1usize..40), |(bytes, size)| {
        round += 1;
        let (told, seen) = runtime.block_on(async {
            let mut eve = LinePeer::connect(&server).await;
            // Else some would begin as TLS does, and be answered in it.
            eve.send("hello\n").await;
            for piece in bytes.chunks(size) {
                eve.send(piece).await;
            }
            eve.say_no_more().await;
            let told = eve.rest_of_bytes().await;
            // Everything eve has said is on the log by now, and so before this answer.
            (told, witness.settle().await)
        });
        for line in &seen {
            prop_assert!(is_in_the_grammar(line) && is_harmless(line), "{line:?}");
        }
        let harmful = told.iter().find(|b| **b < b' ' && !b"\r\n".contains(b) || **b == 0x7f);
        prop_assert_eq!(harmful, None, "told: {:?}", told.escape_ascii().to_string());
        Ok(())
    });
    assert!(round > 0);
}
