//! The protocol between `bench/run` and the programs that it measures; the C++ half is bench/src/serve.cc.
use std::io::{BufRead, Write};
use std::time::{Duration, Instant};
use wasmtime::{Error, Result};

/// Runs `n` operations at least; answers how many it ran, and how long they took.
pub type Batch = Box<dyn FnMut(u64) -> Result<(u64, Duration)>>;

/// A figure that is no time per operation.
pub type Gauge = Box<dyn Fn() -> Result<f64>>;

/// Long enough that reading the clock does not count, short enough that most batches are not interrupted.
const BATCH: Duration = Duration::from_micros(300);

/// Nanoseconds per operation: the median batch of a slice of time.
fn measure(batch: &mut Batch, slice: Duration) -> Result<(f64, u64)> {
    let begin = Instant::now();
    let mut n = 1;
    let (mut ops, mut samples) = (0, Vec::new());
    loop {
        let (ran, took) = batch(n)?;
        if took < BATCH / 2 && samples.is_empty() {
            n *= 2;
            continue;
        }
        ops += ran;
        samples.push(took.as_nanos() as f64 / ran as f64);
        if begin.elapsed() >= slice {
            samples.sort_by(f64::total_cmp);
            return Ok((samples[samples.len() / 2], ops));
        }
    }
}

fn find<'a>(rows: &'a mut [(String, Batch)], name: &str) -> Result<&'a mut Batch> {
    let found = rows.iter_mut().find(|(row, _)| row == name);
    found.map(|(_, batch)| batch).ok_or_else(|| Error::msg(format!("no row `{name}`")))
}

fn answer(rows: &mut [(String, Batch)], request: &str) -> Result<(f64, u64)> {
    let (name, slice_ms) = request.split_once(' ').ok_or_else(|| Error::msg("a request is: ROW MILLISECONDS"))?;
    measure(find(rows, name)?, Duration::from_millis(slice_ms.parse()?))
}

/// One line in, one line out, until the input ends.
pub fn serve(rows: &mut [(String, Batch)]) -> Result<()> {
    let (input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    for request in input.lines() {
        match answer(rows, &request?) {
            Ok((ns, ops)) => writeln!(output, r#"{{"value": {ns}, "ops": {ops}}}"#)?,
            Err(error) => writeln!(output, r#"{{"error": {:?}}}"#, format!("{error:#}"))?,
        }
        output.flush()?;
    }
    Ok(())
}

/// The same protocol for gauges; how long a slice is does not matter to them.
pub fn serve_gauges(rows: &[(String, Gauge)]) -> Result<()> {
    let (input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    for request in input.lines() {
        let request = request?;
        let name = request.split(' ').next().unwrap_or_default();
        let row = rows.iter().find(|(row, _)| row == name).ok_or_else(|| Error::msg(format!("no row `{name}`")));
        match row.and_then(|(_, gauge)| gauge()) {
            Ok(value) => writeln!(output, r#"{{"value": {value}, "ops": 1}}"#)?,
            Err(error) => writeln!(output, r#"{{"error": {:?}}}"#, format!("{error:#}"))?,
        }
        output.flush()?;
    }
    Ok(())
}

pub fn count(rows: &mut [(String, Batch)], name: &str, n: u64) -> Result<()> {
    let (ran, _) = find(rows, name)?(n)?;
    eprintln!("{name}: {ran} operations");
    Ok(())
}
