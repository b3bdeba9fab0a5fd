//! The disk of the history: whether it can be written to, how fast it is, how much room it has, and what is there already.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::statvfs;

use super::Finding;
use crate::dialect::words::grouped;
use crate::journal::sqlite;

/// Less room than this is noted.
const ROOM: u64 = 1 << 30;
/// A write that takes longer is felt by everybody in the room.
const SLOW: Duration = Duration::from_millis(50);
/// Writes that are tried.
const WRITES: usize = 20;

/// Looks at this history, and at its folder, or the nearest one above that is there.
pub(super) fn look(path: &Path) -> Vec<Finding> {
    let folder = nearest(path);
    if !folder.is_dir() {
        return vec![Finding::Bad(format!("{} is no folder; choose another with --db", folder.display()))];
    }
    let there = path.exists().then(|| file(path));
    there.into_iter().chain([writing(folder), room(folder)]).collect()
}

/// The nearest thing above a path that is there.
fn nearest(path: &Path) -> &Path {
    let above = path.ancestors().skip(1).map(|above| if above.as_os_str().is_empty() { Path::new(".") } else { above });
    above.into_iter().find(|above| above.exists()).unwrap_or(Path::new("."))
}

fn file(path: &Path) -> Finding {
    match sqlite::check(path) {
        Ok(()) => Finding::Good(format!("{} can be used", path.display())),
        Err(fault) => Finding::Bad(fault.to_string()),
    }
}

fn writing(folder: &Path) -> Finding {
    match time(folder) {
        Ok(time) if time > SLOW => Finding::Note(format!(
            "the disk of {} takes {} ms to keep a message: everybody will feel it",
            folder.display(),
            time.as_millis()
        )),
        Ok(time) => {
            let millis = time.as_secs_f64() * 1000.0;
            Finding::Good(format!("the disk of {} keeps a message within {millis:.1} ms", folder.display()))
        }
        Err(fault) => {
            Finding::Bad(format!("{} can't be written to ({fault}); choose another with --db", folder.display()))
        }
    }
}

/// The median of some writes that are on the disk, as a commit is.
fn time(folder: &Path) -> io::Result<Duration> {
    let path = folder.join(format!(".commonroom-doctor-{}", std::process::id()));
    let mut file = File::create_new(&path)?;
    let mut write = || {
        let start = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        io::Result::Ok(start.elapsed())
    };
    let times: io::Result<Vec<Duration>> = (0..WRITES).map(|_| write()).collect();
    drop(file);
    fs::remove_file(&path)?;
    let mut times = times?;
    times.sort_unstable();
    Ok(times[WRITES / 2])
}

fn room(folder: &Path) -> Finding {
    match statvfs(folder) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let words = format!(
                "{} MiB are free in {}",
                grouped(usize::try_from(free >> 20).unwrap_or(usize::MAX)),
                folder.display()
            );
            if free < ROOM {
                Finding::Note(format!("{words}: a message takes about 400 bytes"))
            } else {
                Finding::Good(words)
            }
        }
        Err(fault) => Finding::Note(format!("how much room {} has can't be told ({fault})", folder.display())),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    fn is_bad(finding: &Finding) -> bool {
        matches!(finding, Finding::Bad(_))
    }

    #[test]
    fn a_folder_that_can_be_written_to_is_good_and_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let findings = look(&folder.path().join("deep").join("deeper").join("commonroom.db"));
        assert!(!findings.iter().any(is_bad), "{findings:?}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_the_server_would_not_use_is_bad_and_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let (letter, foreign) = (folder.path().join("letter.txt"), folder.path().join("foreign.db"));
        fs::write(&letter, "Dear Ana, ".repeat(100)).unwrap();
        Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE recipe (name)").unwrap();
        for (path, what) in [(&*letter, "is no database"), (&*foreign, "another program"), (folder.path(), "a folder")]
        {
            let findings = look(path);
            assert!(matches!(&findings[0], Finding::Bad(words) if words.contains(what)), "{findings:?}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        assert_eq!(fs::read_to_string(&letter).unwrap(), "Dear Ana, ".repeat(100));
    }

    #[test]
    fn a_history_is_good_and_one_that_is_cut_is_bad() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("commonroom.db");
        sqlite::import(&path, &mut "".as_bytes()).unwrap();
        assert!(!look(&path).iter().any(is_bad));
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let findings = look(&path);
        assert!(matches!(&findings[0], Finding::Bad(words) if words.contains("is damaged")), "{findings:?}");
        assert_eq!(fs::read(&path).unwrap(), bytes[..bytes.len() / 2]);
    }

    #[test]
    fn a_folder_that_is_a_file_is_bad() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let findings = look(&file.path().join("commonroom.db"));
        assert!(matches!(&findings[..], [Finding::Bad(words)] if words.contains("--db")), "{findings:?}");
    }
}
