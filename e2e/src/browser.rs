//! Chromium through chromedriver: one driver for each test, and in it as many browsers as the test has users.

use std::env;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::FutureExt;
use thirtyfour::common::log::LoggingPrefsLogLevel;
use thirtyfour::{CapabilitiesHelper, ChromeCapabilities, ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::{PATIENCE, Page, target};

/// Chromium's flags: no window, no sandbox (which containers forbid), nothing of its own on the network.
const FLAGS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // A name of the web that leads to this machine, as a hostile site's can be made to.
    "--host-resolver-rules=MAP *.example 127.0.0.1",
];
/// A browser that does not close within this time is left to the end of its driver.
const CLOSE: Duration = Duration::from_secs(10);

/// Where a test opens its pages.
pub struct Browser {
    url: String,
    open: Mutex<Vec<Open>>,
    driver: Child,
    /// Held, so that the driver does not write into a closed pipe.
    _stdout: Lines<BufReader<ChildStdout>>,
}

/// One browser with a profile of its own.
struct Open {
    driver: WebDriver,
    profile: PathBuf,
}

/// Runs a test with browsers, which are closed whatever becomes of it. One such test at a time: each has up to two
/// browsers, and a machine may have two cores.
///
/// # Errors
/// The test's, with a picture of each page left in `target/tmp`.
pub async fn browse(test: impl AsyncFnOnce(&Browser) -> Result<()>) -> Result<()> {
    static ONE: Mutex<()> = Mutex::const_new(());
    let _one = ONE.lock().await;
    let browser = Browser::start().await?;
    let outcome = AssertUnwindSafe(test(&browser)).catch_unwind().await;
    browser.close(!matches!(outcome, Ok(Ok(())))).await;
    outcome.unwrap_or_else(|panic| resume_unwind(panic))
}

/// The driver is started so often at most.
const STARTS: usize = 3;

impl Browser {
    /// Starts the driver. It takes a free port of IPv4 and wants the same of IPv6, which another test may have: then it
    /// ends, and another one finds another port.
    async fn start() -> Result<Browser> {
        for _ in 1..STARTS {
            if let Ok(browser) = Browser::start_once().await {
                return Ok(browser);
            }
        }
        Browser::start_once().await
    }

    async fn start_once() -> Result<Browser> {
        let program = env::var("CHROMEDRIVER").unwrap_or_else(|_| "/usr/bin/chromedriver".to_owned());
        let mut driver = Command::new(&program)
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{program} does not start; on Debian: apt install chromium chromium-driver"))?;
        let mut stdout = BufReader::new(driver.stdout.take().context("no stdout")?).lines();
        let port = timeout(PATIENCE, port(&mut stdout)).await.context("chromedriver names no port")??;
        let url = format!("http://127.0.0.1:{port}");
        Ok(Browser { url, open: Mutex::default(), driver, _stdout: stdout })
    }

    /// Opens a page in a browser of its own, in English.
    ///
    /// # Errors
    /// When there is no browser, or no page.
    pub async fn open(&self, url: &str) -> Result<Page> {
        self.open_in("en-US", url).await
    }

    /// The same in another language.
    ///
    /// # Errors
    /// As [`Browser::open`].
    pub async fn open_in(&self, language: &str, url: &str) -> Result<Page> {
        let page = self.blank(language).await?;
        page.driver().goto(url).await?;
        Ok(page)
    }

    /// A browser that shows nothing yet.
    ///
    /// # Errors
    /// When there is no browser.
    pub async fn blank(&self, language: &str) -> Result<Page> {
        let profile = profile()?;
        let capabilities = capabilities(language, &profile)?;
        let driver = WebDriver::new(self.url.as_str(), capabilities).await?;
        self.open.lock().await.push(Open { driver: driver.clone(), profile });
        Ok(Page::new(driver))
    }

    async fn close(mut self, failed: bool) {
        for (number, Open { driver, profile }) in self.open.into_inner().into_iter().enumerate() {
            if failed {
                picture(&driver, number).await;
            }
            // A browser that does not answer must not hide why the test failed.
            let _ = timeout(CLOSE, driver.quit()).await;
            let _ = std::fs::remove_dir_all(profile);
        }
        let _ = self.driver.kill().await;
    }
}

async fn port(stdout: &mut Lines<BufReader<ChildStdout>>) -> Result<String> {
    while let Some(line) = stdout.next_line().await? {
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            return Ok(port.trim_end_matches('.').to_owned());
        }
    }
    bail!("chromedriver has ended")
}

/// A new folder under `target/tmp`.
fn profile() -> Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let profile = target().join("tmp").join(format!("chromium-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&profile).with_context(|| format!("cannot make {}", profile.display()))?;
    Ok(profile)
}

fn capabilities(language: &str, profile: &Path) -> Result<ChromeCapabilities> {
    let mut chromium = DesiredCapabilities::chrome();
    chromium.set_binary(&env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned()))?;
    for flag in FLAGS {
        chromium.add_arg(flag)?;
    }
    chromium.add_arg(&format!("--lang={language}"))?;
    chromium.add_arg(&format!("--accept-lang={language}"))?;
    chromium.add_arg(&format!("--user-data-dir={}", profile.display()))?;
    // The tests make certificates of their own.
    chromium.accept_insecure_certs(true)?;
    chromium.set_browser_log_level(LoggingPrefsLogLevel::All)?;
    Ok(chromium)
}

/// What the page looked like when the test failed.
async fn picture(driver: &WebDriver, number: usize) {
    let path = target().join("tmp").join(format!("failed-{}-{number}.png", std::process::id()));
    if driver.screenshot(&path).await.is_ok() {
        eprintln!("the page as it was: {}", path.display());
    }
}
