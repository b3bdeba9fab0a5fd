//! Browsers and other programs that come to the port for plain sockets with another protocol: nothing of what they send
//! is ever a message, and none of them is ever in the room.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{Binary, Page, Witness, browse, eventually};
use tokio::process::Command;

/// What any site's page can make its visitor's browser send; `door` is our port. Each ends when the browser knows how it
/// went.
const TRICKS: [(&str, &str); 7] = [
    ("a GET", "await fetch(door, { mode: 'no-cors' })"),
    (
        "a POST of lines",
        "await fetch(door, { mode: 'no-cors', method: 'POST', body: 'hello\\n/say hello\\n'.repeat(999) })",
    ),
    ("a PUT, asked for by OPTIONS", "await fetch(door, { method: 'PUT', body: 'hello\\n' })"),
    ("headers of one's own, asked for by OPTIONS", "await fetch(door, { headers: { hello: 'hello' } })"),
    ("a beacon", "await fetch(door, { mode: 'no-cors', method: 'POST', keepalive: true, body: 'hello\\n' })"),
    (
        "an image",
        "await new Promise((end) => { const it = new Image(); it.onload = it.onerror = end; it.src = door + '/r/x' })",
    ),
    ("a WebSocket", "await new Promise((end) => { new WebSocket(door.replace('http', 'ws') + '/ws').onclose = end })"),
];

/// A form's fields become lines as they are, but for an `=` in each.
const FORM: &str = r#"
    const form = document.createElement("form");
    Object.assign(form, { method: "post", enctype: "text/plain", action: arguments[0] });
    for (const text of ["hello\nhello\n/say hello", "/nick ana\nhello"]) {
        const field = document.createElement("textarea");
        Object.assign(field, { name: text, value: text });
        form.append(field);
    }
    document.documentElement.append(form);
    form.submit();"#;

#[tokio::test]
async fn nothing_that_a_page_makes_a_browser_send_comes_into_the_room() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let door = format!("http://{}", server.tcp);
        let mut witness = Witness::join(server.tcp, "lobby").await?;
        let page = browser.open("about:blank").await?;
        for (what, trick) in TRICKS {
            let script = format!(
                "const door = '{door}'; return (async () => {{ try {{ {trick}; return 'done' }} catch (e) {{ return `${{e}}` }} }})()"
            );
            let outcome = page.run(&script).await.with_context(|| what.to_owned())?;
            sees_nothing(&mut witness, &format!("{what} ({outcome})")).await?;
        }

        page.driver().execute(FORM, vec![door.clone().into()]).await?;
        shows(&page, "This is Commonroom's port for plain sockets").await?;
        sees_nothing(&mut witness, "a form").await?;

        let refused = page.driver().goto(door.replace("http", "https")).await;
        ensure!(refused.is_err(), "a page came by https");
        sees_nothing(&mut witness, "https").await
    })
    .await
}

#[tokio::test]
async fn a_browser_that_is_given_the_wrong_port_ends_at_the_right_page() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut witness = Witness::join(server.tcp, "lobby").await?;
        let mut ops = Witness::join(server.tcp, "ops").await?;
        let page = browser.open(&format!("http://{}/r/ops", server.tcp)).await?;
        page.call_me("ana").await?;
        let url = page.driver().current_url().await?;
        assert_eq!((url.port(), url.path()), (Some(server.http.port()), "/r/ops"));
        page.say("here I am").await?;
        assert_eq!(ops.hear().await?["text"], "here I am");
        assert_eq!(ops.roster().await?, ["witness", "ana"]);
        sees_nothing(&mut witness, "the way there").await
    })
    .await
}

/// Commands that have come to the wrong port, and a word of the answer.
const STRANGERS: [(&str, &str); 9] = [
    ("curl --silent --max-time 5 http://$HOST:$PORT/r/ops", "The page is at http://"),
    ("curl --silent --max-time 5 --location http://$HOST:$PORT/", "<title>Commonroom</title>"),
    ("curl --silent --max-time 5 --head http://$HOST:$PORT/", "HTTP/1.1 302 Found"),
    (
        "yes hello | head -n 9999 | curl --silent --max-time 5 --data-binary @- http://$HOST:$PORT/",
        "The page is at http://",
    ),
    ("curl --silent --show-error --max-time 5 --http2-prior-knowledge http://$HOST:$PORT/ 2>&1", "curl: ("),
    ("curl --silent --show-error --max-time 5 https://$HOST:$PORT/ 2>&1", "handshake failure"),
    (r"printf 'SSH-2.0-OpenSSH_9.2\r\nhello\r\n' | nc.openbsd -N $HOST $PORT", "and no SSH"),
    // Somebody looks whether the port is open.
    ("nc.openbsd -z $HOST $PORT && echo open", "open"),
    (
        r"(printf 'POST / HT'; sleep 0.4; printf 'TP/1.1\r\n\r\nhello\r\n') | nc.openbsd -N $HOST $PORT",
        "421 Misdirected",
    ),
];

#[tokio::test]
async fn no_other_protocol_comes_into_the_room() -> Result<()> {
    let server = Binary::start().await?;
    let mut witness = Witness::join(server.tcp, "lobby").await?;
    for (command, word) in STRANGERS {
        let printed = run(command, server.tcp).await?;
        ensure!(printed.contains(word), "`{command}` printed {printed:?}");
        sees_nothing(&mut witness, command).await?;
    }
    Ok(())
}

/// Without this the other tests would prove nothing.
#[tokio::test]
async fn what_does_come_into_the_room_is_noticed() -> Result<()> {
    let server = Binary::start().await?;
    let mut witness = Witness::join(server.tcp, "lobby").await?;
    run("echo hello | nc.openbsd -N $HOST $PORT", server.tcp).await?;
    assert!(sees_nothing(&mut witness, "a line").await.is_err());
    let _silent = tokio::net::TcpStream::connect(server.tcp).await?;
    eventually("somebody's coming", async || {
        ensure!(sees_nothing(&mut witness, "a person").await.is_err());
        Ok(())
    })
    .await
}

/// Since it last said something, the witness has been told of nothing, and it is alone.
async fn sees_nothing(witness: &mut Witness, what: &str) -> Result<()> {
    let told = witness.say("barrier").await?;
    ensure!(told.is_empty(), "{what}: the room was told {told:?}");
    let roster = witness.roster().await?;
    ensure!(roster == ["witness"], "{what}: the room has {roster:?}");
    Ok(())
}

async fn shows(page: &Page, words: &str) -> Result<()> {
    eventually(words, async || {
        let source = page.driver().source().await?;
        ensure!(source.contains(words), "the browser shows {source}");
        Ok(())
    })
    .await
}

/// What a command prints, however it ends.
async fn run(command: &str, server: SocketAddr) -> Result<String> {
    let command = format!("export HOST={} PORT={}; {command}", server.ip(), server.port());
    let output = Command::new("bash").args(["-c", &command]).kill_on_drop(true).output().await?;
    let (printed, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.code() != Some(127), "{complaint}: `cargo xtask test packages` brings it on Debian");
    Ok(printed.into_owned())
}

#[tokio::test]
async fn who_speaks_http_2_is_told_to_speak_http_1() -> Result<()> {
    let server = Binary::start().await?;
    let asked = ["-s", "--http2-prior-knowledge", "-w", "%{http_code}", &server.url("/")];
    let answer = Command::new("curl").args(asked).kill_on_drop(true).output().await?;
    assert_eq!(String::from_utf8_lossy(&answer.stdout), "this server speaks HTTP/1.1\n505");
    Ok(())
}
