//! Nothing on the page shuts anybody out: axe-core finds nothing, in either theme, on a phone and on a desk, in both
//! languages, and whatever the page shows just then.

use anyhow::{Result, ensure};
use commonroom_e2e::{Binary, Page, Terminal, browse, eventually};
use serde::Deserialize;
use serde_json::json;
use thirtyfour::{By, Key};

/// Vendored, unmodified: see `vendor/README.md`.
const AXE: &str = include_str!("../vendor/axe-core-4.14.1/axe.min.js");
/// Every rule but those of level AAA, which the page's colours do not promise. What axe cannot tell is counted with what
/// is wrong where `arguments[0]` is so.
const CHECK: &str = r#"
    const rules = axe.getRules().filter(({ tags }) => !tags.includes("wcag2aaa") && !tags.includes("deprecated"));
    const runOnly = { type: "rule", values: rules.map((rule) => rule.ruleId) };
    const what = (node) => [node.target.join(" "), node.html, node.failureSummary].join("\n");
    return axe.run(document, { runOnly }).then(({ violations, incomplete }) =>
        [...violations, ...(arguments[0] ? incomplete : [])]
            .map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(what) })));"#;
/// What axe asks a person to look at, whatever the page is like.
const FOR_PEOPLE: &str = "hidden-content";

/// Waits until all that was asked for so far is on the screen.
const PAINTED: &str = "return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))";

const THEMES: [&str; 2] = ["dark", "light"];
const WIDTHS: [u32; 2] = [360, 1440];
const LANGUAGES: [&str; 2] = ["zh-CN", "en"];

/// How much of the page there is to see.
#[derive(Clone, Copy, PartialEq)]
enum Screen {
    /// As much as on a real one. What is out of sight axe cannot see the colours of.
    Real,
    /// All of it: axe must be sure of everything.
    Tall,
}

impl Screen {
    fn height(self, width: u32) -> u32 {
        match self {
            Screen::Tall => 5000,
            Screen::Real if width < 600 => 740,
            Screen::Real => 900,
        }
    }
}

/// A rule that is broken, and where.
#[derive(Debug, Deserialize)]
struct Violation {
    id: String,
    help: String,
    nodes: Vec<String>,
}

#[tokio::test]
async fn axe_finds_nothing_in_a_room_whatever_has_happened_there() -> Result<()> {
    browse(async |browser| {
        let mut server = Binary::start_with(&["--burst", "0"]).await?;
        let ana = browser.open(&server.url("/r/lobby")).await?;
        ana.connected().await?;
        finds_nothing(&ana, Screen::Real, "an empty room").await?;
        for sheet in ["rooms", "people", "join", "notify"] {
            ana.resize(360, 740).await?;
            ana.run(&format!("document.querySelector('[popovertarget={sheet}]').click()")).await?;
            check_sheet(&ana, sheet).await?;
            ana.run(&format!("document.querySelector('#{sheet}').hidePopover()")).await?;
        }

        let mut people = people(&server).await?;
        fill(&ana, &mut people).await?;
        finds_nothing(&ana, Screen::Tall, "a full room").await?;
        check_suggestions(&ana).await?;

        ana.resize(1440, 900).await?;
        let [bob, ..] = &mut people;
        ana.driver().find(By::Id("me")).await?.click().await?;
        rename_in_vain(&ana).await?;
        read_further_up(&ana, bob).await?;
        finds_nothing(&ana, Screen::Real, "a reader further up, and a name that is refused").await?;

        server.kill().await?;
        ana.until("the break", |seen| seen.state == "waiting").await?;
        ana.put("for later").await?;
        ana.until("what waits", |seen| seen.texts("pending") == ["for later"]).await?;
        finds_nothing(&ana, Screen::Real, "no connection").await?;

        server.start_again().await?;
        ana.until("another history", |seen| seen.state == "connected" && seen.has("<ana> for later")).await?;
        finds_nothing(&ana, Screen::Tall, "a history that was reset").await
    })
    .await
}

#[tokio::test]
async fn axe_finds_nothing_where_there_is_no_room_and_what_is_wrong_it_finds() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.open(&server.url("/r/a%20b")).await?;
        page.until("the end of its attempts", |seen| seen.state == "stopped").await?;
        finds_nothing(&page, Screen::Tall, "an address that names no room").await?;

        // Without this the rest would prove nothing.
        page.run(
            "document.body.append(document.createElement('button'), document.createElement('img'));
            document.querySelector('.pill').style.setProperty('color', '#888');
            document.querySelector('.pill').style.setProperty('background', '#999');",
        )
        .await?;
        let found: Vec<String> = check(&page, Screen::Tall).await?.into_iter().map(|violation| violation.id).collect();
        for id in ["button-name", "image-alt", "color-contrast", "region"] {
            assert!(found.iter().any(|found| found == id), "no {id} in {found:?}");
        }
        Ok(())
    })
    .await
}

/// Looks at the page in every width, language and theme.
async fn finds_nothing(page: &Page, screen: Screen, when: &str) -> Result<()> {
    let mut found = Vec::new();
    for width in WIDTHS {
        page.resize(width, screen.height(width)).await?;
        for language in LANGUAGES {
            speak(page, language).await?;
            for theme in THEMES {
                paint(page, theme).await?;
                let violations = check(page, screen).await?;
                found.extend(violations.iter().map(|one| format!("{width} px, {language}, {theme}: {}", told(one))));
            }
        }
    }
    ensure!(found.is_empty(), "{when}\n{}", found.join("\n"));
    Ok(())
}

/// Looks at an open sheet in either theme.
async fn check_sheet(page: &Page, sheet: &str) -> Result<()> {
    for theme in THEMES {
        paint(page, theme).await?;
        ensure!(page.run(&format!("return document.querySelector('#{sheet}:popover-open') !== null")).await? == true);
        let found = check(page, Screen::Real).await?;
        ensure!(found.is_empty(), "{sheet}, {theme}: {}", found.iter().map(told).collect::<String>());
    }
    Ok(())
}

/// Looks at the names that are offered while one writes, the first of them chosen, in either theme.
async fn check_suggestions(page: &Page) -> Result<()> {
    for theme in THEMES {
        paint(page, theme).await?;
        page.driver().find(By::Id("composer")).await?.send_keys("@" + Key::Down).await?;
        page.returns("return document.querySelectorAll('#suggestions [aria-selected=true]').length", 1).await?;
        let found = check(page, Screen::Real).await?;
        ensure!(found.is_empty(), "suggestions, {theme}: {}", found.iter().map(told).collect::<String>());
        page.driver().find(By::Id("composer")).await?.send_keys(Key::Escape + Key::Backspace).await?;
    }
    Ok(())
}

async fn check(page: &Page, screen: Screen) -> Result<Vec<Violation>> {
    if page.run("return typeof axe").await? == "undefined" {
        page.run(AXE).await?;
    }
    page.run(PAINTED).await?;
    let found = page.driver().execute(CHECK, vec![json!(screen == Screen::Tall)]).await?;
    let found: Vec<Violation> = serde_json::from_value(found.json().clone())?;
    Ok(found.into_iter().filter(|violation| violation.id != FOR_PEOPLE).collect())
}

fn told(Violation { id, help, nodes }: &Violation) -> String {
    format!("{id}: {help}\n{}\n", nodes.join("\n").replace('\n', "\n    "))
}

/// Turns the switch until it is where it should be.
async fn paint(page: &Page, theme: &str) -> Result<()> {
    eventually("the theme", async || {
        let now = page.run("return document.documentElement.dataset.theme ?? ''").await?;
        if now != theme {
            page.run("document.querySelector('#theme').click()").await?;
        }
        ensure!(now == theme, "it is {now}");
        Ok(())
    })
    .await
}

async fn speak(page: &Page, language: &str) -> Result<()> {
    let choose = "const picker = document.querySelector('#language');
        picker.value = arguments[0];
        picker.dispatchEvent(new Event('change', { bubbles: true }));";
    page.driver().execute(choose, vec![json!(language)]).await?;
    page.returns("return document.documentElement.lang", language).await
}

/// Those who come by other ways than the page: bob, 老王, 🦊 and ci.
async fn people(server: &Binary) -> Result<[Terminal; 4]> {
    let bob = Terminal::join(server.tcp, "bob").await?;
    let wang = Terminal::join(server.tcp, "老王").await?;
    let fox = Terminal::join(server.tcp, "🦊").await?;
    let mut ci = Terminal::nc(server.tcp)?;
    ci.say(r#"{"t":"hello","v":1,"nick":"ci","client":"the-build-machine"}"#).await?;
    ci.until(r#"{"t":"live","head":0}"#).await?;
    Ok([bob, wang, fox, ci])
}

/// One of everything that a room can show.
async fn fill(ana: &Page, [bob, wang, fox, ci]: &mut [Terminal; 4]) -> Result<()> {
    ana.call_me("ana").await?;
    for number in 1..=20 {
        bob.say(&format!("line {number}")).await?;
    }
    bob.say("see https://wiki.lan/disks, *now* or `rm -r x`: **bold**").await?;
    wang.say("大家早！").await?;
    fox.say("/me waves").await?;
    ci.say(r#"{"t":"say","cid":"1","text":"> is it green?\nit is\n```\n34 tests\n```"}"#).await?;
    ana.say("mine").await?;
    ana.say("/me waves back").await?;
    ana.say("/nonsense").await?;
    ana.put(&"line\n".repeat(102)).await?;
    ana.until("all of it", |seen| {
        seen.texts("said").len() == 26 && seen.texts("failed").len() == 1 && seen.texts("notice").len() > 3
    })
    .await?;
    Ok(())
}

async fn rename_in_vain(ana: &Page) -> Result<()> {
    let field = ana.driver().find(By::Id("nick")).await?;
    field.clear().await?;
    field.send_keys("bob\u{e007}").await?;
    ana.returns("return document.querySelector('#nick-error')?.textContent ?? ''", "somebody here has that name").await
}

async fn read_further_up(ana: &Page, bob: &mut Terminal) -> Result<()> {
    let up = async || {
        // The first scroll event after the jump tells the page where its reader is.
        ana.run("document.querySelector('.log').scrollTop = 0").await?;
        ana.run(PAINTED).await?;
        ensure!(ana.run("return document.querySelector('.log').scrollTop").await? == 0);
        Ok(())
    };
    eventually("the reader to be further up", up).await?;
    for word in ["one", "two", "three"] {
        bob.say(word).await?;
    }
    ana.returns("return document.querySelector('#news')?.textContent ?? ''", "3 new").await
}
