//! The Debian package: installed by dpkg below a folder, started as its unit starts it, spoken to, and removed.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{Binary, Database, Terminal, executable, target};
use tokio::process::Command;

const UNIT: &str = "usr/lib/systemd/system/commonroom.service";
const OPTIONS: &str = "etc/default/commonroom";

/// A system with nothing in it, for dpkg.
struct System {
    folder: Database,
    root: PathBuf,
}

impl System {
    fn new() -> Result<System> {
        let folder = Database::new()?;
        let root = folder.beside("root");
        for part in ["etc", "var/lib/dpkg/info", "var/lib/dpkg/updates"] {
            fs::create_dir_all(root.join(part))?;
        }
        for file in ["etc/passwd", "etc/group", "etc/shadow", "etc/gshadow", "var/lib/dpkg/status"] {
            fs::write(root.join(file), "")?;
        }
        Ok(System { folder, root })
    }

    /// dpkg as root of this system, which has not what packages depend on; the scripts know of the folder.
    async fn dpkg(&self, action: &str, what: &str) -> Result<()> {
        let mut dpkg = Command::new("unshare");
        dpkg.args(["--user", "--map-root-user", "dpkg", "--force-depends", "--force-script-chrootless"]);
        let root = format!("--root={}", self.root.display());
        let output = dpkg.args([&root, action, what]).output().await?;
        ensure!(output.status.success(), "dpkg {action} {what}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn mode(&self, path: &str) -> Result<u32> {
        let found = fs::metadata(self.path(path)).with_context(|| path.to_owned())?;
        Ok(found.permissions().mode() & 0o777)
    }
}

#[tokio::test]
async fn the_package_brings_a_server_that_runs_and_takes_away_all_but_the_history() -> Result<()> {
    let system = System::new()?;
    let package = package()?;
    system.dpkg("--install", package.to_str().context("the package's path is not UTF-8")?).await?;
    ensure!(fs::read(system.path("usr/bin/commonroom"))? == fs::read(executable()?)?, "it is another binary");
    let modes = ["usr/bin/commonroom", UNIT, OPTIONS].map(|path| system.mode(path).map(|mode| format!("{mode:o}")));
    ensure!(modes.into_iter().collect::<Result<Vec<_>>>()? == ["755", "644", "640"]);
    let users = fs::read_to_string(system.path("etc/passwd"))?;
    ensure!(users.starts_with("commonroom:") && users.contains(":/var/lib/commonroom:/usr/sbin/nologin"), "{users}");

    let history = system.path("var/lib/commonroom/commonroom.db");
    let mut server = start(&system.root).await?;
    let mut bob = Terminal::join(server.tcp, "bob").await?;
    bob.say("/ack on").await?;
    bob.say("hello").await?;
    bob.until("* saved #1").await?;
    ensure!(server.stop("TERM").await?.status.success());

    // What the administrator has written stays, as long as the package is not purged.
    fs::write(system.path(OPTIONS), "COMMONROOM_BURST=5\n")?;
    system.dpkg("--install", package.to_str().context("the package's path is not UTF-8")?).await?;
    ensure!(fs::read_to_string(system.path(OPTIONS))? == "COMMONROOM_BURST=5\n");
    system.dpkg("--remove", "commonroom").await?;
    ensure!(!system.path("usr/bin/commonroom").exists() && !system.path(UNIT).exists());
    ensure!(system.path(OPTIONS).exists() && history.exists());
    system.dpkg("--purge", "commonroom").await?;
    ensure!(!system.path(OPTIONS).exists() && history.exists());
    system.folder.remove()
}

/// Starts the installed server by the words of the installed unit, below `root`.
async fn start(root: &Path) -> Result<Binary> {
    let unit = fs::read_to_string(root.join(UNIT))?;
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).context("the unit starts nothing")?;
    let words: Vec<String> = line
        .split(' ')
        .map(|word| word.replacen('/', &format!("{}/", root.display()), usize::from(word.starts_with('/'))))
        .collect();
    let (program, options) = words.split_first().context("the unit starts nothing")?;
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    Binary::start_other(Path::new(program), &options).await
}

/// The package of the finished binary.
fn package() -> Result<PathBuf> {
    let path = env::var_os("COMMONROOM_DEB").map_or_else(|| target().join("commonroom.deb"), PathBuf::from);
    ensure!(path.exists(), "{} is missing: `cargo xtask deb` makes it", path.display());
    Ok(path)
}
