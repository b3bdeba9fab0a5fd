//! The configuration: one struct, which the command line, the environment and the tests fill.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};
use thiserror::Error;

use crate::access::{Access, Secret, SecretError};
use crate::base_path::BasePath;
use crate::journal::Keep;
use crate::moderation::span;
use crate::name::RoomName;
use crate::network::Network;

/// What the options are told under.
const HISTORY: &str = "History";
const ACCESS: &str = "Who may come in";
const WEB: &str = "Names, TLS and proxies";
const LIMITS: &str = "Limits";

/// The chat room that anything with a socket can join.
#[derive(Clone, Debug, Parser)]
#[command(version = crate::BUILD, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Config {
    /// Where plain sockets come in: nc, telnet, scripts. ADDR=ROOM leads to a room of its own. May be given several times.
    #[arg(long, value_name = "ADDR[=ROOM]", env = "COMMONROOM_TCP", hide_env = true)]
    #[arg(value_delimiter = ',', default_value = "0.0.0.0:8888")]
    pub tcp: Vec<TcpAddr>,

    /// Where browsers come in: the page and its WebSocket.
    #[arg(long, value_name = "ADDR", env = "COMMONROOM_HTTP", hide_env = true, default_value = "0.0.0.0:3000")]
    pub http: SocketAddr,

    /// Read the operator's lines from stdin though it is no terminal; on a terminal that is so anyway.
    #[arg(long, env = "COMMONROOM_CONSOLE", hide_env = true)]
    pub console: bool,

    /// The file of the history; :memory: keeps nothing [default: commonroom/commonroom.db in the user's data directory]
    #[arg(help_heading = HISTORY, long, value_name = "PATH", env = "COMMONROOM_DB", hide_env = true, global = true)]
    pub db: Option<Db>,

    /// How long messages are kept, as 90d; for ever if left out.
    #[arg(help_heading = HISTORY, long, value_name = "TIME", env = "COMMONROOM_KEEP", hide_env = true, value_parser = age)]
    #[arg(conflicts_with = "keep_messages")]
    pub keep: Option<Duration>,

    /// How many messages of each room are kept; all if left out.
    #[arg(help_heading = HISTORY, long, value_name = "N", env = "COMMONROOM_KEEP_MESSAGES", hide_env = true)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub keep_messages: Option<u64>,

    /// Messages that one connection may send at once; 0 for any number.
    #[arg(help_heading = LIMITS, long, value_name = "N", env = "COMMONROOM_BURST", hide_env = true, default_value_t = 20)]
    pub burst: u32,

    /// Messages a second after those. More are read later, none is lost; 0 for any number.
    #[arg(help_heading = LIMITS, long, value_name = "N", env = "COMMONROOM_PER_SECOND", hide_env = true, default_value_t = 10)]
    pub per_second: u32,

    /// Connections in all [default: as many as there may be open files, but for 64].
    #[arg(help_heading = LIMITS, long, value_name = "N", env = "COMMONROOM_MAX_CONNECTIONS", hide_env = true)]
    #[arg(value_parser = at_least_one)]
    pub max_connections: Option<usize>,

    /// Connections of one address at once, but for this machine's own; 0 for any number.
    #[arg(help_heading = LIMITS, long, value_name = "N", env = "COMMONROOM_MAX_PER_ADDRESS", hide_env = true, default_value_t = 64)]
    pub max_per_address: usize,

    /// Connections that may come from one address in a minute, but for this machine's own; 0 for any number.
    #[arg(help_heading = LIMITS, long, value_name = "N", env = "COMMONROOM_MAX_NEW_PER_MINUTE", hide_env = true, default_value_t = 120)]
    pub max_new_per_minute: usize,

    /// Rooms in a minute in which one address is the first to speak, and ten times as many at once; 0 for any number.
    #[arg(help_heading = LIMITS, long, value_name = "N", env = "COMMONROOM_MAX_NEW_ROOMS", hide_env = true, default_value_t = 10)]
    pub max_new_rooms: u32,

    /// Pings that one WebSocket may send in a minute; 0 for any number.
    #[arg(help_heading = LIMITS, long, value_name = "N", env = "COMMONROOM_MAX_PINGS", hide_env = true, default_value_t = 600)]
    pub max_pings: u32,

    /// How long the others are not told that somebody has dropped who may come back.
    #[arg(help_heading = LIMITS, long, value_name = "TIME", env = "COMMONROOM_LEAVE_GRACE", hide_env = true)]
    #[arg(default_value = "15s", value_parser = age)]
    pub leave_grace: Duration,

    /// How long whoever has taken another name keeps it.
    #[arg(help_heading = LIMITS, long, value_name = "TIME", env = "COMMONROOM_RENAME_PAUSE", hide_env = true)]
    #[arg(default_value = "5s", value_parser = age)]
    pub rename_pause: Duration,

    /// How soon who comes must have begun: a request's head, a program's hello, a TLS handshake, as 10s.
    #[arg(help_heading = LIMITS, long, value_name = "TIME", env = "COMMONROOM_HELLO_WITHIN", hide_env = true)]
    #[arg(default_value = "10s", value_parser = age)]
    pub hello_within: Duration,

    /// How long a browser may take nothing of what it is told; a plain socket may ten times as long.
    #[arg(help_heading = LIMITS, long, value_name = "TIME", env = "COMMONROOM_STALLED_FOR", hide_env = true)]
    #[arg(default_value = "1m", value_parser = age)]
    pub stalled_for: Duration,

    /// Wrong passwords and tokens that one address may give in a minute.
    #[arg(help_heading = LIMITS, long, value_name = "N", env = "COMMONROOM_MAX_GUESSES", hide_env = true)]
    #[arg(default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_guesses: u32,

    /// What to do instead of serving.
    #[command(subcommand)]
    pub task: Option<Task>,

    /// A site whose pages may join, as `https://chat.example.org`. May be given several times.
    #[arg(help_heading = WEB, long, value_name = "ORIGIN", env = "COMMONROOM_ALLOW_ORIGIN", hide_env = true)]
    #[arg(value_delimiter = ',', value_parser = origin)]
    pub allow_origin: Vec<String>,

    /// Let in only who knows this password; a room's own goes before it.
    ///
    /// It may be its hash, as `commonroom hash` prints it, or @FILE to read it from. A word given here is seen by other
    /// users of this machine: a file or `COMMONROOM_PASSWORD` is not.
    #[arg(help_heading = ACCESS, long, value_name = "WORD|@FILE", env = "COMMONROOM_PASSWORD", hide_env = true, hide_env_values = true)]
    pub password: Option<String>,

    /// A room that has a password of its own, in the same way. May be given several times.
    #[arg(
        help_heading = ACCESS,
        long,
        value_name = "ROOM=WORD|@FILE",
        env = "COMMONROOM_ROOM_PASSWORD",
        hide_env = true,
        hide_env_values = true
    )]
    #[arg(value_parser = room_password)]
    pub room_password: Vec<(RoomName, String)>,

    /// A word that makes whoever types `/op WORD` an operator, in the same way. May be given several times.
    #[arg(help_heading = ACCESS, long, value_name = "WORD|@FILE", env = "COMMONROOM_OP_TOKEN", hide_env = true, hide_env_values = true)]
    pub op_token: Vec<String>,

    /// A room in which operators alone speak, until one unlocks it. May be given several times.
    #[arg(help_heading = ACCESS, long, value_name = "ROOM", env = "COMMONROOM_READ_ONLY", hide_env = true)]
    #[arg(value_delimiter = ',', value_parser = room)]
    pub read_only: Vec<RoomName>,

    /// A certificate, with those that vouch for it, as PEM: then pages come by https, and sockets by TLS as they like.
    #[arg(help_heading = WEB, long, value_name = "FILE", env = "COMMONROOM_TLS_CERT", hide_env = true, requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// The certificate's key, as PEM. Both are read again on SIGHUP.
    #[arg(help_heading = WEB, long, value_name = "FILE", env = "COMMONROOM_TLS_KEY", hide_env = true, requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Let no plain socket in that does not speak TLS.
    #[arg(help_heading = WEB, long, env = "COMMONROOM_TLS_ONLY", hide_env = true)]
    #[arg(requires_if("true", "tls_cert"))]
    pub tls_only: bool,

    /// A name that browsers reach this server by, as `chat.example.org`. May be given several times.
    ///
    /// Addresses, names without a dot, and those in .local, .lan and .internal need not be given.
    #[arg(help_heading = WEB, long, value_name = "NAME", env = "COMMONROOM_HOST", hide_env = true)]
    #[arg(value_delimiter = ',', value_parser = host)]
    pub host: Vec<String>,

    /// The path below which a proxy shows the page, as `/chat`. The server answers there, and without it as well.
    #[arg(help_heading = WEB, long, value_name = "PATH", env = "COMMONROOM_BASE_PATH", hide_env = true, default_value = "/")]
    pub base_path: BasePath,

    /// An address or network of reverse proxies, as `10.0.0.5` or `10.0.0.0/8`: they are believed in X-Forwarded-For.
    #[arg(help_heading = WEB, long, value_name = "ADDR", env = "COMMONROOM_TRUSTED_PROXY", hide_env = true)]
    #[arg(value_delimiter = ',')]
    pub trusted_proxy: Vec<Network>,
}

/// What an operator does with a history, whether a server runs or not.
#[derive(Clone, Debug, Subcommand)]
pub enum Task {
    /// Write the history to stdout, a JSON object a line
    ///
    /// A server may be using the file meanwhile. Of a damaged file, all that can be read is written.
    Export {
        /// Only this room.
        #[arg(long, value_name = "NAME", value_parser = room)]
        room: Option<RoomName>,
    },
    /// Read an export into the history: all of it or nothing
    ///
    /// Ids and order are kept, and what is there already is passed over. No server may be using the file.
    Import {
        /// The export; - for stdin.
        file: PathBuf,
    },
    /// Look whether this machine is fit for the server with these options, and a proxy in front of it
    ///
    /// Ports, open files, the disk, the history, the clock, the certificate, the passwords; with a URL also whether a
    /// WebSocket comes through the proxy and is left open while nobody speaks, which takes a good minute.
    Doctor {
        /// Where browsers reach the server, as `https://chat.example.org`
        url: Option<String>,
    },
    /// Print the hash of a password, to be given in place of it; the password is a line on stdin
    Hash,
    /// Copy the history to a new file, while a server may be using it
    Backup {
        /// The copy, which must not be there yet.
        to: PathBuf,
    },
}

const AFTER_HELP: &str = "\
Join from a terminal:  nc localhost 8888
     from a browser:   http://localhost:3000
     from a script:    echo '/say disk 91%' | nc localhost 8888

On a terminal the server is its operator's console: type to speak as operator; /help tells what
moderation there is, and Ctrl-D closes the console without ending the server.

Every option has a variable, too, named after it: --max-pings has COMMONROOM_MAX_PINGS. Where an
option may be given several times, its variable has commas between; a room's password and a token
have none, since they may have commas themselves.
What the operator does is told on stderr; RUST_LOG=info tells more, RUST_LOG=warn less.";

/// Where plain sockets come in, and where they come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpAddr {
    /// The address.
    pub addr: SocketAddr,
    /// The room of whoever names none.
    pub room: RoomName,
}

impl std::str::FromStr for TcpAddr {
    type Err = String;

    fn from_str(text: &str) -> Result<TcpAddr, String> {
        let (addr, room) = text.split_once('=').map_or((text, None), |(addr, room)| (addr, Some(room)));
        let addr = addr.parse().map_err(|_| format!("`{addr}` is no address; it is like 0.0.0.0:8888 or [::]:8888"))?;
        let room = room.map_or_else(|| Ok(RoomName::lobby()), self::room)?;
        Ok(TcpAddr { addr, room })
    }
}

fn room(name: &str) -> Result<RoomName, String> {
    RoomName::parse(name).map_err(|_| format!("`{name}` is no room's name; that is 1 to 32 letters, digits, - _ or ."))
}

fn room_password(text: &str) -> Result<(RoomName, String), String> {
    let (room, word) = text.split_once('=').ok_or_else(|| "it is a room and its password, as ops=WORD".to_owned())?;
    Ok((self::room(room)?, word.to_owned()))
}

/// A password can't be used.
#[derive(Debug, Error)]
pub enum PasswordError {
    /// Its file can't be read.
    #[error("can't read the file of {flag}, {path}: {why}")]
    File {
        /// Which it is.
        flag: &'static str,
        /// Where.
        path: String,
        /// Why not.
        why: io::Error,
    },
    /// It is none.
    #[error("{flag} can't be used: {why}")]
    Secret {
        /// Which it is.
        flag: &'static str,
        /// Why not.
        why: SecretError,
    },
    /// A room has two.
    #[error("--room-password is given twice for {0}; a room has one password")]
    Twice(RoomName),
}

/// The secret that an option gives, by itself or in a file.
fn secret(flag: &'static str, given: &str) -> Result<Secret, PasswordError> {
    let read = |path: &str| {
        let text = std::fs::read_to_string(path);
        text.map_err(|why| PasswordError::File { flag, path: path.to_owned(), why })
    };
    let text = given.strip_prefix('@').map(read).transpose()?;
    let word = text.as_deref().map_or(given, |text| text.trim_end_matches(['\r', '\n']));
    Secret::new(word).map_err(|why| PasswordError::Secret { flag, why })
}

/// Where the history is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Db {
    /// In memory: it ends with the process.
    Memory,
    /// In this file.
    File(PathBuf),
}

impl std::str::FromStr for Db {
    type Err = String;

    fn from_str(path: &str) -> Result<Db, String> {
        match path {
            "" => Err("name a file, or :memory: to keep nothing".to_owned()),
            ":memory:" => Ok(Db::Memory),
            path => Ok(Db::File(path.into())),
        }
    }
}

/// There is no data directory, since there is no home.
#[derive(Debug, Error)]
#[error(
    "there is no home directory to keep the history in; name a file with --db PATH, or keep nothing with --db :memory:"
)]
pub struct Homeless;

impl Config {
    /// Where the history is kept: what was asked for, else a file in the user's data directory.
    ///
    /// # Errors
    /// [`Homeless`] where nothing was asked for and there is no such directory.
    pub fn db(&self) -> Result<Db, Homeless> {
        let default = || dirs::data_local_dir().map(|folder| Db::File(folder.join("commonroom").join("commonroom.db")));
        self.db.clone().or_else(default).ok_or(Homeless)
    }

    /// Who may come in, and who may moderate.
    ///
    /// # Errors
    /// [`PasswordError`], which names the option.
    pub fn access(&self) -> Result<Access, PasswordError> {
        let server = self.password.as_deref().map(|given| secret("--password", given)).transpose()?;
        let mut rooms = HashMap::new();
        for (room, given) in &self.room_password {
            if rooms.insert(room.clone(), secret("--room-password", given)?).is_some() {
                return Err(PasswordError::Twice(room.clone()));
            }
        }
        let operators = self.op_token.iter().map(|given| secret("--op-token", given)).collect::<Result<_, _>>()?;
        Ok(Access::new(server, rooms, operators, self.max_guesses))
    }

    /// How long messages are kept.
    pub fn keep(&self) -> Keep {
        match (self.keep, self.keep_messages) {
            (Some(age), _) => Keep::Age(age),
            (None, Some(count)) => Keep::Newest(count),
            (None, None) => Keep::All,
        }
    }
}

fn age(text: &str) -> Result<Duration, String> {
    span(text).ok_or_else(|| "a time is a number and a unit, as 12h or 90d; at most 365d".to_owned())
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| "it is a number from 1 on".to_owned())
}

fn origin(text: &str) -> Result<String, String> {
    match text.split_once("://") {
        Some(("http" | "https", host)) if !host.is_empty() && !host.contains('/') => Ok(text.to_ascii_lowercase()),
        _ => Err("an origin is a scheme and a host, as https://chat.example.org".to_owned()),
    }
}

fn host(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    if !text.is_empty() && text.chars().all(fits) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("a host is a name alone, as chat.example.org, without scheme or port".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_packages_file_has_every_option_and_each_limit_as_it_is() {
        let file = include_str!("../../packaging/default");
        // The first is the service's own, and it has no terminal.
        let others = ["COMMONROOM_DB", "COMMONROOM_CONSOLE"];
        let mut limits = 0;
        for option in Config::command().get_arguments() {
            let Some(name) = option.get_env().map(|name| name.to_string_lossy()) else { continue };
            let value = file.lines().find_map(|line| line.strip_prefix('#')?.strip_prefix(&*name)?.strip_prefix('='));
            assert!(value.is_some() || others.contains(&&*name), "{name}");
            let long = option.get_long().unwrap().to_uppercase().replace('-', "_");
            assert_eq!(name, format!("COMMONROOM_{long}"), "as the help says");
            if let (Some(LIMITS), [default]) = (option.get_help_heading(), option.get_default_values()) {
                assert_eq!(value, default.to_str(), "{name}");
                limits += 1;
            }
        }
        assert!(limits > 5, "{limits}");
    }

    #[test]
    fn the_defaults_need_no_argument() {
        let config = Config::try_parse_from(["commonroom"]).unwrap();
        assert_eq!(config.tcp, ["0.0.0.0:8888=lobby".parse().unwrap()]);
        assert_eq!((config.http.port(), config.burst, config.per_second), (3000, 20, 10));
    }

    #[test]
    fn what_cannot_be_done_is_refused_with_what_can() {
        let says = |args: &[&str]| Config::try_parse_from(args).unwrap_err().to_string();
        assert!(says(&["commonroom", "--db", ""]).contains(":memory:"));
        assert!(says(&["commonroom", "--keep", "90"]).contains("90d"));
        assert!(says(&["commonroom", "--keep", "90d", "--keep-messages", "5"]).contains("cannot be used with"));
        assert!(says(&["commonroom", "--tcp", "8888"]).contains("0.0.0.0:8888"));
        assert!(says(&["commonroom", "--tcp", "0.0.0.0:8888=a b"]).contains("`a b` is no room's name"));
        assert!(says(&["commonroom", "--allow-origin", "chat.example.org"]).contains("https://chat.example.org"));
        assert!(says(&["commonroom", "--host", "https://chat.example.org"]).contains("without scheme"));
        assert!(says(&["commonroom", "--base-path", "chat"]).contains("begins with /"));
        assert!(says(&["commonroom", "--trusted-proxy", "10.0.0.0/33"]).contains("10.0.0.0/8"));
        assert!(says(&["commonroom", "--max-connections", "0"]).contains("from 1 on"));
    }
}
