//! The operator's console: a real terminal, a real binary, a real `nc` at the other end.

use std::process::Stdio;

use anyhow::{Context, Result};
use commonroom_e2e::{Binary, Console, Terminal, eventually, executable};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

/// What `stty -a` tells of a terminal that a line editor has left as it was.
const COOKED: &str = " icanon ";

#[tokio::test]
async fn what_comes_in_stands_above_the_line_that_is_typed() -> Result<()> {
    let mut console = Console::start("xterm").await?;
    let mut bob = Terminal::join(console.tcp, "bob").await?;
    console.press("good mor").await?;
    console.until_last(&["> good mor"]).await?;
    for text in ["one", "two", "天气"] {
        bob.say(text).await?;
        console.until_last(&[&format!("<bob> {text}"), "> good mor"]).await?;
    }
    let (lines, (row, column)) = console.cursor();
    assert_eq!((lines[row].as_str(), column), ("> good mor", 10));
    assert!(lines[0].starts_with("Commonroom 0."), "the print comes first: {lines:#?}");
    console.press("ning\r").await?;
    bob.until("<operator> good morning").await?;
    console.until_last(&["<bob> 天气", "> good morning", ">"]).await?;
    // The history of this terminal, and what was typed in the middle of the line.
    console.press("\x1b[A\x1b[Hvery ").await?;
    console.until_last(&["> very good morning"]).await?;
    console.press("\r").await?;
    bob.until("<operator> very good morning").await?;
    Ok(())
}

#[tokio::test]
async fn what_is_logged_stands_above_the_line_that_is_typed() -> Result<()> {
    // The line editor tells the log of every key.
    let mut console = Console::start_logging("xterm", "rustyline=debug").await?;
    console.until_last(&[">"]).await?;
    for (key, line) in [("a", "> a"), ("b", "> ab"), ("c", "> abc")] {
        console.press(key).await?;
        console.until_last(&[line]).await?;
        console.until("the key's log", |screen| screen.contains(&format!("KeyEvent(Char('{key}')"))).await?;
        console.until_last(&[line]).await?;
    }
    let (lines, (row, column)) = console.cursor();
    assert_eq!((lines[row].as_str(), column), ("> abc", 5));
    assert_eq!(lines.iter().find(|line| line.contains(" DEBUG rustyline") && !line.starts_with("20")), None);
    Ok(())
}

#[tokio::test]
async fn what_is_pasted_is_said_line_by_line_and_whole() -> Result<()> {
    let mut console = Console::start("xterm").await?;
    let mut bob = Terminal::join(console.tcp, "bob").await?;
    let lines: Vec<String> = (0..30).map(|i| format!("line {i} of what was pasted at once")).collect();
    console.press(&(lines.join("\r") + "\r")).await?;
    for line in &lines {
        assert_eq!(bob.line().await?, format!("<operator> {line}"));
    }
    Ok(())
}

#[tokio::test]
async fn a_client_of_the_first_lesson_reads_what_the_operator_types() -> Result<()> {
    let mut console = Console::start("xterm").await?;
    let mut client = TcpStream::connect(console.tcp).await?;
    client.write_all(b"hello").await?;
    console.until("the hello", |screen| screen.contains("> hello\n")).await?;
    console.press("hello to you\r").await?;
    let mut bytes = [0; 1024];
    let length = client.read(&mut bytes).await?;
    assert_eq!(std::str::from_utf8(&bytes[..length])?, "<operator> hello to you\n");
    Ok(())
}

#[tokio::test]
async fn whoever_is_kicked_at_the_console_is_gone_and_the_log_says_so_without_tearing_the_line() -> Result<()> {
    let mut console = Console::start("xterm").await?;
    let mut ana = Terminal::join(console.tcp, "ana").await?;
    let mut bob = Terminal::join(console.tcp, "bob").await?;
    console.press("/kick bob\rnext li").await?;
    bob.until("* the operator has sent you away").await?;
    ana.until("* bob was sent away by the operator").await?;
    console.until_last(&["* bob is sent away, and may come back", "> next li"]).await?;
    let (lines, _) = console.cursor();
    let log = lines.iter().find(|line| line.contains(" INFO audit: kick ")).context("no log line")?;
    for field in ["room=lobby", "nick=bob", "client=", "ip=127.0.0.1"] {
        assert!(log.contains(field), "{log}");
    }
    Ok(())
}

#[tokio::test]
async fn ctrl_d_closes_the_console_and_ctrl_c_then_ends_the_server() -> Result<()> {
    let mut console = Console::start("xterm").await?;
    let mut bob = Terminal::join(console.tcp, "bob").await?;
    console.press("\x04").await?;
    bob.until("* operator left").await?;
    console.until("a word about it", |screen| screen.contains("* this console is closed; the server goes on")).await?;
    bob.say("/who").await?;
    bob.until("* 1 here: bob(tcp)").await?;
    console.press("\x03").await?;
    bob.until("* restarting; come back in a moment").await?;
    console.until("its end", |screen| screen.contains("exit=0") && screen.contains(COOKED)).await
}

#[tokio::test]
async fn ctrl_c_drains_and_leaves_the_terminal_as_it_was() -> Result<()> {
    let mut console = Console::start("xterm").await?;
    let mut bob = Terminal::join(console.tcp, "bob").await?;
    console.press("half a li").await?;
    console.until_last(&["> half a li"]).await?;
    console.press("\x03").await?;
    bob.until("* restarting; come back in a moment").await?;
    console.until("its end", |screen| screen.contains("exit=0") && screen.contains(COOKED)).await?;
    assert!(console.screen().contains("commonroom: saying goodbye"), "{}", console.screen());
    Ok(())
}

#[tokio::test]
async fn a_second_ctrl_c_ends_it_at_once() -> Result<()> {
    let mut console = Console::start("xterm").await?;
    // It keeps its side open: the goodbye waits for it.
    let _deaf = TcpStream::connect(console.tcp).await?;
    console.until("the guest", |screen| screen.contains(" joined (tcp)")).await?;
    console.press("\x03").await?;
    console.until("the goodbye", |screen| screen.contains("saying goodbye")).await?;
    console.press("\x03").await?;
    console.until("its end", |screen| screen.contains("exit=130") && screen.contains(COOKED)).await
}

#[tokio::test]
async fn quit_ends_the_server() -> Result<()> {
    let mut console = Console::start("xterm").await?;
    let mut bob = Terminal::join(console.tcp, "bob").await?;
    console.press("/quit\r").await?;
    bob.until("* restarting; come back in a moment").await?;
    console.until("its end", |screen| screen.contains("exit=0") && screen.contains(COOKED)).await?;
    assert!(console.screen().contains("* saying goodbye to everybody"), "{}", console.screen());
    Ok(())
}

#[tokio::test]
async fn a_terminal_that_cannot_edit_reads_plain_lines() -> Result<()> {
    let mut console = Console::start("dumb").await?;
    let mut bob = Terminal::join(console.tcp, "bob").await?;
    // What is typed here is shown at once, wherever the cursor stands.
    console.until("bob", |screen| screen.contains(" is now bob")).await?;
    console.press("good morning\r").await?;
    bob.until("<operator> good morning").await?;
    bob.say("morning").await?;
    console.until_last(&["good morning", "<bob> morning"]).await?;
    console.press("\x04").await?;
    bob.until("* operator left").await?;
    console.press("\x03").await?;
    console.until("its end", |screen| screen.contains("exit=0")).await
}

#[tokio::test]
async fn a_server_in_the_background_leaves_the_terminal_alone() -> Result<()> {
    let mut console = Console::start_behind("xterm").await?;
    let mut bob = Terminal::join(console.tcp, "bob").await?;
    bob.say("/who").await?;
    bob.until("* 1 here: bob(tcp)").await?;
    console.press("\r").await?;
    console.until("its end", |screen| screen.contains("ended")).await
}

#[tokio::test]
async fn a_pipe_is_a_console_when_asked_and_its_end_is_not_the_servers() -> Result<()> {
    let args = ["--console", "--tcp", "127.0.0.1:0", "--http", "127.0.0.1:0"];
    let mut server = Command::new(executable()?)
        .args(args)
        .env_remove("RUST_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut stdin = server.stdin.take().context("no stdin")?;
    let mut stdout = BufReader::new(server.stdout.take().context("no stdout")?).lines();
    let mut port = None;
    while port.is_none() {
        let line = stdout.next_line().await?.context("no port")?;
        port = line.split_once("nc localhost ").and_then(|(_, port)| port.trim().parse::<u16>().ok());
    }
    let tcp = ([127, 0, 0, 1], port.unwrap_or_default()).into();
    let mut bob = Terminal::join(tcp, "bob").await?;
    stdin.write_all(b"hello from a pipe\n/announce tea at five\n/lock\n/unlock\n").await?;
    bob.until("<operator> hello from a pipe").await?;
    bob.until("* the operator announces: tea at five").await?;
    bob.until("* the operator has unlocked the room").await?;
    bob.say("heard").await?;
    while stdout.next_line().await?.context("it ended")? != "<bob> heard" {}
    drop(stdin);
    bob.until("* operator left").await?;
    bob.say("/ping").await?;
    bob.until("* pong").await?;
    // The log is on stderr, in plain letters, and holds no message's words.
    server.kill().await?;
    let mut log = String::new();
    server.stderr.take().context("no stderr")?.read_to_string(&mut log).await?;
    assert!(
        log.contains("INFO audit: announce room=lobby bytes=11\n") && log.contains("audit: unlock room=lobby\n"),
        "{log}"
    );
    assert!(!log.contains("tea") && !log.contains('\x1b'), "{log}");
    Ok(())
}

#[tokio::test]
async fn without_a_terminal_there_is_no_console() -> Result<()> {
    let server = Binary::start().await?;
    eventually("nobody but bob", async || {
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        bob.say("/who").await?;
        bob.until("* 1 here: bob(tcp)").await.map(drop)
    })
    .await
}
