//! What `cargo xtask fill` writes is what the server's import takes.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{Database, executable};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// The generator itself: xtask is no library.
#[path = "../../xtask/src/fill/chatter.rs"]
mod chatter;

const NOW: u64 = 1_790_000_000_000;

#[tokio::test]
async fn a_thousand_synthetic_messages_are_imported_as_they_are() -> Result<()> {
    let database = Database::new()?;
    for room in ["lobby", "天气"] {
        let lines: Vec<String> = chatter::chatter(room, 1000, NOW).collect();
        import(&database, &lines).await?;
        let kept = database.export(room).await?;
        ensure!(kept.len() == 1000, "{room} has {} messages", kept.len());
        for (said, line) in kept.iter().zip(&lines) {
            ensure!(serde_json::from_str::<commonroom_protocol::Said>(line)? == *said, "{line} became {said:?}");
        }
    }
    database.check().await?;
    database.remove()
}

async fn import(database: &Database, lines: &[String]) -> Result<()> {
    let mut import = Command::new(executable()?)
        .args(["import", "-", "--db", database.path()])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut stdin = import.stdin.take().context("no stdin")?;
    stdin.write_all(lines.join("\n").as_bytes()).await?;
    drop(stdin);
    let output = import.wait_with_output().await?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
