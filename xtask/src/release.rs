//! `cargo xtask release`: the finished binary, and the sums by which others can tell that they have the same.

use crate::{cmd, server, workspace};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;

const SUMS: &str = "SHA256SUMS";
/// One sum over the web client's files and their names, to be had by hand in the clone that made them.
const CLIENT: &str = "find dist -type f | LC_ALL=C sort | xargs sha256sum | sha256sum";

/// Makes the server, tells the SHA-256 of the binary and of the web client in it, and writes them beside the binary.
pub(crate) fn release() -> Result<()> {
    let binary = server::build()?;
    let (sums, path) = (sums(&binary, workspace::root())?, binary.with_file_name(SUMS));
    fs::write(&path, &sums).with_context(|| format!("cannot write {}", path.display()))?;
    print!("{sums}");
    cmd::say(&format!("{} is ready, and {SUMS} beside it", workspace::short(&binary)));
    Ok(())
}

/// A file for `sha256sum --check`, of a binary and, in a comment, of the web client in `root`.
fn sums(binary: &Path, root: &Path) -> Result<String> {
    let name = binary.file_name().context("the binary has no name")?.to_string_lossy();
    let own = sum("sha256sum \"$0\"", binary)?;
    let client = sum(&format!("cd \"$0\" && {CLIENT}"), root)?;
    Ok(format!("{own}  {name}\n# web client ({CLIENT}):\n# {client}\n"))
}

/// The sum that a shell's command prints of `path`, its `$0`.
fn sum(command: &str, path: &Path) -> Result<String> {
    let path = path.to_str().context("the clone's path is not UTF-8")?;
    let printed = cmd::output("sh", &["-c", command, path]).and_then(|text| Some(text.split_once(' ')?.0.to_owned()));
    printed.with_context(|| format!("sha256sum has no sum of {path}"))
}

#[cfg(test)]
mod tests {
    use super::sums;
    use crate::fingerprint::tests::Folder;
    use std::fs;
    use std::process::Command;

    fn released(name: &str) -> Folder {
        let folder = Folder::new(name);
        fs::create_dir(folder.path().join("dist")).unwrap();
        folder.write("dist/index.html", "<p>");
        folder.write("dist/page.js", "run()");
        folder.write("commonroom", "binary");
        folder
    }

    fn sums_in(folder: &Folder) -> String {
        sums(&folder.path().join("commonroom"), folder.path()).unwrap()
    }

    #[test]
    fn the_sums_can_be_checked_beside_the_binary() {
        let folder = released("sums");
        folder.write("SHA256SUMS", &sums_in(&folder));
        let check = || {
            let mut check = Command::new("sha256sum");
            check.args(["--check", "--strict", "SHA256SUMS"]).current_dir(folder.path()).output().unwrap().status
        };
        assert!(check().success());
        folder.write("commonroom", "another");
        assert!(!check().success());
    }

    #[test]
    fn the_web_clients_sum_is_of_its_files_and_their_names() {
        let folder = released("client");
        let first = sums_in(&folder);
        folder.write("dist/page.js", "run()");
        assert_eq!(sums_in(&folder), first);
        fs::rename(folder.path().join("dist/page.js"), folder.path().join("dist/script.js")).unwrap();
        let renamed = sums_in(&folder);
        folder.write("dist/script.js", "walk()");
        assert_ne!(renamed, first);
        assert_ne!(sums_in(&folder), renamed);
    }
}
