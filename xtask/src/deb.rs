//! `cargo xtask deb`: the finished binary as a Debian package, made by dpkg-deb of what is in packaging/.
//!
//! Not by cargo-deb: dpkg-deb is on every Debian already, and there is nothing to find out for it but a version.

use crate::cmd::{self, Cmd};
use crate::{server, workspace};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

const FILE: u32 = 0o644;
const PROGRAM: u32 = 0o755;
/// Passwords may stand in it.
const SECRET: u32 = 0o640;

/// What is installed: from the workspace, to the system, with which mode.
const CONTENTS: &[(&str, &str, u32)] = &[
    ("packaging/commonroom.service", "usr/lib/systemd/system/commonroom.service", FILE),
    ("packaging/default", "etc/default/commonroom", SECRET),
    ("LICENSE", "usr/share/doc/commonroom/copyright", FILE),
    ("CHANGELOG.md", "usr/share/doc/commonroom/CHANGELOG.md", FILE),
    ("docs/CLIENTS.md", "usr/share/doc/commonroom/CLIENTS.md", FILE),
    ("docs/DURABILITY.md", "usr/share/doc/commonroom/DURABILITY.md", FILE),
    ("docs/OPERATING.md", "usr/share/doc/commonroom/OPERATING.md", FILE),
    ("docs/PROTOCOL.md", "usr/share/doc/commonroom/PROTOCOL.md", FILE),
    ("packaging/debian/conffiles", "DEBIAN/conffiles", FILE),
    ("packaging/debian/postinst", "DEBIAN/postinst", PROGRAM),
    ("packaging/debian/prerm", "DEBIAN/prerm", PROGRAM),
    ("packaging/debian/postrm", "DEBIAN/postrm", PROGRAM),
];

/// Makes the server and its package.
pub(crate) fn deb() -> Result<()> {
    let package = pack(&server::build()?)?;
    cmd::say(&format!("{} is ready: `sudo apt install ./{0}`", workspace::short(&package)));
    Ok(())
}

/// Makes the package of a finished server.
pub(crate) fn pack(binary: &Path) -> Result<PathBuf> {
    let (folder, package) = (workspace::target().join("debian"), workspace::target().join("commonroom.deb"));
    // What an earlier one had and this one has not.
    let _ = fs::remove_dir_all(&folder);
    place(binary, &folder.join("usr/bin/commonroom"), PROGRAM)?;
    for (from, to, mode) in CONTENTS {
        place(&workspace::root().join(from), &folder.join(to), *mode)?;
    }
    let described = workspace::root().join("packaging/debian/control");
    let control = fs::read_to_string(&described).with_context(|| format!("cannot read {}", described.display()))?;
    fs::write(folder.join("DEBIAN/control"), control + &facts(&folder)?).context("cannot write the control file")?;
    Cmd::new("dpkg-deb", "making the package")
        // A tenth larger than at its best, in a tenth of the time.
        .args(["--root-owner-group", "-z1", "--build"])
        .args([&folder, &package])
        .or("what it said is above; Debian's dpkg has it")
        .run()?;
    Ok(package)
}

/// The fields of the control file that depend on this build.
fn facts(folder: &Path) -> Result<String> {
    let architecture =
        cmd::output("dpkg", &["--print-architecture"]).context("there is no dpkg: this is for Debian")?;
    let glibc = cmd::output("getconf", &["GNU_LIBC_VERSION"]).context("getconf names no version of glibc")?;
    let glibc = glibc.trim().trim_start_matches("glibc ");
    let version = env!("CARGO_PKG_VERSION");
    Ok(format!(
        "Version: {version}\nArchitecture: {}\nInstalled-Size: {}\nDepends: libc6 (>= {glibc}), libgcc-s1, passwd\n",
        architecture.trim(),
        size(folder)?.div_ceil(1024)
    ))
}

/// The bytes of all files in a folder.
fn size(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}

fn place(from: &Path, to: &Path, mode: u32) -> Result<()> {
    let put = || {
        to.parent().map_or(Ok(()), make)?;
        fs::copy(from, to)?;
        set_mode(to, mode)
    };
    put().with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}

/// Whatever the developer's umask is.
fn make(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    folder.parent().map_or(Ok(()), make)?;
    fs::create_dir(folder)?;
    set_mode(folder, PROGRAM)
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) -> std::io::Result<()> {
    Ok(())
}
