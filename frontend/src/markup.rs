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
    /// Between two asterisks each.
    Strong(String),
    /// Between one asterisk each.
    Em(String),
    /// An address that may be followed: `http`, `https` or `mailto`.
    Link(String),
}

const FENCE: &str = "```";
/// What no address goes on after, beside white space: quotes, and the marks between Chinese sentences.
const AFTER_A_LINK: [char; 20] =
    ['<', '>', '"', '`', '，', '。', '；', '：', '！', '？', '、', '（', '）', '【', '】', '《', '》', '「', '」', '…'];
const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

/// Reads a message.
pub fn parse(text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if let Some(code) = fenced(&lines[at..]) {
            blocks.push(Block::Code(code.join("\n")));
            at += code.len() + 2;
            continue;
        }
        let quoted = is_quoted(lines[at]);
        let start = at;
        while at < lines.len() && is_quoted(lines[at]) == quoted && fenced(&lines[at..]).is_none() {
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

/// The lines of a block of code that begins here and has an end. A message has a hundred lines at most, so looking for
/// the end from each of them is no work.
fn fenced<'a>(lines: &'a [&'a str]) -> Option<&'a [&'a str]> {
    let (first, rest) = lines.split_first()?;
    let opens = first.strip_prefix(FENCE).is_some_and(|word| !word.bytes().any(|byte| byte == b'`'));
    let end = if opens { rest.iter().position(|line| line.trim_ascii_end() == FENCE) } else { None };
    rest.get(..end?)
}

fn is_quoted(line: &str) -> bool {
    line == ">" || line.starts_with("> ")
}

fn unquoted(line: &str) -> &str {
    line.strip_prefix("> ").unwrap_or_default()
}

/// Reads lines of text.
fn spans(text: &str) -> Vec<Span> {
    let mut reader = Reader { text, at: 0, plain_from: 0, spans: Vec::new(), hopeless: Vec::new() };
    while reader.at < text.len() {
        match reader.span() {
            Some((span, end)) => reader.take(span, end),
            None => reader.at += reader.rest().chars().next().map_or(1, char::len_utf8),
        }
    }
    reader.plain();
    reader.spans
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Where what is not markup, and not taken yet, begins.
    plain_from: usize,
    spans: Vec<Span>,
    /// Marks that have no partner in the rest: not looked for again, which keeps the work linear.
    hopeless: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The span that begins here, and where it ends.
    fn span(&mut self) -> Option<(Span, usize)> {
        let rest = self.rest();
        match rest.as_bytes()[0] {
            b'`' => self.between("`").map(|(inner, end)| (Span::Code(inner.to_owned()), end)),
            b'*' if rest.starts_with("**") => {
                self.between("**").map(|(inner, end)| (Span::Strong(inner.to_owned()), end))
            }
            b'*' if !self.follows_a_word() => {
                let (inner, end) = self.between("*")?;
                let goes_on = self.text[end..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '*');
                (!goes_on).then(|| (Span::Em(inner.to_owned()), end))
            }
            b'h' | b'm' if !self.follows_a_word() => {
                let len = link(rest)?;
                Some((Span::Link(rest[..len].to_owned()), self.at + len))
            }
            _ => None,
        }
    }

    /// What stands between this mark and the next one like it on the same line, and where that one ends. It neither
    /// begins nor ends with a space, so that `2 * 3 * 4` stays as it is.
    fn between(&mut self, mark: &'static str) -> Option<(&'a str, usize)> {
        if self.hopeless.contains(&mark) {
            return None;
        }
        let from = self.at + mark.len();
        let Some(len) = position(&self.text[from..], mark) else {
            self.hopeless.push(mark);
            return None;
        };
        let inner = &self.text[from..from + len];
        let tight = !inner.starts_with(is_space) && !inner.ends_with(is_space);
        (tight && !inner.is_empty() && !inner.bytes().any(|byte| byte == b'\n'))
            .then_some((inner, from + len + mark.len()))
    }

    /// Words here are of ASCII letters: where words are not parted by spaces a mark may stand anywhere.
    fn follows_a_word(&self) -> bool {
        self.text[..self.at].ends_with(|c: char| c.is_ascii_alphanumeric())
    }

    fn take(&mut self, span: Span, end: usize) {
        self.plain();
        self.spans.push(span);
        self.at = end;
        self.plain_from = end;
    }

    fn plain(&mut self) {
        if self.plain_from < self.at {
            self.spans.push(Span::Plain(self.text[self.plain_from..self.at].to_owned()));
        }
    }
}

/// Where a mark of ASCII stands first. The library's own search is made for long needles, and large.
fn position(text: &str, mark: &str) -> Option<usize> {
    text.as_bytes().windows(mark.len()).position(|window| window == mark.as_bytes())
}

fn is_space(c: char) -> bool {
    c.is_ascii_whitespace() || c == '\u{3000}' || c == '\u{a0}'
}

/// The length of the address that a text begins with.
fn link(text: &str) -> Option<usize> {
    let scheme = SCHEMES.into_iter().find(|scheme| text.starts_with(scheme))?;
    let end = text.find(|c: char| is_space(c) || AFTER_A_LINK.contains(&c)).unwrap_or(text.len());
    let mut address = &text[..end];
    while let Some(last) = address.chars().next_back().filter(|last| is_after_a_link(*last, address)) {
        address = &address[..address.len() - last.len_utf8()];
    }
    (address.len() > scheme.len()).then_some(address.len())
}

/// Whether the last character of an address belongs to the sentence around it.
fn is_after_a_link(last: char, address: &str) -> bool {
    let count = |wanted: char| address.chars().filter(|c| *c == wanted).count();
    let unopened = |open: char| count(last) > count(open);
    match last {
        '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' => true,
        ')' => unopened('('),
        ']' => unopened('['),
        '}' => unopened('{'),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
