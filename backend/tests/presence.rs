//! Who is here, who comes, who goes.

use commonroom_protocol::{ByeCode, ClientFrame, Code, Hello, Present, ServerFrame, Via};

use crate::common::{JsonPeer, LinePeer, TestServer, Way, hello};

fn joined(nick: &str, via: Via) -> ServerFrame {
    ServerFrame::Joined { nick: nick.to_owned(), via }
}

fn left(nick: &str) -> ServerFrame {
    ServerFrame::Left { nick: nick.to_owned() }
}

/// Somebody of each dialect who watches, and somebody whose word ends what they watch.
struct Watch {
    terminal: LinePeer,
    lines: JsonPeer,
    web: JsonPeer,
    herald: JsonPeer,
    rounds: usize,
}

impl Watch {
    async fn new(server: &TestServer) -> Watch {
        let terminal = LinePeer::person(server).await;
        let lines = JsonPeer::join(server, Way::Lines, "watch-lines").await;
        let web = JsonPeer::join(server, Way::Web, "watch-web").await;
        let herald = JsonPeer::join(server, Way::Api, "herald").await;
        let mut watch = Watch { terminal, lines, web, herald, rounds: 0 };
        watch.told().await;
        watch
    }

    /// What everybody is told at last: after many in a short time, one who goes is told a little later.
    async fn told_at_last(&mut self) -> (Vec<ServerFrame>, Vec<String>) {
        loop {
            let told = self.told().await;
            if told != (Vec::new(), Vec::new()) {
                return told;
            }
        }
    }

    /// What everybody has been told since the last time: as frames, which all got alike, and as lines.
    async fn told(&mut self) -> (Vec<ServerFrame>, Vec<String>) {
        self.rounds += 1;
        let end = format!("round {}", self.rounds);
        self.herald.say(&end, &end).await;
        let frames = self.lines.until_said(&end).await;
        let after_first = self.rounds > 1;
        let web = self.web.until_said(&end).await;
        assert!(!after_first || web == frames, "{web:?} and {frames:?}");
        let heard = self.herald.until_said(&end).await;
        assert!(!after_first || heard == frames, "{heard:?} and {frames:?}");
        (frames, self.terminal.until(&format!("<herald> {end}")).await)
    }
}

#[tokio::test]
async fn everybody_is_told_who_comes_goes_and_changes_a_name() {
    let server = TestServer::start();
    let mut watch = Watch::new(&server).await;
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    assert_eq!(watch.told().await, (vec![joined("ana", Via::Web)], vec!["* ana joined (web)".to_owned()]));
    ana.send(&ClientFrame::Nick { nick: "anna".to_owned() }).await;
    let renamed = ServerFrame::Renamed { from: "ana".to_owned(), to: "anna".to_owned() };
    ana.until("her own new name", |frame| *frame == renamed).await;
    assert_eq!(watch.told().await, (vec![renamed], vec!["* ana is now anna".to_owned()]));
    ana.close().await;
    ana.rest().await;
    assert_eq!(watch.told_at_last().await, (vec![left("anna")], vec!["* anna left".to_owned()]));
}

#[tokio::test]
async fn a_terminal_that_quits_is_gone_at_once() {
    let server = TestServer::start();
    let mut watch = Watch::new(&server).await;
    let mut tom = LinePeer::named(&server, "tom").await;
    tom.say("last words").await;
    tom.say("/quit").await;
    assert_eq!(tom.rest().await, [""; 0]);
    let (mut frames, mut lines) = watch.told().await;
    if frames.last() != Some(&left("tom")) {
        let (late, late_lines) = watch.told_at_last().await;
        frames.extend(late);
        lines.extend(late_lines);
    }
    assert_eq!(frames.last(), Some(&left("tom")));
    assert!(matches!(&frames[frames.len() - 2], ServerFrame::Said(said) if said.text == "last words"), "{frames:?}");
    assert_eq!(lines[lines.len() - 2..], ["<tom> last words", "* tom left"]);
}

#[tokio::test]
async fn many_who_come_at_once_are_told_together_and_nobody_is_miscounted() {
    let server = TestServer::start();
    let mut watch = JsonPeer::join(&server, Way::Web, "watch").await;
    let mut people = Vec::new();
    for number in 0..30 {
        people.push(JsonPeer::join(&server, Way::Lines, &format!("person{number}")).await);
    }
    let (mut one_by_one, mut together) = (0, 0);
    while one_by_one + together < 30 {
        match watch.next().await {
            ServerFrame::Joined { .. } => one_by_one += 1,
            ServerFrame::Crowd { joined, left, here } => {
                assert_eq!(left, 0);
                together += joined;
                assert_eq!(here, 1 + one_by_one + together);
            }
            _ => {}
        }
    }
    assert!(together >= 10, "{one_by_one} were told one by one");
    watch.send(&ClientFrame::Who { n: Some(1) }).await;
    let roster = watch.until("the roster", |frame| matches!(frame, ServerFrame::Roster { .. })).await;
    assert!(matches!(roster.last(), Some(ServerFrame::Roster { here: 31, roster, .. }) if roster.len() == 31));
}

#[tokio::test]
async fn the_roster_says_who_is_here_and_how_they_came() {
    let server = TestServer::start();
    let mut tom = LinePeer::named(&server, "tom").await;
    let _api = JsonPeer::join(&server, Way::Api, "api").await;
    let _lines = JsonPeer::join(&server, Way::Lines, "lines").await;
    let mut web = JsonPeer::connect(&server, Way::Web).await;
    let welcome = web.greet(hello("web")).await;
    let present = |nick: &str, via| Present { nick: nick.to_owned(), via };
    let all =
        vec![present("tom", Via::Tcp), present("api", Via::Api), present("lines", Via::Api), present("web", Via::Web)];
    assert_eq!((welcome.here, &welcome.roster), (4, &all));
    web.until_live().await;
    web.send(&ClientFrame::Who { n: Some(3) }).await;
    assert_eq!(web.next().await, ServerFrame::Roster { n: Some(3), here: 4, roster: all });
    tom.say("/who").await;
    let told = tom.settle().await;
    assert_eq!(told.last().unwrap(), "* 4 here: tom(tcp) api(api) lines(api) web(web)");
    let late = LinePeer::person(&server).await;
    assert!(late.banner[0].contains("; 5 here: tom(tcp) api(api) lines(api) web(web) guest-"), "{:?}", late.banner);
}

#[tokio::test]
async fn a_client_that_comes_back_was_never_gone() {
    let server = TestServer::start();
    let mut watch = Watch::new(&server).await;
    let client = Hello { nick: Some("ana".to_owned()), ..hello("ana") };
    for way in Way::ALL {
        let mut ana = JsonPeer::connect(&server, way).await;
        ana.greet(client.clone()).await;
        ana.until_live().await;
        let (told, _) = watch.told().await;
        assert_eq!(told, if way == Way::ALL[0] { vec![joined("ana", Via::Api)] } else { vec![] }, "{way:?}");
        drop(ana);
        until_away(&mut watch.web, "ana").await;
        assert_eq!(watch.told().await, (vec![], vec![]), "{way:?}: a drop is not told before the grace is over");
    }
}

#[tokio::test]
async fn how_soon_a_drop_is_told_and_a_name_changes_again_is_the_operators_choice() {
    let server = TestServer::with(&["--leave-grace", "1s", "--rename-pause", "1h"]);
    let mut watch = JsonPeer::join(&server, Way::Web, "watch").await;
    let mut ana = JsonPeer::join(&server, Way::Api, "ana").await;
    for nick in ["anna", "anne"] {
        ana.send(&ClientFrame::Nick { nick: nick.to_owned() }).await;
    }
    let refused = ana.until("the answer", |frame| matches!(frame, ServerFrame::Refused { .. })).await.pop().unwrap();
    let ServerFrame::Refused { code: Code::Rate, retry_ms: Some(wait), .. } = refused else { panic!("{refused:?}") };
    assert!((3_590_000..=3_600_000).contains(&wait), "{wait}");
    drop(ana);
    watch.until("that anna has left", |frame| *frame == left("anna")).await;
}

/// Waits until the server has noticed that somebody has dropped: then nobody can whisper to them.
async fn until_away(peer: &mut JsonPeer, nick: &str) {
    let whisper =
        ClientFrame::Whisper { cid: "away".to_owned(), to: nick.to_owned(), text: "there?".to_owned(), me: false };
    for _ in 0..1000 {
        peer.send(&whisper).await;
        match peer.next().await {
            ServerFrame::Refused { code: Code::NoSuchNick, .. } => return,
            ServerFrame::Whispered(_) => tokio::task::yield_now().await,
            other => panic!("{other:?}"),
        }
    }
    panic!("{nick} is not away");
}

#[tokio::test]
async fn a_program_that_leaves_soon_is_not_announced() {
    let server = TestServer::start();
    let mut watch = Watch::new(&server).await;
    let mut pipe = LinePeer::connect(&server).await;
    pipe.send("disk 91%\n").await;
    pipe.say_no_more().await;
    assert_eq!(pipe.rest().await, [""; 0]);
    let (frames, lines) = watch.told().await;
    assert!(matches!(&frames[..], [ServerFrame::Said(said)] if said.text == "disk 91%"), "{frames:?}");
    assert!(matches!(&lines[..], [line] if line.ends_with("> disk 91%")), "{lines:?}");
}

#[tokio::test]
async fn a_program_that_stays_is_announced() {
    let server = TestServer::start();
    let mut ana = JsonPeer::join(&server, Way::Web, "ana").await;
    let mut bot = LinePeer::program(&server).await;
    bot.say("/nick bot").await;
    ana.until("the bot", |frame| *frame == joined("bot", Via::Tcp)).await;
    bot.say("/quit").await;
    ana.until("its end", |frame| *frame == left("bot")).await;
}

#[tokio::test]
async fn a_newer_connection_of_a_client_takes_the_place_of_the_older() {
    let server = TestServer::start();
    let mut watch = Watch::new(&server).await;
    let client = hello("ana");
    let mut older = JsonPeer::connect(&server, Way::Web).await;
    older.greet(client.clone()).await;
    older.until_live().await;
    let mut lines = JsonPeer::connect(&server, Way::Lines).await;
    lines.greet(client.clone()).await;
    let (frames, code) = older.rest().await;
    assert_eq!(frames.last(), Some(&ServerFrame::Bye { code: ByeCode::Replaced, after_ms: None }));
    assert_eq!(code, Some(4004));
    let mut newest = JsonPeer::connect(&server, Way::Api).await;
    assert_eq!(newest.greet(client).await.you, "ana");
    let (frames, _) = lines.rest().await;
    assert_eq!(frames.last(), Some(&ServerFrame::Bye { code: ByeCode::Replaced, after_ms: None }));
    assert_eq!(watch.told().await.0, [joined("ana", Via::Web)], "to the others nothing has changed");
}

#[tokio::test]
async fn rooms_hear_nothing_of_each_other() {
    let server = TestServer::start();
    let mut lobby = JsonPeer::join(&server, Way::Web, "ana").await;
    let mut ops = JsonPeer::connect(&server, Way::Lines).await;
    let welcome = ops.greet(Hello { room: Some("Ops".to_owned()), ..hello("ana") }).await;
    assert_eq!((welcome.room.as_str(), welcome.you.as_str(), welcome.here), ("ops", "ana", 1));
    ops.until_live().await;
    let said = ops.say_and_see("k1", "in ops").await;
    assert_eq!((said.seq.0, said.prev.0), (1, 0));
    let said = lobby.say_and_see("k1", "in the lobby").await;
    assert_eq!((said.seq.0, said.prev.0), (1, 0));
    assert_eq!(lobby.settle().await, []);
}
