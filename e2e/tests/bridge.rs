//! A browser and an nc are in one room.

use anyhow::Result;
use commonroom_e2e::{Binary, Page, Terminal, browse};

#[tokio::test]
async fn each_sees_the_others_words_once_and_in_the_same_order() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut dan = Terminal::join(server.tcp, "dan").await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        let ana = browser.open(&server.url("/")).await?;
        ana.call_me("ana").await?;
        for number in 1..=5 {
            bob.say(&format!("bob {number}")).await?;
            ana.say(&format!("ana {number}")).await?;
        }
        let seen = ana.until("ten messages", |seen| seen.texts("said").len() == 10).await?;
        bob.say("the end").await?;
        let read: Vec<String> = dan.until("<bob> the end").await?;
        let read: Vec<&String> = read.iter().filter(|line| line.starts_with('<') && !line.ends_with("end")).collect();
        assert_eq!(seen.said().iter().collect::<Vec<_>>(), read);
        assert_eq!(seen.rows.iter().filter(|row| row.own).count(), 5);
        for number in 1..=5 {
            assert_eq!(dan.count(&format!("ana {number}")), 1);
            assert_eq!(dan.count(&format!("bob {number}")), 1);
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn both_know_who_is_here_and_how_they_came() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        let ana = browser.open(&server.url("/")).await?;
        let guest = ana.connected().await?.people.iter().find_map(|one| Some(one.strip_suffix(" you")?.to_owned()));
        let guest = guest.expect("a guest has a name");
        bob.until(&format!("* {guest} joined (web)")).await?;
        ana.call_me("ana").await?;
        bob.until(&format!("* {guest} is now ana")).await?;

        ana.until("bob by nc", |seen| seen.people == ["bob nc", "ana you"]).await?;
        bob.say("/who").await?;
        bob.until("* 2 here: bob(tcp) ana(web)").await?;

        let _dan = Terminal::join(server.tcp, "dan").await?;
        ana.until("dan's coming", |seen| seen.people.contains(&"dan nc".to_owned())).await?;
        bob.say("/quit").await?;
        let seen = ana.until("bob's going", |seen| seen.texts("notice").contains(&"bob left")).await?;
        assert_eq!(seen.people, ["ana you", "dan nc"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_new_name_on_either_side_is_seen_on_the_other() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut bob = Terminal::nc(server.tcp)?;
        bob.until("-- live --").await?;
        let ana = browser.open(&server.url("/")).await?;
        ana.call_me("ana").await?;
        bob.say("/nick robert").await?;
        let seen = ana.until("robert", |seen| seen.people.contains(&"robert nc".to_owned())).await?;
        assert!(seen.texts("notice").iter().any(|note| note.ends_with(" is now robert")), "{seen:#?}");
        bob.say("it is me").await?;
        ana.until("robert's words", |seen| seen.has("<robert> it is me")).await?;
        ana.say("hello robert").await?;
        bob.until("<ana> hello robert").await?;

        // A taken name is refused on the page, and is nobody else's.
        ana.say("/nick robert").await?;
        let refused = "Not done: somebody here has that name";
        let seen = ana.until("the refusal", |seen| seen.texts("notice").contains(&refused)).await?;
        assert!(seen.people.contains(&"ana you".to_owned()), "{seen:#?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_an_nc_sends_to_trick_a_page_is_shown_as_plain_text() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut mallory = Terminal::join(server.tcp, "mallory").await?;
        let ana = browser.open(&server.url("/")).await?;
        ana.call_me("ana").await?;
        let tricks = [
            ("<img src=x onerror=alert(1)><script>alert(2)</script>", None),
            ("<a href=\"javascript:alert(3)\">free</a> & &lt;b&gt;", None),
            ("\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[31mred\u{9b}1m", Some("^[]0;owned^G^[[2J^[[31mred<9b>1m")),
            ("gnp.\u{202e}exe\u{200b}", Some("gnp.exe")),
            ("\u{2067}open", Some("\u{2067}open\u{2069}")),
            ("a\u{2028}* dan joined (web)", Some("a * dan joined (web)")),
            ("javascript:alert(4)", None),
        ];
        for (trick, _) in tricks {
            mallory.say(trick).await?;
        }
        let seen = ana.until("all tricks", |seen| seen.texts("said").len() == tricks.len()).await?;
        let shown: Vec<&str> = tricks.iter().map(|(trick, shown)| shown.unwrap_or(trick)).collect();
        assert_eq!(seen.texts("said"), shown);
        assert_eq!(seen.title, "lobby · Commonroom");
        nothing_came_alive(&ana).await
    })
    .await
}

/// Neither an element nor a link nor a script came of what somebody wrote, and no dialog is open.
async fn nothing_came_alive(page: &Page) -> Result<()> {
    let made = page.run("return document.querySelectorAll('.log img, .log script, .log b, .log a').length").await?;
    assert_eq!(made, 0);
    assert!(page.driver().get_alert_text().await.is_err(), "a dialog is open");
    Ok(())
}

/// Says what no page would say, over a WebSocket of its own.
const SCRIPT: &str = r#"
    const socket = new WebSocket(`ws://${location.host}/ws`);
    const send = (frame) => socket.send(JSON.stringify(frame));
    socket.onopen = () => {
        send({ t: "hello", v: 1, client: "mallory-s-script", nick: "script" });
        send({ t: "say", cid: "1", text: "\u001b[2J\u202egone\u0007" });
    };"#;

#[tokio::test]
async fn what_a_page_sends_to_trick_a_terminal_is_shown_as_plain_text() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut bob = Terminal::join(server.tcp, "bob").await?;
        let mallory = browser.open(&server.url("/")).await?;
        mallory.call_me("mallory").await?;
        // The page itself lets no control character out; a script in the page's place would.
        mallory.put("\u{1b}[2J\u{202e}gone\u{7}").await?;
        bob.until("<mallory> [2Jgone").await?;
        mallory.run(SCRIPT).await?;
        bob.until("<script> ^[[2Jgone^G").await?;
        mallory.put("first\n<root> second\n* third").await?;
        let lines = bob.until("<mallory> * third").await?;
        assert_eq!(lines, ["<mallory> first", "<mallory> <root> second", "<mallory> * third"]);
        mallory.put("老王 👩‍👧 می‌خواهم").await?;
        bob.until("<mallory> 老王 👩‍👧 می‌خواهم").await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_hostile_name_is_refused_on_either_side() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut mallory = Terminal::join(server.tcp, "mallory").await?;
        let ana = browser.open(&server.url("/")).await?;
        ana.call_me("ana").await?;
        for name in ["<b>x</b>", "bo\u{202e}b", "bo\u{200b}b", "a\u{1b}[31m", "server", "OPERATOR", "-x", "two words"] {
            mallory.say(&format!("/nick {name}")).await?;
            mallory.say("/ping").await?;
            let answers = mallory.until("* pong").await?;
            let refused = |line: &String| line.starts_with("! ") && line.ends_with("; you are still mallory");
            assert_eq!(answers.iter().filter(|line| refused(line)).count(), 1, "{name:?}: {answers:?}");
        }
        ana.say("/nick operator").await?;
        let refused = "Not done: that cannot be a name";
        let seen = ana.until("the refusal", |seen| seen.texts("notice").contains(&refused)).await?;
        assert_eq!(seen.people, ["mallory nc", "ana you"]);
        Ok(())
    })
    .await
}
