use super::*;

fn plain(text: &str) -> Span {
    Span::Plain(text.to_owned())
}

fn link_of(text: &str) -> Option<String> {
    spans(text).into_iter().find_map(|span| if let Span::Link(address) = span { Some(address) } else { None })
}

/// Everything that is shown of a message.
fn shown(text: &str) -> String {
    let words = |spans: Vec<Span>| {
        spans.into_iter().map(|span| match span {
            Span::Plain(text) | Span::Code(text) | Span::Strong(text) | Span::Em(text) | Span::Link(text) => text,
        })
    };
    let blocks = parse(text).into_iter().map(|block| match block {
        Block::Text(spans) | Block::Quote(spans) => words(spans).collect(),
        Block::Code(code) => code,
    });
    blocks.collect::<Vec<String>>().join("\n")
}

#[test]
fn what_is_no_markup_stays_as_it_is() {
    for text in [
        "",
        "hi",
        "  two  spaces\n\nand lines",
        "2 * 3 * 4",
        "a*b*c",
        "** **",
        "`",
        "* item\n* item",
        "x < y > z",
        ">_<",
        "http://",
        "snake_case_name",
        "天气 *",
    ] {
        assert_eq!(shown(text), text);
    }
}

#[test]
fn the_marks_make_spans() {
    assert_eq!(
        spans("a `b*c*` **d** *e*, 天*气*"),
        [
            plain("a "),
            Span::Code("b*c*".into()),
            plain(" "),
            Span::Strong("d".into()),
            plain(" "),
            Span::Em("e".into()),
            plain(", 天"),
            Span::Em("气".into()),
        ]
    );
    assert_eq!(spans("`a\nb`"), [plain("`a\nb`")]);
}

#[test]
fn a_link_ends_where_its_sentence_goes_on() {
    let found = |text: &str| link_of(text).unwrap_or_default();
    assert_eq!(found("see https://wiki.lan/disks, please"), "https://wiki.lan/disks");
    assert_eq!(found("(https://en.wikipedia.org/wiki/Netcat_(tool))."), "https://en.wikipedia.org/wiki/Netcat_(tool)");
    assert_eq!(found("看 http://天气.中国/北京。好"), "http://天气.中国/北京");
    assert_eq!(found("mailto:ana@example.org!"), "mailto:ana@example.org");
    assert_eq!(found("<https://a.b>"), "https://a.b");
}

#[test]
fn no_other_scheme_is_a_link() {
    for text in
        ["javascript:alert(1)", "data:text/html,x", "ftp://a.b", "xhttps://a.b", "HTTPS//", "https://.", "vbscript:x"]
    {
        assert_eq!(link_of(text), None, "{text}");
    }
}

#[test]
fn a_fence_with_an_end_is_code_and_one_without_is_text() {
    let code = |code: &str| Block::Code(code.to_owned());
    assert_eq!(parse("```\na\n  *b*\n```"), [code("a\n  *b*")]);
    assert_eq!(parse("x\n```sh\na\n```\ny"), [Block::Text(vec![plain("x")]), code("a"), Block::Text(vec![plain("y")])]);
    assert_eq!(parse("```\n```"), [code("")]);
    assert_eq!(shown("```\nno end"), "```\nno end");
}

#[test]
fn lines_that_begin_with_an_angle_are_a_quote() {
    let quote = Block::Quote(vec![plain("a\n b")]);
    assert_eq!(parse("> a\n>  b\nc"), [quote, Block::Text(vec![plain("c")])]);
}

#[test]
fn hostile_texts_are_no_work() {
    let start = std::time::Instant::now();
    for mark in ["*", "**", "`", "*a", "`a ", "http://", "(", "https://a)", ">\n", "** a"] {
        let text = mark.repeat(4096 / mark.len());
        parse(&text);
    }
    assert!(start.elapsed() < std::time::Duration::from_secs(1));
}

#[test]
fn nothing_but_marks_is_lost() {
    // Every text of five characters over this alphabet.
    let alphabet = ['*', '`', 'a', ' ', '\n', '>'];
    for number in 0..alphabet.len().pow(5) {
        let pick = |place: u32| alphabet[number / alphabet.len().pow(place) % alphabet.len()];
        let text: String = (0..5).map(pick).collect();
        let kept = |text: &str| text.chars().filter(|c| *c == 'a').count();
        assert_eq!(kept(&shown(&text)), kept(&text), "{text:?}");
    }
}
