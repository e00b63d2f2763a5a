//! What changed between two versions of WIT packages, and whether that breaks components (R2.6).
use crate::abi::{Str, arg};
use crate::error::{Fault, guard};
use crate::surface::{Speller, surface};
use crate::table::parts;
use crate::wit_source::{parse, read};
use std::collections::BTreeMap;
use std::ffi::c_void;
use wit_parser::{PackageId, Resolve, TypeDefKind, WorldItem, WorldKey};

#[derive(Clone, Copy)]
#[repr(u32)]
enum Change {
    Removed = 0,
    Changed = 1,
    Added = 2,
}

/// Each item under its name without version, with a text that differs when it means something else. The mark says whether a
/// new one breaks whoever was there before.
type Items = BTreeMap<String, (String, bool)>;

fn items(resolve: &Resolve) -> Items {
    let packages: Vec<PackageId> = resolve.packages.iter().map(|(id, _)| id).collect();
    let mut found = Items::new();
    for entry in &surface(resolve, &packages).entries {
        let text = if entry.exported { String::new() } else { format!("; needs {}", entry.needs()) };
        found.insert(format!("{}.{}", parts(&entry.interface).0, entry.name), (text, false));
    }
    let speller = || Speller::new(resolve, true);
    for (id, interface) in resolve.interfaces.iter() {
        let Some(name) = resolve.id_of(id) else { continue };
        let name = parts(&name).0.to_string();
        for (function, definition) in &interface.functions {
            let item = found.entry(format!("{name}.{function}")).or_default();
            item.0.insert_str(0, &speller().function(definition));
        }
        for (ty, id) in &interface.types {
            let text = match &resolve.types[*id].kind {
                TypeDefKind::Resource => "resource".to_string(),
                _ => speller().definition(*id),
            };
            found.insert(format!("{name}.{ty}"), (text, false));
        }
        found.insert(name, ("interface".into(), false));
    }
    for (_, world) in resolve.worlds.iter() {
        let Some(package) = world.package else { continue };
        let package = &resolve.packages[package].name;
        let name = format!("{}:{}/{}", package.namespace, package.name, world.name);
        for (direction, items, binds) in [("imports", &world.imports, false), ("exports", &world.exports, true)] {
            for (key, item) in items {
                let (key, text) = match (key, item) {
                    (WorldKey::Interface(id), _) => (resolve.id_of(*id).unwrap_or_default(), direction.to_string()),
                    (WorldKey::Name(key), WorldItem::Function(f)) => {
                        (key.clone(), format!("{direction} {}", speller().function(f)))
                    }
                    (WorldKey::Name(key), _) => (key.clone(), direction.to_string()),
                };
                found.insert(format!("{name} {direction} {}", parts(&key).0), (text, binds));
            }
        }
        found.insert(name, ("world".into(), false));
    }
    found
}

#[repr(C)]
pub struct CDifference {
    change: u32,
    breaks: u8,
    item: Str,
    before: Str,
    after: Str,
}

fn compare(old: &Items, new: &Items, mut say: impl FnMut(Change, bool, &str, &str, &str)) {
    for (item, (before, _)) in old {
        match new.get(item) {
            None => say(Change::Removed, true, item, before, ""),
            Some((after, _)) if before != after => say(Change::Changed, true, item, before, after),
            Some(_) => {}
        }
    }
    for (item, (after, binds)) in new {
        // What a world that was there before asks for now, its components do not have.
        let world_is_old = || item.split(' ').next().is_some_and(|world| old.contains_key(world));
        if !old.contains_key(item) {
            say(Change::Added, *binds && world_is_old(), item, "", after);
        }
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_wit_diff(
    old: Str,
    new: Str,
    difference: Option<unsafe extern "C" fn(*mut c_void, *const CDifference)>,
    context: *mut c_void,
) -> *mut Fault {
    guard(|| {
        // SAFETY: pointers as the header demands.
        let (old, new) = unsafe { (old.get("old")?, new.get("new")?) };
        let difference = difference.ok_or_else(|| Fault::argument("difference is null"))?;
        let ((old, _), (new, _)) = (read(old)?, read(new)?);
        compare(&items(&old), &items(&new), |change, breaks, item, before, after| {
            let (item, before, after) = (Str::of(item), Str::of(before), Str::of(after));
            // SAFETY: the caller's callback with the caller's context; the texts outlive the call.
            unsafe { difference(context, &CDifference { change: change as u32, breaks: breaks.into(), item, before, after }) };
        });
        Ok(())
    })
}

#[repr(C)]
pub struct CWitFunction {
    interface: Str,
    name: Str,
    ty: Str,
    needs: Str,
    problem: Str,
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_wit_check(
    path: Str,
    text: *const Str,
    function: Option<unsafe extern "C" fn(*mut c_void, *const CWitFunction)>,
    context: *mut c_void,
) -> *mut Fault {
    guard(|| {
        // SAFETY: pointers as the header demands.
        let (path, function) = (unsafe { path.get("path") }?, function.ok_or_else(|| Fault::argument("function is null"))?);
        let (resolve, package) = match text.is_null() {
            true => read(path)?,
            // SAFETY: the same.
            false => parse(unsafe { arg(text, "text")?.get("text") }?)?,
        };
        // With its folder's `deps/`, but without what was only needed of the host's.
        let packages: Vec<PackageId> = match path.is_empty() {
            true => resolve.packages.iter().map(|(id, _)| id).collect(),
            false => vec![package],
        };
        for entry in surface(&resolve, &packages).entries.iter().filter(|entry| !entry.exported) {
            let (needs, ty) = (entry.needs(), &entry.text);
            let problem = entry.requirements.as_ref().err().map_or("", String::as_str);
            let (interface, name) = (Str::of(&entry.interface), Str::of(&entry.name));
            let found = CWitFunction { interface, name, ty: Str::of(ty), needs: Str::of(&needs), problem: Str::of(problem) };
            // SAFETY: the caller's callback with the caller's context; the texts outlive the call.
            unsafe { function(context, &found) };
        }
        Ok(())
    })
}
