//! The benchmark's command line; `cargo xtask bench` types it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use anyhow::{Context, Result, bail};
use commonroom_bench::contenders::Stage;
use commonroom_bench::cores::Cores;
use commonroom_bench::report::Report;
use commonroom_bench::workloads::{Bench, Effort, WORKLOADS, Workload};
use commonroom_bench::{limit, plot, proc, table};

/// What a run leaves in its folder.
const JSON: &str = "results.json";
const PICTURE: &str = "ratios.svg";

/// What was asked for: `SERVER FOLDER [--quick] [WORKLOAD...]`.
struct Order {
    commonroom: PathBuf,
    folder: PathBuf,
    quick: bool,
    names: Vec<String>,
}

fn main() -> ExitCode {
    let done = if env::args().nth(1).as_deref() == Some("limit") { limit::serve() } else { order().and_then(bench) };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn order() -> Result<Order> {
    let mut words = env::args().skip(1);
    let commonroom = words.next().context("the server's binary comes first")?.into();
    let folder = std::path::absolute(words.next().context("then the folder for files")?)?;
    let (options, names): (Vec<String>, Vec<String>) = words.partition(|word| word.starts_with('-'));
    if let Some(stranger) = options.iter().find(|option| *option != "--quick") {
        bail!("there is no option `{stranger}`, only --quick");
    }
    Ok(Order { commonroom, folder, quick: !options.is_empty(), names })
}

fn bench(order: Order) -> Result<()> {
    let workloads = chosen(&order.names)?;
    fs::create_dir_all(&order.folder)?;
    let (cores, machine) = (Cores::choose()?, proc::machine());
    cores.generate()?;
    if cores.shared() {
        eprintln!("there is one core: the generator takes time from the servers");
    }
    let stage = Stage { cores, folder: order.folder.clone(), commonroom: order.commonroom, limit: env::current_exe()? };
    let effort = if order.quick { Effort::QUICK } else { Effort::FULL };
    let mut bench = Bench { stage, effort, missing: Vec::new() };
    let quick = if order.quick { " --quick" } else { "" };
    let mut report = Report {
        command: format!("cargo xtask bench{quick} {}", order.names.join(" ")).trim_end().to_owned(),
        date: jiff::Timestamp::now().strftime("%Y-%m-%d").to_string(),
        machine,
        workloads: Vec::new(),
        missing: Vec::new(),
    };
    println!("{}, {}", report.machine, report.date);
    for workload in workloads {
        let found = bench.run(workload).with_context(|| format!("workload {}", workload.name))?;
        print!("{}", table::render(&found));
        report.workloads.push(found);
        report.missing.clone_from(&bench.missing);
        // Each time: a run that is broken off leaves what it has found.
        save(&report, &order.folder)?;
    }
    print!("{}", table::missing(&report.missing));
    println!("\nthe same as JSON, and the ratios as a picture: {}/{{{JSON},{PICTURE}}}", order.folder.display());
    Ok(())
}

fn save(report: &Report, folder: &Path) -> Result<()> {
    fs::write(folder.join(JSON), serde_json::to_string_pretty(report)?)?;
    Ok(fs::write(folder.join(PICTURE), plot::svg(report))?)
}

fn chosen(names: &[String]) -> Result<Vec<&'static Workload>> {
    let all: Vec<&str> = WORKLOADS.iter().map(|workload| workload.name).collect();
    if let Some(stranger) = names.iter().find(|name| !all.contains(&name.as_str())) {
        bail!("there is no workload `{stranger}`, only: {}", all.join(" "));
    }
    let wanted = |workload: &&Workload| names.is_empty() || names.iter().any(|name| name == workload.name);
    Ok(WORKLOADS.iter().filter(wanted).collect())
}
