//! Other sites of the web, which make their visitors' browsers come to us: none of their pages is let in.

use anyhow::{Result, ensure};
use commonroom_e2e::{Binary, Witness, browse};
use serde_json::json;

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
