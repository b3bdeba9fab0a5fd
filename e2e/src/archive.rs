//! What an operator does with a history from the command line.

use std::process::{Output, Stdio};

use anyhow::{Context, Result};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

use crate::{PATIENCE, executable};

/// Has the binary do something with a database, such as `export`, and read these lines from stdin.
///
/// # Errors
/// When it does not start, or not end.
pub async fn archive(db: &str, task: &[&str], lines: &[String]) -> Result<Output> {
    let mut child = Command::new(executable()?)
        .args(task)
        .args(["--db", db])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut stdin = child.stdin.take().context("no stdin")?;
    let text = lines.join("\n");
    let written = async move {
        // One that gives up early reads no more, and says why.
        let _ = stdin.write_all(text.as_bytes()).await;
    };
    let ((), output) = timeout(PATIENCE, async { tokio::join!(written, child.wait_with_output()) })
        .await
        .with_context(|| format!("commonroom {task:?} does not end"))?;
    Ok(output?)
}
