//! The records of `wit/core.wit` as Rust types. What the host passes in borrows the C side's memory, so that lowering is
//! the only copy; what a guest answers is owned.
use crate::abi::{self, CComponentConfig, CExecutionContext, CMessage, CRequestOutcome, array};
use crate::error::Fault;
use wasmtime::component::{ComponentType, Lift, Lower};

#[derive(ComponentType, Lift, Lower, Clone, Copy)]
#[component(record)]
pub struct MessageId {
    pub high: u64,
    pub low: u64,
}

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
pub enum MessageKind {
    #[component(name = "fire-and-forget")]
    FireAndForget,
    #[component(name = "request")]
    Request,
    #[component(name = "publish")]
    Publish,
    #[component(name = "broadcast")]
    Broadcast,
    #[component(name = "external")]
    External,
}

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(record)]
pub struct Message<'a> {
    pub sender: &'a str,
    pub payload: &'a [u8],
    pub kind: MessageKind,
    pub id: MessageId,
    #[component(name = "sent-at")]
    pub sent_at: u64,
}

impl Message<'static> {
    /// Safety: what `message` points to stays valid and unchanged until the call that takes the result has ended.
    #[inline]
    pub unsafe fn borrow(message: &CMessage) -> Result<Self, Fault> {
        let kind = match message.kind {
            0 => MessageKind::FireAndForget,
            1 => MessageKind::Request,
            2 => MessageKind::Publish,
            3 => MessageKind::Broadcast,
            4 => MessageKind::External,
            other => return Err(Fault::argument(format!("message kind {other} is not a case of `message-kind`"))),
        };
        // SAFETY: the caller's word, which is the header's rule for arguments of calls.
        let (sender, payload) = unsafe { (message.sender.get("sender")?, message.payload.get("payload")?) };
        let id = MessageId { high: message.id.high, low: message.id.low };
        Ok(Message { sender, payload, kind, id, sent_at: message.sent_at })
    }
}

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(record)]
pub struct ResourceLimits {
    #[component(name = "memory-bytes")]
    pub memory_bytes: u64,
    #[component(name = "fuel-per-call")]
    pub fuel_per_call: u64,
    #[component(name = "call-timeout-ms")]
    pub call_timeout_ms: u64,
    #[component(name = "storage-bytes")]
    pub storage_bytes: u64,
}

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(record)]
pub struct Capability<'a> {
    pub kind: &'a str,
    pub action: &'a str,
    pub target: &'a str,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct ComponentConfig<'a> {
    pub env: Vec<(&'a str, &'a str)>,
    #[component(name = "config-data")]
    pub config_data: Option<&'a [u8]>,
    pub limits: ResourceLimits,
    pub granted: Vec<Capability<'a>>,
}

impl ComponentConfig<'static> {
    /// Safety: what `config` points to stays valid and unchanged until the call that takes the result has ended.
    pub unsafe fn borrow(config: &CComponentConfig) -> Result<Self, Fault> {
        // SAFETY: the caller's word, which is the header's rule for arguments of calls.
        let (env, granted) =
            unsafe { (array(config.env, config.env_count, "env")?, array(config.granted, config.granted_count, "granted")?) };
        // SAFETY: the same.
        let pair = |p: &abi::Pair| unsafe { Ok((p.name.get("name in env")?, p.value.get("value in env")?)) };
        // SAFETY: the same.
        let capability = |c: &abi::CCapability| unsafe {
            Ok(Capability {
                kind: c.kind.get("capability kind")?,
                action: c.action.get("capability action")?,
                target: c.target.get("capability target")?,
            })
        };
        // SAFETY: the same.
        let data = unsafe { config.config_data.get("config_data")? };
        Ok(ComponentConfig {
            env: env.iter().map(pair).collect::<Result<_, Fault>>()?,
            config_data: (config.has_config_data != 0).then_some(data),
            limits: ResourceLimits {
                memory_bytes: config.memory_bytes,
                fuel_per_call: config.fuel_per_call,
                call_timeout_ms: config.call_timeout_ms,
                storage_bytes: config.storage_bytes,
            },
            granted: granted.iter().map(capability).collect::<Result<_, Fault>>()?,
        })
    }
}

/// A capability as a guest names it.
#[derive(ComponentType, Lift, Lower)]
#[component(record)]
pub struct OwnedCapability {
    pub kind: String,
    pub action: String,
    pub target: String,
}

#[derive(ComponentType, Lift, Lower, Clone, Copy)]
#[component(record)]
pub struct MemoryNeeds {
    pub min: u64,
    pub max: u64,
    pub preferred: u64,
}

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
pub struct ComponentMetadata {
    pub name: String,
    pub version: String,
    pub description: String,
    pub author: String,
    pub license: String,
    pub language: String,
    #[component(name = "supported-operations")]
    pub supported_operations: Vec<String>,
    #[component(name = "supported-codecs")]
    pub supported_codecs: Vec<u64>,
    #[component(name = "requested-permissions")]
    pub requested_permissions: Vec<OwnedCapability>,
    pub memory: MemoryNeeds,
    #[component(name = "timeout-ms")]
    pub timeout_ms: Option<u64>,
    pub stateful: bool,
    #[component(name = "api-version")]
    pub api_version: String,
    pub homepage: String,
    pub repository: String,
    pub tags: Vec<String>,
    pub custom: Option<Vec<(String, String)>>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct ExecutionContext<'a> {
    pub request: MessageId,
    pub caller: &'a str,
    #[component(name = "timeout-ms")]
    pub timeout_ms: u64,
    #[component(name = "trace-context")]
    pub trace_context: Option<&'a str>,
}

impl ExecutionContext<'static> {
    /// Safety: what `context` points to stays valid and unchanged until the call that takes the result has ended.
    pub unsafe fn borrow(context: &CExecutionContext) -> Result<Self, Fault> {
        // SAFETY: the caller's word, which is the header's rule for arguments of calls.
        let (caller, trace) = unsafe { (context.caller.get("caller")?, context.trace_context.get("trace_context")?) };
        Ok(ExecutionContext {
            request: MessageId { high: context.request.high, low: context.request.low },
            caller,
            timeout_ms: context.timeout_ms,
            trace_context: (!context.trace_context.ptr.is_null()).then_some(trace),
        })
    }
}

/// Why a request has no response.
#[derive(ComponentType, Lower)]
#[component(variant)]
pub enum RequestError<'a> {
    #[component(name = "timeout")]
    Timeout(u64),
    #[component(name = "target-not-found")]
    TargetNotFound,
    #[component(name = "target-crashed")]
    TargetCrashed(&'a str),
    #[component(name = "rejected")]
    Rejected(&'a str),
    #[component(name = "handler-error")]
    HandlerError(&'a str),
}

/// How a request ended: what `handle-callback` gets.
pub type RequestOutcome = Result<&'static [u8], RequestError<'static>>;

/// Safety: what `outcome` points to stays valid and unchanged until the call that takes the result has ended.
pub unsafe fn borrow_outcome(outcome: &CRequestOutcome) -> Result<RequestOutcome, Fault> {
    // SAFETY: the caller's word, which is the header's rule for arguments of calls.
    let (payload, text) = unsafe { (outcome.payload.get("payload")?, outcome.text.get("text")?) };
    Ok(Err(match outcome.error {
        0 => return Ok(Ok(payload)),
        1 => RequestError::Timeout(outcome.timeout_ms),
        2 => RequestError::TargetNotFound,
        3 => RequestError::TargetCrashed(text),
        4 => RequestError::Rejected(text),
        5 => RequestError::HandlerError(text),
        other => return Err(Fault::argument(format!("request error {other} is not a case of `request-error`"))),
    }))
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub enum ExecutionError {
    #[component(name = "invalid-operation")]
    InvalidOperation(String),
    #[component(name = "operation-failed")]
    OperationFailed(String),
    #[component(name = "unsupported-codec")]
    UnsupportedCodec(u64),
    #[component(name = "serialization-error")]
    SerializationError(String),
    #[component(name = "permission-denied")]
    PermissionDenied(String),
}

impl ExecutionError {
    /// Number of the case, its text if it has one, and its number.
    pub fn parts(self) -> (u32, Option<String>, u64) {
        match self {
            ExecutionError::InvalidOperation(text) => (0, Some(text), 0),
            ExecutionError::OperationFailed(text) => (1, Some(text), 0),
            ExecutionError::UnsupportedCodec(code) => (2, None, code),
            ExecutionError::SerializationError(text) => (3, Some(text), 0),
            ExecutionError::PermissionDenied(text) => (4, Some(text), 0),
        }
    }
}

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
#[allow(dead_code)] // made by lifting only
pub enum HealthStatus {
    #[component(name = "healthy")]
    Healthy,
    #[component(name = "degraded")]
    Degraded,
    #[component(name = "unhealthy")]
    Unhealthy,
    #[component(name = "unknown")]
    Unknown,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub struct HealthReport {
    pub status: HealthStatus,
    pub reason: Option<String>,
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub enum ComponentError {
    #[component(name = "initialization-failed")]
    InitializationFailed(String),
    #[component(name = "already-initialized")]
    AlreadyInitialized,
    #[component(name = "not-initialized")]
    NotInitialized,
    #[component(name = "invalid-message")]
    InvalidMessage(String),
    #[component(name = "shutdown-failed")]
    ShutdownFailed(String),
    #[component(name = "invalid-state")]
    InvalidState(String),
    #[component(name = "failed")]
    Failed(String),
}

impl ComponentError {
    /// Number of the case and its text, if it has one.
    pub fn parts(self) -> (u32, Option<String>) {
        match self {
            ComponentError::InitializationFailed(text) => (0, Some(text)),
            ComponentError::AlreadyInitialized => (1, None),
            ComponentError::NotInitialized => (2, None),
            ComponentError::InvalidMessage(text) => (3, Some(text)),
            ComponentError::ShutdownFailed(text) => (4, Some(text)),
            ComponentError::InvalidState(text) => (5, Some(text)),
            ComponentError::Failed(text) => (6, Some(text)),
        }
    }
}

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
pub struct CodecMismatch {
    pub sent: u64,
    pub supported: Vec<u64>,
    pub suggestion: Option<String>,
}

#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
#[allow(dead_code)] // the type has cases that nothing answers yet
pub enum MessagingError {
    #[component(name = "target-not-found")]
    TargetNotFound,
    #[component(name = "permission-denied")]
    PermissionDenied(String),
    #[component(name = "queue-full")]
    QueueFull,
    #[component(name = "rate-limited")]
    RateLimited,
    #[component(name = "message-too-large")]
    MessageTooLarge(u64),
    #[component(name = "invalid-message")]
    InvalidMessage(String),
    #[component(name = "unknown-codec")]
    UnknownCodec(u64),
    #[component(name = "codec-incompatible")]
    CodecIncompatible(CodecMismatch),
    #[component(name = "invalid-timeout")]
    InvalidTimeout(u64),
    #[component(name = "unknown-request")]
    UnknownRequest,
    #[component(name = "delivery-failed")]
    DeliveryFailed(String),
}

#[derive(ComponentType, Lower, Default)]
#[component(record)]
pub struct MessageMetadata {
    #[component(name = "correlation-id")]
    pub correlation_id: Option<MessageId>,
    #[component(name = "reply-to")]
    pub reply_to: Option<String>,
    pub topic: Option<String>,
    #[component(name = "content-type")]
    pub content_type: Option<String>,
    #[component(name = "trace-context")]
    pub trace_context: Option<String>,
    pub deadline: Option<u64>,
}

#[derive(ComponentType, Lower)]
#[component(variant)]
pub enum ServicesError {
    #[component(name = "permission-denied")]
    PermissionDenied(String),
    #[component(name = "not-found")]
    NotFound,
    #[component(name = "failed")]
    Failed(String),
}

#[derive(ComponentType, Lower)]
#[component(variant)]
pub enum MulticodecError {
    #[component(name = "unknown-codec")]
    UnknownCodec(u64),
    #[component(name = "invalid-multicodec")]
    InvalidMulticodec(String),
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct Decoded {
    pub code: u64,
    pub data: Vec<u8>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct CodecInfo {
    pub code: u64,
    pub name: String,
}

#[derive(ComponentType, Lift, Lower, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
#[allow(dead_code)] // made by lifting only
pub enum LogLevel {
    #[component(name = "trace")]
    Trace,
    #[component(name = "debug")]
    Debug,
    #[component(name = "info")]
    Info,
    #[component(name = "warn")]
    Warn,
    #[component(name = "error")]
    Error,
}

#[derive(ComponentType, Lift, Lower, Clone, Copy)]
#[component(record)]
pub struct Timestamp {
    pub seconds: u64,
    pub nanoseconds: u32,
}
