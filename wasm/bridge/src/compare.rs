//! What changed between two versions of WIT packages, and whether that breaks components (R2.6).
use crate::abi::{Str, arg};
use crate::error::{Fault, guard};
use crate::surface::{Speller, surface};
use crate::table::name_of;
use crate::wit_source::{parse, read};
use std::collections::BTreeMap;
use std::ffi::c_void;
use wit_parser::{PackageId, Resolve, Stability, TypeDefKind, WorldItem, WorldKey};

#[derive(Clone, Copy)]
#[repr(u32)]
enum Change {
    Removed = 0,
    Changed = 1,
    Added = 2,
    Deprecated = 3,
}

#[derive(Default)]
struct Item {
    /// Differs when it means something else.
    text: String,
    /// A new one breaks whoever was there before.
    binds: bool,
    /// The version that said so.
    deprecated: Option<String>,
}

impl Item {
    fn new(text: impl Into<String>, stability: &Stability) -> Item {
        let mut item = Item { text: text.into(), ..Item::default() };
        item.heed(stability);
        item
    }

    fn heed(&mut self, stability: &Stability) {
        if let Stability::Stable { deprecated, .. } | Stability::Unstable { deprecated, .. } = stability {
            self.deprecated = deprecated.as_ref().map(ToString::to_string);
        }
    }
}

/// Under their names without version.
type Items = BTreeMap<String, Item>;

fn items(resolve: &Resolve) -> Items {
    let packages: Vec<PackageId> = resolve.packages.iter().map(|(id, _)| id).collect();
    let mut found = Items::new();
    for entry in &surface(resolve, &packages).entries {
        let needs = if entry.exported { String::new() } else { entry.needs() };
        let text = if needs.is_empty() { needs } else { format!("; needs {needs}") };
        found.insert(format!("{}.{}", name_of(&entry.interface), entry.name), Item { text, ..Item::default() });
    }
    let speller = || Speller::new(resolve, true);
    for (id, interface) in resolve.interfaces.iter() {
        let Some(name) = resolve.id_of(id) else { continue };
        let name = name_of(&name).to_string();
        for (function, definition) in &interface.functions {
            let item = found.entry(format!("{name}.{function}")).or_default();
            item.text.insert_str(0, &speller().function(definition));
            item.heed(&definition.stability);
        }
        for (ty, id) in &interface.types {
            let text = match &resolve.types[*id].kind {
                TypeDefKind::Resource => "resource".to_string(),
                _ => speller().definition(*id),
            };
            found.insert(format!("{name}.{ty}"), Item::new(text, &resolve.types[*id].stability));
        }
        found.insert(name, Item::new("interface", &interface.stability));
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
                let item = Item { binds, ..Item::new(text, item.stability(resolve)) };
                found.insert(format!("{name} {direction} {}", name_of(&key)), item);
            }
        }
        found.insert(name, Item::new("world", &world.stability));
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
    for (item, before) in old {
        let Some(after) = new.get(item) else {
            say(Change::Removed, true, item, &before.text, "");
            continue;
        };
        if before.text != after.text {
            say(Change::Changed, true, item, &before.text, &after.text);
        }
        if let (None, Some(version)) = (&before.deprecated, &after.deprecated) {
            say(Change::Deprecated, false, item, "", &format!("deprecated since {version}"));
        }
    }
    for (item, after) in new {
        // What a world that was there before asks for now, its components do not have.
        let world_is_old = || item.split(' ').next().is_some_and(|world| old.contains_key(world));
        if !old.contains_key(item) {
            say(Change::Added, after.binds && world_is_old(), item, "", &after.text);
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
            let problem = entry.requirements.as_ref().err().map_or(String::new(), |why| format!("{}: {why}", entry.place));
            let (interface, name) = (Str::of(&entry.interface), Str::of(&entry.name));
            let found = CWitFunction { interface, name, ty: Str::of(ty), needs: Str::of(&needs), problem: Str::of(&problem) };
            // SAFETY: the caller's callback with the caller's context; the texts outlive the call.
            unsafe { function(context, &found) };
        }
        Ok(())
    })
}
