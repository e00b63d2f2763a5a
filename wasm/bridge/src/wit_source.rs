//! Reading WIT: folders, files, text, and the host's own packages for whoever names none or leaves them out.
use crate::error::{Code, Fault, one_line};
use crate::table::OWN_WIT;
use std::path::Path;
use wit_parser::{PackageId, Resolve};

/// Deeper nesting than this is refused before the parser sees it, which calls itself for each level.
const NESTING_MAX: usize = 100;

/// The parsers' texts quote source lines with rulers; what is kept is the message and the place.
pub fn encode_fault(what: &str, text: &str) -> Fault {
    let mut message = format!("{what}: ");
    for line in text.lines().map(str::trim) {
        let ruler = line.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start().starts_with('|');
        match line.strip_prefix("--> ") {
            Some(place) => message += &format!(" at {place}"),
            None if !ruler => message += &format!(" {line}"),
            None => {}
        }
    }
    Fault::new(Code::Encode, one_line(&message))
}

/// The host's own packages; the first is what worlds are looked up in.
fn push_own(resolve: &mut Resolve) -> Result<PackageId, String> {
    let mut packages = Vec::with_capacity(OWN_WIT.len());
    for (name, text) in OWN_WIT {
        packages.push(resolve.push_str(name, text).map_err(|e| resolve.render_error(&e))?);
    }
    packages.first().copied().ok_or_else(|| "no package is built in".into())
}

fn push_path(resolve: &mut Resolve, path: &Path) -> Result<PackageId, String> {
    resolve.push_path(path).map(|(package, _)| package).map_err(|e| resolve.render_error(&e))
}

/// The package in `path`, a folder with its `deps/` or one file, and what it needs; of the host's packages those that are not
/// there (R2.7). Empty: the host's own.
pub fn read(path: &str) -> Result<(Resolve, PackageId), Fault> {
    let mut resolve = Resolve::default();
    if path.is_empty() {
        let package = push_own(&mut resolve).map_err(|text| encode_fault("the host's own WIT can't be used", &text))?;
        return Ok((resolve, package));
    }
    let place = Path::new(path);
    let missing = match push_path(&mut resolve, place) {
        Ok(package) => return Ok((resolve, package)),
        Err(text) => text,
    };
    // What is wrong in the folder itself is wrong with the host's packages beside it, too: then the first complaint counts.
    let mut resolve = Resolve::default();
    match push_own(&mut resolve).and_then(|_| push_path(&mut resolve, place)) {
        Ok(package) => Ok((resolve, package)),
        Err(_) => Err(encode_fault(&format!("the WIT in `{path}` can't be used"), &missing)),
    }
}

/// One package as text.
pub fn parse(text: &str) -> Result<(Resolve, PackageId), Fault> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'<' | b'{' | b'(' => depth += 1,
            b'>' | b'}' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > NESTING_MAX {
            return Err(Fault::new(Code::Encode, format!("the WIT nests deeper than {NESTING_MAX} levels, at byte {at}")));
        }
    }
    let mut resolve = Resolve::default();
    let package = match resolve.push_str("text.wit", text) {
        Ok(package) => package,
        Err(error) => return Err(encode_fault("the WIT can't be used", &resolve.render_error(&error))),
    };
    Ok((resolve, package))
}
