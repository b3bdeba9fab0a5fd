//! The frames' JSON, held to the letter: programs in other languages are written against it.

use commonroom_protocol::{ByeCode, ClientFrame, Code, GapWhy, Hello, NoticeCode, PageOf, Said, Seq, ServerFrame, Via};

fn said() -> Said {
    Said {
        seq: Seq(42),
        prev: Seq(41),
        at: 1_764_000_000_000,
        from: "ana".into(),
        via: Via::Web,
        text: "hi".into(),
        by: "0123456789abcdef".into(),
        cid: "k1".into(),
        me: false,
    }
}

#[test]
fn said_is_written_as_the_reference_shows_it() {
    let json = serde_json::to_string(&ServerFrame::Said(said())).unwrap();
    assert_eq!(
        json,
        r#"{"t":"said","seq":42,"prev":41,"at":1764000000000,"from":"ana","via":"web","text":"hi","by":"0123456789abcdef","cid":"k1"}"#
    );
    let action = serde_json::to_string(&ServerFrame::Said(Said { me: true, ..said() })).unwrap();
    assert!(action.ends_with(r#","cid":"k1","me":true}"#), "{action}");
}

#[test]
fn refused_names_every_field() {
    let frame = ServerFrame::Refused {
        cid: Some("k1".into()),
        n: None,
        code: Code::TooLong,
        message: "m".into(),
        retry_ms: None,
    };
    let json = r#"{"t":"refused","cid":"k1","n":null,"code":"too_long","message":"m","retry_ms":null}"#;
    assert_eq!(serde_json::to_string(&frame).unwrap(), json);
    assert_eq!(serde_json::from_str::<ServerFrame>(json).unwrap(), frame);
}

#[test]
fn a_notice_names_what_it_is_about_only_where_there_is_something() {
    let about = Some("bob".to_owned());
    let kicked = ServerFrame::Notice { code: NoticeCode::Kicked, message: "m".into(), about };
    let json = r#"{"t":"notice","code":"kicked","message":"m","about":"bob"}"#;
    assert_eq!(serde_json::to_string(&kicked).unwrap(), json);
    let locked = ServerFrame::Notice { code: NoticeCode::Locked, message: "m".into(), about: None };
    assert_eq!(serde_json::to_string(&locked).unwrap(), r#"{"t":"notice","code":"locked","message":"m"}"#);
}

#[test]
fn bye_names_the_time_to_wait_only_where_there_is_one() {
    let restart = ServerFrame::Bye { code: ByeCode::Restart, after_ms: Some([500, 5000]) };
    assert_eq!(serde_json::to_string(&restart).unwrap(), r#"{"t":"bye","code":"restart","after_ms":[500,5000]}"#);
    let kicked = ServerFrame::Bye { code: ByeCode::Kicked, after_ms: None };
    assert_eq!(serde_json::to_string(&kicked).unwrap(), r#"{"t":"bye","code":"kicked"}"#);
}

#[test]
fn a_page_names_hits_only_where_it_was_searched_for() {
    let page = |of, hits| ServerFrame::Page { n: Some(6), of, said: vec![], more: true, hits };
    let history = r#"{"t":"page","n":6,"of":"history","said":[],"more":true}"#;
    assert_eq!(serde_json::to_string(&page(PageOf::History, None)).unwrap(), history);
    assert_eq!(serde_json::from_str::<ServerFrame>(history).unwrap(), page(PageOf::History, None));
    let search = r#"{"t":"page","n":6,"of":"search","said":[],"more":true,"hits":[97,41]}"#;
    assert_eq!(serde_json::to_string(&page(PageOf::Search, Some([Seq(97), Seq(41)].into()))).unwrap(), search);
}

#[test]
fn a_search_needs_a_query_alone() {
    let search: ClientFrame = serde_json::from_str(r#"{"t":"search","query":"天气"}"#).unwrap();
    let asked = ClientFrame::Search { n: None, query: "天气".into(), before: None, limit: None, neighbours: None };
    assert_eq!(search, asked);
    assert_eq!(serde_json::to_string(&search).unwrap(), r#"{"t":"search","query":"天气"}"#);
    assert!(serde_json::from_str::<ClientFrame>(r#"{"t":"search"}"#).is_err());
}

#[test]
fn a_hello_needs_a_version_and_a_client_alone() {
    let hello: ClientFrame = serde_json::from_str(r#"{"t":"hello","v":1,"client":"abcdefgh","new":[1]}"#).unwrap();
    assert_eq!(hello, ClientFrame::Hello(Hello { v: 1, client: "abcdefgh".into(), ..Hello::default() }));
    assert!(serde_json::from_str::<ClientFrame>(r#"{"t":"hello","v":1}"#).is_err());
}

#[test]
fn what_a_newer_server_says_is_read_as_unknown() {
    assert_eq!(serde_json::from_str::<ServerFrame>(r#"{"t":"weather","c":21}"#).unwrap(), ServerFrame::Unknown);
    let gap: ServerFrame = serde_json::from_str(r#"{"t":"gap","from":1,"to":2,"why":"flood"}"#).unwrap();
    assert_eq!(gap, ServerFrame::Gap { from: Seq(1), to: Seq(2), why: GapWhy::Other });
}
