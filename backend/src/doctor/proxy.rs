//! What is in front of the server: whether a page, a WebSocket and its silence come through.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use super::Finding;

/// An answer has this long.
const ANSWER: Duration = Duration::from_secs(10);
/// A proxy that ends a silent connection usually does it after a minute.
const SILENCE: Duration = Duration::from_secs(65);

/// A stream, with TLS or without.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Where browsers reach the server.
struct Site {
    secure: bool,
    host: String,
    /// The host, and the port if it has one.
    authority: String,
    /// The path below which the page is, as `/chat`; nothing where it is at the root.
    base: String,
}

/// Looks at the page, then at a WebSocket and its silence.
pub(super) async fn look(url: &str, tell: &mut impl FnMut(Finding)) {
    let site = match Site::parse(url) {
        Ok(site) => site,
        Err(fault) => return tell(Finding::Bad(fault.to_string())),
    };
    match timeout(ANSWER, site.page()).await.map_err(|_| anyhow!("no answer within 10 s")).flatten() {
        Ok(()) => tell(Finding::Good(format!("the page is at {url}"))),
        Err(fault) => return tell(Finding::Bad(format!("{url} does not show the page: {fault:#}"))),
    }
    let opened = timeout(ANSWER, site.websocket()).await.map_err(|_| anyhow!("no answer within 10 s")).flatten();
    let socket = match opened {
        Ok(socket) => socket,
        Err(fault) => {
            return tell(Finding::Bad(format!(
                "no WebSocket comes through: {fault:#}; a proxy must hand on Upgrade and Connection (docs/OPERATING.md)"
            )));
        }
    };
    tell(Finding::Good("a WebSocket comes through".to_owned()));
    match silence(socket).await {
        Ok(()) => tell(Finding::Good("it is left open while nobody speaks".to_owned())),
        Err(after) => tell(Finding::Bad(format!(
            "it was ended after {} s of silence: give the proxy more patience (proxy_read_timeout in nginx)",
            after.as_secs()
        ))),
    }
}

impl Site {
    fn parse(url: &str) -> Result<Site> {
        let (scheme, rest) = url.split_once("://").context("a URL is like https://chat.example.org")?;
        ensure!(matches!(scheme, "http" | "https"), "a URL is like https://chat.example.org");
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let authority = authority.to_owned();
        ensure!(!authority.is_empty(), "a URL is like https://chat.example.org");
        let host = authority.rsplit_once(':').map_or(authority.as_str(), |(host, _)| host).to_owned();
        // The address of a room will do as well.
        let base = path.split("/r/").next().unwrap_or_default().trim_end_matches('/').to_owned();
        Ok(Site { secure: scheme == "https", host, authority, base })
    }

    async fn connect(&self) -> Result<Box<dyn Stream>> {
        let port = if self.secure { 443 } else { 80 };
        let whole = self.authority.contains(':') && !self.authority.ends_with(']');
        let at = if whole { self.authority.clone() } else { format!("{}:{port}", self.authority) };
        let stream = TcpStream::connect(&at).await.with_context(|| format!("can't connect to {at}"))?;
        if !self.secure {
            return Ok(Box::new(stream));
        }
        let mut trusted = RootCertStore::empty();
        trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config =
            config.with_safe_default_protocol_versions()?.with_root_certificates(trusted).with_no_client_auth();
        let name = self.host.clone().try_into().context("no name for a certificate")?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        Ok(Box::new(stream.context("browsers will not take its certificate")?))
    }

    /// The page, and the program where the page has it: a proxy shows both below a path or neither.
    async fn page(&self) -> Result<()> {
        let page = self.get(&format!("{}/", self.base)).await?;
        ensure!(page.contains("Commonroom"), "something else answers");
        let Some(program) = program(&page) else { return Ok(()) };
        // Caddy says 200 of whatever it knows nothing of.
        let came = self.get(program).await.is_ok_and(|answer| answer.contains("application/wasm"));
        ensure!(came, "its program is not at {program}, which follows from the server's --base-path");
        Ok(())
    }

    async fn get(&self, path: &str) -> Result<String> {
        let mut stream = self.connect().await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.authority);
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(1 << 20).read_to_end(&mut answer).await?;
        let answer = String::from_utf8_lossy(&answer);
        let status = answer.lines().next().unwrap_or_default();
        if !status.contains(" 200 ") {
            let words = answer.lines().last().unwrap_or_default();
            bail!("{status}: {words}");
        }
        Ok(answer.into_owned())
    }

    async fn websocket(&self) -> Result<WebSocketStream<Box<dyn Stream>>> {
        use tokio_tungstenite::tungstenite::client::IntoClientRequest;
        let (ws, http) = if self.secure { ("wss", "https") } else { ("ws", "http") };
        let mut request = format!("{ws}://{}{}/ws", self.authority, self.base).into_client_request()?;
        // As the page itself does: the server looks at it.
        request.headers_mut().insert("origin", format!("{http}://{}", self.authority).parse()?);
        let stream = self.connect().await?;
        match client_async(request, stream).await {
            Ok((mut socket, _)) => {
                // The server waits for it; whether it lets this client in does not matter here.
                // Another doctor must not take its place.
                let client = format!("commonroom-doctor-{:x}", getrandom::u64()?);
                let hello = format!(r#"{{"t":"hello","v":1,"client":"{client}","room":"commonroom-doctor"}}"#);
                socket.send(Message::text(hello)).await?;
                Ok(socket)
            }
            Err(Error::Http(answer)) => {
                let words = answer.body().as_deref().map(String::from_utf8_lossy).unwrap_or_default().into_owned();
                bail!("{} {words}", answer.status())
            }
            Err(fault) => Err(fault.into()),
        }
    }
}

/// Where the page has its program; nowhere if the server was built without.
fn program(page: &str) -> Option<&str> {
    let (before, _) = page.split_once(".wasm")?;
    let start = before.rfind(['=', '"', '\''])? + 1;
    Some(&page[start..before.len() + ".wasm".len()])
}

/// Says nothing, and answers the server's pings, as a browser does whose user only reads.
///
/// # Errors
/// How long it was left open.
async fn silence(mut socket: WebSocketStream<Box<dyn Stream>>) -> Result<(), Duration> {
    let start = Instant::now();
    loop {
        match timeout_at(start + SILENCE, socket.next()).await {
            Err(_) => return Ok(()),
            // A server with a password ends it on purpose.
            Ok(Some(Ok(Message::Close(Some(frame))))) if u16::from(frame.code) == 4001 => return Ok(()),
            Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) => return Err(start.elapsed()),
            Ok(Some(Ok(_))) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_a_scheme_a_host_and_perhaps_a_path() {
        let site = |url| Site::parse(url).map(|site| (site.secure, [site.host, site.authority, site.base])).ok();
        let expect = |secure, parts: [&str; 3]| Some((secure, parts.map(str::to_owned)));
        assert_eq!(site("https://chat.example.org"), expect(true, ["chat.example.org", "chat.example.org", ""]));
        assert_eq!(site("http://localhost:3000/r/x"), expect(false, ["localhost", "localhost:3000", ""]));
        assert_eq!(site("https://example.org/chat"), expect(true, ["example.org", "example.org", "/chat"]));
        assert_eq!(site("https://example.org/a/chat/r/x"), expect(true, ["example.org", "example.org", "/a/chat"]));
        assert_eq!(site("chat.example.org"), None);
        assert_eq!(site("ftp://chat.example.org"), None);
        assert_eq!(site("https:///x"), None);
    }

    #[test]
    fn a_page_says_where_its_program_is() {
        assert_eq!(program("<link href=/chat/commonroom-web-1.wasm rel=preload>"), Some("/chat/commonroom-web-1.wasm"));
        assert_eq!(program("init({ module_or_path: '/commonroom-web-1.wasm' })"), Some("/commonroom-web-1.wasm"));
        assert_eq!(program("a server without its web client"), None);
    }
}
