//! By which names this server may be asked. A page of another site whose name is made to lead here (DNS rebinding) is of
//! the same origin for its browser: only the name that it asks for gives it away.

use axum::extract::Request;
use axum::http::header::HOST;

/// Ends of names that no site on the web has: RFC 6762, ICANN's `internal`, and what routers hand out.
const LOCAL: [&str; 4] = [".local", ".lan", ".internal", ".localhost"];

/// Lets through who asks for an address, a name that only this network knows, or one of `own`. Who names no host is no
/// browser.
///
/// # Errors
/// The words for whoever came by another name.
pub(super) fn check<'a>(request: &Request, own: impl IntoIterator<Item = &'a String>) -> Result<(), String> {
    // RFC 9112 section 3.2.2: what the request's own line names goes before the header.
    let asked = request.uri().authority().map(|authority| authority.as_str().as_bytes());
    let Some(asked) = asked.or_else(|| request.headers().get(HOST).map(axum::http::HeaderValue::as_bytes)) else {
        return Ok(());
    };
    let asked = String::from_utf8_lossy(asked);
    let name = name(&asked);
    if is_ours(&name, own) {
        return Ok(());
    }
    Err(format!(
        "this server does not go by the name {name}; to let browsers reach it so, start it with --host {name}\n"
    ))
}

/// The name, without a port or the dot of the root.
fn name(authority: &str) -> String {
    let name = match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => authority,
    };
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

fn is_ours<'a>(name: &str, own: impl IntoIterator<Item = &'a String>) -> bool {
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let is_address = bare.parse::<std::net::IpAddr>().is_ok();
    let is_local = !name.contains('.') || LOCAL.iter().any(|end| name.ends_with(end));
    is_address || is_local || own.into_iter().any(|own| is_of(name, own))
}

/// Whether a name is this one; a certificate's may stand for all with one label more (RFC 6125 section 6.4.3).
fn is_of(name: &str, own: &str) -> bool {
    match own.strip_prefix("*.") {
        Some(parent) => name.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(parent)),
        None => own.eq_ignore_ascii_case(name),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn is_let_through(host: Option<&str>, target: &str) -> bool {
        let mut request = Request::builder().uri(target);
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        check(&request.body(Body::empty()).unwrap(), &["chat.example.org", "*.example.net"].map(str::to_owned)).is_ok()
    }

    #[test]
    fn names_that_no_other_site_has_are_let_through() {
        for host in [
            "192.168.1.20:3000",
            "[fd00::1]:3000",
            "[::1]",
            "localhost:3000",
            "LOCALHOST",
            "chatbox",
            "chatbox.local",
            "chat.lan:80",
            "chat.corp.internal",
            "room.localhost:3000",
            "chat.example.org",
            "any.example.net",
            "Chat.Example.ORG.:443",
        ] {
            assert!(is_let_through(Some(host), "/"), "{host}");
        }
        assert!(is_let_through(None, "/"), "HTTP/1.0, which no browser speaks");
    }

    #[test]
    fn other_names_are_not() {
        for host in [
            "evil.example",
            "evil.example:3000",
            "chat.example.org.evil.example",
            "1.2.3.4.evil.example",
            "local.evil",
            "notchat.example.org",
            "example.net",
            "two.labels.example.net",
            "evil.example:x",
        ] {
            assert!(!is_let_through(Some(host), "/"), "{host}");
        }
        assert!(!is_let_through(Some("localhost"), "http://evil.example/"));
    }
}
