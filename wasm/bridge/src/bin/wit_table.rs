//! wit_table WIT_DIR OUT: writes the table of what the host offers, generated from its WIT (`src/table.rs` includes it). Fails,
//! naming each, where a function has no `@capability` or one that is not understood, so that the build does.
#[path = "../annotation.rs"]
mod annotation;
#[path = "../surface.rs"]
#[allow(dead_code)] // the library uses the rest
mod surface;

use std::fmt::Write;
use std::path::Path;
use std::{env, fs, process};
use wit_parser::Resolve;

type Failure = Box<dyn std::error::Error>;

/// The files of a package folder: its own, and each file of `deps/`, which is a package.
fn files(dir: &Path) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    for part in ["", "deps"] {
        let mut names = Vec::new();
        for file in fs::read_dir(dir.join(part))? {
            let name = file?.file_name().into_string().map_err(|name| format!("{name:?} is not UTF-8"))?;
            if name.ends_with(".wit") {
                names.push(if part.is_empty() { name } else { format!("{part}/{name}") });
            }
        }
        names.sort();
        found.append(&mut names);
    }
    Ok(found)
}

fn table(dir: &Path) -> Result<String, Failure> {
    let mut resolve = Resolve::default();
    let mut out = String::new();
    let mut packages = Vec::new();
    writeln!(
        out,
        "/// The host's own packages, in an order in which they can be read.\npub static OWN_WIT: &[(&str, &str)] = &["
    )?;
    for name in files(dir)? {
        let text = fs::read_to_string(dir.join(&name))?;
        let package = resolve.push_str(&name, &text);
        packages.push(package.map_err(|error| resolve.render_error(&error))?);
        writeln!(out, "    ({name:?}, {text:?}),")?;
    }
    writeln!(out, "];")?;
    let surface = surface::surface(&resolve, &packages);
    let mut wrong = String::new();
    writeln!(out, "\npub static HOST_FUNCTIONS: &[HostFunction] = &[")?;
    for entry in surface.entries.iter().filter(|entry| !entry.exported) {
        let surface::Entry { interface, name, text, unavailable, .. } = entry;
        if let Err(why) = &entry.requirements {
            write!(wrong, "\n  {}: {interface}.{name} {why}", entry.place)?;
        }
        let (needs, waits) = (entry.needs(), entry.waits());
        writeln!(
            out,
            "    HostFunction {{ interface: {interface:?}, name: {name:?}, text: {text:?}, needs: {needs:?}, waits: {waits}, \
             unavailable: {unavailable:?} }},"
        )?;
    }
    writeln!(out, "];\n\npub static HOST_RESOURCES: &[(&str, &str)] = &{:?};", surface.resources)?;
    writeln!(out, "\npub static GUEST_FUNCTIONS: &[GuestFunction] = &[")?;
    for surface::Entry { interface, name, text, .. } in surface.entries.iter().filter(|entry| entry.exported) {
        writeln!(out, "    GuestFunction {{ interface: {interface:?}, name: {name:?}, text: {text:?} }},")?;
    }
    writeln!(out, "];")?;
    if wrong.is_empty() { Ok(out) } else { Err(format!("annotations are missing or wrong:{wrong}").into()) }
}

fn main() {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let [dir, out] = arguments.as_slice() else {
        eprintln!("usage: wit_table WIT_DIR OUT");
        process::exit(2);
    };
    let dir = Path::new(dir);
    if let Err(why) = table(dir).and_then(|text| Ok(fs::write(out, text)?)) {
        eprintln!("wit_table: {}: {why}", dir.display());
        process::exit(1);
    }
}
