//! Commonroom end to end: the real binary, a real Chromium, a real `nc`. Here is what the tests are written with; the
//! tests themselves are in `tests/`, one theme a file, and the pictures for the docs in `examples/screenshots.rs`.
//!
//! Nothing here waits for a time to pass: [`eventually`] looks until something is so, and gives up after [`PATIENCE`].
//! Only what must come at a random moment, as the end of a server does, is thrown for with [`Dice`].
//!
//! The environment may name the programs: `COMMONROOM_BIN`, `CHROMIUM`, `CHROMEDRIVER`.

mod archive;
mod binary;
mod browser;
mod bystander;
mod console;
mod crowd;
mod database;
mod dice;
mod evidence;
pub mod history;
mod listener;
mod mount;
mod page;
mod pipe;
mod program;
mod proxy;
mod terminal;
pub mod trace;
mod web;
mod witness;

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::{Instant, sleep};

pub use archive::archive;
pub use binary::{Binary, Ended, executable};
pub use browser::{Browser, browse};
pub use bystander::{Bystander, Waits};
pub use console::Console;
pub use crowd::Crowd;
pub use database::Database;
pub use dice::Dice;
pub use evidence::{found, sized};
pub use listener::Listener;
pub use mount::Mount;
pub use page::{Page, Row, Seen};
pub use pipe::{Door, Pipe, socket};
pub use program::{Habits, Program, Stage};
pub use proxy::Proxy;
pub use terminal::Terminal;
pub use web::{Answer, get};
pub use witness::Witness;

/// The longest that anything is waited for. Nothing here takes a quarter of it on two busy cores.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// How often [`eventually`] looks.
const LOOK: Duration = Duration::from_millis(40);

/// Looks until there is no error.
///
/// # Errors
/// The last error, if it is still there after [`PATIENCE`]; `what` names what was waited for.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    let give_up = Instant::now() + PATIENCE;
    loop {
        match look().await {
            Err(not_yet) if Instant::now() > give_up => {
                return Err(not_yet).with_context(|| format!("waited {PATIENCE:?} for {what}"));
            }
            Err(_) => sleep(LOOK).await,
            found => return found,
        }
    }
}

/// The folder of the workspace.
pub fn root() -> &'static Path {
    let e2e = Path::new(env!("CARGO_MANIFEST_DIR"));
    e2e.parent().unwrap_or(e2e)
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    let asked = env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty());
    asked.map_or_else(|| root().join("target"), |dir| root().join(dir))
}
