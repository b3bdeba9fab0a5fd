//! `commonroom doctor`, before a server is started and in front of one that runs.

use std::net::TcpListener;

use anyhow::{Result, ensure};
use commonroom_e2e::{Binary, executable};
use tokio::process::Command;

use super::Folder;
use super::proxied::Proxied;

/// What it has printed, and what it has ended with.
struct Looked {
    lines: Vec<String>,
    code: Option<i32>,
    fault: String,
}

impl Looked {
    fn has(&self, kind: &str, words: &[&str]) -> Result<()> {
        let has = |line: &String| line.starts_with(kind) && words.iter().all(|word| line.contains(word));
        ensure!(self.lines.iter().any(has), "no {kind:?} with {words:?} in {:#?}", self.lines);
        Ok(())
    }

    fn count(&self, kind: &str) -> usize {
        self.lines.iter().filter(|line| line.starts_with(kind)).count()
    }
}

async fn doctor(words: &[&str]) -> Result<Looked> {
    let output = Command::new(executable()?).args(words).kill_on_drop(true).output().await?;
    let lines = String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect();
    Ok(Looked { lines, code: output.status.code(), fault: String::from_utf8(output.stderr)? })
}

#[tokio::test]
async fn a_machine_that_is_fit_is_found_so() -> Result<()> {
    let folder = Folder::new("doctor").await?;
    let (db, cert, key) = (folder.path("commonroom.db"), folder.path("cert.pem"), folder.path("key.pem"));
    let (tcp, http) = (["--tcp", "127.0.0.1:0"], ["--http", "127.0.0.1:0"]);
    let looked = doctor(
        &[
            &tcp[..],
            &http,
            &["--db", &db, "--tls-cert", &cert, "--tls-key", &key, "--max-connections", "100", "doctor"],
        ]
        .concat(),
    )
    .await?;
    assert_eq!((looked.code, looked.count("BAD")), (Some(0), 0), "{:#?} {}", looked.lines, looked.fault);
    for words in [
        &["is free", "--tcp"][..],
        &["is free", "--http"],
        &["100 connections at once"],
        &["keeps a message within"],
        &["MiB are free"],
        &["the certificate is for localhost"],
    ] {
        looked.has("", words)?;
    }
    ensure!(!std::fs::exists(&db)?, "looking has begun a history");
    Ok(())
}

#[tokio::test]
async fn each_thing_that_is_bad_is_named_with_its_option() -> Result<()> {
    let folder = Folder::new("doctor-bad").await?;
    let taken = TcpListener::bind("127.0.0.1:0")?;
    // It hangs up on whoever looks what is there.
    let (addr, holder) = (taken.local_addr()?.to_string(), std::thread::spawn(move || taken.accept().map(drop)));
    let (db, cert, key) = (folder.path("cert.pem/room.db"), folder.path("none.pem"), folder.path("key.pem"));
    let options = ["--tcp", &addr, "--http", "127.0.0.1:0", "--db", &db, "--tls-cert", &cert, "--tls-key", &key];
    let looked = doctor(&[&options[..], &["doctor"]].concat()).await?;
    looked.has("BAD", &[&addr, "--tcp"])?;
    looked.has("BAD", &[&folder.path("cert.pem"), "--db"])?;
    looked.has("BAD", &[&cert])?;
    assert_eq!((looked.code, looked.count("BAD")), (Some(1), 3), "{:#?}", looked.lines);
    ensure!(looked.fault.contains("3 things are bad"), "{}", looked.fault);
    ensure!(holder.join().is_ok_and(|held| held.is_ok()), "nobody has looked what holds the port");
    Ok(())
}

#[tokio::test]
async fn a_proxy_is_seen_through() -> Result<()> {
    let server = Binary::start_with(&["--base-path", "/chat", "--trusted-proxy", "127.0.0.1"]).await?;
    let (tcp, http) = (server.tcp.to_string(), server.http.to_string());
    let folders =
        [Folder::new("doctor-fit").await?, Folder::new("doctor-hasty").await?, Folder::new("doctor-deaf").await?];
    let fit = Proxied::by_nginx_below(&[("/chat", &server)], &folders[0]).await?;
    let hasty = ("proxy_read_timeout 90s;", "proxy_read_timeout 2s;");
    let hasty = Proxied::by_nginx_but(hasty, &server, &folders[1]).await?;
    let deaf = ("proxy_set_header Upgrade $http_upgrade;", "");
    let deaf = Proxied::by_nginx_but(deaf, &server, &folders[2]).await?;
    let at = |proxy: &Proxied, path: &str| format!("http://localhost:{}{path}", proxy.port);
    let look = async |url: String| doctor(&["--tcp", &tcp, "--http", &http, "--db", ":memory:", "doctor", &url]).await;
    let (fit, hasty, deaf, lost) = tokio::try_join!(
        look(at(&fit, "/chat/r/ops")),
        look(at(&hasty, "/chat")),
        look(at(&deaf, "/chat")),
        look(at(&fit, "/elsewhere")),
    )?;
    fit.has("good", &["serves", &tcp])?;
    fit.has("good", &["serves", &http])?;
    fit.has("good", &["the page is at"])?;
    fit.has("good", &["a WebSocket comes through"])?;
    fit.has("good", &["left open while nobody speaks"])?;
    assert_eq!((fit.code, fit.count("BAD")), (Some(0), 0), "{:#?}", fit.lines);
    hasty.has("BAD", &["ended after", "proxy_read_timeout"])?;
    deaf.has("BAD", &["no WebSocket comes through", "Upgrade"])?;
    lost.has("BAD", &["/elsewhere does not show the page"])?;
    for bad in [hasty, deaf, lost] {
        assert_eq!((bad.code, bad.count("BAD")), (Some(1), 1), "{:#?}", bad.lines);
    }
    Ok(())
}
