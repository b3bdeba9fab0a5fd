//! The benchmark's command line; `cargo xtask bench` types it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::{env, fs};

use anyhow::{Context, Result, bail};
use commonroom_bench::contenders::Stage;
use commonroom_bench::cores::Cores;
use commonroom_bench::report::Report;
use commonroom_bench::workloads::{Bench, Effort, WORKLOADS, Workload};
use commonroom_bench::{limit, plot, proc, table};

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
    }
    print!("{}", table::missing(&bench.missing));
    report.missing = bench.missing;
    let path = order.folder.join("results.json");
    fs::write(&path, serde_json::to_string_pretty(&report)?)?;
    println!("\nthe same as JSON: {}", path.display());
    let picture = order.folder.join("ratios.svg");
    fs::write(&picture, plot::svg(&report))?;
    println!("the ratios as a picture: {}", picture.display());
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Workload>> {
    let all: Vec<&str> = WORKLOADS.iter().map(|workload| workload.name).collect();
    if let Some(stranger) = names.iter().find(|name| !all.contains(&name.as_str())) {
        bail!("there is no workload `{stranger}`, only: {}", all.join(" "));
    }
    let wanted = |workload: &&Workload| names.is_empty() || names.iter().any(|name| name == workload.name);
    Ok(WORKLOADS.iter().filter(wanted).collect())
}
