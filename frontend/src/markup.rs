//! The little markup that messages may have: text to blocks and spans. Pure, and linear in the text's length.
//!
//! What is not markup is shown as it is written; nothing but the marks themselves is lost.

/// A part of a message that stands on lines of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Lines of text.
    Text(Vec<Span>),
    /// Lines that each began with `>`.
    Quote(Vec<Span>),
    /// What stood between two lines of three backticks.
    Code(String),
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// As it is written.
    Plain(String),
    /// Between backticks.
    Code(String),
    /// Between two asterisks each. No other [`Span::Strong`] is within.
    Strong(Vec<Span>),
    /// Between one asterisk each. No other [`Span::Em`] is within.
    Em(Vec<Span>),
    /// An address that may be followed: `http`, `https` or `mailto`.
    Link(String),
}

const FENCE: &str = "```";
const MAIL: &str = "mailto:";
const SCHEMES: [&str; 3] = ["https://", "http://", MAIL];

/// Reads a message.
pub fn parse(text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.split('\n').collect();
    let last_end = lines.iter().rposition(|line| is_end(line)).unwrap_or_default();
    let opens = |at: usize| at < last_end && is_fence(lines[at]);
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let start = at;
        if opens(at) {
            at += 1;
            while !is_end(lines[at]) {
                at += 1;
            }
            blocks.push(Block::Code(lines[start + 1..at].join("\n")));
            at += 1;
            continue;
        }
        let quoted = is_quoted(lines[at]);
        while at < lines.len() && is_quoted(lines[at]) == quoted && !opens(at) {
            at += 1;
        }
        let same = &lines[start..at];
        blocks.push(if quoted {
            Block::Quote(spans(&same.iter().map(|line| unquoted(line)).collect::<Vec<_>>().join("\n")))
        } else {
            Block::Text(spans(&same.join("\n")))
        });
    }
    blocks
}

/// The length of the code or the address that begins here; where a block of code does, with its last line.
pub fn verbatim(text: &str, at: usize) -> Option<usize> {
    let (before, rest) = text.split_at_checked(at)?;
    let last = before.chars().next_back();
    match rest.chars().next()? {
        '`' => block(rest).filter(|_| last.is_none_or(|c| c == '\n')).or_else(|| code(rest)),
        _ if last.is_some_and(is_letter) => None,
        _ => link(rest),
    }
}

/// The length of the block of code that a text begins with.
fn block(text: &str) -> Option<usize> {
    let mut lines = text.split_inclusive('\n');
    let mut len = lines.next().filter(|line| is_fence(line))?.len();
    for line in lines {
        len += line.len();
        if is_end(line) {
            return Some(len);
        }
    }
    None
}

/// Whether a block of code may begin with this line: one word, for the language, may follow.
fn is_fence(line: &str) -> bool {
    line.strip_prefix(FENCE).is_some_and(|word| !word.bytes().any(|byte| byte == b'`'))
}

/// Whether a block of code that is open ends with this line.
fn is_end(line: &str) -> bool {
    line.trim_ascii_end() == FENCE
}

fn is_quoted(line: &str) -> bool {
    line == ">" || line.starts_with("> ")
}

fn unquoted(line: &str) -> &str {
    line.strip_prefix("> ").unwrap_or_default()
}

/// Reads lines of text.
fn spans(text: &str) -> Vec<Span> {
    let mut reader = Reader { text, at: 0, marks: Vec::new(), open: [None; 2], depth: 0 };
    while let Some(c) = reader.rest().chars().next() {
        reader.read(c);
    }
    within(text, 0, text.len(), &mut &reader.marks[..])
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// In the order in which they begin.
    marks: Vec<Mark>,
    /// The last mark of one asterisk, and that of two, if its partner may still come: on the same line. That there is
    /// one of each at most keeps the work linear and the spans two deep.
    open: [Option<Open>; 2],
    /// Parentheses that the line has opened, and not closed.
    depth: usize,
}

/// What may become a span.
struct Mark {
    kind: Kind,
    at: usize,
    /// Where the span ends, with its marks; 0 as long as it has no end.
    end: usize,
}

#[derive(Clone, Copy)]
enum Kind {
    Em,
    Strong,
    Code,
    Link,
}

impl Kind {
    /// The bytes of the mark on each side.
    fn width(self) -> usize {
        match self {
            Kind::Link => 0,
            Kind::Em | Kind::Code => 1,
            Kind::Strong => 2,
        }
    }
}

#[derive(Clone, Copy)]
struct Open {
    mark: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn before(&self) -> Option<char> {
        self.text.get(..self.at)?.chars().next_back()
    }

    /// Reads what begins with this character.
    fn read(&mut self, c: char) {
        let rest = self.rest();
        let found = match c {
            '*' => return self.asterisks(),
            '`' => code(rest).map(|len| (Kind::Code, len)),
            'h' | 'H' | 'm' | 'M' if !self.before().is_some_and(is_letter) => link(rest).map(|len| (Kind::Link, len)),
            _ => None,
        };
        if let Some((kind, len)) = found {
            self.marks.push(Mark { kind, at: self.at, end: self.at + len });
            self.at += len;
            return;
        }
        match c {
            '\n' => (self.open, self.depth) = ([None; 2], 0),
            '(' => self.depth += 1,
            ')' => {
                self.depth = self.depth.saturating_sub(1);
                self.forget(usize::MAX, self.depth);
            }
            // These speak of a program.
            ';' | '=' | '|' | '$' => self.open[0] = None,
            _ => {}
        }
        self.at += c.len_utf8();
    }

    /// Reads asterisks: three are one and two.
    fn asterisks(&mut self) {
        let rest = self.rest();
        let len = rest.bytes().take_while(|byte| *byte == b'*').count();
        let after = rest.get(len..).unwrap_or_default();
        let before = self.before();
        let follows_a_span = self.marks.last().is_some_and(|mark| mark.end == self.at);
        let may_close = (follows_a_span || before.is_some_and(|c| may_end(c, len))) && may_follow(after, before, len);
        if !may_close || !self.close(len) {
            let opens = may_open(before, after.chars().next(), len);
            match len {
                2 if opens => self.open(Kind::Strong, 0),
                3 if opens => {
                    self.open(Kind::Strong, 0);
                    self.open(Kind::Em, 2);
                }
                1 if opens => self.open(Kind::Em, 0),
                // One that is no mark speaks of a program.
                _ => self.open[0] = None,
            }
        }
        self.at += len;
    }

    fn open(&mut self, kind: Kind, skip: usize) {
        self.open[kind as usize] = Some(Open { mark: self.marks.len(), depth: self.depth });
        self.marks.push(Mark { kind, at: self.at + skip, end: 0 });
    }

    /// Ends the spans that as many asterisks end, if all of them are open.
    fn close(&mut self, len: usize) -> bool {
        let [em, strong] = self.open.map(|open| open.filter(|open| open.depth == self.depth).map(|open| open.mark));
        let (inner, outer) = match len {
            1 => (em, em),
            2 => (strong, strong),
            3 => (em.max(strong), em.min(strong)),
            _ => (None, None),
        };
        let (Some(inner), Some(outer)) = (inner, outer) else { return false };
        if let Some(mark) = self.marks.get_mut(inner) {
            mark.end = self.at + mark.kind.width();
        }
        if let Some(mark) = self.marks.get_mut(outer) {
            mark.end = self.at + len;
        }
        self.forget(outer, usize::MAX);
        true
    }

    /// Gives up what is open from this mark on, or within more parentheses.
    fn forget(&mut self, mark: usize, depth: usize) {
        self.open = self.open.map(|open| open.filter(|open| open.mark < mark && open.depth <= depth));
    }
}

/// The spans of a part of a text, and what is left of the marks after it.
fn within(text: &str, mut from: usize, to: usize, marks: &mut &[Mark]) -> Vec<Span> {
    let cut = |from: usize, to: usize| text.get(from..to).unwrap_or_default().to_owned();
    let mut spans = Vec::new();
    while let Some((mark, rest)) = marks.split_first()
        && mark.at < to
    {
        *marks = rest;
        if mark.end == 0 {
            continue;
        }
        if from < mark.at {
            spans.push(Span::Plain(cut(from, mark.at)));
        }
        from = mark.end;
        let (begin, end) = (mark.at + mark.kind.width(), mark.end - mark.kind.width());
        spans.push(match mark.kind {
            Kind::Code => Span::Code(cut(begin, end)),
            Kind::Link => Span::Link(cut(begin, end)),
            emphasis => {
                let inner = within(text, begin, end, marks);
                if matches!(emphasis, Kind::Em) { Span::Em(inner) } else { Span::Strong(inner) }
            }
        });
    }
    if from < to {
        spans.push(Span::Plain(cut(from, to)));
    }
    spans
}

/// Whether asterisks open between these two, as `CommonMark` 0.31, 6.2 has it with its left-flanking runs, but sterner:
/// what shells and programs write outside backticks is to keep its asterisks. So no operator, path or quoted pattern
/// stands around one asterisk. Two say more clearly that they are a mark.
fn may_open(before: Option<char>, first: Option<char>, len: usize) -> bool {
    let inside = |c: char| is_inside(c, len) || matches!(c, '(' | '`' | '@' | '#');
    first.is_some_and(inside)
        && before
            .is_none_or(|c| is_outside(c, first, len) || matches!(c, '(' | '[') || len > 1 && matches!(c, '"' | '\''))
}

/// Whether the text between marks may end with this character.
fn may_end(last: char, len: usize) -> bool {
    is_inside(last, len) || matches!(last, ',' | ':' | '!' | '?' | '"' | '\'' | ')' | '%' | '+' | '#')
}

/// Whether asterisks close before this text. A stop or a colon counts as what follows it: `*a*.rs` is a pattern.
fn may_follow(after: &str, last: Option<char>, len: usize) -> bool {
    after.chars().find(|c| !matches!(c, '.' | ':')).is_none_or(|c| {
        is_outside(c, last, len) || matches!(c, ',' | ';' | '!' | '?' | ')' | ']' | '"' | '\'') || len > 1 && c == '-'
    })
}

/// Whether this may stand at the inner side of a mark, whichever it is. A slash makes a path.
fn is_inside(c: char, len: usize) -> bool {
    is_letter(c) || !c.is_ascii() && !is_space(c) || len > 1 && c.is_ascii_punctuation() && c != '/'
}

/// Whether this may stand at the outer side of a mark, whichever it is. Where words are not parted by spaces a mark may
/// stand anywhere.
fn is_outside(c: char, inner: Option<char>, len: usize) -> bool {
    is_space(c) || is_unspaced(c) || len > 1 && is_letter(c) && inner.is_some_and(is_unspaced)
}

/// A letter or digit of ASCII, or a letter of the Latin, Greek, Cyrillic or Armenian script: those of words that spaces
/// part. A table of all scripts is 2 kB.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '\u{c0}'..='\u{58f}')
}

fn is_unspaced(c: char) -> bool {
    !c.is_ascii() && !is_letter(c)
}

fn is_space(c: char) -> bool {
    c.is_ascii_whitespace() || matches!(c, '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{3000}')
}

/// The length of the code that a text begins with: to the next backtick, on one line, with no space beside either.
fn code(text: &str) -> Option<usize> {
    let inner = text.get(1..)?;
    let inner = inner.get(..position(inner, b'`', b'\n')?)?.as_bytes();
    let tight = !inner.first()?.is_ascii_whitespace() && !inner.last()?.is_ascii_whitespace();
    tight.then_some(inner.len() + 2)
}

/// Where a byte stands first, if another one does not stand before it.
fn position(text: &str, wanted: u8, stop: u8) -> Option<usize> {
    let at = text.bytes().position(|byte| byte == wanted || byte == stop)?;
    (text.as_bytes().get(at) == Some(&wanted)).then_some(at)
}

/// The length of the address that a text begins with. RFC 3986, 3.1: the case of a scheme's letters says nothing.
fn link(text: &str) -> Option<usize> {
    let is_here = |scheme: &&str| text.get(..scheme.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(scheme));
    let scheme = SCHEMES.into_iter().find(is_here)?;
    let rest = text.get(scheme.len()..)?;
    // Mail has something on both sides of an at sign. Looking no further than to a colon keeps the work linear: where
    // there is none, the next `mailto:` looks again.
    let before_host = if scheme == MAIL { position(rest, b'@', b':').filter(|at| *at > 0)? + 1 } else { 0 };
    let mut end = 0;
    let mut open = 0u32;
    for (at, c) in rest.char_indices() {
        let belongs = match c {
            '.'
            | ','
            | ';'
            | ':'
            | '!'
            | '?'
            | '\''
            | '*'
            | '_'
            | '\u{200c}'
            | '\u{200d}'
            | '\u{2010}'..='\u{2015}' => false,
            '(' | '[' | '{' => {
                open += 1;
                false
            }
            ')' | ']' | '}' => {
                let opened = open > 0;
                open = open.saturating_sub(1);
                opened
            }
            c if is_after_a_link(c) => break,
            _ => true,
        };
        if belongs {
            end = at + c.len_utf8();
        }
    }
    (end > before_host).then_some(scheme.len() + end)
}

/// What no address goes on after: white space, quotes, the marks between Chinese sentences, and of the general
/// punctuation (U+2000 to U+206F) all but hyphens, dashes and joiners, which titles have.
fn is_after_a_link(c: char) -> bool {
    is_space(c)
        || matches!(
            c,
            '<' | '>' | '"' | '`' | '«' | '»' | '\u{2000}'..='\u{206f}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{301f}'
                | '！' | '（' | '）' | '，' | '：' | '；' | '？'
        )
}

// Where proptest is: it has no source of chance in a browser.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
