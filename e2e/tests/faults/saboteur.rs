//! Has a running server's calls fail: strace, which stands between it and the kernel.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{Binary, PATIENCE};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// An `fsync`, in both its forms.
pub const SYNC: &str = "fsync,fdatasync";

/// It makes calls fail until it is told to stop, or dropped.
pub struct Saboteur {
    strace: Child,
}

impl Saboteur {
    /// Has calls of a server fail, in strace's words: `fdatasync:error=EIO:when=2`, where `when` counts the calls of each
    /// thread from now on; on one file alone if it is named.
    pub async fn fail(server: &Binary, what: &str, file: Option<&str>) -> Result<Saboteur> {
        let pid = server.pid()?.to_string();
        let inject = format!("inject={what}");
        let calls = format!("trace={}", what.split(':').next().unwrap_or_default());
        let mut strace = Command::new("strace");
        strace.args(["-f", "-p", &pid, "-o", "/dev/null", "-e", &calls, "-e", &inject]);
        strace.args(file.map(|file| ["-P", file]).into_iter().flatten());
        let mut strace = strace.stderr(Stdio::piped()).kill_on_drop(true).spawn().context("there is no strace")?;
        let mut said = BufReader::new(strace.stderr.take().context("no stderr")?).lines();
        let attached = async {
            loop {
                let line = said.next_line().await?.context("strace has ended: may it trace other processes here?")?;
                if line.contains("attached") {
                    return anyhow::Ok(());
                }
            }
        };
        timeout(PATIENCE, attached).await.context("strace does not attach")??;
        // What it has to say later must not stop it.
        tokio::spawn(async move { while let Ok(Some(_)) = said.next_line().await {} });
        Ok(Saboteur { strace })
    }

    /// Lets the server go.
    pub async fn stop(mut self) -> Result<()> {
        let pid = self.strace.id().context("strace has ended already")?.to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status().await?;
        ensure!(sent.success(), "strace can't be stopped");
        timeout(PATIENCE, self.strace.wait()).await.context("strace does not stop")??;
        Ok(())
    }
}
