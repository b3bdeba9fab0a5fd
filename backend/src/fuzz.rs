//! Property tests with a budget of time in place of a number of cases: what reads bytes from outside is tried for as long
//! as one likes. In these tests' names stands `fuzz_`.

use std::cell::RefCell;
use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Seconds that each of them may take.
const ASKED: &str = "COMMONROOM_FUZZ_SECONDS";
/// Unless asked otherwise.
const BUDGET: Duration = Duration::from_secs(3);
/// Cases between two looks at the clock.
const CASES: u32 = 64;

/// Runs cases until the time is over. A failure is shrunk.
pub(crate) fn fuzz<S: Strategy>(strategy: S, case: impl FnMut(S::Value) -> Result<(), TestCaseError>) {
    let asked = env::var(ASKED).ok().and_then(|seconds| seconds.parse().ok());
    let end = Instant::now() + asked.map_or(BUDGET, Duration::from_secs);
    let case = RefCell::new(case);
    let mut cases = 0;
    while Instant::now() < end {
        let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
        runner.run(&strategy, |value| (case.borrow_mut())(value)).unwrap();
        cases += CASES;
    }
    tell(&format!("{}: {cases} cases", thread::current().name().unwrap_or_default()));
}

/// On stdout, and in the file that findings go to, where one is named.
fn tell(what: &str) {
    println!("{what}");
    if let Some(file) = env::var_os("COMMONROOM_EVIDENCE") {
        let mut file = OpenOptions::new().create(true).append(true).open(file).unwrap();
        file.write_all(format!("{what}\n").as_bytes()).unwrap();
    }
}
