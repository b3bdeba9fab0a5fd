//! The operator's terminal: what is typed there, what is shown, and the log lines that must not tear either.
//!
//! Two threads, since a keyboard and a screen block: one owns the line editor, one prints. Where stdin or stdout is no
//! terminal, or one that cannot be edited on (`TERM=dumb`), they are read and written as they are. What the lines mean
//! is none of this file's: a [`Console`] carries them to a session like any other.

use std::io::{self, BufRead, IsTerminal, Read, Write, stderr, stdin, stdout};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use commonroom_protocol::limits::TEXT_BYTES;
use rustix::process::getpgrp;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};
use rustyline::error::ReadlineError;
use rustyline::{Config, DefaultEditor, ExternalPrinter};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tracing_appender::non_blocking::NonBlocking;

use crate::transport::{Console, Incoming};

/// What stands before the line that is typed.
const PROMPT: &str = "> ";
/// Lines typed that may wait for the session.
const TYPED: usize = 64;
/// Chunks that may wait for the screen. A session waits then, and log lines are left out.
const SHOWN: usize = 256;
/// The end of what is shown: nobody shows nothing.
const END: Bytes = Bytes::new();
/// How long the last lines may take.
const LAST_LINES: Duration = Duration::from_secs(1);
/// The line editor prints in its own time; nothing tells when it has.
const EDITOR: Duration = Duration::from_millis(30);

/// A terminal, or what stands for one, that is not read or written yet.
pub struct Terminal {
    keyboard: Keyboard,
    screen: Screen,
    shown: mpsc::Receiver<Bytes>,
}

enum Keyboard {
    /// With a line editor.
    Editor(Box<DefaultEditor>, Box<dyn ExternalPrinter + Send>),
    /// As it comes.
    Plain,
}

impl Terminal {
    /// The console of this process, if it has one: `asked` for, or on a terminal that is ours to read.
    pub fn open(asked: bool) -> Option<Terminal> {
        if !asked && !is_in_front() {
            return None;
        }
        let (to, shown) = mpsc::channel(SHOWN);
        let keyboard = editor().unwrap_or(Keyboard::Plain);
        Some(Terminal { keyboard, screen: Screen { to }, shown })
    }

    /// Where log lines go so that they don't tear the line being typed; none where stderr is somewhere else.
    pub fn log(&self) -> Option<Screen> {
        let shared = matches!(self.keyboard, Keyboard::Editor(..)) && stderr().is_terminal();
        shared.then(|| self.screen.clone())
    }

    /// Reads and writes from now on.
    ///
    /// # Errors
    /// When there can be no more threads.
    pub fn start(self) -> io::Result<Desk> {
        let (typing, typed) = mpsc::channel(TYPED);
        let (interrupt, interrupts) = mpsc::channel(1);
        let (ended, done) = oneshot::channel();
        let console = Console::new(typed, self.screen.to.clone());
        let (shown, screen) = (self.shown, self.screen);
        let before = match self.keyboard {
            Keyboard::Editor(editor, mut printer) => {
                let before = tcgetattr(stdin()).ok();
                spawn("screen", move || show(shown, |text| print_edited(&mut *printer, text).is_ok(), ended))?;
                let closed = screen.clone();
                spawn("keyboard", move || {
                    if edit(*editor, &typing, &interrupt) {
                        closed.say("* this console is closed; the server goes on, and Ctrl-C ends it");
                    }
                })?;
                before
            }
            Keyboard::Plain => {
                spawn("screen", move || show(shown, |text| print_plain(text).is_ok(), ended))?;
                spawn("keyboard", move || read_lines(stdin().lock(), |line| typing.blocking_send(line).is_ok()))?;
                None
            }
        };
        Ok(Desk { console, interrupts, screen: Some(Closing { screen, done, before: Restore(before) }) })
    }
}

/// A console at work.
pub struct Desk {
    /// For the server.
    pub console: Console,
    /// Each Ctrl-C that the line editor has taken for itself.
    pub interrupts: mpsc::Receiver<()>,
    /// For the end.
    pub screen: Option<Closing>,
}

/// Ends a console: shows what is still to be shown, and leaves the terminal as it was.
pub struct Closing {
    screen: Screen,
    done: oneshot::Receiver<()>,
    before: Restore,
}

impl Closing {
    /// Leaves the terminal as it was, for an end without a goodbye.
    pub fn restorer(&self) -> Restore {
        self.before.clone()
    }

    /// Waits, but not for ever, until all is shown.
    pub async fn close(self) {
        let shown = async {
            self.screen.to.send(END).await.ok();
            self.done.await.ok();
        };
        // Whoever stopped their screen does not see the last lines.
        let _ = timeout(LAST_LINES, shown).await;
        if self.before.0.is_some() {
            tokio::time::sleep(EDITOR).await;
        }
        self.before.now();
    }
}

/// How the terminal was before a line was edited on it; the thread that does so may be in the middle of one.
#[derive(Clone)]
pub struct Restore(Option<Termios>);

impl Restore {
    /// Nothing to restore.
    pub fn nothing() -> Restore {
        Restore(None)
    }

    /// Leaves the terminal as it was, below the line that was being typed.
    pub fn now(&self) {
        if let Some(before) = &self.0 {
            // Best effort: the process ends.
            let _ = tcsetattr(stdin(), OptionalActions::Now, before);
            let _ = stdout().write_all(b"\n");
        }
    }
}

/// What is shown on a console goes here.
#[derive(Clone)]
pub struct Screen {
    to: mpsc::Sender<Bytes>,
}

impl Screen {
    /// Shows a line, unless too many wait: whoever logs must not wait for a screen.
    pub fn say(&self, line: &str) {
        let _ = self.to.try_send(format!("{line}\n").into());
    }
}

/// Where log lines go: to the console's screen, else to stderr. Neither is waited for, since whoever reads them may have
/// stopped: lines for which there is no place are left out.
#[derive(Clone)]
pub enum LogLine {
    /// The screen that the operator's line is typed on.
    Screen(Screen),
    /// The thread that writes to stderr.
    Stderr(NonBlocking),
}

impl Write for LogLine {
    /// One call is one line, or some.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            LogLine::Stderr(thread) => return thread.write(bytes),
            // Nothing would be the end.
            LogLine::Screen(_) if bytes.is_empty() => {}
            LogLine::Screen(screen) => drop(screen.to.try_send(Bytes::copy_from_slice(bytes))),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether stdin is a terminal that we may read: one in the background is stopped by the kernel for trying.
fn is_in_front() -> bool {
    stdin().is_terminal() && tcgetpgrp(stdin()).is_ok_and(|front| front == getpgrp())
}

/// A line editor; none where the terminal is not up to it.
fn editor() -> Option<Keyboard> {
    // A pasted text is lines, each of which is said: without brackets it comes as if it were typed.
    let config = Config::builder().auto_add_history(true).bracketed_paste(false).build();
    let mut editor = DefaultEditor::with_config(config).ok()?;
    let printer = editor.create_external_printer().ok()?;
    Some(Keyboard::Editor(Box::new(editor), Box::new(printer)))
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

/// Reads edited lines until Ctrl-D, or until nobody wants them. Says whether somebody still would.
fn edit(mut editor: DefaultEditor, typed: &mpsc::Sender<Incoming>, interrupt: &mpsc::Sender<()>) -> bool {
    loop {
        let wanted = match editor.readline(PROMPT) {
            Ok(line) if line.len() > TEXT_BYTES => typed.blocking_send(Incoming::TooLong(line.len())).is_ok(),
            Ok(line) => typed.blocking_send(Incoming::Message(line.into())).is_ok(),
            Err(ReadlineError::Interrupted) => interrupt.blocking_send(()).is_ok(),
            Err(ReadlineError::Signal(_)) => true,
            Err(_) => return true,
        };
        if !wanted {
            return false;
        }
    }
}

/// Shows what comes, until the end of it or of the screen.
fn show(mut shown: mpsc::Receiver<Bytes>, mut print: impl FnMut(&str) -> bool, ended: oneshot::Sender<()>) {
    while let Some(bytes) = shown.blocking_recv()
        && bytes != END
        && print(&String::from_utf8_lossy(&bytes))
    {}
    // Nobody may be waiting.
    let _ = ended.send(());
}

/// Prints above the line that is edited, or as it is once there is none: Ctrl-D may come while this waits for its turn.
fn print_edited(printer: &mut dyn ExternalPrinter, text: &str) -> io::Result<()> {
    printer.print(text.to_owned()).or_else(|_| print_plain(text))
}

fn print_plain(text: &str) -> io::Result<()> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Reads lines in bounded memory until there are no more, or nobody wants them. What ends no line is a line at the end.
fn read_lines(mut input: impl BufRead, mut take: impl FnMut(Incoming) -> bool) {
    // A line, its CR, its LF.
    const ROOM: usize = TEXT_BYTES + 2;
    loop {
        let mut line = Vec::new();
        match (&mut input).take(ROOM as u64).read_until(b'\n', &mut line) {
            Ok(1..) => {}
            Ok(0) | Err(_) => return,
        }
        let rest = if line.len() == ROOM && !line.ends_with(b"\n") { skip_line(&mut input) } else { 0 };
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let bytes = text.len() + rest;
        let incoming =
            if bytes > TEXT_BYTES { Incoming::TooLong(bytes) } else { Incoming::Message(Bytes::copy_from_slice(text)) };
        if !take(incoming) {
            return;
        }
    }
}

/// Reads to the end of the line, and says how many bytes there were before it.
fn skip_line(input: &mut impl BufRead) -> usize {
    let mut skipped = 0;
    while let Ok(bytes) = input.fill_buf()
        && !bytes.is_empty()
    {
        let end = memchr::memchr(b'\n', bytes);
        let used = end.map_or(bytes.len(), |end| end + 1);
        input.consume(used);
        skipped += end.unwrap_or(used);
        if end.is_some() {
            break;
        }
    }
    skipped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8]) -> Vec<String> {
        let mut got = Vec::new();
        read_lines(io::BufReader::with_capacity(7, input), |incoming| {
            got.push(match incoming {
                Incoming::Message(line) => String::from_utf8_lossy(&line).into_owned(),
                other => format!("{other:?}"),
            });
            got.len() < 5
        });
        got
    }

    #[test]
    fn lines_are_read_as_they_come() {
        assert_eq!(read(b"one\ntwo\r\n\nlast"), ["one", "two", "", "last"]);
        assert_eq!(read(b""), [""; 0]);
        assert_eq!(read(b"1\n2\n3\n4\n5\n6\n").len(), 5, "nobody wants more");
    }

    #[test]
    fn a_line_that_is_too_long_is_counted_and_not_kept() {
        let long = |length| [&vec![b'x'; length][..], b"\nok\n"].concat();
        assert_eq!(read(&long(4096)), [&"x".repeat(4096), "ok"]);
        assert_eq!(read(&long(4097)), ["TooLong(4097)", "ok"]);
        assert_eq!(read(&long(9999)), ["TooLong(9999)", "ok"]);
        assert_eq!(read(&vec![b'x'; 9999]), ["TooLong(9999)"]);
    }

    #[tokio::test]
    async fn a_screen_that_is_full_costs_a_log_line_and_no_time() {
        let (to, mut shown) = mpsc::channel(1);
        let screen = Screen { to };
        screen.say("one");
        screen.say("two");
        assert_eq!(LogLine::Screen(screen.clone()).write(b"three\n").unwrap(), 6);
        assert_eq!(shown.recv().await.unwrap(), "one\n");
        assert!(shown.try_recv().is_err());
    }
}
