//! A page whose program has failed says so and offers a way on, and nothing that was written is lost.

use anyhow::Result;
use commonroom_e2e::{Binary, Terminal, browse};
use thirtyfour::By;

/// Takes from the program something that it needs for the next line of the log. It is there before the page is, since a
/// browser tells nothing of what a driver's own scripts throw.
const BREAK: &str = "window.fail = () => Intl.PluralRules = class { constructor() { throw new Error('broken'); } }";

const SHOWN: &str = "return document.querySelector('.crash').checkVisibility()";

#[tokio::test]
async fn a_program_that_fails_leaves_a_way_to_reload_and_the_draft() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.open(&server.url("/")).await?;
        page.run_first(BREAK).await?;
        page.driver().refresh().await?;
        page.connected().await?;
        page.driver().find(By::Id("composer")).await?.send_keys("half a thought").await?;
        page.returns(SHOWN, false).await?;
        page.run("fail()").await?;
        let _bob = Terminal::join(server.tcp, "bob").await?;
        page.returns(SHOWN, true).await?;

        page.run("document.querySelector('.crash a').click()").await?;
        page.connected().await?;
        page.returns(SHOWN, false).await?;
        page.returns("return document.querySelector('#composer').value", "half a thought").await?;
        Ok(())
    })
    .await
}
