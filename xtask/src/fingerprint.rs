//! Whether files have changed, told by their content: a branch switched back and forth rebuilds nothing.

use anyhow::{Context, Result};
use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A number for the files in `root` called `names`, or below folders of those names.
///
/// It changes when such a file comes, goes or changes its bytes. Hidden files below a folder are an editor's and don't
/// count. Good for one Rust release: a newer one may hash differently, which costs a rebuild.
pub(crate) fn of(root: &Path, names: &[&str]) -> Result<u64> {
    let mut files = Vec::new();
    for name in names {
        collect(&root.join(name), &mut files)?;
    }
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        add(&mut hasher, root, &file)?;
    }
    Ok(hasher.finish())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path).with_context(|| format!("cannot list {}", path.display()))? {
        let entry = entry.with_context(|| format!("cannot list {}", path.display()))?;
        if !is_hidden(&entry.file_name()) {
            collect(&entry.path(), files)?;
        }
    }
    Ok(())
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

fn add(hasher: &mut DefaultHasher, root: &Path, file: &Path) -> Result<()> {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
    };
    let name = file.strip_prefix(root).unwrap_or(file).as_os_str().as_encoded_bytes();
    for part in [name, &bytes] {
        hasher.write_usize(part.len());
        hasher.write(part);
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::of;
    use std::fs;
    use std::path::{Path, PathBuf};

    /// A folder that goes when the test ends.
    pub(crate) struct Folder(PathBuf);

    impl Folder {
        pub(crate) fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("commonroom-xtask-{name}-{}", std::process::id()));
            fs::create_dir_all(path.join("src")).unwrap();
            Self(path)
        }

        pub(crate) fn write(&self, name: &str, text: &str) {
            fs::write(self.0.join(name), text).unwrap();
        }

        pub(crate) fn path(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_same_bytes_written_again_are_no_change() {
        let folder = Folder::new("same");
        folder.write("src/a.rs", "one");
        let before = of(folder.path(), &["src"]).unwrap();
        folder.write("src/a.rs", "one");
        assert_eq!(of(folder.path(), &["src"]).unwrap(), before);
    }

    #[test]
    fn a_file_that_changes_comes_goes_or_is_renamed_is_a_change() {
        let folder = Folder::new("change");
        folder.write("src/a.rs", "one");
        let now = || of(folder.path(), &["src", "index.html"]).unwrap();
        let mut seen = vec![now()];
        folder.write("src/a.rs", "two");
        seen.push(now());
        folder.write("src/b.rs", "");
        seen.push(now());
        fs::rename(folder.path().join("src/a.rs"), folder.path().join("src/c.rs")).unwrap();
        seen.push(now());
        fs::remove_file(folder.path().join("src/b.rs")).unwrap();
        seen.push(now());
        folder.write("index.html", "<p>");
        seen.push(now());
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), count, "two different states have one fingerprint");
    }

    #[test]
    fn an_editors_hidden_file_is_no_change() {
        let folder = Folder::new("hidden");
        let before = of(folder.path(), &["src"]).unwrap();
        folder.write("src/.a.rs.swp", "half a word");
        assert_eq!(of(folder.path(), &["src"]).unwrap(), before);
    }

    #[test]
    fn a_name_that_is_not_there_is_no_mistake() {
        let folder = Folder::new("absent");
        assert!(of(folder.path(), &["index.html"]).is_ok());
    }
}
