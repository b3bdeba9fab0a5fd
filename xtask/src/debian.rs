//! What the tests use and cargo can't install: a browser, its driver, fonts, the clients that people and scripts come
//! with, what counts instructions, and what knows systemd's units. On Debian apt-get brings it.

use crate::cmd::{self, Cmd};
use anyhow::{Result, bail, ensure};
use std::fs;

/// How to see that a package is there.
enum Sign {
    /// A program of that name on PATH.
    Program(&'static str),
    /// A font family that fontconfig knows.
    Font(&'static str),
    /// A module of Python.
    Module(&'static str),
    /// OpenBSD's nc, by the name that Debian gives it; elsewhere any.
    Nc,
}

const NEEDS: &[(&str, Sign)] = &[
    ("chromium", Sign::Program("chromium")),
    ("chromium-driver", Sign::Program("chromedriver")),
    ("netcat-openbsd", Sign::Nc),
    ("netcat-traditional", Sign::Program("nc.traditional")),
    ("ncat", Sign::Program("ncat")),
    ("socat", Sign::Program("socat")),
    ("inetutils-telnet", Sign::Program("telnet")),
    ("curl", Sign::Program("curl")),
    ("caddy", Sign::Program("caddy")),
    ("nginx-light", Sign::Program("nginx")),
    ("openssl", Sign::Program("openssl")),
    ("python3", Sign::Program("python3")),
    ("python3-venv", Sign::Module("ensurepip")),
    ("nodejs", Sign::Program("node")),
    ("strace", Sign::Program("strace")),
    ("valgrind", Sign::Program("valgrind")),
    ("systemd", Sign::Program("systemd-analyze")),
    ("fonts-noto-core", Sign::Font("Noto Sans Arabic")),
    ("fonts-noto-cjk", Sign::Font("Noto Sans CJK SC")),
    ("fonts-noto-color-emoji", Sign::Font("Noto Color Emoji")),
];
const UPDATE: &[&str] = &["update"];
const INSTALL: &[&str] = &["install", "-y", "--no-install-recommends"];
/// Another apt-get, such as a daily update, may be at work.
const WAIT: &[&str] = &["-o", "DPkg::Lock::Timeout=300"];

/// Installs what is missing, or says the command that does.
pub(crate) fn packages() -> Result<()> {
    let wanted = missing();
    if wanted.is_empty() {
        return Ok(());
    }
    let list = wanted.join(" ");
    let typed = format!("sudo sh -c 'apt-get update && apt-get {} {list}'", INSTALL.join(" "));
    if !is_debian() {
        bail!("missing for the tests, and this is no Debian: {}; on Debian it is `{typed}`", signs(&wanted));
    }
    if !is_root() {
        bail!("missing for the tests, and only root can install it: `{typed}`");
    }
    cmd::say(&format!("installing {list} with apt-get (about a minute)"));
    // Old lists are still worth a try when one of the sources does not answer.
    if let Err(error) = apt(UPDATE, &[], "going on with the lists of last time") {
        cmd::say(&error.to_string());
    }
    apt(INSTALL, &wanted, &format!("what it said is above; by hand: `{typed}`"))?;
    let still = missing();
    ensure!(still.is_empty(), "apt-get is done, but PATH and fontconfig do not show {}", signs(&still));
    Ok(())
}

/// The packages whose sign is not there.
fn missing() -> Vec<&'static str> {
    NEEDS.iter().filter(|(package, sign)| !is_there(package, sign)).map(|(package, _)| *package).collect()
}

/// What these packages bring, in names that other systems know too.
fn signs(packages: &[&str]) -> String {
    let wanted = NEEDS.iter().filter(|(package, _)| packages.contains(package));
    let names = wanted.map(|(_, sign)| match sign {
        Sign::Program(name) => format!("the program {name}"),
        Sign::Font(family) => format!("the font {family}"),
        Sign::Module(name) => format!("Python's module {name}"),
        Sign::Nc => "the program nc".to_owned(),
    });
    names.collect::<Vec<_>>().join(", ")
}

fn apt(task: &[&str], packages: &[&str], advice: &str) -> Result<()> {
    Cmd::new("apt-get", format!("apt-get {}", task[0]))
        .args(WAIT)
        .args(task)
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .or(advice)
        .run()
}

fn is_there(package: &str, sign: &Sign) -> bool {
    match sign {
        Sign::Program(name) => cmd::find(name).is_some(),
        Sign::Font(family) => {
            is_installed(package) || cmd::output("fc-list", &[family]).is_some_and(|list| !list.is_empty())
        }
        Sign::Module(name) => cmd::output("python3", &["-c", &format!("import {name}")]).is_some(),
        Sign::Nc => cmd::find(if is_debian() { "nc.openbsd" } else { "nc" }).is_some(),
    }
}

fn is_installed(package: &str) -> bool {
    let status = cmd::output("dpkg-query", &["--show", "--showformat=${db:Status-Status}", package]);
    status.is_some_and(|status| status == "installed")
}

fn is_debian() -> bool {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    cmd::find("apt-get").is_some() && release.lines().any(|line| line == "ID=debian")
}

fn is_root() -> bool {
    cmd::output("id", &["-u"]).is_some_and(|id| id.trim() == "0")
}
