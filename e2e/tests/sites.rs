//! Other sites of the web, which make their visitors' browsers come to us: none of their pages is let in.

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{Binary, PATIENCE, Witness, browse};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Opens a WebSocket to us from wherever the page is, and says hello and something. Ends when it is closed, or when it is
/// let in.
const COME_IN: &str = r#"
    const [door] = arguments;
    return new Promise((end) => {
        const socket = new WebSocket(door);
        socket.onopen = () => {
            socket.send('{"t":"hello","v":1,"client":"client-of-another-site"}');
            socket.send('{"t":"say","cid":"k1","text":"from another site"}');
        };
        socket.onmessage = () => end("let in");
        socket.onclose = () => end("refused");
    });"#;

/// Has the browser connect to a port by WebRTC: as to a relay, and as to another browser, whose name is words of the page's
/// own. No permission is asked for that, and no answer is needed.
const CALL: &str = r#"
    const [port, way] = arguments;
    const words = "words/of/another/site/".repeat(12).slice(0, 256);
    if (way == "relay") {
        const urls = `turn:127.0.0.1:${port}?transport=tcp`;
        window.caller = new RTCPeerConnection({
            iceServers: [{ urls, username: words, credential: words }], iceTransportPolicy: "relay",
        });
        caller.createDataChannel("x");
        return caller.createOffer().then((offer) => caller.setLocalDescription(offer));
    }
    window.caller = new RTCPeerConnection();
    const called = new RTCPeerConnection();
    caller.createDataChannel("x");
    return (async () => {
        const offer = await caller.createOffer();
        await caller.setLocalDescription(offer);
        await called.setRemoteDescription(offer);
        const { sdp } = await called.createAnswer();
        await caller.setRemoteDescription({ type: "answer", sdp: sdp.replace(/a=ice-ufrag:.*\r\n/, `a=ice-ufrag:${words}\r\n`) });
        const candidate = `candidate:1 1 tcp 1518280447 127.0.0.1 ${port} typ host tcptype passive`;
        await caller.addIceCandidate({ candidate, sdpMLineIndex: 0 });
    })();"#;

#[tokio::test]
async fn what_a_page_has_its_browser_send_by_webrtc_is_no_message() -> Result<()> {
    browse(async |browser| {
        let (ours, theirs) = (Binary::start().await?, Binary::start().await?);
        let mut witness = Witness::join(ours.tcp, "lobby").await?;
        for way in ["relay", "peer"] {
            // What comes is taken down here, and ends here as a message would.
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let page = browser.open(&format!("http://{}/nothing", theirs.http)).await?;
            page.driver().execute(CALL, vec![json!(listener.local_addr()?.port()), json!(way)]).await?;
            let (mut caller, _) = timeout(PATIENCE, listener.accept()).await.context("nobody calls")??;
            let mut sent = vec![0; 4096];
            let count = timeout(PATIENCE, caller.read(&mut sent)).await.context("nothing is sent")??;
            sent.truncate(count);
            ensure!(count > 0 && sent[0] < 2, "{way}: that is no STUN: {}", sent.escape_ascii());
            for ending in ["", "\n"] {
                let mut stream = TcpStream::connect(ours.tcp).await?;
                stream.write_all(&[&sent[..], ending.as_bytes()].concat()).await?;
                let mut told = Vec::new();
                timeout(PATIENCE, stream.read_to_end(&mut told)).await.context("it is let in")??;
                ensure!(told.starts_with(b"! this is a port for lines of text"), "{way}: {}", told.escape_ascii());
            }
        }
        ensure!(witness.say("alone").await?.is_empty(), "somebody was in the room");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_page_of_another_site_can_not_come_in_for_its_visitor() -> Result<()> {
    browse(async |browser| {
        let (ours, theirs) = (Binary::start().await?, Binary::start().await?);
        let mut witness = Witness::join(ours.tcp, "lobby").await?;
        let door = json!(format!("ws://{}/ws", ours.http));
        let page = browser.open(&format!("http://{}/nothing", theirs.http)).await?;
        let outcome = page.driver().execute(COME_IN, vec![door.clone()]).await?;
        assert_eq!(outcome.json(), "refused");
        // Allowed, it comes in: so the refusal is what keeps it out.
        let origin = format!("http://{}", theirs.http);
        let open = Binary::start_with(&["--allow-origin", &origin]).await?;
        let allowed = vec![json!(format!("ws://{}/ws", open.http))];
        // The policy of our own pages keeps them from other sites; that one is no page of ours.
        assert_eq!(page.driver().execute(COME_IN, allowed).await?.json(), "let in");
        ensure!(witness.say("alone").await?.is_empty(), "somebody was in the room");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_name_of_another_site_that_leads_here_shows_nothing_of_ours() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut witness = Witness::join(server.tcp, "lobby").await?;
        let rebound = format!("http://rebound.example:{}", server.http.port());
        let page = browser.open(&format!("{rebound}/r/lobby")).await?;
        let shown = page.driver().execute("return document.body.innerText", vec![]).await?;
        let shown = shown.json().as_str().unwrap_or_default().to_owned();
        ensure!(shown.contains("--host rebound.example"), "it shows {shown:?}");
        let door = json!(format!("ws://rebound.example:{}/ws", server.http.port()));
        assert_eq!(page.driver().execute(COME_IN, vec![door]).await?.json(), "refused");
        ensure!(witness.say("alone").await?.is_empty(), "somebody was in the room");

        let named = Binary::start_with(&["--host", "rebound.example"]).await?;
        let page = browser.open(&format!("http://rebound.example:{}/", named.http.port())).await?;
        page.call_me("ana").await?;
        page.say("by its own name").await
    })
    .await
}
