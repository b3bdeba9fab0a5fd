//! A workload's rows as text: a column for each figure, its spread beside the median where rounds differ.

use std::fmt::Write;

use crate::report::{Figure, Missing, Row, Table};

/// The table with its title, ready to print.
pub fn render(table: &Table) -> String {
    let columns = columns(table);
    let mut lines = vec![head(&columns)];
    lines.extend(table.rows.iter().map(|row| line(row, &columns)));
    let widths: Vec<usize> = (0..=columns.len()).map(|column| width(&lines, column)).collect();
    let mut out = format!("\n{}: {}\n", table.workload, table.about);
    for line in &lines {
        let mut text = format!("  {:<width$}", line[0], width = widths[0]);
        for (cell, width) in line.iter().zip(&widths).skip(1) {
            // Writing to a string does not fail.
            let _ = write!(text, "  {cell:>width$}");
        }
        out.push_str(text.trim_end());
        out.push('\n');
    }
    for row in table.rows.iter().filter(|row| row.void > 0) {
        let _ = writeln!(out, "  {}: {} void: {}", row.contender, row.void, row.why.as_deref().unwrap_or_default());
    }
    out
}

/// Those who were not measured, and how to have them.
pub fn missing(missing: &[Missing]) -> String {
    let line = |one: &Missing| format!("  {} is not installed: {}\n", one.contender, one.install);
    missing.iter().map(line).collect()
}

/// A number with three digits that count.
pub fn short(number: f64) -> String {
    match number.abs() {
        size if size >= 9_999_500.0 => format!("{:.1} M", number / 1e6),
        size if size >= 999_500.0 => format!("{:.2} M", number / 1e6),
        size if size >= 9_999.5 => format!("{:.0} k", number / 1e3),
        size if size >= 99.5 => format!("{number:.0}"),
        size if size >= 9.95 => format!("{number:.1}"),
        size if size >= 0.1 => format!("{number:.2}"),
        size if size > 0.0 => format!("{number:.3}"),
        _ => "0".to_owned(),
    }
}

fn columns(table: &Table) -> Vec<(&'static str, &'static str)> {
    let mut columns = Vec::new();
    for Figure { name, unit, .. } in table.rows.iter().flat_map(|row| &row.figures) {
        if !columns.contains(&(*name, *unit)) {
            columns.push((*name, *unit));
        }
    }
    columns
}

fn head(columns: &[(&str, &str)]) -> Vec<String> {
    let title =
        |(name, unit): &(&str, &str)| if unit.is_empty() { (*name).to_owned() } else { format!("{name}, {unit}") };
    std::iter::once(String::new()).chain(columns.iter().map(title)).collect()
}

fn line(row: &Row, columns: &[(&str, &str)]) -> Vec<String> {
    let cells = columns.iter().map(|(name, _)| row.figure(name).map_or_else(|| "-".to_owned(), cell));
    std::iter::once(row.contender.clone()).chain(cells).collect()
}

fn cell(figure: &Figure) -> String {
    let spread = figure.spread;
    let (median, low, high) = (short(spread.median), short(spread.low), short(spread.high));
    if low == high { median } else { format!("{median} ({low}-{high})") }
}

fn width(lines: &[Vec<String>], column: usize) -> usize {
    lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Spread;

    #[test]
    fn three_digits_count() {
        let shown = [0.0, 0.0412, 0.5, 4.123, 41.26, 412.3, 4123.0, 41_234.0, 1_234_567.0, 45_678_901.0].map(short);
        assert_eq!(shown, ["0", "0.041", "0.50", "4.12", "41.3", "412", "4123", "41 k", "1.23 M", "45.7 M"]);
    }

    #[test]
    fn every_figure_has_a_column() {
        let figure = |name, low, high| Figure { name, unit: "us", spread: Spread { median: low, low, high } };
        let row = |contender: &str, figures| Row { contender: contender.to_owned(), void: 0, why: None, figures };
        let rows = vec![row("ours", vec![figure("cpu", 1.0, 2.0)]), row("theirs", vec![figure("p99", 3.0, 3.0)])];
        let text = render(&Table { workload: "tcp".to_owned(), about: "lines".to_owned(), rows });
        let want = "\ntcp: lines\n                   cpu, us  p99, us\n  ours    1.00 (1.00-2.00)        -\n  theirs                 -     3.00\n";
        assert_eq!(text, want);
    }
}
