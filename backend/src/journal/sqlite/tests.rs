//! What the journal on disk keeps to beyond what every journal does: it is there after a restart.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use commonroom_protocol::{GapWhy, Seq};
use rusqlite::Connection;
use tokio::sync::mpsc;
use tokio::time::{Duration, sleep};

use super::expiry::{Forgotten, expire};
use super::file::Database;
use super::schema::RoomId;
use super::{BackupError, ImportError, Imported, Keep, OpenError, Sqlite, backup, export, import};
use crate::journal::bench::{Bench, draft, seqs};
use crate::journal::{Draft, Fate, Journal, ROOMS, Resume};
use crate::name::RoomName;
use crate::refusal::Refusal;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn exported(path: &Path) -> String {
    let mut lines = Vec::new();
    assert!(export(path, None, &mut lines).unwrap().unread.is_empty());
    String::from_utf8(lines).unwrap()
}

/// Looks until the index has all up to this message of the first room.
async fn indexed(path: &Path, seq: u64) {
    let connection = Connection::open(path).unwrap();
    let has = || connection.query_row("SELECT indexed FROM room", [], |row| row.get::<_, u64>(0)).unwrap();
    for _ in 0..500 {
        if has() == seq {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("the index has {} of {seq}", has());
}

#[tokio::test]
async fn a_restart_keeps_the_epoch_the_order_the_times_and_what_was_said_once() {
    let mut bench = Bench::sqlite();
    bench.say(1..=3).await;
    let lobby = RoomName::lobby();
    let before = bench.journal.open(&lobby).await.unwrap();
    let mut bench = bench.reopened().await;
    let after = bench.journal.open(&lobby).await.unwrap();
    assert_eq!((after.epoch, after.head, after.last), (before.epoch, before.head, before.last));
    let late = Draft { at: 1, ..draft("4", "text 4") };
    let fates = bench.post(vec![draft("2", "text 2"), draft("3", "another"), late]).await;
    assert!(matches!(&fates[0].1, Fate::Again(said) if said.seq == Seq(2)), "{fates:?}");
    assert!(matches!(&fates[1].1, Fate::Refused(_)), "{fates:?}");
    let said = fates[2].0.as_ref().unwrap();
    assert_eq!((said.seq, said.prev, said.at), (Seq(4), Seq(3), 3000));
}

#[tokio::test]
async fn what_is_in_the_index_and_what_is_not_yet_is_found_alike() {
    let mut bench = Bench::sqlite();
    bench.say(1..=600).await;
    let all: Vec<Seq> = (1..=600).rev().map(Seq).collect();
    // In whatever part it is indexed by now, and then in all.
    assert_eq!(bench.search("text", 1000, 0).await.hits, all);
    indexed(&bench.path(), 600).await;
    assert_eq!(bench.search("text", 1000, 0).await.hits, all);
    bench.say(601..=603).await;
    let found = bench.search("text", 5, 1).await;
    assert_eq!(found.hits, [603, 602, 601, 600, 599].map(Seq));
    assert_eq!((seqs(&found.said), found.more), ((598..=603).collect(), true));
    // What one process has not indexed the next one does.
    let bench = bench.reopened().await;
    indexed(&bench.path(), 603).await;
    assert_eq!(bench.search("text", 1000, 0).await.hits.len(), 603);
}

/// A history of ten in the lobby, all of them indexed, that no server has.
async fn ten() -> Bench {
    let mut bench = Bench::sqlite();
    bench.say(1..=10).await;
    indexed(&bench.path(), 10).await;
    bench.close().await;
    bench
}

/// Forgets some of what is no longer kept in the rooms behind one.
fn forget_behind(path: &Path, keep: Keep, now: i64, behind: RoomId) -> (Forgotten, Option<RoomId>) {
    let (_database, mut connection) = Database::open(path, "other").unwrap();
    expire(&mut connection, keep, now, behind).unwrap()
}

fn forget(path: &Path, keep: Keep, now: i64) -> (Forgotten, Option<RoomId>) {
    forget_behind(path, keep, now, RoomId::default())
}

#[tokio::test]
async fn the_newest_are_kept_and_the_others_are_nowhere() {
    let bench = ten().await;
    assert_eq!(forget(&bench.path(), Keep::Newest(10), 0), (vec![], None));
    assert_eq!(forget(&bench.path(), Keep::Newest(3), 0), (vec![(RoomName::lobby(), Seq(7))], None));
    let bench = bench.again();
    let (lobby, journal) = (RoomName::lobby(), &bench.journal);
    assert_eq!(journal.oldest(&lobby).await.unwrap(), Seq(8));
    assert_eq!(seqs(&journal.after(&lobby, Seq(0), 100).await.unwrap().said), [8, 9, 10]);
    assert_eq!(journal.resume(&lobby, Seq(2)).await.unwrap(), Resume { from: Seq(7), gap: Some(GapWhy::Expired) });
    assert_eq!(journal.resume(&lobby, Seq(7)).await.unwrap(), Resume { from: Seq(7), gap: None });
    assert_eq!(journal.seq_at(&lobby, 0).await.unwrap(), Seq(7));
    assert_eq!(bench.search("text", 100, 2).await.hits, [10, 9, 8].map(Seq));
}

#[tokio::test]
async fn seqs_go_on_after_all_messages_are_forgotten() {
    let bench = ten().await;
    let forgotten = forget(&bench.path(), Keep::Age(Duration::from_secs(1)), 12_000);
    assert_eq!(forgotten, (vec![(RoomName::lobby(), Seq(10))], None));
    let mut bench = bench.again();
    let lobby = RoomName::lobby();
    let opened = bench.journal.open(&lobby).await.unwrap();
    assert_eq!((opened.head, opened.last.len()), (Seq(10), 0));
    assert_eq!(bench.journal.oldest(&lobby).await.unwrap(), Seq(11));
    let resume = bench.journal.resume(&lobby, Seq(3)).await.unwrap();
    assert_eq!(resume, Resume { from: Seq(10), gap: Some(GapWhy::Expired) });
    assert!(bench.search("text", 100, 0).await.hits.is_empty());
    // What is forgotten leaves its cid free.
    let fates = bench.post(vec![draft("1", "text 1")]).await;
    let said = fates[0].0.as_ref().unwrap();
    assert_eq!((said.seq, said.prev), (Seq(11), Seq(10)));
    assert_eq!(bench.search("text", 100, 0).await.hits, [Seq(11)]);
}

#[tokio::test]
async fn a_history_with_a_million_rooms_takes_no_new_one_and_says_so() {
    let bench = ten().await;
    let connection = Connection::open(bench.path()).unwrap();
    connection.execute("INSERT INTO room (id, name) VALUES (?1, 'last')", [ROOMS]).unwrap();
    drop(connection);
    let mut bench = bench.again();
    let elsewhere = |room: &str| Draft { room: RoomName::parse(room).unwrap(), ..draft(room, "text") };
    let fates = bench.post(vec![elsewhere("new"), elsewhere("last"), draft("11", "text 11")]).await;
    assert!(matches!(fates[0].1, Fate::Refused(Refusal::TooManyKept)), "{fates:?}");
    assert!(matches!((&fates[1].1, &fates[2].1), (Fate::Stored(Seq(1)), Fate::Stored(Seq(11)))), "{fates:?}");
}

#[tokio::test]
async fn an_age_forgets_what_is_older_and_a_little_at_a_time() {
    let mut bench = Bench::sqlite();
    bench.say(1..=600).await;
    bench.close().await;
    let keep = Keep::Age(Duration::from_secs(100));
    let mut up_to = Vec::new();
    let mut next = Some(RoomId::default());
    while let Some(behind) = next {
        let forgotten;
        (forgotten, next) = forget_behind(&bench.path(), keep, 600_000, behind);
        up_to.extend(forgotten.into_iter().map(|(_, seq)| seq.0));
    }
    assert_eq!(up_to, [256, 499]);
}

#[tokio::test]
async fn so_many_rooms_are_looked_at_at_once_and_each_in_its_turn() {
    let mut bench = Bench::sqlite();
    let room = |number: usize| RoomName::parse(&format!("room{number}")).unwrap();
    // One in four hundred is old.
    let at = |number| if number % 400 == 0 { 0 } else { 600_000 };
    let said = |number: usize| Draft { room: room(number), at: at(number), ..draft(&number.to_string(), "text") };
    bench.post((1..=800).map(said).collect()).await;
    bench.close().await;
    let turn = |behind| forget_behind(&bench.path(), Keep::Age(Duration::from_secs(100)), 600_000, RoomId(behind));
    assert_eq!(turn(0), (vec![], Some(RoomId(256))));
    assert_eq!(turn(256), (vec![(room(400), Seq(1))], Some(RoomId(512))));
    assert_eq!(turn(512), (vec![], Some(RoomId(768))));
    assert_eq!(turn(768), (vec![(room(800), Seq(1))], None));
}

#[tokio::test]
async fn what_is_exported_and_imported_is_the_same_byte_for_byte_however_often() {
    let mut bench = Bench::sqlite();
    bench.say(1..=3).await;
    let hard = Draft { me: true, ..draft("say \"no\"\\", "a \"quote\", a \\, 天气 🎉\nand a second line") };
    bench.post(vec![hard, Draft { room: RoomName::parse("天气").unwrap(), ..draft("5", "elsewhere") }]).await;
    bench.close().await;
    let lines = exported(&bench.path());
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    assert_eq!(import(&copy, &mut lines.as_bytes()).unwrap(), Imported { messages: 5, known: 0 });
    assert_eq!(exported(&copy), lines);
    assert_eq!(import(&copy, &mut lines.as_bytes()).unwrap(), Imported { messages: 0, known: 5 });
    assert_eq!(exported(&copy), lines);
}

#[tokio::test]
async fn a_bad_line_is_named_and_nothing_is_imported() {
    let bench = ten().await;
    let lines = exported(&bench.path());
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    let faults = [
        (lines.replace(r#""text":"text 4""#, r#""text":"""#), "line 4: the text"),
        (lines.replace(r#""cid":"4""#, r#""cid":"3""#), "line 4: the cid `3`"),
        (
            lines.replace(r#""from":"ana","via":"tcp","text":"text 4""#, r#""from":"a\u001b","via":"tcp","text":"x""#),
            "line 4",
        ),
        (lines.replace("lobby", "Not A Room"), "line 1: the room"),
        (format!("{lines}nonsense\n"), "line 11: not a message"),
        (lines.replace(r#""seq":4,"prev":3"#, r#""seq":4,"prev":4"#), "line 4: seq"),
        // Nothing could be said behind it.
        (lines.replace(r#""seq":10,"#, r#""seq":1099511627775,"#), "line 10: seq"),
        (lines.lines().next().unwrap().replace(r#""at":"#, r#""at":90000000000"#), "line 1: at"),
    ];
    for (bad, why) in faults {
        let fault = import(&copy, &mut bad.as_bytes()).unwrap_err();
        assert!(matches!(fault, ImportError::Line { .. }) && fault.to_string().starts_with(why), "{fault}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "a failed import leaves a file");
    }
    assert_eq!(import(&copy, &mut lines.as_bytes()).unwrap().messages, 10);
}

#[tokio::test]
async fn lines_that_cannot_follow_each_other_are_named() {
    let bench = ten().await;
    let lines = exported(&bench.path());
    let line = |seq: usize| lines.lines().nth(seq - 1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (copy, other) = (folder.path().join("copy.db"), line(2).replace("text 2", "another"));
    let fault = |lines: &[&str]| import(&copy, &mut lines.join("\n").as_bytes()).unwrap_err().to_string();
    let said = fault(&[line(1), line(3), line(2)]);
    assert!(said.starts_with("line 3: #2 of lobby comes after #3; the lines"), "{said}");
    let said = fault(&[line(1), line(2), &other]);
    assert!(said.starts_with("line 3: #2 of lobby is another message further up"), "{said}");
    import(&copy, &mut lines.as_bytes()).unwrap();
    let said = fault(&[line(1), &other]);
    assert!(said.starts_with("line 2: #2 of lobby is another message in this history"), "{said}");
    assert_eq!(exported(&copy), lines);
}

#[tokio::test]
async fn a_room_that_is_not_there_cannot_be_exported() {
    let bench = ten().await;
    let fault = export(&bench.path(), Some(&RoomName::parse("nope").unwrap()), &mut Vec::new()).unwrap_err();
    assert!(fault.to_string().starts_with("there is no room nope in "), "{fault}");
    assert_eq!(export(&bench.path(), Some(&RoomName::lobby()), &mut Vec::new()).unwrap().messages, 10);
}

#[tokio::test]
async fn an_export_says_how_many_a_damaged_page_has_cost() {
    let mut bench = Bench::sqlite();
    bench.say(1..=600).await;
    indexed(&bench.path(), 600).await;
    bench.close().await;
    let bytes = fs::read(bench.path()).unwrap();
    let mut costs = Vec::new();
    for page in 1..bytes.len() / 4096 {
        let mut damaged = bytes.clone();
        damaged[page * 4096..][..4096].fill(b'x');
        fs::write(bench.path(), damaged).unwrap();
        let exported = export(&bench.path(), None, &mut Vec::new()).unwrap();
        let missing = 600 - exported.messages;
        let told = match exported.messages {
            0 => "lobby: all its messages (".to_owned(),
            some => format!("lobby: all after #{some} ("),
        };
        let most = format!(", at most {missing} (");
        let said = exported.unread.join("\n");
        assert!(missing == 0 || said.starts_with(&told) || said.contains(&most), "page {page}, {missing}: {said}");
        costs.push(missing);
    }
    assert!(costs.contains(&600) && costs.iter().any(|cost| (10..100).contains(cost)), "{costs:?}");
}

#[tokio::test]
async fn a_place_where_no_copy_can_be_is_named() {
    let bench = ten().await;
    let fault = backup(&bench.path(), Path::new("/nope/x.db")).unwrap_err();
    assert_eq!(fault.to_string(), "can't copy to /nope/x.db");
}

#[tokio::test]
async fn a_text_in_which_much_was_made_visible_can_be_imported() {
    let bench = ten().await;
    let grown = crate::text::clean(&"\u{1b}".repeat(4096));
    let lines = exported(&bench.path()).replace("text 4", &grown);
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    assert_eq!(import(&copy, &mut lines.as_bytes()).unwrap().messages, 10);
    assert_eq!(exported(&copy), lines);
}

#[tokio::test]
async fn a_file_is_one_by_whatever_name() {
    let bench = ten().await;
    let open = |path: &Path| Sqlite::open(path, Keep::All, mpsc::channel(1).0);
    let _server = open(&bench.path()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (link, hard) = (folder.path().join("link.db"), folder.path().join("hard.db"));
    std::os::unix::fs::symlink(bench.path(), &link).unwrap();
    assert!(matches!(open(&link), Err(OpenError::InUse { pid: Some(_), .. })));
    std::fs::hard_link(bench.path(), &hard).unwrap();
    let fault = open(&hard).err().unwrap();
    assert!(fault.to_string().contains("hard link"), "{fault}");
}

#[tokio::test]
async fn where_lines_are_missing_those_around_are_neighbours() {
    let bench = ten().await;
    let lines = exported(&bench.path());
    let without = |missing: std::ops::Range<usize>| {
        let kept = lines.lines().enumerate().filter(|(i, _)| !missing.contains(i));
        kept.map(|(_, line)| line).collect::<Vec<_>>().join("\n")
    };
    let folder = tempfile::tempdir().unwrap();
    let (hole, late) = (folder.path().join("hole.db"), folder.path().join("late.db"));
    assert_eq!(import(&hole, &mut without(3..6).as_bytes()).unwrap().messages, 7);
    assert!(exported(&hole).contains(r#""seq":7,"prev":3,"#), "{}", exported(&hole));
    // Where the beginning is missing, it is as if it was forgotten.
    assert_eq!(import(&late, &mut without(0..6).as_bytes()).unwrap().messages, 4);
    assert!(exported(&late).contains(r#""seq":7,"prev":6,"#), "{}", exported(&late));
    let (tell, _committed) = mpsc::channel(1);
    let journal = Sqlite::open(&late, Keep::All, tell).unwrap();
    assert_eq!(journal.found(), 4);
    let resume = journal.resume(&RoomName::lobby(), Seq(2)).await.unwrap();
    assert_eq!(resume, Resume { from: Seq(6), gap: Some(GapWhy::Expired) });
}

#[tokio::test]
async fn a_backup_of_a_live_history_is_whole_and_another_epoch() {
    let mut bench = Bench::sqlite();
    bench.say(1..=100).await;
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy.db");
    let path = bench.path();
    let task = tokio::task::spawn_blocking({
        let copy = copy.clone();
        move || backup(&path, &copy)
    });
    let mut last = 100;
    while !task.is_finished() {
        bench.say(last + 1..=last + 5).await;
        last += 5;
    }
    let count = task.await.unwrap().unwrap();
    assert!((100..=last).contains(&count) && count % 5 == 0, "{count} of {last}");
    let lines = exported(&copy);
    assert_eq!(lines.lines().count() as u64, count);
    assert!(exported(&bench.path()).starts_with(&lines));
    assert_eq!(mode(&copy), 0o600);
    assert!(!folder.path().join("copy.db.part").exists());

    let (tell, _committed) = mpsc::channel(1);
    let other = Sqlite::open(&copy, Keep::All, tell).unwrap();
    let epoch = async |journal: &dyn Journal| journal.open(&RoomName::lobby()).await.unwrap().epoch;
    assert_ne!(epoch(&other).await, epoch(&*bench.journal).await);
    let again = backup(&bench.path(), &copy);
    assert!(matches!(again, Err(BackupError::Exists(_))), "{again:?}");
    assert_eq!(exported(&copy), lines);
}

#[tokio::test]
async fn a_history_is_its_owners_alone_and_so_is_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a").join("b").join("chat.db");
    let (tell, _committed) = mpsc::channel(1);
    let journal = Sqlite::open(&path, Keep::All, tell).unwrap();
    for part in ["chat.db", "chat.db-wal", "chat.db-shm", "chat.db.lock"] {
        assert_eq!(mode(&path.with_file_name(part)), 0o600, "{part}");
    }
    assert_eq!([mode(&folder.path().join("a")), mode(&folder.path().join("a").join("b"))], [0o700; 2]);
    let (tell, _committed) = mpsc::channel(1);
    let second = Sqlite::open(&path, Keep::All, tell).map(|_| ());
    assert!(matches!(second, Err(OpenError::InUse { pid: Some(pid), .. }) if pid == std::process::id()), "{second:?}");
    journal.close().await.unwrap();
}

#[tokio::test]
async fn an_empty_database_of_no_version_is_made_a_history() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chat.db");
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 0; VACUUM").unwrap();
    let (tell, _committed) = mpsc::channel(1);
    let journal = Sqlite::open(&path, Keep::All, tell).unwrap();
    assert_eq!(journal.found(), 0);
    journal.close().await.unwrap();
    let (tell, _committed) = mpsc::channel(1);
    drop(Sqlite::open(&path, Keep::All, tell).unwrap());
}

/// What is in a folder: each name, its mode, and what is in it.
fn seen(folder: &Path) -> Vec<(String, u32, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut seen: Vec<_> =
        entries.map(|path| (path.display().to_string(), mode(&path), fs::read(&path).unwrap_or_default())).collect();
    seen.sort();
    seen
}

#[tokio::test]
async fn what_is_no_history_keeps_its_mode_and_gets_no_lock_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("letter.txt"), "Dear Ana, ".repeat(100)).unwrap();
    Connection::open(path("foreign.db")).unwrap().execute_batch("CREATE TABLE recipe (name)").unwrap();
    fs::create_dir(path("folder")).unwrap();
    let bench = ten().await;
    let bytes = fs::read(bench.path()).unwrap();
    fs::write(path("cut.db"), &bytes[..bytes.len() / 2]).unwrap();
    for (name, mode) in [("letter.txt", 0o664), ("foreign.db", 0o640), ("cut.db", 0o644), ("folder", 0o755)] {
        fs::set_permissions(path(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    let before = seen(folder.path());
    let what = [
        ("letter.txt", "is no database"),
        ("foreign.db", "of another program"),
        ("cut.db", "is damaged"),
        ("folder", "is a folder"),
    ];
    for (name, what) in what {
        let fault = Sqlite::open(&path(name), Keep::All, mpsc::channel(1).0).err().unwrap();
        assert!(fault.to_string().contains(what), "{fault}");
        let fault = import(&path(name), &mut "".as_bytes()).unwrap_err();
        assert!(fault.to_string().contains(what), "{fault}");
        assert_eq!(seen(folder.path()), before, "{name}");
    }
}

#[tokio::test]
async fn a_history_that_others_may_read_is_its_owners_alone_once_it_is_used() {
    let bench = ten().await;
    for part in ["chat.db", "chat.db.lock"] {
        fs::set_permissions(bench.path().with_file_name(part), fs::Permissions::from_mode(0o644)).unwrap();
    }
    let bench = bench.again();
    for part in ["chat.db", "chat.db-wal", "chat.db-shm"] {
        assert_eq!(mode(&bench.path().with_file_name(part)), 0o600, "{part}");
    }
}

#[test]
fn a_lock_that_was_there_before_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (path, lock) = (folder.path().join("letter.txt"), folder.path().join("letter.txt.lock"));
    fs::write(&path, "Dear Ana").unwrap();
    fs::write(&lock, "").unwrap();
    assert!(Database::open(&path, "epoch").is_err() && lock.exists());
}
