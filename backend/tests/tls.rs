//! TLS on both doors, from one certificate.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use commonroom::tls::Tls;
use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::common::{JsonPeer, LinePeer, TestServer, Way, connect, soon};

/// A certificate for localhost in a folder of its own.
struct Certificate {
    cert: PathBuf,
    key: PathBuf,
    _folder: TempDir,
}

impl Certificate {
    fn new() -> Certificate {
        let folder = tempfile::tempdir().unwrap();
        let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        write_pair(&cert, &key);
        Certificate { cert, key, _folder: folder }
    }

    fn server(&self, more: &[&str]) -> TestServer {
        let [cert, key] = [&self.cert, &self.key].map(|path| path.to_str().unwrap());
        let options = [&["--per-second", "0", "--tls-cert", cert, "--tls-key", key], more].concat();
        TestServer::with(&options)
    }

    /// Shakes hands as a client that trusts this certificate alone.
    async fn greet(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        let mut trusted = RootCertStore::empty();
        trusted.add(CertificateDer::from_pem_file(&self.cert).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let config = config.with_root_certificates(trusted).with_no_client_auth();
        let connector = TlsConnector::from(Arc::new(config));
        soon("a handshake", connector.connect("localhost".try_into().unwrap(), stream)).await
    }

    /// A line peer behind TLS, live.
    async fn line(&self, server: &TestServer) -> Secure {
        let mut peer = Secure(BufReader::new(self.greet(connect(server.tcp).await).await.unwrap()));
        while peer.line().await != "-- live --" {}
        peer
    }
}

fn write_pair(cert: &Path, key: &Path) {
    let secret = KeyPair::generate().unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    fs::write(cert, params.self_signed(&secret).unwrap().pem()).unwrap();
    fs::write(key, secret.serialize_pem()).unwrap();
}

struct Secure(BufReader<TlsStream<TcpStream>>);

impl Secure {
    async fn line(&mut self) -> String {
        let mut line = String::new();
        soon("a line", self.0.read_line(&mut line)).await.unwrap();
        line.trim_end().to_owned()
    }

    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
        self.0.flush().await.unwrap();
    }
}

#[tokio::test]
async fn with_and_without_tls_they_are_in_one_room() {
    let certificate = Certificate::new();
    let server = certificate.server(&[]);
    let mut plain = LinePeer::named(&server, "ana").await;
    let mut secure = certificate.line(&server).await;
    plain.say("hello").await;
    while secure.line().await != "<ana> hello" {}
    secure.send("and hello\n").await;
    assert!(plain.said().await.ends_with("> and hello"));
    let mut program = certificate.greet(connect(server.tcp).await).await.unwrap();
    program.write_all(b"/say from a script\n").await.unwrap();
    let mut answer = String::new();
    soon("an answer", program.read_to_string(&mut answer)).await.unwrap();
    assert_eq!(answer, "ok #3\n");
    assert!(plain.said().await.ends_with("> from a script"));
}

#[tokio::test]
async fn the_page_and_its_websocket_come_by_the_same_certificate() {
    let certificate = Certificate::new();
    let server = certificate.server(&[]);
    let mut ana = JsonPeer::join(&server, Way::Lines, "ana").await;
    let stream = certificate.greet(connect(server.http).await).await.unwrap();
    let request = format!("wss://localhost:{}/ws", server.http.port());
    let upgrade = Box::pin(tokio_tungstenite::client_async(request, stream));
    let (mut web, _) = soon("a WebSocket", upgrade).await.unwrap();
    let hello = r#"{"t":"hello","v":1,"client":"client-bob","nick":"bob"}"#;
    futures_util::SinkExt::send(&mut web, hello.into()).await.unwrap();
    let say = r#"{"t":"say","cid":"k1","text":"by wss"}"#;
    futures_util::SinkExt::send(&mut web, say.into()).await.unwrap();
    assert_eq!(ana.said().await.text, "by wss");

    let mut https = certificate.greet(connect(server.http).await).await.unwrap();
    https.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    soon("the page", https.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[tokio::test]
async fn plain_http_is_led_to_https() {
    let certificate = Certificate::new();
    let server = certificate.server(&["--base-path", "/chat"]);
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: localhost:3000\r\nconnection: close\r\n\r\n");
    let answer = server.http(&get("/r/ops?x=1")).await;
    assert!(answer.starts_with("HTTP/1.1 308 Permanent Redirect\r\n"), "{answer}");
    assert!(answer.contains("location: https://localhost:3000/r/ops?x=1\r\n"), "{answer}");
    let below = server.http(&get("/chat/r/ops")).await;
    assert!(below.contains("location: https://localhost:3000/chat/r/ops\r\n"), "{below}");
    assert!(server.http(&get("/healthz")).await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn where_tls_is_a_must_a_plain_terminal_is_told_so() {
    let certificate = Certificate::new();
    let server = certificate.server(&["--tls-only"]);
    let port = server.tcp.port();
    let words = format!("! this server is for TLS alone; come in with: ncat --ssl localhost {port}");
    for said in ["", "hello\n", "GET / HTTP/1.1\r\n\r\n"] {
        let mut plain = LinePeer::over(connect(server.tcp).await);
        plain.send(said).await;
        assert_eq!(plain.rest().await, [words.as_str()], "{said:?}");
    }
    let mut first = certificate.line(&server).await;
    let mut second = certificate.line(&server).await;
    second.send("the same room\n").await;
    while !first.line().await.ends_with("> the same room") {}
}

#[tokio::test]
async fn a_handshake_that_stalls_keeps_nobody_waiting() {
    let certificate = Certificate::new();
    let server = certificate.server(&[]);
    let mut stalled = Vec::new();
    for door in [server.tcp, server.http] {
        for _ in 0..50 {
            let mut stream = connect(door).await;
            stream.write_all(&[0x16, 3, 1]).await.unwrap();
            stalled.push(stream);
        }
    }
    certificate.line(&server).await;
    let mut https = certificate.greet(connect(server.http).await).await.unwrap();
    https.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    soon("an answer", https.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.ends_with("ok\n"), "{answer}");
}

#[tokio::test]
async fn a_new_certificate_is_for_who_comes_then() {
    let certificate = Certificate::new();
    let tls = Tls::load(&certificate.cert, &certificate.key).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let accepted = async || tls.accept(listener.accept().await.unwrap().0, Duration::from_secs(10)).await;
    let address = listener.local_addr().unwrap();
    let met = async || {
        let greeted = async { certificate.greet(connect(address).await).await };
        tokio::join!(accepted(), greeted)
    };
    let (server, client) = met().await;
    let (mut server, mut client) = (server.unwrap(), client.unwrap());
    write_pair(&certificate.cert, &certificate.key);
    // The client reads the new one from the file, and the server has the old one still.
    assert!(met().await.1.is_err());
    tls.reload().unwrap();
    assert!(met().await.1.is_ok());
    server.write_all(b"still here").await.unwrap();
    server.flush().await.unwrap();
    let mut read = [0; 10];
    soon("who came before", client.read_exact(&mut read)).await.unwrap();
    assert_eq!(&read, b"still here");
}
