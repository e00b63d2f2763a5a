//! The component that knows the host's whole package. It calls the function that a message names, and logs what came of it; and it
//! exports functions that answer a value of each type with itself.
//!
//! `whole.rs` is what `airssys-wasm wit bindgen --lang rust` prints, as it stands. It, `same.rs` and the world are made when this is
//! built, from the WIT itself (`../generate`), so that no type is forgotten.
mod calls;
mod same;
mod whole;

use whole::airssys::core::services::{self, LogLevel};
use whole::exports::airssys::core::lifecycle::{
    ComponentConfig, ComponentError, ComponentMetadata, ExecutionContext, ExecutionError, Guest, HealthReport, HealthStatus,
    MemoryNeeds, Message, RequestError, RequestId,
};

pub struct Whole;

impl Guest for Whole {
    fn init(_config: ComponentConfig) -> Result<(), ComponentError> {
        Ok(())
    }

    fn handle_message(message: Message) -> Result<Option<Vec<u8>>, ComponentError> {
        let invalid = |why: &str| ComponentError::InvalidMessage(why.into());
        let content = message.payload.strip_prefix(b"\x55").ok_or_else(|| invalid("not raw"))?;
        let function = str::from_utf8(content).map_err(|_| invalid("not a name"))?;
        let outcome = calls::call(function).ok_or_else(|| invalid("no such function"))?;
        services::log(LogLevel::Info, &format!("{function} -> {outcome}"), &[]);
        Ok(Some([b"\x55", outcome.as_bytes()].concat()))
    }

    fn handle_callback(_request: RequestId, _outcome: Result<Vec<u8>, RequestError>) -> Result<(), ComponentError> {
        Ok(())
    }

    fn execute(operation: Vec<u8>, _ctx: ExecutionContext) -> Result<Vec<u8>, ExecutionError> {
        Ok(operation)
    }

    fn metadata() -> ComponentMetadata {
        ComponentMetadata {
            name: String::new(),
            version: String::new(),
            description: String::new(),
            author: String::new(),
            license: String::new(),
            language: "Rust".into(),
            supported_operations: Vec::new(),
            supported_codecs: vec![0x55, 0x0200],
            requested_permissions: Vec::new(),
            memory: MemoryNeeds { min: 0, max: 0, preferred: 0 },
            timeout_ms: None,
            stateful: false,
            api_version: String::new(),
            homepage: String::new(),
            repository: String::new(),
            tags: Vec::new(),
            custom: None,
        }
    }

    fn health() -> HealthReport {
        HealthReport { status: HealthStatus::Healthy, reason: None }
    }

    fn supported_codecs() -> Vec<u64> {
        vec![0x55, 0x0200]
    }

    fn shutdown() -> Result<(), ComponentError> {
        Ok(())
    }
}

whole::export!(Whole with_types_in whole);
