//! The ratios as a picture: a row for each workload, a mark for each who was measured, on a logarithmic scale. 1 is the
//! limit program.

use std::fmt::Write;

use crate::report::{Report, Table};

const WIDTH: f64 = 860.0;
const LEFT: f64 = 130.0;
const RIGHT: f64 = 30.0;
const TOP: f64 = 76.0;
const ROW: f64 = 26.0;
/// The ends of the scale.
const FROM: f64 = 0.2;
const TO: f64 = 500.0;
const TICKS: [(f64, &str); 8] =
    [(0.2, "0.2"), (0.5, "0.5"), (1.0, "1"), (2.0, "2"), (5.0, "5"), (10.0, "10"), (50.0, "50"), (200.0, "200")];

/// Who is drawn, by a colour that is told apart on white and on black; others are grey.
const COLOURS: [(&str, &str); 6] = [
    ("commonroom", "#d4351c"),
    ("nats-server", "#1d70b8"),
    ("Bun", "#b58840"),
    ("Node ws", "#28a197"),
    ("mosquitto", "#7c5bb5"),
    ("InspIRCd", "#8a8f94"),
];

/// The picture of those workloads that have the limit in them.
#[expect(clippy::cast_precision_loss, reason = "a picture has few rows")]
pub fn svg(report: &Report) -> String {
    let tables: Vec<&Table> = report.workloads.iter().filter(|table| has_limit(table)).collect();
    let bottom = TOP + ROW * tables.len() as f64;
    let mut out = head(bottom + 46.0);
    legend(&mut out);
    scale(&mut out, bottom);
    for (index, table) in tables.iter().enumerate() {
        row(&mut out, table, TOP + ROW * (index as f64 + 0.5));
    }
    let caption = format!("{}, {}; {}", report.machine, report.date, report.command);
    text(&mut out, (LEFT, bottom + 36.0), "start", "note", &caption);
    out.push_str("</svg>\n");
    out
}

fn has_limit(table: &Table) -> bool {
    table.rows.iter().any(|row| row.contender == "limit" && row.figure("ratio").is_some())
}

fn head(height: f64) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"CPU of the server for one delivery, as a multiple of a bare epoll loop\">\n\
         <style>\n  text {{ font: 13px system-ui, sans-serif; fill: #222 }}\n  .note {{ font-size: 11px; fill: #666 }}\n  \
         rect {{ fill: #fff }}\n  line {{ stroke: #ddd }}\n  .limit {{ stroke: #222 }}\n  \
         @media (prefers-color-scheme: dark) {{ rect {{ fill: #111 }} text {{ fill: #eee }} .note {{ fill: #aaa }} \
         line {{ stroke: #333 }} .limit {{ stroke: #eee }} }}\n</style>\n\
         <rect width=\"100%\" height=\"100%\"/>\n"
    )
}

fn legend(out: &mut String) {
    text(
        out,
        (LEFT, 22.0),
        "start",
        "title",
        "CPU of the server for one delivery; a bare epoll loop that writes the same is 1",
    );
    let mut x = LEFT;
    for (name, colour) in COLOURS {
        mark(out, (x + 6.0, 42.0), colour, name);
        text(out, (x + 16.0, 46.0), "start", "note", name);
        x += 100.0;
    }
}

fn scale(out: &mut String, bottom: f64) {
    for (value, label) in TICKS {
        let (x, class) = (across(value), if label == "1" { "limit" } else { "tick" });
        // Writing to a string does not fail.
        let _ = writeln!(out, "<line class=\"{class}\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"/>");
        text(out, (x, bottom + 16.0), "middle", "note", label);
    }
}

fn row(out: &mut String, table: &Table, y: f64) {
    text(out, (LEFT - 10.0, y + 4.0), "end", "name", &table.workload);
    for (name, colour) in COLOURS.iter().rev() {
        let row = table.rows.iter().find(|row| row.contender == *name);
        if let Some(ratio) = row.and_then(|row| row.figure("ratio")) {
            let told = format!("{name}: {}", crate::table::short(ratio.spread.median));
            mark(out, (across(ratio.spread.median), y), colour, &told);
        }
    }
}

fn across(value: f64) -> f64 {
    let share = (value.clamp(FROM, TO) / FROM).ln() / (TO / FROM).ln();
    LEFT + share * (WIDTH - LEFT - RIGHT)
}

fn mark(out: &mut String, (x, y): (f64, f64), colour: &str, told: &str) {
    let _ =
        writeln!(out, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\" fill=\"{colour}\"><title>{told}</title></circle>");
}

fn text(out: &mut String, (x, y): (f64, f64), anchor: &str, class: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(out, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Figure, Row};
    use crate::stats::Spread;

    fn report(contender: &str) -> Report {
        let row = |contender: &str, ratio| Row {
            contender: contender.to_owned(),
            void: 0,
            why: None,
            figures: vec![Figure { name: "ratio", unit: "", spread: Spread::single(ratio) }],
        };
        let rows = vec![row(contender, 1.0), row("commonroom", 1.0)];
        let table = Table { workload: "tcp-100".to_owned(), about: String::new(), rows };
        let (command, date, machine) = ("a & b".to_owned(), String::new(), String::new());
        Report { command, date, machine, workloads: vec![table], missing: Vec::new() }
    }

    #[test]
    fn a_workload_with_the_limit_is_drawn() {
        let drawn = svg(&report("limit"));
        assert!(drawn.contains(">tcp-100</text>") && drawn.contains("<title>commonroom: 1.00</title>"), "{drawn}");
        assert!(drawn.contains("a &amp; b"));
        assert!(!svg(&report("all read")).contains("tcp-100"));
    }

    #[test]
    fn the_scale_is_logarithmic() {
        assert!((across(2.0) - across(1.0) - (across(20.0) - across(10.0))).abs() < 1e-9);
        assert!(across(0.01) >= LEFT && across(1e9) <= WIDTH - RIGHT + 1e-9);
    }
}
