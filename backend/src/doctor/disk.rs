//! The disk of the history: whether it can be written to, how fast it is, and how much room it has.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::statvfs;

use super::Finding;
use crate::dialect::words::grouped;

/// Less room than this is noted.
const ROOM: u64 = 1 << 30;
/// A write that takes longer is felt by everybody in the room.
const SLOW: Duration = Duration::from_millis(50);
/// Writes that are tried.
const WRITES: usize = 20;

/// Looks at the folder of this history.
pub(super) fn look(path: &Path) -> Vec<Finding> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if let Err(fault) = fs::create_dir_all(folder) {
        return vec![Finding::Bad(format!(
            "the folder {} can't be made ({fault}); choose another with --db",
            folder.display()
        ))];
    }
    vec![writing(folder), room(folder)]
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
    use super::*;

    #[test]
    fn a_folder_that_can_be_written_to_is_good_and_left_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let findings = look(&folder.path().join("deep").join("commonroom.db"));
        assert!(!findings.iter().any(|finding| matches!(finding, Finding::Bad(_))), "{findings:?}");
        assert_eq!(fs::read_dir(folder.path().join("deep")).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_a_file_is_bad() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let findings = look(&file.path().join("commonroom.db"));
        assert!(matches!(&findings[..], [Finding::Bad(words)] if words.contains("--db")), "{findings:?}");
    }
}
