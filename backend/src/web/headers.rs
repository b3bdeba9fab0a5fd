//! What every answer tells a browser about itself.

use axum::Extension;
use axum::extract::Request;
use axum::http::header::{HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use super::{Scheme, Visit};

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Adds them. A browser shows an answer as what it says it is, tells no other site that it came from here, and keeps
/// pages of other sites away from ours.
pub(super) async fn add(Extension(visit): Extension<Visit>, request: Request, next: Next) -> Response {
    let secure = visit.scheme == Scheme::Https || is_secure(request.headers());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if secure {
        headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    }
    response
}

/// Whether browsers hold the origin for trustworthy: elsewhere they log an error for the opener's policy (HTML standard,
/// 7.1.4). Who lies here changes their own answer alone.
fn is_secure(headers: &HeaderMap) -> bool {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let proto = HeaderName::from_static("x-forwarded-proto");
    text(&proto).is_some_and(|proto| proto == "https") || text(&HOST).is_some_and(is_this_machine)
}

fn is_this_machine(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name.eq_ignore_ascii_case("localhost") || name == "[::1]" || name.starts_with("127.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_and_https_are_trustworthy() {
        let secure = |name: &'static str, value: &str| {
            is_secure(&HeaderMap::from_iter([(HeaderName::from_static(name), value.parse().unwrap())]))
        };
        for host in ["localhost", "LOCALHOST:3000", "127.0.0.1:3000", "[::1]:3000"] {
            assert!(secure("host", host), "{host}");
        }
        for host in ["192.168.1.20:3000", "chat.lan", "localhost.evil.example", "[fd00::1]:3000"] {
            assert!(!secure("host", host), "{host}");
        }
        assert!(secure("x-forwarded-proto", "https") && !secure("x-forwarded-proto", "http"));
    }
}
