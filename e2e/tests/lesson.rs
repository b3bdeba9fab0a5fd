//! The clients of a first lesson in sockets, unmodified: they send a text without a newline and read 1,024 bytes at most.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Result, ensure};
use commonroom_e2e::{Binary, PATIENCE, Terminal, browse};
use tokio::task::spawn_blocking;

/// The lesson's client: what is typed is sent, what comes is printed.
const SCRIPT: &str = "\
import socket, sys, threading

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect((sys.argv[1], int(sys.argv[2])))

def receive():
    while True:
        data = client.recv(1024)
        if not data:
            break
        print(data.decode(), flush=True)

threading.Thread(target=receive, daemon=True).start()
while True:
    text = input()
    if text == \"exit\":
        break
    client.send(text.encode())
";

#[tokio::test]
async fn a_client_that_speaks_first_and_ends_no_line_talks_with_a_browser() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let ana = browser.open(&server.url("/")).await?;
        ana.call_me("ana").await?;
        let tcp = server.tcp;
        let lesson = spawn_blocking(move || -> Result<(TcpStream, String)> {
            let mut client = connect(tcp)?;
            client.write_all(b"hello from the lesson")?;
            let answer = receive(&mut client)?;
            Ok((client, answer))
        });
        let seen = ana.until("its words", |seen| seen.texts("said") == ["hello from the lesson"]).await?;
        assert!(seen.rows.iter().any(|row| row.from.starts_with("guest-")), "{seen:#?}");
        ana.say("hello lesson").await?;
        let (mut client, answer) = lesson.await??;
        // It spoke first, so it is a program: no banner, nothing but what others say.
        assert_eq!(answer, "<ana> hello lesson\n");

        client.write_all("第二句".as_bytes())?;
        ana.until("its second words", |seen| seen.texts("said").contains(&"第二句")).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_client_that_is_typed_into_later_reads_the_welcome_first() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let ana = browser.open(&server.url("/")).await?;
        ana.call_me("ana").await?;
        let tcp = server.tcp;
        let (mut client, welcome) = spawn_blocking(move || -> Result<(TcpStream, String)> {
            let mut client = connect(tcp)?;
            let mut welcome = String::new();
            while !welcome.ends_with("-- live --\n") {
                welcome += &receive(&mut client)?;
            }
            Ok((client, welcome))
        })
        .await??;
        assert!(welcome.starts_with("* Welcome to lobby on "), "{welcome}");
        for text in ["one", "two"] {
            client.write_all(text.as_bytes())?;
            ana.until("its words", |seen| seen.texts("said").last() == Some(&text)).await?;
        }
        ana.say("three").await?;
        let answer = spawn_blocking(move || receive(&mut client)).await??;
        assert_eq!(answer, "<ana> three\n");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn two_such_clients_and_a_browser_hear_each_other() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let ana = browser.open(&server.url("/")).await?;
        ana.call_me("ana").await?;
        let (mut first, mut second) = (connect(server.tcp)?, connect(server.tcp)?);
        first.write_all(b"I am first")?;
        ana.until("the first", |seen| seen.texts("said").len() == 1).await?;
        second.write_all(b"I am second")?;
        let seen = ana.until("both", |seen| seen.texts("said") == ["I am first", "I am second"]).await?;
        let heard = spawn_blocking(move || receive(&mut first)).await??;
        assert_eq!(heard, format!("{}\n", seen.said()[1]));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_lessons_python_script_talks_with_a_browser() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let ana = browser.open(&server.url("/")).await?;
        ana.call_me("ana").await?;
        let (host, port) = (server.tcp.ip().to_string(), server.tcp.port().to_string());
        let mut script = Terminal::start("python3", ["-c", SCRIPT, &host, &port])?;
        script.until("-- live --").await?;
        script.say("hello from Python").await?;
        ana.until("its words", |seen| seen.texts("said") == ["hello from Python"]).await?;
        ana.say("hello Python").await?;
        script.until("<ana> hello Python").await?;
        script.say("再见").await?;
        ana.until("its last words", |seen| seen.texts("said").contains(&"再见")).await?;
        script.say("exit").await?;
        Ok(())
    })
    .await
}

fn connect(server: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// `recv(1024).decode()`.
fn receive(client: &mut TcpStream) -> Result<String> {
    let mut buffer = [0; 1024];
    let count = client.read(&mut buffer)?;
    ensure!(count > 0, "the server has closed");
    Ok(String::from_utf8(buffer[..count].to_vec())?)
}
