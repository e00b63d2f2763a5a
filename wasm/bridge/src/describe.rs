//! What a component imports and exports, as text in the manner of WIT. Named types are written out: the binary keeps
//! their structure, not always their names.
use crate::abi::{DescriptionVisitor, Str};
use crate::component::BridgeComponent;
use crate::error::contain;
use crate::table::host_function;
use std::ffi::c_void;
use std::fmt::Write;
use wasmtime::Engine;
use wasmtime::component::Type;
use wasmtime::component::types::{ComponentFunc, ComponentItem};

/// One function or other item of an import or export.
pub struct Item {
    pub interface: String,
    pub name: String,
    pub item: ComponentItem,
}

/// Flattens interfaces into their items, in the component's own order.
pub fn items<'a>(engine: &Engine, externs: impl Iterator<Item = (&'a str, ComponentItem)>) -> Vec<Item> {
    let mut found = Vec::new();
    for (name, item) in externs {
        match item {
            ComponentItem::ComponentInstance(interface) => {
                for (inner, item) in interface.exports(engine) {
                    found.push(Item { interface: name.to_string(), name: inner.to_string(), item: item.ty });
                }
            }
            item => found.push(Item { interface: String::new(), name: name.to_string(), item }),
        }
    }
    found
}

pub fn imports(component: &BridgeComponent) -> Vec<Item> {
    let (ty, engine) = (component.component.component_type(), component.component.engine());
    items(engine, ty.imports(engine).map(|(name, item)| (name, item.ty)))
}

pub fn exports(component: &BridgeComponent) -> Vec<Item> {
    let (ty, engine) = (component.component.component_type(), component.component.engine());
    items(engine, ty.exports(engine).map(|(name, item)| (name, item.ty)))
}

pub fn item_text(item: &ComponentItem) -> String {
    match item {
        ComponentItem::ComponentFunc(func) => func_text(func),
        ComponentItem::Type(ty) => format!("type = {}", type_text(ty)),
        ComponentItem::Resource(_) => "resource".into(),
        ComponentItem::Module(_) => "core module".into(),
        ComponentItem::Component(_) => "component".into(),
        ComponentItem::ComponentInstance(_) => "instance".into(),
        ComponentItem::CoreFunc(_) => "core function".into(),
    }
}

pub fn func_text(func: &ComponentFunc) -> String {
    let mut text = String::from(if func.async_() { "async func(" } else { "func(" });
    for (i, (name, ty)) in func.params().enumerate() {
        let comma = if i == 0 { "" } else { ", " };
        let _ = write!(text, "{comma}{name}: {}", type_text(&ty));
    }
    text.push(')');
    for ty in func.results() {
        let _ = write!(text, " -> {}", type_text(&ty));
    }
    text
}

fn optional(ty: Option<Type>) -> String {
    ty.map_or("_".into(), |ty| type_text(&ty))
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

fn type_text(ty: &Type) -> String {
    match ty {
        Type::Bool => "bool".into(),
        Type::S8 => "s8".into(),
        Type::U8 => "u8".into(),
        Type::S16 => "s16".into(),
        Type::U16 => "u16".into(),
        Type::S32 => "s32".into(),
        Type::U32 => "u32".into(),
        Type::S64 => "s64".into(),
        Type::U64 => "u64".into(),
        Type::Float32 => "f32".into(),
        Type::Float64 => "f64".into(),
        Type::Char => "char".into(),
        Type::String => "string".into(),
        Type::List(list) => format!("list<{}>", type_text(&list.ty())),
        Type::Map(map) => format!("map<{}, {}>", type_text(&map.key()), type_text(&map.value())),
        Type::FixedLengthList(list) => format!("list<{}, {}>", type_text(&list.ty()), list.len()),
        Type::Record(record) => {
            format!("record {{ {} }}", joined(record.fields().map(|f| format!("{}: {}", f.name, type_text(&f.ty)))))
        }
        Type::Tuple(tuple) => format!("tuple<{}>", joined(tuple.types().map(|ty| type_text(&ty)))),
        Type::Variant(variant) => {
            let case = |case: wasmtime::component::types::Case<'_>| match case.ty {
                Some(ty) => format!("{}({})", case.name, type_text(&ty)),
                None => case.name.to_string(),
            };
            format!("variant {{ {} }}", joined(variant.cases().map(case)))
        }
        Type::Enum(names) => format!("enum {{ {} }}", joined(names.names().map(String::from))),
        Type::Option(option) => format!("option<{}>", type_text(&option.ty())),
        Type::Result(result) => match (result.ok(), result.err()) {
            (None, None) => "result".into(),
            (Some(ok), None) => format!("result<{}>", type_text(&ok)),
            (ok, err) => format!("result<{}, {}>", optional(ok), optional(err)),
        },
        Type::Flags(flags) => format!("flags {{ {} }}", joined(flags.names().map(String::from))),
        Type::Own(_) => "own<resource>".into(),
        Type::Borrow(_) => "borrow<resource>".into(),
        Type::Future(_) => "future".into(),
        Type::Stream(_) => "stream".into(),
        Type::ErrorContext => "error-context".into(),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_component_describe(
    component: *const BridgeComponent,
    visitor: *const DescriptionVisitor,
    context: *mut c_void,
) {
    contain((), || {
        // SAFETY: null or valid by the header.
        let (Some(component), Some(visitor)) = (unsafe { (component.as_ref(), visitor.as_ref()) }) else { return };
        if let Some(visit) = visitor.import_item {
            for item in imports(component) {
                let (text, needs) = (item_text(&item.item), host_function(&item).map_or("", |function| function.needs));
                let (interface, name) = (Str::of(&item.interface), Str::of(&item.name));
                // SAFETY: the caller's callback with the caller's context; the texts outlive the call.
                unsafe { visit(context, interface, name, Str::of(&text), Str::of(needs)) };
            }
        }
        if let Some(visit) = visitor.export_item {
            for item in exports(component) {
                let text = item_text(&item.item);
                // SAFETY: the same.
                unsafe { visit(context, Str::of(&item.interface), Str::of(&item.name), Str::of(&text)) };
            }
        }
    })
}
