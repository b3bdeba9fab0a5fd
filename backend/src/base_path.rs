//! The path below which a reverse proxy shows the page, as `/chat`.

use std::fmt;
use std::str::FromStr;

/// What our own addresses have in them: a path that has it as well would be two things at once.
const OWN: [&str; 6] = ["r", "ws", "text", "icons", "healthz", "metrics"];

/// A path that begins with a slash and ends without, or nothing at all: then the page is at the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BasePath(String);

impl BasePath {
    /// Whether the page is at the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// What a path asks for: without this path before it, which a proxy may have taken away already.
    pub fn strip<'a>(&self, path: &'a str) -> &'a str {
        path.strip_prefix(&self.0).filter(|rest| rest.starts_with('/')).unwrap_or(path)
    }

    /// A text with this path before each of these files, which it names from the root, as `/favicon.svg`.
    pub fn moved(&self, text: String, files: impl Iterator<Item = impl AsRef<str>>) -> String {
        files
            .fold(text, |text, file| text.replace(&format!("/{}", file.as_ref()), &format!("{self}/{}", file.as_ref())))
    }
}

impl fmt::Display for BasePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BasePath {
    type Err = String;

    fn from_str(text: &str) -> Result<BasePath, String> {
        if !text.starts_with('/') {
            return Err("a path begins with /, as /chat".to_owned());
        }
        let path = text.strip_suffix('/').unwrap_or(text);
        for segment in path.split('/').skip(1) {
            if OWN.contains(&segment) {
                return Err(format!("`{segment}` in a path is the server's own; choose another, as /chat"));
            }
            if !is_plain(segment) {
                return Err(format!(
                    "`{segment}` can't be in a path; it is like /chat, of letters, digits, - _ . and ~"
                ));
            }
        }
        Ok(BasePath(path.to_owned()))
    }
}

/// Whether a segment is of the unreserved characters (RFC 3986 section 2.3), and leads nowhere else.
fn is_plain(segment: &str) -> bool {
    let unreserved = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    !matches!(segment, "" | "." | "..") && segment.chars().all(unreserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<String, String> {
        text.parse().map(|path: BasePath| path.to_string())
    }

    #[test]
    fn a_path_is_taken_with_a_slash_at_its_end_or_without() {
        assert_eq!(parsed("/chat").as_deref(), Ok("/chat"));
        assert_eq!(parsed("/chat/").as_deref(), Ok("/chat"));
        assert_eq!(parsed("/~team/Chat_2.0-x/").as_deref(), Ok("/~team/Chat_2.0-x"));
        assert_eq!(parsed("/").as_deref(), Ok(""));
    }

    #[test]
    fn what_is_no_path_is_refused_in_words() {
        let refused = |text, words| assert!(parsed(text).unwrap_err().contains(words), "{text}: {:?}", parsed(text));
        for text in ["", "chat", "chat/", "https://example.org/chat"] {
            refused(text, "begins with /");
        }
        for text in
            ["//", "/chat//", "/a//b", "/..", "/chat/../x", "/.", "/chat?x", "/a b", "/chat#x", "/%63hat", "/聊天"]
        {
            refused(text, "can't be in a path");
        }
        for text in ["/r", "/chat/ws", "/metrics/"] {
            refused(text, "the server's own");
        }
    }

    #[test]
    fn only_the_whole_of_it_is_taken_away() {
        let base: BasePath = "/chat".parse().unwrap();
        assert_eq!(base.strip("/chat/sw.js"), "/sw.js");
        assert_eq!(base.strip("/sw.js"), "/sw.js");
        assert_eq!(base.strip("/chatter/sw.js"), "/chatter/sw.js");
        assert_eq!(BasePath::default().strip("/sw.js"), "/sw.js");
    }

    #[test]
    fn a_page_names_its_files_below_it_and_nothing_else() {
        let base: BasePath = "/chat".parse().unwrap();
        let html = "<link href=/a.svg><script>import init from '/b.js';fetch(`${base}/text/`)</script><p>/c";
        let moved = "<link href=/chat/a.svg><script>import init from '/chat/b.js';fetch(`${base}/text/`)</script><p>/c";
        let files = ["a.svg", "a.svg.gz", "b.js", "text/en.txt"];
        assert_eq!(base.moved(html.to_owned(), files.iter()), moved);
        assert_eq!(BasePath::default().moved(html.to_owned(), files.iter()), html);
    }
}
