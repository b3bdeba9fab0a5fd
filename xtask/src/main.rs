//! What a developer types: `cargo xtask run | build | dev | test | fill | kill | prove | bench | deb
//! | release`.
//!
//! Each task first makes sure that what it needs is there, says so before it takes long, then does its work. Here is only
//! the way from words to tasks.

mod bench;
mod cmd;
mod deb;
mod debian;
mod dev;
mod fill;
mod fingerprint;
mod kill;
mod prove;
mod python;
mod release;
mod rust;
mod server;
mod test;
mod tools;
mod web;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

const HELP: &str = "\
Commonroom, from a clone to a running room:

  cargo xtask run      build it and start it: nc on port 8888, browsers on port 3000
  cargo xtask build    only make target/release/commonroom: one file, the web client inside
  cargo xtask dev      server and page that follow your edits, on http://localhost:8080
  cargo xtask test     all that CI checks, from the format to real browsers
  cargo xtask fill     a history with a million messages, to try search with: --db PATH [--messages N] [--room NAME]
  cargo xtask bench    measure the server beside the limit and its peers: [--quick] [WORKLOAD...]
  cargo xtask kill     kill the server 200 times while everybody talks, and look whether anything is lost
  cargo xtask prove    what it must withstand, at full size (an hour), into docs/reliability.md: [NAME...]
  cargo xtask deb      target/commonroom.deb, a package for Debian and its like
  cargo xtask release  the finished binary, and SHA256SUMS beside it

What is missing for a task is installed first, inside target/ where that is possible, and you are told before.
The first run takes about six minutes on two cores, nearly all of it for building tools once; later ones take seconds.

  cargo xtask run -- --help       the server's options: what comes after `run` goes to it
  cargo xtask kill 1000           so many times
  cargo xtask test format unit    only these steps of the test; it has
                                  ";

/// What was asked for.
#[derive(Debug, PartialEq)]
enum Task {
    Help,
    Run(Vec<OsString>),
    Build,
    Dev,
    Test(Vec<OsString>),
    Fill(fill::Order),
    Kill(u32),
    Prove(Vec<String>),
    Bench(Vec<OsString>),
    Deb,
    Release,
}

fn main() -> ExitCode {
    let task = match parse(std::env::args_os().skip(1)) {
        Ok(task) => task,
        Err(mistake) => {
            eprintln!("error: {mistake}\n\n{}", help());
            return ExitCode::from(2);
        }
    };
    let done = match task {
        Task::Help => {
            println!("{}", help());
            Ok(())
        }
        Task::Run(args) => server::run(&args),
        Task::Build => server::build().map(|path| cmd::say(&format!("{} is ready", path.display()))),
        Task::Dev => dev::dev(),
        Task::Test(steps) => test::test(&steps),
        Task::Fill(order) => fill::fill(&order),
        Task::Bench(words) => bench::bench(&words),
        Task::Kill(rounds) => kill::kill(rounds),
        Task::Prove(names) => prove::prove(&names),
        Task::Deb => deb::deb(),
        Task::Release => release::release(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn help() -> String {
    format!("{HELP}{}", test::names())
}

/// The task in `words`, or what is wrong with them.
fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Task, String> {
    let mut words = words.into_iter();
    let Some(name) = words.next() else { return Ok(Task::Help) };
    let mut rest: Vec<OsString> = words.collect();
    let name = name.to_string_lossy();
    if name == "run" {
        if rest.first().is_some_and(|word| word == "--") {
            rest.remove(0);
        }
        return Ok(Task::Run(rest));
    }
    if rest.iter().any(|word| word == "--help" || word == "-h") {
        return Ok(Task::Help);
    }
    match (name.as_ref(), rest.first()) {
        ("help" | "--help" | "-h", _) => Ok(Task::Help),
        ("test", _) => Ok(Task::Test(rest)),
        ("bench", _) => Ok(Task::Bench(rest)),
        ("fill", _) => fill::Order::parse(rest).map(Task::Fill),
        ("kill", None) => Ok(Task::Kill(kill::ROUNDS)),
        ("kill", Some(rounds)) if rest.len() == 1 => kill::parse(rounds).map(Task::Kill),
        ("prove", _) => Ok(Task::Prove(rest.iter().map(|name| name.to_string_lossy().into_owned()).collect())),
        ("build", None) => Ok(Task::Build),
        ("dev", None) => Ok(Task::Dev),
        ("deb", None) => Ok(Task::Deb),
        ("release", None) => Ok(Task::Release),
        ("kill", Some(_)) => Err("`kill` takes one number at most".to_owned()),
        ("build" | "dev" | "deb" | "release", Some(word)) => {
            Err(format!("`{name}` takes nothing more, not `{}`", word.to_string_lossy()))
        }
        _ => Err(format!("there is no task `{name}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Task, parse};
    use std::ffi::OsString;

    fn task(line: &str) -> Result<Task, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn no_task_asks_for_help() {
        assert_eq!(task(""), Ok(Task::Help));
        assert_eq!(task("--help"), Ok(Task::Help));
        assert_eq!(task("dev --help"), Ok(Task::Help));
    }

    #[test]
    fn the_server_gets_its_arguments_with_and_without_dashes() {
        assert_eq!(task("run --tcp 9999"), Ok(Task::Run(words("--tcp 9999"))));
        assert_eq!(task("run -- --tcp 9999"), Ok(Task::Run(words("--tcp 9999"))));
        assert_eq!(task("run --help"), Ok(Task::Run(words("--help"))));
    }

    #[test]
    fn only_the_first_dashes_are_ours() {
        assert_eq!(task("run -- a -- b"), Ok(Task::Run(words("a -- b"))));
    }

    #[test]
    fn a_word_too_many_is_a_mistake() {
        assert!(task("build faster").is_err_and(|mistake| mistake.contains("faster")));
    }

    #[test]
    fn how_often_to_kill() {
        assert_eq!(task("kill"), Ok(Task::Kill(200)));
        assert_eq!(task("kill 1000"), Ok(Task::Kill(1000)));
        assert!(task("kill often").is_err_and(|mistake| mistake.contains("often")));
        assert!(task("kill 0").is_err());
    }

    #[test]
    fn proofs_are_asked_for_by_name() {
        assert_eq!(task("prove soak joins"), Ok(Task::Prove(vec!["soak".into(), "joins".into()])));
    }

    #[test]
    fn the_benchmark_gets_its_words() {
        assert_eq!(task("bench --quick ws-100"), Ok(Task::Bench(words("--quick ws-100"))));
    }

    #[test]
    fn an_unknown_task_is_named() {
        assert!(task("rnu").is_err_and(|mistake| mistake.contains("rnu")));
    }
}
