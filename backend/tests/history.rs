//! What was said is found again: by its place, by its time, and by the words in it.

use std::time::Duration;

use commonroom_protocol::{ClientFrame, Code, PageOf, Said, Seq, ServerFrame, limits};

use crate::common::{JsonPeer, LinePeer, TestServer, Way, hello, soon};

/// Asks for these words with these fields more.
async fn search(peer: &mut JsonPeer, query: &str, fields: &str) -> ServerFrame {
    let query = serde_json::to_string(query).unwrap();
    peer.send_text(&format!(r#"{{"t":"search","n":6,"query":{query}{fields}}}"#)).await;
    let answers = |frame: &ServerFrame| matches!(frame, ServerFrame::Page { .. } | ServerFrame::Refused { .. });
    peer.until("the answer to a search", answers).await.pop().unwrap()
}

/// What was found: the hits, all that is told, and whether there is more.
async fn found(peer: &mut JsonPeer, query: &str, fields: &str) -> (Vec<u64>, Vec<u64>, bool) {
    match search(peer, query, fields).await {
        ServerFrame::Page { n: Some(6), of: PageOf::Search, said, more, hits: Some(hits) } => {
            let seqs = |said: &Said| said.seq.0;
            (hits.iter().map(|hit| hit.0).collect(), said.iter().map(seqs).collect(), more)
        }
        other => panic!("{query} is answered {other:?}"),
    }
}

async fn say_all(server: &TestServer, texts: &[&str]) -> JsonPeer {
    let mut ana = JsonPeer::join(server, Way::Web, "ana").await;
    for (i, text) in texts.iter().enumerate() {
        ana.say_and_see(&format!("k{i}"), text).await;
    }
    ana
}

#[tokio::test]
async fn words_are_found_newest_first_and_told_oldest_first() {
    let server = TestServer::start();
    let texts = ["the weather", "hello", "Weather report", "no", "weathered", "yes", "the end of WEATHER"];
    let _ana = say_all(&server, &texts).await;
    for way in Way::ALL {
        let mut bob = JsonPeer::connect(&server, way).await;
        bob.greet(hello("")).await;
        bob.until_live().await;
        assert_eq!(found(&mut bob, "weather", "").await, (vec![7, 3, 1], vec![1, 3, 7], false));
        assert_eq!(found(&mut bob, "weather", r#","limit":2"#).await, (vec![7, 3], vec![3, 7], true));
        assert_eq!(found(&mut bob, "weather", r#","limit":2,"before":3"#).await, (vec![1], vec![1], false));
        let beside = r#","limit":2,"neighbours":1"#;
        assert_eq!(found(&mut bob, "weather", beside).await, (vec![7, 3], vec![2, 3, 4, 6, 7], true));
        assert_eq!(found(&mut bob, "weather*", "").await.0, [7, 5, 3, 1]);
        assert_eq!(found(&mut bob, "the weather", "").await.0, [7, 1]);
        assert_eq!(found(&mut bob, "\"the weather\"", "").await.0, [1]);
        assert_eq!(found(&mut bob, "sunshine", "").await, (vec![], vec![], false));
    }
}

#[tokio::test]
async fn a_message_is_found_in_every_script() {
    let server = TestServer::start();
    let texts = [
        "今天天气真好",
        "天空的气球",
        "Café au lait",
        "コーヒーを飲む",
        "날씨가 좋다",
        "👍🏽 ok",
        "ＦＵＬＬ　ｗｉｄｔｈ",
    ];
    let mut ana = say_all(&server, &texts).await;
    let asked = [
        ("天气", vec![1]),
        ("天 气", vec![2, 1]),
        ("“天气”", vec![1]),
        ("cafe", vec![3]),
        ("CAFÉ", vec![3]),
        ("コーヒー", vec![4]),
        ("날씨", vec![5]),
        ("👍", vec![6]),
        ("full-width", vec![7]),
    ];
    for (query, hits) in asked {
        assert_eq!(found(&mut ana, query, "").await.0, hits, "{query}");
    }
}

#[tokio::test]
async fn one_search_after_the_other_reaches_every_message() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Lines, "ana").await;
    ana.fill(530, "needle ").await;
    let mut before = u64::MAX >> 11;
    let mut all: Vec<u64> = Vec::new();
    loop {
        let (hits, said, more) = found(&mut ana, "needle", &format!(r#","limit":500,"before":{before}"#)).await;
        assert!(said.is_sorted() && said.len() == hits.len() && said.len() <= limits::PAGE);
        all.extend(&hits);
        let Some(oldest) = hits.last().filter(|_| more) else { break };
        before = *oldest;
    }
    assert_eq!(all, (1..=530).rev().collect::<Vec<u64>>());
    let (hits, said, more) = found(&mut ana, "needle", r#","limit":500,"neighbours":500"#).await;
    assert_eq!((hits.len(), more), (18, true), "with its neighbours it is a page at most");
    assert_eq!(said, (508..=530).collect::<Vec<u64>>());
}

#[tokio::test]
async fn no_query_is_an_error_that_ends_anything() {
    let server = TestServer::start();
    let mut ana = say_all(&server, &["weather or not"]).await;
    let mut bob = JsonPeer::join(&server, Way::Lines, "bob").await;
    for peer in [&mut ana, &mut bob] {
        for blank in ["", " ", "\t\n", "\u{3000}"] {
            let ServerFrame::Refused { n: Some(6), code: Code::Empty, message, .. } = search(peer, blank, "").await
            else {
                panic!("{blank:?} is searched for")
            };
            assert_eq!(message, "there is nothing to search for");
        }
        let refused = search(peer, &"天".repeat(1366), "").await;
        assert!(matches!(refused, ServerFrame::Refused { n: Some(6), code: Code::TooLong, .. }), "{refused:?}");
        for nothing in ["!!!", "\"", "\"\"", "*", "()", "-", "^", "' OR 1=1 --", "NEAR(weather, 5)", "said:weather"] {
            assert_eq!(found(peer, nothing, "").await, (vec![], vec![], false), "{nothing}");
        }
        for query in
            ["weather OR", "\"weather", "weather\"", "weather AND", "(weather)", "-weather", "{weather}", "^not"]
        {
            let words = query.split_whitespace().all(|word| word != "AND");
            assert_eq!(found(peer, query, "").await.0.len(), usize::from(words), "{query}");
        }
        let many = "weather ".repeat(500);
        assert_eq!(found(peer, &many, "").await.0, [1]);
        assert_eq!(found(peer, "weather", r#","limit":0,"neighbours":3"#).await.0, [0; 0]);
        assert_eq!(found(peer, "weather", r#","before":0"#).await.0, [0; 0]);
    }
}

#[tokio::test]
async fn a_search_stays_in_its_room_and_knows_what_was_just_said() {
    let server = TestServer::start();
    let _ana = say_all(&server, &["a secret of the lobby"]).await;
    let mut ops = JsonPeer::connect(&server, Way::Api).await;
    ops.greet(commonroom_protocol::Hello { room: Some("ops".to_owned()), ..hello("ops") }).await;
    ops.until_live().await;
    assert_eq!(found(&mut ops, "secret", "").await.0, [0; 0]);
    for i in 1..=20 {
        ops.say(&format!("k{i}"), "another secret").await;
        assert_eq!(found(&mut ops, "secret", "").await.0.first(), Some(&i), "one's own is found at once");
    }
}

#[tokio::test]
async fn a_page_of_history_names_no_hits() {
    let server = TestServer::start();
    let mut ana = say_all(&server, &["one", "two"]).await;
    let history = ClientFrame::History { n: Some(5), before: Some(Seq(9)), after: None, around: None, limit: None };
    ana.send(&history).await;
    let answer = ana.next().await;
    assert!(matches!(answer, ServerFrame::Page { n: Some(5), of: PageOf::History, hits: None, .. }), "{answer:?}");
}

/// A page of history: its seqs, whether there is more, and how long its frame is at least.
async fn page(peer: &mut JsonPeer, ask: &str) -> (Vec<u64>, bool, usize) {
    peer.send_text(&format!(r#"{{"t":"history","n":5,"limit":200,{ask}}}"#)).await;
    match peer.until("a page", |frame| matches!(frame, ServerFrame::Page { .. })).await.pop().unwrap() {
        ServerFrame::Page { n: Some(5), said, more, .. } => {
            let bytes = serde_json::to_string(&said).unwrap().len();
            (said.iter().map(|said| said.seq.0).collect(), more, bytes)
        }
        other => panic!("{ask} is answered {other:?}"),
    }
}

#[tokio::test]
async fn a_page_of_long_messages_is_short_and_says_that_there_is_more() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Api, "ana").await;
    // Each twice as long in a frame.
    ana.fill(60, &"\"".repeat(4000)).await;
    let (mut all, mut before) = (Vec::<u64>::new(), 61);
    loop {
        let (seqs, more, bytes) = page(&mut ana, &format!(r#""before":{before}"#)).await;
        assert!(bytes < 160 * 1024, "{bytes} bytes at once");
        all.extend(seqs.iter().rev());
        before = seqs[0];
        assert_eq!(more, before > 1);
        if !more {
            break;
        }
    }
    assert_eq!(all, (1..=60).rev().collect::<Vec<u64>>());
    let (seqs, more, _) = page(&mut ana, r#""after":30"#).await;
    assert_eq!((seqs[0], more), (31, true));
    let (seqs, more, _) = page(&mut ana, r#""around":30"#).await;
    assert!(seqs.contains(&29) && seqs.contains(&30) && seqs.contains(&31) && more, "{seqs:?}");
    let (hits, said, more) = found(&mut ana, "0", r#","neighbours":1"#).await;
    assert_eq!((hits, said, more), (vec![1], vec![1, 2], false));
}

/// A line of history without the time in front of it.
fn untimed(line: &str) -> &str {
    match line.split_once(' ') {
        Some((time, said)) if time.len() == 5 && time.as_bytes()[2] == b':' => said,
        _ => line,
    }
}

/// The answer to a line that asks for history: its messages, and that they begin with a day.
async fn told(peer: &mut LinePeer, line: &str) -> Vec<String> {
    peer.say(line).await;
    let lines = peer.until("-- live --").await;
    assert!(lines.is_empty() || lines[0].starts_with("-- 20"), "{lines:?}");
    lines.iter().skip(1).map(|line| untimed(line).to_owned()).collect()
}

#[tokio::test]
async fn a_terminal_searches_and_reads_on() {
    let server = TestServer::start();
    let _ana = say_all(&server, &["the weather", "hello", "Weather report", "今天天气真好"]).await;
    let mut bob = LinePeer::named(&server, "bob").await;
    assert_eq!(told(&mut bob, "/search weather").await, ["<ana> the weather", "<ana> Weather report"]);
    assert_eq!(bob.line().await, "* found 2: #1 #3; /since #3 reads on");
    assert_eq!(told(&mut bob, "/since #3").await, ["<ana> 今天天气真好"]);
    assert_eq!(told(&mut bob, "/search 天气").await, ["<ana> 今天天气真好"]);
    assert_eq!(bob.line().await, "* found 1: #4; /since #4 reads on");
    for nothing in ["/search sunshine", "/search !!!", "/search \"weather the\""] {
        assert_eq!(told(&mut bob, nothing).await, [""; 0]);
        assert_eq!(bob.line().await, "* nothing found");
    }
    for (line, answer) in [
        ("/search", "! it is /search WORDS"),
        ("/search   ", "! it is /search WORDS"),
        ("/serach weather", "! no /serach; did you mean /search?"),
    ] {
        bob.say(line).await;
        assert_eq!(bob.line().await, answer);
    }
    bob.say("/lang zh").await;
    bob.line().await;
    told(&mut bob, "/search weather").await;
    assert_eq!(bob.line().await, "* 找到 2 条：#1 #3；/since #3 可接着读");
}

#[tokio::test]
async fn a_terminal_is_shown_the_newest_twenty_and_told_of_older_ones() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Api, "ana").await;
    ana.fill(25, "needle ").await;
    let mut bob = LinePeer::program(&server).await;
    let newest: Vec<String> = (5..25).map(|i| format!("<ana> needle {i}")).collect();
    assert_eq!(told(&mut bob, "/search needle").await, newest);
    let numbers: Vec<String> = (6..=25).map(|seq| format!("#{seq}")).collect();
    let words = format!("* found 20: {}, and there are older ones; /since #25 reads on", numbers.join(" "));
    assert_eq!(bob.line().await, words);
}

#[tokio::test]
async fn a_terminal_reads_what_was_said_since_a_time() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Api, "ana").await;
    let mut bob = LinePeer::named(&server, "bob").await;
    assert_eq!(told(&mut bob, "/since 10m").await, [""; 0]);
    ana.fill(201, "line ").await;
    bob.until("<ana> line 200").await;
    for time in ["/since 60s", "/since 10m", "/since 2h", "/since 365d"] {
        let lines = told(&mut bob, time).await;
        assert_eq!((lines.len(), lines[0].as_str()), (200, "<ana> line 0"), "{time}");
        assert_eq!(bob.line().await, "* there is more: /since #200");
    }
    assert_eq!(told(&mut bob, "/since #200").await, ["<ana> line 200"]);
    for nonsense in
        ["/since", "/since yesterday", "/since 0m", "/since 366d", "/since #10m", "/since 10 m", "/since -1"]
    {
        bob.say(nonsense).await;
        assert_eq!(bob.line().await, "! it is /since #SEQ, such as /since #1303, or /since 10m", "{nonsense}");
    }
}

#[tokio::test]
async fn a_terminal_is_told_which_messages_are_no_longer_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.db");
    let options = ["--per-second", "0", "--db", file.to_str().unwrap()];
    let server = TestServer::with(&options);
    JsonPeer::join(&server, Way::Api, "ana").await.fill(20, "line ").await;
    server.shut_down().await;
    let server = TestServer::with(&[&options[..], &["--keep-messages", "5"]].concat());
    let forgotten = async {
        while JsonPeer::connect(&server, Way::Api).await.greet(hello("ana")).await.oldest < Seq(16) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon("the end of what is not kept", forgotten).await;
    let mut bob = LinePeer::program(&server).await;
    for (line, gap) in [("/since #2", Some("#3 to #15")), ("/since #15", None), ("/last 10", None), ("/since 1h", None)]
    {
        bob.say(line).await;
        let told = bob.until("-- live --").await;
        let gap = gap.map(|gap| format!("* not shown: {gap}, they are no longer kept"));
        let kept = (15..20).map(|i| format!("<ana> line {i}"));
        let said = told.iter().filter(|line| !line.starts_with("-- 20")).map(|line| untimed(line).to_owned());
        assert_eq!(said.collect::<Vec<_>>(), gap.into_iter().chain(kept).collect::<Vec<_>>(), "{line}");
    }
}

#[tokio::test]
async fn a_terminal_is_told_all_of_a_stretch_that_takes_many_pages() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Api, "ana").await;
    let lines = "x\n".repeat(99);
    ana.fill(100, &lines).await;
    let mut bob = LinePeer::program(&server).await;
    let expected = |from: usize| -> Vec<String> {
        let message = |i: usize| [vec!["<ana> x".to_owned(); 99], vec![format!("<ana> {i}")]].concat();
        (from..100).flat_map(message).collect()
    };
    assert_eq!(told(&mut bob, "/last 90").await, expected(10));
    assert_eq!(told(&mut bob, "/last 200").await, expected(0));
    assert_eq!(told(&mut bob, "/since #40").await, expected(40));
    assert_eq!(told(&mut bob, "/since 10m").await, expected(0));
    assert_eq!(bob.settle().await, [""; 0]);
}

#[tokio::test]
async fn a_terminal_that_fell_behind_is_told_how_to_read_what_it_missed() {
    let server = TestServer::start();
    let mut sleeper = LinePeer::over(crate::common::connect_narrow(server.tcp).await);
    assert_eq!(sleeper.settle().await, [""; 0]);
    let mut ana = JsonPeer::join(&server, Way::Lines, "ana").await;
    ana.fill(6500, &"x".repeat(200)).await;
    let mut seen: u64 = 0;
    let notice = loop {
        let line = sleeper.line().await;
        if line.starts_with("* ") {
            break line;
        }
        seen += 1;
    };
    let (first, last) = (seen + 1, 6500 - limits::RESUME_TAIL as u64);
    let missed = last - seen;
    let words = format!(
        "* you fell behind: {},{:03} messages not shown (#{first} to #{last}); /since #{seen} reads them",
        missed / 1000,
        missed % 1000
    );
    assert_eq!(notice, words);
    let x = "x".repeat(200);
    assert_eq!(sleeper.line().await, format!("<ana> {x}{last}"));
    sleeper.until(&format!("<ana> {x}6499")).await;
    assert_eq!(told(&mut sleeper, &format!("/since #{seen}")).await[0], format!("<ana> {x}{seen}"));
}
