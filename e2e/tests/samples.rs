//! The samples of docs/samples, run as their readers run them: against the real server while it goes away and comes back,
//! and against one that does to them what a bad moment does.

use std::process::{Output, Stdio};

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{Binary, PATIENCE, Proxy, Witness, eventually, root, target};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::sync::OnceCell;
use tokio::time::timeout;

#[tokio::test]
async fn the_bot_in_python_answers_once_whatever_becomes_of_the_connection() -> Result<()> {
    answers_once("bot.py").await
}

#[tokio::test]
async fn the_bot_in_node_answers_once_whatever_becomes_of_the_connection() -> Result<()> {
    answers_once("bot.mjs").await
}

#[tokio::test]
async fn the_bot_in_rust_answers_once_whatever_becomes_of_the_connection() -> Result<()> {
    answers_once("bot.rs").await
}

async fn answers_once(sample: &str) -> Result<()> {
    let mut server = Binary::start().await?;
    let proxy = Proxy::to(server.tcp).await?;
    let mut witness = Witness::join(server.tcp, "ops").await?;
    witness.say("!up from before it came").await?;
    let _bot = start(sample, &proxy.addr.port().to_string()).await?;
    let here = async |witness: &mut Witness| {
        eventually("the bot", async || {
            let roster = witness.roster().await?;
            ensure!(roster.contains(&"bot".to_owned()), "{sample} is not among {roster:?}");
            Ok(())
        })
        .await
    };
    here(&mut witness).await?;
    asks(&mut witness, sample, &["straße \"quoted\" \\ 天气 😀\ttab"]).await?;

    proxy.cut();
    for text in ["one", "two", "three"] {
        witness.say(&format!("!up {text}")).await?;
    }
    proxy.mend();
    hears(&mut witness, sample, &["one", "two", "three"]).await?;

    // Not killed: an answer that its bot has not heard goes with the history, and is rightly said again in the new one.
    ensure!(server.stop("TERM").await?.status.success());
    server.start_again().await?;
    let mut witness = Witness::join(server.tcp, "ops").await?;
    // Whether it is back already or not.
    asks(&mut witness, sample, &["four"]).await?;
    here(&mut witness).await?;
    asks(&mut witness, sample, &["five"]).await?;
    let told = witness.say("the end").await?;
    ensure!(!told.iter().any(|frame| frame["t"] == "said"), "{sample} said too much: {told:?}");
    Ok(())
}

async fn asks(witness: &mut Witness, sample: &str, texts: &[&str]) -> Result<()> {
    for text in texts {
        witness.say(&format!("!up {text}")).await?;
    }
    hears(witness, sample, texts).await
}

async fn hears(witness: &mut Witness, sample: &str, texts: &[&str]) -> Result<()> {
    for text in texts {
        let said = witness.hear().await.with_context(|| format!("{sample} is asked for {text}"))?;
        // A tab is shown as four spaces to terminals alone.
        ensure!(
            said["text"] == text.to_uppercase() && said["via"] == "api" && said["from"] == "bot",
            "{sample}: {said}"
        );
    }
    Ok(())
}

/// A connection of a bot to a server that the test plays.
struct Played {
    from: Lines<BufReader<OwnedReadHalf>>,
    to: OwnedWriteHalf,
}

#[tokio::test]
async fn every_bot_resumes_before_it_says_again_what_nobody_has_confirmed() -> Result<()> {
    for sample in ["bot.py", "bot.mjs", "bot.rs"] {
        resumes(sample).await.with_context(|| sample.to_owned())?;
    }
    Ok(())
}

async fn resumes(sample: &str) -> Result<()> {
    let server = TcpListener::bind("127.0.0.1:0").await?;
    let mut bot = start(sample, &server.local_addr()?.port().to_string()).await?;
    let mut first = Played::accept(&server).await?;
    let hello = first.next().await?;
    ensure!(hello["t"] == "hello" && hello["nick"] == "bot" && hello["since"].is_null(), "{hello}");
    first.welcome("e1").await?;
    first.said(7, "ana", "!up from before it came", "x").await?;
    first.tell(json!({ "t": "live", "head": 7 })).await?;
    first.said(8, "ana", "!up a", "x").await?;
    let a = first.next().await?;
    first.said(9, "ana", "!up b", "y").await?;
    let b = first.next().await?;
    ensure!(a["text"] == "A" && b["text"] == "B" && a["cid"] != b["cid"], "{a} {b}");
    drop(first);

    // A server that is on its way out lets nobody in, and says so to people.
    Played::accept(&server).await?.to.write_all(b"* restarting; come back in a moment\n").await?;

    let mut second = Played::accept(&server).await?;
    let again = second.next().await?;
    ensure!(again["since"] == 9 && again["epoch"] == "e1" && again["client"] == hello["client"], "{again}");
    second.welcome("e1").await?;
    second.said(10, "me", "A", a["cid"].as_str().context("no cid")?).await?;
    second.said(11, "ana", "!up late", "x2").await?;
    second.tell(json!({ "t": "a frame of tomorrow" })).await?;
    ensure!(second.is_silent().await, "it speaks before the replay is over");
    second.tell(json!({ "t": "live", "head": 11 })).await?;
    let (resent, late) = (second.next().await?, second.next().await?);
    ensure!(resent == b && late["text"] == "LATE", "{resent} and not {b}, or {late}");
    second.said(12, "me", "LATE", late["cid"].as_str().context("no cid")?).await?;
    let refused =
        json!({ "t": "refused", "cid": b["cid"], "n": null, "code": "store_down", "message": "-", "retry_ms": 1 });
    second.tell(refused).await?;

    let mut third = Played::accept(&server).await?;
    ensure!(third.next().await?["since"] == 12);
    third.welcome("e1").await?;
    third.tell(json!({ "t": "live", "head": 12 })).await?;
    ensure!(third.next().await? == b, "what is worth another try is not tried");
    third.said(13, "me", "B", b["cid"].as_str().context("no cid")?).await?;
    third.said(14, "ana", "!up c", "z").await?;
    let c = third.next().await?;
    ensure!(c["text"] == "C", "{c}");
    drop(third);

    // The server's history began anew: nothing of it is known, and C is not in it.
    let mut fourth = Played::accept(&server).await?;
    fourth.next().await?;
    fourth.welcome("e2").await?;
    fourth.tell(json!({ "t": "live", "head": 0 })).await?;
    ensure!(fourth.next().await? == c);
    fourth.said(1, "ana", "hello", "z").await?;
    drop(fourth);
    let mut fifth = Played::accept(&server).await?;
    let anew = fifth.next().await?;
    ensure!(anew["since"] == 1 && anew["epoch"] == "e2", "{anew}");
    fifth.tell(json!({ "t": "bye", "code": "replaced" })).await?;
    let status = timeout(PATIENCE, bot.wait()).await.context("it stays though it was replaced")??;
    ensure!(!status.success(), "{status}");
    Ok(())
}

impl Played {
    async fn accept(server: &TcpListener) -> Result<Played> {
        let (stream, _): (TcpStream, _) = timeout(PATIENCE, server.accept()).await.context("it does not come")??;
        let (from, to) = stream.into_split();
        Ok(Played { from: BufReader::new(from).lines(), to })
    }

    async fn next(&mut self) -> Result<Value> {
        let line = timeout(PATIENCE, self.from.next_line()).await.context("it says nothing")??;
        Ok(serde_json::from_str(&line.context("it has left")?)?)
    }

    /// Whether nothing comes for a while: what shall not come can't be waited for otherwise.
    async fn is_silent(&mut self) -> bool {
        timeout(std::time::Duration::from_millis(200), self.from.next_line()).await.is_err()
    }

    async fn tell(&mut self, frame: Value) -> Result<()> {
        Ok(self.to.write_all(format!("{frame}\n").as_bytes()).await?)
    }

    async fn welcome(&mut self, epoch: &str) -> Result<()> {
        let welcome = json!({ "t": "welcome", "v": 1, "room": "ops", "you": "bot", "by": "me", "epoch": epoch, "ping_ms": 25_000 });
        self.tell(welcome).await
    }

    async fn said(&mut self, seq: u64, by: &str, text: &str, cid: &str) -> Result<()> {
        let from = if by == "me" { "bot" } else { by };
        let said = json!({ "t": "said", "seq": seq, "prev": seq - 1, "at": 0, "from": from, "via": "api", "text": text, "by": by, "cid": cid });
        self.tell(said).await
    }
}

#[tokio::test]
async fn the_shell_script_posts_fails_in_words_and_waits_for_a_server_that_is_away() -> Result<()> {
    let mut server = Binary::start().await?;
    let mut witness = Witness::join(server.tcp, "lobby").await?;
    let (host, port) = (server.tcp.ip().to_string(), server.tcp.port().to_string());
    let script = |name: &'static str, text: &'static str| {
        let mut sh = Command::new("sh");
        sh.arg(root().join("docs/samples/post.sh")).args([&host, &port, name, text]).kill_on_drop(true);
        async move { Ok(timeout(PATIENCE, sh.output()).await.context("post.sh does not end")??) as Result<Output> }
    };
    let posted = script("ci", "disk 91%").await?;
    let said = witness.hear().await?;
    ensure!(posted.status.success() && posted.stdout == format!("ok #{}\n", said["seq"]).into_bytes(), "{posted:?}");
    ensure!(said["from"] == "ci" && said["text"] == "disk 91%", "{said}");

    let refused = script("root", "hello").await?;
    let words = String::from_utf8_lossy(&refused.stderr).into_owned();
    ensure!(
        !refused.status.success() && words == "not posted: err nick_bad that name is the server's own\n",
        "{words}"
    );

    for (name, text, why) in [
        ("", "hello", "NAME is empty"),
        ("ci", "hello\nthere", "NAME and TEXT are one line each"),
        ("ci\r", "hello", "NAME and TEXT are one line each"),
    ] {
        let refused = script(name, text).await?;
        let words = String::from_utf8_lossy(&refused.stderr).into_owned();
        ensure!(!refused.status.success() && words == format!("not posted: {why}\n"), "{words}");
    }
    ensure!(witness.say("the end").await?.is_empty(), "some of it was posted");

    server.kill().await?;
    let waiting = tokio::spawn(script("ci", "are you back?"));
    server.start_again().await?;
    ensure!(waiting.await??.stdout == b"ok #1\n");
    Ok(())
}

#[tokio::test]
async fn the_shell_script_comes_again_when_the_server_was_full() -> Result<()> {
    let server = TcpListener::bind("127.0.0.1:0").await?;
    let mut sh = Command::new("sh");
    let port = server.local_addr()?.port().to_string();
    sh.arg(root().join("docs/samples/post.sh")).args(["127.0.0.1", &port, "ci", "hello"]).kill_on_drop(true);
    let posted = tokio::spawn(async move { timeout(PATIENCE, sh.output()).await });
    for answer in ["! 9 connections came from your address; try again in 1 s\n", "ok #1\n"] {
        let mut came = Played::accept(&server).await?;
        let lines = [came.from.next_line().await?, came.from.next_line().await?];
        ensure!(lines == [Some("/as ci".to_owned()), Some("/say hello".to_owned())], "{lines:?}");
        came.to.write_all(answer.as_bytes()).await?;
    }
    ensure!(posted.await??.context("post.sh ends")?.stdout == b"ok #1\n");
    Ok(())
}

/// Starts a bot of the name `bot` in the room ops.
async fn start(sample: &str, port: &str) -> Result<Child> {
    let by = |interpreter: &str| {
        let mut command = Command::new(interpreter);
        command.arg(root().join("docs/samples").join(sample));
        command
    };
    let mut command = match sample {
        "bot.py" => by("python3"),
        "bot.mjs" => by("node"),
        _ => Command::new(compiled().await?),
    };
    command.args(["127.0.0.1", port, "ops", "bot"]).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command
        .spawn()
        .with_context(|| format!("{sample} does not start; `cargo xtask test packages` brings Python and Node"))
}

/// The bot in Rust, as its first line says that it is compiled.
async fn compiled() -> Result<&'static str> {
    static BOT: OnceCell<String> = OnceCell::const_new();
    let compile = async || {
        let bot = target().join("tmp").join(format!("bot-{}", std::process::id())).display().to_string();
        let mut rustc = Command::new("rustc");
        rustc.current_dir(root()).args(["--edition", "2021", "-Dwarnings", "-o", &bot, "docs/samples/bot.rs"]);
        let compiled = rustc.output().await.context("there is no rustc")?;
        ensure!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
        Ok(bot)
    };
    Ok(BOT.get_or_try_init(compile).await?)
}
