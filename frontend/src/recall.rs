//! What one has written before, brought back by Up and Down.

/// Lines that are remembered; the oldest go first.
const MOST: usize = 50;

/// The lines of one composer, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recall {
    lines: Vec<String>,
    at: usize,
}

impl Recall {
    /// A line has been written.
    pub fn push(&mut self, line: &str) {
        if self.lines.last().is_none_or(|last| last != line) {
            if self.lines.len() == MOST {
                self.lines.remove(0);
            }
            self.lines.push(line.to_owned());
        }
        self.at = self.lines.len();
    }

    /// The line before; none where there is none, or where something else stands written.
    pub fn up(&mut self, written: &str) -> Option<&str> {
        let at = self.place(written)?.checked_sub(1)?;
        self.at = at;
        self.lines.get(at).map(String::as_str)
    }

    /// The line after, at last an empty one; none where there is none, or where something else stands written.
    pub fn down(&mut self, written: &str) -> Option<&str> {
        let at = self.place(written).filter(|at| *at < self.lines.len())? + 1;
        self.at = at;
        Some(self.lines.get(at).map_or("", String::as_str))
    }

    /// Where one is among the lines.
    fn place(&self, written: &str) -> Option<usize> {
        if written.is_empty() {
            return Some(self.lines.len());
        }
        (self.lines.get(self.at)? == written).then_some(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Recall {
        let mut recall = Recall::default();
        for line in ["one", "two", "two"] {
            recall.push(line);
        }
        recall
    }

    #[test]
    fn lines_come_back_in_turn_and_end() {
        let mut recall = two();
        assert_eq!(recall.up(""), Some("two"));
        assert_eq!(recall.up("two"), Some("one"));
        assert_eq!(recall.up("one"), None);
        assert_eq!(recall.down("one"), Some("two"));
        assert_eq!(recall.down("two"), Some(""));
        assert_eq!(recall.down(""), None);
    }

    #[test]
    fn what_is_being_written_is_never_written_over() {
        let mut recall = two();
        recall.up("");
        assert_eq!(recall.up("two!"), None);
        assert_eq!(recall.down("two!"), None);
    }

    #[test]
    fn only_so_many_are_remembered() {
        let mut recall = Recall::default();
        (0..=MOST).for_each(|line| recall.push(&line.to_string()));
        assert_eq!((recall.lines.len(), recall.lines[0].as_str()), (MOST, "1"));
    }
}
