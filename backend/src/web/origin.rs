//! Which pages may open our WebSocket. WebSockets know no CORS: without this check any page on the web could join as its
//! visitor (RFC 6455 section 10.2).

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

/// Lets in programs, which send no Origin, our own pages, and those that the operator allows. `from_proxy`: the peer is
/// on this machine, so its word for the host that the browser asked is believed; a page can't set that header.
///
/// # Errors
/// The words for whoever is not let in.
pub(super) fn check(headers: &HeaderMap, from_proxy: bool, allowed: &[String]) -> Result<(), String> {
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let origin = String::from_utf8_lossy(origin.as_bytes()).to_ascii_lowercase();
    let forwarded = from_proxy.then(|| headers.get("x-forwarded-host")).flatten();
    let own = [headers.get(HOST), forwarded].into_iter().flatten().filter_map(|host| host.to_str().ok());
    let ours = own.into_iter().any(|host| is_page_of(&origin, host));
    if ours || allowed.contains(&origin) {
        return Ok(());
    }
    // `null`, `file:` and the like: whose pages those are cannot be known.
    if !origin.starts_with("http://") && !origin.starts_with("https://") {
        return Err(format!("pages of no site ({origin}) may not join this server; serve them by http or https\n"));
    }
    Err(format!("pages of {origin} may not join this server; to let them in, start it with --allow-origin {origin}\n"))
}

/// Whether an origin is served by this host. A scheme's own port may be left out of either.
fn is_page_of(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else { return false };
    let port = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => return false,
    };
    let bare = |name: &str| name.strip_suffix(port).unwrap_or(name).to_ascii_lowercase();
    !host.is_empty() && bare(authority) == bare(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_let_in(origin: Option<&str>, host: &str, forwarded: Option<&str>, from_proxy: bool) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        if let Some(forwarded) = forwarded {
            headers.insert("x-forwarded-host", forwarded.parse().unwrap());
        }
        check(&headers, from_proxy, &["https://chat.example.org".to_owned()]).is_ok()
    }

    #[test]
    fn programs_and_our_own_pages_are_let_in() {
        assert!(is_let_in(None, "chat.lan:3000", None, false));
        assert!(is_let_in(Some("http://chat.lan:3000"), "chat.lan:3000", None, false));
        assert!(is_let_in(Some("http://Chat.LAN"), "chat.lan", None, false));
        assert!(is_let_in(Some("https://chat.lan"), "chat.lan:443", None, false));
        assert!(is_let_in(Some("https://chat.example.org"), "chat.lan:3000", None, false));
    }

    #[test]
    fn other_pages_are_not() {
        assert!(!is_let_in(Some("http://evil.example"), "chat.lan:3000", None, false));
        assert!(!is_let_in(Some("http://chat.lan:8080"), "chat.lan:3000", None, false));
        assert!(!is_let_in(Some("null"), "chat.lan:3000", None, false));
        assert!(!is_let_in(Some("http://"), "", None, false));
    }

    #[test]
    fn a_proxy_on_this_machine_is_believed_and_no_other() {
        assert!(is_let_in(Some("http://localhost:8080"), "127.0.0.1", Some("localhost:8080"), true));
        assert!(!is_let_in(Some("http://localhost:8080"), "127.0.0.1", Some("localhost:8080"), false));
        assert!(!is_let_in(Some("http://evil.example"), "127.0.0.1", Some("localhost:8080"), true));
    }
}
