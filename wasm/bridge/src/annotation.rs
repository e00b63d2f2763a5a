//! Directives in the documentation of WIT functions (R2.5): which capabilities a caller needs.
//!
//! A line of its own, `@capability <kind>.<action>(<parameter>)`, once for each capability, or `@capability none`. The parameter
//! names what is asked for, and is one of the function's own; empty where nothing in particular is. What does not follow this is
//! refused, because what is overlooked here is granted to everybody.
use std::fmt;

/// What grants may name: the kinds of the manifest's `[capabilities.<kind>]`, and their actions.
const KINDS: &[(&str, &[&str])] = &[
    ("filesystem", &["read", "write", "delete", "list", "execute"]),
    ("host", &["call"]),
    ("messaging", &["send", "request", "publish", "subscribe"]),
    ("network", &["outbound", "inbound", "dns-lookup"]),
    ("process", &["spawn", "kill", "signal"]),
    ("storage", &["read", "write", "admin"]),
];

const DIRECTIVE: &str = "@capability";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    pub kind: String,
    pub action: String,
    /// Of the function; empty: none.
    pub parameter: String,
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}({})", self.kind, self.action, self.parameter)
    }
}

fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().collect::<Vec<_>>().join(", ")
}

fn requirement(text: &str, parameters: &[&str]) -> Result<Requirement, String> {
    let malformed = || format!("`{DIRECTIVE} {text}` is not `{DIRECTIVE} <kind>.<action>(<parameter>)` nor `{DIRECTIVE} none`");
    let (path, rest) = text.split_once('(').ok_or_else(malformed)?;
    let parameter = rest.strip_suffix(')').ok_or_else(malformed)?.trim();
    let (kind, action) = path.split_once('.').ok_or_else(malformed)?;
    let Some((_, actions)) = KINDS.iter().find(|(known, _)| *known == kind) else {
        let kinds = listed(KINDS.iter().map(|(kind, _)| *kind));
        return Err(format!("`{kind}` is no kind of capability; the kinds are {kinds}"));
    };
    if !actions.contains(&action) {
        return Err(format!("`{action}` is no action of `{kind}`; they are {}", listed(actions.iter().copied())));
    }
    if !parameter.is_empty() && !parameters.contains(&parameter) {
        let known = if parameters.is_empty() { "none".to_string() } else { listed(parameters.iter().copied()) };
        return Err(format!("`{text}` names a parameter that the function does not have; its parameters: {known}"));
    }
    Ok(Requirement { kind: kind.into(), action: action.into(), parameter: parameter.into() })
}

/// What a function with this documentation and these parameters needs; nothing, where it says `none`. Otherwise what is wrong.
pub fn requirements(docs: &str, parameters: &[&str]) -> Result<Vec<Requirement>, String> {
    let mut found = Vec::new();
    let mut none = false;
    for line in docs.lines().map(str::trim) {
        let Some(rest) = line.strip_prefix(DIRECTIVE) else {
            if line.contains(DIRECTIVE) {
                return Err(format!("`{DIRECTIVE}` stands inside of a line; it must begin one"));
            }
            continue;
        };
        match rest.trim() {
            "none" => none = true,
            text => {
                let needed = requirement(text, parameters)?;
                if found.contains(&needed) {
                    return Err(format!("`{DIRECTIVE} {needed}` stands there twice"));
                }
                found.push(needed);
            }
        }
    }
    match (none, found.is_empty()) {
        (true, false) => Err(format!("`{DIRECTIVE} none` stands beside another")),
        (false, true) => Err(format!("has no `{DIRECTIVE}`; say which one a caller needs, or `{DIRECTIVE} none`")),
        _ => Ok(found),
    }
}
