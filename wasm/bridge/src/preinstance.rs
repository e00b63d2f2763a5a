//! Linking a component once for all of its instances.
use crate::abi::{HostTables, arg, give};
use crate::check::{Fit, fit};
use crate::component::BridgeComponent;
use crate::error::{Code, Fault, contain, delete, guard};
use crate::host::{Context, offer};
use crate::host_storage as storage;
use crate::table::{HostFunction, host_function, name_of};
use crate::types::{
    ComponentConfig, ComponentError, ComponentMetadata, ExecutionContext, ExecutionError, HealthReport, Message, MessageId,
    RequestOutcome,
};
use crate::unavailable;
use crate::wasi;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use wasmtime::component::types::{self, ComponentFunc, ComponentItem};
use wasmtime::component::{ComponentExportIndex, InstancePre, Linker};

pub type Init = (ComponentConfig<'static>,);
pub type InitAnswer = Result<(), ComponentError>;
pub type Handle = (Message<'static>,);
pub type HandleAnswer = Result<Option<Vec<u8>>, ComponentError>;
pub type Execute = (&'static [u8], ExecutionContext<'static>);
pub type ExecuteAnswer = Result<Vec<u8>, ExecutionError>;
pub type Callback = (MessageId, RequestOutcome);
pub type CallbackAnswer = Result<(), ComponentError>;
pub type ShutdownAnswer = Result<(), ComponentError>;

/// A function of `lifecycle`.
pub struct Export {
    pub name: &'static str,
    /// Of `lifecycle-min` too. The host has an answer of its own where one of the others is missing.
    pub required: bool,
    /// Calls go through unchecked functions of these types.
    pub check: fn(&ComponentFunc, &types::Component) -> wasmtime::Result<()>,
}

/// In the order of `ExportIndexes`.
pub static EXPORTS: [Export; 8] = [
    Export { name: "init", required: true, check: |f, c| f.typecheck::<Init, (InitAnswer,)>(&c.instance_type()) },
    Export { name: "handle-message", required: true, check: |f, c| f.typecheck::<Handle, (HandleAnswer,)>(&c.instance_type()) },
    Export { name: "metadata", required: true, check: |f, c| f.typecheck::<(), (ComponentMetadata,)>(&c.instance_type()) },
    Export { name: "shutdown", required: true, check: |f, c| f.typecheck::<(), (ShutdownAnswer,)>(&c.instance_type()) },
    Export { name: "health", required: false, check: |f, c| f.typecheck::<(), (HealthReport,)>(&c.instance_type()) },
    Export { name: "execute", required: false, check: |f, c| f.typecheck::<Execute, (ExecuteAnswer,)>(&c.instance_type()) },
    Export {
        name: "handle-callback",
        required: false,
        check: |f, c| f.typecheck::<Callback, (CallbackAnswer,)>(&c.instance_type()),
    },
    Export { name: "supported-codecs", required: false, check: |f, c| f.typecheck::<(), (Vec<u64>,)>(&c.instance_type()) },
];

pub type ExportIndexes = [Option<ComponentExportIndex>; EXPORTS.len()];

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

/// Only what the component imports: linking all that there is would cost each component the whole table.
fn link(component: &BridgeComponent, fit: &Fit, tables: &HostTables) -> wasmtime::Result<InstancePre<Context>> {
    let mut by_interface: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for item in fit.imports.iter().filter(|item| !wasi::is_ours(&item.interface)) {
        by_interface.entry(&item.interface).or_default().push(item);
    }
    let mut linker = Linker::<Context>::new(component.component.engine());
    for (interface, items) in by_interface {
        let mut linker = linker.instance(interface)?;
        for item in items {
            match (&item.item, host_function(item)) {
                (ComponentItem::Resource(_), _) if name_of(interface) == "airssys:core/storage" => {
                    storage::link_store(&mut linker)?
                }
                (ComponentItem::Resource(_), _) => unavailable::link_resource(&mut linker, &item.name)?,
                (_, Some(function)) => match offer(function) {
                    Some(offer) => (offer.link)(&mut linker, tables)?,
                    None => unavailable::link(&mut linker, function)?,
                },
                _ => {}
            }
        }
    }
    if wasi::is_offered(tables) {
        wasi::link(&mut linker, &fit.imports)?;
    }
    linker.instantiate_pre(&component.component)
}

fn export_indexes(component: &BridgeComponent, lifecycle: &str) -> Option<ExportIndexes> {
    let component = &component.component;
    let lifecycle = component.get_export_index(None, lifecycle)?;
    Some(EXPORTS.each_ref().map(|export| component.get_export_index(Some(&lifecycle), export.name)))
}

fn prepare(component: &BridgeComponent, tables: &HostTables) -> Result<Box<Preinstance>, Fault> {
    let fit = fit(component, tables)?;
    let pre = link(component, &fit, tables).map_err(|e| Fault::engine(Code::Link, &e))?;
    let exports = export_indexes(component, &fit.lifecycle)
        .ok_or_else(|| Fault::new(Code::Link, "exports of the component can't be found"))?;
    let may_wait = |function: &HostFunction| offer(function).map_or(function.waits, |offer| (offer.waits)(tables));
    let waits = fit.imports.iter().filter_map(host_function).any(may_wait);
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
