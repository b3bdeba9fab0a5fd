//! The programs that people and scripts come with, for real: each posts a line and is sent home at once, each brings a
//! file of lines, and at each somebody can sit and talk.
//!
//! They are called by the names that Debian gives them; `cargo xtask test packages` installs them there.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{Binary, PATIENCE, Terminal, Witness, eventually};
use tokio::process::Command;
use tokio::time::{Instant, timeout};

/// A script is at its end after this time, program start and all.
const HALF_A_SECOND: Duration = Duration::from_millis(500);
/// A machine that does something else as well may be late this often. It is not late every time; a server that lets a
/// program wait is.
const TRIES: u32 = 5;

/// The program that a command needs, and the package that Debian has it in.
struct Needs(&'static str, &'static str);

const OPENBSD: Needs = Needs("nc.openbsd", "netcat-openbsd");
const TRADITIONAL: Needs = Needs("nc.traditional", "netcat-traditional");
const NCAT: Needs = Needs("ncat", "ncat");
const SOCAT: Needs = Needs("socat", "socat");
const TELNET: Needs = Needs("telnet", "inetutils-telnet");
const BASH: Needs = Needs("bash", "bash");
const PYTHON: Needs = Needs("python3", "python3");
const NODE: Needs = Needs("node", "nodejs");
const CURL: Needs = Needs("curl", "curl");

/// One-shots, as they are typed.
const POSTS: [(Needs, &str); 12] = [
    (OPENBSD, "echo '/say disk 91%' | nc.openbsd $HOST $PORT"),
    (OPENBSD, "echo '/say disk 91%' | nc.openbsd -N $HOST $PORT"),
    (TRADITIONAL, "echo '/say disk 91%' | nc.traditional $HOST $PORT"),
    (TRADITIONAL, "echo '/say disk 91%' | nc.traditional -q1 $HOST $PORT"),
    (NCAT, "echo '/say disk 91%' | ncat $HOST $PORT"),
    (NCAT, "echo '/say disk 91%' | ncat --no-shutdown $HOST $PORT"),
    (SOCAT, "echo '/say disk 91%' | socat - TCP:$HOST:$PORT"),
    // At the end of its input it leaves at once, and takes with it what it has not sent yet.
    (TELNET, "(echo '/say disk 91%'; sleep 0.2) | telnet $HOST $PORT"),
    (BASH, "exec 3<>/dev/tcp/$HOST/$PORT; echo '/say disk 91%' >&3; cat <&3"),
    (CURL, "echo '/say disk 91%' | curl --silent telnet://$HOST:$PORT"),
    (
        PYTHON,
        r#"python3 -c '
import socket, os
with socket.create_connection((os.environ["HOST"], os.environ["PORT"])) as s:
    s.sendall(b"/say disk 91%\n")
    print(s.makefile().read(), end="")'"#,
    ),
    (
        NODE,
        r#"node -e '
const s = require("net").connect(process.env.PORT, process.env.HOST, () => s.write("/say disk 91%\n"));
s.pipe(process.stdout);'"#,
    ),
];

#[tokio::test]
async fn a_script_by_any_program_is_told_the_number_and_is_home_within_half_a_second() -> Result<()> {
    let server = Binary::start().await?;
    let mut witness = Witness::join(server.tcp, "lobby").await?;
    println!("{:>6}  command", "ms");
    for (needs, command) in POSTS {
        needs.check()?;
        let mut best = Duration::MAX;
        for _ in 0..TRIES {
            let (printed, took) = run(command, server.tcp).await?;
            let said = witness.hear().await?;
            let ok = format!("ok #{}", said["seq"]);
            ensure!(printed.lines().last() == Some(&ok), "`{command}` printed {printed:?} and not {ok}");
            ensure!(said["text"] == "disk 91%" && said["via"] == "api", "`{command}` said {said}");
            ensure!(said["from"].as_str().is_some_and(|from| from.starts_with("guest-")), "`{command}`: {said}");
            best = best.min(took);
            if best < HALF_A_SECOND {
                break;
            }
        }
        println!("{:>6}  {command}", best.as_millis());
        ensure!(best < HALF_A_SECOND, "`{command}` took {best:?} at best");
    }
    assert_eq!(
        witness.say("the end").await?,
        [serde_json::Value::Null; 0],
        "more than that was said, or somebody came"
    );
    Ok(())
}

#[tokio::test]
async fn a_script_names_itself_and_the_room_by_any_program() -> Result<()> {
    let server = Binary::start().await?;
    let mut ops = Witness::join(server.tcp, "ops").await?;
    for (needs, end) in [
        (OPENBSD, "| nc.openbsd $HOST $PORT"),
        (TRADITIONAL, "| nc.traditional $HOST $PORT"),
        (NCAT, "| ncat $HOST $PORT"),
        (SOCAT, "| socat - TCP:$HOST:$PORT"),
        (TELNET, "| (cat; sleep 0.2) | telnet $HOST $PORT"),
        (BASH, "| (exec 3<>/dev/tcp/$HOST/$PORT; cat >&3; cat <&3)"),
    ] {
        needs.check()?;
        let (printed, _) = run(&[r"printf '/as ci\n/say@ops main is green\n' ", end].concat(), server.tcp).await?;
        let said = ops.hear().await?;
        ensure!(printed.ends_with(&format!("ok #{}\n", said["seq"])), "{end} printed {printed:?}");
        ensure!(said["from"] == "ci" && said["via"] == "api" && said["text"] == "main is green", "{end}: {said}");
    }
    assert_eq!(ops.say("the end").await?, [serde_json::Value::Null; 0]);
    Ok(())
}

#[tokio::test]
async fn a_script_that_cannot_be_obeyed_reads_why() -> Result<()> {
    let server = Binary::start().await?;
    let _ana = Terminal::join(server.tcp, "ana").await?;
    for (needs, end) in
        [(OPENBSD, "nc.openbsd $HOST $PORT"), (NCAT, "ncat $HOST $PORT"), (SOCAT, "socat - TCP:$HOST:$PORT")]
    {
        needs.check()?;
        let (printed, _) = run(&format!(r"printf '/as ana\n/say hi\n' | {end}"), server.tcp).await?;
        assert_eq!(printed, "err nick_taken ana is taken\n", "{end}");
    }
    Ok(())
}

/// Files of lines, by whatever ends by itself at the end of its input.
const FILES: [(Needs, &str); 10] = [
    (OPENBSD, "$LINES | nc.openbsd -N $HOST $PORT"),
    (OPENBSD, "$LINES | nc.openbsd -q0 $HOST $PORT"),
    (TRADITIONAL, "$LINES | nc.traditional -q0 $HOST $PORT"),
    (TRADITIONAL, "$LINES | nc.traditional -q1 $HOST $PORT"),
    (NCAT, "$LINES | ncat $HOST $PORT"),
    (NCAT, "$LINES | ncat --send-only $HOST $PORT"),
    (SOCAT, "$LINES | socat - TCP:$HOST:$PORT"),
    (SOCAT, "$LINES | socat -u - TCP:$HOST:$PORT"),
    (TELNET, "($LINES; sleep 0.2) | telnet $HOST $PORT"),
    (BASH, "$LINES >/dev/tcp/$HOST/$PORT"),
];

#[tokio::test]
async fn piped_lines_are_all_said_in_order_by_any_program() -> Result<()> {
    let server = Binary::start().await?;
    let mut witness = Witness::join(server.tcp, "lobby").await?;
    for (needs, command) in FILES {
        needs.check()?;
        run(&command.replace("$LINES", r"printf 'a\nb\n/me waves\nno end'"), server.tcp).await?;
        hears(&mut witness, command, &["a", "b", "waves", "no end"]).await?;
    }
    // These two send no end, so they stay; what they have said is said.
    for (needs, program) in [(OPENBSD, "nc.openbsd"), (TRADITIONAL, "nc.traditional")] {
        needs.check()?;
        let (host, port) = (server.tcp.ip().to_string(), server.tcp.port().to_string());
        let mut stays = Terminal::start(program, [host, port])?;
        stays.send(b"a\nb\n").await?;
        hears(&mut witness, program, &["a", "b"]).await?;
        witness.say("still there?").await?;
        stays.until("<witness> still there?").await?;
    }
    Ok(())
}

async fn hears(witness: &mut Witness, command: &str, texts: &[&str]) -> Result<()> {
    let mut from = None;
    for text in texts {
        let said = witness.hear().await?;
        ensure!(said["text"] == *text && said["via"] == "tcp", "`{command}`: {said} and not {text}");
        ensure!(from.get_or_insert_with(|| said["from"].clone()) == &said["from"], "`{command}` has two names: {said}");
    }
    Ok(())
}

/// At a terminal, somebody types and reads at the same time. The program that is no terminal's own is in `lesson.rs`.
const TERMINALS: [(Needs, &str); 6] = [
    (OPENBSD, "nc.openbsd $HOST $PORT"),
    (TRADITIONAL, "nc.traditional $HOST $PORT"),
    (NCAT, "ncat $HOST $PORT"),
    (SOCAT, "socat - TCP:$HOST:$PORT"),
    (TELNET, "telnet $HOST $PORT"),
    (BASH, "exec 3<>/dev/tcp/$HOST/$PORT; cat <&3 & exec cat >&3"),
];

#[tokio::test]
async fn somebody_can_sit_at_any_of_them() -> Result<()> {
    let server = Binary::start().await?;
    let mut witness = Witness::join(server.tcp, "lobby").await?;
    witness.say("before").await?;
    for (needs, command) in TERMINALS {
        needs.check()?;
        let mut bob = Terminal::start("bash", ["-c", &at(command, server.tcp)])?;
        let banner = bob.until("-- live --").await.with_context(|| command.to_owned())?;
        ensure!(banner.iter().any(|line| line.starts_with("* Welcome to lobby on ")), "`{command}`: {banner:?}");
        ensure!(banner.iter().any(|line| line.ends_with(" <witness> before")), "`{command}`: {banner:?}");
        witness.say("who is there?").await?;
        bob.until("<witness> who is there?").await?;
        bob.say("/nick bob").await?;
        bob.until("* you are now bob").await?;
        bob.say("me, at last").await?;
        let said = witness.hear().await?;
        ensure!(said["from"] == "bob" && said["via"] == "tcp" && said["text"] == "me, at last", "`{command}`: {said}");
        bob.say("/quit").await?;
        eventually("the end of bob", async || {
            let roster = witness.roster().await?;
            ensure!(roster == ["witness"], "`{command}` is still here: {roster:?}");
            Ok(())
        })
        .await?;
    }
    Ok(())
}

impl Needs {
    /// # Errors
    /// When the program is not there: what is not tried must not look as if it had passed.
    fn check(&self) -> Result<()> {
        let Needs(program, package) = self;
        let found = std::process::Command::new("bash").args(["-c", &format!("command -v {program}")]).output();
        let found = found.is_ok_and(|found| found.status.success());
        ensure!(
            found,
            "there is no {program}; Debian has it in the package {package}, `cargo xtask test packages` brings it"
        );
        Ok(())
    }
}

/// A command with the server's address in it.
fn at(command: &str, server: SocketAddr) -> String {
    format!("export HOST={} PORT={}; {command}", server.ip(), server.port())
}

/// Runs a command as somebody types it. What it printed, and how long it took from the program's start to its end.
async fn run(command: &str, server: SocketAddr) -> Result<(String, Duration)> {
    let start = Instant::now();
    let mut bash = Command::new("bash");
    bash.args(["-c", &at(command, server)]).stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(PATIENCE, bash.output()).await.with_context(|| format!("`{command}` does not end"))??;
    let took = start.elapsed();
    ensure!(output.status.success(), "`{command}`: {}, {}", output.status, String::from_utf8_lossy(&output.stderr));
    Ok((String::from_utf8(output.stdout)?, took))
}
