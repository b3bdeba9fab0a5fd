//! Draws the pictures in docs/screenshots: `cargo run -p commonroom-e2e --example screenshots`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use commonroom_e2e::{Binary, Browser, Page, Terminal, browse};
use serde_json::{Value, json};

/// A message of several lines, as a program sends it.
const BUILD: &str = r"build 2041 is green: `223 passed, 0 failed`\n```\nprotocol   34 tests\nbackend   128 tests\nfrontend   61 tests\n```";

/// One picture of a conversation for each width, theme and language, and one of an empty room.
const WIDTHS: [u32; 3] = [360, 768, 1440];
const THEMES: [&str; 2] = ["dark", "light"];
const LANGUAGES: [(&str, &str); 3] = [("ar", "ar"), ("en", "en-US"), ("zh", "zh-CN")];

/// One picture.
struct Shot {
    /// In CSS pixels.
    width: u32,
    theme: &'static str,
    /// As a browser names it.
    language: &'static str,
    /// Nobody has said anything yet.
    empty: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("docs").join("screenshots");
    fs::create_dir_all(&folder)?;
    for width in WIDTHS {
        for theme in THEMES {
            for (short, language) in LANGUAGES {
                for scene in ["room", "empty"] {
                    let path = folder.join(format!("{scene}-{width}-{theme}-{short}.png"));
                    let shot = Shot { width, theme, language, empty: scene == "empty" };
                    browse(async |browser| {
                        fs::write(&path, shot.take(browser).await?)?;
                        println!("{} ({} bytes)", path.display(), fs::metadata(&path)?.len());
                        Ok(())
                    })
                    .await?;
                }
            }
        }
    }
    Ok(())
}

impl Shot {
    async fn take(&self, browser: &Browser) -> Result<Vec<u8>> {
        let server = Binary::start_with(&["--burst", "0"]).await?;
        let mut people = people(&server).await?;
        let page = browser.blank(self.language).await?;
        self.fit(&page).await?;
        for path in ["/r/ops", "/r/上课", "/r/printers", "/"] {
            page.driver().goto(server.url(path)).await?;
            page.connected().await?;
        }
        page.call_me("ana").await?;
        if self.empty {
            page.run("return document.fonts.ready.then(() => new Promise(requestAnimationFrame))").await?;
            return Ok(page.driver().screenshot_as_png().await?);
        }
        conversation(&page, &mut people).await?;
        page.until("the whole conversation", |seen| seen.texts("said").len() == 14).await?;
        page.run("return document.fonts.ready.then(() => new Promise(requestAnimationFrame))").await?;
        Ok(page.driver().screenshot_as_png().await?)
    }

    async fn fit(&self, page: &Page) -> Result<()> {
        let phone = self.width < 600;
        let metrics = json!({
            "width": self.width, "height": if phone { 720 } else { 900 }, "mobile": phone,
            "deviceScaleFactor": if phone { 2 } else { 1 },
        });
        cdp(page, "Emulation.setDeviceMetricsOverride", metrics).await?;
        let theme = json!({ "features": [{ "name": "prefers-color-scheme", "value": self.theme }] });
        cdp(page, "Emulation.setEmulatedMedia", theme).await
    }
}

async fn cdp(page: &Page, method: &str, parameters: Value) -> Result<()> {
    page.driver().cdp().send_raw(method, parameters).await.map(drop).with_context(|| method.to_owned())
}

/// Those who come by other ways than the page: bob, 老王 and ci.
async fn people(server: &Binary) -> Result<[Terminal; 3]> {
    let bob = Terminal::join(server.tcp, "bob").await?;
    let wang = Terminal::join(server.tcp, "老王").await?;
    let mut ci = Terminal::nc(server.tcp)?;
    ci.say(r#"{"t":"hello","v":1,"nick":"ci","client":"the-build-machine"}"#).await?;
    ci.until(r#"{"t":"live","head":0}"#).await?;
    Ok([bob, wang, ci])
}

/// An ordinary morning, over every way in.
async fn conversation(ana: &Page, [bob, wang, ci]: &mut [Terminal; 3]) -> Result<()> {
    say(ana, "morning! has anybody seen the label printer?").await?;
    type_in(bob, ana, "by the window, under the plant").await?;
    type_in(bob, ana, "it is out of paper though").await?;
    say(ana, "/me goes to find some paper").await?;
    type_in(wang, ana, "大家早！我用 nc 连进来的，能看到中文吗？").await?;
    say(ana, "看得到 👍").await?;
    type_in(wang, ana, "太好了。传感器的数据我下午发到这里").await?;
    type_in(ci, ana, &format!(r#"{{"t":"say","cid":"1","text":"{BUILD}"}}"#)).await?;
    type_in(bob, ana, "that was quick. the label's text is at https://wiki.lan/labels").await?;
    type_in(bob, ana, "shall I put it on the shop-floor machine? It only has a terminal, but that will do").await?;
    say(ana, "yes please, after lunch").await?;
    type_in(bob, ana, "/me waves").await?;
    type_in(ci, ana, r#"{"t":"say","cid":"2","text":"deployed 2041 to shop-floor"}"#).await?;
    say(ana, "thank you both 🎉").await
}

/// Says something on the page, whatever keys it takes, and waits until it is in the log.
async fn say(page: &Page, text: &str) -> Result<()> {
    let before = page.see().await?.texts("said").len();
    page.put(text).await?;
    page.until("its own words", |seen| seen.texts("said").len() > before).await.map(drop)
}

/// The same in a terminal.
async fn type_in(terminal: &mut Terminal, page: &Page, line: &str) -> Result<()> {
    let before = page.see().await?.texts("said").len();
    terminal.say(line).await?;
    page.until("the words", |seen| seen.texts("said").len() > before).await.map(drop)
}
