//! Whether a component fits this host (R2.6): all that does not, in one message, with what the host has instead.
use crate::abi::HostTables;
use crate::component::BridgeComponent;
use crate::describe::{self, Item, func_text, item_text};
use crate::error::{Code, Fault};
use crate::host::offer;
use crate::preinstance::EXPORTS;
use crate::table::{
    GUEST_FUNCTIONS, HOST_FUNCTIONS, compatible, host_function, host_interface, is_host_resource, name_of, parts,
};
use crate::wasi;
use std::collections::BTreeSet;
use wasmtime::component::types::ComponentItem;

const LIFECYCLE: &str = "airssys:core/lifecycle";
const LIFECYCLE_MIN: &str = "airssys:core/lifecycle-min";
/// More mismatches than these are only counted: a component may have any number.
const MISMATCHES_MAX: usize = 32;

/// A component that fits.
pub struct Fit {
    pub imports: Vec<Item>,
    /// The name of the interface that it exports to be called by.
    pub lifecycle: String,
}

#[derive(Default)]
struct Mismatches {
    texts: Vec<String>,
    count: usize,
    /// Whether it helps to say what there is to import.
    names_interfaces: bool,
}

impl Mismatches {
    fn add(&mut self, text: impl FnOnce() -> String) {
        self.count += 1;
        if self.texts.len() < MISMATCHES_MAX {
            self.texts.push(text());
        }
    }
}

fn display(item: &Item) -> String {
    if item.interface.is_empty() { item.name.clone() } else { format!("{}.{}", item.interface, item.name) }
}

/// "airssys:core/messaging@1.0.0, …": what there is to import.
fn host_interfaces() -> String {
    let mut names: Vec<&str> = HOST_FUNCTIONS.iter().map(|function| function.interface).collect();
    names.dedup();
    names.join(", ")
}

/// Says once for each interface that the host has another version of it.
fn version_mismatches(imports: &[Item], found: &mut Mismatches) {
    let mut seen = BTreeSet::new();
    for item in imports {
        let Some(offered) = host_interface(&item.interface) else { continue };
        if !seen.insert(&item.interface) {
            continue;
        }
        let ((name, wanted), (_, has)) = (parts(&item.interface), parts(offered));
        if !compatible(&wanted, &has) {
            found.add(|| format!("imports `{name}` of version {wanted}, the host offers {has}, which is not compatible"));
        } else if has < wanted {
            found.add(|| format!("imports `{name}` of version {wanted} or newer, the host offers {has}"));
        }
    }
}

/// What the component wants of the host and can't have; types of its own are not the host's matter.
fn import_mismatches(imports: &[Item], tables: &HostTables, found: &mut Mismatches) {
    let mut unknown_interface = false;
    for item in imports.iter().filter(|item| !(wasi::is_ours(&item.interface) && wasi::is_offered(tables))) {
        let func = match &item.item {
            ComponentItem::ComponentFunc(func) => func,
            ComponentItem::Type(_) => continue,
            ComponentItem::Resource(_) if is_host_resource(item) => continue,
            other => {
                unknown_interface = true;
                found.add(|| format!("imports `{}`, a {}, which the host does not offer", display(item), item_text(other)));
                continue;
            }
        };
        match host_function(item).filter(|function| offer(function).is_none_or(|offer| (offer.present)(tables))) {
            None => {
                unknown_interface |= host_interface(&item.interface).is_none();
                found.add(|| match host_interface(&item.interface).filter(|_| host_function(item).is_none()) {
                    None => format!("imports `{}`, which the host does not offer", display(item)),
                    Some(offered) => {
                        let names = HOST_FUNCTIONS.iter().filter(|f| f.interface == offered).map(|f| f.name);
                        let names = names.collect::<Vec<_>>().join(", ");
                        format!("imports `{}`, which the host does not offer; `{offered}` has {names}", display(item))
                    }
                });
            }
            Some(function) if func_text(func) != function.text => {
                found.add(|| format!("imports `{}` as {}, the host offers {}", display(item), func_text(func), function.text));
            }
            Some(_) => {}
        }
    }
    found.names_interfaces |= unknown_interface;
}

/// The interface that the component is called by, with the version that it has there.
fn lifecycle(exports: &[Item]) -> Option<&str> {
    [LIFECYCLE, LIFECYCLE_MIN]
        .into_iter()
        .find_map(|name| exports.iter().map(|item| item.interface.as_str()).find(|interface| name_of(interface) == name))
}

fn export_mismatches(component: &BridgeComponent, exports: &[Item], found: &mut Mismatches) {
    let Some(lifecycle) = lifecycle(exports) else {
        let mut others: Vec<&str> = exports
            .iter()
            .map(|item| if item.interface.is_empty() { &item.name } else { &item.interface })
            .map(|s| s.as_str())
            .collect();
        others.dedup();
        let others = if others.is_empty() { "nothing".to_string() } else { format!("`{}`", others.join("`, `")) };
        found.add(|| format!("does not export `{}`, but {others}", GUEST_FUNCTIONS[0].interface));
        return;
    };
    let ((name, version), (_, own)) = (parts(lifecycle), parts(GUEST_FUNCTIONS[0].interface));
    if !compatible(&version, &own) {
        found.add(|| format!("exports `{name}` of version {version}, the host calls {own}, which is not compatible"));
        return;
    }
    let ty = component.component.component_type();
    for export in &EXPORTS {
        let wanted = GUEST_FUNCTIONS.iter().find(|f| f.name == export.name).map_or("", |f| f.text);
        match exports.iter().find(|item| item.name == export.name && item.interface == lifecycle).map(|item| &item.item) {
            Some(ComponentItem::ComponentFunc(func)) => {
                let text = func_text(func);
                if text != wanted {
                    found.add(|| format!("exports `{lifecycle}.{}` as {text}, the host calls {wanted}", export.name));
                } else if let Err(why) = (export.check)(func, &ty) {
                    found.add(|| format!("exports `{lifecycle}.{}`, which this host can't call: {why:#}", export.name));
                }
            }
            _ if export.required => found.add(|| format!("lacks the export `{lifecycle}.{}`", export.name)),
            _ => {}
        }
    }
}

/// What linking and calling may rely on.
pub fn fit(component: &BridgeComponent, tables: &HostTables) -> Result<Fit, Fault> {
    let (imports, exports) = (describe::imports(component), describe::exports(component));
    let mut found = Mismatches::default();
    version_mismatches(&imports, &mut found);
    import_mismatches(&imports, tables, &mut found);
    export_mismatches(component, &exports, &mut found);
    if found.count > 0 {
        let mut more = match found.count - found.texts.len() {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        if found.names_interfaces {
            more += &format!("; the host offers {}", host_interfaces());
        }
        return Err(Fault::new(
            Code::Link,
            format!("the component does not fit this host: it {}{more}", found.texts.join("; it ")),
        ));
    }
    let lifecycle = lifecycle(&exports).unwrap_or_default().to_string();
    Ok(Fit { imports, lifecycle })
}
