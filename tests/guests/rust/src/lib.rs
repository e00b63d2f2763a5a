//! The component that every language has; `../README.md` says what it answers to which message.
use airssys::core::{messaging, services, storage};
use exports::airssys::core::lifecycle::{
    ComponentConfig, ComponentError, ComponentMetadata, ExecutionContext, ExecutionError, Guest, HealthReport, HealthStatus,
    MemoryNeeds, Message, RequestError, RequestId,
};

wit_bindgen::generate!({ path: "../../../wit", world: "component" });

/// Of a payload the first byte says that bytes follow, as they are: the code of the codec `raw`. Others this component does not know.
const RAW: u8 = 0x55;

fn payload_of(content: &[u8]) -> Vec<u8> {
    [&[RAW], content].concat()
}

struct Echo;

impl Guest for Echo {
    fn init(_config: ComponentConfig) -> Result<(), ComponentError> {
        Ok(())
    }

    fn handle_message(message: Message) -> Result<Option<Vec<u8>>, ComponentError> {
        let [RAW, content @ ..] = message.payload.as_slice() else {
            return Err(ComponentError::InvalidMessage("not raw".into()));
        };
        services::log(services::LogLevel::Info, &format!("{} bytes from {}", content.len(), message.sender), &[]);
        match content {
            b"trap" => core::arch::wasm32::unreachable(),
            b"loop" => spin(),
            b"eat" => eat(),
            b"err" => return Err(ComponentError::Failed("asked to fail".into())),
            _ => {}
        }
        let not_kept = |why| ComponentError::Failed(format!("not kept: {why:?}"));
        if content == b"kept" {
            let kept = storage::get("kept").map_err(not_kept)?;
            return Ok(Some(payload_of(&kept.unwrap_or_default())));
        }
        if let Some(rest) = content.strip_prefix(b"keep:") {
            storage::set("kept", rest).map_err(not_kept)?;
        }
        if let Some(rest) = content.strip_prefix(b"fwd:") {
            messaging::send_message("other", &payload_of(rest))
                .map_err(|why| ComponentError::Failed(format!("not forwarded: {why:?}")))?;
        }
        Ok(Some(payload_of(&content.to_ascii_uppercase())))
    }

    fn metadata() -> ComponentMetadata {
        ComponentMetadata {
            name: String::new(),
            version: String::new(),
            description: "Echoes in capitals".into(),
            author: String::new(),
            license: String::new(),
            language: "Rust".into(),
            supported_operations: Vec::new(),
            supported_codecs: Vec::new(),
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

    fn handle_callback(_request: RequestId, _outcome: Result<Vec<u8>, RequestError>) -> Result<(), ComponentError> {
        Ok(())
    }

    fn execute(_operation: Vec<u8>, _ctx: ExecutionContext) -> Result<Vec<u8>, ExecutionError> {
        Err(ExecutionError::InvalidOperation("no operations".into()))
    }

    fn supported_codecs() -> Vec<u64> {
        Vec::new()
    }

    fn health() -> HealthReport {
        HealthReport { status: HealthStatus::Healthy, reason: None }
    }

    fn shutdown() -> Result<(), ComponentError> {
        Ok(())
    }
}

fn spin() -> ! {
    loop {
        core::hint::black_box(0);
    }
}

/// Takes memory until the host refuses, which Rust answers with a trap.
fn eat() -> ! {
    let mut eaten: Vec<Vec<u8>> = Vec::new();
    loop {
        eaten.push(core::hint::black_box(vec![1; 64 << 10]));
    }
}

export!(Echo);
