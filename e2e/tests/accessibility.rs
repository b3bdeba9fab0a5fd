//! Nothing on the page shuts anybody out: axe-core finds nothing, in either theme, on a phone and on a desk, from left to
//! right and from right to left, and whatever the page shows just then.

use anyhow::{Context, Result, ensure};
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
    const resultTypes = ["violations", "incomplete"];
    const what = (node) => [node.target.join(" "), node.html, node.failureSummary].join("\n");
    return axe.run(document, { runOnly, resultTypes }).then(({ violations, incomplete }) =>
        [...violations, ...(arguments[0] ? incomplete : [])]
            .map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(what) })));"#;
/// What axe asks a person to look at, whatever the page is like.
const FOR_PEOPLE: &str = "hidden-content";

/// Waits until all that was asked for so far is on the screen.
const PAINTED: &str = "return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))";

const THEMES: [&str; 2] = ["dark", "light"];
/// One from left to right, and one from right to left.
const LANGUAGES: [&str; 2] = ["en", "ar"];
const PHONE: u32 = 360;
const DESK: u32 = 1440;

/// Where the page is looked at, and how much of it.
const SCENES: [(Scene, &[u32], Screen); 15] = [
    (Scene::Empty, &[PHONE, DESK], Screen::Real),
    (Scene::Full, &[PHONE, DESK], Screen::Tall),
    (Scene::Pointed, &[DESK], Screen::Real),
    (Scene::Rooms, &[PHONE], Screen::Real),
    (Scene::People, &[PHONE], Screen::Real),
    (Scene::Join, &[PHONE], Screen::Real),
    (Scene::Notify, &[PHONE], Screen::Real),
    (Scene::Search, &[DESK], Screen::Real),
    (Scene::Suggestions, &[PHONE], Screen::Real),
    (Scene::Naming, &[DESK], Screen::Real),
    (Scene::FurtherUp, &[PHONE], Screen::Real),
    (Scene::Crashed, &[PHONE], Screen::Real),
    (Scene::Lost, &[PHONE], Screen::Real),
    (Scene::Rewound, &[DESK], Screen::Tall),
    (Scene::NoRoom, &[PHONE], Screen::Tall),
];
/// Leaves what the scene before has opened.
const CLEAR: &str = "document.querySelector(':popover-open')?.hidePopover();
    document.querySelector('#nick')?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    const area = document.querySelector('#composer');
    area.value = '';
    area.dispatchEvent(new Event('input', { bubbles: true }));
    document.querySelector('.crash').hidden = true;";

/// What the page shows; each follows from the one before.
#[derive(Clone, Copy, Debug)]
enum Scene {
    /// A room where nothing was said: the ways to join.
    Empty,
    /// One of everything that a room can show, a message that failed among it.
    Full,
    /// The pointer over something that one may choose.
    Pointed,
    /// The sheet of the rooms, one of which calls.
    Rooms,
    People,
    Join,
    Notify,
    /// The search panel, with what it has found.
    Search,
    /// Names that are offered while one writes, the first of them chosen.
    Suggestions,
    /// One's name, being changed to one that somebody has.
    Naming,
    /// A reader who is not at the end, and news.
    FurtherUp,
    /// What is shown when the program has failed.
    Crashed,
    /// No connection, and a message that waits for one.
    Lost,
    /// A history that was reset.
    Rewound,
    /// An address that names no room.
    NoRoom,
}

/// How much of the page there is to see.
#[derive(Clone, Copy, Debug, PartialEq)]
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
async fn axe_finds_nothing_whatever_the_page_shows() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start_with(&["--burst", "0"]).await?;
        let page = browser.open(&server.url("/")).await?;
        let dan = Terminal::join_room(server.tcp, "dan", "ops").await?;
        let mut stage = Stage { page, dan, people: people(&server).await?, server };
        let mut found = Vec::new();
        for (scene, widths, screen) in SCENES {
            stage.page.resize(widths[0], screen.height(widths[0])).await?;
            stage.show(scene).await.with_context(|| format!("{scene:?}"))?;
            for width in widths {
                stage.page.resize(*width, screen.height(*width)).await?;
                found.extend(look(&stage.page, scene, screen).await.with_context(|| format!("{scene:?}, {width} px"))?);
            }
        }
        ensure!(found.is_empty(), "{}", found.join("\n"));
        Ok(())
    })
    .await
}

/// Without this the rest would prove nothing.
#[tokio::test]
async fn what_is_wrong_axe_finds() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.open(&server.url("/")).await?;
        page.connected().await?;
        page.resize(DESK, Screen::Tall.height(DESK)).await?;
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

/// Who is there, and what they look at.
struct Stage {
    page: Page,
    /// At an nc in ops.
    dan: Terminal,
    /// In the lobby: bob, 老王, 🦊 and ci.
    people: [Terminal; 4],
    server: Binary,
}

impl Scene {
    /// What can be seen in this scene alone.
    fn sight(self) -> &'static str {
        match self {
            Scene::Empty => ".empty pre",
            Scene::Full => "[data-row=failed] .fix",
            Scene::Pointed => "#language:hover",
            Scene::Rooms => "#rooms:popover-open b[data-is=you]",
            Scene::People => "#people:popover-open .person",
            Scene::Join => "#join:popover-open pre",
            Scene::Notify => "#notify:popover-open input",
            Scene::Search => "#search:popover-open .hit",
            Scene::Suggestions => "#suggestions [aria-selected=true]",
            Scene::Naming => "#nick-error:not(:empty)",
            Scene::FurtherUp => "#news",
            Scene::Crashed => ".crash",
            Scene::Lost => ".link[data-is=lost] #retry",
            Scene::Rewound => "[data-row=gap]",
            Scene::NoRoom => ".stop",
        }
    }
}

impl Stage {
    /// Brings the page there, from the scene before.
    async fn show(&mut self, scene: Scene) -> Result<()> {
        let page = &self.page;
        page.returns("return document.querySelector('.pill') !== null", true).await?;
        page.run(CLEAR).await?;
        match scene {
            Scene::Empty => page.connected().await.map(drop)?,
            Scene::Pointed => {}
            Scene::Full => fill(page, &mut self.dan, &mut self.people).await?,
            Scene::Rooms => open(page, "rooms").await?,
            Scene::People => open(page, "people").await?,
            Scene::Join => open(page, "join").await?,
            Scene::Notify => open(page, "notify").await?,
            Scene::Search => {
                open(page, "search").await?;
                page.driver().find(By::Id("query")).await?.send_keys("line").await?;
            }
            Scene::Suggestions => page.driver().find(By::Id("composer")).await?.send_keys("@" + Key::Down).await?,
            Scene::Naming => rename_in_vain(page).await?,
            Scene::FurtherUp => read_further_up(page, &mut self.people[0]).await?,
            Scene::Crashed => page.run("document.querySelector('.crash').hidden = false").await.map(drop)?,
            Scene::Lost => {
                self.server.kill().await?;
                page.until("the break", |seen| seen.state == "waiting").await?;
                page.put("for later").await?;
            }
            Scene::Rewound => self.server.start_again().await?,
            Scene::NoRoom => page.driver().goto(self.server.url("/r/a%20b")).await?,
        }
        Ok(())
    }
}

/// Looks at the page in each language and theme. What axe finds.
async fn look(page: &Page, scene: Scene, screen: Screen) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for language in LANGUAGES {
        speak(page, language).await?;
        if let Scene::Pointed = scene {
            // It is at another place in each direction.
            let picker = page.driver().find(By::Id("language")).await?;
            page.driver().action_chain().move_to_element_center(&picker).perform().await?;
        }
        for theme in THEMES {
            paint(page, theme).await?;
            let seen = format!("return document.querySelector('{}')?.checkVisibility() ?? false", scene.sight());
            page.returns(&seen, true).await?;
            let violations = check(page, screen).await?;
            found.extend(violations.iter().map(|one| format!("{scene:?}, {language}, {theme}: {}", told(one))));
        }
    }
    Ok(found)
}

async fn open(page: &Page, sheet: &str) -> Result<()> {
    page.run(&format!("document.querySelector('[popovertarget={sheet}]').click()")).await.map(drop)
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
    let turn = "const [theme, root] = [arguments[0], document.documentElement];
        return (async () => {
            while (root.dataset.theme !== theme) {
                document.querySelector('#theme').click();
                await new Promise(requestAnimationFrame);
            }
        })();";
    page.driver().execute(turn, vec![json!(theme)]).await?;
    Ok(())
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
async fn fill(ana: &Page, dan: &mut Terminal, [bob, wang, fox, ci]: &mut [Terminal; 4]) -> Result<()> {
    ana.call_me("ana").await?;
    for room in ["ops", "lobby"] {
        ana.say(&format!("/join {room}")).await?;
        ana.in_room(room).await?;
        ana.connected().await?;
    }
    dan.say("ana?").await?;
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
    ana.driver().find(By::Id("me")).await?.click().await?;
    let field = ana.driver().find(By::Id("nick")).await?;
    field.clear().await?;
    Ok(field.send_keys("bob" + Key::Enter).await?)
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
    bob.say("news").await
}
