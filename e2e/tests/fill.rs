//! What `cargo xtask fill` writes is what the server's import takes.

use anyhow::{Result, ensure};
use commonroom_e2e::{Database, archive};

/// The generator itself: xtask is no library.
#[path = "../../xtask/src/fill/chatter.rs"]
mod chatter;

const NOW: u64 = 1_790_000_000_000;

#[tokio::test]
async fn a_thousand_synthetic_messages_are_imported_as_they_are() -> Result<()> {
    let database = Database::new()?;
    for room in ["lobby", "天气"] {
        let lines: Vec<String> = chatter::chatter(room, 1000, NOW).collect();
        let imported = archive(database.path(), &["import", "-"], &lines).await?;
        ensure!(imported.status.success(), "{imported:?}");
        let kept = database.export(room).await?;
        ensure!(kept.len() == 1000, "{room} has {} messages", kept.len());
        for (said, line) in kept.iter().zip(&lines) {
            ensure!(serde_json::from_str::<commonroom_protocol::Said>(line)? == *said, "{line} became {said:?}");
        }
    }
    database.check().await?;
    database.remove()
}
