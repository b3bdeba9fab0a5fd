//! Draws the icons of the installed page from its favicon: `cargo run -p commonroom-e2e --example icons`.

use std::fs;

use anyhow::Result;
use commonroom_e2e::{Page, browse, root};
use serde_json::json;

/// The ground, as `--paper` of the light theme.
const PAPER: &str = "#faf8f4";
/// The side of the favicon's own square.
const SIDE: f64 = 24.0;

struct Icon {
    name: &'static str,
    pixels: u32,
    /// How much of the icon's side the favicon takes.
    share: f64,
    /// How round the corners are, as a share of the side.
    round: f64,
}

/// Systems cut their own shapes out of the last two. What is within 40 % of the centre is safe from that
/// (<https://www.w3.org/TR/appmanifest/#icon-masks>), and the house ends at 53 % of the favicon.
const ICONS: [Icon; 4] = [
    Icon { name: "192", pixels: 192, share: 0.8, round: 0.22 },
    Icon { name: "512", pixels: 512, share: 0.8, round: 0.22 },
    Icon { name: "maskable-512", pixels: 512, share: 0.72, round: 0.0 },
    Icon { name: "apple-touch-180", pixels: 180, share: 0.74, round: 0.0 },
];

#[tokio::main]
async fn main() -> Result<()> {
    browse(async |browser| {
        let page = browser.blank("en-US").await?;
        let clear = json!({ "color": { "r": 0, "g": 0, "b": 0, "a": 0 } });
        page.cdp("Emulation.setDefaultBackgroundColorOverride", clear).await?;
        for icon in ICONS {
            icon.draw(&page).await?;
        }
        Ok(())
    })
    .await
}

impl Icon {
    async fn draw(&self, page: &Page) -> Result<()> {
        page.resize(self.pixels, self.pixels).await?;
        page.driver().goto(format!("data:image/svg+xml,{}", self.svg()?.replace('#', "%23"))).await?;
        let path = root().join("frontend/icons").join(format!("{}.png", self.name));
        fs::write(&path, page.driver().screenshot_as_png().await?)?;
        println!("{} ({} bytes)", path.display(), fs::metadata(&path)?.len());
        Ok(())
    }

    /// The favicon in the middle of its ground.
    fn svg(&self) -> Result<String> {
        let favicon = fs::read_to_string(root().join("frontend/favicon.svg"))?;
        let (side, round) = (SIDE * self.share, SIDE * self.round);
        let edge = (SIDE - side) / 2.0;
        let placed = format!(r#"<svg x="{edge}" y="{edge}" width="{side}" height="{side}""#);
        let favicon = favicon.replacen("<svg", &placed, 1);
        let ground = format!(r#"<rect width="{SIDE}" height="{SIDE}" rx="{round}" fill="{PAPER}"/>"#);
        Ok(format!(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}">{ground}{favicon}</svg>"#))
    }
}
