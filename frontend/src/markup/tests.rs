use proptest::prelude::*;

use super::*;

fn plain(text: &str) -> Span {
    Span::Plain(text.to_owned())
}

fn em(inner: impl Into<Vec<Span>>) -> Span {
    Span::Em(inner.into())
}

fn strong(inner: impl Into<Vec<Span>>) -> Span {
    Span::Strong(inner.into())
}

fn code(text: &str) -> Span {
    Span::Code(text.to_owned())
}

fn link_to(address: &str) -> Span {
    Span::Link(address.to_owned())
}

fn link_of(text: &str) -> Option<String> {
    links(&spans(text)).into_iter().next()
}

fn links(spans: &[Span]) -> Vec<String> {
    let of_one = |span: &Span| match span {
        Span::Link(address) => vec![address.clone()],
        Span::Strong(inner) | Span::Em(inner) => links(inner),
        Span::Plain(_) | Span::Code(_) => Vec::new(),
    };
    spans.iter().flat_map(of_one).collect()
}

/// What spans show, with a mark on each side of those that have one.
fn written(spans: &[Span], [one, two, tick]: [&str; 3]) -> String {
    let of_one = |span: &Span| match span {
        Span::Plain(text) | Span::Link(text) => text.clone(),
        Span::Code(text) => format!("{tick}{text}{tick}"),
        Span::Em(inner) => format!("{one}{}{one}", written(inner, [one, two, tick])),
        Span::Strong(inner) => format!("{two}{}{two}", written(inner, [one, two, tick])),
    };
    spans.iter().map(of_one).collect()
}

/// Everything that is shown of a message.
fn shown(text: &str) -> String {
    let blocks = parse(text).into_iter().map(|block| match block {
        Block::Text(spans) | Block::Quote(spans) => written(&spans, [""; 3]),
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
            code("b*c*"),
            plain(" "),
            strong([plain("d")]),
            plain(" "),
            em([plain("e")]),
            plain(", 天"),
            em([plain("气")]),
        ]
    );
    assert_eq!(spans("`a\nb`"), [plain("`a\nb`")]);
}

#[test]
fn shells_and_programs_keep_their_asterisks() {
    for text in [
        "2**3 + 4**5",
        "2 ** 3 ** 4",
        "x = y**2 + z**2, f(x)**(a) + g(x)**(b)",
        "ls *.rs; rm src/*",
        "rm -r target/* dist/*",
        "cp src/**/*.rs lib/**/*.rs",
        "ls **/*.js **/*.ts",
        "rm *foo*.rs *bar*.rs *_a* *-b* *.c* *[0-9]*",
        "find . -name '*foo*' -o -name \"*bar*\"",
        "git add *foo; rm bar*",
        "cat *foo | grep bar*",
        "--include=*foo* --exclude=*bar*",
        "[[ $a == *$b* || $a == *\"c\"* ]]",
        "/*c*/ int x; /** doc **/ //*x*",
        "*/5 * * * * sh -c 'x' # */2 * * * *",
        "f(*args, **kwargs); g(*args, **kwargs)",
        "def f(*a): return g(**b)",
        "{**a, **b} [*a, *b]",
        "int main(int argc, char **argv, char **envp)",
        "void (*f)(int*); void (*g)(void *a, char *b)",
        "Foo *a = (Foo*)b; Bar *c, *d;",
        "*p = *q; *p++ = *q++; x = *a * *b",
        "SELECT a.*, b.*, count(*) FROM c",
        "tcp *:80 0.0.0.0:* *:*",
        "^.*$ (.*) a.*b.*",
        "\\*a\\* \\**",
        "总价=单价*数量*0.9",
        "用*.rs和*.toml",
        "参数*args和**kwargs",
        "été*2*3 цена*2*3",
        "****a****",
    ] {
        assert_eq!(spans(text), [plain(text)], "{text}");
    }
}

#[test]
fn words_may_have_marks_beside_every_script() {
    let marked = |text: &str| written(&spans(text), ["_", "#", ""]);
    assert_eq!(marked("这是**重点**内容"), "这是#重点#内容");
    assert_eq!(marked("使用Rust**重写**2次，请看**README**文件"), "使用Rust#重写#2次，请看#README#文件");
    assert_eq!(marked("**注意：**请“*慢*”"), "#注意：#请“_慢_”");
    assert_eq!(marked("이것은 **중요**합니다"), "이것은 #중요#합니다");
    assert_eq!(marked("это *очень* **важно**!"), "это _очень_ #важно#!");
    assert_eq!(marked("(*so*), *it* - **is:** *really?* \"**No**\"."), "(_so_), _it_ - #is:# _really?_ \"#No#\".");
    assert_eq!(marked("*fine :)* **[x]**, **\"y\"** *a*..."), "_fine :)_ #[x]#, #\"y\"# _a_...");
}

#[test]
fn spans_may_stand_within_marks() {
    assert_eq!(spans("**very *much* so**"), [strong([plain("very "), em([plain("much")]), plain(" so")])]);
    assert_eq!(spans("*very **much** so*"), [em([plain("very "), strong([plain("much")]), plain(" so")])]);
    assert_eq!(spans("***a***"), [strong([em([plain("a")])])]);
    assert_eq!(spans("x **a *b***"), [plain("x "), strong([plain("a "), em([plain("b")])])]);
    assert_eq!(spans("*a **b***"), [em([plain("a "), strong([plain("b")])])]);
    assert_eq!(
        spans("**`a*` *http://b/* c**"),
        [strong([code("a*"), plain(" "), em([link_to("http://b/")]), plain(" c")])]
    );
    assert_eq!(spans("*a `b*` c*"), [em([plain("a "), code("b*"), plain(" c")])]);
}

#[test]
fn marks_that_cross_or_lack_a_partner_are_text() {
    assert_eq!(spans("**a *b** c*"), [strong([plain("a *b")]), plain(" c*")]);
    assert_eq!(spans("*a *b* c*"), [plain("*a "), em([plain("b")]), plain(" c*")]);
    assert_eq!(spans("*a\nb* **c"), [plain("*a\nb* **c")]);
    assert_eq!(spans("*a* *b"), [em([plain("a")]), plain(" *b")]);
}

#[test]
fn a_link_ends_where_its_sentence_goes_on() {
    let found = |text: &str| link_of(text).unwrap_or_default();
    assert_eq!(found("see https://wiki.lan/disks, please"), "https://wiki.lan/disks");
    assert_eq!(found("(https://en.wikipedia.org/wiki/Netcat_(tool))."), "https://en.wikipedia.org/wiki/Netcat_(tool)");
    assert_eq!(found("看 http://天气.中国/北京。好"), "http://天气.中国/北京");
    assert_eq!(found("mailto:ana@example.org!"), "mailto:ana@example.org");
    assert_eq!(found("<https://a.b>"), "https://a.b");
    assert_eq!(found("http://a.b/(c)d)e[f])}.,"), "http://a.b/(c)d)e[f]");
    assert_eq!(found("http://a.b(see"), "http://a.b(see");
    assert_eq!(found("http://a.b("), "http://a.b");
    assert_eq!(found("**http://a.b/**"), "http://a.b/");
}

#[test]
fn a_link_ends_before_general_punctuation() {
    for c in '\u{2000}'..='\u{206f}' {
        assert_eq!(link_of(&format!("http://a.b/c{c}")).as_deref(), Some("http://a.b/c"), "{c:?}");
        assert_eq!(link_of(&format!("http://a.b/c.{c} d")).as_deref(), Some("http://a.b/c"), "{c:?}");
    }
    for c in "“”‘’„«»、。「」『』〉》】〕！？（），；：\u{a0}\u{3000}\u{2067}\u{2028}".chars()
    {
        assert_eq!(link_of(&format!("http://a.b/c{c}d")).as_deref(), Some("http://a.b/c"), "{c:?}");
    }
    for address in ["https://a.b/1914–1918", "http://a.b/می\u{200c}خواهم", "http://a.b/佐々木"] {
        assert_eq!(link_of(address).as_deref(), Some(address));
    }
}

#[test]
fn a_scheme_may_have_letters_of_either_case() {
    for address in ["HTTP://A.B", "hTTps://a.b", "MailTo:ana@example.org"] {
        assert_eq!(link_of(address).as_deref(), Some(address));
    }
}

#[test]
fn no_other_scheme_is_a_link() {
    for text in [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://a.b",
        "xhttps://a.b",
        "HTTPS//",
        "https://.",
        "vbscript:x",
        "JavaScript:http",
    ] {
        assert_eq!(link_of(text), None, "{text}");
    }
}

#[test]
fn an_address_of_mail_has_two_sides() {
    for text in ["mailto:nobody", "mailto:@a", "mailto:a@", "mailto:a@.", "mailto:a b@c", "mailto:a:b@c", "mailto:@"] {
        assert_eq!(link_of(text), None, "{text}");
    }
    assert_eq!(link_of("mailto:a mailto:b@c.").as_deref(), Some("mailto:b@c"));
}

#[test]
fn a_fence_with_an_end_is_code_and_one_without_is_text() {
    let block = |code: &str| Block::Code(code.to_owned());
    assert_eq!(parse("```\na\n  *b*\n```"), [block("a\n  *b*")]);
    assert_eq!(
        parse("x\n```sh\na\n```\ny"),
        [Block::Text(vec![plain("x")]), block("a"), Block::Text(vec![plain("y")])]
    );
    assert_eq!(parse("```\n```"), [block("")]);
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
    for text in HOSTILE.into_iter().flat_map(|(head, mark)| hostile(head, mark, 65536)) {
        parse(&text);
    }
    assert!(start.elapsed() < std::time::Duration::from_secs(3));
}

/// What may be hostile when it is repeated, and what stands before it.
const HOSTILE: [(&str, &str); 24] = [
    ("", "*"),
    ("", "**"),
    ("", "*a"),
    ("", "*a "),
    ("", "**a *b"),
    ("", " *a* **b**"),
    ("", "** *a"),
    ("**a", " *b*"),
    ("*a", " **b** `c`"),
    ("", "*重**重"),
    ("", "`"),
    ("", "`a "),
    ("", "("),
    ("", "*a ("),
    ("http://a", ")"),
    ("http://a", "([{}])."),
    ("", "http://"),
    ("", "http://."),
    ("", "https://a) "),
    ("", "mailto:a."),
    ("mailto:", "@"),
    ("", ">\n"),
    ("", "```a\n"),
    ("", "> *a\n```\n"),
];

/// As it is, and with an end that may give hope to all that came before.
fn hostile(head: &str, mark: &str, len: usize) -> [String; 2] {
    let text = format!("{head}{}", mark.repeat(len / mark.len()));
    [format!("{text} `*a***"), text]
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

/// The texts of code and of links.
fn verbatim_spans(spans: &[Span]) -> Vec<String> {
    let texts = spans.iter().map(|span| match span {
        Span::Plain(_) => Vec::new(),
        Span::Code(text) | Span::Link(text) => vec![text.clone()],
        Span::Strong(inner) | Span::Em(inner) => verbatim_spans(inner),
    });
    texts.flatten().collect()
}

/// Code without its backticks and fences.
fn without_marks(verbatim: &str) -> String {
    match verbatim.strip_prefix("```").and_then(|rest| rest.split_once('\n')) {
        Some((_, lines)) => {
            let lines = lines.strip_suffix('\n').unwrap_or(lines);
            lines.rsplit_once('\n').map_or("", |(code, _)| code).to_owned()
        }
        None => verbatim.trim_matches('`').to_owned(),
    }
}

proptest! {
    #[test]
    fn spans_with_their_marks_are_the_text(text in any_text()) {
        prop_assert_eq!(written(&spans(&text), ["*", "**", "`"]), text);
    }

    #[test]
    fn blocks_with_their_marks_are_the_message(text in any_text()) {
        let blocks = parse(&text).into_iter().map(|block| match block {
            Block::Text(spans) => written(&spans, ["*", "**", "`"]),
            Block::Quote(spans) => format!("> {}", written(&spans, ["*", "**", "`"]).replace('\n', "\n> ")),
            Block::Code(code) => format!("```\n{}```", if code.is_empty() { code } else { code + "\n" }),
        });
        let blocks: Vec<String> = blocks.collect();
        prop_assert_eq!(without_forms(&blocks.join("\n")), without_forms(&text));
    }

    #[test]
    fn verbatim_is_what_the_reader_takes_for_code_and_links(text in any_text()) {
        let blocks = parse(&text).into_iter().flat_map(|block| match block {
            Block::Code(code) => vec![code],
            Block::Text(spans) | Block::Quote(spans) => verbatim_spans(&spans),
        });
        let (mut found, mut at) = (Vec::new(), 0);
        while let Some(c) = text[at..].chars().next() {
            let len = verbatim(&text, at);
            found.extend(len.map(|len| without_marks(&text[at..at + len])));
            at += len.unwrap_or(c.len_utf8());
        }
        prop_assert_eq!(found, blocks.collect::<Vec<_>>());
    }

    #[test]
    fn links_are_of_three_schemes_and_read_as_themselves(text in any_text()) {
        for address in links(&spans(&text)) {
            prop_assert!(["http:", "https:", "mailto:"].contains(&&*(address.split(':').next().unwrap().to_lowercase() + ":")));
            prop_assert_eq!(spans(&address), [link_to(&address)]);
        }
    }

    #[test]
    fn what_is_within_a_mark_has_no_other_of_its_kind(text in any_text()) {
        for span in spans(&text) {
            let (Span::Strong(inner) | Span::Em(inner)) = &span else { continue };
            prop_assert!(!inner.is_empty());
            for other in inner {
                prop_assert_ne!(std::mem::discriminant(other), std::mem::discriminant(&span));
                if let Span::Strong(inner) | Span::Em(inner) = other {
                    prop_assert!(!inner.iter().any(|span| matches!(span, Span::Strong(_) | Span::Em(_))));
                }
            }
        }
    }

    #[test]
    fn spans_side_by_side_are_not_both_plain(text in any_text()) {
        let both = |pair: &[Span]| matches!(pair, [Span::Plain(_), Span::Plain(_)]);
        prop_assert!(!spans(&text).windows(2).any(both));
    }
}

/// A message with what has two forms, or is not shown, in one form: an empty line of a quote, the line of a fence, and
/// code of one empty line or none.
fn without_forms(text: &str) -> String {
    let lines = text.split('\n').map(|line| match line {
        ">" => "> ",
        line if line.starts_with(FENCE) => FENCE,
        line => line,
    });
    let mut text = lines.collect::<Vec<_>>().join("\n");
    while text.contains("```\n\n```") {
        text = text.replace("```\n\n```", "```\n```");
    }
    text
}

/// Any text, with what matters here far more often than chance would have it.
fn any_text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "*",
        "*",
        "**",
        "***",
        "`",
        "\n",
        "\n> ",
        "\n>",
        "\n```\n",
        "\n```a\n",
        "```",
        " ",
        "a",
        "重",
        "é",
        "(",
        ")",
        "[",
        "]",
        ".",
        "/",
        ";",
        "”",
        "\u{2009}",
        "http://",
        "HTTPS://a",
        "mailto:",
        "@",
        "javascript:",
    ]);
    let piece = prop_oneof![4 => special.prop_map(String::from), 1 => any::<char>().prop_map(String::from)];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}
