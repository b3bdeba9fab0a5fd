//! The page and its files, embedded at build time and compressed then.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

use crate::base_path::BasePath;

/// The web client as the build script left it: each file, and beside it the same compressed by each of [`CODINGS`].
#[derive(RustEmbed)]
#[folder = "$OUT_DIR/web"]
#[allow_missing = true]
struct Files;

/// What a file may be compressed by, as HTTP calls it, and the ending of the compressed file; the best first.
const CODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];
/// What the names begin with that the build script has made of what is in the files.
const PROGRAM: &str = "commonroom-web-";

/// What a server without a web client shows.
const MISSING: &str = "<!doctype html><meta charset=\"utf-8\"><title>Commonroom</title><p>This server was built without its \
    web client: <code>cargo xtask build</code> makes the whole one. The socket works all the same: <code>nc HOST 8888</code>.";

/// A file as it is and compressed.
struct File {
    tag: String,
    plain: Bytes,
    /// By each of [`CODINGS`] that it is there in, the best first.
    packed: Vec<(&'static str, Bytes)>,
}

impl File {
    fn embedded(path: &str) -> Option<File> {
        let plain = Files::get(path)?;
        let packed = CODINGS.iter().filter_map(|(name, ending)| Some((*name, Files::get(&format!("{path}{ending}"))?)));
        let packed = packed.map(|(name, file)| (name, bytes(file.data))).collect();
        Some(File { tag: tag(&plain.metadata.sha256_hash()), plain: bytes(plain.data), packed })
    }

    /// One that was made when the server started: compressed by gzip alone, which all browsers take everywhere.
    fn made(text: String) -> File {
        let mut small = Vec::new();
        let packed = zopfli::compress(zopfli::Options::default(), zopfli::Format::Gzip, text.as_bytes(), &mut small);
        let packed = packed.map(|()| ("gzip", small.into())).into_iter().collect();
        File { tag: tag(&Sha256::digest(&text)), plain: text.into(), packed }
    }
}

fn bytes(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    }
}

fn tag(hash: &[u8]) -> String {
    STANDARD.encode(&hash[..12])
}

/// The page, with what its headers say of it. None where the server was built without it.
pub(super) struct Page {
    file: Option<File>,
    policy: String,
}

impl Page {
    /// Reads the page once: to know the scripts and styles that are written in it, and to have it name its files where
    /// they are for a browser.
    pub(super) fn new(base: &BasePath) -> Page {
        let mut file = File::embedded("index.html");
        let mut html = file.as_ref().map(|file| String::from_utf8_lossy(&file.plain).into_owned()).unwrap_or_default();
        if !base.is_root() {
            html = base.moved(html, Files::iter());
            file = file.map(|_| File::made(html.clone()));
        }
        Page { file, policy: policy(&html) }
    }

    pub(super) fn response(&self, headers: &HeaderMap) -> Response {
        let mut response = match &self.file {
            Some(file) => file_response("index.html", file, headers),
            None => (StatusCode::OK, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], MISSING).into_response(),
        };
        let headers = response.headers_mut();
        if let Ok(policy) = self.policy.parse() {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }
}

/// Nothing may load or run but our own files, and what is written in our own page.
fn policy(html: &str) -> String {
    let (scripts, styles) = (hashes(html, "script"), hashes(html, "style"));
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self'{styles}; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    )
}

/// The hashes of all elements of this name that have their text in the page (CSP level 3, section 2.3.1).
fn hashes(html: &str, element: &str) -> String {
    let (open, close) = (format!("<{element}"), format!("</{element}>"));
    let texts = html.split(open.as_str()).skip(1).filter_map(|rest| rest.split_once('>')?.1.split_once(close.as_str()));
    let texts = texts.map(|(text, _)| text).filter(|text| !text.is_empty());
    texts.flat_map(|text| [" 'sha256-".to_owned(), STANDARD.encode(Sha256::digest(text)), "'".to_owned()]).collect()
}

/// Any other file of the web client; none where there is none of this path.
pub(super) fn response(path: &str, headers: &HeaderMap) -> Option<Response> {
    let path = path.trim_start_matches('/');
    File::embedded(path).filter(|_| !path.is_empty()).map(|file| file_response(path, &file, headers))
}

fn file_response(path: &str, file: &File, headers: &HeaderMap) -> Response {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    let mut fixed = vec![
        (header::CACHE_CONTROL, cache_control(path).to_owned()),
        // Weak, since what is compressed has the same.
        (header::ETAG, format!("W/\"{}\"", file.tag)),
        (header::VARY, "accept-encoding".to_owned()),
    ];
    if known.is_some_and(|known| {
        known.split(',').any(|one| one.trim().trim_start_matches("W/").trim_matches('"') == file.tag)
    }) {
        return answer(StatusCode::NOT_MODIFIED, fixed, Body::empty());
    }
    fixed.push((header::CONTENT_TYPE, content_type(path)));
    let body = match best(headers, &file.packed) {
        Some((name, small)) => {
            fixed.push((header::CONTENT_ENCODING, (*name).to_owned()));
            small
        }
        None => &file.plain,
    };
    answer(StatusCode::OK, fixed, body.clone().into())
}

fn answer(status: StatusCode, headers: Vec<(HeaderName, String)>, body: Body) -> Response {
    let mut response = (status, body).into_response();
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn content_type(path: &str) -> String {
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    if mime.type_() == "text" { format!("{mime}; charset=utf-8") } else { mime.to_string() }
}

/// A name that follows from what is in the file never has another content; of the others a browser asks every time.
fn cache_control(path: &str) -> &'static str {
    if path.starts_with(PROGRAM) { "public, max-age=31536000, immutable" } else { "no-cache" }
}

/// What the client likes best of what there is; none where it would rather have the file as it is (RFC 9110, 12.5.3).
fn best<'a, T>(headers: &HeaderMap, codings: &'a [(&'static str, T)]) -> Option<&'a (&'static str, T)> {
    let accepted: Vec<&str> =
        headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|all| all.to_str().ok()).collect();
    let accepted = accepted.join(",");
    let mut best = None;
    let mut most = weight(&accepted, "identity").unwrap_or_default();
    for coding in codings {
        let weight = weight(&accepted, coding.0).or_else(|| weight(&accepted, "*")).unwrap_or_default();
        if weight > 0.0 && (weight > most || (weight >= most && best.is_none())) {
            (best, most) = (Some(coding), weight);
        }
    }
    best
}

/// How much a list of codings wants this one, from 0 to 1; none where it does not name it.
fn weight(accepted: &str, coding: &str) -> Option<f32> {
    accepted.split(',').find_map(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, "q=1"));
        let weight = weight.trim().trim_start_matches(['q', 'Q']).trim_start_matches('=');
        name.trim().eq_ignore_ascii_case(coding).then(|| weight.parse().unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_in_the_page_may_run_and_nothing_else() {
        let html = r#"<style>a{}</style><script src="/x.js"></script><script type="module">run()</script>"#;
        // printf 'run()' | openssl dgst -sha256 -binary | base64
        assert_eq!(hashes(html, "script"), " 'sha256-AvyuiL0SD1mVY3NNxR+V2uo+lhk6RMFrytWmRt6CrJQ='");
        assert_eq!(hashes(html, "style").matches("sha256").count(), 1);
        assert!(policy("").contains("script-src 'self' 'wasm-unsafe-eval';"));
    }

    fn coded(accepted: &[&str]) -> Option<&'static str> {
        let fields = accepted.iter().map(|value| (header::ACCEPT_ENCODING, value.parse().unwrap()));
        best(&fields.collect(), &CODINGS).map(|(name, _)| *name)
    }

    #[test]
    fn what_a_browser_likes_best_is_what_it_gets() {
        assert_eq!(coded(&["gzip, deflate, br, zstd"]), Some("br"));
        assert_eq!(coded(&["gzip, deflate"]), Some("gzip"));
        assert_eq!(coded(&["gzip", "BR;q=1.0"]), Some("br"));
        assert_eq!(coded(&["br;q=0.5, gzip; q=0.8"]), Some("gzip"));
        assert_eq!(coded(&["br;q=0, *"]), Some("gzip"));
        assert_eq!(coded(&["*;q=0.1"]), Some("br"));
        assert_eq!(coded(&["identity;q=0.5, gzip;q=0.5"]), Some("gzip"));
    }

    #[test]
    fn what_a_browser_does_not_take_it_does_not_get() {
        assert_eq!(coded(&[]), None);
        assert_eq!(coded(&["deflate, zstd"]), None);
        assert_eq!(coded(&["br;q=0, gzip;q=0.000"]), None);
        assert_eq!(coded(&["gzip;q=0.5, identity"]), None);
        assert_eq!(coded(&["gzip;q=much"]), None);
    }

    #[test]
    fn only_what_is_named_by_its_content_is_kept_for_ever() {
        assert!(cache_control("commonroom-web-0123456789abcdef_bg.wasm").ends_with("immutable"));
        assert_eq!(cache_control("index.html"), "no-cache");
        assert_eq!(cache_control("sw.js"), "no-cache");
    }
}
