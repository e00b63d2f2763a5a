//! The metadata of a component across the border: as a view that owns what it shows, and out of somebody else's view.
use crate::abi::{CCapability, CComponentMetadata, Pair, Str, array};
use crate::error::{Fault, contain};
use crate::types::{ComponentMetadata, MemoryNeeds, OwnedCapability};

/// What a guest said, kept for as long as the C side looks at it. The view is the first member, so that a pointer to it is
/// one to the whole.
#[repr(C)]
struct Kept {
    view: CComponentMetadata,
    operations: Vec<Str>,
    permissions: Vec<CCapability>,
    tags: Vec<Str>,
    custom: Vec<Pair>,
    value: ComponentMetadata,
}

/// Hands it over: `aw_component_metadata_delete` takes it back.
pub fn give(value: ComponentMetadata) -> *mut CComponentMetadata {
    let texts = |list: &[String]| list.iter().map(|text| Str::of(text)).collect::<Vec<_>>();
    let capability =
        |of: &OwnedCapability| CCapability { kind: Str::of(&of.kind), action: Str::of(&of.action), target: Str::of(&of.target) };
    let pair = |(name, value): &(String, String)| Pair { name: Str::of(name), value: Str::of(value) };
    let (operations, tags) = (texts(&value.supported_operations), texts(&value.tags));
    let permissions: Vec<_> = value.requested_permissions.iter().map(capability).collect();
    let custom: Vec<_> = value.custom.iter().flatten().map(pair).collect();
    // Strings and lists keep their places when the values around them move.
    let view = CComponentMetadata {
        name: Str::of(&value.name),
        version: Str::of(&value.version),
        description: Str::of(&value.description),
        author: Str::of(&value.author),
        license: Str::of(&value.license),
        language: Str::of(&value.language),
        api_version: Str::of(&value.api_version),
        homepage: Str::of(&value.homepage),
        repository: Str::of(&value.repository),
        operations: operations.as_ptr(),
        operation_count: operations.len(),
        codecs: value.supported_codecs.as_ptr(),
        codec_count: value.supported_codecs.len(),
        permissions: permissions.as_ptr(),
        permission_count: permissions.len(),
        tags: tags.as_ptr(),
        tag_count: tags.len(),
        custom: custom.as_ptr(),
        custom_count: custom.len(),
        memory_min: value.memory.min,
        memory_max: value.memory.max,
        memory_preferred: value.memory.preferred,
        timeout_ms: value.timeout_ms.unwrap_or(0),
        has_timeout: value.timeout_ms.is_some().into(),
        has_custom: value.custom.is_some().into(),
        stateful: value.stateful.into(),
    };
    Box::into_raw(Box::new(Kept { view, operations, permissions, tags, custom, value })).cast()
}

/// A copy of what a callback answered.
/// Safety: the view and all it points to are valid during this call.
pub unsafe fn copy(view: &CComponentMetadata) -> Result<ComponentMetadata, Fault> {
    // SAFETY: the caller's word.
    unsafe {
        let text = |text: &Str| text.lossy();
        let capability =
            |of: &CCapability| OwnedCapability { kind: of.kind.lossy(), action: of.action.lossy(), target: of.target.lossy() };
        let pair = |pair: &Pair| (pair.name.lossy(), pair.value.lossy());
        let custom = array(view.custom, view.custom_count, "custom")?;
        Ok(ComponentMetadata {
            name: view.name.lossy(),
            version: view.version.lossy(),
            description: view.description.lossy(),
            author: view.author.lossy(),
            license: view.license.lossy(),
            language: view.language.lossy(),
            supported_operations: array(view.operations, view.operation_count, "operations")?.iter().map(text).collect(),
            supported_codecs: array(view.codecs, view.codec_count, "codecs")?.to_vec(),
            requested_permissions: array(view.permissions, view.permission_count, "permissions")?
                .iter()
                .map(capability)
                .collect(),
            memory: MemoryNeeds { min: view.memory_min, max: view.memory_max, preferred: view.memory_preferred },
            timeout_ms: (view.has_timeout != 0).then_some(view.timeout_ms),
            stateful: view.stateful != 0,
            api_version: view.api_version.lossy(),
            homepage: view.homepage.lossy(),
            repository: view.repository.lossy(),
            tags: array(view.tags, view.tag_count, "tags")?.iter().map(text).collect(),
            custom: (view.has_custom != 0).then(|| custom.iter().map(pair).collect()),
        })
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_component_metadata_delete(metadata: *mut CComponentMetadata) {
    if metadata.is_null() {
        return;
    }
    // SAFETY: made by `give`, whose first member it is, and given up by the caller.
    contain((), || drop(unsafe { Box::from_raw(metadata.cast::<Kept>()) }));
}
