//! The file goes away while the server runs, or may no longer be written to.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{Binary, Database, Mount};
use commonroom_protocol::{Code, Seq};

use crate::held::{refused, sentence};
use crate::saboteur::Saboteur;
use crate::speaker::{Fate, Speaker};

/// A server, somebody who has said something, and the files.
struct Scene {
    database: Database,
    server: Binary,
    ana: Speaker,
}

impl Scene {
    async fn on(database: Database) -> Result<Scene> {
        let server = Binary::start_with(&["--db", database.path(), "--burst", "0"]).await?;
        let mut ana = Speaker::join(&server, "ana").await?;
        ana.must_say("weather before").await?;
        Ok(Scene { database, server, ana })
    }

    /// Nothing is taken, all can be read.
    async fn only_reads(&mut self) -> Result<()> {
        for attempt in 0..3 {
            let fate = self.ana.say(&format!("nowhere {attempt}")).await?;
            ensure!(matches!(fate, Fate::Refused(Code::StoreDown, Some(_))), "{fate:?}");
        }
        self.ana.reads("weather").await?;
        let mut newcomer = Speaker::join(&self.server, "newcomer").await?;
        ensure!(newcomer.heard == self.ana.heard, "{:?}", newcomer.heard);
        newcomer.reads("weather").await
    }

    /// It ends well, has named this file, and all is there; then it goes on with that.
    async fn ends_and_goes_on(mut self, named: &str) -> Result<Database> {
        let ended = self.server.stop("TERM").await?;
        ensure!(ended.status.success() && ended.stderr.contains(named), "{named} is not named: {ended:?}");
        self.ana.proves(&self.database).await?;
        self.database.check().await?;
        self.server.start_again().await?;
        let mut back = Speaker::join_since(&self.server, "back", Seq(0)).await?;
        ensure!(back.heard == self.ana.heard, "another history after the restart: {:?}", back.heard);
        back.must_say("and on").await?;
        self.server.stop("TERM").await?;
        Ok(self.database)
    }
}

#[tokio::test]
async fn a_file_that_is_moved_away_is_used_again_when_it_is_back() -> Result<()> {
    let mut scene = Scene::on(Database::new()?).await?;
    let (path, away) = (scene.database.path().to_owned(), scene.database.beside("away"));
    fs::rename(&path, &away)?;
    scene.only_reads().await?;
    // Something else in its place is not it.
    fs::write(&path, "something else")?;
    scene.only_reads().await?;
    fs::rename(&away, &path)?;
    println!("messages are taken again {:?} after the file is back", scene.ana.heals("after").await?);
    scene.ends_and_goes_on(&format!("{path} is no longer there")).await?.remove()
}

/// What was in it is saved at once, even if the server is killed then.
#[tokio::test]
async fn a_log_that_is_removed_costs_no_message() -> Result<()> {
    for kill in [false, true] {
        let mut scene = Scene::on(Database::new()?).await?;
        let log = format!("{}-wal", scene.database.path());
        fs::remove_file(&log)?;
        scene.only_reads().await?;
        if kill {
            scene.server.kill().await?;
            scene.server.start_again().await?;
            let mut back = Speaker::join_since(&scene.server, "back", Seq(0)).await?;
            ensure!(back.heard == scene.ana.heard, "after the kill: {:?}", back.heard);
            back.must_say("and on").await?;
            scene.server.stop("TERM").await?;
            scene.database.check().await?;
            scene.database.remove()?;
        } else {
            scene.ends_and_goes_on(&format!("{log} is no longer there")).await?.remove()?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_folder_that_is_moved_away_is_used_again_when_it_is_back() -> Result<()> {
    let mut scene = Scene::on(Database::new()?).await?;
    let path = scene.database.path().to_owned();
    let folder = Path::new(&path).parent().context("no folder")?.to_owned();
    let away = folder.with_extension("away");
    fs::rename(&folder, &away)?;
    scene.only_reads().await?;
    fs::rename(&away, &folder)?;
    println!("messages are taken again {:?} after the folder is back", scene.ana.heals("after").await?);
    scene.ends_and_goes_on(&format!("{path} is no longer there")).await?.remove()
}

#[tokio::test]
async fn a_folder_that_is_deleted_leaves_what_can_still_be_read() -> Result<()> {
    let mut scene = Scene::on(Database::new()?).await?;
    let path = scene.database.path().to_owned();
    scene.database.remove()?;
    scene.database = Database::new()?;
    scene.only_reads().await?;
    let ended = scene.server.stop("TERM").await?;
    ensure!(ended.status.success() && ended.stderr.contains(&format!("{path} is no longer there")), "{ended:?}");
    scene.database.remove()
}

/// The kernel makes a file system read-only when its disk fails.
#[tokio::test]
async fn a_file_system_that_turns_read_only_heals_when_it_is_writable_again() -> Result<()> {
    let mut scene = Scene::on(Database::new()?).await?;
    let saboteur = Saboteur::fail(&scene.server, "pwrite64,ftruncate:error=EROFS", None).await?;
    scene.only_reads().await?;
    saboteur.stop().await?;
    println!("messages are taken again {:?} after it is writable", scene.ana.heals("after").await?);
    let path = scene.database.path().to_owned();
    scene.ends_and_goes_on(&format!("{path} can't be written to")).await?.remove()
}

#[tokio::test]
async fn a_read_only_file_system_is_named_at_the_start() -> Result<()> {
    let database = Database::new()?;
    let disk = Mount::at(&database, 16 << 20)?;
    disk.read_only(true)?;
    let said = sentence(&refused(&database).await?)?;
    ensure!(
        said.contains(database.path()) && said.contains("Read-only file system") && said.contains("--db"),
        "{said}"
    );
    disk.read_only(false)?;
    // The same with a history on it.
    let mut scene = Scene::on(database).await?;
    scene.server.stop("TERM").await?;
    disk.read_only(true)?;
    ensure!(sentence(&refused(&scene.database).await?)? == said, "another sentence");
    disk.read_only(false)?;
    scene.ana.proves(&scene.database).await?;
    scene.server.start_again().await?;
    let back = Speaker::join(&scene.server, "back").await?;
    ensure!(back.heard == scene.ana.heard, "{:?}", back.heard);
    scene.server.stop("TERM").await?;
    drop(disk);
    scene.database.remove()
}
