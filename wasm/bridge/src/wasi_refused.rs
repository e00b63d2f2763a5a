//! The parts of WASI 0.2 that the host does not have: files and sockets. Guests link them because their libraries mention
//! them, so they load; no folder is open, and whoever tries gets `access-denied` where the function can say so, else the call
//! ends with the reason.
use crate::describe::Item;
use crate::error::HostTrap;
use crate::host::Context;
use wasmtime::Result;
use wasmtime::component::types::{ComponentItem, Type};
use wasmtime::component::{Linker, Resource, ResourceType, Val};

/// Every kind of handle there is none of, or that is good for nothing.
pub struct Refused;

/// What a function of this type answers to say no; none: it can't say so.
fn refusal(results: &[Type]) -> Option<Val> {
    let [Type::Result(result)] = results else { return None };
    let denied = match result.err()? {
        Type::Enum(names) if names.names().any(|name| name == "access-denied") => Val::Enum("access-denied".into()),
        Type::Enum(names) if names.names().any(|name| name == "access") => Val::Enum("access".into()),
        _ => return None,
    };
    Some(Val::Result(Err(Some(Box::new(denied)))))
}

pub fn is_refused(interface: &str) -> bool {
    interface.starts_with("wasi:filesystem/") || interface.starts_with("wasi:sockets/")
}

fn reason(item: &Item) -> String {
    let what = if item.interface.starts_with("wasi:sockets/") { "sockets" } else { "files" };
    format!("`{}.{}`: this host gives a component no {what} through WASI", item.interface, item.name)
}

pub fn link(linker: &mut Linker<Context>, imports: &[Item]) -> Result<()> {
    for item in imports.iter().filter(|item| is_refused(&item.interface)) {
        let mut instance = linker.instance(&item.interface)?;
        match (&item.item, item.name.as_str()) {
            (ComponentItem::Resource(_), name) if OURS.contains(&name) => {}
            (ComponentItem::Resource(_), name) => instance.resource(name, ResourceType::host::<Refused>(), |_, _| Ok(()))?,
            (ComponentItem::ComponentFunc(_), "get-directories") => {
                instance.func_wrap("get-directories", |_, (): ()| Ok((Vec::<(Resource<Refused>, String)>::new(),)))?;
            }
            // The key to the network, without which nothing can be asked for. It opens nothing.
            (ComponentItem::ComponentFunc(_), "instance-network") => {
                instance.func_wrap("instance-network", |_, (): ()| Ok((Resource::<Refused>::new_own(0),)))?;
            }
            (ComponentItem::ComponentFunc(_), name) => {
                let reason = reason(item);
                instance.func_new(name, move |_, ty, _, results| {
                    let types: Vec<Type> = ty.results().collect();
                    results[0] = refusal(&types).ok_or_else(|| HostTrap(reason.clone()))?;
                    Ok(())
                })?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Resources of other interfaces, mentioned here under their names.
const OURS: [&str; 4] = ["pollable", "input-stream", "output-stream", "error"];
