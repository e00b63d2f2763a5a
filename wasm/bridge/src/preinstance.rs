//! Linking and checking a component once for all of its instances.
use crate::abi::{HostTables, arg, give};
use crate::component::BridgeComponent;
use crate::describe::{self, Item, func_text, item_text};
use crate::error::{Code, Fault, contain, delete, guard};
use crate::host::{Context, OFFERS, Offer};
use crate::types::{ComponentConfig, ComponentError, ComponentMetadata, HealthReport, Message};
use crate::wasi;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use wasmtime::component::types::{self, ComponentFunc, ComponentItem};
use wasmtime::component::{ComponentExportIndex, InstancePre, Linker};

pub const LIFECYCLE: &str = "airssys:core/lifecycle@1.0.0";

pub type Init = (ComponentConfig<'static>,);
pub type InitAnswer = Result<(), ComponentError>;
pub type Handle = (Message<'static>,);
pub type HandleAnswer = Result<Option<Vec<u8>>, ComponentError>;
pub type ShutdownAnswer = Result<(), ComponentError>;

/// The functions of `lifecycle`, in the order of `ExportIndexes`.
struct Export {
    name: &'static str,
    check: fn(&ComponentFunc, &types::Component) -> wasmtime::Result<()>,
}

static EXPORTS: [Export; 5] = [
    Export { name: "init", check: |f, c| f.typecheck::<Init, (InitAnswer,)>(&c.instance_type()) },
    Export { name: "handle-message", check: |f, c| f.typecheck::<Handle, (HandleAnswer,)>(&c.instance_type()) },
    Export { name: "metadata", check: |f, c| f.typecheck::<(), (ComponentMetadata,)>(&c.instance_type()) },
    Export { name: "health", check: |f, c| f.typecheck::<(), (HealthReport,)>(&c.instance_type()) },
    Export { name: "shutdown", check: |f, c| f.typecheck::<(), (ShutdownAnswer,)>(&c.instance_type()) },
];

pub type ExportIndexes = [ComponentExportIndex; EXPORTS.len()];

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Lane {
    Sync = 0,
    Fiber = 1,
}

/// `aw_preinstance`.
pub struct Preinstance {
    pub pre: InstancePre<Context>,
    pub exports: ExportIndexes,
    pub tables: HostTables,
    pub largest_memory: u64,
    /// Of the engine.
    pub ticks: Arc<AtomicU64>,
    /// Of instances that do not ask for another.
    pub lane: Lane,
}

/// Interfaces of one major version are the same to the linker, so they are the same here.
fn same_interface(a: &str, b: &str) -> bool {
    let parts = |name: &str| {
        let (base, version) = name.split_once('@').unwrap_or((name, ""));
        (base.to_string(), version.split('.').next().unwrap_or("").to_string())
    };
    parts(a) == parts(b)
}

fn offer(item: &Item) -> Option<&'static Offer> {
    OFFERS.iter().find(|offer| offer.name == item.name && same_interface(offer.interface, &item.interface))
}

fn display(item: &Item) -> String {
    if item.interface.is_empty() { item.name.clone() } else { format!("{}.{}", item.interface, item.name) }
}

/// What the component wants of the host and can't have; types and resources of its own are not the host's matter.
fn import_mismatches(component: &BridgeComponent, imports: &[Item], tables: &HostTables, found: &mut Vec<String>) {
    let ty = component.component.component_type();
    for item in imports.iter().filter(|item| !(wasi::is_ours(&item.interface) && wasi::is_offered(tables))) {
        let func = match &item.item {
            ComponentItem::ComponentFunc(func) => func,
            ComponentItem::Type(_) => continue,
            other => {
                found.push(format!("imports `{}`, a {}, which the host does not offer", display(item), item_text(other)));
                continue;
            }
        };
        match offer(item).filter(|offer| (offer.present)(tables)) {
            None => found.push(format!("imports `{}`, which the host does not offer", display(item))),
            Some(offer) => {
                if let Err(why) = (offer.check)(func, &ty) {
                    let text = func_text(func);
                    found.push(format!("imports `{}` as {text}, not as the host offers it ({why:#})", display(item)));
                }
            }
        }
    }
}

fn export_mismatches(component: &BridgeComponent, exports: &[Item], found: &mut Vec<String>) {
    let ty = component.component.component_type();
    if !exports.iter().any(|item| same_interface(&item.interface, LIFECYCLE)) {
        let mut others: Vec<&str> = exports
            .iter()
            .map(|item| if item.interface.is_empty() { &item.name } else { &item.interface })
            .map(|s| s.as_str())
            .collect();
        others.dedup();
        let others = if others.is_empty() { "nothing".to_string() } else { format!("`{}`", others.join("`, `")) };
        found.push(format!("does not export `{LIFECYCLE}`, but {others}"));
        return;
    }
    for export in &EXPORTS {
        let item = exports.iter().find(|item| item.name == export.name && same_interface(&item.interface, LIFECYCLE));
        match item.map(|item| &item.item) {
            Some(ComponentItem::ComponentFunc(func)) => {
                if let Err(why) = (export.check)(func, &ty) {
                    let (name, text) = (export.name, func_text(func));
                    found.push(format!("exports `{LIFECYCLE}.{name}` as {text}, not as the world has it ({why:#})"));
                }
            }
            _ => found.push(format!("lacks the export `{LIFECYCLE}.{}`", export.name)),
        }
    }
}

fn link(component: &BridgeComponent, imports: &[Item], tables: &HostTables) -> wasmtime::Result<InstancePre<Context>> {
    let mut linker = Linker::<Context>::new(component.component.engine());
    for offer in OFFERS.iter().filter(|offer| (offer.present)(tables)) {
        (offer.link)(&mut linker.instance(offer.interface)?)?;
    }
    if wasi::is_offered(tables) {
        wasi::link(&mut linker, imports)?;
    }
    linker.instantiate_pre(&component.component)
}

fn export_indexes(component: &BridgeComponent) -> Option<ExportIndexes> {
    let component = &component.component;
    let lifecycle = component.get_export_index(None, LIFECYCLE)?;
    let mut indexes = Vec::with_capacity(EXPORTS.len());
    for export in &EXPORTS {
        indexes.push(component.get_export_index(Some(&lifecycle), export.name)?);
    }
    indexes.try_into().ok()
}

fn prepare(component: &BridgeComponent, tables: &HostTables) -> Result<Box<Preinstance>, Fault> {
    let (imports, exports) = (describe::imports(component), describe::exports(component));
    let mut found = Vec::new();
    import_mismatches(component, &imports, tables, &mut found);
    export_mismatches(component, &exports, &mut found);
    if !found.is_empty() {
        return Err(Fault::new(Code::Link, format!("the component does not fit this host: it {}", found.join("; it "))));
    }
    let pre = link(component, &imports, tables).map_err(|e| Fault::engine(Code::Link, &e))?;
    let exports = export_indexes(component).ok_or_else(|| Fault::new(Code::Link, "exports of the component can't be found"))?;
    let waits = imports.iter().any(|item| offer(item).is_some_and(|offer| offer.waits));
    let lane = if waits { Lane::Fiber } else { Lane::Sync };
    let (largest_memory, ticks) = (component.largest_memory, component.ticks.clone());
    Ok(Box::new(Preinstance { pre, exports, tables: *tables, largest_memory, ticks, lane }))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_preinstance_new(
    component: *const BridgeComponent,
    tables: *const HostTables,
    out: *mut *mut Preinstance,
) -> *mut Fault {
    // SAFETY: pointers as the header demands.
    guard(|| unsafe { give(out, || prepare(arg(component, "component")?, arg(tables, "tables")?)) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_preinstance_delete(preinstance: *mut Preinstance) {
    // SAFETY: the header's rule for deletes.
    unsafe { delete(preinstance) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_preinstance_lane(preinstance: *const Preinstance) -> u32 {
    // SAFETY: null or live by the header.
    contain(0, || unsafe { preinstance.as_ref() }.map_or(0, |preinstance| preinstance.lane as u32))
}
