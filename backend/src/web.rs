//! The web side: the page, its WebSocket, and what tells how the server is.

mod assets;
mod headers;
mod host;
mod origin;
mod proxy;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, Version, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use commonroom_protocol::Via;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::task::yield_now;
use tokio_tungstenite::tungstenite::handshake::server::create_response;

use crate::base_path::BasePath;
use crate::gate::Pass;
use crate::metrics::{self, Sight};
use crate::moderation::{Caller, Stats};
use crate::network::Network;
use crate::process;
use crate::server::Door;
use crate::session::{self, Site};
use crate::tls::Tls;

const HEALTH: &str = "/healthz";
/// Figures are this old at most: to make them, every member is looked at.
const FIGURES: Duration = Duration::from_millis(250);

struct Web {
    door: Door,
    names: Names,
    page: assets::Page,
    /// What `/metrics` said last, and when.
    figures: Mutex<Option<(Instant, Arc<str>)>>,
}

/// Whom the web side believes, and what names it goes by.
pub(crate) struct Names {
    /// Sites whose pages may join, beside its own.
    pub allow_origin: Vec<String>,
    /// Names that it is reached by, beside those that nobody else can have.
    pub hosts: Vec<String>,
    /// The certificate, whose names are its own, too: always those of the one in use.
    pub tls: Option<Arc<Tls>>,
    /// The path below which it is reached, and without which it answers as well.
    pub base: BasePath,
    /// Proxies, which say on whose behalf they come.
    pub proxies: Vec<Network>,
}

/// How a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Plain, as all do here.
    Http,
    /// Plain, though here is a certificate.
    HttpForHttps,
    /// By TLS.
    Https,
}

/// What every request on a socket is told of it.
#[derive(Clone)]
pub(crate) struct Visit {
    pub scheme: Scheme,
    /// The socket's place, held as long as the socket is: by what answers on it, then by the session that takes it over.
    pub place: Arc<Pass>,
}

/// Everything that is served over HTTP.
pub(crate) fn router(door: Door, names: Names) -> Router {
    let web = Arc::new(Web { door, page: assets::Page::new(&names.base), names, figures: Mutex::default() });
    let base = &web.names.base;
    let mut router = rooms("").route(HEALTH, get(|| async { "ok\n" })).route("/metrics", get(metrics));
    if !base.is_root() {
        let top = format!("{base}/");
        let to_top = get(async move || Redirect::permanent(&top));
        router = router.merge(rooms(&base.to_string())).route(&base.to_string(), to_top);
    }
    router
        .fallback(asset)
        .layer(middleware::from_fn(secured))
        .layer(middleware::from_fn_with_state(Arc::clone(&web), misdirected))
        .layer(middleware::from_fn_with_state(Arc::clone(&web), closing))
        .layer(middleware::from_fn(in_turn))
        .layer(middleware::from_fn(headers::add))
        .with_state(web)
}

/// The page, for every room, and its WebSocket, all below a path.
fn rooms(base: &str) -> Router<Arc<Web>> {
    let router = Router::new().route(&format!("{base}/ws"), get(websocket));
    let places = ["/", "/index.html", "/r/", "/r/{room}", "/r/{room}/"];
    places.iter().fold(router, |router, place| router.route(&format!("{base}{place}"), get(page)))
}

/// One request after the other: of many that come at once on a socket, all others have their turn after each. HTTP/2, which
/// is made for many, is not spoken.
async fn in_turn(request: Request, next: Next) -> Response {
    if request.version() == Version::HTTP_2 {
        return (StatusCode::HTTP_VERSION_NOT_SUPPORTED, "this server speaks HTTP/1.1\n").into_response();
    }
    yield_now().await;
    next.run(request).await
}

/// While the server drains, whoever is new is told to come back.
async fn closing(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    if web.door.is_closing() {
        return unavailable(3, "restarting\n".to_owned());
    }
    next.run(request).await
}

/// Another site's name may lead here, too (DNS rebinding): its pages would then be ours to a browser.
async fn misdirected(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    if request.headers().get_all(header::HOST).iter().count() > 1 {
        // RFC 9112 section 3.2.
        return (StatusCode::BAD_REQUEST, "a request has one Host\n").into_response();
    }
    let Names { hosts, tls, .. } = &web.names;
    let certified = tls.as_ref().map_or_else(Vec::new, |tls| tls.facts().names);
    match host::check(&request, hosts.iter().chain(&certified)) {
        Ok(()) => next.run(request).await,
        Err(words) => (StatusCode::MISDIRECTED_REQUEST, words).into_response(),
    }
}

/// Where there is a certificate, all but the health check is at https.
async fn secured(Extension(visit): Extension<Visit>, request: Request, next: Next) -> Response {
    if visit.scheme != Scheme::HttpForHttps || request.uri().path() == HEALTH {
        return next.run(request).await;
    }
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let place = format!("https://{host}{target}");
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, place.clone())], format!("{place}\n")).into_response()
}

fn unavailable(retry_after: u64, words: String) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, retry_after.to_string())], words).into_response()
}

async fn metrics(State(web): State<Arc<Web>>) -> Response {
    let mut figures = web.figures.lock();
    let text = match &*figures {
        Some((made, text)) if made.elapsed() < FIGURES => Arc::clone(text),
        _ => Arc::clone(&figures.insert((Instant::now(), count(&web).into())).1),
    };
    ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text.to_string()).into_response()
}

fn count(web: &Web) -> String {
    let Site { hub, metrics, started, build, .. } = &*web.door.site;
    let stats = Stats { uptime: started.elapsed(), memory: process::memory(), ..hub.stats() };
    let sight = Sight { stats, sockets: web.door.site.gate.sockets(), open_files: process::open_files(), build };
    metrics.text(&sight)
}

async fn page(State(web): State<Arc<Web>>, headers: HeaderMap) -> Response {
    web.page.response(&headers)
}

async fn asset(State(web): State<Arc<Web>>, request: Request) -> Response {
    let base = &web.names.base;
    let file = assets::response(base.strip(request.uri().path()), request.headers());
    file.unwrap_or_else(|| {
        (StatusCode::NOT_FOUND, format!("nothing is here; the rooms are at {base}/r/NAME\n")).into_response()
    })
}

/// Answers the upgrade and hands the stream to a session.
async fn websocket(
    State(web): State<Arc<Web>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(Visit { place, .. }): Extension<Visit>,
    mut request: Request,
) -> Response {
    let names = &web.names;
    let ip = proxy::caller(peer.ip(), request.headers(), &names.proxies);
    let from_proxy = peer.ip().to_canonical().is_loopback() || proxy::is_one(peer.ip(), &names.proxies);
    if let Err(refusal) = origin::check(request.headers(), from_proxy, &names.allow_origin) {
        return (StatusCode::FORBIDDEN, refusal).into_response();
    }
    let via = if request.headers().contains_key(header::ORIGIN) { Via::Web } else { Via::Api };
    let upgrade = hyper::upgrade::on(&mut request);
    let (parts, _) = request.into_parts();
    let handshake = match create_response(&axum::http::Request::from_parts(parts, ())) {
        Ok(response) => response,
        Err(fault) => return (StatusCode::BAD_REQUEST, format!("this is a WebSocket: {fault}\n")).into_response(),
    };
    let pass = match web.door.site.gate.room(ip, Instant::now()) {
        Ok(pass) => pass,
        Err(full) => {
            web.door.site.metrics.turned_away();
            return unavailable(full.retry_after(), format!("{full}\n"));
        }
    };
    web.door.admit(|site, ending| async move {
        if let Ok(stream) = upgrade.await {
            session::websocket(TokioIo::new(stream), via, Caller::from(ip), site, ending).await;
        }
        drop((place, pass));
    });
    handshake.map(|()| Body::empty())
}
