//! Whether this machine is fit for the server, and a proxy in front of it: what goes wrong in operation, looked for
//! before.

mod disk;
mod machine;
mod proxy;

use std::fmt;

use anyhow::{Context, Result, bail};

use crate::config::{Config, Db};
use crate::server;
use crate::tls::Tls;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Finding {
    /// It is as it should be.
    Good(String),
    /// It works, and may be a trouble later.
    Note(String),
    /// The server can't work so.
    Bad(String),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Good(words) => write!(f, "good  {words}"),
            Finding::Note(words) => write!(f, "note  {words}"),
            Finding::Bad(words) => write!(f, "BAD   {words}"),
        }
    }
}

/// Looks, and prints a line for each thing. `url`: where browsers reach the server, through a proxy or not.
///
/// # Errors
/// When something is so that the server can't work.
pub fn run(config: &Config, url: Option<&str>) -> Result<()> {
    let mut bad = 0;
    let mut tell = |finding: Finding| {
        bad += usize::from(matches!(finding, Finding::Bad(_)));
        println!("{finding}");
    };
    let doors = config.tcp.iter().map(|tcp| (tcp.addr, "--tcp")).chain([(config.http, "--http")]);
    doors.for_each(|(addr, flag)| tell(machine::port(addr, flag)));
    tell(machine::open_files(config.max_connections));
    tell(machine::clock());
    history(config).into_iter().chain(passwords(config)).chain(certificate(config)).for_each(&mut tell);
    if let Some(url) = url {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.context("the runtime can't start")?;
        println!("...   looking at {url}, for a good minute");
        runtime.block_on(proxy::look(url, &mut tell));
    }
    match bad {
        0 => Ok(()),
        1 => bail!("one thing is bad"),
        _ => bail!("{bad} things are bad"),
    }
}

fn history(config: &Config) -> Vec<Finding> {
    match server::place(config) {
        Ok(Db::File(path)) => disk::look(&path),
        Ok(Db::Memory) => {
            vec![Finding::Note("nothing is kept: with --db :memory: the history ends with the server".to_owned())]
        }
        Err(fault) => vec![Finding::Bad(fault.to_string())],
    }
}

fn passwords(config: &Config) -> Option<Finding> {
    config.access().err().map(|fault| Finding::Bad(fault.to_string()))
}

fn certificate(config: &Config) -> Option<Finding> {
    let (cert, key) = (config.tls_cert.as_deref()?, config.tls_key.as_deref()?);
    Some(match Tls::load(cert, key) {
        Err(fault) => Finding::Bad(fault.to_string()),
        Ok(tls) => match tls.facts().warning(jiff::Timestamp::now()) {
            Some(warning) => Finding::Note(warning),
            None => Finding::Good(format!("the certificate is {}", tls.facts())),
        },
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn config(options: &[&str]) -> Config {
        Config::try_parse_from([&["commonroom"], options].concat()).unwrap()
    }

    #[test]
    fn a_password_that_cannot_be_used_is_bad() {
        for options in [["--password", "@/nope"], ["--room-password", "x="], ["--op-token", "@/nope"]] {
            let found = passwords(&config(&options));
            assert!(matches!(&found, Some(Finding::Bad(words)) if words.contains(options[0])), "{found:?}");
        }
        assert_eq!(passwords(&config(&["--password", "secret"])), None);
    }

    #[test]
    fn what_is_in_memory_cannot_be_kept_for_a_time() {
        let found = history(&config(&["--db", ":memory:", "--keep", "1d"]));
        assert!(matches!(&found[..], [Finding::Bad(words)] if words.contains("--keep")), "{found:?}");
        assert!(matches!(&history(&config(&["--db", ":memory:"]))[..], [Finding::Note(_)]));
    }
}
