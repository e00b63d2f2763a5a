//! Functions of the host's WIT that this host does not carry out: they link, and answer their error's case for that.
use crate::host::Context;
use crate::table::HostFunction;
use wasmtime::component::{LinkerInstance, ResourceType, Val};
use wasmtime::{Result, bail};

/// What a handle of a resource stands for; nothing makes one.
enum Nothing {}

fn answer(function: &HostFunction) -> Result<impl Fn(&mut [Val]) + Send + Sync + Clone + 'static> {
    let HostFunction { interface, name, .. } = *function;
    let Some(case) = function.unavailable else { bail!("`{interface}.{name}` is not implemented, and has no error to say so") };
    Ok(move |results: &mut [Val]| {
        let text = format!("unavailable: this host does not have `{interface}.{name}`");
        let error = Val::Variant(case.to_string(), Some(Box::new(Val::String(text))));
        if let [result] = results {
            *result = Val::Result(Err(Some(Box::new(error))));
        }
    })
}

pub fn link(linker: &mut LinkerInstance<'_, Context>, function: &HostFunction) -> Result<()> {
    let answer = answer(function)?;
    if !function.waits {
        return linker.func_new(function.name, move |_, _, _, results| {
            answer(results);
            Ok(())
        });
    }
    linker.func_new_async(function.name, move |_, _, _, results| {
        let answer = answer.clone();
        Box::new(async move {
            answer(results);
            Ok(())
        })
    })
}

pub fn link_resource(linker: &mut LinkerInstance<'_, Context>, name: &str) -> Result<()> {
    linker.resource(name, ResourceType::host::<Nothing>(), |_, _| Ok(()))
}
