//! What the codecs cost in instructions, which are the same on a machine that does other things as well. valgrind counts
//! them; the start of the program is taken off.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "all of this is a test")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Instructions for one message, at most.
const MOST: [(&str, u64); 4] =
    [("parse-line", 900), ("parse-frame", 4_000), ("write-line", 950), ("write-frame", 4_300)];
const TIMES: u64 = 1_000;

/// Cargo makes the examples along with the tests, beside their folder.
fn codecs() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().and_then(Path::parent).unwrap().join("examples/codecs")
}

fn instructions(codec: &str, times: u64) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(codecs())
        .args([codec, &times.to_string()])
        .output()
        .expect("valgrind is missing: `cargo xtask test packages` brings it");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let count = said.lines().find_map(|line| line.split_once("Collected : "));
    count.unwrap_or_else(|| panic!("no count in: {said}")).1.trim().parse().unwrap()
}

#[test]
fn a_message_takes_few_instructions() {
    for (codec, most) in MOST {
        let each = (instructions(codec, 2 * TIMES) - instructions(codec, TIMES)) / TIMES;
        println!("{codec}: {each} instructions");
        assert!(each < most, "{codec} takes {each} instructions, the bound is {most}");
    }
}
