//! Several rooms in one tab: each is as if it were the only one, and the side tells what is new in the others.

use std::time::Duration;

use anyhow::{Context, Result};
use commonroom_e2e::{Binary, Browser, Database, Page, Proxy, Terminal, browse};
use serde_json::json;
use thirtyfour::{By, Key};
use tokio::time::timeout;

/// The rooms at the side: where one is, how much is unread, and whether it means one.
const SIDE: &str = "return [...document.querySelectorAll('.rooms li')].map((room) => {
    const [link, news] = [room.querySelector('.room'), room.querySelector('b')];
    const here = link.hasAttribute('aria-current') ? 'here' : '';
    return [link.querySelector('span').textContent, here, news?.textContent, news?.dataset.is].filter(Boolean).join(' ');
});";
/// The words below the rule.
const BELOW_RULE: &str = "return document.querySelector('.new + [data-row] .what')?.textContent ?? ''";
const ADDRESS: &str = "return location.pathname";
/// Set by a test, and gone with a reload.
const SAME: &str = "return window.same ?? false";
/// Who leaves on purpose is gone within this time; who drops off, after three times as long.
const AT_ONCE: Duration = Duration::from_secs(5);
const ROOMS: [&str; 3] = ["lobby", "ops", "lab"];

#[tokio::test]
async fn a_room_is_joined_by_its_name_and_left_by_its_cross() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut bob = Terminal::join_room(server.tcp, "bob", "ops").await?;
        let ana = open(browser, &server.url("/")).await?;
        for (typed, name) in [("#OPS", "ops"), (" lab ", "lab"), ("上课", "上课")] {
            ana.driver().find(By::Id("room")).await?.send_keys(typed.to_owned() + Key::Enter).await?;
            ana.in_room(name).await?;
            ana.returns("return document.querySelector('#room').value", "").await?;
        }
        ana.returns(SIDE, json!(["lobby", "ops", "lab", "上课 here"])).await?;
        ana.returns(&format!("{ADDRESS}.slice(3)"), "%E4%B8%8A%E8%AF%BE").await?;
        bob.until("* ana joined (web)").await?;

        leave(&ana, "ops").await?;
        timeout(AT_ONCE, bob.until("* ana left")).await.context("bob is not told at once")??;
        ana.returns(SIDE, json!(["lobby", "lab", "上课 here"])).await?;
        // Who leaves the room in view is taken to another.
        leave(&ana, "上课").await?;
        ana.in_room("lobby").await?;
        ana.returns(SIDE, json!(["lobby here", "lab"])).await?;
        ana.driver().refresh().await?;
        ana.connected().await?;
        ana.returns(SIDE, json!(["lobby here", "lab"])).await?;
        bob.say("/who").await?;
        bob.until("* 1 here: bob(tcp)").await.map(drop)
    })
    .await
}

#[tokio::test]
async fn what_is_said_elsewhere_is_counted_and_marked_until_one_goes_there() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut bob = Terminal::join_room(server.tcp, "bob", "ops").await?;
        let ana = open(browser, &server.url("/")).await?;
        for room in ["lab", "ops", "lobby"] {
            enter(&ana, room).await?;
        }
        ana.returns(SIDE, json!(["lobby here", "lab", "ops"])).await?;
        bob.say("anybody?").await?;
        ana.returns(SIDE, json!(["lobby here", "lab", "ops 1"])).await?;
        bob.say("ana, are you there?\nhello").await?;
        ana.returns(SIDE, json!(["lobby here", "lab", "ops 3 you"])).await?;
        ana.until("the count", |seen| seen.title == "(3) lobby · Commonroom").await?;

        ana.go("lab").await?;
        ana.returns(SIDE, json!(["lobby", "lab here", "ops 3 you"])).await?;
        ana.go("ops").await?;
        ana.returns(SIDE, json!(["lobby", "lab", "ops here"])).await?;
        ana.returns(BELOW_RULE, "anybody?").await?;
        bob.say("good").await?;
        let seen = ana.until("what is said under one's eyes", |seen| seen.has("<bob> good")).await?;
        assert_eq!((seen.title.as_str(), seen.texts("said").len()), ("ops · Commonroom", 4));
        ana.returns(SIDE, json!(["lobby", "lab", "ops here"])).await?;
        // Who goes away and comes back finds no rule above what was read.
        ana.go("lab").await?;
        ana.go("ops").await?;
        ana.returns(BELOW_RULE, "").await
    })
    .await
}

#[tokio::test]
async fn the_browsers_way_back_leads_through_the_rooms_and_loads_nothing() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let ana = open(browser, &server.url("/r/ops")).await?;
        ana.run("window.same = true").await?;
        ana.say("in ops").await?;
        ana.until("it", |seen| seen.has("<ana> in ops")).await?;
        enter(&ana, "lab").await?;
        ana.go("lobby").await?;
        for (forward, room, said) in
            [(false, "lab", &[][..]), (false, "ops", &["in ops"]), (true, "lab", &[]), (true, "lobby", &[])]
        {
            let history = ana.driver();
            (if forward { history.forward().await } else { history.back().await })?;
            ana.in_room(room).await?;
            ana.returns(ADDRESS, format!("/r/{room}")).await?;
            let seen = ana.connected().await?;
            assert_eq!(seen.texts("said"), said, "{room}");
        }
        ana.returns(SAME, true).await
    })
    .await
}

#[tokio::test]
async fn a_reload_keeps_the_open_rooms_and_what_is_unread_there() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let mut bob = Terminal::join_room(server.tcp, "bob", "ops").await?;
        let ana = open(browser, &server.url("/")).await?;
        enter(&ana, "ops").await?;
        enter(&ana, "lab").await?;
        bob.say("one").await?;
        ana.returns(SIDE, json!(["lobby", "ops 1", "lab here"])).await?;
        ana.driver().refresh().await?;
        ana.in_room("lab").await?;
        ana.returns(SIDE, json!(["lobby", "ops 1", "lab here"])).await?;
        bob.say("two, ana").await?;
        ana.returns(SIDE, json!(["lobby", "ops 2 you", "lab here"])).await?;
        ana.go("ops").await?;
        ana.returns(BELOW_RULE, "one").await?;
        assert_eq!(ana.see().await?.said(), ["<bob> one", "<bob> two, ana"]);
        Ok(())
    })
    .await
}

/// On disk the history is the same after the kill: no room begins anew, and what was written meanwhile is said once.
#[tokio::test]
async fn a_killed_server_loses_and_doubles_nothing_in_any_room() -> Result<()> {
    browse(async |browser| {
        let database = Database::new()?;
        let mut server = Binary::start_with(&["--db", database.path()]).await?;
        let ana = open(browser, &server.url("/")).await?;
        let mut said = [const { Vec::new() }; 3];
        for (room, said) in ROOMS.into_iter().zip(&mut said) {
            enter(&ana, room).await?;
            tell(&server, &ana, room, "before", said).await?;
        }
        for round in 0..2 {
            server.kill().await?;
            ana.until("the break", |seen| seen.state != "connected").await?;
            for (room, said) in ROOMS.into_iter().zip(&mut said).take(2) {
                ana.go(room).await?;
                let away = [0, 1].map(|number| format!("{room} away {round}.{number}"));
                for text in &away {
                    ana.say(text).await?;
                }
                ana.until("both waiting", |seen| seen.texts("pending") == away).await?;
                said.extend(away.map(|text| format!("<ana> {text}")));
            }
            server.start_again().await?;
            for (room, said) in ROOMS.into_iter().zip(&mut said) {
                ana.go(room).await?;
                reads(&ana, said).await?;
                tell(&server, &ana, room, &format!("after {round}"), said).await?;
            }
        }
        server.kill().await?;
        for (room, said) in ROOMS.into_iter().zip(said) {
            let kept = database.export(room).await?;
            assert_eq!(kept.iter().map(|kept| format!("<{}> {}", kept.from, kept.text)).collect::<Vec<_>>(), said);
        }
        database.remove()
    })
    .await
}

#[tokio::test]
async fn what_is_missed_in_a_tunnel_is_below_the_rule_in_every_room() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let tunnel = Proxy::to(server.http).await?;
        let (mut bob, mut dan) = (
            Terminal::join_room(server.tcp, "bob", "lobby").await?,
            Terminal::join_room(server.tcp, "dan", "ops").await?,
        );
        let ana = open(browser, &format!("http://{}/", tunnel.addr)).await?;
        enter(&ana, "ops").await?;
        ana.go("lobby").await?;
        for nc in [&mut bob, &mut dan] {
            nc.say("before").await?;
        }
        ana.until("it", |seen| seen.has("<bob> before")).await?;
        ana.returns(SIDE, json!(["lobby here", "ops 1"])).await?;
        ana.go("ops").await?;
        ana.go("lobby").await?;

        tunnel.cut();
        ana.until("the break", |seen| seen.state != "connected").await?;
        bob.say("missed 1\nmissed 2\n/ping").await?;
        dan.say("missed 3\nmissed 4, ana\n/ping").await?;
        bob.until("* pong").await?;
        dan.until("* pong").await?;
        tunnel.mend();
        ana.until("all of it", |seen| seen.state == "connected" && seen.has("<bob> missed 2")).await?;
        ana.returns(BELOW_RULE, "missed 1").await?;
        ana.returns(SIDE, json!(["lobby here", "ops 2 you"])).await?;
        bob.say("after").await?;
        ana.until("it", |seen| seen.has("<bob> after")).await?;
        ana.returns(BELOW_RULE, "missed 1").await?;
        ana.go("ops").await?;
        reads(&ana, &["before", "missed 3", "missed 4, ana"].map(|text| format!("<dan> {text}"))).await?;
        ana.returns(BELOW_RULE, "missed 3").await?;
        ana.returns(SIDE, json!(["lobby", "ops here"])).await
    })
    .await
}

/// Ana's page, wide enough to show the rooms.
async fn open(browser: &Browser, url: &str) -> Result<Page> {
    let page = browser.open(url).await?;
    page.resize(1440, 900).await?;
    page.call_me("ana").await?;
    Ok(page)
}

/// Goes to a room by typing its name, and waits until the page is in it.
async fn enter(page: &Page, room: &str) -> Result<()> {
    page.driver().find(By::Id("room")).await?.send_keys(room.to_owned() + Key::Enter).await?;
    page.in_room(room).await?;
    page.connected().await.map(drop)
}

async fn leave(page: &Page, room: &str) -> Result<()> {
    page.driver().find(By::Css(format!(".room[href='/r/{room}'] + .leave"))).await?.click().await?;
    Ok(())
}

/// Bob and ana say something in the room that ana's page shows.
async fn tell(server: &Binary, ana: &Page, room: &str, when: &str, said: &mut Vec<String>) -> Result<()> {
    let mut bob = Terminal::join_room(server.tcp, "bob", room).await?;
    bob.say(&format!("{room} {when}")).await?;
    said.push(format!("<bob> {room} {when}"));
    reads(ana, said).await?;
    ana.say(&format!("{room} {when}")).await?;
    said.push(format!("<ana> {room} {when}"));
    reads(ana, said).await
}

/// Waits until the page shows exactly this, and nothing waits any more.
async fn reads(page: &Page, said: &[String]) -> Result<()> {
    let seen = page
        .until("what was said, once and in order", |seen| {
            seen.state == "connected" && seen.said() == said && seen.texts("pending").is_empty()
        })
        .await?;
    assert_eq!(seen.texts("gap"), [""; 0], "nothing begins anew");
    Ok(())
}
