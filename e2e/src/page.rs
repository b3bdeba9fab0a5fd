//! Our page in a browser, as somebody sees and uses it. It relies on the hooks that the web client's `lib.rs` names.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use thirtyfour::{By, Key, WebDriver};

use crate::{Terminal, eventually};

/// All that can be seen of the page, taken at one moment.
const SEE: &str = r#"
    const all = (selector, node = document) => [...node.querySelectorAll(selector)];
    const words = (node) => node?.textContent ?? "";
    return {
        title: document.title,
        state: document.querySelector(".pill")?.dataset.state ?? "",
        rows: all("[data-row]").map((row) => ({
            kind: row.dataset.row,
            seq: row.dataset.seq ? Number(row.dataset.seq) : null,
            own: "cid" in row.dataset,
            from: row.getAttribute("aria-label")?.split(", ")[0] ?? "",
            text: words(row.querySelector(".what") ?? row),
        })),
        people: all(".person").map((person) => all("span", person).map(words).join(" ")),
    };"#;

/// Each program that can join, and what is shown when it is chosen.
const WAYS: &str = "return [...document.querySelectorAll('#join label')].map((label) => {
    label.click();
    const shown = [...document.querySelectorAll('#join pre')].filter((pre) => pre.checkVisibility());
    return [label.textContent, shown.map((pre) => pre.innerText).join()];
})";

/// Keeps each state that the connection has from now on.
const WATCH: &str = r#"
    window.states = [document.querySelector(".pill").dataset.state];
    new MutationObserver((changes) => changes.forEach(() => {
        const state = document.querySelector(".pill").dataset.state;
        if (window.states.at(-1) !== state) window.states.push(state);
    })).observe(document.body, { subtree: true, attributeFilter: ["data-state"] });"#;

/// Keeps, from before the page's first line on, what a page is blamed for.
const BLAME: &str = r#"
    window.blame = [];
    addEventListener("error", (event) => blame.push(`error: ${event.message ?? event.target}`), true);
    addEventListener("unhandledrejection", (event) => blame.push(`rejection: ${event.reason}`));
    addEventListener("securitypolicyviolation", (event) =>
        blame.push(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
    for (const level of ["error", "warn"]) {
        const before = console[level];
        console[level] = (...words) => { blame.push(`${level}: ${words.join(" ")}`); before(...words); };
    }"#;

/// A browser that shows our page.
pub struct Page(WebDriver);

/// What the page shows.
#[derive(Clone, Debug, Deserialize)]
pub struct Seen {
    /// The tab's title.
    pub title: String,
    /// The connection: `connected`, `connecting`, `waiting` or `stopped`.
    pub state: String,
    /// All rows, oldest first.
    pub rows: Vec<Row>,
    /// Who is here and by which way, as `bob nc`; oneself is `ana you`.
    pub people: Vec<String>,
}

/// One row.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Row {
    /// `said`, `pending`, `failed`, `notice` or `gap`.
    pub kind: String,
    /// The place in the room's order, of what has been said.
    pub seq: Option<u64>,
    /// Whether it is this tab's own.
    pub own: bool,
    /// Who said it, as a screen reader is told.
    pub from: String,
    /// The words.
    pub text: String,
}

impl Seen {
    /// The words of all rows of a kind.
    pub fn texts(&self, kind: &str) -> Vec<&str> {
        self.rows.iter().filter(|row| row.kind == kind).map(|row| row.text.as_str()).collect()
    }

    /// What was said, each line as a terminal shows it: `<bob> hi`.
    pub fn said(&self) -> Vec<String> {
        let said = self.rows.iter().filter(|row| row.kind == "said");
        said.map(|row| format!("<{}> {}", row.from, row.text)).collect()
    }

    /// Whether this line is among what was said.
    pub fn has(&self, line: &str) -> bool {
        self.said().iter().any(|said| said == line)
    }
}

impl Page {
    pub(crate) fn new(driver: WebDriver) -> Page {
        Page(driver)
    }

    /// What chromedriver can do with it.
    pub fn driver(&self) -> &WebDriver {
        &self.0
    }

    /// Runs a script and gives back what it returns.
    ///
    /// # Errors
    /// When it throws.
    pub async fn run(&self, script: &str) -> Result<Value> {
        Ok(self.0.execute(script, Vec::new()).await?.json().clone())
    }

    /// What the page shows now.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn see(&self) -> Result<Seen> {
        serde_json::from_value(self.run(SEE).await?).context("the page can't be read")
    }

    /// Waits until the page shows something.
    ///
    /// # Errors
    /// When it does not, with what it shows instead.
    pub async fn until(&self, what: &str, test: impl Fn(&Seen) -> bool) -> Result<Seen> {
        let look = async || {
            let seen = self.see().await?;
            ensure!(test(&seen), "the page shows {seen:#?}");
            Ok(seen)
        };
        eventually(what, look).await
    }

    /// Waits until the page is in the room.
    ///
    /// # Errors
    /// When it does not get there.
    pub async fn connected(&self) -> Result<Seen> {
        self.until("a page that is connected", |seen| seen.state == "connected").await
    }

    /// Takes a name, once the page is in the room.
    ///
    /// # Errors
    /// When it does not get it.
    pub async fn call_me(&self, nick: &str) -> Result<Seen> {
        self.connected().await?;
        self.say(&format!("/nick {nick}")).await?;
        // "ana you", in the page's language.
        let you = format!("{nick} ");
        self.until("one's own name", |seen| seen.people.iter().any(|one| one.starts_with(&you))).await
    }

    /// Clicks on a room at the side, and waits until the page shows it.
    ///
    /// # Errors
    /// When it is not among the rooms, or is not shown.
    pub async fn go(&self, room: &str) -> Result<Seen> {
        self.0.find(By::Css(format!(".room[href='/r/{room}']"))).await?.click().await?;
        self.in_room(room).await
    }

    /// Waits until the page shows this room, whether or not there is a connection.
    ///
    /// # Errors
    /// When it does not.
    pub async fn in_room(&self, room: &str) -> Result<Seen> {
        // What is unread is counted before the name.
        let title = format!("{room} · Commonroom");
        self.until(room, |seen| seen.title.rsplit(") ").next() == Some(&title)).await
    }

    /// Types a text, key by key, and presses Enter.
    ///
    /// # Errors
    /// When there is nothing to type into.
    pub async fn say(&self, text: &str) -> Result<()> {
        Ok(self.0.find(By::Id("composer")).await?.send_keys(text + Key::Enter).await?)
    }

    /// Puts in any text at once, also one that no key types, and presses the button.
    ///
    /// # Errors
    /// When there is nothing to put it into.
    pub async fn put(&self, text: &str) -> Result<()> {
        let script = "document.querySelector('#composer').value = arguments[0]";
        self.0.execute(script, vec![text.into()]).await?;
        Ok(self.0.find(By::Id("send")).await?.click().await?)
    }

    /// The programs that can join, and what the panel that an empty room shows has for each.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn ways(&self) -> Result<Vec<(String, String)>> {
        serde_json::from_value(self.run(WAYS).await?).context("the ways can't be read")
    }

    /// Runs a way's line, types into it where that is how it is used, and waits for its words.
    ///
    /// # Errors
    /// When they do not come.
    pub async fn hears_from(&self, program: &str, line: &str, typed: bool) -> Result<()> {
        let mut there = Terminal::start("bash", ["-c", line])?;
        let words = format!("hello from {program}");
        if typed {
            there.say(&words).await?;
        }
        let said = self.until(&words, |seen| seen.texts("said").contains(&words.as_str())).await;
        said.map(drop).with_context(|| format!("`{line}`"))
    }

    /// Keeps each state that the connection has from now on, for [`Page::states`].
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn watch_states(&self) -> Result<()> {
        self.run(WATCH).await.map(drop)
    }

    /// The states since [`Page::watch_states`], without repetitions.
    ///
    /// # Errors
    /// When they were not watched.
    pub async fn states(&self) -> Result<Vec<String>> {
        serde_json::from_value(self.run("return window.states").await?).context("no states were kept")
    }

    /// Asks the browser itself, by the protocol of its developer tools.
    ///
    /// # Errors
    /// When it does not do so.
    pub async fn cdp(&self, method: &str, parameters: Value) -> Result<()> {
        self.0.cdp().send_raw(method, parameters).await.map(drop).with_context(|| method.to_owned())
    }

    /// Gives the page a screen of this size, in CSS pixels.
    ///
    /// # Errors
    /// When the browser does not.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.cdp("Emulation.setDeviceMetricsOverride", size).await
    }

    /// Runs a script in every document from now on, before anything of its own.
    ///
    /// # Errors
    /// When the browser does not take it.
    pub async fn run_first(&self, script: &str) -> Result<()> {
        self.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await
    }

    /// Waits until a script returns this.
    ///
    /// # Errors
    /// When it does not, with what it returns instead.
    pub async fn returns(&self, script: &str, expected: impl Into<Value>) -> Result<()> {
        let expected = expected.into();
        let look = async || {
            let found = self.run(script).await?;
            ensure!(found == expected, "`{script}` returns {found}");
            Ok(())
        };
        eventually(&expected.to_string(), look).await
    }

    /// Keeps what the pages that come are blamed for, for [`Page::blame`].
    ///
    /// # Errors
    /// When the browser does not answer.
    pub async fn keep_blame(&self) -> Result<()> {
        self.run_first(BLAME).await
    }

    /// What the page itself has noticed since it began, and what the browser's log has had since it was last read.
    ///
    /// # Errors
    /// When it was not kept.
    pub async fn blame(&self) -> Result<Vec<String>> {
        let mut blamed: Vec<String> = serde_json::from_value(self.run("return window.blame").await?)?;
        let log = self.0.browser_log().await?;
        let serious = log.into_iter().filter(|entry| ["SEVERE", "WARNING"].contains(&entry.level.as_str()));
        blamed.extend(serious.map(|entry| format!("{}: {}", entry.level, entry.message)));
        Ok(blamed)
    }
}
