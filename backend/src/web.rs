//! The web side: the page, its WebSocket, and a health check.

mod assets;
mod origin;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use commonroom_protocol::Via;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::server::create_response;

use crate::moderation::Caller;
use crate::server::Door;
use crate::session;

struct Web {
    door: Door,
    allow_origin: Vec<String>,
    page: assets::Page,
}

/// Everything that is served over HTTP.
pub(crate) fn router(door: Door, allow_origin: Vec<String>) -> Router {
    let web = Arc::new(Web { door, allow_origin, page: assets::Page::new() });
    Router::new()
        .route("/ws", get(websocket))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/", get(page))
        .route("/index.html", get(page))
        .route("/r/", get(page))
        .route("/r/{room}", get(page))
        .route("/r/{room}/", get(page))
        .fallback(asset)
        .layer(middleware::from_fn_with_state(Arc::clone(&web), closing))
        .with_state(web)
}

/// While the server drains, whoever is new is told to come back.
async fn closing(State(web): State<Arc<Web>>, request: Request, next: Next) -> Response {
    if web.door.is_closing() {
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "3")], "restarting\n").into_response();
    }
    next.run(request).await
}

async fn page(State(web): State<Arc<Web>>, headers: HeaderMap) -> Response {
    web.page.response(&headers)
}

async fn asset(request: Request) -> Response {
    assets::response(request.uri().path(), request.headers())
}

/// Answers the upgrade and hands the stream to a session.
async fn websocket(
    State(web): State<Arc<Web>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
) -> Response {
    let from_proxy = peer.ip().is_loopback();
    if let Err(refusal) = origin::check(request.headers(), from_proxy, &web.allow_origin) {
        return (StatusCode::FORBIDDEN, refusal).into_response();
    }
    let via = if request.headers().contains_key(header::ORIGIN) { Via::Web } else { Via::Api };
    let upgrade = hyper::upgrade::on(&mut request);
    let (parts, _) = request.into_parts();
    let handshake = match create_response(&axum::http::Request::from_parts(parts, ())) {
        Ok(response) => response,
        Err(fault) => return (StatusCode::BAD_REQUEST, format!("this is a WebSocket: {fault}\n")).into_response(),
    };
    web.door.admit(|site, ending| async move {
        if let Ok(stream) = upgrade.await {
            session::websocket(TokioIo::new(stream), via, Caller::from(peer.ip()), site, ending).await;
        }
    });
    handshake.map(|()| Body::empty())
}
