//! Compresses the web client for embedding, and names the commit.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let dist = Path::new("../dist");
    // Without it a stale client would be embedded.
    println!("cargo:rerun-if-changed=../dist");
    let web = PathBuf::from(std::env::var("OUT_DIR")?).join("web");
    if web.exists() {
        fs::remove_dir_all(&web)?;
    }
    fs::create_dir_all(&web)?;
    if dist.exists() {
        copy_folder(dist, &web)?;
    }
    name_the_commit();
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            copy_file(&entry.path(), &target).with_context(|| format!("compressing {}", entry.path().display()))?;
        }
    }
    Ok(())
}

/// The file as it is, and beside it compressed as far as brotli goes: once here instead of for every visitor.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    let data = fs::read(from)?;
    fs::write(to, &data)?;
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let file = File::create(to.with_file_name(format!("{name}.br")))?;
    let mut packer = brotli::CompressorWriter::new(file, 4096, 11, 22);
    packer.write_all(&data)?;
    packer.flush()
}

/// `0.1.0+ab12cd`, or the version alone where there is no git.
fn name_the_commit() {
    println!("cargo:rerun-if-changed=../.git/HEAD");
    println!("cargo:rerun-if-changed=../.git/refs/heads");
    let git = Command::new("git").args(["rev-parse", "--short=7", "HEAD"]).output();
    let commit = git.ok().filter(|git| git.status.success()).and_then(|git| String::from_utf8(git.stdout).ok());
    let version = env!("CARGO_PKG_VERSION");
    let build = commit.map_or_else(|| version.to_owned(), |commit| format!("{version}+{}", commit.trim()));
    println!("cargo:rustc-env=COMMONROOM_BUILD={build}");
}
