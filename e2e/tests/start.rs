//! The binary as its operator has it: started, asked, stopped.

use std::net::{SocketAddr, TcpListener};
use std::process::Output;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use commonroom_e2e::{Binary, PATIENCE, Terminal, browse, executable, get};
use tokio::net::{TcpStream, lookup_host};
use tokio::process::Command;
use tokio::time::timeout;

/// Ctrl-C is answered by the end within this time.
const AT_ONCE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn it_prints_addresses_at_which_it_can_be_reached() -> Result<()> {
    let server = Binary::start_with(&["--tcp", "0.0.0.0:0"]).await?;
    let print = &server.print;
    assert!(print.starts_with("Commonroom 0."), "{print}");
    let line =
        |name: &str| print.lines().find_map(|line| line.strip_prefix(name)).context(format!("{name} in {print}"));
    let (web, socket) = (line("  web     ")?, line("  socket  ")?);

    let pages = web.split_whitespace().map(|url| url.trim_start_matches("http://").to_owned());
    for page in pages {
        let addr = lookup_host(page).await?.find(SocketAddr::is_ipv4).context("no address")?;
        assert!(get(addr, "/", "br").await?.is_ok(), "{addr}");
    }
    let sockets: Vec<&str> = socket.split("   ").collect();
    assert!(sockets.len() >= 2 && sockets.iter().all(|socket| socket.starts_with("nc ")), "{socket}");
    for command in sockets {
        let [_, host, port] = command.split(' ').collect::<Vec<_>>()[..] else { panic!("{command}") };
        Terminal::start("nc", [host, port])?.until("-- live --").await.with_context(|| command.to_owned())?;
    }
    Ok(())
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_in_one_line_that_helps() -> Result<()> {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let addr = taken.local_addr()?.to_string();
    for (flag, other) in [("--tcp", "--http"), ("--http", "--tcp")] {
        let Output { status, stdout, stderr } = run(&[flag, &addr, other, "127.0.0.1:0"]).await?;
        let stderr = String::from_utf8(stderr)?;
        assert_eq!((status.code(), stdout.len()), (Some(1), 0), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        let port = taken.local_addr()?.port().to_string();
        assert!(stderr.contains(&port) && stderr.contains(flag), "{stderr}");
    }
    Ok(())
}

#[tokio::test]
async fn its_help_names_every_option_and_a_way_to_try_it() -> Result<()> {
    let Output { status, stdout, stderr } = run(&["--help"]).await?;
    let help = String::from_utf8(stdout)?;
    assert_eq!((status.code(), stderr.len()), (Some(0), 0));
    for flag in
        ["--tcp", "--http", "--db", "--burst", "--per-second", "--allow-origin", "--console", "--help", "--version"]
    {
        assert!(help.contains(&format!("{flag} ")) || help.contains(&format!("{flag}\n")), "no {flag} in\n{help}");
    }
    for words in ["has COMMONROOM_MAX_PINGS", "nc localhost 8888", "http://localhost:3000"] {
        assert!(help.contains(words), "no {words} in\n{help}");
    }
    assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
    let short = run(&["-h"]).await?;
    assert_eq!(short.status.code(), Some(0));
    Ok(())
}

#[tokio::test]
async fn an_option_that_is_none_is_refused() -> Result<()> {
    for args in [&["--prot", "1"][..], &["--tcp", "8888"], &["--burst", "many"]] {
        let Output { status, stderr, .. } = run(args).await?;
        let stderr = String::from_utf8(stderr)?;
        assert_eq!(status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains(args[0]), "{stderr}");
    }
    Ok(())
}

#[tokio::test]
async fn ctrl_c_says_goodbye_to_everybody_and_ends_soon() -> Result<()> {
    browse(async |browser| {
        let mut server = Binary::start().await?;
        let ana = browser.open(&server.url("/")).await?;
        ana.call_me("ana").await?;
        let mut people = [Terminal::join(server.tcp, "bob").await?, Terminal::join(server.tcp, "dan").await?];
        // Somebody who has not joined yet, and somebody who never reads.
        let _silent = TcpStream::connect(server.http).await?;
        let _deaf = TcpStream::connect(server.tcp).await?;
        ana.say("last words").await?;
        ana.until("the last words", |seen| seen.has("<ana> last words")).await?;

        let asked = Instant::now();
        let ended = server.stop("INT").await?;
        assert!(asked.elapsed() < AT_ONCE, "{:?}", asked.elapsed());
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
        assert!(!ended.stderr.contains("panicked"), "{ended:?}");
        for terminal in &mut people {
            let lines = terminal.until("* restarting; come back in a moment").await?;
            assert_eq!(terminal.count("<ana> last words"), 1, "{lines:?}");
        }
        ana.until("the end of the connection", |seen| seen.state != "connected").await?;

        // At once, and on the same ports, though connections to the old one still linger.
        server.start_again().await?;
        let seen = ana.connected().await?;
        assert_eq!(seen.people, ["ana you"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn it_starts_again_at_once_after_a_crash() -> Result<()> {
    let mut server = Binary::start().await?;
    for _ in 0..3 {
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        assert!(get(server.http, "/", "br").await?.is_ok());
        bob.say("hello").await?;
        server.kill().await?;
        server.start_again().await?;
    }
    Ok(())
}

/// Runs the binary to its end.
async fn run(args: &[&str]) -> Result<Output> {
    let run = Command::new(executable()?).args(args).kill_on_drop(true).output();
    Ok(timeout(PATIENCE, run).await.context("it does not end")??)
}
