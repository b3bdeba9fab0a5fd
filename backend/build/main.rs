//! Shrinks, names and compresses the web client for embedding, and names the commit.

mod functions;
mod shrink;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use brotli::CompressorWriter;
use brotli::enc::BrotliEncoderParams;
use sha2::{Digest, Sha256};

/// What is in each file, under its path from the client's folder.
type Files = BTreeMap<PathBuf, Vec<u8>>;

fn main() -> Result<()> {
    let dist = Path::new("../dist");
    // Without it a stale client would be embedded.
    println!("cargo:rerun-if-changed=../dist");
    let web = PathBuf::from(std::env::var("OUT_DIR")?).join("web");
    if web.exists() {
        fs::remove_dir_all(&web)?;
    }
    fs::create_dir_all(&web)?;
    let mut files = Files::new();
    if dist.exists() {
        read_folder(dist, Path::new(""), &mut files)?;
    }
    let build = build();
    let mut page = files.remove(Path::new("index.html")).map(String::from_utf8).transpose()?;
    shrink_client(&mut files, &mut page)?;
    if let Some(page) = page {
        files.insert("index.html".into(), shrink::page(&page, &build)?.into_bytes());
    }
    if let Some(worker) = files.get_mut(Path::new("sw.js")) {
        *worker = shrink::minified(std::str::from_utf8(worker)?).into_bytes();
    }
    for (path, data) in files {
        write(&web.join(&path), &data).with_context(|| format!("compressing {}", path.display()))?;
    }
    println!("cargo:rustc-env=COMMONROOM_BUILD={build}");
    Ok(())
}

fn read_folder(root: &Path, folder: &Path, files: &mut Files) -> Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            read_folder(root, &path, files)?;
        } else {
            files.insert(path, fs::read(entry.path())?);
        }
    }
    Ok(())
}

/// Each wasm with the script of its name; the page then names both by what is in them.
fn shrink_client(files: &mut Files, page: &mut Option<String>) -> Result<()> {
    let name = |path: &PathBuf| path.to_str()?.strip_suffix("_bg.wasm").map(ToOwned::to_owned);
    for name in files.keys().filter_map(name).collect::<Vec<_>>() {
        let (script, wasm) = (PathBuf::from(format!("{name}.js")), PathBuf::from(format!("{name}_bg.wasm")));
        let text = files.remove(&script).with_context(|| format!("dist has no {}", script.display()))?;
        let data = files.remove(&wasm).unwrap_or_default();
        let pair = shrink::pair(std::str::from_utf8(&text)?, &data);
        let (text, data) = pair.with_context(|| format!("cannot shrink {name} in dist"))?;
        for (old, ending, data) in [(script, ".js", text.into_bytes()), (wasm, "_bg.wasm", functions::arranged(&data)?)]
        {
            let old = old.to_string_lossy();
            let new = named(&data, ending);
            *page = page.take().map(|page| page.replace(&*old, &new));
            files.insert(new.into(), data);
        }
    }
    Ok(())
}

/// A name that no other content has; trunk's says what the file was before it was shrunk.
fn named(data: &[u8], ending: &str) -> String {
    let hash = Sha256::digest(data).first_chunk().copied().unwrap_or_default();
    format!("commonroom-web-{:016x}{ending}", u64::from_be_bytes(hash))
}

/// The file as it is, and beside it compressed as far as brotli and gzip go: once here instead of for every visitor.
/// Browsers take brotli over https and from their own machine alone.
fn write(path: &Path, data: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, data)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = |ending| File::create(path.with_file_name(format!("{name}.{ending}")));
    zopfli::compress(zopfli::Options::default(), zopfli::Format::Gzip, data, beside("gz")?)?;
    // In blocks of 64 kB: for our wasm that is 0.3 kB less than the blocks it would choose.
    let params = BrotliEncoderParams { quality: 11, lgwin: 22, lgblock: 16, ..Default::default() };
    let mut packer = CompressorWriter::with_params(beside("br")?, 4096, &params);
    packer.write_all(data)?;
    packer.flush()
}

/// What the server and its page call themselves: `0.1.0+ab12cd`, or the version alone where there is no git.
fn build() -> String {
    println!("cargo:rerun-if-changed=../.git/HEAD");
    println!("cargo:rerun-if-changed=../.git/refs/heads");
    let git = Command::new("git").args(["rev-parse", "--short=7", "HEAD"]).output();
    let commit = git.ok().filter(|git| git.status.success()).and_then(|git| String::from_utf8(git.stdout).ok());
    let version = env!("CARGO_PKG_VERSION");
    commit.map_or_else(|| version.to_owned(), |commit| format!("{version}+{}", commit.trim()))
}
